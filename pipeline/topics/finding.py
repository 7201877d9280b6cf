"""From passages and vectors to every table of the stage, with the labels that a person gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

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
from pipeline.topics.model import fit_topics
from pipeline.topics.selection import TopicCorpus, prepare
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
    fitted = fit_topics(material, encoder, settings, seed)
    whole = described(material, fitted, settings)
    article = None
    if of_article:
        article = described(of_article, fit_topics(of_article, encoder, settings, seed), settings)
    means = topic_vectors(material.vectors, fitted.topic)
    tables_of = (whole.assignments, corpus.passages, corpus.documents)
    return TopicFindings(
        whole=whole,
        article=article,
        hierarchy=hierarchy_table(fitted, material.masked.of(fitted.rows).counted),
        similarity=similarity_table(means),
        over_time=over_time_table(*tables_of),
        by_mission=by_mission_table(*tables_of),
        zero_shot=zero_shot_table(material.selection, material.plain, corpus.themes, encoder),
        metrics=metrics_of(material.selection, whole, article)
        | {"models": compare_models(material, fitted, whole.words, seed)},
        remarks=whole.remarks,
    )
