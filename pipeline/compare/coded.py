"""Hand-coded units as arrays, and the shares and parts of themes among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.compare.measures import Booleans, Floats, Integers
from pipeline.compare.shares import UNKNOWN, Share, clustered_share


@dataclass(frozen=True)
class CodedUnits:
    """Hand-coded units of one side.

    Attributes:
        members: bool [n, themes].
        cluster: int [n]; units of one paragraph (article) or document (UN) share a number.
        weight: float [n], one over the probability of having been drawn.
    """

    members: Booleans
    cluster: Integers
    weight: Floats

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.members)

    def shares(self, confidence: float) -> list[Share]:
        """The share of each theme, with its interval."""
        return [
            clustered_share(self.members[:, column], self.cluster, confidence, self.weight)
            for column in range(self.members.shape[1])
        ]


def coded_units(units: pl.DataFrame, labels: pl.DataFrame, theme_ids: Sequence[str]) -> CodedUnits:
    """Hand-coded units as arrays.

    Args:
        units: unit_id, cluster, weight; all units of the side, whether they carry a theme or not.
        labels: unit_id, theme_id.
        theme_ids: all themes in the order of the codebook.
    """
    row_of = {unit_id: row for row, unit_id in enumerate(units["unit_id"])}
    column_of = {theme_id: column for column, theme_id in enumerate(theme_ids)}
    members = np.zeros((units.height, len(theme_ids)), dtype=bool)
    for unit_id, theme_id in labels.select("unit_id", "theme_id").iter_rows():
        if unit_id in row_of:
            members[row_of[unit_id], column_of[theme_id]] = True
    cluster = np.unique(units["cluster"].cast(pl.String).to_numpy(), return_inverse=True)[1]
    return CodedUnits(members, cluster, units["weight"].cast(pl.Float64).to_numpy())


def parts_of_units(units: CodedUnits, confidence: float) -> list[Share]:
    """Each theme's part of all mentions of themes; paragraphs or documents are the clusters."""
    unit, theme = np.nonzero(units.members)
    return [
        clustered_share(theme == column, units.cluster[unit], confidence, units.weight[unit])
        for column in range(units.members.shape[1])
    ]


def parts_of_shares(shares: Sequence[Share]) -> list[Share]:
    """Shares and the ends of their intervals over the sum of the shares.

    The sum is taken as known, since themes gives shares theme by theme; the sensitivity by
    hand-coded paragraphs, where both vary together, says whether that matters.
    """
    total = sum(share.value or 0.0 for share in shares)
    if total == 0:
        return [UNKNOWN] * len(shares)
    return [
        Share(share.value / total, share.low / total, min(share.high / total, 1.0))
        if share.value is not None and share.low is not None and share.high is not None
        else UNKNOWN
        for share in shares
    ]
