"""Does a probability of 0.7 mean that seven of ten such texts say the theme?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from pipeline.settings import ThemeSettings
from pipeline.themes.evaluation import Judged, group_weights
from pipeline.themes.samples import Booleans, Floats

ALL = "all"
EDGES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Narrow where most probabilities lie: themes are rare."""

_DECIMALS = 6


def calibration_table(
    judged: Judged, theme_ids: Sequence[str], fewest: int, settings: ThemeSettings, seed: int
) -> pl.DataFrame:
    """tables.Calibration: the reliability curve of each theme and of all learnable ones together.

    Args:
        judged: held-out probabilities beside the truth.
        theme_ids: names of the columns.
        fewest: positives below which a theme is not learnable.
        settings: resamples and confidence.
        seed: of the bootstrap, which resamples groups.
    """
    learnable = judged.truth.sum(axis=0) >= fewest
    weights = np.vstack(
        [np.ones(len(judged.truth)), group_weights(judged.groups, settings.bootstrap, seed)]
    )
    rows = []
    for name, columns in [
        (ALL, learnable),
        *((one, np.arange(len(theme_ids)) == place) for place, one in enumerate(theme_ids)),
    ]:
        if columns.any():
            truth, said = judged.truth[:, columns], judged.predictions.probability[:, columns]
            rows += _curve(judged, name, truth, said, weights, settings.confidence)
    schema: dict[str, Any] = dict.fromkeys(("predicted", "observed", "low", "high"), pl.Float64)
    return pl.DataFrame(rows, schema_overrides=schema)


def _curve(
    judged: Judged,
    name: str,
    truth: Booleans,
    said: Floats,
    weights: Floats,
    confidence: float,
) -> list[dict[str, Any]]:
    """One row a bin that holds anything."""
    tail = (1 - confidence) / 2
    place = np.clip(np.digitize(said, EDGES[1:-1]), 0, len(EDGES) - 2)
    rows = []
    for number in range(len(EDGES) - 1):
        inside = place == number
        n = weights @ inside.sum(axis=1)
        if not n[0]:
            continue
        right = weights @ (inside & truth).sum(axis=1)
        observed = np.divide(right, n, out=np.full(len(n), np.nan), where=n > 0)
        rows.append(
            {
                "setting": judged.setting,
                "model": judged.model,
                "theme_id": name,
                "bin": number,
                "n": int(n[0]),
                "predicted": round(float(said[inside].mean()), _DECIMALS),
                "observed": round(float(observed[0]), _DECIMALS),
                "low": round(float(np.nanquantile(observed[1:], tail)), _DECIMALS),
                "high": round(float(np.nanquantile(observed[1:], 1 - tail)), _DECIMALS),
            }
        )
    return rows


def calibration_error(table: pl.DataFrame) -> float:
    """Mean distance of predicted and observed share, weighted by units, of one curve.

    Naeini, Cooper and Hauskrecht (2015), expected calibration error.
    """
    distance = (pl.col("predicted") - pl.col("observed")).abs()
    value = table.select((distance * pl.col("n")).sum() / pl.col("n").sum()).item()
    return round(float(value or 0.0), _DECIMALS)
