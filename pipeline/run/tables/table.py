"""What a table is: a place and a schema, checked on the way in and on the way out.

Tables pass from one stage to the next. Each is checked when it is written and again when it is
read, so a stage may rely on its columns. `read_table` and `write_table` are the only ways in and
out. The schemas stand in the module of the stage that makes them, so that a column more in one
stage runs no earlier stage again.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import dataframely as dy
import polars as pl

from pipeline.run.errors import InputError, StageError
from pipeline.run.files import FORMULA, MARK, NUMBER, neutral, write_bytes


@dataclass(frozen=True)
class Table:
    """A table's place in the project and its schema."""

    path: Path
    schema: type[dy.Schema]

    @property
    def stage(self) -> str:
        """The stage that makes it."""
        return self.path.parent.name


def table(place: str, schema: type[dy.Schema]) -> Table:
    """The table of this schema at outputs/PLACE.parquet; PLACE is stage/name."""
    return Table(Path("outputs") / f"{place}.parquet", schema)


def stacked(parts: Sequence[pl.DataFrame], schema: type[dy.Schema]) -> pl.DataFrame:
    """The rows of all parts; a frame without rows, with the columns of the schema, for no part."""
    return pl.concat(parts) if parts else pl.DataFrame(schema.create_empty())


def write_table(table: Table, frame: pl.DataFrame) -> None:
    """Check ``frame`` against its schema and write it whole or not at all.

    Raises:
        StageError: a column is missing, of another type or out of range.
    """
    # by way of memory: a full disk is then an OSError like everywhere else, and not one of polars
    content = io.BytesIO()
    _checked(table, frame).write_parquet(content, compression="zstd")
    write_bytes(table.path, content.getvalue())


def csv_text(frame: pl.DataFrame) -> str:
    """A frame as CSV; lists are joined by semicolons, because CSV has none.

    Text that a spreadsheet would run as a formula gets an apostrophe before it, which
    `pipeline.run.sheet` takes away again.
    """
    lists = [
        pl.col(name).cast(pl.List(pl.String)).list.join(";")
        for name, kind in frame.schema.items()
        if isinstance(kind, pl.List)
    ]
    text = pl.col(pl.String)
    runs = text.str.contains(f"^'*{FORMULA}") & ~text.str.contains(f"^(?:{NUMBER})$")
    safe = pl.when(runs).then("'" + text).otherwise(text).name.keep()
    return frame.with_columns(lists).with_columns(safe).rename(neutral).write_csv()


def csv_of(frame: pl.DataFrame) -> bytes:
    """A frame as a table that a spreadsheet opens as it is: CSV in UTF-8 with its mark."""
    return (MARK + csv_text(frame)).encode()


def read_table(table: Table) -> pl.DataFrame:
    """Read a table of an earlier stage and check it against its schema.

    Raises:
        InputError: the stage that makes it has not run.
        StageError: the file is not what its schema says.
    """
    if not table.path.is_file():
        raise InputError(table.path, "is missing", f"run: dvc repro {table.stage}")
    try:
        frame = pl.read_parquet(table.path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise StageError(
            f"{table.path} cannot be read ({error}); run: dvc repro -f {table.stage}"
        ) from error
    return _checked(table, frame)


def _checked(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    columns = table.schema.column_names()
    absent = [column for column in columns if column not in frame.columns]
    if absent:
        raise StageError(f"{table.path}: column {absent[0]} is missing")
    try:
        return table.schema.validate(frame.select(columns), cast=True)
    except (dy.exc.ValidationError, dy.exc.SchemaError, pl.exceptions.PolarsError) as error:
        raise StageError(f"{table.path}: {' '.join(str(error).split())}") from error
