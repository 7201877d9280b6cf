"""Kill -9 at random moments of `dvc repro` on a tiny project; the next run must mend all.

Each time begins with nothing made. The run is killed with all that it started, the files below
outputs/ are looked at, and the next run must end with the bytes of an undisturbed one.

Example: python -m benchmarks.kill --moments 20
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Row, present
from tests.end_to_end.conftest import Project, make_project

REPRO = ("-m", "dvc", "repro")
MEND = ("-m", "pipeline.lockfile")
"""As make does before dvc repro."""


def main() -> None:
    """Kill as often as wished and print what each moment met; exit code 1 when a byte differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--seed", type=int, default=8)
    wanted = parser.parse_args()
    moments = random.Random(wanted.seed)
    with tempfile.TemporaryDirectory() as name:
        whole = make_project(Path(name) / "whole")
        began = time.monotonic()
        _finish(whole)
        usual = time.monotonic() - began
        rows: list[Row] = []
        while len(rows) < wanted.moments:
            row = _killed(whole, Path(name) / "killed", moments.uniform(0, usual))
            rows += [row] if row else []
    present("kill", rows, f"an undisturbed run took {usual:.0f} s")
    sys.exit(any(row["half-written"] or row["differs"] for row in rows))


def _killed(whole: Project, folder: Path, moment: float) -> Row | None:
    """One kill and the run after it; None when the run had ended before."""
    unmade = shutil.ignore_patterns("outputs", "dvc.lock", "cache", ".cache")
    shutil.copytree(whole.folder, folder, symlinks=True, ignore=unmade)
    project = Project(folder)
    if not project.kill_after(moment, *REPRO):
        shutil.rmtree(folder)
        return None
    at_work, half_written = _at_work(project), project.half_written()
    began = time.monotonic()
    _finish(project)
    made, expected = project.outputs(), whole.outputs()
    different = [name for name in made | expected if made.get(name) != expected.get(name)]
    shutil.rmtree(folder)
    row: Row = {
        "killed after": f"{moment:.0f} s",
        "at work": at_work,
        "half-written": len(half_written),
        "the next run took": f"{time.monotonic() - began:.0f} s",
        "differs": len(different),
    }
    print(", ".join(f"{name}: {value}" for name, value in row.items()), *different, flush=True)
    return row


def _at_work(project: Project) -> str:
    log = (project.folder / "log.txt").read_text(encoding="utf-8", errors="replace")
    stages = [line for line in log.splitlines() if line.startswith("Running stage")]
    return stages[-1].split("'")[1] if stages else "before the first stage"


def _finish(project: Project) -> None:
    for command in (MEND, REPRO):
        done = project.python(*command)
        if done.returncode:
            sys.exit(f"a run to the end failed: {done.stderr[-3000:]}")


if __name__ == "__main__":
    main()
