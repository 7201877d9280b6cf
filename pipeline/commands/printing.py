"""Tables in the terminal."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import polars as pl

from pipeline.errors import InputError
from pipeline.files import write_text

_WIDE = 200  # columns, where the output is a file or a pipe


def print_table(frame: pl.DataFrame) -> None:
    """Print a frame with one line a row where it fits, wrapped where it does not."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in frame.columns:
        numeric = frame.schema[name].is_numeric()
        table.add_column(name.replace("_", " "), justify="right" if numeric else "left")
    for row in frame.iter_rows():
        # Text, not str: what stands in a document must never be read as markup
        table.add_row(*(Text(_cell(value)) for value in row))
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _WIDE
    Console(width=width).print(table)


def write_csv(frame: pl.DataFrame, file: Path) -> None:
    """Write a table where a person asked for it, whole or not at all.

    Raises:
        InputError: a folder is there.
    """
    if file.is_dir():
        raise InputError(file, "is a folder", "name a file in it")
    write_text(file, frame.write_csv())


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return str(value)
