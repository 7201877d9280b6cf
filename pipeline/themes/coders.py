"""How far coders agree: the ceiling of what a classifier can be asked to reach."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.codings import Coding
from pipeline.themes.evaluation import Judged
from pipeline.themes.samples import Booleans
from pipeline.themes.validation import Predictions

ALL = "all"
FEWEST_USES = 5
"""Codes used less often do not enter the mean: their alpha is mostly luck."""


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


def agreement_table(unit_set: str, given: Booleans, theme_ids: Sequence[str]) -> pl.DataFrame:
    """tables.CoderAgreement: Krippendorff's alpha a theme, and the mean over themes in use.

    Args:
        unit_set: article or un.
        given: bool [coders, units, themes].
        theme_ids: names of the themes.
    """
    n_coders, n_units, _ = given.shape
    rows = []
    for column, theme_id in enumerate(theme_ids):
        support = int(given[:, :, column].any(axis=0).sum())
        alpha = nominal_alpha(given[:, :, column])
        rows.append((unit_set, theme_id, n_units, n_coders, support, alpha))
    used = [row[5] for row in rows if row[4] >= FEWEST_USES and row[5] is not None]
    mean = round(float(np.mean(used)), 6) if used else None
    support = int(given.any(axis=(0, 2)).sum())
    rows.append((unit_set, ALL, n_units, n_coders, support, mean))
    names = ["unit_set", "theme_id", "n_units", "n_coders", "support", "alpha"]
    return pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)


def nominal_alpha(given: npt.NDArray[np.bool_]) -> float | None:
    """Krippendorff's alpha for one code, given or not, bool [coders, units].

    None when there is a single coder, or when nobody ever gave the code: then nothing varies and
    alpha is not defined. Krippendorff (2019), Content Analysis, 4th ed., chapter 12.
    """
    import krippendorff

    if len(given) < 2 or not given.any() or given.all():
        return None
    alpha = krippendorff.alpha(given.astype(int), level_of_measurement="nominal")
    return round(float(alpha), 6)


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
