"""What tests of several stages share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder with the real UN documents; tests that ask for it are skipped without it."""
    name = os.environ.get("PEACETEXT_MIRROR", "")
    if not name:
        pytest.skip("PEACETEXT_MIRROR is not set: this test reads the real UN documents")
    folder = Path(name).expanduser()
    if not folder.is_dir():
        pytest.skip("PEACETEXT_MIRROR is not a folder: this test reads the real UN documents")
    return folder


@pytest.fixture(scope="session")
def pact() -> Path:
    """The folder of the PACT benchmark (hand-coded reports); without it, tests are skipped.

    PEACETEXT_PACT names it; else it is looked for beside the mirror and in ../shared.
    """
    named = os.environ.get("PEACETEXT_PACT", "")
    mirror = os.environ.get("PEACETEXT_MIRROR", "")
    beside = [Path(mirror).expanduser().parent] if mirror else []
    usual = [folder / "pact" for folder in (*beside, Path(__file__).parents[2] / "shared")]
    for folder in [Path(named).expanduser()] if named else usual:
        if (folder / "codes.csv").is_file():
            return folder
    if named:
        pytest.skip("PEACETEXT_PACT holds no codes.csv: this test reads the PACT reports")
    pytest.skip("PEACETEXT_PACT is not set: this test reads the PACT reports")
