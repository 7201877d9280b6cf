"""Wall time and peak memory of the stages beside a plain script on the same passages.

Stages run one after another in a copy of the project with an empty vector cache. The plain script
does a part of what they do: no intervals, no refits, no comparison, no page.

Example: PEACETEXT_MIRROR=... python -m benchmarks.whole_run
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.figures import present
from benchmarks.incremental import LEFT_OUT

STAGES = tuple("acquire ingest segment embed topics themes compare export report".split())
_PEEK = 0.1
_MEGABYTE = 1_000_000


def main() -> None:
    """Run the plain script, then the stages, and print both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--project", type=Path, default=Path(), help="with a finished run")
    parser.add_argument("--stages", nargs="*", default=STAGES, choices=STAGES)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "project"
        shutil.copytree(wanted.project.resolve(), folder, symlinks=True, ignore=LEFT_OUT)
        cache = Path(name) / "cache"
        passages = "outputs/segment/passages.parquet"
        rows = [measured("plain script", folder, cache, "-m", "benchmarks.plain_script", passages)]
        rows += [
            measured(stage, folder, cache, "-m", f"pipeline.{stage}") for stage in wanted.stages
        ]
        rows.append(measured("topics again", folder, cache, "-m", "pipeline.topics"))
    total = {
        "what": "all stages",
        "seconds": sum(float(row["seconds"]) for row in rows[1:-1]),
        "processor seconds": sum(float(row["processor seconds"]) for row in rows[1:-1]),
        "peak MB": max(int(row["peak MB"]) for row in rows[1:-1]),
    }
    present("whole-run", [*rows, total])


def measured(what: str, folder: Path, cache: Path, *arguments: str) -> dict[str, str | float]:
    """Run python with arguments in a folder and look at it every tenth of a second."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PEACETEXT_CACHE": str(cache)}
    began, before = time.perf_counter(), os.times()
    log = folder / f"{what.replace(' ', '-')}.log"
    with log.open("wb") as target:
        process = psutil.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env=environment,
            stdout=target,
            stderr=subprocess.STDOUT,
        )
        peak = 0
        while process.poll() is None:
            peak = max(peak, _memory(process))
            time.sleep(_PEEK)
    after = os.times()
    if process.returncode:
        sys.exit(f"{what} failed: {log.read_text(encoding='utf-8')[-3000:]}")
    return {
        "what": what,
        "seconds": time.perf_counter() - began,
        "processor seconds": after.children_user + after.children_system
        - before.children_user - before.children_system,
        "peak MB": peak // _MEGABYTE,
    }  # fmt: skip


def _memory(process: psutil.Popen) -> int:
    """Bytes in memory of a process and all that it started."""
    try:
        near_duplicates = [process, *process.children(recursive=True)]
        return sum(one.memory_info().rss for one in near_duplicates)
    except psutil.NoSuchProcess:
        return 0


if __name__ == "__main__":
    main()
