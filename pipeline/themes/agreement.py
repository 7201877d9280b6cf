"""How far codings agree, and one coder judged by another as if a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

import numpy as np
import polars as pl

from pipeline.run.settings import ThemeSettings
from pipeline.run.tables.table import stacked
from pipeline.run.tables.themes import CoderAgreement, CoderConfusions
from pipeline.study.codings import Coding
from pipeline.themes.evaluation import group_weights
from pipeline.themes.samples import Booleans, Floats, Integers
from pipeline.themes.validation import Judged, Predictions

ALL, SETS = "all", "sets"
"""Rows of the table for the mean over themes in use, and for whole sets of codes."""

FEWEST_USES = 5
"""Codes used less often do not enter the mean: their alpha is mostly luck."""

_DECIMALS = 6


@dataclass(frozen=True)
class CodingAgreement:
    """How far codings agree.

    Attributes:
        agreement, confusions: tables of those names, of every set of units.
        coders: each coder judged by the others as if a model, a set of units with two coders.
    """

    agreement: pl.DataFrame
    confusions: pl.DataFrame
    coders: list[Judged]


def coder_agreement(
    codings: Sequence[Coding],
    units: pl.DataFrame,
    theme_ids: Sequence[str],
    settings: ThemeSettings,
    seed: int,
) -> CodingAgreement:
    """Agreement of the coders of each set of units.

    Args:
        codings: of suggested units too, which are passed over: few of them are read by two
            coders, and they are the hard ones.
        units: tables.Units.
        theme_ids: names of the themes.
        settings: resamples and confidence.
        seed: of the resampling.
    """
    agreements, confusions, coders = [], [], []
    for coding in codings:
        unit_set = coding.unit_set
        rows = units.filter(pl.col("unit_set").cast(pl.String) == unit_set)
        if coding.unit == "range" or not rows.height:
            continue
        unit_ids = rows["unit_id"].to_list()
        given = code_matrices(coding, unit_ids, theme_ids)
        read = read_matrix(coding, unit_ids)
        groups = rows["group"].to_list()
        resampled = (settings.confidence, settings.bootstrap, seed)
        agreed = agreement_table(unit_set, given, theme_ids, groups, *resampled, read)
        agreements.append(agreed.with_columns(*_makers(coding)))
        confusions.append(confusion_table(unit_set, given, theme_ids, read))
        judged = coders_as_models(unit_set, given, groups, read)
        coders += [replace(judged, unit=coding.unit)] if judged else []
    return CodingAgreement(
        stacked(agreements, CoderAgreement), stacked(confusions, CoderConfusions), coders
    )


def _makers(coding: Coding) -> list[pl.Expr]:
    """Columns of tables.CoderAgreement: how many codings people and language models made."""
    return [pl.lit(n, pl.Int64).alias(name) for name, n in coding.counts.items()]


def agreement_table(
    unit_set: str,
    given: Booleans,
    theme_ids: Sequence[str],
    groups: Sequence[str],
    confidence: float,
    resamples: int,
    seed: int,
    read: Booleans | None = None,
) -> pl.DataFrame:
    """tables.CoderAgreement without who coded: each theme, their mean, and whole sets of codes.

    Alpha is Krippendorff's (2019, Content Analysis, 4th ed., chapter 12): nominal for a theme, and
    with the MASI distance for sets (Passonneau 2006). Intervals resample groups of units.

    Args:
        unit_set: id of the coded set.
        given: bool [coders, units, themes].
        theme_ids: names of the themes.
        groups: what is resampled, one a unit.
        confidence: of the intervals.
        resamples: behind each interval.
        seed: of the resampling.
        read: which units each coder read, bool [coders, units]; all, where it is left out.
    """
    read = np.ones(given.shape[:2], dtype=bool) if read is None else read
    drawn = group_weights(groups, resamples, seed).astype(np.int64)
    weights = np.vstack([np.ones_like(drawn[:1]), drawn])  # the units as they are, then resamples
    support = given.any(axis=0).sum(axis=0)
    columns = _alphas(given, read, weights, support >= FEWEST_USES)
    by_code = np.moveaxis(given, 2, 0)[..., None]
    percents = [*(_percent(said, read) for said in by_code), None, _percent(given, read)]
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


def _alphas(given: Booleans, read: Booleans, weights: Integers, in_use: Booleans) -> list[Floats]:
    """Alpha of each theme, the mean of those in use, and of whole sets, each float [samples]."""
    by_code = np.moveaxis(given, 2, 0)
    by_theme = np.array([krippendorff_alphas(*_codes(said, read), weights) for said in by_code])
    of_sets = krippendorff_alphas(*_sets(given, read), weights)
    return [*by_theme, _mean(by_theme[in_use]), of_sets]


def confusion_table(
    unit_set: str, given: Booleans, theme_ids: Sequence[str], read: Booleans | None = None
) -> pl.DataFrame:
    """tables.CoderConfusions: which code one coder gave where another gave that one instead.

    A pair of codes counts once for each unit and ordered pair of coders in which the first coder
    gave the first code and not the second, and the other coder the second and not the first.

    Args:
        unit_set: id of the coded set.
        given: bool [coders, units, themes].
        theme_ids: names of the themes.
        read: as for `agreement_table`; a unit counts for the pairs of coders who both read it.
    """
    read = np.ones(given.shape[:2], dtype=bool) if read is None else read
    counts = np.zeros((len(theme_ids), len(theme_ids)), dtype=np.int64)
    for one, other in permutations(range(len(given)), 2):
        of_one, of_other = (given[coder][read[one] & read[other]] for coder in (one, other))
        only_one = (of_one & ~of_other).astype(np.int64)
        only_other = (of_other & ~of_one).astype(np.int64)
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


def krippendorff_alphas(counts: Integers, distances: Floats, weights: Integers) -> Floats:
    """Krippendorff's alpha of many samples of units at once, float [samples].

    1 - observed / expected disagreement (2019, chapter 12): the mean distance of two codings of a
    unit, over that of two codings of any units. A unit that fewer than two coders coded is left
    out, since nothing pairs with its value.

    Args:
        counts: how many coders gave a unit each value, [units, values]; a row may sum to fewer
            coders than others where a coder skipped the unit.
        distances: between values, float [values, values]; as Passonneau, not squared.
        weights: how often each unit stands in each sample, [samples, units]; ones for the units
            as they are.

    Returns:
        nan where nothing varies, and where no unit has two codings.
    """
    n_coders = counts.sum(axis=1)
    paired = n_coders > 1
    counts, n_coders, weights = counts[paired], n_coders[paired], weights[:, paired]
    inside = np.einsum("uv,vw,uw->u", counts, distances, counts) / (n_coders - 1)
    values = weights @ counts
    n = values.sum(axis=1)
    between = np.einsum("rv,vw,rw->r", values, distances, values)
    expected = np.divide(between, n - 1, out=np.zeros(len(n)), where=n > 1)
    alphas = np.full(len(n), np.nan)
    np.divide(weights @ inside, expected, out=alphas, where=expected > 0)
    return 1 - alphas


def nominal_distances(n_values: int) -> Floats:
    """0 between a value and itself, 1 between any two others, float [values, values]."""
    return 1 - np.eye(n_values)


def _codes(given: Booleans, read: Booleans | None = None) -> tuple[Integers, Floats]:
    """Counts [units, 2] of one code not given and given, and the distances of the two."""
    said = given.sum(axis=0)
    n_read = len(given) if read is None else read.sum(axis=0)
    return np.column_stack([n_read - said, said]), nominal_distances(2)


def _sets(given: Booleans, read: Booleans | None = None) -> tuple[Integers, Floats]:
    """Counts [units, different sets of codes], and the distances of the sets."""
    n_coders, n_units, n_themes = given.shape
    kinds, which = np.unique(given.reshape(-1, n_themes), axis=0, return_inverse=True)
    counts = np.zeros((n_units, len(kinds)), dtype=np.int64)
    np.add.at(
        counts,
        (np.tile(np.arange(n_units), n_coders), which.ravel()),
        1 if read is None else read.ravel(),
    )
    distances = np.array([[masi_distance(one, other) for other in kinds] for one in kinds])
    return counts, distances


def _mean(alphas: Floats) -> Floats:
    """Mean of the themes in use, of the sample and of each resample; nan without any."""
    known = ~np.isnan(alphas)
    total, n = np.where(known, alphas, 0).sum(axis=0), known.sum(axis=0)
    mean: Floats = np.divide(total, n, out=np.full(alphas.shape[1], np.nan), where=n > 0)
    return mean


def _percent(given: Booleans, read: Booleans) -> float | None:
    """Share of pairs of codings of a unit that say the same; None where no unit has two.

    The mean over pairs of coders who both read some.
    """
    pairs = _pairs(read)
    if not pairs:
        return None
    alike = [(given[a] == given[b]).all(axis=1)[read[a] & read[b]].mean() for a, b in pairs]
    return float(np.mean(alike))


def _pairs(read: Booleans) -> list[tuple[int, int]]:
    """Ordered pairs of coders who both read some unit."""
    return [(a, b) for a, b in permutations(range(len(read)), 2) if (read[a] & read[b]).any()]


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


def read_matrix(coding: Coding, unit_ids: Sequence[str]) -> Booleans:
    """Who read which unit, bool [coders, units]."""
    readers = [coding.readers.get(unit, coding.coders) for unit in unit_ids]
    return np.array([[coder in names for names in readers] for coder in coding.coders], dtype=bool)


def coders_as_models(
    setting: str, given: Booleans, groups: Sequence[str], read: Booleans | None = None
) -> Judged | None:
    """Each coder judged against each other as if a model, where both read; None without two."""
    read = np.ones(given.shape[:2], dtype=bool) if read is None else read
    pairs = [(one, other, read[one] & read[other]) for one, other in _pairs(read)]
    if not pairs:
        return None
    truth = np.vstack([given[one][both] for one, _, both in pairs])
    said = np.vstack([given[other][both] for _, other, both in pairs])
    repeated = [
        group for *_, both in pairs for group, kept in zip(groups, both, strict=True) if kept
    ]
    predictions = Predictions(said.astype(np.float64), said)
    return Judged(setting, "coder", truth, predictions, repeated, ranked=False)
