"""From passages and vectors to every table of the stage, with the labels that a person gave.

Topics stand beside those of `BERTopic()`: coherent and different words, not one mission each, and
the same again with other seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.run.arrays import Integers, Strings, Vectors
from pipeline.run.errors import InputError
from pipeline.run.settings import TopicSettings, read_yaml
from pipeline.run.stage import heavy_imports
from pipeline.run.tables.topics import OUTLIER
from pipeline.topics.clustering import agreement_of
from pipeline.topics.description import (
    View,
    described,
    hierarchy_table,
    metrics_of,
    shares_table,
    similarity_table,
    topic_vectors,
    zero_shot_table,
)
from pipeline.topics.fitting import exact_neighbours, one_beside, project_map, remembered
from pipeline.topics.model import FittedTopics, fit_topics
from pipeline.topics.selection import TopicCorpus, TopicMaterial, prepare
from pipeline.topics.terms import Vocabulary, typical_words
from pipeline.vectors.encoder import Encoder

LABELS_FILE = Path("configs/topic_labels.yaml")

DEFAULT_SEEDS = 2
N_WORDS = 10
"""Words of a topic that coherence and diversity are measured on, as is the custom."""


def check_labels(content: Any) -> dict[str, str]:
    """The entries of the file: label by key, which is the id of a passage.

    Raises:
        InputError: the file does not hold keys with labels.
    """
    fix = "write lines such as:  s-res-2423-2018.0a1b2c3d4e: Protection of civilians"
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InputError(LABELS_FILE, "holds no keys with labels", fix)
    for key, label in content.items():
        if not isinstance(label, str) or not label.strip():
            raise InputError(LABELS_FILE, "has no text as its label", fix, str(key))
    return {str(key): " ".join(label.split()) for key, label in content.items()}


def renamed(
    topics: pl.DataFrame, assignments: pl.DataFrame, entries: Mapping[str, str]
) -> tuple[pl.DataFrame, list[str]]:
    """tables.Topics with the labels of a person, and remarks on entries that name no topic.

    A key is the id of a passage, usually the topic's most typical one (column ``key`` of the
    topics), so a label follows its passages when topics are fitted again.

    Args:
        topics: tables.Topics.
        assignments: tables.Assignments of the same fit.
        entries: label by passage_id.

    Raises:
        InputError: two keys give one topic different labels.
    """
    topic_of = dict(assignments.select("passage_id", "topic_id").iter_rows())
    labels: dict[int, str] = {}
    remarks: list[str] = []
    for key, label in entries.items():
        topic_id = topic_of.get(key)
        if topic_id is None or topic_id == OUTLIER:
            why = "is not in the corpus" if topic_id is None else "is an outlier now"
            remarks.append(f"{LABELS_FILE}: {key} {why}; its label “{label}” is not used")
        elif labels.setdefault(topic_id, label) != label:
            raise InputError(
                LABELS_FILE,
                f"is in the topic already called “{labels[topic_id]}”",
                "keep one label a topic",
                key,
            )
    given = [labels.get(topic_id) for topic_id in topics["topic_id"]]
    labelled = pl.Series(given, dtype=pl.String).fill_null(topics["made_label"])
    return topics.with_columns(label=labelled), remarks


def load_labels(file: Path = LABELS_FILE) -> dict[str, str]:
    """The entries of the file; none when it is missing.

    Raises:
        InputError: it is not YAML, or as for `check_labels`.
    """
    if not file.is_file():
        return {}
    return check_labels(read_yaml(file))


@dataclass(frozen=True)
class TopicFindings:
    """Every table of the stage, its metrics, and remarks for the person at the terminal."""

    whole: View
    article: View | None
    hierarchy: pl.DataFrame
    similarity: pl.DataFrame
    over_time: pl.DataFrame
    by_mission: pl.DataFrame
    zero_shot: pl.DataFrame
    metrics: dict[str, Any]
    remarks: list[str]


def find_topics(
    corpus: TopicCorpus, encoder: Encoder, settings: TopicSettings, seed: int
) -> TopicFindings:
    """Fit topics on the whole corpus and on the article alone, and describe and judge them.

    Raises:
        StageError: there are too few passages, all say the same, or no topic was found.
    """
    material, of_article = prepare(corpus, encoder, settings, seed)
    views = [material, of_article] if of_article else [material]
    with one_beside(
        len(material.rows)
    ) as beside:  # what one core does while topics are fitted on the others
        texts = material.selection.passages["text"].gather(material.rows).to_list()
        originals = material.selection.vectors[material.rows]
        defaults = beside.submit(bertopic_defaults, texts, originals, seed)
        maps = [beside.submit(project_map, view.vectors, seed, view.rows) for view in views]
        models = [fit_topics(view, encoder, settings, seed) for view in views]
        found = [
            described(view, model, drawn.result(), settings)
            for view, model, drawn in zip(views, models, maps, strict=True)
        ]
        others = defaults.result()
    fitted, whole, article = models[0], found[0], found[1] if of_article else None
    means = topic_vectors(material.vectors, fitted.topic)
    tables_of = (whole.assignments, corpus.passages, corpus.documents)
    return TopicFindings(
        whole=whole,
        article=article,
        hierarchy=hierarchy_table(fitted, material.masked.of(fitted.rows).counted),
        similarity=similarity_table(means),
        over_time=shares_table(*tables_of, ["year", "mission"]),
        by_mission=shares_table(*tables_of, ["mission"]),
        zero_shot=zero_shot_table(material.selection, material.plain, corpus.themes, encoder),
        metrics=metrics_of(material.selection, whole, article)
        | {"models": compare_models(material, fitted, whole.words, others)},
        remarks=whole.remarks,
    )


def bertopic_defaults(texts: list[str], vectors: Vectors, seed: int) -> list[Integers]:
    """`BERTopic()` as it comes, fitted with `DEFAULT_SEEDS` seeds; int [n] each.

    Only the seed of its UMAP is set, so that a run can be repeated, and UMAP is given exact
    neighbours.

    Args:
        texts: original texts.
        vectors: float32 [n, dimension] of the same.
        seed: of the first fit.
    """

    def fit(seeds: list[int]) -> list[Integers]:
        with heavy_imports("torch", "transformers"):
            from bertopic import BERTopic
        models = [BERTopic() for _ in seeds]
        for model, one in zip(models, seeds, strict=True):
            model.umap_model.random_state = one
            model.umap_model.n_jobs = 1  # as UMAP does by itself with a seed, with a warning
        with exact_neighbours([model.umap_model for model in models], vectors):
            found = [model.fit_transform(texts, vectors)[0] for model in models]
        return [np.asarray(topic, dtype=np.int64) for topic in found]

    seeds = [(seed + number) % 2**32 for number in range(DEFAULT_SEEDS)]
    return remembered("BERTopic()", [vectors], seeds, fit)


def compare_models(
    material: TopicMaterial, fitted: FittedTopics, words: Vocabulary, defaults: list[Integers]
) -> dict[str, Any]:
    """Ours beside BERTopic's defaults, on the same passages and words.

    Args:
        material: of which the texts that topics were fitted on are compared.
        fitted: our topics.
        words: single words of the texts that topics were fitted on.
        defaults: topics of the same texts by `bertopic_defaults`.
    """
    mission = material.origins["mission"][fitted.rows]
    ours, agreement = fitted.topic[fitted.rows], fitted.stability.between_seeds
    return {
        "ours": score(ours, words, mission) | {"ari": round(agreement, 4)},
        "bertopic_defaults": score(defaults[0], words, mission)
        | {"ari": round(agreement_of(defaults), 4)},
    }


def score(topic: Integers, words: Vocabulary, mission: Strings) -> dict[str, float]:
    """Every measure of topics, int [n], of passages with these words and missions [n]."""
    listed = typical_words(words, topic, N_WORDS)
    measures = {
        "outlier_share": float((topic == OUTLIER).mean()),
        "diversity": diversity(listed),
        "npmi": word_npmi(listed, words),
        "mission_nmi": mission_information(topic, mission),
    }
    return {"topics": len(listed)} | {name: round(one, 4) for name, one in measures.items()}


def word_npmi(words: Sequence[Sequence[str]], vocabulary: Vocabulary) -> float:
    """Coherence of topics' words: mean NPMI of pairs, over topics.

    NPMI (Bouma 2009; Lau, Newman and Baldwin 2014) counts words that stand in the same passage; a
    pair that never does has -1.

    Args:
        words: the words of each topic.
        vocabulary: which passage holds which word.
    """
    found = []
    for topic in words:
        columns = [vocabulary.place[word] for word in topic]
        present = (vocabulary.counts[:, columns] > 0).astype(np.float64)
        together = np.asarray((present.T @ present).todense()) / present.shape[0]
        alone = np.diag(together)
        with np.errstate(divide="ignore", invalid="ignore"):
            npmi = np.log(together / np.outer(alone, alone)) / -np.log(together)
        pairs = np.where(together > 0, npmi, -1.0)[np.triu_indices(len(columns), k=1)]
        found.append(float(pairs.mean()))
    return float(np.mean(found))


def diversity(words: Sequence[Sequence[str]]) -> float:
    """Different words over all words that topics list (Dieng, Ruiz and Blei 2020).

    >>> diversity([["women", "peace"], ["peace", "mines"]])
    0.75
    """
    listed = [word for topic in words for word in topic]
    return len(set(listed)) / len(listed)


def mission_information(topic: Integers, mission: Strings) -> float:
    """Normalised mutual information of topic and mission; lower is better.

    Outliers and passages of no mission ("") are not counted.
    """
    from sklearn.metrics import normalized_mutual_info_score

    counted = (topic != OUTLIER) & (mission != "")
    return float(normalized_mutual_info_score(mission[counted], topic[counted]))
