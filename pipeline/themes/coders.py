"""What each coder said of each unit, and one coder judged by another as if a model."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import numpy as np

from pipeline.codings import Coding
from pipeline.themes.evaluation import Judged
from pipeline.themes.samples import Booleans
from pipeline.themes.validation import Predictions


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
