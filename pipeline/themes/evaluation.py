"""How good predictions are: measures by theme, with intervals, and whether probabilities hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import polars as pl

from pipeline.run.settings import ThemeSettings
from pipeline.run.stage import in_processes
from pipeline.run.tables.table import stacked
from pipeline.run.tables.themes import Calibration, Evaluation
from pipeline.themes.samples import Booleans, Floats
from pipeline.themes.validation import Judged

MACRO, MICRO = "macro", "micro"

ALL = "all"
EDGES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Narrow where most probabilities lie: themes are rare."""

_DECIMALS = 6


def evaluation_table(
    judged: Iterable[Judged],
    theme_ids: Sequence[str],
    settings: ThemeSettings,
    seed: int,
    n_processes: int = 1,
) -> pl.DataFrame:
    """tables.Evaluation: every theme, and macro and micro over learnable ones, of each model.

    Args:
        judged: predictions and truth.
        theme_ids: names of the columns.
        settings: resamples, confidence, and the fewest positives of a learnable theme.
        seed: of the bootstrap, which resamples groups.
        n_processes: that measure at the same time.
    """
    work = ((one, theme_ids, settings, seed) for one in judged)
    tables = in_processes(_evaluated, work, n_processes)
    return stacked(tables, Evaluation).sort(
        "setting", "model", "theme_id", pl.col("measure").cast(pl.String)
    )


def _learnable(judged: Judged, settings: ThemeSettings) -> Booleans:
    """Which themes have enough positives to be averaged over, bool [themes]."""
    is_sentence = judged.unit == "sentence"
    fewest = settings.min_positives if is_sentence else settings.min_positives_un
    learnable: Booleans = judged.truth.sum(axis=0) >= fewest
    return learnable


def _resamples(judged: Judged, settings: ThemeSettings, seed: int) -> Floats:
    """A row of ones for the sample as it is, then its resamples, float [1 + resamples, n]."""
    drawn = group_weights(judged.groups, settings.bootstrap, seed)
    return np.vstack([np.ones(len(judged.truth)), drawn])


def _evaluated(
    judged: Judged, theme_ids: Sequence[str], settings: ThemeSettings, seed: int
) -> pl.DataFrame:
    support, learnable = judged.truth.sum(axis=0), _learnable(judged, settings)
    weights = _resamples(judged, settings, seed)
    values = _measures(judged, weights, learnable)
    names = [*theme_ids, MACRO, MICRO]
    supports = [*support.tolist(), *[int(support[learnable].sum())] * 2]
    rows = []
    for measure, drawn in values.items():
        low, high = _interval(drawn[1:], settings.confidence)
        for column, name in enumerate(names):
            rows.append(
                {
                    "setting": judged.setting,
                    "model": judged.model,
                    "theme_id": name,
                    "measure": measure,
                    "support": supports[column],
                    "learnable": bool(learnable[column]) if column < len(support) else True,
                    "value": _rounded(drawn[0, column]),
                    "low": _rounded(low[column]),
                    "high": _rounded(high[column]),
                }
            )
    return pl.DataFrame(rows)


def group_weights(groups: Sequence[str], n_resamples: int, seed: int) -> Floats:
    """How often each unit stands in each resample of groups, float [n_resamples, n]."""
    names, member = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    random = np.random.default_rng(seed)
    drawn = random.multinomial(len(names), np.full(len(names), 1 / len(names)), size=n_resamples)
    weights: Floats = drawn[:, member].astype(np.float64)
    return weights


def _measures(judged: Judged, weights: Floats, learnable: Booleans) -> dict[str, Floats]:
    """Each measure, float [resamples, themes + 2]."""
    truth, assigned = judged.truth, judged.predictions.assigned
    right = weights @ (truth & assigned)
    said, true = weights @ assigned.astype(float), weights @ truth.astype(float)
    measures = {
        "precision": (right, said),
        "recall": (right, true),
        "f1": (2 * right, said + true),
    }
    values = {
        name: _with_means(above, below, learnable) for name, (above, below) in measures.items()
    }
    if judged.ranked:
        values["average_precision"] = _average_precisions(judged, weights, learnable)
        errors = (judged.predictions.probability - truth) ** 2
        of_all = np.repeat(weights.sum(axis=1, keepdims=True), truth.shape[1], axis=1)
        values["brier"] = _with_means(weights @ errors, of_all, learnable)
    return values


def _with_means(above: Floats, below: Floats, learnable: Booleans) -> Floats:
    """Ratios by theme, their mean, and the ratio of the sums; 0 where nothing was said."""
    micro = _ratio(above[:, learnable].sum(axis=1), below[:, learnable].sum(axis=1))
    ratios = _ratio(above, below)
    return np.column_stack([ratios, _mean(ratios[:, learnable]), micro])


def _average_precisions(judged: Judged, weights: Floats, learnable: Booleans) -> Floats:
    truth, probability = judged.truth, judged.predictions.probability
    columns = [
        weighted_average_precision(truth[:, [theme]], probability[:, [theme]], weights)
        for theme in range(truth.shape[1])
    ]
    by_theme = np.column_stack(columns)
    pooled = weighted_average_precision(truth[:, learnable], probability[:, learnable], weights)
    return np.column_stack([by_theme, _mean(by_theme[:, learnable]), pooled])


def weighted_average_precision(truth: Booleans, probability: Floats, weights: Floats) -> Floats:
    """Average precision under each row of weights, float [rows]; equal probabilities tie.

    The sum over ranks of precision times the gain in recall (as scikit-learn's
    average_precision_score with sample_weight), for all rows of weights at once. Only ranks at
    which something right stands gain any, so precision is worked out at no others.

    Args:
        truth: bool [n, columns], pooled.
        probability: float [n, columns].
        weights: float [rows, n].
    """
    order = np.argsort(-probability, axis=None, kind="stable")
    is_right, ranked = truth.ravel()[order], probability.ravel()[order]
    if not is_right.any():
        return np.zeros(len(weights))
    tie = np.append(0, np.cumsum(ranked[1:] < ranked[:-1]))
    ties, first_right = np.unique(tie[is_right], return_index=True)
    starts = np.append(0, np.searchsorted(tie, ties[:-1], side="right"))
    end = int(np.searchsorted(tie, ties[-1], side="right"))
    unit = order // truth.shape[1]
    gains = np.add.reduceat(weights[:, unit[is_right]], first_right, axis=1)
    right = np.cumsum(gains, axis=1)
    said = np.cumsum(np.add.reduceat(weights[:, unit[:end]], starts, axis=1), axis=1)
    return _ratio((_ratio(right, said) * gains).sum(axis=1), right[:, -1])


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros_like(above, dtype=np.float64), where=below > 0)


def _mean(values: Floats) -> Floats:
    means: Floats = values.mean(axis=1) if values.shape[1] else np.zeros(len(values))
    return means


def _interval(drawn: Floats, confidence: float) -> tuple[Floats, Floats]:
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
    return low, high


def _rounded(value: float) -> float:
    return round(float(np.clip(value, 0, 1)), 6)


def calibration_table(
    judged: Iterable[Judged], theme_ids: Sequence[str], settings: ThemeSettings, seed: int
) -> pl.DataFrame:
    """tables.Calibration: the reliability curve of each theme and of all learnable ones together.

    Args:
        judged: held-out probabilities beside the truth.
        theme_ids: names of the columns.
        settings: resamples, confidence, and the fewest positives of a learnable theme.
        seed: of the bootstrap, which resamples groups.
    """
    curves = [_calibrated(one, theme_ids, settings, seed) for one in judged]
    return stacked(curves, Calibration).sort("setting", "theme_id", "bin")


def _calibrated(
    judged: Judged, theme_ids: Sequence[str], settings: ThemeSettings, seed: int
) -> pl.DataFrame:
    learnable, weights = _learnable(judged, settings), _resamples(judged, settings, seed)
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
