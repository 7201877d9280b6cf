"""What one more report of 20 pages costs, up to a stage; and a run with nothing to do.

Works in a copy of the project whose core corpus has been run, so that nothing here is changed.

Up to the vectors it takes a minute to measure; up to the report a whole run comes first, so that
caches hold what that run left and no more.

Example: PEACETEXT_MIRROR=... python -m benchmarks.incremental --to report
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import polars as pl

from benchmarks.figures import present
from pipeline.run.files import text_hash

REPORT = Path("reports-pdf/S-2017-604.pdf")
"""20 pages, in the mirror, and in the profile full only."""

LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "__pycache__", ".*_cache", "tests", "tmp", "pytest-*"
)


def main() -> None:
    """Add the report, run to the stage, and count what was embedded."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--report", type=Path, help="a PDF that the core corpus does not have")
    parser.add_argument("--project", type=Path, default=Path(), help="with a finished run")
    parser.add_argument("--to", choices=("embed", "report"), default="embed")
    wanted = parser.parse_args()
    mirror = Path(os.environ.get("PEACETEXT_MIRROR", ""))
    report = (wanted.report or mirror / REPORT).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "project"
        shutil.copytree(wanted.project.resolve(), folder, symlinks=True, ignore=LEFT_OUT)
        (folder / ".dvc" / "config.local").write_text("[core]\n    no_scm = true\n")
        _forget(folder, report.stem.lower())
        _forget_results(folder / ".cache", keep_vectors=wanted.to == "embed")
        # now the caches know what the corpus holds and nothing else, but for vectors
        rows = [
            _timed("everything anew", folder, "-m", "dvc", "repro", "--force", wanted.to),
            _timed("nothing to do", folder, "-m", "dvc", "repro", wanted.to),
            _timed(
                "peacetext --help", folder, "-c", "from pipeline.cli import app; app(['--help'])"
            ),
        ]
        before = _passages(folder)
        if wanted.to == "embed":
            _keep_only(folder / ".cache", before["text"].to_list())
        rows.append(_timed("peacetext add", folder, "-c", _ADD, str(report)))
        rows.append(
            _timed("dvc repro embed, one report more", folder, "-m", "dvc", "repro", "embed")
        )
        said = re.findall(r"(\d+) texts not seen before", str(rows[-1]["said"]))
        if wanted.to != "embed":
            further = f"dvc repro {wanted.to}, from there"
            rows.append(_timed(further, folder, "-m", "dvc", "repro", wanted.to))
        new = _passages(folder).join(before, on="passage_id", how="anti")
    for row in rows:
        row.pop("said", None)
    documents = new["document_id"].unique().to_list()
    note = (
        f"{report.name}: {new.height} new passages, all of {', '.join(documents)}; "
        f"{new['text'].n_unique()} different texts, {said[0] if said else '?'} embedded"
    )
    present("incremental", rows, note)


def _forget(folder: Path, document_id: str) -> None:
    """Take the report's row out of the manifest, where another profile has it."""
    manifest = folder / "corpus" / "manifest.csv"
    lines = manifest.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(f"{document_id},")]
    manifest.write_text("".join(kept), encoding="utf-8")


def _forget_results(cache: Path, *, keep_vectors: bool) -> None:
    """Delete every cache, or all but that of the vectors, which takes minutes to fill again."""
    for file in cache.glob("*.sqlite"):
        if not (keep_vectors and file.name.startswith("vectors-")):
            file.unlink()


def _keep_only(cache: Path, texts: list[str]) -> None:
    """Take out of the vector cache what another run may have put there."""
    kept = {text_hash(text) for text in texts}
    for file in cache.glob("vectors-*.sqlite"):
        with closing(sqlite3.connect(file)) as connection, connection:
            rows = connection.execute("SELECT hash FROM entries").fetchall()
            others = [row for row in rows if row[0] not in kept]
            connection.executemany("DELETE FROM entries WHERE hash = ?", others)


_ADD = "import sys; from pipeline.cli import app; app(['add', sys.argv[1]])"


def _passages(folder: Path) -> pl.DataFrame:
    file = folder / "outputs" / "segment" / "passages.parquet"
    return pl.read_parquet(file, columns=["passage_id", "document_id", "text"])


def _timed(name: str, folder: Path, *arguments: str) -> dict[str, str | float]:
    wall, used = time.perf_counter(), os.times()
    said = _run(folder, *arguments)
    now = os.times()
    processor = now.children_user + now.children_system - used.children_user - used.children_system
    return {
        "what": name,
        "seconds": time.perf_counter() - wall,
        "processor seconds": processor,
        "said": said,
    }


def _run(folder: Path, *arguments: str) -> str:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder),
        "PEACETEXT_CACHE": ".cache",
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # modules are compiled once, as usual
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed: {done.stderr[-3000:]}")
    return done.stdout + done.stderr


if __name__ == "__main__":
    main()
