"""Coded units as arrays, and how units are drawn to be coded."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.run.arrays import Vectors

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


ANY_SET = ""
"""Stands for texts of no coded set that was learnt from."""


@dataclass(frozen=True)
class Sample:
    """Coded units.

    Attributes:
        texts: n texts.
        vectors: float32 [n, dimension], length 1.
        labels: bool [n, themes].
        groups: what cross-validation keeps together, one a text.
        unit_sets: the coded set of each text; left out where there is one set only.
        votes: the part of the codings of a unit that gave it the theme, float [n, themes]; left out
            where each unit was coded once.
    """

    texts: tuple[str, ...]
    vectors: Vectors
    labels: Booleans
    groups: tuple[str, ...]
    unit_sets: tuple[str, ...] = ()
    votes: Floats = field(default_factory=lambda: np.zeros((0, 0)))

    def __post_init__(self) -> None:
        """Fill in what was left out."""
        if not self.unit_sets:
            object.__setattr__(self, "unit_sets", (ANY_SET,) * len(self.texts))
        if not self.votes.size:
            object.__setattr__(self, "votes", self.labels.astype(np.float64))

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
            tuple(self.unit_sets[row] for row in chosen),
            self.votes[chosen],
        )

    def outside(self, groups: Collection[str], unit_set: str | None = None) -> Sample:
        """The units that are of none of these groups, nor of this set."""
        kept = [
            group not in groups and of_set != unit_set
            for group, of_set in zip(self.groups, self.unit_sets, strict=True)
        ]
        return self.take(np.array(kept, dtype=bool))

    def rows_of(self, unit_set: str) -> Integers:
        """The rows of the units of a set; of all, for ANY_SET."""
        rows = np.arange(len(self))
        return rows if unit_set == ANY_SET else rows[np.array(self.unit_sets) == unit_set]


def sample_of(
    rows: pl.DataFrame, vectors: Vectors, votes: pl.DataFrame, theme_ids: Sequence[str]
) -> Sample:
    """Units as arrays.

    Args:
        rows: unit_id, text, labels, group, and goes_with, the set as whose unit each is taken.
        vectors: of the texts, float32 [n, dimension].
        votes: unit_id, theme_id, vote.
        theme_ids: names of the columns.
    """
    row_of = {unit_id: row for row, unit_id in enumerate(rows["unit_id"])}
    column_of = {theme_id: column for column, theme_id in enumerate(theme_ids)}
    parts = np.zeros((len(row_of), len(column_of)))
    for unit_id, theme_id, vote in votes.select("unit_id", "theme_id", "vote").iter_rows():
        if unit_id in row_of:
            parts[row_of[unit_id], column_of[theme_id]] = vote
    labels = [[theme in given for theme in theme_ids] for given in rows["labels"].to_list()]
    texts, groups, unit_sets = (tuple(rows[name]) for name in ("text", "group", "goes_with"))
    return Sample(texts, vectors, np.array(labels), groups, unit_sets, parts)


def together(samples: Sequence[Sample]) -> Sample:
    """The units of several samples, one after the other."""
    return Sample(
        tuple(text for one in samples for text in one.texts),
        np.vstack([one.vectors for one in samples]),
        np.vstack([one.labels for one in samples]),
        tuple(group for one in samples for group in one.groups),
        tuple(unit_set for one in samples for unit_set in one.unit_sets),
        np.vstack([one.votes for one in samples]),
    )


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
