"""The reliability curve says what a probability is worth."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from pipeline.run.settings import ThemeSettings, load_settings
from pipeline.themes.evaluation import (
    calibration_error,
    calibration_table,
    evaluation_table,
)
from pipeline.themes.validation import Judged, Predictions


@pytest.fixture(scope="module")
def settings() -> ThemeSettings:
    return load_settings().themes.model_copy(update={"bootstrap": 200, "min_positives_un": 1})


def _judged(truth: list[int], probability: list[float]) -> Judged:
    said = np.array(probability)[:, None]
    groups = [f"g{place}" for place in range(len(truth))]
    return Judged(
        "un", "combined", np.array(truth, bool)[:, None], Predictions(said, said > 0.5), groups
    )


def test_a_curve_and_a_brier_score_worked_by_hand(settings: ThemeSettings) -> None:
    # given two texts at 0.02, one of which says the theme, and two at 0.75, both of which do
    judged = _judged([0, 1, 1, 1], [0.02, 0.02, 0.75, 0.75])
    curve = calibration_table([judged], ["escorts"], settings, 1)
    of_theme = curve.filter(pl.col("theme_id") == "escorts")
    assert of_theme.select("bin", "n", "predicted", "observed").rows() == [
        (0, 2, 0.02, 0.5),
        (8, 2, 0.75, 1.0),
    ]
    assert calibration_error(of_theme) == pytest.approx((0.48 * 2 + 0.25 * 2) / 4)
    table = evaluation_table([judged], ["escorts"], settings, 1)
    brier = table.filter((pl.col("measure") == "brier") & (pl.col("theme_id") == "escorts"))
    expected = (0.02**2 + 0.98**2 + 2 * 0.25**2) / 4
    assert brier["value"].item() == pytest.approx(expected, abs=1e-6)


def test_honest_probabilities_lie_in_their_intervals(settings: ThemeSettings) -> None:
    random = np.random.default_rng(0)
    probability = random.random(2000)
    truth = random.random(2000) < probability
    judged = _judged(truth.tolist(), probability.tolist())
    curve = calibration_table([judged], ["escorts"], settings, 1)
    inside = (curve["low"] <= curve["predicted"]) & (curve["predicted"] <= curve["high"])
    assert inside.mean() > 0.8
    assert calibration_error(curve) < 0.03


def test_a_theme_that_cannot_be_learnt_has_its_curve_but_stays_out_of_the_whole(
    settings: ThemeSettings,
) -> None:
    five = settings.model_copy(update={"min_positives_un": 5})
    curve = calibration_table([_judged([0, 1], [0.2, 0.3])], ["escorts"], five, 1)
    assert set(curve["theme_id"]) == {"escorts"}
