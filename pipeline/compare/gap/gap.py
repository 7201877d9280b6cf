"""The gap: each theme's share in documents against its share in what interviewees say.

The unit is the passage on both sides (whole sentences of one paragraph, at most about 110 words),
because a sentence and a paragraph cannot be compared: the longer a unit, the more themes it holds.
On the side of documents (*policy* in the tables) stand the passages from which the coded paragraphs
were drawn, scored by the classifiers; their share is corrected for the classifiers' error by the
themes stage. On the side of interviews stand the coded passages of the articles that cite an
interview; they are coded, not classified, so nothing is corrected.

Two questions are asked of each theme. In how many passages is it said? A codebook is made from the
articles, so nearly every theme is in more of their passages, and a document also speaks of much
that the codebook has no word for. Hence the second: of all that is said of these themes, how much
is said of this one (its *part*)? There a theme can only gain where another loses.

What it does not show: what an organisation does, how often a thing happens, or what people at large
think. Interviewees speak through an author who arranges them for an argument, and a document and a
quotation are different genres. A theme that is rarer on one side may be taken for granted there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from pipeline.compare.gap.sides import (
    CORRECTED,
    CodedUnits,
    PolicyShare,
    SideShares,
    parts_of_shares,
    parts_of_units,
    widened,
)
from pipeline.compare.material import fitted, from_rows
from pipeline.compare.structure.alignment import false_discovery_rates
from pipeline.run.arrays import (
    UNKNOWN,
    Difference,
    Share,
    combined_shares,
    difference_of_shares,
)
from pipeline.run.settings import CompareSettings
from pipeline.run.tables.compare import Gap, GapSensitivity, GapSides
from pipeline.study.study import ALL

PASSAGES, PARTS = "passages", "parts"
"""The two questions, see tables.GapSides."""


@dataclass(frozen=True)
class Way:
    """One way to measure the gap: shares of both sides, theme by theme, and their units."""

    name: str
    policy: Sequence[Share]
    n_policy: int
    interviews: Sequence[Share]
    n_interviews: int


def gap_table(
    policy: Mapping[str, PolicyShare],
    paragraphs: CodedUnits | None,
    interviews: CodedUnits,
    theme_ids: Sequence[str],
    settings: CompareSettings,
) -> pl.DataFrame:
    """tables.Gap, one row a theme of the codebook, in its order.

    Args:
        policy: shares by theme, as by `policy_shares`.
        paragraphs: the coded paragraphs, see `widened`; None when there are none.
        interviews: the coded passages that cite an interview.
        theme_ids: all themes in the order of the codebook.
        settings: confidence and false discovery rate.
    """
    sides = [policy.get(theme_id) for theme_id in theme_ids]
    corrected = [UNKNOWN if side is None else side.corrected for side in sides]
    corrected = widened(corrected, paragraphs, settings.confidence)
    spoken = interviews.shares(settings.confidence)
    compared = compared_shares(theme_ids, corrected, spoken, settings)
    parts = compared_shares(
        theme_ids,
        parts_of_shares(corrected),
        parts_of_units(interviews, settings.confidence),
        settings,
    )
    n_positive = [0] * len(theme_ids) if paragraphs is None else paragraphs.members.sum(0).tolist()
    counts: dict[str, list[Any]] = {
        "n_policy": [0 if side is None else side.n for side in sides],
        "n_policy_coded": [0 if side is None else side.n_coded for side in sides],
        "n_policy_positive": n_positive,
        "policy_assigned": [
            None if side is None else _rounded(side.assigned.value) for side in sides
        ],
        "n_interviews": [interviews.n] * len(theme_ids),
        "n_paragraphs": [len(np.unique(interviews.cluster))] * len(theme_ids),
    }
    columns = [pl.Series(name, values) for name, values in counts.items()]
    return fitted(Gap, compared.with_columns([*columns, *_as_parts(parts)]))


def _as_parts(compared: pl.DataFrame) -> list[pl.Series]:
    """The columns of a comparison of parts under the names that tables.Gap has for them."""
    names = {
        "policy": "policy_part",
        "interviews": "interviews_part",
        "difference": "part_difference",
        "low": "part_low",
        "high": "part_high",
        "q_value": "part_q_value",
        "direction": "part_direction",
    }
    return [compared[old].alias(new) for old, new in names.items()]


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


def side_pairs(
    sides: Sequence[SideShares],
    theme_ids: Sequence[str],
    settings: CompareSettings,
    basis: str = CORRECTED,
    mission: str = ALL,
) -> pl.DataFrame:
    """tables.GapSides: every two sides theme by theme, with one false discovery rate a question.

    Args:
        sides: the first side of documents first, the interviews last.
        theme_ids: all themes in the order of the codebook.
        settings: confidence and false discovery rate.
        basis: in which way documents were measured.
        mission: of the documents.
    """
    rows: list[dict[str, Any]] = []
    for question in (PASSAGES, PARTS):
        common = {"question": question, "basis": basis, "mission": mission}
        of_question: list[dict[str, Any]] = []
        for one, other in combinations(sides, 2):
            shares = one.shares if question == PASSAGES else one.parts
            others = other.shares if question == PASSAGES else other.parts
            for theme_id, first, second in zip(theme_ids, shares, others, strict=True):
                pair = {"side": one.side_id, "other": other.side_id, **common}
                sizes = {"theme_id": theme_id, "n_side": one.n, "n_other": other.n}
                of_question.append(pair | sizes | _pair(first, second, settings.confidence))
        q_values = _q_values([row["p_value"] for row in of_question])
        decided = [
            row | _larger(row, q_value, settings)
            for row, q_value in zip(of_question, q_values, strict=True)
        ]
        rows += _with_nearness(decided, sides, theme_ids, question, settings)
    return from_rows(GapSides, rows)


def decided_together(gap: pl.DataFrame, pairs: pl.DataFrame, first: str, last: str) -> pl.DataFrame:
    """tables.Gap of first side and last, decided by the rate over all pairs of tables.GapSides."""
    direction = {first: "more in policy", last: "more in interviews"}
    for question, begins in ((PASSAGES, ""), (PARTS, "part_")):
        is_pair = (pl.col("side") == first) & (pl.col("other") == last)
        is_main = (pl.col("basis") == CORRECTED) & (pl.col("mission") == ALL)
        own = pairs.filter(is_pair & is_main & (pl.col("question").cast(pl.String) == question))
        q_of = dict(own.select("theme_id", "q_value").iter_rows())
        side_of = dict(own.select("theme_id", "larger").iter_rows())
        said = [direction.get(side_of[theme], side_of[theme]) for theme in gap["theme_id"]]
        gap = gap.with_columns(
            pl.Series(f"{begins}q_value", [q_of[theme] for theme in gap["theme_id"]], pl.Float64),
            pl.Series(f"{begins}direction", said, gap.schema[f"{begins}direction"]),
        )
    return gap


def _q_values(p_values: Sequence[float | None]) -> list[float]:
    known = np.array([p_value is not None for p_value in p_values], dtype=bool)
    filled = np.array([1.0 if p_value is None else p_value for p_value in p_values])
    return [float(each) for each in false_discovery_rates(filled, known)]


def _pair(first: Share, second: Share, confidence: float) -> dict[str, float | None]:
    """Both shares, and first minus second."""
    found = difference_of_shares(first, second, confidence)
    return {
        "share": _rounded(first.value),
        "share_low": _rounded(first.low),
        "share_high": _rounded(first.high),
        "other_share": _rounded(second.value),
        "other_low": _rounded(second.low),
        "other_high": _rounded(second.high),
        "difference": _rounded(found.value) if found else None,
        "low": _rounded(found.low) if found else None,
        "high": _rounded(found.high) if found else None,
        "p_value": _rounded(found.p_value) if found else None,
    }


def _larger(row: Mapping[str, Any], q_value: float, settings: CompareSettings) -> dict[str, Any]:
    if row["difference"] is None:
        return {"q_value": None, "larger": "not computed"}
    side = row["side"] if row["difference"] > 0 else row["other"]
    decided = q_value <= settings.false_discovery_rate
    return {"q_value": _rounded(q_value), "larger": side if decided else "undecided"}


def _with_nearness(
    rows: Sequence[Mapping[str, Any]],
    sides: Sequence[SideShares],
    theme_ids: Sequence[str],
    question: str,
    settings: CompareSettings,
) -> list[dict[str, Any]]:
    """The rows, those of a further side and the interviews with what says which is nearer.

    It is asked of the themes on which first side and interviews differ.
    """
    by_side = {one.side_id: one.shares if question == PASSAGES else one.parts for one in sides}
    first, last = sides[0].side_id, sides[-1].side_id
    differ = {
        row["theme_id"]
        for row in rows
        if (row["side"], row["other"]) == (first, last) and row["larger"] in (first, last)
    }
    asked = [
        place
        for place, row in enumerate(rows)
        if row["other"] == last and row["side"] != first and row["theme_id"] in differ
    ]
    found = []
    for row in (rows[place] for place in asked):
        column = theme_ids.index(row["theme_id"])
        theirs, own, target = (by_side[name][column] for name in (first, row["side"], last))
        found.append(nearness(theirs, own, target, settings.confidence))
    q_values = _q_values([one.p_value if one else None for one in found])
    none = dict.fromkeys(("nearer_by", "nearer_low", "nearer_high", "nearer_q", "nearer"))
    given: list[dict[str, Any]] = [{**row, **none} for row in rows]
    for place, one, q_value in zip(asked, found, q_values, strict=True):
        if one is not None:
            given[place] |= _nearer(one, q_value, settings)
    return given


def _nearer(found: Difference, q_value: float, settings: CompareSettings) -> dict[str, Any]:
    verdict = "nearer" if found.value > 0 else "further"
    return {
        "nearer_by": _rounded(found.value),
        "nearer_low": _rounded(found.low),
        "nearer_high": _rounded(found.high),
        "nearer_q": _rounded(q_value),
        "nearer": verdict if q_value <= settings.false_discovery_rate else "undecided",
    }


def nearness(first: Share, side: Share, target: Share, confidence: float) -> Difference | None:
    """How much nearer a side is to a target than the first side is: |f - t| - |s - t|.

    Where f is above t this is the smaller one of f - s (the side is not beyond the first) and
    f + s - 2 t (nor beyond the target by more); where f is below, of their opposites. Both are sums
    of independent shares, with intervals as by `combined_shares`. The side is nearer where both are
    above zero (Berger 1982, "Multiparameter hypothesis testing", so the larger p-value holds), and
    further where one is below (twice the smaller). First and target must differ beyond chance: of
    which sign f - t is, is taken as known.

    Returns:
        above zero: nearer; None when a share is not known.
    """
    gap = difference_of_shares(first, target, confidence)
    within = difference_of_shares(first, side, confidence)
    if gap is None or within is None:
        return None
    sign = 1 if gap.value > 0 else -1
    both = (
        combined_shares(((sign, first), (-sign, side)), confidence),
        combined_shares(((sign, first), (sign, side), (-2 * sign, target)), confidence),
    )
    known = [one for one in both if one is not None]
    value = min(one.value for one in known)
    against = [one.p_value for one in known if one.value < 0]
    p_value = 2 * min(against) if against else max(one.p_value for one in known)
    low, high = (min(getattr(one, end) for one in known) for end in ("low", "high"))
    return Difference(value, low, high, min(1.0, p_value))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
