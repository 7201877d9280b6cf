"""Which passages topics are looked for in, each family of near copies once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pipeline.errors import StageError
from pipeline.settings import TopicSettings
from pipeline.tables.segment import FAMILIES
from pipeline.topics.measures import Integers
from pipeline.vector_cache import Vectors


@dataclass(frozen=True)
class Selection:
    """The passages that topics are looked for in; of a large corpus a sample of them is fitted.

    Attributes:
        passages: one row a text that may be fitted, ordered by passage_id; `text_key` numbers them.
        vectors: float32 [passages.height, dimension], row i for row i of ``passages``.
        members: passage_id and text_key of every selected passage: near copies have the text_key
            of the text that stands for their family.
        all_vectors: float32 of all different texts, near copies too, ordered by passage_id.
        all_keys: text_key of the text that stands for each row of ``all_vectors``.
        fitted_rows: row of ``all_vectors`` for each row of ``passages``.
        left_out: how many passages were left out, by reason.
    """

    passages: pl.DataFrame
    vectors: Vectors
    members: pl.DataFrame
    all_vectors: Vectors
    all_keys: Integers
    fitted_rows: Integers
    left_out: dict[str, int]

    def of(self, rows: Integers) -> Selection:
        """These rows of ``passages`` alone, in order, with what belongs to them."""
        passages = self.passages[rows]
        kept = np.isin(self.all_keys, passages["text_key"].to_numpy())
        return Selection(
            passages=passages,
            vectors=self.vectors[rows],
            members=self.members.join(passages.select("text_key"), on="text_key", how="semi"),
            all_vectors=self.all_vectors[kept],
            all_keys=self.all_keys[kept],
            fitted_rows=(np.cumsum(kept) - 1)[self.fitted_rows[rows]],
            left_out=self.left_out,
        )


def select_passages(
    passages: pl.DataFrame, families: pl.DataFrame, vectors: Vectors, settings: TopicSettings
) -> Selection:
    """Leave out what says nothing of substance and let one passage stand for its near copies.

    Mandates repeat whole paragraphs from year to year; counted each time, they would become topics
    of their own. So a family is fitted once, by its earliest passage or, when that is left out,
    by its first in the order of ids. Its weight, the number of its members, counts in the sizes
    and shares of topics, not in where topics lie. Ordered by passage_id, so that the order of the
    corpus does not matter.

    Args:
        passages: tables.Passages.
        families: tables.Families of the same passages.
        vectors: float32 [passages, dimension].
        settings: what is left out.

    Raises:
        StageError: the passages all say the same, or the families are of other passages.
    """
    rows = passages.with_row_index("row").with_columns(_reason(settings))
    kept = (
        rows.filter(pl.col("reason").is_null())
        .join(families.select("passage_id", "family_id"), on="passage_id", how="left")
        .sort("passage_id")
    )
    if kept["family_id"].null_count():
        raise StageError(f"{FAMILIES.path} is of another run; run: dvc repro segment")
    fitted = _standing(kept)
    _check_variety(fitted.height, kept.height)
    # a text that stands for others stands for itself among the different texts too
    keys = fitted.select("family_id", "text_key")
    different = (
        pl.concat([fitted.drop("text_key"), kept])
        .unique("text", keep="first", maintain_order=True)
        .sort("passage_id")
        .join(keys, on="family_id", how="left", maintain_order="left")
    )
    counts: list[dict[str, Any]] = rows.drop_nulls("reason")["reason"].value_counts().to_dicts()
    return Selection(
        passages=fitted.drop("row", "reason", "family_id"),
        vectors=np.ascontiguousarray(vectors[fitted["row"].to_numpy()]),
        members=kept.join(keys, on="family_id", how="left").select("passage_id", "text_key"),
        all_vectors=np.ascontiguousarray(vectors[different["row"].to_numpy()]),
        all_keys=different["text_key"].to_numpy().astype(np.int64),
        fitted_rows=different["passage_id"]
        .search_sorted(fitted["passage_id"])
        .to_numpy()
        .astype(np.int64),
        left_out={count["reason"]: count["count"] for count in sorted(counts, key=str)},
    )


def _reason(settings: TopicSettings) -> pl.Expr:
    """Why a passage is left out; null when it is not."""
    return (
        pl.when(pl.col("role").cast(pl.String).is_in(settings.leave_out_roles))
        .then(pl.lit("role"))
        .when(pl.col("procedural") & settings.leave_out_procedural)
        .then(pl.lit("procedural"))
        .when(pl.col("n_words") < settings.min_words)
        .then(pl.lit("too_short"))
        .alias("reason")
    )


def _standing(kept: pl.DataFrame) -> pl.DataFrame:
    """One passage a family, ordered by passage_id and numbered by `text_key`."""
    return (
        kept.sort(pl.col("passage_id") != pl.col("family_id"), "passage_id")
        .unique("family_id", keep="first", maintain_order=True)
        .sort("passage_id")
        .with_row_index("text_key")
    )


def _check_variety(n_families: int, n_passages: int) -> None:
    if n_passages > 1 and n_families == 1:
        raise StageError(
            f"all {n_passages} passages say the same, so there is nothing to group; add documents, "
            "or raise segment.near_copy in configs/params.yaml"
        )
