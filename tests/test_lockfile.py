"""A run that is killed while DVC writes dvc.lock stops no later run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from pipeline.lockfile import KEPT_LOCKFILE, LOCKFILE, mend_lockfile

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
    LOCKFILE.write_bytes(WHOLE)
    mend_lockfile()
    for n_bytes in range(0, len(WHOLE) - 1, 7):
        LOCKFILE.write_bytes(WHOLE[:n_bytes])
        mend_lockfile()
        stages = yaml.safe_load(LOCKFILE.read_bytes())["stages"]
        assert list(stages) == list(NAMES), n_bytes
        # only the last stage may lack its end, where the cut lies between two of its lines
        assert [stages[name] for name in NAMES[:-1]] == [
            yaml.safe_load(WHOLE)["stages"][name] for name in NAMES[:-1]
        ], n_bytes
        KEPT_LOCKFILE.write_bytes(WHOLE)
    assert "the last whole one is put back" in capsys.readouterr().err


@pytest.mark.parametrize("n_bytes", [0, 10])
def test_without_a_whole_copy_the_stages_begin_again(
    n_bytes: int, capsys: pytest.CaptureFixture[str]
) -> None:
    LOCKFILE.write_bytes(WHOLE[:n_bytes])
    mend_lockfile()
    assert not LOCKFILE.exists()
    assert "every stage runs again" in capsys.readouterr().err


def test_a_cut_off_one_never_takes_the_place_of_the_copy() -> None:
    LOCKFILE.write_bytes(WHOLE)
    mend_lockfile()
    LOCKFILE.write_bytes(_lock(NAMES[:2]))
    mend_lockfile()
    assert LOCKFILE.read_bytes() == KEPT_LOCKFILE.read_bytes() == WHOLE


def test_a_stage_that_the_pipeline_has_no_more_is_not_asked_for() -> None:
    LOCKFILE.write_bytes(_lock((*NAMES, "bygone")))
    mend_lockfile()
    LOCKFILE.write_bytes(WHOLE)
    mend_lockfile()
    assert LOCKFILE.read_bytes() == KEPT_LOCKFILE.read_bytes() == WHOLE


def test_what_git_could_not_merge_and_no_file_at_all_are_left_as_they_are() -> None:
    conflict = b"<<<<<<< HEAD\n" + WHOLE
    LOCKFILE.write_bytes(conflict)
    mend_lockfile()
    assert LOCKFILE.read_bytes() == conflict
    LOCKFILE.unlink()
    mend_lockfile()
    assert not LOCKFILE.exists()
