"""Every table of the project, in the order of the stages."""

from __future__ import annotations

from pipeline.tables import acquire, compare, ingest, segment, themes, topics
from pipeline.tables.table import Table

TABLES = tuple(
    value
    for module in (acquire, ingest, segment, topics, themes, compare)
    for value in vars(module).values()
    if isinstance(value, Table)
)
