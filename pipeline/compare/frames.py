"""Frames with the columns and types of a table of `pipeline.tables`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dataframely as dy
import polars as pl


def fitted(schema: type[dy.Schema], frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of the schema, in its order and types."""
    if frame.is_empty():
        return empty(schema)
    columns = empty(schema).schema
    return frame.select(pl.col(name).cast(kind) for name, kind in columns.items())


def from_rows(schema: type[dy.Schema], rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """One row a mapping, with the columns and types of the schema."""
    return fitted(schema, pl.DataFrame(list(rows), infer_schema_length=None))


def empty(schema: type[dy.Schema]) -> pl.DataFrame:
    """A frame of this schema without rows."""
    return pl.DataFrame(schema.create_empty())
