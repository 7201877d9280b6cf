"""The data dictionary says what every column of every table is."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.run.tables.dictionary import EVERYWHERE, TABLES, described, dictionary_text
from pipeline.run.tables.table import Table


def test_the_dictionary_that_ships_is_the_one_of_the_schemas() -> None:
    shipped = Path("docs/data-dictionary.md").read_text(encoding="utf-8")
    assert shipped == dictionary_text(), "run: peacetext dictionary > docs/data-dictionary.md"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table.stage}-{table.path.stem}")
def test_every_column_is_described(table: Table) -> None:
    columns = table.schema.columns().items()
    assert [name for name, column in columns if not described(name, column)] == []


def test_no_description_is_left_of_a_column_that_is_gone() -> None:
    names = {name for table in TABLES for name in table.schema.columns()}
    assert set(EVERYWHERE) - names == set()
