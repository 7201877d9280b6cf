"""Coded units as arrays, and how units are drawn to be coded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.run.arrays import Vectors

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

    def outside(self, groups: Collection[str]) -> Sample:
        """The units that are of none of these groups."""
        kept = np.array([group not in groups for group in self.groups], dtype=bool)
        return self if kept.all() else self.take(kept)

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


def together(samples: Iterable[Sample | None]) -> Sample | None:
    """The units of several samples, one after the other; None where there is none."""
    whole: Sample | None = None
    for sample in samples:
        whole = sample if whole is None else whole.plus(sample)
    return whole


FLOOR = 0.3
"""The part of a draw by doubt that goes to all alike: no weight is over 1 / FLOOR of the mean."""


def doubt(probability: Floats) -> Floats:
    """How wrong a classifier that says these probabilities may be of each text, float [n].

    The root of the expected squared error over all themes, p(1 - p) for each: what a draw should
    be in proportion to, for the least variance (Zrnic and Candes 2024, "Active Statistical
    Inference", section 3).

    Args:
        probability: float [n, themes].
    """
    expected: Floats = np.sqrt((probability * (1 - probability)).sum(axis=1))
    return expected


def sizes_by_doubt(doubts: Floats) -> Floats:
    """What a draw by doubt is in proportion to: doubt, mixed with the same for all, float [n]."""
    total = doubts.sum()
    part = doubts / total if total > 0 else np.full(len(doubts), 1 / max(len(doubts), 1))
    mixed: Floats = (1 - FLOOR) * part + FLOOR / max(len(doubts), 1)
    return mixed


def sizes_by_stratum(strata: Sequence[str]) -> Floats:
    """One over the root of the number of units in a unit's stratum, float [n].

    So a stratum's part of a draw goes with the root of its size (power allocation, Bankier 1988):
    small ones get enough to say something of them, and large ones lose little.
    """
    _, member, n_units = np.unique(np.asarray(strata), return_inverse=True, return_counts=True)
    sizes: Floats = 1 / np.sqrt(n_units[member])
    return sizes


def inclusion_probabilities(sizes: Floats, n: int) -> Floats:
    """Probabilities that sum to n, in proportion to sizes as far as none is above 1, float [units].

    Args:
        sizes: above 0, float [units].
        n: how many are to be drawn; all, where there are no more.
    """
    certain = np.full(len(sizes), n >= len(sizes))
    while not certain.all():
        scaled = sizes / sizes[~certain].sum() * (n - certain.sum())
        above = ~certain & (scaled >= 1)
        if not above.any():
            return np.where(certain, 1.0, scaled)
        certain |= above
    return np.ones(len(sizes))


def draw_units(probability: Floats, strata: Sequence[str], random: np.random.Generator) -> Integers:
    """Rows of the units drawn, in order: each with its probability, strata in their proportion.

    Systematic sampling (Madow 1949) of units in random order within strata: as many are drawn as
    the probabilities sum to, and of each stratum as many as its own do, to within one.

    Args:
        probability: float [units], with a whole number as its sum.
        strata: one name a unit; the same for all where nothing is to be spread over.
        random: the source of chance.
    """
    shuffled = random.permutation(len(probability))
    order = shuffled[np.argsort(np.asarray(strata)[shuffled], kind="stable")]
    ends = np.cumsum(probability[order])
    points = random.random() + np.arange(round(float(probability.sum())))
    places = np.minimum(np.searchsorted(ends, points, side="right"), len(order) - 1)
    return np.unique(order[places])


def in_either(one: Floats, other: Floats) -> Floats:
    """Probability of being in one of two independent draws or in both.

    >>> float(in_either(np.array([0.5]), np.array([0.5]))[0])
    0.75
    """
    either: Floats = 1 - (1 - one) * (1 - other)
    return either


def pooled_weights(one: Floats, other: Floats) -> Floats:
    """Weights of the units of two draws from one population, float [one and other].

    A weight is one over the probability of having been drawn; where there is another draw, each
    stands for the whole population and counts by its number of units.

    Args:
        one: the probabilities of the first draw.
        other: those of the second, which may be empty.
    """
    weights: Floats = 1 / one
    if not len(other):
        return weights
    n, second = len(one) + len(other), 1 / other
    scaled = second * (weights.sum() / second.sum())
    return np.append(weights * len(one) / n, scaled * len(other) / n)
