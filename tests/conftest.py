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
