"""The search behind the topic settings: every model on the same passages, by the same measures.

Run from the project's root, after `dvc repro embed`:  python -m benchmarks.topics_search
Writes docs/topics-search.json; the tables of docs/topics-search.md are made of it. Layouts are
kept in the cache, so that another clustering costs no UMAP.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.run.arrays import Vectors
from pipeline.run.caches import cache_folder
from pipeline.run.files import write_json
from pipeline.run.settings import TopicSettings, load_settings
from pipeline.run.tables.table import read_table
from pipeline.run.tables.texts import DOCUMENTS, NEAR_DUPLICATES, PASSAGES
from pipeline.study.study import load_missions
from pipeline.topics import baselines
from pipeline.topics.fitting import (
    agreement_of,
    best_match_jaccard,
    consensus,
    group,
    numbered_by_size,
)
from pipeline.topics.masking import masked_texts
from pipeline.topics.projection import Floats, nearest_neighbours, umap_projection
from pipeline.topics.selection import origins_of, select_passages, without_group_means
from pipeline.topics.terms import count_terms, top_terms, typical_words
from pipeline.vectors.encoder import load_encoder
from pipeline.vectors.stored import read_vectors

FIRST_SEED = 1000  # none of the seeds that the stage uses
REFITS = 10  # in a whole model; two such models share no seed
KMEANS = [{"clusters": "refined_kmeans", "n_topics": number} for number in (50, 40, 60, 80)]
OTHERS = [
    {"clusters": "kmeans", "n_topics": 50},
    {"clusters": "ward", "n_topics": 50},
    {"clusters": "hdbscan", "min_cluster_size": 30, "min_samples": 10},
]


def main() -> None:
    """Fit and score every configuration."""
    settings = load_settings()
    passages = read_table(PASSAGES)
    selection = select_passages(
        passages, read_table(NEAR_DUPLICATES), read_vectors(passages.height), settings.topics
    )
    origins = origins_of(selection.passages, read_table(DOCUMENTS))
    kind, mission = origins["kind"], origins["mission"]
    masked = masked_texts(selection.passages["text"].to_list(), load_missions())
    words = count_terms(masked.counted, max_ngram=1, fewest_passages=5)
    neutral = load_encoder(settings.embed).encode(masked.embedded)
    centred = without_group_means(neutral, kind, settings.topics.kind_shrinkage)
    rows: list[dict[str, object]] = []

    def keep(name: str, grouping: baselines.ModelTopics, **more: object) -> None:
        article = grouping.topic[kind == "article"]
        topics, sizes = np.unique(article[article >= 0], return_counts=True)
        scores = baselines.score(grouping, words, mission)
        article_view = {"article_topics": len(topics), "article_largest": int(sizes.max(initial=0))}
        rows.append({"model": name, **scores, **more, **article_view})
        print(rows[-1], flush=True)
        write_json(Path("docs/topics-search.json"), {"models": rows})

    noise = np.random.default_rng(settings.seed).permuted(centred, axis=0)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    tried_with = [
        ("neutral, centred", centred, KMEANS + OTHERS),
        ("neutral", neutral, KMEANS[:1]),
        ("original, centred", without_group_means(selection.vectors, kind, 20), KMEANS[:1]),
        ("nothing (dimensions shuffled)", noise, KMEANS[:1]),
    ]
    for source, vectors, clusterings in tried_with:
        n_models = 2 if source == "neutral, centred" else 1
        projections = list(_layouts(vectors, settings.topics, n_models * REFITS))
        for change in clusterings:
            tried = settings.topics.model_copy(update=change)
            name = f"{source}, " + " ".join(map(str, change.values()))
            topic, more, singles = _models(projections, tried, n_models)
            found = typical_words(words, topic, baselines.N_WORDS)
            keep(name, baselines.ModelTopics(topic, found, agreement_of(singles)), **more)
    defaults = baselines.bertopic_defaults(
        selection.all_vectors, selection.fitted_rows, settings.seed
    )
    found = typical_words(words, defaults[0], baselines.N_WORDS)
    keep("BERTopic defaults", baselines.ModelTopics(defaults[0], found, agreement_of(defaults)))
    for model in (baselines.nmf, baselines.lda):
        topic, weights = model(words, 50, 0.05, settings.seed)
        ranked = top_terms(weights, words.terms, baselines.N_WORDS)
        keep(f"{model.__name__} 50", baselines.ModelTopics(topic, ranked))


def _layouts(vectors: Vectors, settings: TopicSettings, number: int) -> Iterator[Floats]:
    """UMAP for each seed, from the cache where it was made before."""
    folder = cache_folder() / "topics-search"
    folder.mkdir(parents=True, exist_ok=True)
    shape = settings.model_dump(include={"n_neighbors", "n_components", "min_dist", "n_epochs"})
    key = hashlib.sha256(vectors.tobytes() + repr(sorted(shape.items())).encode()).hexdigest()[:16]
    neighbours = None
    for seed in range(FIRST_SEED, FIRST_SEED + number):
        file = folder / f"{key}-{seed}.npy"
        if not file.is_file():
            neighbours = neighbours or nearest_neighbours(vectors, settings.n_neighbors)
            np.save(file, umap_projection(vectors, seed, neighbours=neighbours, **shape))
        yield np.load(file)


def _models(
    projections: list[Floats], settings: TopicSettings, number: int
) -> tuple[np.ndarray, dict[str, object], list[np.ndarray]]:
    """The first of several whole models without a seed in common, its figures, and single fits."""
    singles = [
        group(projection, settings, FIRST_SEED + place)
        for place, projection in enumerate(projections)
    ]
    topics = []
    for start in range(0, number * REFITS, REFITS):
        part = slice(start, start + REFITS)
        seed = 2 * FIRST_SEED + start
        topics.append(
            numbered_by_size(consensus(projections[part], singles[part], settings, seed)[0])
        )
    stable = (
        best_match_jaccard(topics[0], singles[:REFITS]) if topics[0].max() >= 0 else np.zeros(0)
    )
    more: dict[str, object] = {
        "stable": int((stable >= settings.stable_jaccard).sum()),
        "single_outliers": round(float(np.mean([one < 0 for one in singles])), 4),
    }
    if number > 1:
        more["ari_of_models"] = round(agreement_of(topics).ari, 4)
    return topics[0], more, singles


if __name__ == "__main__":
    main()
