"""Kill -9 at random moments of `dvc repro` on a tiny project; the next run must mend all.

Each run begins with nothing made; it is killed with all that it started, files below outputs/ are
looked at, and a run to the end must give the bytes of an undisturbed one.

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

from benchmarks.figures import present
from tests.end_to_end.conftest import Project, make_project

REPRO = ("-m", "dvc", "repro")


def main() -> None:
    """Kill as often as wished and print what each moment met; exit code 1 when a byte differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--in-a-row", type=int, default=5, help="kills before a run to the end")
    wanted = parser.parse_args()
    moments = random.Random(wanted.seed)
    with tempfile.TemporaryDirectory() as name:
        whole = make_project(Path(name) / "whole")
        began = time.monotonic()
        _finish(whole)
        usual = time.monotonic() - began
        # what is computed once for all runs is not computed again after each kill
        seconds = [moments.uniform(0, usual) for _ in range(wanted.moments)]
        rows = []
        for start in range(0, len(seconds), wanted.in_a_row):
            rows += _round(whole, Path(name) / f"round-{start}", seconds[start:][: wanted.in_a_row])
    present("kill", rows, f"an undisturbed run took {usual:.0f} s")
    sys.exit(any(row["half-written"] or row["differs"] for row in rows))


def _round(whole: Project, folder: Path, seconds: list[float]) -> list[dict[str, str | int]]:
    """Several kills one after another, then a run to the end."""
    unmade = shutil.ignore_patterns("outputs", "dvc.lock", "cache", ".cache")
    shutil.copytree(whole.folder, folder, symlinks=True, ignore=unmade)
    project = Project(folder)
    rows: list[dict[str, str | int]] = []
    for moment in seconds:
        killed = project.kill_after(moment, *REPRO)
        row: dict[str, str | int] = {
            "killed after": f"{moment:.0f} s" if killed else "not: it had ended",
            "at work": _at_work(project),
            "half-written": len(project.half_written()),
            "differs": 0,
        }
        rows.append(row)
        print(", ".join(f"{name}: {value}" for name, value in row.items()), flush=True)
    _finish(project)
    made, expected = project.outputs(), whole.outputs()
    different = [name for name in made | expected if made.get(name) != expected.get(name)]
    for row in rows:
        row["differs"] = len(different)
    print(f"after {len(rows)} kills: differ: {different or 'none'}", flush=True)
    shutil.rmtree(folder)
    return rows


def _at_work(project: Project) -> str:
    log = (project.folder / "log.txt").read_text(encoding="utf-8", errors="replace")
    stages = [line for line in log.splitlines() if line.startswith("Running stage")]
    return stages[-1].split("'")[1] if stages else "before the first stage"


def _finish(project: Project) -> None:
    done = project.python(*REPRO)
    if done.returncode:
        sys.exit(f"a run to the end failed: {done.stderr[-3000:]}")


if __name__ == "__main__":
    main()
