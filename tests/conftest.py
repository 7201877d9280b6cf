"""What tests of several stages share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import ARGUMENTS, CHROMIUM


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
    """The folder of the PACT benchmark (coded reports); without it, tests are skipped.

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


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium; tests that ask for it are skipped where it is not installed."""
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed at /usr/bin/chromium: the page is not opened")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield opened
        opened.close()
