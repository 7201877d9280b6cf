"""Kill -9 at random moments of a run as make does it, on a tiny project; the next must fix all.

A run is killed with all that it started, files below outputs/ are looked at, and the next run goes
on from there until it is killed too; the last of a row must end with the bytes of an undisturbed
run.

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

RUN = ("-m", "pipeline.commands.running")
"""As make does it, in the environment."""


def main() -> None:
    """Kill as often as wished and print what each moment met; exit code 1 when a byte differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--in-a-row", type=int, default=5, help="kills before a run may end")
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
            most = min(wanted.in_a_row, wanted.moments - len(rows))
            within = 2 * usual / most
            rows += _round(
                whole, Path(name) / "killed", [moments.uniform(0, within) for _ in range(most)]
            )
    present("kill", rows, f"an undisturbed run took {usual:.0f} s")
    sys.exit(any(row["half-written"] or row["differs"] for row in rows))


def _round(whole: Project, folder: Path, seconds: list[float]) -> list[Row]:
    """Kill one run after the other, each going on where the last was killed, then let one end."""
    unmade = shutil.ignore_patterns("outputs", "dvc.lock", "cache", ".cache")
    shutil.copytree(whole.folder, folder, symlinks=True, ignore=unmade)
    project = Project(folder)
    rows: list[Row] = []
    for moment in seconds:
        if not project.kill_after(moment, *RUN):
            break  # it had ended before
        rows.append(
            {
                "killed after": f"{moment:.1f} s",
                "at work": _at_work(project),
                "half-written": len(project.half_written()),
            }
        )
    _finish(project)
    made, expected = project.outputs(), whole.outputs()
    different = [name for name in made | expected if made.get(name) != expected.get(name)]
    shutil.rmtree(folder)
    rows = [{**row, "differs": len(different)} for row in rows]
    for row in rows:
        print(", ".join(f"{name}: {value}" for name, value in row.items()), *different, flush=True)
    return rows


def _at_work(project: Project) -> str:
    log = (project.folder / "log.txt").read_text(encoding="utf-8", errors="replace")
    stages = [line for line in log.splitlines() if line.startswith("Running stage")]
    return stages[-1].split("'")[1] if stages else "before the first stage"


def _finish(project: Project) -> None:
    done = project.python(*RUN)
    if done.returncode:
        sys.exit(f"{' '.join(RUN)} failed: {done.stderr[-3000:]}")


if __name__ == "__main__":
    main()
