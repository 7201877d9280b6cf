"""Results that were computed before, by a hash of what they were computed from, in a SQLite file.

SQLite because a run that is killed leaves what it had committed, two runs may share the file, and
it is one file that a person can delete.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import numpy as np

from pipeline.run.arrays import Booleans, Vectors
from pipeline.run.errors import StageError
from pipeline.run.stage import say

T = TypeVar("T")

_HASHES_A_QUERY = 500
_VECTORS_AT_ONCE = 10_000  # as many are held twice, as bytes and as rows
_PRIMARY = 0xFF  # the part of an SQLite error code that names its kind
_NO_DAMAGE = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_NOMEM,
}


def cache_folder() -> Path:
    """Where caches lie: PEACETEXT_CACHE, or .cache in the project."""
    return Path(os.environ.get("PEACETEXT_CACHE") or ".cache")


def code_hash(files: Iterable[Path], packages: Iterable[str]) -> str:
    """Sixteen hexadecimal digits over the code and the versions of libraries that make a result."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.name.encode() + file.read_bytes())
    digest.update(" ".join(f"{name} {version(name)}" for name in packages).encode())
    return digest.hexdigest()[:16]


def _checksum(key: str, result: bytes) -> int:
    """Over both, so that a result that a damaged index gives for another key is found too."""
    return zlib.crc32(result, zlib.crc32(key.encode()))


def _is_whole(key: object, result: object, checksum: object) -> bool:
    """Whether a row is as it was written; a damaged one may hold any type."""
    return isinstance(key, str) and isinstance(result, bytes) and _checksum(key, result) == checksum


class ResultCache:
    """Bytes by hash, each with its checksum, so that a damaged entry counts as absent."""

    def __init__(self, file: Path) -> None:
        """Open the cache, or begin it; one that cannot be read is set aside and rebuilt."""
        self._file = file
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StageError(f"no cache can be kept in {file.parent}: {error.strerror}") from error
        self._on_disk(self._begin, None)

    def find(self, hashes: Sequence[str]) -> dict[str, bytes]:
        """What is there.

        Raises:
            StageError: the file is in order but cannot be used now, such as on a full disk.
        """
        return self._on_disk(lambda: self._find(hashes), {})

    def add(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Keep hashes and their results in one transaction; errors as for `find`."""
        self._on_disk(lambda: self._add(list(rows)), None)

    def _on_disk(self, use: Callable[[], T], otherwise: T) -> T:
        """What ``use`` gives; a damaged file is set aside and rebuilt, and gives ``otherwise``.

        A full disk or a file that may not be written is no damage: nothing is set aside for it.
        """
        try:
            return use()
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & _PRIMARY in _NO_DAMAGE:
                fix = "make room, or name another folder in PEACETEXT_CACHE"
                raise StageError(
                    f"the cache {self._file} cannot be used: {error}; to fix: {fix}"
                ) from error
            reason = str(error)
        except UnicodeDecodeError:  # SQLite's own message quotes damaged bytes
            reason = "its schema is damaged"
        say(f"the cache {self._file} cannot be read ({reason}); it is rebuilt")
        self._file.replace(self._file.with_suffix(".unreadable"))
        self._begin()
        return otherwise

    def _find(self, hashes: Sequence[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        with self._connection() as connection:
            for start in range(0, len(hashes), _HASHES_A_QUERY):
                part = hashes[start : start + _HASHES_A_QUERY]
                marks = ",".join("?" * len(part))
                query = f"SELECT hash, result, checksum FROM entries WHERE hash IN ({marks})"  # noqa: S608
                for key, result, checksum in connection.execute(query, part):
                    if _is_whole(key, result, checksum):
                        found[key] = result
        return found

    def _add(self, rows: list[tuple[str, bytes]]) -> None:
        with self._connection() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO entries VALUES (?, ?, ?)",
                [(key, result, _checksum(key, result)) for key, result in rows],
            )

    def _begin(self) -> None:
        with self._connection() as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS entries "
                "(hash TEXT PRIMARY KEY, result BLOB NOT NULL, checksum INTEGER NOT NULL)"
            )

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=60)) as connection, connection:
            yield connection


class VectorCache:
    """Vectors of one model by text hash; opened and fixed as `ResultCache`."""

    def __init__(self, file: Path) -> None:
        """Open the cache, or begin it."""
        self._results = ResultCache(file)

    def find(self, hashes: Sequence[str], dimension: int) -> tuple[Vectors, Booleans]:
        """float32 [len(hashes), dimension] and boolean [len(hashes)], which are there and whole."""
        vectors = np.zeros((len(hashes), dimension), dtype=np.float32)
        known = np.zeros(len(hashes), dtype=np.bool_)
        for start in range(0, len(hashes), _VECTORS_AT_ONCE):
            part = hashes[start : start + _VECTORS_AT_ONCE]
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
