"""Neighbours that resemble each other count for less: by hand, and where nothing was planted."""

import numpy as np
import pytest

from benchmarks.comparison_error_rates import (
    GAP,
    LEVEL,
    agreement,
    false_findings,
    gaps,
    planted,
    quick,
    true_findings,
    unrelated,
)
from pipeline.compare.statistics.chance import design_effects, one_sided, two_sided
from pipeline.run.settings import Settings

RUNS = 40
"""The benchmark makes 200 of each; docs/methods.md has its figures."""


def test_the_design_effect_worked_by_hand() -> None:
    """Eight passages, 1 1 1 1 0 0 0 0: halves of 1/2 that agree with their neighbour 6 times of 7.

    Autocorrelation at lag 1 is (6 - 1) / 8, at lag 2 (4 - 2) / 8; weights are 7/8 and 6/8.
    """
    halves = np.array([[1, 1, 1, 1, 0, 0, 0, 0]], dtype=bool).T

    effect = design_effects(halves, halves)

    assert effect[0, 0] == pytest.approx(1 + 2 * (7 / 8 * (5 / 8) ** 2 + 6 / 8 * (2 / 8) ** 2))


def test_labels_that_jump_have_no_effect_and_constant_ones_no_autocorrelation() -> None:
    jumping = np.tile([True, False], 10)[:, None]
    everywhere = np.ones((20, 1), dtype=bool)
    runs = np.repeat([True, False], 10)[:, None]

    assert design_effects(runs, everywhere)[0, 0] == 1
    assert design_effects(jumping, runs)[0, 0] == 1  # it would be below 1, which is not believed


def test_a_p_value_is_weakened_never_strengthened() -> None:
    """.025 is 1.96 standard errors; with four passages saying what one says, .98 remain."""
    corrected = one_sided(np.array([0.025, 0.6]), np.array([4.0, 4.0]))

    assert corrected == pytest.approx([0.1635, 0.6], abs=1e-4)
    assert two_sided(0.05, 4.0) == pytest.approx(2 * 0.1635, abs=1e-4)
    assert two_sided(1.0, 4.0) == 1.0


@pytest.mark.parametrize("mean_run", [1, 3])
def test_nothing_is_found_where_nothing_was_planted(all_settings: Settings, mean_run: int) -> None:
    few = quick(all_settings)

    together = agreement(lambda seed: unrelated(seed, mean_run), RUNS, few)
    found = false_findings(lambda seed: unrelated(seed, mean_run), RUNS, few)

    assert together["all three"] <= LEVEL + 0.075  # at most 5 of 40
    assert max(found.values()) <= LEVEL + 0.075


def test_free_shuffles_alone_would_find_agreement_in_text_that_merely_runs(
    all_settings: Settings,
) -> None:
    assert agreement(lambda seed: unrelated(seed, 3), 10, quick(all_settings))["free"] > 0.5


def test_what_was_planted_is_found(all_settings: Settings) -> None:
    few = quick(all_settings)

    assert agreement(lambda seed: planted(seed, 3), 20, few)["all three"] >= 0.9
    assert min(true_findings(lambda seed: planted(seed, 3), 20, few).values()) >= 0.9


def test_the_gap_with_classifier_and_correction_keeps_its_level_and_its_power(
    all_settings: Settings,
) -> None:
    few = quick(all_settings)

    assert gaps(RUNS, few, 0.0)["gap, any theme"] <= LEVEL + 0.075
    assert gaps(RUNS, few, GAP)["gap, the theme"] >= 0.85
