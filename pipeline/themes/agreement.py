"""How far coders agree, and one coder judged by another as if a model."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.study.codings import Coding
from pipeline.themes.evaluation import Judged, group_weights
from pipeline.themes.samples import Booleans, Floats
from pipeline.themes.validation import Predictions

ALL, SETS = "all", "sets"
"""Rows of the table for the mean over themes in use, and for whole sets of codes."""

FEWEST_USES = 5
"""Codes used less often do not enter the mean: their alpha is mostly luck."""

_DECIMALS = 6


def agreement_table(
    unit_set: str,
    given: Booleans,
    theme_ids: Sequence[str],
    groups: Sequence[str],
    confidence: float,
    resamples: int,
    seed: int,
) -> pl.DataFrame:
    """tables.CoderAgreement: each theme, the mean over themes in use, and whole sets of codes.

    Alpha is Krippendorff's (2019, Content Analysis, 4th ed., chapter 12): nominal for a theme, and
    with the MASI distance for sets (Passonneau 2006). Intervals resample groups of units.

    Args:
        unit_set: article or un.
        given: bool [coders, units, themes].
        theme_ids: names of the themes.
        groups: what is resampled, one a unit.
        confidence: of the intervals.
        resamples: behind each interval.
        seed: of the resampling.
    """
    weights = group_weights(groups, resamples, seed).astype(np.int64)
    support = given.any(axis=0).sum(axis=0)
    by_theme = np.array([_alphas(*_nominal(said), weights) for said in np.moveaxis(given, 2, 0)])
    columns = [*by_theme, _mean(by_theme[support >= FEWEST_USES]), _alphas(*_sets(given), weights)]
    percents = [_percent(given[:, :, [theme]]) for theme in range(given.shape[2])]
    percents += [None, _percent(given)]
    supports = [*support.tolist(), *[int(given.any(axis=(0, 2)).sum())] * 2]
    tail = (1 - confidence) / 2
    rows = [
        {
            "unit_set": unit_set,
            "theme_id": name,
            "n_units": given.shape[1],
            "n_coders": given.shape[0],
            "support": supports[place],
            "percent": _rounded(percents[place]),
            "alpha": _rounded(columns[place][0]),
            "low": _quantile(columns[place], tail),
            "high": _quantile(columns[place], 1 - tail),
        }
        for place, name in enumerate([*theme_ids, ALL, SETS])
    ]
    schema: dict[str, Any] = dict.fromkeys(("percent", "alpha", "low", "high"), pl.Float64)
    return pl.DataFrame(rows, schema_overrides=schema)


def confusion_table(unit_set: str, given: Booleans, theme_ids: Sequence[str]) -> pl.DataFrame:
    """tables.CoderConfusions: which code one coder gave where another gave that one instead.

    A pair of codes counts once for each unit and ordered pair of coders in which the first coder
    gave the first code and not the second, and the other coder the second and not the first.

    Args:
        unit_set: article or un.
        given: bool [coders, units, themes].
        theme_ids: names of the themes.
    """
    counts = np.zeros((len(theme_ids), len(theme_ids)), dtype=np.int64)
    for one, other in permutations(range(len(given)), 2):
        only_one = (given[one] & ~given[other]).astype(np.int64)
        only_other = (given[other] & ~given[one]).astype(np.int64)
        counts += only_one.T @ only_other
    # an unordered pair of coders gives both orders of a pair of codes: count it once
    pairs = [(a, b, int(counts[a, b])) for a in range(len(counts)) for b in range(a)]
    rows = [
        {"unit_set": unit_set, "theme_id": theme_ids[b], "other_id": theme_ids[a], "n": n}
        for a, b, n in pairs
        if n
    ]
    schema: dict[str, Any] = {"unit_set": pl.String, "theme_id": pl.String, "other_id": pl.String}
    table = pl.DataFrame(rows, schema={**schema, "n": pl.Int64}, orient="row")
    return table.sort("n", "theme_id", "other_id", descending=[True, False, False])


def nominal_alpha(given: Booleans) -> float | None:
    """Krippendorff's alpha for one code, given or not, bool [coders, units].

    None when there is a single coder, or when nobody ever gave the code: then nothing varies and
    alpha is not defined.
    """
    none = np.zeros((0, given.shape[1]), dtype=np.int64)
    return _rounded(float(_alphas(*_nominal(given), none)[0]))


def masi_distance(one: Booleans, other: Booleans) -> float:
    """1 - J * M of two sets of codes, each bool [themes] (Passonneau 2006).

    J is the Jaccard index; M is 1 for equal sets, 2/3 where one holds the other, 1/3 where they
    overlap, 0 where they share nothing. Two empty sets are equal.

    >>> masi_distance(np.array([True, True, False]), np.array([True, False, False]))
    0.6666666666666667
    """
    shared, either = int((one & other).sum()), int((one | other).sum())
    if not either or shared == either:
        return 0.0
    if not shared:
        return 1.0
    holds = shared in (int(one.sum()), int(other.sum()))
    return 1 - shared / either * (2 / 3 if holds else 1 / 3)


def resampled_alphas(
    counts: npt.NDArray[np.int64], distances: Floats, weights: npt.NDArray[np.int64]
) -> Floats:
    """Krippendorff's alpha of many resamples of units at once, float [resamples].

    1 - observed / expected disagreement, when every coder coded every unit: the mean distance of
    two codings of a unit, over that of two codings of any units. On a single sample it is what the
    krippendorff package gives, which is too slow for a thousand resamples of sets of codes.

    Args:
        counts: how many coders gave a unit each value, [units, values].
        distances: between values, float [values, values]; as Passonneau, not squared.
        weights: how often each unit stands in each resample, [resamples, units].

    Returns:
        nan where nothing varies.
    """
    n_coders = int(counts[0].sum())
    inside = np.einsum("uv,vw,uw->u", counts, distances, counts) / (n_coders * (n_coders - 1))
    observed = weights @ inside / weights.sum(axis=1)
    values = weights @ counts
    n = values.sum(axis=1)
    expected = np.einsum("rv,vw,rw->r", values, distances, values) / (n * (n - 1))
    ratio = np.divide(observed, expected, out=np.full(len(n), np.nan), where=expected > 0)
    alphas: Floats = 1 - ratio
    return alphas


def _nominal(given: Booleans) -> tuple[npt.NDArray[np.int64], Floats]:
    """Counts [units, 2] of not given and given, and the distances of the two."""
    said = given.sum(axis=0)
    return np.column_stack([len(given) - said, said]), np.array([[0.0, 1.0], [1.0, 0.0]])


def _sets(given: Booleans) -> tuple[npt.NDArray[np.int64], Floats]:
    """Counts [units, different sets of codes], and the distances of the sets."""
    n_coders, n_units, n_themes = given.shape
    kinds, which = np.unique(given.reshape(-1, n_themes), axis=0, return_inverse=True)
    counts = np.zeros((n_units, len(kinds)), dtype=np.int64)
    np.add.at(counts, (np.tile(np.arange(n_units), n_coders), which.ravel()), 1)
    distances = np.array([[masi_distance(one, other) for other in kinds] for one in kinds])
    return counts, distances


def _alphas(
    counts: npt.NDArray[np.int64], distances: Floats, weights: npt.NDArray[np.int64]
) -> Floats:
    """Alpha of the units as they are, by the krippendorff package, then of each resample."""
    import krippendorff

    if counts[0].sum() < 2 or (counts.any(axis=0)).sum() < 2:
        return np.full(1 + len(weights), np.nan)  # a single coder, or a single value

    def metric(v1: Any, v2: Any, i1: Any, i2: Any, n_v: Any, dtype: Any = float) -> Any:  # noqa: ARG001
        return distances[i1, i2].astype(dtype)

    alpha = krippendorff.alpha(value_counts=counts, level_of_measurement=metric)
    return np.concatenate([[alpha], resampled_alphas(counts, distances, weights)])


def _mean(alphas: Floats) -> Floats:
    """Mean of the themes in use, of the sample and of each resample; nan without any."""
    known = ~np.isnan(alphas)
    total, n = np.where(known, alphas, 0).sum(axis=0), known.sum(axis=0)
    mean: Floats = np.divide(total, n, out=np.full(alphas.shape[1], np.nan), where=n > 0)
    return mean


def _percent(given: Booleans) -> float | None:
    """Share of pairs of codings of a unit that say the same; None with a single coder."""
    pairs = list(permutations(range(len(given)), 2))
    if not pairs:
        return None
    return float(np.mean([(given[a] == given[b]).all(axis=1).mean() for a, b in pairs]))


def _rounded(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else round(float(value), _DECIMALS)


def _quantile(values: Floats, share: float) -> float | None:
    if np.isnan(values[0]) or np.isnan(values[1:]).all():
        return None
    return _rounded(float(np.nanquantile(values[1:], share)))


def code_matrices(coding: Coding, unit_ids: Sequence[str], theme_ids: Sequence[str]) -> Booleans:
    """Who gave which unit which code, bool [coders, units, themes]."""
    coder_of = {coder: place for place, coder in enumerate(coding.coders)}
    unit_of = {unit: place for place, unit in enumerate(unit_ids)}
    theme_of = {theme: place for place, theme in enumerate(theme_ids)}
    given = np.zeros((len(coder_of), len(unit_of), len(theme_of)), dtype=bool)
    for coder, unit, theme in coding.codes.iter_rows():
        if coder in coder_of and unit in unit_of:
            given[coder_of[coder], unit_of[unit], theme_of[theme]] = True
    return given


def coder_ceiling(setting: str, given: Booleans, groups: Sequence[str]) -> Judged | None:
    """Each coder judged against each other as if a model; None with fewer than two coders."""
    pairs = list(permutations(range(len(given)), 2))
    if not pairs:
        return None
    truth = np.vstack([given[one] for one, _ in pairs])
    said = np.vstack([given[other] for _, other in pairs])
    repeated = [group for _ in pairs for group in groups]
    predictions = Predictions(said.astype(np.float64), said)
    return Judged(setting, "coder", truth, predictions, repeated, ranked=False)
