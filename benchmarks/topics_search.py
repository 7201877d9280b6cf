"""The search behind the topic settings: every model on the same passages, by the same measures.

Run from the project's root, after `dvc repro embed`:  python -m benchmarks.topics_search
Writes docs/topics-search.json; the tables of docs/topics-search.md are made of it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline import tables
from pipeline.encoder import load_encoder
from pipeline.files import write_json
from pipeline.settings import load_missions, load_settings
from pipeline.tables import read_table
from pipeline.topics import baselines
from pipeline.topics.directions import without_group_means
from pipeline.topics.finding import kinds_and_missions
from pipeline.topics.fitting import (
    agreement_of_halves,
    consensus,
    group,
    starting_groups,
)
from pipeline.topics.layout import lay_out
from pipeline.topics.matter import matter_of
from pipeline.topics.measures import agreement_of
from pipeline.topics.selection import select_passages
from pipeline.topics.stability import numbered_by_size, without_dissolved
from pipeline.topics.terms import count_terms
from pipeline.vectors import read_vectors

SEEDS = 6
CLUSTERINGS = [
    {"clusters": "anchored_kmeans", "n_topics": 60},
    {"clusters": "hdbscan", "min_cluster_size": 30, "min_samples": 10},
    {"clusters": "hdbscan", "min_cluster_size": 30, "min_samples": 1},
    {"clusters": "ward", "n_topics": 60},
    {"clusters": "kmeans", "n_topics": 60},
    {"clusters": "anchored_kmeans", "n_topics": 40},
    {"clusters": "anchored_kmeans", "n_topics": 80},
]
FIRST_TWO, ALL = CLUSTERINGS[:2], CLUSTERINGS


def main() -> None:
    """Fit and score every configuration."""
    settings = load_settings()
    passages = read_table(tables.PASSAGES)
    selection = select_passages(
        passages, read_table(tables.FAMILIES), read_vectors(passages.height), settings.topics
    )
    kind, mission = kinds_and_missions(selection.passages, read_table(tables.DOCUMENTS))
    matter = matter_of(selection.passages["text"].to_list(), load_missions())
    words = count_terms(matter.counted, max_ngram=1, fewest_passages=5)
    neutral = load_encoder(settings.embed).encode(matter.embedded)
    centred = without_group_means(neutral, kind, 20)
    rows: list[dict[str, object]] = []

    def keep(name: str, grouping: baselines.Grouping, **more: object) -> None:
        article = grouping.topic[kind == "article"]
        topics, sizes = np.unique(article[article >= 0], return_counts=True)
        rows.append(
            {
                "model": name,
                **baselines.score(grouping, words, mission),
                **more,
                "article_topics": len(topics),
                "article_largest": int(sizes.max(initial=0)),
                "article_outliers": int((article < 0).sum()),
            }
        )
        print(rows[-1], flush=True)
        write_json(Path("docs/topics-search.json"), {"models": rows})

    all_of = selection.all_vectors, selection.fitted_rows
    keep("BERTopic defaults", baselines.bertopic_defaults(*all_of, words, settings.seed))
    tried_with = [
        ("neutral, centred", centred, 15, ALL),
        ("neutral", neutral, 15, FIRST_TWO),
        ("original", selection.vectors, 15, FIRST_TWO),
        ("neutral, centred", centred, 30, FIRST_TWO),
    ]
    for source, vectors, n_neighbors, clusterings in tried_with:
        used = settings.topics.model_copy(update={"n_neighbors": n_neighbors})
        layouts = lay_out(vectors, used, range(settings.seed, settings.seed + SEEDS))
        for change in clusterings:
            tried = used.model_copy(update=change)
            start = starting_groups(vectors, tried)
            refits = [group(layout, tried, start) for layout in layouts]
            topic = consensus(layouts, refits, tried, start)[0]
            topic = numbered_by_size(without_dissolved(topic, refits))
            agreement = agreement_of_halves(layouts, refits, tried, start, settings.seed)
            keep(
                f"{source}, {n_neighbors} neighbours, " + " ".join(map(str, change.values())),
                baselines.Grouping(topic, baselines.words_of(topic, words), agreement),
                ari_of_single_fits=round(agreement_of(refits).ari, 4),
                outlier_share_of_single_fits=round(np.mean([one < 0 for one in refits]), 4),
            )
    for n_topics in (60,):
        for model in (baselines.nmf, baselines.lda):
            keep(f"{model.__name__} {n_topics}", model(words, n_topics, 0.05, settings.seed))


if __name__ == "__main__":
    main()
