"""Two runs never write the same files, and a disk that refuses costs nothing that was there."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from pathlib import Path

import polars as pl
import pytest

from pipeline.run import stage
from pipeline.run.errors import StageError
from pipeline.run.stage import Memory, free_memory, only_run, run_stage
from pipeline.run.tables.table import Table, write_table
from pipeline.run.tables.texts import SetAside

TABLE = Table(Path("outputs/ingest/set_aside.parquet"), SetAside)
ROW = {"document_id": ["a"], "reason": ["empty"]}


@pytest.fixture(autouse=True)
def _in_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["python -m pipeline.ingest"])


def _write() -> None:
    write_table(TABLE, pl.DataFrame(ROW))


def test_a_second_run_of_a_stage_refuses_in_one_line_and_writes_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with only_run("ingest"), pytest.raises(SystemExit) as left:
        run_stage("ingest", "", _write)
    assert left.value.code == 1
    assert "ingest: another run is writing the same files; wait" in capsys.readouterr().err
    assert not TABLE.path.exists()
    # when the first has ended, or when another stage runs, nothing is in the way
    run_stage("ingest", "", _write)
    with only_run("segment"):
        run_stage("ingest", "", _write)
    assert TABLE.path.exists()


def test_the_lock_of_a_run_that_was_killed_holds_nobody_up() -> None:
    child = os.fork()
    if child == 0:
        with only_run("ingest"):
            os._exit(0)  # no clean-up, as after kill -9
    os.waitpid(child, 0)
    run_stage("ingest", "", _write)
    assert TABLE.path.exists()


def test_a_second_run_gives_up_only_after_its_patience() -> None:
    with only_run("manifest"), pytest.raises(StageError), only_run("manifest", 0.2):
        raise AssertionError("two hold the lock")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "No space left on device"),
        (errno.EROFS, "Read-only file system"),
        (errno.EACCES, "Permission denied"),
    ],
)
def test_a_disk_that_refuses_is_one_line_and_the_old_table_stays(
    number: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # given a table of an earlier run
    _write()
    before = TABLE.path.read_bytes()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), "outputs/ingest")

    # when the file cannot be made, or not be finished
    for module, name in ((tempfile, "mkstemp"), (os, "fsync")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, refuse)
            with pytest.raises(SystemExit) as left:
                run_stage("ingest", "", lambda: write_table(TABLE, pl.DataFrame(ROW).clear()))
        assert left.value.code == 1
        assert f"ingest: outputs/ingest: {said}; what was made before is kept" in (
            capsys.readouterr().err
        )
    # then the old table is there and nothing beside it
    assert TABLE.path.read_bytes() == before
    assert list(TABLE.path.parent.iterdir()) == [TABLE.path]


def test_another_error_of_the_system_is_not_mistaken_for_the_disk() -> None:
    with pytest.raises(FileNotFoundError):
        run_stage("ingest", "", lambda: Path("nowhere").read_bytes() and None)


def _with_memory(monkeypatch: pytest.MonkeyPatch, free: int, whole: int) -> Memory:
    """A stage of a table of 1,000 rows that takes 2 MB for them, and 1 MB besides."""
    pl.DataFrame({"row": range(1000)}).write_parquet("passages.parquet")
    monkeypatch.setattr(stage, "free_memory", lambda: (free, whole))
    return Memory(a_row=2_000, besides=1_000_000, table=Path("passages.parquet"))


def test_a_stage_says_before_it_begins_that_memory_will_not_do_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    memory = _with_memory(monkeypatch, free=2_900_000, whole=4_000_000)
    run_stage("ingest", "", _write, memory)
    said = capsys.readouterr().err
    assert "ingest: 1,000 passages will take about 0.0 GB of memory" in said
    assert "read fewer documents" in said
    assert TABLE.path.exists()


def test_a_stage_with_memory_enough_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_stage("ingest", "", _write, _with_memory(monkeypatch, 3_100_000, 4_000_000))
    assert "memory" not in capsys.readouterr().err


def test_a_stage_that_needs_twice_the_machine_does_not_begin(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    memory = _with_memory(monkeypatch, free=900_000, whole=1_400_000)
    with pytest.raises(SystemExit) as left:
        run_stage("ingest", "", _write, memory)
    assert left.value.code == 1
    assert "larger machine" in capsys.readouterr().err
    assert not TABLE.path.exists()


def test_memory_is_that_of_the_container_where_it_has_less_than_the_machine(
    tmp_path: Path,
) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text(
        "MemTotal: 16000 kB\nMemFree: 1000 kB\nMemAvailable: 9000 kB\nSwapTotal: 2000 kB\n"
    )
    assert free_memory(tmp_path) == (9_216_000, 18_432_000)
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    limit = tmp_path / "sys/fs/cgroup/memory.max"
    limit.write_text("max\n")
    assert free_memory(tmp_path) == (9_216_000, 18_432_000)
    limit.write_text("4000000\n")
    assert free_memory(tmp_path) == (4_000_000, 4_000_000)
    assert free_memory(tmp_path / "no linux") is None
