"""A row added to corpus/manifest.csv, replaced or taken out; every other byte stays as it was."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

from pipeline.errors import InputError
from pipeline.files import write_bytes
from pipeline.manifest import MANIFEST_FILE, Entry, line_of, parse_manifest

_MARK = codecs.BOM_UTF8


def add_row(entry: Entry, file: Path = MANIFEST_FILE) -> None:
    """Append a document to the manifest.

    Raises:
        InputError: the manifest with this row could not be read again; it stays as it was.
    """
    lines, mark = _lines(file)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += _line_end(lines)
    _write([*lines, line_of(entry) + _line_end(lines)], mark, file)


def replace_row(row: int, entry: Entry, file: Path = MANIFEST_FILE) -> None:
    """Put a document in place of the one whose row starts on line ``row``.

    Raises:
        InputError: as for `add_row`.
    """
    lines, mark = _lines(file)
    last = _last_line(lines, row)
    _write([*lines[: row - 1], line_of(entry) + _line_end(lines), *lines[last:]], mark, file)


def remove_row(row: int, file: Path = MANIFEST_FILE) -> None:
    """Take out the document whose row starts on line ``row``.

    Raises:
        InputError: as for `add_row`.
    """
    lines, mark = _lines(file)
    _write([*lines[: row - 1], *lines[_last_line(lines, row) :]], mark, file)


def _lines(file: Path) -> tuple[list[str], bytes]:
    """Lines with their ends as they are, and the byte order mark of a spreadsheet, if any."""
    content = file.read_bytes()
    mark = _MARK if content.startswith(_MARK) else b""
    return list(io.StringIO(content.removeprefix(mark).decode(), newline="")), mark


def _line_end(lines: list[str]) -> str:
    return "\r\n" if lines and lines[0].endswith("\r\n") else "\n"


def _last_line(lines: list[str], row: int) -> int:
    """The last line of the row that starts on line ``row``: a cell may hold line breaks."""
    reader = csv.reader(lines[row - 1 :], strict=True)
    try:
        next(reader)
    except (StopIteration, csv.Error):
        raise InputError(MANIFEST_FILE, "no such row", "see: peacetext check", row) from None
    return row - 1 + reader.line_num


def _write(lines: list[str], mark: bytes, file: Path) -> None:
    """Write the manifest, once it is known that it can be read again."""
    text = "".join(lines)
    parse_manifest(text, file)
    write_bytes(file, mark + text.encode())
