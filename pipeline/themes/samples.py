"""Coded units as arrays."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.run.types import Vectors

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
