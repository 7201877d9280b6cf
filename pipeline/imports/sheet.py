"""Codings of a table, one a row: the document, the coded words, the code, perhaps the coder.

Taguette, QualCoder and others write such files, each with names of its own for the columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from pathlib import Path

from pipeline.imports import Found, FoundCoding, NotTaken
from pipeline.run.errors import InputError
from pipeline.run.sheet import Sheet

COLUMNS = {
    "document": ("document", "document_id", "source", "file", "filename", "file name", "symbol"),
    "text": ("text", "content", "coded", "coded text", "quote", "quotation", "segment", "seltext"),
    "code": ("code", "theme", "theme_id", "tag", "codename", "code name"),
    "coder": ("coder", "owner", "user"),
}
"""The columns that are read, each with the names under which it may stand."""


KNOWN = tuple(chain.from_iterable(COLUMNS.values()))


def codings_of(sheet: Sheet, file: Path) -> Found:
    """Every row as a coding.

    Raises:
        InputError: a column is missing.
    """
    names = _columns(file, sheet.columns)
    rows = list(_rows(sheet.rows, names))
    return Found(
        [row for row in rows if isinstance(row, FoundCoding)],
        [row for row in rows if isinstance(row, NotTaken)],
    )


def _columns(file: Path, header: Collection[str]) -> dict[str, str]:
    found = {
        column: name
        for column, names in COLUMNS.items()
        if (name := next((each for each in names if each in header), None))
    }
    for column in ("document", "text", "code"):
        if column not in found:
            fix = f"name one of its columns {' or '.join(COLUMNS[column][:3])}"
            raise InputError(file, f"column {column} is missing", fix, 1)
    return found


def _rows(
    rows: Sequence[tuple[int, dict[str, str]]], names: dict[str, str]
) -> Iterator[FoundCoding | NotTaken]:
    for line, row in rows:
        cells = {column: row[name].strip() for column, name in names.items()}
        empty = next((one for one in ("document", "text", "code") if not cells[one]), None)
        if empty is not None:
            what = f"row {line}: no {empty} in this row"
            yield NotTaken("empty_cell", what, cells.get("coder", ""), cells["code"])
            continue
        yield FoundCoding(
            coder=cells.get("coder", ""),
            document=cells["document"],
            identity="",
            text=cells["text"],
            whole=None,
            before=0,
            code=cells["code"],
            code_identity="",
            place=f"row {line}",
        )
