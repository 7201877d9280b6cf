"""Cross-validation that never lets a model, or a threshold, see the group it is judged on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.run.settings import ThemeSettings
from pipeline.themes.models import ModelMaker, ThemeModel
from pipeline.themes.samples import Booleans, Floats, Integers, Sample, grouped_folds
from pipeline.vectors.cache import Vectors

_SHRINKAGE = 20.0
"""Positives for which a theme's own threshold weighs as much as the threshold of all themes."""


@dataclass(frozen=True)
class TrainedThemes:
    """A model with a threshold a theme, float [themes]."""

    model: ThemeModel
    thresholds: Floats

    def predict(self, texts: tuple[str, ...], vectors: Vectors) -> Predictions:
        """Probabilities and what is assigned at the thresholds."""
        probability = self.model.predict(texts, vectors)
        return Predictions(probability, probability >= self.thresholds)


@dataclass(frozen=True)
class Predictions:
    """For n texts: probability float [n, themes] and assigned bool [n, themes]."""

    probability: Floats
    assigned: Booleans


@dataclass(frozen=True)
class CrossValidation:
    """Out-of-fold predictions, with the models that made them.

    Attributes:
        predictions: one row a unit of the sample.
        fold: int [n], the fold in which each unit was left out.
        trained: the model of each fold, which saw no unit of that fold's groups.
    """

    predictions: Predictions
    fold: Integers
    trained: tuple[TrainedThemes, ...]


def train(
    make: ModelMaker, sample: Sample, extra: Sample | None, settings: ThemeSettings, seed: int
) -> TrainedThemes:
    """Fit on all units; thresholds come from held-out probabilities of the sample's units.

    A model that does not know these is fitted again on inner folds (`extra` is never judged).
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):  # sums in one order: the same bytes on any number of cores
        model = make()
        model.fit(sample, extra)
        held_out = model.held_out
        if held_out is None:
            held_out = _inner_predictions(make, sample, extra, settings, seed)
    return TrainedThemes(model, tuned_thresholds(sample.labels, held_out))


def _inner_predictions(
    make: ModelMaker, sample: Sample, extra: Sample | None, settings: ThemeSettings, seed: int
) -> Floats:
    folds = grouped_folds(sample.groups, sample.labels, settings.inner_folds, seed)
    probability = np.zeros(sample.labels.shape)
    for fold in np.unique(folds):
        model = make()
        model.fit(sample.take(folds != fold), extra)
        left_out = sample.take(folds == fold)
        probability[folds == fold] = model.predict(left_out.texts, left_out.vectors)
    return probability


def cross_validate(
    make: ModelMaker, sample: Sample, extra: Sample | None, settings: ThemeSettings, seed: int
) -> CrossValidation:
    """Predict each unit by a model, and thresholds, that saw none of its group.

    Args:
        make: makes an unfitted model.
        sample: the units that are judged.
        extra: units that are always trained on, of other groups.
        settings: number of folds.
        seed: of the folds.
    """
    folds = grouped_folds(sample.groups, sample.labels, settings.folds, seed)
    probability = np.zeros(sample.labels.shape)
    assigned = np.zeros(sample.labels.shape, dtype=bool)
    trained = []
    for fold in np.unique(folds):
        inside, left_out = sample.take(folds != fold), sample.take(folds == fold)
        if set(inside.groups) & set(left_out.groups):
            raise AssertionError("a group stands on both sides of a fold")
        themes = train(make, inside, extra, settings, seed)
        predictions = themes.predict(left_out.texts, left_out.vectors)
        probability[folds == fold] = predictions.probability
        assigned[folds == fold] = predictions.assigned
        trained.append(themes)
    return CrossValidation(Predictions(probability, assigned), folds, tuple(trained))


def tuned_thresholds(labels: Booleans, probability: Floats) -> Floats:
    """A threshold a theme, float [themes]: best F1, shrunk towards that of all themes together.

    With few positives the best threshold of a theme is mostly luck, so it counts n / (n + 20)
    for n positives, and the threshold that is best for all themes pooled counts the rest.
    """
    pooled = _best_threshold(labels.ravel(), probability.ravel())
    thresholds = np.full(labels.shape[1], pooled)
    for theme in range(labels.shape[1]):
        n = float(labels[:, theme].sum())
        if n:
            own = _best_threshold(labels[:, theme], probability[:, theme])
            thresholds[theme] = (n * own + _SHRINKAGE * pooled) / (n + _SHRINKAGE)
    return thresholds


def _best_threshold(labels: Booleans, probability: Floats) -> float:
    """The value between two neighbouring probabilities at which F1 is highest; 1 if none helps."""
    if not labels.any():
        return 1.0
    order = np.argsort(-probability, kind="stable")
    ranked, right = probability[order], np.cumsum(labels[order])
    is_last = np.append(ranked[1:] < ranked[:-1], True)
    f1 = np.where(is_last, 2 * right / (np.arange(1, len(ranked) + 1) + labels.sum()), -1.0)
    best = int(np.argmax(f1))
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float((ranked[best] + below) / 2)
