"""Codings of a CSV file, one a row: the document, the coded words, the code, perhaps the coder.

Taguette, QualCoder and others write such files, each with names of its own for the columns.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.imports import Found, FoundCoding, NotTaken
from pipeline.run.errors import InputError

COLUMNS = {
    "document": ("document", "document_id", "source", "file", "filename", "file name", "symbol"),
    "text": ("text", "content", "coded", "coded text", "quote", "quotation", "segment", "seltext"),
    "code": ("code", "theme", "theme_id", "tag", "codename", "code name"),
    "coder": ("coder", "owner", "user"),
}
"""The columns that are read, each with the names under which it may stand."""


def read_sheet(file: Path) -> Found:
    """Every row as a coding.

    Raises:
        InputError: the file is no CSV in UTF-8, a column is missing.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(file, "is not UTF-8", "save it as CSV UTF-8") from None
    except OSError as error:
        raise InputError(file, f"cannot be read ({error.strerror})", "name another file") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    names = _columns(file, reader.fieldnames or ())
    try:
        rows = list(_rows(reader, names))
    except csv.Error as error:
        raise InputError(file, str(error), "close the quotation mark", reader.line_num) from None
    return Found(
        [row for row in rows if isinstance(row, FoundCoding)],
        [row for row in rows if isinstance(row, NotTaken)],
    )


def _columns(file: Path, header: Sequence[str]) -> dict[str, str]:
    plain = {name.strip().casefold(): name for name in header}
    found = {
        column: plain[name]
        for column, names in COLUMNS.items()
        if (name := next((each for each in names if each in plain), None))
    }
    for column in ("document", "text", "code"):
        if column not in found:
            fix = f"name one of its columns {' or '.join(COLUMNS[column][:3])}"
            raise InputError(file, f"column {column} is missing", fix, 1)
    return found


def _rows(reader: csv.DictReader[str], names: dict[str, str]) -> Iterator[FoundCoding | NotTaken]:
    for row in reader:
        cells = {column: (row.get(name) or "").strip() for column, name in names.items()}
        empty = next((one for one in ("document", "text", "code") if not cells[one]), None)
        if empty is not None:
            what = f"row {reader.line_num}: no {empty} in this row"
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
            place=f"row {reader.line_num}",
        )
