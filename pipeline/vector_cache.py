"""Vectors that were computed before, by the hash of their text, in one SQLite file a model.

SQLite because a run that is killed leaves what it had committed, two runs may share the file, and
it is one file that a person can delete.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.errors import StageError
from pipeline.stage import say

T = TypeVar("T")
Vectors = npt.NDArray[np.float32]

_HASHES_A_QUERY = 500
_NORM_TOLERANCE = 1e-3


def cache_folder() -> Path:
    """Where caches lie: PEACETEXT_CACHE, or .cache in the project."""
    return Path(os.environ.get("PEACETEXT_CACHE") or ".cache")


class VectorCache:
    """Unit vectors of one model by text hash."""

    def __init__(self, file: Path, dimension: int) -> None:
        """Open the cache, or begin it; one that cannot be read is set aside and begun again."""
        self._file = file
        self._dimension = dimension
        file.parent.mkdir(parents=True, exist_ok=True)
        self._on_disk(self._begin, None)

    def find(self, hashes: Sequence[str]) -> dict[str, Vectors]:
        """The vectors that are there; an entry that is not a unit vector counts as absent.

        Raises:
            StageError: the file is in order but cannot be used now, such as on a full disk.
        """
        return self._on_disk(lambda: self._find(hashes), {})

    def add(self, hashes: Sequence[str], vectors: Vectors) -> None:
        """Keep vectors [len(hashes), dimension] in one transaction; errors as for `find`."""
        rows = [(key, vector.tobytes()) for key, vector in zip(hashes, vectors, strict=True)]
        self._on_disk(lambda: self._add(rows), None)

    def _on_disk(self, use: Callable[[], T], otherwise: T) -> T:
        """What ``use`` gives; a damaged file is set aside and begun again, and gives ``otherwise``.

        A full disk or a file that may not be written is no damage: nothing is set aside for it.
        """
        try:
            return use()
        except sqlite3.OperationalError as error:
            raise StageError(f"the vector cache {self._file} cannot be used: {error}") from error
        except sqlite3.DatabaseError as error:
            say(f"the vector cache {self._file} cannot be read ({error}); it is begun again")
            self._file.replace(self._file.with_suffix(".unreadable"))
            self._begin()
            return otherwise

    def _find(self, hashes: Sequence[str]) -> dict[str, Vectors]:
        found: dict[str, Vectors] = {}
        with self._connection() as connection:
            for start in range(0, len(hashes), _HASHES_A_QUERY):
                part = hashes[start : start + _HASHES_A_QUERY]
                marks = ",".join("?" * len(part))
                query = f"SELECT hash, vector FROM vectors WHERE hash IN ({marks})"  # noqa: S608
                for text_hash, content in connection.execute(query, part):
                    vector = self._vector(content)
                    if vector is not None:
                        found[text_hash] = vector
        return found

    def _add(self, rows: list[tuple[str, bytes]]) -> None:
        with self._connection() as connection:
            connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def _vector(self, content: bytes) -> Vectors | None:
        if len(content) != self._dimension * np.dtype(np.float32).itemsize:
            return None
        vector = np.frombuffer(content, dtype=np.float32)
        norm = float(np.linalg.norm(vector))
        return vector if abs(norm - 1) < _NORM_TOLERANCE else None

    def _begin(self) -> None:
        with self._connection() as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS vectors (hash TEXT PRIMARY KEY, vector BLOB NOT NULL)"
            )

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=60)) as connection, connection:
            yield connection
