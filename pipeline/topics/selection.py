"""Which passages topics are fitted on, each text once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import StageError
from pipeline.settings import TopicSettings
from pipeline.topics.measures import Integers
from pipeline.vector_cache import Vectors

_ROWS_AT_ONCE = 512


@dataclass(frozen=True)
class Selection:
    """The passages that topics are fitted on.

    Attributes:
        passages: one row a text that is fitted, ordered by passage_id; `text_key` numbers them.
        vectors: float32 [passages.height, dimension], row i for row i of ``passages``.
        members: passage_id and text_key of every selected passage: repeats and near repeats have
            the text_key of the text that stands for them.
        all_vectors: float32 of all different texts, near repeats too, in the same order.
        fitted_rows: row of ``all_vectors`` for each row of ``passages``.
        left_out: how many passages were left out, by reason.
    """

    passages: pl.DataFrame
    vectors: Vectors
    members: pl.DataFrame
    all_vectors: Vectors
    fitted_rows: Integers
    left_out: dict[str, int]


def select_passages(passages: pl.DataFrame, vectors: Vectors, settings: TopicSettings) -> Selection:
    """Leave out what says nothing of substance and fold repeats and near repeats into one.

    Mandates repeat whole paragraphs from year to year; counted each time, they would become topics
    of their own. Ordered by passage_id, so that the order of the corpus does not matter.

    Raises:
        StageError: the passages all say the same.
    """
    reason = (
        pl.when(pl.col("role").cast(pl.String).is_in(settings.leave_out_roles))
        .then(pl.lit("role"))
        .when(pl.col("procedural") & settings.leave_out_procedural)
        .then(pl.lit("procedural"))
        .when(pl.col("n_words") < settings.min_words)
        .then(pl.lit("too_short"))
    )
    rows = passages.with_row_index("row").with_columns(reason.alias("reason"))
    kept = rows.filter(pl.col("reason").is_null()).sort("passage_id")
    different = kept.unique("text", keep="first", maintain_order=True)
    all_vectors = np.ascontiguousarray(vectors[different["row"].to_numpy()])
    leader = fold_near_repeats(all_vectors, settings.near_repeat)
    _check_variety(leader, kept.height)
    standing = np.unique(leader)
    keys = different.select("text").with_columns(
        text_key=pl.Series(np.searchsorted(standing, leader), dtype=pl.UInt32)
    )
    fitted = different[standing.tolist()].with_row_index("text_key")
    counts: list[dict[str, Any]] = rows.drop_nulls("reason")["reason"].value_counts().to_dicts()
    return Selection(
        passages=fitted.drop("row", "reason"),
        vectors=all_vectors[standing],
        members=kept.join(keys, on="text", how="left").select("passage_id", "text_key"),
        all_vectors=all_vectors,
        fitted_rows=standing,
        left_out={count["reason"]: count["count"] for count in sorted(counts, key=str)},
    )


def fold_near_repeats(vectors: Vectors, likeness: float) -> Integers:
    """For each row the first row that stands for it: itself, or one with this cosine or more.

    A row that another stands for stands for no row itself, so that chains do not grow.
    """
    leader = np.full(len(vectors), -1, dtype=np.int64)
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        cosines = vectors[start : start + _ROWS_AT_ONCE] @ vectors.T
        for row, near in enumerate(cosines.round(5) >= likeness, start=start):
            if leader[row] < 0:
                leader[near & (leader < 0)] = row
                leader[row] = row
    return leader


def _check_variety(leader: Integers, n_passages: int) -> None:
    if n_passages > 1 and len(np.unique(leader)) == 1:
        raise StageError(
            f"all {n_passages} passages say the same, so there is nothing to group; add documents, "
            "or raise topics.near_repeat in configs/params.yaml"
        )
