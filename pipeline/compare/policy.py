"""The policy side: each theme's share in policy documents, with an interval that holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.compare.coded import CodedUnits
from pipeline.compare.shares import UNKNOWN, Share
from pipeline.tables.ingest import POLICY_KINDS

FEWEST_POSITIVES = 5
"""With fewer hand-coded paragraphs on a theme, resampling them gives intervals far too narrow."""

POLICY = "policy"
"""The kind under which themes gives the share over all of tables.POLICY_KINDS."""


@dataclass(frozen=True)
class PolicyShare:
    """A theme's share in policy documents.

    Attributes:
        n: passages.
        n_coded: hand-coded units among them.
        assigned: share as the classifier assigns it.
        corrected: share corrected for the classifier's error.
    """

    n: int
    n_coded: int
    assigned: Share
    corrected: Share


def policy_shares(prevalence: pl.DataFrame) -> dict[str, PolicyShare]:
    """Each theme's share over all policy documents, all missions and years.

    Where themes gives no share over all kinds, those of the kinds are averaged, weighted by their
    passages, and so are the ends of their intervals: the kinds share a classifier, so their errors
    may go together.

    Args:
        prevalence: tables.Prevalence.
    """
    rows = prevalence.filter((pl.col("mission") == "all") & pl.col("year").is_null())
    pooled = rows.filter(pl.col("kind") == POLICY)
    if pooled.is_empty():
        pooled = _averaged(rows.filter(pl.col("kind").is_in(POLICY_KINDS)))
    shares: dict[str, PolicyShare] = {}
    for theme_id in pooled["theme_id"].unique(maintain_order=True):
        of_theme = pooled.filter(pl.col("theme_id") == theme_id)
        by_method = {row["method"]: row for row in of_theme.iter_rows(named=True)}
        any_row = next(iter(by_method.values()))
        shares[theme_id] = PolicyShare(
            n=any_row["n_passages"],
            n_coded=any_row["n_coded"],
            assigned=_share(by_method.get("assigned")),
            corrected=_share(by_method.get("corrected")),
        )
    return shares


def _averaged(rows: pl.DataFrame) -> pl.DataFrame:
    weight = pl.col("n_passages") / pl.col("n_passages").sum()
    known = rows.filter(pl.col("n_passages") > 0).drop_nulls(["share", "low", "high"])
    return known.group_by("theme_id", "method", maintain_order=True).agg(
        (pl.col("share") * weight).sum(),
        (pl.col("low") * weight).sum(),
        (pl.col("high") * weight).sum(),
        pl.col("n_passages").sum(),
        pl.col("n_coded").sum(),
    )


def _share(row: Mapping[str, Any] | None) -> Share:
    if row is None:
        return UNKNOWN
    return Share(row["share"], row["low"], row["high"])


def widened(
    corrected: Sequence[Share], by_hand: CodedUnits | None, confidence: float
) -> list[Share]:
    """Corrected shares whose intervals also hold what few hand-coded paragraphs leave open.

    The interval of a corrected share comes from resampling coded paragraphs. Where none of these
    carries the theme it has no width; where one or two do, too little. For such themes it is
    widened to Wilson's interval of the hand-coded share.
    """
    if by_hand is None or not by_hand.n:
        return list(corrected)
    positives = by_hand.members.sum(0)
    return [
        share
        if positives[place] >= FEWEST_POSITIVES or not share.known or not hand.known
        else Share(
            share.value, min(share.low or 0, hand.low or 0), max(share.high or 0, hand.high or 0)
        )
        for place, (share, hand) in enumerate(
            zip(corrected, by_hand.shares(confidence), strict=True)
        )
    ]
