"""Files are written whole or not at all, and ids stay."""

from pathlib import Path
from typing import BinaryIO

import polars as pl
import pytest

from pipeline.run.errors import InputError, StageError
from pipeline.run.files import content_ids, write_text, write_whole
from pipeline.run.tables.dictionary import TABLES
from pipeline.run.tables.table import Table, read_table, write_table
from pipeline.run.tables.texts import SetAside


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    write_text(file, "old")

    def half(target: BinaryIO) -> None:
        target.write(b"new, but only ha")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_whole(file, half)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_ids_do_not_change_when_another_text_comes_before() -> None:
    before = content_ids("d", ["b", "c", "b"])
    after = content_ids("d", ["a", "b", "c", "b"])
    assert after[1:] == before
    assert len(set(after)) == 4


def _table(folder: Path) -> Table:
    return Table(folder / "outputs" / "ingest" / "set_aside.parquet", SetAside)


def test_a_table_that_is_not_there_names_the_stage_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="run: dvc repro ingest"):
        read_table(_table(tmp_path))


def test_a_table_against_its_schema_is_refused_and_the_old_one_stays(tmp_path: Path) -> None:
    # given a good table on disk
    table = _table(tmp_path)
    write_table(table, pl.DataFrame({"document_id": ["a"], "reason": ["empty"]}))
    good = table.path.read_bytes()
    # when one with a repeated key, or without a column, is written
    repeated = pl.DataFrame({"document_id": ["a", "a"], "reason": ["empty", "empty"]})
    for bad in (repeated, repeated.drop("reason")):
        with pytest.raises(StageError, match="set_aside"):
            write_table(table, bad)
    # then the good one is still there
    assert table.path.read_bytes() == good


def test_a_table_cut_short_is_an_error_with_a_fix(tmp_path: Path) -> None:
    table = _table(tmp_path)
    write_table(table, pl.DataFrame({"document_id": ["a"], "reason": ["empty"]}))
    table.path.write_bytes(table.path.read_bytes()[:50])
    with pytest.raises(StageError, match="dvc repro -f ingest"):
        read_table(table)


def test_every_column_that_needs_words_has_them() -> None:
    assert len(TABLES) >= 20
    assert all(table.schema.__doc__ for table in TABLES)
