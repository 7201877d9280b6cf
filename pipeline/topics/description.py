"""Topics as tables: terms, hierarchy, likeness, years, missions, and the zero-shot view."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.run.tables.topics import OUTLIER
from pipeline.topics.fitting import FittedTopics
from pipeline.topics.measures import Integers
from pipeline.topics.projection import Floats
from pipeline.topics.selection import Selection
from pipeline.vectors.cache import Vectors
from pipeline.vectors.encoder import Encoder

_DECIMALS = 6  # the last bits of a library's float may wander
_WILSON_Z = 1.959964  # 95%


def assignments_table(
    selection: Selection, fitted: FittedTopics, coordinates: Floats
) -> pl.DataFrame:
    """tables.Assignments: every selected passage, repeats with the topic of their text."""
    texts = pl.DataFrame(
        {
            "text_key": selection.passages["text_key"],
            "topic_id": fitted.topic,
            "agreement": fitted.agreement.round(_DECIMALS),
            "x": coordinates[:, 0].round(4),
            "y": coordinates[:, 1].round(4),
        }
    )
    return selection.members.join(texts, on="text_key", how="left").drop("text_key")


def typical_rows(vectors: Vectors, topic: Integers, n_rows: int) -> list[list[int]]:
    """For each topic the rows nearest to its mean direction, nearest first."""
    found = []
    for topic_id in range(int(topic.max()) + 1):
        rows = np.flatnonzero(topic == topic_id)
        members = vectors[rows].astype(np.float64)
        nearness = (members @ members.sum(axis=0)).round(_DECIMALS)
        found.append(rows[np.argsort(-nearness, kind="stable")[:n_rows]].tolist())
    return found


def topics_table(
    selection: Selection,
    fitted: FittedTopics,
    assignments: pl.DataFrame,
    terms: list[list[tuple[str, float]]],
    labels: list[str],
    typical: list[list[int]],
) -> pl.DataFrame:
    """tables.Topics: terms, label, size, typical passages and stability.

    Args:
        selection: the passages that were fitted.
        fitted: their topics.
        assignments: tables.Assignments of the same fit.
        terms: terms of each topic with their weights, most typical first.
        labels: of each topic.
        typical: rows of ``selection.passages``, most typical first, of each topic.
    """
    sizes = dict(assignments.group_by("topic_id").len().iter_rows())
    n_texts = np.bincount(fitted.topic[fitted.topic != OUTLIER])
    passage_ids = selection.passages["passage_id"]
    rows = []
    for topic_id, label in enumerate(labels):
        nearest = passage_ids.gather(typical[topic_id][: fitted.settings.n_representatives])
        stability = round(float(fitted.stability[topic_id]), _DECIMALS)
        rows.append(
            {
                "topic_id": topic_id,
                "label": label,
                "terms": [term for term, _ in terms[topic_id]],
                "weights": [round(weight, _DECIMALS) for _, weight in terms[topic_id]],
                "n_passages": sizes[topic_id],
                "n_texts": int(n_texts[topic_id]),
                "representatives": nearest.to_list(),
                "key": nearest[0],
                "made_label": label,
                "stability": stability,
                "stable": stability >= fitted.settings.stable_jaccard,
            }
        )
    return pl.DataFrame(rows)


def topic_vectors(vectors: Vectors, topic: Integers) -> Floats:
    """The mean direction of each topic's texts, float [topics, dimension], length 1."""
    n_topics = int(topic.max()) + 1
    sums = np.zeros((n_topics, vectors.shape[1]))
    inside = topic != OUTLIER
    np.add.at(sums, topic[inside], vectors[inside])
    means: Floats = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return means


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


def similarity_table(means: Floats) -> pl.DataFrame:
    """tables.Similarity: cosine between the mean directions of topics, each pair once.

    What all topics share, that they are UN talk, is taken off first: their mean.
    """
    own = means - means.mean(axis=0)
    lengths = np.linalg.norm(own, axis=1, keepdims=True)
    own /= np.where(lengths > 0, lengths, 1)
    first, other = np.triu_indices(len(own), k=1)
    return pl.DataFrame(
        {
            "topic_id": first.astype(np.int64),
            "other_id": other.astype(np.int64),
            "similarity": np.clip((own @ own.T)[first, other], -1, 1).round(_DECIMALS),
        }
    )


def over_time_table(
    assignments: pl.DataFrame, passages: pl.DataFrame, documents: pl.DataFrame
) -> pl.DataFrame:
    """tables.OverTime: UN passages by topic, year and mission ('all' for any mission).

    A passage counts for each mission of its document; shares are of all passages that were
    clustered for that year and mission, outliers included.
    """
    dated = _by_mission(assignments, passages, documents).filter(pl.col("year").is_not_null())
    return _shares(dated, ["year", "mission"])


def by_mission_table(
    assignments: pl.DataFrame, passages: pl.DataFrame, documents: pl.DataFrame
) -> pl.DataFrame:
    """tables.ByMission: the same over all years."""
    return _shares(_by_mission(assignments, passages, documents), ["mission"])


def _by_mission(
    assignments: pl.DataFrame, passages: pl.DataFrame, documents: pl.DataFrame
) -> pl.DataFrame:
    origins = documents.filter(pl.col("kind").cast(pl.String) != "article").select(
        "document_id", "year", pl.concat_list(pl.lit("all"), "missions").alias("mission")
    )
    return (
        assignments.select("passage_id", "topic_id")
        .join(passages.select("passage_id", "document_id"), on="passage_id")
        .join(origins, on="document_id")
        .explode("mission")
    )


def _shares(rows: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    totals = rows.group_by(by).agg(pl.len().cast(pl.Int64).alias("n_passages"))
    counts = rows.filter(pl.col("topic_id") != OUTLIER).group_by("topic_id", *by)
    return (
        counts.agg(pl.len().cast(pl.Int64).alias("n"))
        .join(totals, on=by)
        .with_columns(share=pl.col("n") / pl.col("n_passages"))
        .with_columns(**_wilson())
        .with_columns(pl.col("share", "low", "high").round(_DECIMALS))
        .sort("topic_id", *by)
    )


def _wilson() -> dict[str, pl.Expr]:
    """Bounds of Wilson's (1927) 95% interval for ``share`` of ``n_passages``."""
    share, n = pl.col("share"), pl.col("n_passages")
    square = _WILSON_Z**2
    centre = (share + square / (2 * n)) / (1 + square / n)
    spread = (share * (1 - share) / n + square / (4 * n**2)).sqrt() * _WILSON_Z / (1 + square / n)
    return {"low": (centre - spread).clip(0, 1), "high": (centre + spread).clip(0, 1)}


def zero_shot_table(
    selection: Selection, vectors: Vectors, themes: Sequence[tuple[str, str]], encoder: Encoder
) -> pl.DataFrame:
    """tables.ZeroShot: zero-shot themes, by cosine with what the codebook says of them.

    Nothing is learned from codings here. ``lead`` is how much nearer the first theme is than the
    second; where it is small the theme is a guess.

    Args:
        selection: the passages.
        vectors: of the masked texts, before any centring.
        themes: theme_id and text of each theme, at least two.
        encoder: of the same model.
    """
    definitions = encoder.encode([text for _, text in themes])
    cosines = (vectors @ definitions.T).astype(np.float64)
    order = np.argsort(-cosines.round(6), axis=1, kind="stable")
    best, second = (np.take_along_axis(cosines, order[:, [place]], 1)[:, 0] for place in (0, 1))
    texts = pl.DataFrame(
        {
            "text_key": selection.passages["text_key"],
            "theme_id": [themes[place][0] for place in order[:, 0]],
            "similarity": best.round(6).clip(-1, 1),
            "lead": (best - second).round(6).clip(0, 2),
        }
    )
    return selection.members.join(texts, on="text_key", how="left").drop("text_key")
