"""A run that is killed while DVC writes dvc.lock stops no later run."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pipeline.lockfile import mend_lockfile
from pipeline.stage import KEPT_LOCKFILE, LOCKFILE, run_stage

WHOLE = Path("dvc.lock").read_bytes()


@pytest.fixture(autouse=True)
def _in_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["acquire"])
    LOCKFILE.write_bytes(WHOLE)
    run_stage("acquire", "Does nothing here.", lambda: None)


@pytest.mark.parametrize("n_bytes", [0, 1, 10, 200, 1000, 5000, len(WHOLE) - 40])
def test_what_was_cut_off_is_put_back(n_bytes: int, capsys: pytest.CaptureFixture[str]) -> None:
    LOCKFILE.write_bytes(WHOLE[:n_bytes])
    mend_lockfile()
    # DVC reads what is there: all stages, or a part that ends between two values
    stages = yaml.safe_load(LOCKFILE.read_bytes())["stages"]
    assert all(stage["cmd"].startswith("python -m pipeline.") for stage in stages.values())
    if LOCKFILE.read_bytes() != WHOLE[:n_bytes]:
        assert LOCKFILE.read_bytes() == WHOLE
        assert "put back" in capsys.readouterr().err


def test_without_a_whole_copy_the_stages_begin_again(capsys: pytest.CaptureFixture[str]) -> None:
    LOCKFILE.write_bytes(WHOLE[:10])
    KEPT_LOCKFILE.write_bytes(WHOLE[:5])
    mend_lockfile()
    assert not LOCKFILE.exists()
    assert "every stage runs again" in capsys.readouterr().err


def test_a_whole_one_and_one_that_git_could_not_merge_are_left_as_they_are() -> None:
    for content in (WHOLE, b"<<<<<<< HEAD\n" + WHOLE):
        LOCKFILE.write_bytes(content)
        mend_lockfile()
        assert LOCKFILE.read_bytes() == content
    LOCKFILE.unlink()
    mend_lockfile()
    assert not LOCKFILE.exists()
