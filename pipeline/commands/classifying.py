"""Any text scored with the trained classifiers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from pipeline.run.errors import InputError, StageError
from pipeline.run.settings import load_settings
from pipeline.themes.saving import load_themes
from pipeline.vectors.encoder import load_encoder

_DECIMALS = 6
_OTHER_MARKS = ";\t|"
_AS_UTF8 = "save them as UTF-8"
_BY_COMMAS = "save it with commas between the cells"


def read_texts(file: Path, text_column: str) -> pl.DataFrame:
    """A CSV file, all cells as text.

    Raises:
        InputError: it is no CSV in UTF-8, or has no such column.
    """
    if not file.is_file():
        raise InputError(file, "is missing", "name a CSV file that exists")
    try:
        content = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(file, "is no CSV in UTF-8", "save it as CSV UTF-8") from None
    try:
        frame = pl.read_csv(file, infer_schema=False).fill_null("")
    except pl.exceptions.PolarsError:
        raise _no_table(file, content) from None
    if text_column not in frame.columns:
        one = frame.columns[0] if frame.width == 1 else ""
        separated = any(mark in one for mark in _OTHER_MARKS)
        fix = _BY_COMMAS if separated else f"--text-column, one of: {', '.join(frame.columns)}"
        raise InputError(file, f"has no column {text_column!r}", fix, 1)
    return frame


def _no_table(file: Path, content: str) -> InputError:
    """Why a file with this content is no table, with the row."""
    if not content.strip():
        return InputError(file, "is no CSV, since it is empty", "name a CSV file with texts")
    rows = csv.reader(io.StringIO(content))
    header = next(rows)
    if len(header) == 1 and any(mark in header[0] for mark in _OTHER_MARKS):
        return InputError(
            file, "is not a CSV file, since its cells are not separated by commas", _BY_COMMAS, 1
        )
    for row in rows:
        if len(row) > len(header):
            problem = f"is no CSV: {len(row)} cells, and row 1 names {len(header)}"
            fix = "put a cell that holds a comma in quotation marks"
            return InputError(file, problem, fix, rows.line_num)
    return InputError(file, "is no CSV", "close its quotation marks and save it as CSV UTF-8")


def classified(frame: pl.DataFrame, text_column: str) -> pl.DataFrame:
    """The frame with a column ``themes`` (those assigned, separated by ;) and one a theme.

    Raises:
        InputError: the themes stage has not run, or a theme has the name of a column.
        StageError: the classifiers are damaged, or were trained with other vectors.
    """
    saved = load_themes()
    for name in ("themes", *saved.theme_ids):
        if name in frame.columns:
            raise InputError("the texts", f"have a column {name!r} already", "rename it")
    encoder = load_encoder(load_settings().embed)
    if encoder.card.fingerprint != saved.encoder:
        raise StageError("the classifiers were trained with other vectors; run: dvc repro themes")
    texts = frame[text_column].to_list()
    probability = saved.fitted.probability(saved.fitted.evidence(texts, encoder.encode(texts)))
    assigned = probability >= saved.thresholds
    named = [
        ";".join(theme for theme, said in zip(saved.theme_ids, row, strict=True) if said)
        for row in assigned
    ]
    scores = [
        pl.Series(theme, column.round(_DECIMALS))
        for theme, column in zip(saved.theme_ids, probability.T, strict=True)
    ]
    return frame.with_columns(pl.Series("themes", named, dtype=pl.String), *scores)


def texts_of(lines: Iterable[str]) -> pl.DataFrame:
    """One text a line, blank lines passed over: a frame with the column ``text``.

    Raises:
        InputError: a line is not UTF-8.
    """
    texts = [line.strip() for line in _decoded(lines) if line.strip()]
    return pl.DataFrame({"text": texts}, schema={"text": pl.String})


def _decoded(lines: Iterable[str]) -> Iterator[str]:
    """The lines, however the terminal's settings treat bytes that are no text."""
    try:
        for number, line in enumerate(lines, 1):
            if not line.isascii() and line.encode(errors="replace").decode() != line:
                raise InputError("the texts", "are not UTF-8", _AS_UTF8, number)
            yield line
    except UnicodeDecodeError:  # raised for a whole block of lines
        raise InputError("the texts", "are not UTF-8", _AS_UTF8) from None
