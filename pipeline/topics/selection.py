"""Which passages topics are fitted on, each text once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pipeline.settings import TopicSettings
from pipeline.vector_cache import Vectors


@dataclass(frozen=True)
class Selection:
    """The passages that topics are fitted on.

    Attributes:
        passages: one row a different text, ordered by passage_id; `text_key` numbers them.
        vectors: float32 [passages.height, dimension], row i for row i of ``passages``.
        members: passage_id and text_key of every selected passage, repeats included.
        left_out: how many passages were left out, by reason.
    """

    passages: pl.DataFrame
    vectors: Vectors
    members: pl.DataFrame
    left_out: dict[str, int]


def select_passages(passages: pl.DataFrame, vectors: Vectors, settings: TopicSettings) -> Selection:
    """Leave out what says nothing of substance and fold passages with the same text into one.

    Mandates repeat whole paragraphs from year to year; counted each time, they would become topics
    of their own. Ordered by passage_id, so that the order of the corpus does not matter.
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
    firsts = kept.unique("text", keep="first", maintain_order=True).with_row_index("text_key")
    members = kept.join(firsts.select("text", "text_key"), on="text", how="left")
    counts: list[dict[str, Any]] = rows.drop_nulls("reason")["reason"].value_counts().to_dicts()
    return Selection(
        passages=firsts.drop("row", "reason"),
        vectors=np.ascontiguousarray(vectors[firsts["row"].to_numpy()]),
        members=members.select("passage_id", "text_key"),
        left_out={count["reason"]: count["count"] for count in sorted(counts, key=str)},
    )
