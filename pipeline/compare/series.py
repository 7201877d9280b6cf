"""The policy side by mission and year, beside the one interview side there is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from pipeline.compare.coded import CodedUnits
from pipeline.compare.frames import from_rows
from pipeline.compare.policy import POLICY
from pipeline.compare.shares import Share, difference_of_shares
from pipeline.settings import CompareSettings
from pipeline.tables import GapSeries

TURNS = {
    ("all", 2008): "Capstone Doctrine: robust peacekeeping defined",
    ("MONUSCO", 2013): "S/RES/2098: Intervention Brigade to neutralise armed groups",
    ("MINUSCA", 2014): "S/RES/2149: established under Chapter VII with all necessary means",
    ("UNMISS", 2014): "S/RES/2155: protection of civilians put first",
    ("UNMISS", 2016): "S/RES/2304: Regional Protection Force",
    ("MINUSMA", 2016): "S/RES/2295: a more proactive and robust posture",
}
"""Years in which policy turned to robustness, by mission; marks for a figure, not an analysis."""


def series_table(
    prevalence: pl.DataFrame,
    interviews: CodedUnits,
    theme_ids: Sequence[str],
    settings: CompareSettings,
) -> pl.DataFrame:
    """tables.GapSeries: shares in policy by mission, by year, and by both.

    The interviews were held in 2023 and 2024 and cannot be split by mission or year: each row
    stands beside the same interview share. Corrected shares are taken where themes gives them.
    There are no q-values: the series shows a course, and its rows share a classifier's error.
    """
    spoken = dict(zip(theme_ids, interviews.shares(settings.confidence), strict=True))
    preferred = (
        prevalence.filter((pl.col("kind") == POLICY) & pl.col("theme_id").is_in(list(theme_ids)))
        .drop_nulls("share")
        .sort("theme_id", "mission", "year", pl.col("method") == "assigned", nulls_last=False)
        .unique(["theme_id", "mission", "year"], keep="first", maintain_order=True)
    )
    rows = [
        _row(row, spoken[row["theme_id"]], settings.confidence)
        for row in preferred.iter_rows(named=True)
    ]
    return from_rows(GapSeries, rows)


def _row(row: dict[str, Any], spoken: Share, confidence: float) -> dict[str, Any]:
    difference = difference_of_shares(
        Share(row["share"], row["low"], row["high"]), spoken, confidence
    )
    return {
        "theme_id": row["theme_id"],
        "mission": row["mission"],
        "year": row["year"],
        "n_policy": row["n_passages"],
        "method": row["method"],
        "policy": row["share"],
        "policy_low": row["low"],
        "policy_high": row["high"],
        "interviews": None if spoken.value is None else round(spoken.value, 6),
        "difference": None if difference is None else round(difference.value, 6),
        "low": None if difference is None else round(difference.low, 6),
        "high": None if difference is None else round(difference.high, 6),
        "mark": TURNS.get((row["mission"], row["year"]), ""),
    }
