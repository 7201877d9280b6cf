"""From passages and vectors to every table of the stage, with the labels that a person gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.run.arrays import Vectors
from pipeline.run.errors import InputError
from pipeline.run.settings import TopicSettings, read_yaml
from pipeline.run.tables.topics import OUTLIER
from pipeline.topics.baselines import compare_models
from pipeline.topics.description import (
    View,
    by_mission_table,
    described,
    hierarchy_table,
    metrics_of,
    over_time_table,
    similarity_table,
    topic_vectors,
    zero_shot_table,
)
from pipeline.topics.fitting import FittedTopics, fit_topics
from pipeline.topics.projection import Integers
from pipeline.topics.selection import TopicCorpus, TopicMaterial, prepare
from pipeline.vectors.encoder import Encoder

LABELS_FILE = Path("configs/topic_labels.yaml")


@dataclass(frozen=True)
class Renaming:
    """Labels by topic, and what a person should hear of entries that name no topic any more."""

    labels: dict[int, str]
    remarks: list[str]


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


def rename(entries: Mapping[str, str], topic_of: Mapping[str, int]) -> Renaming:
    """The label of each topic that holds a passage named as a key.

    A key is the id of a passage, usually the topic's most typical one (column ``key`` of the
    topics), so a label follows its passages when topics are fitted again.

    Args:
        entries: label by passage_id.
        topic_of: topic_id by passage_id.

    Raises:
        InputError: two keys give one topic different labels.
    """
    labels: dict[int, str] = {}
    remarks: list[str] = []
    for key, label in entries.items():
        topic_id = topic_of.get(key)
        if topic_id is None or topic_id == OUTLIER:
            why = "is not in the corpus" if topic_id is None else "is an outlier now"
            remarks.append(f"{LABELS_FILE}: {key} {why}; its label “{label}” is not used")
        elif labels.get(topic_id, label) != label:
            raise InputError(
                LABELS_FILE,
                f"is in the topic already called “{labels[topic_id]}”",
                "keep one label a topic",
                key,
            )
        else:
            labels[topic_id] = label
    return Renaming(labels, remarks)


def renamed(
    topics: pl.DataFrame, assignments: pl.DataFrame, entries: Mapping[str, str]
) -> tuple[pl.DataFrame, list[str]]:
    """tables.Topics with the labels of a person in place of those that were made, and remarks.

    Raises:
        InputError: two keys give one topic different labels.
    """
    renaming = rename(entries, dict(assignments.select("passage_id", "topic_id").iter_rows()))
    given = [renaming.labels.get(topic_id) for topic_id in topics["topic_id"]]
    label = pl.Series(given, dtype=pl.String).fill_null(topics["made_label"])
    return topics.with_columns(label=label), renaming.remarks


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
    fitted = fit_material(material, settings, seed)
    of_its_own = fit_material(of_article, settings, seed) if of_article else None
    whole = described(material, fitted, encoder, settings)
    article = None
    if of_article and of_its_own:
        article = described(of_article, of_its_own, encoder, settings)
    means = topic_vectors(material.vectors, fitted.topic)
    tables_of = (whole.assignments, corpus.passages, corpus.documents)
    return TopicFindings(
        whole=whole,
        article=article,
        hierarchy=hierarchy_table(means),
        similarity=similarity_table(means),
        over_time=over_time_table(*tables_of),
        by_mission=by_mission_table(*tables_of),
        zero_shot=zero_shot_table(material.selection, material.plain, corpus.themes, encoder),
        metrics=metrics_of(material.selection, whole, article)
        | {"models": compare_models(material, fitted, whole.words, seed)},
        remarks=whole.remarks,
    )


NEIGHBOURS = 5
"""Fitted texts that decide on another one; more of them blur small topics."""

FEWEST_OF_ONE_TOPIC = 2
"""Neighbours in the same topic, without which a text is an outlier."""


def fit_material(material: TopicMaterial, settings: TopicSettings, seed: int) -> FittedTopics:
    """Topics of all texts, fitted on those that were drawn for it.

    Raises:
        StageError: no topic was found.
    """
    vectors, rows = material.vectors, material.rows
    fitted = fit_topics(vectors[rows], settings, seed)
    return fitted if len(rows) == len(vectors) else spread(fitted, vectors, rows)


def spread(fitted: FittedTopics, vectors: Vectors, rows: Integers) -> FittedTopics:
    """Give each text that was not fitted the topic that most of its nearest fitted texts are in.

    Nearest by cosine, `NEIGHBOURS` of them; fewer than `FEWEST_OF_ONE_TOPIC` in one topic make an
    outlier. Its agreement is the mean of theirs in that topic, its coordinates their mean.
    Topics are numbered anew, largest first.

    Args:
        fitted: topics of the sample.
        vectors: float32 [n, dimension], each of length 1.
        rows: of ``vectors``, the sample.
    """
    from sklearn.neighbors import NearestNeighbors
    from threadpoolctl import threadpool_limits

    others = np.setdiff1d(np.arange(len(vectors)), rows)
    search = NearestNeighbors(n_neighbors=NEIGHBOURS, algorithm="brute").fit(vectors[rows])
    with threadpool_limits(limits=1):  # the order of sums decides ties
        near = search.kneighbors(vectors[others], return_distance=False)
        beside = search.kneighbors(return_distance=False)  # each text without itself
    topic = np.full(len(vectors), OUTLIER, dtype=np.int64)
    agreement = np.zeros(len(vectors))
    coordinates = np.zeros((len(vectors), 2))
    topic[rows], agreement[rows], coordinates[rows] = (
        fitted.topic,
        fitted.agreement,
        fitted.coordinates,
    )
    topic[others] = majority(fitted.topic[near])
    agreeing = (fitted.topic[near] == topic[others][:, None]) & (topic[others] != OUTLIER)[:, None]
    agreement[others] = (fitted.agreement[near] * agreeing).mean(axis=1)
    coordinates[others] = fitted.coordinates[near].mean(axis=1)
    sizes = np.bincount(topic[topic != OUTLIER], minlength=fitted.n_topics)
    by_size = np.argsort(-sizes, kind="stable")  # now that all texts count
    return replace(
        fitted,
        topic=np.where(topic == OUTLIER, OUTLIER, np.argsort(by_size)[topic]),
        agreement=agreement,
        stability=fitted.stability[by_size],
        coordinates=coordinates,
        rows=rows,
        as_fitted=float((majority(fitted.topic[beside]) == fitted.topic).mean()),
    )


def majority(topic: Integers) -> Integers:
    """The most frequent topic of each row of [n, neighbours], the nearest one's of equals.

    >>> majority(np.array([[4, 7, 7], [3, 9, 5], [-1, -1, 2]])).tolist()
    [7, -1, -1]
    """
    votes = (topic[:, :, None] == topic[:, None, :]).sum(axis=2)
    votes[topic == OUTLIER] = 0
    best = votes.argmax(axis=1)[:, None]
    winner = np.take_along_axis(topic, best, axis=1)[:, 0]
    enough = np.take_along_axis(votes, best, axis=1)[:, 0] >= FEWEST_OF_ONE_TOPIC
    found: Integers = np.where(enough, winner, OUTLIER)
    return found
