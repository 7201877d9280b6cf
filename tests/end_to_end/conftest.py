"""A whole project in a temporary folder: the article and two small documents, no network."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.run.files import sha256_of

PROJECT = Path(__file__).parents[2]
DOCUMENTS = PROJECT / "tests" / "ingest" / "documents"
SMALL = {
    "S-RES-9001-2031.xml": ("S/RES/9001 (2031)", "resolution", "2031-03-14"),
    "S-RES-9002-2031.xml": ("S/RES/9002 (2031)", "resolution", "2031-06-30"),
    "S-PRST-9031-1.xml": ("S/PRST/9031/1", "presidential_statement", "2031-05-05"),
}
SMALLER = {
    "fits: 700": "fits: 100",
    "  folds: 5": "  folds: 3",
    "bootstrap: 1000": "bootstrap: 100",
    "permutations: 1000": "permutations: 100",
}
"""Settings that a small corpus needs no more of."""
_STAGES_IN_TURN = """
import runpy
for name in "acquire ingest segment embed topics themes compare export report".split():
    runpy.run_module(f"pipeline.{name}", run_name="__main__")
"""
_LEFT_OUT = shutil.ignore_patterns(
    ".git",
    ".venv",
    ".cache",
    ".hypothesis",
    "un",
    "__pycache__",
    ".*_cache",
    "tests",
    "tmp",
    "cache",
)


@dataclass(frozen=True)
class Project:
    """A copy of the project in a folder of its own."""

    folder: Path

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run python with arguments in the project, without mirror, and wait."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
        """The same without waiting, with more environment variables."""
        with (self.folder / "log.txt").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, *arguments],
                cwd=self.folder,
                env=self.environment | variables,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill_after(self, seconds: float, *arguments: str) -> bool:
        """Start, then kill -9 with all that was started; False when it had ended before."""
        process = self.start(*arguments)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return True
        return False

    def half_written(self) -> list[str]:
        """Files below outputs/ that a reader would take for whole and cannot read."""
        return [name for name, content in self.outputs().items() if not _is_whole(name, content)]

    @property
    def environment(self) -> dict[str, str]:
        """No mirror, a cache of its own, and this Python first in the path."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        cache = str(self.folder / ".cache")
        kept = {name: value for name, value in os.environ.items() if name != "PEACETEXT_MIRROR"}
        # two projects run side by side, and other tests beside them
        return {**kept, "PATH": path, "PEACETEXT_CACHE": cache, "OMP_NUM_THREADS": "1"}

    def outputs(self) -> dict[str, bytes]:
        """Every file below outputs/, by name."""
        files = sorted((self.folder / "outputs").rglob("*"))
        return {
            str(file.relative_to(self.folder)): file.read_bytes()
            for file in files
            if file.is_file()
        }

    def manifest_rows(self) -> list[dict[str, str]]:
        """The rows of corpus/manifest.csv."""
        with (self.folder / "corpus" / "manifest.csv").open(
            encoding="utf-8-sig", newline=""
        ) as file:
            return list(csv.DictReader(file))

    def write_manifest(self, rows: list[dict[str, str]]) -> None:
        """Write rows to corpus/manifest.csv."""
        path = self.folder / "corpus" / "manifest.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def add_document(self, name: str) -> None:
        """Put a small document into the inbox and its row into the manifest."""
        symbol, kind, date = SMALL[name]
        place = self.folder / "corpus" / "inbox" / name
        shutil.copyfile(DOCUMENTS / name, place)
        row = {
            "document_id": place.stem.lower(),
            "symbol": symbol,
            "kind": kind,
            "title": f"{symbol}, written for the tests",
            "date": date,
            "missions": "MINUSMA",
            "themes": "mission_mandate",
            "profiles": "core;full",
            "required": "yes",
            "path": f"inbox/{name}",
            "source_url": "",
            "sha256": sha256_of(place),
            "licence": "MIT",
        }
        self.write_manifest([*self.manifest_rows(), row])


def replace_in(file: Path, words: Mapping[str, str]) -> None:
    """Put other words in the place of some, each wherever it stands."""
    text = file.read_text(encoding="utf-8")
    for old, new in words.items():
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


def _is_whole(name: str, content: bytes) -> bool:
    file, suffix = io.BytesIO(content), Path(name).suffix
    try:
        if suffix == ".parquet":
            pl.read_parquet(file)
        elif suffix == ".npy":
            np.load(file, allow_pickle=False)
        elif suffix == ".json":
            json.loads(content)
        elif suffix == ".html":
            return content.rstrip().endswith(b"</html>")
    except (pl.exceptions.PolarsError, ValueError, EOFError):
        return False
    return True


def make_project(folder: Path) -> Project:
    """Copy the project; the core profile is the article and two small resolutions."""
    shutil.copytree(PROJECT, folder, ignore=_LEFT_OUT, symlinks=True)
    shutil.rmtree(folder / "outputs")
    (folder / "dvc.lock").unlink(missing_ok=True)
    (folder / ".dvc" / "config.local").write_text("[core]\n    no_scm = true\n")
    project = Project(folder)
    rows = project.manifest_rows()
    for row in rows:
        if row["kind"] != "article":
            row["profiles"] = row["profiles"].replace("core;full", "full")
    project.write_manifest(rows)
    replace_in(folder / "configs" / "params.yaml", SMALLER)
    project.add_document("S-RES-9001-2031.xml")
    project.add_document("S-PRST-9031-1.xml")
    return project


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Project]:
    """Two copies in which everything was made, side by side.

    In the first by `dvc repro`, in the second by one process without others to help it.
    """
    folder = tmp_path_factory.mktemp("projects")
    projects = (make_project(folder / "one"), make_project(folder / "two"))
    commands = (("-m", "dvc", "repro"), ("-c", _STAGES_IN_TURN))
    helpers = ({"LOKY_MAX_CPU_COUNT": "2"}, {"LOKY_MAX_CPU_COUNT": "1"})
    running = [
        project.start(*command, **more)
        for project, command, more in zip(projects, commands, helpers, strict=True)
    ]
    codes = [process.wait() for process in running]
    for project, code in zip(projects, codes, strict=True):
        assert code == 0, (project.folder / "log.txt").read_text()[-4000:]
    return projects
