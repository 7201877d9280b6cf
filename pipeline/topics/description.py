"""Fitted topics as tables: labels, representatives, hierarchy, years and missions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.tables import OUTLIER
from pipeline.topics.fitting import FittedTopics, Floats
from pipeline.topics.selection import Selection
from pipeline.vector_cache import Vectors

_DECIMALS = 6  # the last bits of a library's float may wander
_TERMS_IN_A_LABEL = 3


def assignments_table(selection: Selection, fitted: FittedTopics, places: Floats) -> pl.DataFrame:
    """tables.Assignments: every selected passage, repeats with the topic of their text."""
    texts = pl.DataFrame(
        {
            "text_key": selection.passages["text_key"],
            "topic_id": fitted.topic,
            "probability": fitted.probability.round(_DECIMALS),
            "x": places[:, 0].round(4),
            "y": places[:, 1].round(4),
        }
    )
    return selection.members.join(texts, on="text_key", how="left").drop("text_key")


def topics_table(
    selection: Selection, fitted: FittedTopics, assignments: pl.DataFrame
) -> pl.DataFrame:
    """tables.Topics: terms, a label made of them, size and typical passages."""
    sizes = dict(assignments.group_by("topic_id").len().iter_rows())
    rows = [
        {
            "topic_id": topic_id,
            "label": topic_label(terms),
            "terms": terms,
            "n_passages": sizes[topic_id],
            "representatives": _representatives(selection, fitted, topic_id),
        }
        for topic_id, terms in enumerate(fitted.terms)
    ]
    return pl.DataFrame(rows)


def topic_label(terms: Sequence[str]) -> str:
    """The first terms that add a word, such as ``Armed groups, disarmament, militia``."""
    chosen: list[str] = []
    said: set[str] = set()
    for term in terms:
        words = {_stem(word) for word in term.split()}
        if not words & said:
            chosen.append(term)
            said |= words
        if len(chosen) == _TERMS_IN_A_LABEL:
            break
    label = ", ".join(chosen)
    return label[:1].upper() + label[1:]


def _stem(word: str) -> str:
    return word.removesuffix("s").removesuffix("’").removesuffix("'")


def topic_vectors(vectors: Vectors, fitted: FittedTopics) -> Floats:
    """The mean direction of each topic's texts, float [topics, dimension], length 1."""
    n_topics = len(fitted.terms)
    sums = np.zeros((n_topics, vectors.shape[1]))
    inside = fitted.topic != OUTLIER
    np.add.at(sums, fitted.topic[inside], vectors[inside])
    means: Floats = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return means


def _representatives(selection: Selection, fitted: FittedTopics, topic_id: int) -> list[str]:
    """The passages nearest to the topic's mean direction."""
    rows = np.flatnonzero(fitted.topic == topic_id)
    vectors = selection.vectors[rows].astype(np.float64)
    nearness = (vectors @ vectors.sum(axis=0)).round(_DECIMALS)
    best = rows[np.argsort(-nearness, kind="stable")[: fitted.settings.n_representatives]]
    return selection.passages["passage_id"].gather(best.tolist()).to_list()


def hierarchy_table(means: Floats) -> pl.DataFrame:
    """tables.Hierarchy: average linkage on the cosine distance between topics."""
    from scipy.cluster.hierarchy import linkage

    schema = ("parent_id", "left_id", "right_id", "distance", "n_topics")
    n_topics = len(means)
    merges = linkage(means, method="average", metric="cosine") if n_topics > 1 else np.empty((0, 4))
    columns = {
        "parent_id": np.arange(n_topics, n_topics + len(merges)),
        "left_id": merges[:, 0].astype(np.int64),
        "right_id": merges[:, 1].astype(np.int64),
        "distance": np.clip(merges[:, 2], 0, None).round(_DECIMALS),
        "n_topics": merges[:, 3].astype(np.int64),
    }
    return pl.DataFrame({name: columns[name] for name in schema})


def over_time_table(
    assignments: pl.DataFrame, passages: pl.DataFrame, documents: pl.DataFrame
) -> pl.DataFrame:
    """tables.OverTime: UN passages by topic, year and mission ('all' for any mission).

    A passage counts for each mission of its document; shares are of all passages that were
    clustered for that year and mission, outliers included.
    """
    dated = documents.filter((pl.col("kind") != "article") & pl.col("year").is_not_null()).select(
        "document_id", "year", pl.concat_list(pl.lit("all"), "missions").alias("mission")
    )
    rows = (
        assignments.select("passage_id", "topic_id")
        .join(passages.select("passage_id", "document_id"), on="passage_id")
        .join(dated, on="document_id")
        .explode("mission")
    )
    totals = rows.group_by("year", "mission").agg(pl.len().alias("n_passages"))
    counts = rows.filter(pl.col("topic_id") != OUTLIER).group_by("topic_id", "year", "mission")
    return (
        counts.agg(pl.len().alias("n"))
        .join(totals, on=["year", "mission"])
        .with_columns(share=(pl.col("n") / pl.col("n_passages")).round(_DECIMALS))
        .sort("topic_id", "year", "mission")
    )
