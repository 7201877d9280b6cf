"""Vectors that were computed before, by the hash of their text, in one file a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.result_cache import ResultCache

Vectors = npt.NDArray[np.float32]


class VectorCache:
    """Vectors of one model by text hash; opened and mended as `ResultCache`."""

    def __init__(self, file: Path) -> None:
        """Open the cache, or begin it."""
        self._results = ResultCache(file)

    def find(self, hashes: Sequence[str]) -> dict[str, Vectors]:
        """The vectors that are there and whole."""
        found = self._results.find(hashes)
        return {key: np.frombuffer(content, dtype=np.float32) for key, content in found.items()}

    def add(self, hashes: Sequence[str], vectors: Vectors) -> None:
        """Keep vectors [len(hashes), dimension] in one transaction."""
        self._results.add(
            (key, vector.tobytes()) for key, vector in zip(hashes, vectors, strict=True)
        )
