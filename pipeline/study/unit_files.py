"""Files of units: what was coded, a sentence of an article or a paragraph of a document a row.

A paragraph is named by the symbol of its document (or the document_id, where it has none), by its
number where one is known, by the SHA-256 of its words and by their fingerprint, without its text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import polars as pl

from pipeline.run.errors import InputError
from pipeline.run.files import read_rows
from pipeline.run.ids import N_MINIMA

Unit = Literal["sentence", "paragraph", "range"]

ID_COLUMN: dict[Unit, str] = {"sentence": "sentence_id", "paragraph": "unit_id"}
_COLUMNS: dict[Unit, dict[str, type[pl.DataType]]] = {
    "sentence": {
        "section": pl.String,
        "section_title": pl.String,
        "paragraph": pl.Int64,
        "text": pl.String,
    },
    "paragraph": {
        "symbol": pl.String,
        "text_sha256": pl.String,
        "inclusion_probability": pl.Float64,
    },
}
_PLACES: dict[str, type[pl.DataType]] = {
    "xml_p_index": pl.Int64,
    "paragraph": pl.String,
    "fingerprint": pl.String,
}
"""Columns of a file of paragraphs that may be left out, or empty, as the document allows."""


def read_units(unit: Unit, file: Path) -> pl.DataFrame:
    """unit_id and what else the file must have, in its order; of paragraphs their places too.

    Raises:
        InputError: names the row, the problem and the fix.
    """
    id_column = ID_COLUMN[unit]
    columns: dict[str, type[pl.DataType]] = {id_column: pl.String, **_COLUMNS[unit]}
    places = _PLACES if unit == "paragraph" else {}
    rows: list[list[object]] = []
    seen: dict[str, int] = {}
    for line, row in read_rows(file, list(columns)):
        refuse_repeat(file, line, row[id_column], seen)
        values = [number(file, line, name, row[name], kind) for name, kind in columns.items()]
        for name, kind in places.items():
            cell = row.get(name, "").strip()
            values.append(number(file, line, name, cell, kind) if cell else None)
        rows.append(values)
        if unit == "paragraph":
            _check_drawn(file, line, row)
    names = ["unit_id", *_COLUMNS[unit], *places]
    kinds = [*columns.values(), *places.values()]
    return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row")


def _check_drawn(file: Path, line: int, row: Mapping[str, str]) -> None:
    """A probability is one, and a fingerprint is of the right length."""
    cell = row["inclusion_probability"]
    if not 0 < float(cell) <= 1:
        fix = "write the probability with which it was drawn, above 0 and at most 1"
        raise InputError(file, f"inclusion_probability is {cell}", fix, line)
    mark = row.get("fingerprint", "").strip()
    if mark and not re.fullmatch(f"[0-9a-f]{{{4 * N_MINIMA}}}", mark):
        fix = f"empty the cell, or restore its {4 * N_MINIMA} digits"
        raise InputError(file, "fingerprint is not one", fix, line)


def number(file: Path, line: int, name: str, cell: str, kind: type[pl.DataType]) -> object:
    """A cell as its column has it.

    Raises:
        InputError: a number was needed.
    """
    if kind == pl.String:
        return cell
    try:
        return int(cell) if kind == pl.Int64 else float(cell)
    except ValueError:
        raise InputError(file, f"{name} is not a number: {cell!r}", "correct it", line) from None


def refuse_repeat(file: Path, line: int, unit_id: str, seen: dict[str, int]) -> None:
    """Remember the row of a unit.

    Raises:
        InputError: it had one before.
    """
    if unit_id in seen:
        raise InputError(file, f"{unit_id} stands in row {seen[unit_id]} too", "delete one", line)
    seen[unit_id] = line
