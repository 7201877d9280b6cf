"""What tests of several stages share, and how they are shared out among processes.

All tests run in two processes, those of a file or folder that is named in one; `-n 0` asks for one
and `-n 2` for two.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import ARGUMENTS, CHROMIUM

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # torch would take both cores in each process
    os.environ.setdefault("LOKY_MAX_CPU_COUNT", "1")  # and a core of its own is what each has

TOGETHER = {
    "tests/end_to_end/test_second_study.py": "the second study",
    "tests/end_to_end/": "the finished project",
    "tests/ingest/test_gold.py": "reports that were read",
    "tests/ingest/test_pdf_mirror.py": "reports that were read",
}
"""By how their path begins, the first that fits, files whose tests share what takes long to make;
those of any other file stay together too."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two processes for all tests, where there are two cores; none beside this one for a few."""
    named = config.args_source is pytest.Config.ArgsSource.ARGS
    return 0 if named else min(2, os.cpu_count() or 1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Each file to one process, and to the same one those that share."""
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            return next((name for path, name in TOGETHER.items() if file.startswith(path)), file)

    return Together(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no process waits at the end for the other."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: ("end_to_end" not in item.path.parts, item.path not in slow))


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
