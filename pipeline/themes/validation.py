"""Cross-validation that never lets a model, or a threshold, see the group it is judged on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import MappingProxyType

import numpy as np

from pipeline.run.arrays import Vectors
from pipeline.run.settings import ThemeSettings
from pipeline.run.stage import in_processes
from pipeline.study.study import transfer_name
from pipeline.themes.models import ModelMaker, ThemeModel
from pipeline.themes.samples import ANY_SET, Booleans, Floats, Integers, Sample

_SHRINKAGE = 20.0
"""Positives for which a theme's own threshold weighs as much as the threshold of all themes."""


@dataclass(frozen=True)
class TrainedThemes:
    """A model, and the probabilities from which on it assigns a theme.

    Attributes:
        model: fitted.
        thresholds: float [themes] for each set that was learnt from, and for ANY_SET.
    """

    model: ThemeModel
    thresholds: Mapping[str, Floats]

    def predict(
        self, texts: tuple[str, ...], vectors: Vectors, unit_set: str = ANY_SET
    ) -> Predictions:
        """Probabilities and what is assigned, of texts such as those of a set."""
        probability = self.model.predict(texts, vectors, unit_set)
        return Predictions(probability, probability >= self.thresholds_of(unit_set))

    def thresholds_of(self, unit_set: str) -> Floats:
        """Those of a set; of all units, where it was not learnt from."""
        return self.thresholds.get(unit_set, self.thresholds[ANY_SET])


@dataclass(frozen=True)
class Predictions:
    """For n texts: probability float [n, themes] and assigned bool [n, themes]."""

    probability: Floats
    assigned: Booleans

    def take(self, rows: Integers | Booleans) -> Predictions:
        """Those of these rows."""
        return Predictions(self.probability[rows], self.assigned[rows])


@dataclass(frozen=True)
class CrossValidation:
    """Out-of-fold predictions, with the models that made them.

    Attributes:
        predictions: one row a unit of the sample.
        trained: the model of each fold, which saw no unit of that fold's groups.
        fold: the fold in which each unit was left out, int [n].
        fold_of: the same by group.
    """

    predictions: Predictions
    trained: tuple[TrainedThemes, ...]
    fold: Integers
    fold_of: Mapping[str, int]


@dataclass(frozen=True)
class Judged:
    """Predictions beside the truth.

    Attributes:
        unit_set: the coded set that was tested on.
        model: the model's name.
        truth: bool [n, themes].
        predictions: for the same n units.
        groups: what is resampled, one a unit.
        ranked: whether probabilities rank units, so that average precision means something.
        unit: sentence or paragraph.
        trained_on: the sets that were trained on, where they are those above the set alone.
    """

    unit_set: str
    model: str
    truth: Booleans
    predictions: Predictions
    groups: Sequence[str]
    ranked: bool = True
    unit: str = "paragraph"
    trained_on: tuple[str, ...] = ()

    @property
    def setting(self) -> str:
        """What was trained on and tested on: the set itself, or such as 'one to another'."""
        return transfer_name(self.trained_on, self.unit_set) if self.trained_on else self.unit_set


@dataclass(frozen=True)
class Judgement:
    """What the models made of one set of coded units.

    Attributes:
        unit_set: the set.
        unit: sentence or paragraph.
        sample: its units, and behind them those that were suggested.
        judged: held-out predictions of every model, in each setting in which it was judged.
        said: what the model in use says of the sample, held out.
        validated: the cross-validation of the model in use over all sets that are learnt from;
            None where this set is not.
        trained: the model in use and the one that is saved, by name, trained on all these sets.
    """

    unit_set: str
    unit: str
    sample: Sample
    judged: list[Judged]
    said: Predictions
    validated: CrossValidation | None
    trained: dict[str, TrainedThemes]


def train(
    make: ModelMaker,
    sample: Sample,
    settings: ThemeSettings,
    seed: int,
    kinds: Mapping[str, str] = MappingProxyType({}),
) -> TrainedThemes:
    """Fit on all units; thresholds come from their held-out probabilities.

    A model that does not know these is fitted again on inner folds. Probabilities are calibrated
    set by set, thresholds are those of all sets of a kind: with 5 to 30 units on a theme in one set
    the best threshold is mostly luck.

    Args:
        make: makes an unfitted model.
        sample: the units.
        settings: number of inner folds.
        seed: of these folds.
        kinds: the kind of each set, such as sentence; a set that is not named is of its own.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):  # sums in one order: the same bytes on any number of cores
        model = make()
        model.fit(sample)
        held_out = model.held_out
        if held_out is None:
            held_out = _inner_predictions(make, sample, settings, seed)
    kind_of = {unit_set: kinds.get(unit_set, unit_set) for unit_set in sample.unit_sets}
    of_unit = np.array([kind_of[unit_set] for unit_set in sample.unit_sets])
    tuned = {
        kind: tuned_thresholds(sample.labels[of_unit == kind], held_out[of_unit == kind])
        for kind in dict.fromkeys(kind_of.values())
    }
    thresholds = {ANY_SET: tuned_thresholds(sample.labels, held_out)}
    return TrainedThemes(model, thresholds | {name: tuned[kind] for name, kind in kind_of.items()})


def _inner_predictions(
    make: ModelMaker, sample: Sample, settings: ThemeSettings, seed: int
) -> Floats:
    folds = sample_folds(sample, settings.inner_folds, seed)
    probability = np.zeros(sample.labels.shape)
    for fold in np.unique(folds):
        model = make()
        model.fit(sample.take(folds != fold))
        for rows, left_out in _by_set(sample, folds == fold):
            probability[rows] = model.predict(
                left_out.texts, left_out.vectors, left_out.unit_sets[0]
            )
    return probability


def _by_set(sample: Sample, chosen: Booleans) -> Iterator[tuple[Integers, Sample]]:
    """The chosen units of each set: their rows, and they themselves."""
    for unit_set in dict.fromkeys(sample.unit_sets):
        of_set = sample.rows_of(unit_set)
        rows = of_set[chosen[of_set]]
        if len(rows):
            yield rows, sample.take(rows)


def cross_validate(
    make: ModelMaker,
    sample: Sample,
    settings: ThemeSettings,
    seed: int,
    kinds: Mapping[str, str] = MappingProxyType({}),
) -> CrossValidation:
    """Predict each unit by a model, and thresholds, that saw none of its group.

    Args:
        make: makes an unfitted model.
        sample: the units, of one set or several, which may share groups.
        settings: number of folds.
        seed: of the folds.
        kinds: the kind of each set; see `train`.
    """
    return cross_validate_all({"": make}, sample, settings, seed, kinds, 1)[""]


def cross_validate_all(
    makers: Mapping[str, ModelMaker],
    sample: Sample,
    settings: ThemeSettings,
    seed: int,
    kinds: Mapping[str, str],
    n_processes: int,
) -> dict[str, CrossValidation]:
    """`cross_validate` of several models, by name; all folds of all of them side by side."""
    folds = sample_folds(sample, settings.folds, seed)
    numbers = np.unique(folds)
    steps = [(make, number) for make in makers.values() for number in numbers]
    work = [(make, sample, folds, number, settings, seed, kinds) for make, number in steps]
    parts = in_processes(_validate_fold, work, n_processes)
    of_model = (parts[at : at + len(numbers)] for at in range(0, len(parts), len(numbers)))
    return {name: _joined(sample, folds, own) for name, own in zip(makers, of_model, strict=True)}


_Fold = tuple[TrainedThemes, Sequence[tuple[Integers, Predictions]]]
"""The model of a fold, and what it said of the units that were left out, with their rows."""


def _validate_fold(
    make: ModelMaker,
    sample: Sample,
    folds: Integers,
    fold: int,
    settings: ThemeSettings,
    seed: int,
    kinds: Mapping[str, str],
) -> _Fold:
    inside = sample.take(folds != fold)
    if set(inside.groups) & set(np.array(sample.groups)[folds == fold]):
        raise AssertionError("a group stands on both sides of a fold")
    themes = train(make, inside, settings, seed, kinds)
    said = [
        (rows, themes.predict(left_out.texts, left_out.vectors, left_out.unit_sets[0]))
        for rows, left_out in _by_set(sample, folds == fold)
    ]
    return themes, said


def _joined(sample: Sample, folds: Integers, parts: Sequence[_Fold]) -> CrossValidation:
    said = Predictions(np.zeros(sample.labels.shape), np.zeros(sample.labels.shape, dtype=bool))
    for rows, found in chain.from_iterable(of_fold for _, of_fold in parts):
        said.probability[rows], said.assigned[rows] = found.probability, found.assigned
    fold_of = dict(zip(sample.groups, folds.tolist(), strict=True))
    return CrossValidation(said, tuple(themes for themes, _ in parts), folds, fold_of)


def sample_folds(sample: Sample, n_folds: int, seed: int) -> Integers:
    """Folds over which each set and its labels are spread; see `grouped_folds`."""
    sets = list(dict.fromkeys(sample.unit_sets))
    if len(sets) < 2:
        return grouped_folds(sample.groups, sample.labels, n_folds, seed)
    members = [np.array(sample.unit_sets) == unit_set for unit_set in sets]
    spread = [np.column_stack([sample.labels & of_set[:, None], of_set]) for of_set in members]
    return grouped_folds(sample.groups, np.hstack(spread), n_folds, seed)


def grouped_folds(groups: Sequence[str], labels: Booleans, n_folds: int, seed: int) -> Integers:
    """The fold of each unit: units of a group share one, and every label is spread over folds.

    No library both groups and stratifies several labels. This follows iterative stratification
    (Sechidis, Tsoumakas and Vlahavas 2011, "On the stratification of multi-label data") with whole
    groups in the place of single examples: groups are dealt out, those with the rarest labels
    first, each to the fold that lacks its labels most.

    Args:
        groups: the group of each of n units.
        labels: bool [n, labels].
        n_folds: at most the number of groups.
        seed: decides between folds that are equally in want.

    Returns:
        int [n], values 0 to n_folds - 1.
    """
    names, member = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    n_folds = min(n_folds, len(names))
    # a last column of ones also spreads the units themselves
    counted = np.column_stack([labels, np.ones(len(labels))]).astype(np.float64)
    of_group = np.zeros((len(names), counted.shape[1]))
    np.add.at(of_group, member, counted)
    total = of_group.sum(axis=0)
    rarity = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    random = np.random.default_rng(seed)
    order = random.permutation(len(names))
    order = order[np.argsort(-(of_group[order] * rarity).sum(axis=1), kind="stable")]
    filled = np.zeros((n_folds, counted.shape[1]))
    fold_of = np.zeros(len(names), dtype=np.int64)
    for group in order:
        want = ((total / n_folds - filled) * rarity * (of_group[group] > 0)).sum(axis=1)
        fold = int(np.flatnonzero(want >= want.max() - 1e-9)[0])
        fold_of[group] = fold
        filled[fold] += of_group[group]
    folds: Integers = fold_of[member]
    return folds


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
