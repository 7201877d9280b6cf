"""The gap: each theme's share in policy against its share in what practitioners say.

The unit is the passage on both sides (whole sentences of one paragraph, at most about 110 words),
because a sentence and a paragraph cannot be compared: the longer a unit, the more themes it holds.
On the policy side every passage of resolutions, presidential statements, reports and doctrine is
scored by the classifiers and the share is corrected for their error on hand-coded paragraphs. On
the interview side stand the hand-coded passages of the article that cite an interview; they are
coded by people, so nothing is corrected. Other units and other sides are in `sensitivity`.

What it does not show: what the UN does, how often a thing happens, or what all practitioners
think. The interviews are 31, chosen for their experience, and speak through one author who
arranged them for an argument about robustness; a resolution and a quotation are different genres.
A theme that is rarer on one side may be taken for granted there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pipeline.compare.alignment import false_discovery_rates
from pipeline.compare.frames import fitted
from pipeline.compare.measures import Booleans, Floats, Integers
from pipeline.compare.shares import UNKNOWN, Share, clustered_share, difference_of_shares
from pipeline.settings import CompareSettings
from pipeline.tables import POLICY_KINDS, Gap, GapSensitivity

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


@dataclass(frozen=True)
class Way:
    """One way to measure the gap: shares of both sides, theme by theme, and their units."""

    name: str
    policy: Sequence[Share]
    n_policy: int
    interviews: Sequence[Share]
    n_interviews: int


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
    if row is None or row["share"] is None:
        return UNKNOWN
    return Share(row["share"], row["low"], row["high"])


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


def gap_table(
    policy: Mapping[str, PolicyShare],
    interviews: CodedUnits,
    theme_ids: Sequence[str],
    settings: CompareSettings,
) -> pl.DataFrame:
    """tables.Gap, one row a theme of the codebook, in its order."""
    sides = [policy.get(theme_id) for theme_id in theme_ids]
    corrected = [UNKNOWN if side is None else side.corrected for side in sides]
    spoken = interviews.shares(settings.confidence)
    compared = compared_shares(theme_ids, corrected, spoken, settings)
    counts: dict[str, list[Any]] = {
        "n_policy": [0 if side is None else side.n for side in sides],
        "n_policy_coded": [0 if side is None else side.n_coded for side in sides],
        "policy_assigned": [
            None if side is None else _rounded(side.assigned.value) for side in sides
        ],
        "n_interviews": [interviews.n] * len(theme_ids),
        "n_paragraphs": [len(np.unique(interviews.cluster))] * len(theme_ids),
    }
    columns = [pl.Series(name, values) for name, values in counts.items()]
    return fitted(Gap, compared.with_columns(columns))


def sensitivity_rows(way: Way, theme_ids: Sequence[str], settings: CompareSettings) -> pl.DataFrame:
    """tables.GapSensitivity for one other way of measuring."""
    compared = compared_shares(theme_ids, way.policy, way.interviews, settings).with_columns(
        basis=pl.lit(way.name),
        n_policy=pl.lit(way.n_policy),
        n_interviews=pl.lit(way.n_interviews),
    )
    return fitted(GapSensitivity, compared)


def compared_shares(
    theme_ids: Sequence[str],
    policy: Sequence[Share],
    interviews: Sequence[Share],
    settings: CompareSettings,
) -> pl.DataFrame:
    """Shares, differences with interval, q-values over the themes, and the direction in words."""
    differences = [
        difference_of_shares(first, second, settings.confidence)
        for first, second in zip(policy, interviews, strict=True)
    ]
    known = np.array([difference is not None for difference in differences])
    p_values = np.array([1.0 if each is None else each.p_value for each in differences])
    q_values = false_discovery_rates(p_values, known)
    rows = []
    for place, theme_id in enumerate(theme_ids):
        difference, first, second = differences[place], policy[place], interviews[place]
        row: dict[str, Any] = {"theme_id": theme_id, **_ends("policy", first)}
        row |= _ends("interviews", second)
        row |= dict.fromkeys(("difference", "low", "high", "p_value", "q_value"))
        row["direction"] = "not computed"
        if difference is not None:
            row |= {
                "difference": _rounded(difference.value),
                "low": _rounded(difference.low),
                "high": _rounded(difference.high),
                "p_value": _rounded(difference.p_value),
                "q_value": _rounded(float(q_values[place])),
                "direction": _direction(difference.value, float(q_values[place]), settings),
            }
        rows.append(row)
    return pl.DataFrame(rows, infer_schema_length=None)


def _direction(difference: float, q_value: float, settings: CompareSettings) -> str:
    if q_value > settings.false_discovery_rate:
        return "undecided"
    return "more in policy" if difference > 0 else "more in interviews"


def _ends(side: str, share: Share) -> dict[str, float | None]:
    return {
        side: _rounded(share.value),
        f"{side}_low": _rounded(share.low),
        f"{side}_high": _rounded(share.high),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
