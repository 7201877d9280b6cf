"""Writing files whole or not at all, and reading small ones."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.run.errors import InputError

FINDINGS_FILE = Path("outputs/compare/findings.md")
"""What was found, on half a page of plain words."""
_PART = ".part"
"""How the name of a file that is not whole yet ends."""


def write_whole(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, then put it in place in one step.

    A reader sees the old file or the new one, never a part. When ``write`` fails the old file
    stays and the temporary one is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_PART)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def clear_parts(folder: Path) -> None:
    """Remove what a killed run began to write and never put in place.

    Only for a folder in which nobody else writes now.
    """
    for part in folder.rglob(f".*{_PART}"):
        part.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` whole or not at all."""
    write_whole(path, lambda file: _write_all(file, content))


def _write_all(file: BinaryIO, content: bytes) -> None:
    file.write(content)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 with line ends as they are."""
    write_bytes(path, text.encode())


def write_folder(folder: Path, files: Mapping[str, bytes], *, last: str = "") -> None:
    """Make a folder hold these files: write each that changed, then remove what else is there.

    Args:
        folder: what an earlier run left in it goes, but for metrics.json.
        files: by their names below the folder.
        last: the file that leads to the others; it is written after them.
    """
    for name in sorted(files, key=lambda each: (each == last, each)):
        place = folder / name
        if not place.is_file() or place.read_bytes() != files[name]:
            write_bytes(place, files[name])
    kept = {folder / name for name in files} | {folder / "metrics.json"}
    for place in sorted(folder.rglob("*")):
        if place.is_file() and place not in kept:
            place.unlink()


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON object with sorted keys, so that equal values give equal bytes."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object."""
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_rows(file: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells of each row of a comma-separated UTF-8 file.

    Raises:
        InputError: a column of ``needed`` is missing, or it is no such file; names the row.
    """
    line, reader = 2, csv.DictReader(io.StringIO(read_utf8(file)), strict=True)
    header = reader.fieldnames or []
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        raise InputError(file, "its columns are not separated by commas", "save it with commas", 1)
    for name in needed:
        if name not in header:
            raise InputError(file, f"column {name} is missing", f"add it: {','.join(needed)}", 1)
    try:
        for row in reader:
            if None in row or None in row.values():
                problem = f"a row of {len(header)} cells is needed"
                fix = "put codes in one cell, separated by ;"
                raise InputError(file, problem, fix, reader.line_num)
            yield reader.line_num, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(file, str(error), "close the quotation mark", line) from None


def read_utf8(file: Path) -> str:
    """The text of a file that a person may have saved.

    Raises:
        InputError: it is in another encoding.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (UnicodeDecodeError, IsADirectoryError):
        text = "\0"
    if "\0" in text:  # UTF-16 without its mark reads as UTF-8
        raise InputError(file, "is not UTF-8", "save it as CSV UTF-8")
    return text
