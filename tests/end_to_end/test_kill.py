"""A run that is killed at any moment loses nothing, and the next one finishes its work."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Project

pytestmark = pytest.mark.slow

Finished = tuple[Project, Project]
_KILLS = 3
_STAGES = ("acquire", "ingest", "segment", "embed")


def _first_stages(project: Project) -> dict[str, bytes]:
    made = project.outputs()
    return {name: made[name] for name in made if name.split("/")[1] in _STAGES}


@pytest.fixture
def unmade(finished: Finished, tmp_path: Path) -> Project:
    """The project of the finished run before anything was made."""
    left_out = shutil.ignore_patterns("outputs", "dvc.lock", "cache", ".cache")
    shutil.copytree(finished[0].folder, tmp_path / "project", symlinks=True, ignore=left_out)
    return Project(tmp_path / "project")


def test_a_run_killed_at_random_moments_ends_with_the_bytes_of_an_undisturbed_one(
    unmade: Project, finished: Finished
) -> None:
    moments = random.Random(8)
    arguments = ("-m", "dvc", "repro", "embed")
    # given runs that are killed ever later, so that stages are met at work
    started = time.monotonic()
    assert unmade.python("-m", "dvc", "repro", "ingest").returncode == 0
    usual = time.monotonic() - started
    latest, killed = 1.2 * usual, []
    for _ in range(_KILLS):
        killed.append(unmade.kill_after(moments.uniform(0.2 * latest, latest), *arguments))
        assert unmade.half_written() == []
        latest /= 1 if killed[-1] else 2  # the machine may have been slower before
    assert any(killed)
    # when one runs to its end, after what make fixes before
    fix = "from pipeline.commands.running import *; fix_lockfile(); fix_busy_paths()"
    assert unmade.python("-c", fix).returncode == 0
    done = unmade.python(*arguments)
    # then it is as if nothing had happened, and nothing is left lying about
    assert done.returncode == 0, done.stderr[-2000:]
    assert _first_stages(unmade) == _first_stages(finished[0])


def test_what_a_killed_write_left_is_cleared_away(finished: Finished, tmp_path: Path) -> None:
    shutil.copytree(finished[0].folder, tmp_path / "project", symlinks=True)
    project = Project(tmp_path / "project")
    part = project.folder / "outputs" / "segment" / ".passages.parquet.abc.part"
    part.write_bytes(b"half")
    assert project.python("-m", "pipeline.segment").returncode == 0
    assert not part.exists()
    assert project.outputs() == finished[0].outputs()


def test_a_table_that_outgrows_the_disk_leaves_the_old_one(
    finished: Finished, tmp_path: Path
) -> None:
    shutil.copytree(finished[0].folder, tmp_path / "project", symlinks=True)
    project = Project(tmp_path / "project")
    size = (project.folder / "outputs/segment/passages.parquet").stat().st_size // 2
    done = project.python(
        "-c",
        f"import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}));"
        "runpy.run_module('pipeline.segment', run_name='__main__')",
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].endswith("what was made before is kept")
    assert project.outputs() == finished[0].outputs()


def test_two_runs_of_the_whole_at_once_do_not_write_over_one_another(
    finished: Finished, tmp_path: Path
) -> None:
    shutil.copytree(finished[0].folder, tmp_path / "project", symlinks=True)
    project = Project(tmp_path / "project")
    command = ("-m", "dvc", "repro", "--force", "segment")
    first = project.start(*command)
    second = project.python(*command)
    # one or both finish; who did not says why
    codes = {first.wait(), second.returncode}
    assert 0 in codes
    if codes != {0}:
        said = (project.folder / "log.txt").read_text() + second.stderr + second.stdout
        assert "busy" in said or "another run" in said or "lock" in said.lower()
    assert project.outputs() == finished[0].outputs()
