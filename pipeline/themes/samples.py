"""Coded units as arrays, and folds for cross-validation that keep groups whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.vectors.cache import Vectors

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sample:
    """Coded units.

    Attributes:
        texts: n texts.
        vectors: float32 [n, dimension], length 1.
        labels: bool [n, themes].
        groups: what cross-validation keeps together, one a text.
    """

    texts: tuple[str, ...]
    vectors: Vectors
    labels: Booleans
    groups: tuple[str, ...]

    def __len__(self) -> int:
        """Number of units."""
        return len(self.texts)

    def take(self, rows: Integers | Booleans) -> Sample:
        """The units at these rows."""
        chosen = np.arange(len(self))[rows]
        return Sample(
            tuple(self.texts[row] for row in chosen),
            self.vectors[chosen],
            self.labels[chosen],
            tuple(self.groups[row] for row in chosen),
        )

    def plus(self, other: Sample | None) -> Sample:
        """These units and the other's."""
        if other is None or not len(other):
            return self
        return Sample(
            self.texts + other.texts,
            np.vstack([self.vectors, other.vectors]),
            np.vstack([self.labels, other.labels]),
            self.groups + other.groups,
        )


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
