"""Vectors on disk: those of all passages, and those computed before, by the hash of their text.

The passages' are outputs/embed/vectors.npy with the card of their model; the others lie in one file
a model in the cache.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from pipeline.run.arrays import Booleans, Vectors
from pipeline.run.caches import ResultCache
from pipeline.run.errors import InputError, StageError
from pipeline.run.files import write_json, write_whole

VECTORS = Path("outputs/embed/vectors.npy")
MODEL_CARD = Path("outputs/embed/model.json")
_HASHES_AT_ONCE = 10_000  # as many are held twice, as bytes and as rows


def write_vectors(vectors: Vectors, card: Mapping[str, object]) -> None:
    """Write the vectors, one row a passage in the order of the passages, and their model's card."""
    write_whole(VECTORS, lambda file: np.save(file, vectors, allow_pickle=False))
    write_json(MODEL_CARD, dict(card))


def read_vectors(n_passages: int) -> Vectors:
    """float32 [n_passages, dimension], row i for passage i.

    Raises:
        InputError: the embed stage has not run.
        StageError: the file does not fit the passages.
    """
    if not VECTORS.is_file():
        raise InputError(VECTORS, "is missing", "run: dvc repro embed")
    try:
        vectors: Vectors = np.load(VECTORS, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise StageError(f"{VECTORS} cannot be read ({error}); run: dvc repro -f embed") from error
    if vectors.shape[0] != n_passages:
        raise StageError(
            f"{VECTORS} has {vectors.shape[0]} rows for {n_passages} passages; run: dvc repro embed"
        )
    return vectors


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
