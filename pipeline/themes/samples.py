"""Texts with their vectors and labels, as classifiers take them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.vector_cache import Vectors

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
