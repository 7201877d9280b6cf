"""A small project of one's own, for the commands that change the corpus."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, manifest, article and codings of the project in a folder in which we then are."""
    folder = tmp_path / "project"
    (folder / "corpus" / "inbox").mkdir(parents=True)
    shutil.copytree(PROJECT / "configs", folder / "configs")
    for name in ("article", "coding"):
        shutil.copytree(PROJECT / "corpus" / name, folder / "corpus" / name)
    shutil.copyfile(PROJECT / "corpus" / "manifest.csv", folder / "corpus" / "manifest.csv")
    shutil.copyfile(PROJECT / "dvc.yaml", folder / "dvc.yaml")
    monkeypatch.chdir(folder)
    return folder
