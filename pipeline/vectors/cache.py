"""Vectors that were computed before, by the hash of their text, in one file a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.run.caches import ResultCache
from pipeline.run.types import Booleans, Vectors

_HASHES_AT_ONCE = 10_000  # as many are held twice, as bytes and as rows


class VectorCache:
    """Vectors of one model by text hash; opened and fixed as `ResultCache`."""

    def __init__(self, file: Path) -> None:
        """Open the cache, or begin it."""
        self._results = ResultCache(file)

    def find(self, hashes: Sequence[str], dimension: int) -> tuple[Vectors, Booleans]:
        """float32 [len(hashes), dimension] and boolean [len(hashes)], which are there and whole."""
        vectors = np.zeros((len(hashes), dimension), dtype=np.float32)
        known = np.zeros(len(hashes), dtype=np.bool_)
        for start in range(0, len(hashes), _HASHES_AT_ONCE):
            part = hashes[start : start + _HASHES_AT_ONCE]
            found = self._results.find(part)
            for row, key in enumerate(part, start):
                if len(found.get(key, b"")) == vectors.itemsize * dimension:
                    vectors[row], known[row] = np.frombuffer(found[key], dtype=np.float32), True
        return vectors, known

    def add(self, hashes: Sequence[str], vectors: Vectors) -> None:
        """Keep vectors [len(hashes), dimension] in one transaction."""
        self._results.add(
            (key, vector.tobytes()) for key, vector in zip(hashes, vectors, strict=True)
        )
