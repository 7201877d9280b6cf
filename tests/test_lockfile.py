"""A run that is killed while DVC writes its own files stops no later run."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from dvc.lock import Lock

from pipeline.commands.running import (
    BUSY_PATHS,
    KEPT_LOCKFILE,
    LOCKFILE,
    PIPELINE,
    REPOSITORY_LOCK,
    fix_busy_paths,
    fix_lockfile,
    run,
)
from pipeline.run.errors import StageError

ROOT = Path.cwd()
NAMES = ("acquire", "ingest", "segment", "embed")


def _lock(names: tuple[str, ...]) -> bytes:
    """As DVC writes it after these stages."""
    stages = {
        name: {
            "cmd": f"python -m pipeline.{name}",
            "deps": [{"path": "configs/missions.yaml", "hash": "md5", "md5": "0" * 32, "size": 9}],
            "outs": [{"path": f"outputs/{name}/x", "hash": "md5", "md5": "1" * 32, "size": 5}],
        }
        for name in names
    }
    return yaml.safe_dump({"schema": "2.0", "stages": stages}, sort_keys=False).encode()


WHOLE = _lock(NAMES)


@pytest.fixture(autouse=True)
def _in_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copyfile(ROOT / "dvc.yaml", tmp_path / "dvc.yaml")
    monkeypatch.chdir(tmp_path)


def test_wherever_it_was_cut_off_no_stage_is_forgotten(capsys: pytest.CaptureFixture[str]) -> None:
    stages_of_pipeline = {name: {"cmd": f"python -m pipeline.{name}"} for name in NAMES}
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": stages_of_pipeline}))
    LOCKFILE.write_bytes(WHOLE)
    fix_lockfile()
    begun = yaml.safe_load(WHOLE)["stages"]
    for n_bytes in range(0, len(WHOLE) - 1, 7):
        LOCKFILE.write_bytes(WHOLE[:n_bytes])
        fix_lockfile()
        stages = yaml.safe_load(LOCKFILE.read_bytes())["stages"]
        assert list(stages) == list(NAMES), n_bytes
        # only the last stage may lack its end, where the cut lies between two of its lines
        assert [stages[name] for name in NAMES[:-1]] == [begun[name] for name in NAMES[:-1]], (
            n_bytes
        )
        KEPT_LOCKFILE.write_bytes(WHOLE)
    assert "the last whole one is put back" in capsys.readouterr().err


@pytest.mark.parametrize("n_bytes", [0, 10])
def test_without_a_whole_copy_the_stages_begin_again(
    n_bytes: int, capsys: pytest.CaptureFixture[str]
) -> None:
    LOCKFILE.write_bytes(WHOLE[:n_bytes])
    fix_lockfile()
    assert not LOCKFILE.exists()
    assert "every stage runs again" in capsys.readouterr().err


def test_a_cut_off_one_never_takes_the_place_of_the_copy() -> None:
    LOCKFILE.write_bytes(WHOLE)
    fix_lockfile()
    LOCKFILE.write_bytes(_lock(NAMES[:2]))
    fix_lockfile()
    assert LOCKFILE.read_bytes() == KEPT_LOCKFILE.read_bytes() == WHOLE


def test_a_stage_that_the_pipeline_has_no_more_is_not_asked_for() -> None:
    LOCKFILE.write_bytes(_lock((*NAMES, "bygone")))
    fix_lockfile()
    LOCKFILE.write_bytes(WHOLE)
    fix_lockfile()
    assert LOCKFILE.read_bytes() == KEPT_LOCKFILE.read_bytes() == WHOLE


def test_what_git_could_not_merge_and_no_file_at_all_are_left_as_they_are() -> None:
    conflict = b"<<<<<<< HEAD\n" + WHOLE
    LOCKFILE.write_bytes(conflict)
    fix_lockfile()
    assert LOCKFILE.read_bytes() == conflict
    LOCKFILE.unlink()
    fix_lockfile()
    assert not LOCKFILE.exists()


BUSY = b'{"write": {"/one": {"pid": 12, "cmd": "dvc repro"}}, "read": {}}'


def _dvc(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dvc", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_dvc_runs_again_after_its_list_of_busy_paths_was_cut_off() -> None:
    _dvc("init", "--no-scm")
    PIPELINE.write_text(yaml.safe_dump({"stages": {"one": {"cmd": "echo done"}}}))
    BUSY_PATHS.write_bytes(BUSY[:9])
    assert "corrupted" in _dvc("repro").stderr
    fix_busy_paths()
    done = _dvc("repro")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("content", [b"", BUSY[:9], BUSY[:-1], b"[]", b'{"a": {}}', b"[" * 100_000])
def test_a_cut_off_list_of_busy_paths_is_taken_away(
    content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    BUSY_PATHS.parent.mkdir(parents=True)
    BUSY_PATHS.write_bytes(content)
    fix_busy_paths()
    assert not BUSY_PATHS.exists()
    assert "it was removed" in capsys.readouterr().err


def test_a_list_of_busy_paths_that_is_whole_or_being_written_is_left() -> None:
    BUSY_PATHS.parent.mkdir(parents=True)
    BUSY_PATHS.write_bytes(BUSY)
    fix_busy_paths()
    assert BUSY_PATHS.read_bytes() == BUSY
    BUSY_PATHS.write_bytes(b"")
    with (
        Lock(str(BUSY_PATHS.with_suffix(".lock"))),
        pytest.raises(StageError, match="being written by another run; it is left as it is"),
    ):
        fix_busy_paths()
    assert BUSY_PATHS.exists()


def test_a_lock_file_that_a_run_is_writing_is_left() -> None:
    # given a whole one that is known, and a run that has written a part of the next
    LOCKFILE.write_bytes(WHOLE)
    fix_lockfile()
    LOCKFILE.write_bytes(WHOLE[:100])
    REPOSITORY_LOCK.parent.mkdir(parents=True)
    # when it is to be fixed while that run holds its lock
    with Lock(str(REPOSITORY_LOCK)), pytest.raises(StageError, match="left as it is"):
        fix_lockfile()
    # then it is left to the run, and fixed when the run is gone
    assert LOCKFILE.read_bytes() == WHOLE[:100]
    fix_lockfile()
    assert LOCKFILE.read_bytes() == WHOLE


def test_a_disk_that_cannot_be_written_is_said_in_a_line_and_make_goes_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(file))

    monkeypatch.setattr("pipeline.commands.running.write_bytes", full)
    monkeypatch.setattr("pipeline.commands.running.is_pending", lambda: False)
    LOCKFILE.write_bytes(WHOLE)
    _dvc("init", "--no-scm")
    PIPELINE.write_text(yaml.safe_dump({"stages": {"one": {"cmd": "echo done"}}}))
    assert run() == 0
    assert "No space left on device; what was made before is kept" in capsys.readouterr().err
