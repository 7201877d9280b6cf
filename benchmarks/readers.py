"""Seconds that the readers take: per Akoma Ntoso file and per PDF page, on one core.

With --many, also for 200 PDFs in two processes (those of the folder, again and again).

Example: python -m benchmarks.readers MIRROR --json readers.json
         python -m benchmarks.readers OLDER_REPORTS --many
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pypdfium2

from pipeline.ingest.readers import read_file
from pipeline.ingest.reading import UnreadableError
from pipeline.run.files import write_json
from pipeline.run.settings import IngestSettings, load_settings

MANY = 200
TARGETS = {"xml": "1,000 files in under 60 s", "pdf": "20 pages in under 3 s"}


def main() -> None:
    """Time every file of a folder once and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="holds .xml and .pdf files, at any depth")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    parser.add_argument("--every", type=int, default=1, help="take each n-th file only")
    parser.add_argument("--many", action="store_true", help="time 200 PDFs in two processes too")
    arguments = parser.parse_args()
    many = many_pdfs(sorted(arguments.folder.rglob("*.pdf"))) if arguments.many else None
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    figures = {
        suffix: measure(sorted(arguments.folder.rglob(f"*.{suffix}"))[:: arguments.every], suffix)
        for suffix in ("xml", "pdf")
    }
    print_table(figures)
    if many is not None:
        print(f"{MANY} PDFs in two processes: {many:.1f} s (aim: under 15 s)")
    if arguments.json:
        machine = platform.platform()
        write_json(arguments.json, {"machine": machine, **figures, "many_seconds": many})


def many_pdfs(files: Sequence[Path]) -> float:
    """Seconds for 200 PDFs in two processes that are already warm."""
    chosen = [files[index % len(files)] for index in range(MANY)]
    with ProcessPoolExecutor(max_workers=2) as pool:
        read = partial(_read, load_settings().ingest)
        list(pool.map(read, files[:4]))
        start = time.perf_counter()
        list(pool.map(read, chosen, chunksize=4))
        return round(time.perf_counter() - start, 2)


def _read(limits: IngestSettings, file: Path) -> None:
    with contextlib.suppress(UnreadableError):
        read_file(file.read_bytes(), "report", file.suffix, limits)


def measure(files: Sequence[Path], suffix: str) -> dict[str, float]:
    """Read each file once, after one to warm up; a file that is refused counts with its time."""
    limits = load_settings().ingest
    seconds, units = [], []
    for number, file in enumerate([*files[:1], *files]):
        content = file.read_bytes()
        start = time.perf_counter()
        with contextlib.suppress(UnreadableError):
            read_file(content, "other", file.suffix, limits)
        if number:
            seconds.append(time.perf_counter() - start)
            units.append(len(pypdfium2.PdfDocument(content)) if suffix == "pdf" else 1)
    if not seconds:
        return {"files": 0}
    rates = [second / unit for second, unit in zip(seconds, units, strict=True)]
    return {
        "files": len(files),
        "units": sum(units),
        "seconds": round(sum(seconds), 3),
        "mean_seconds_per_unit": round(sum(seconds) / sum(units), 5),
        "median_seconds_per_unit": round(statistics.median(rates), 5),
        "slowest_file_seconds": round(max(seconds), 3),
        "target_units": 1000 if suffix == "xml" else 20,
    }


def print_table(figures: dict[str, dict[str, float]]) -> None:
    """One row a format; a unit is a file (XML) or a page (PDF)."""
    print(
        f"{'format':8}{'files':>7}{'units':>7}{'seconds':>10}{'s/unit':>10}{'slowest':>10}  target"
    )
    for suffix, row in figures.items():
        if row["files"]:
            at_target = row["mean_seconds_per_unit"] * row["target_units"]
            print(
                f"{suffix:8}{row['files']:>7}{row['units']:>7}{row['seconds']:>10.2f}"
                f"{row['mean_seconds_per_unit']:>10.4f}{row['slowest_file_seconds']:>10.2f}"
                f"  {TARGETS[suffix]}: {at_target:.2f} s"
            )


if __name__ == "__main__":
    main()
