"""Vectors that were computed before, by the hash of their text, in one file a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.result_cache import ResultCache

Vectors = npt.NDArray[np.float32]

_NORM_TOLERANCE = 1e-3


class VectorCache:
    """Unit vectors of one model by text hash; opened and mended as `ResultCache`."""

    def __init__(self, file: Path, dimension: int) -> None:
        """Open the cache, or begin it."""
        self._dimension = dimension
        self._results = ResultCache(file, table="vectors", column="vector")

    def find(self, hashes: Sequence[str]) -> dict[str, Vectors]:
        """The vectors that are there; an entry that is not a unit vector counts as absent."""
        found = {key: self._vector(kept) for key, kept in self._results.find(hashes).items()}
        return {key: vector for key, vector in found.items() if vector is not None}

    def add(self, hashes: Sequence[str], vectors: Vectors) -> None:
        """Keep vectors [len(hashes), dimension] in one transaction."""
        self._results.add(
            (key, vector.tobytes()) for key, vector in zip(hashes, vectors, strict=True)
        )

    def _vector(self, content: bytes) -> Vectors | None:
        if len(content) != self._dimension * np.dtype(np.float32).itemsize:
            return None
        vector = np.frombuffer(content, dtype=np.float32)
        norm = float(np.linalg.norm(vector))
        return vector if abs(norm - 1) < _NORM_TOLERANCE else None
