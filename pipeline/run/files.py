"""Writing files whole or not at all, tables fit for a spreadsheet, and reading small files."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

FINDINGS_FILE = Path("outputs/compare/findings.md")
"""What was found, on half a page of plain words."""
MARK = "\ufeff"
"""The byte order mark, by which Excel knows UTF-8."""
FORMULA = "[=+@\t\r\n＝＋－＠-]"
"""How a cell begins that a spreadsheet takes for a formula."""
NUMBER = r"-(?:[\d.,]+(?:[eE][+-]?\d+)?)?"
"""What begins so and is none: a number below zero, or a dash alone."""
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


def neutral(cell: str) -> str:
    """A cell that no spreadsheet runs as a formula; `as_meant` undoes it.

    >>> neutral("=1+1"), neutral("-5"), neutral("words")
    ("'=1+1", '-5', 'words')
    """
    is_formula = re.match(f"'*{FORMULA}", cell) and not re.fullmatch(NUMBER, cell)
    return f"'{cell}" if is_formula else cell


def as_meant(cell: str) -> str:
    """A cell without what `neutral`, or a spreadsheet that keeps zeros, put around it.

    >>> as_meant("'=1+1"), as_meant('="007"'), as_meant("'words'")
    ('=1+1', '007', "'words'")
    """
    kept = re.fullmatch(r'="((?:[^"]|"")*)"', cell)
    if kept:
        return kept[1].replace('""', '"')
    inner = cell[1:]
    return inner if cell.startswith("'") and neutral(inner) == cell else cell


def sheet_line(cells: Iterable[object]) -> str:
    """Cells as a line of CSV without its end; unlike the csv module's, one may hold a lone CR.

    >>> sheet_line(["a, b", 1, "=c"])
    '"a, b",1,\'=c'
    """
    texts = [neutral(cell) if isinstance(cell, str) else str(cell) for cell in cells]
    quoted = ('"' + text.replace('"', '""') + '"' for text in texts)
    return ",".join(
        both if re.search('[",\r\n]', text) else text
        for text, both in zip(texts, quoted, strict=True)
    )


def sheet_bytes(rows: Iterable[Iterable[object]]) -> bytes:
    """Rows, the header first, as a table that a person opens."""
    return (MARK + "".join(f"{sheet_line(row)}\n" for row in rows)).encode()


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


def text_hash(text: str) -> str:
    """The SHA-256 of a text's UTF-8 bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def content_ids(prefix: str, texts: Iterable[str]) -> list[str]:
    """An id a text: the prefix, ten digits of the text's hash, and a count from the second repeat.

    A text added or taken away changes no other text's id, unless it is the same text.

    >>> content_ids("d", ["a", "b", "a"])
    ['d.ca978112ca', 'd.3e23e81600', 'd.ca978112ca-2']
    """
    seen: Counter[str] = Counter()
    ids = []
    for text in texts:
        stem = f"{prefix}.{text_hash(text)[:10]}"
        seen[stem] += 1
        ids.append(stem if seen[stem] == 1 else f"{stem}-{seen[stem]}")
    return ids
