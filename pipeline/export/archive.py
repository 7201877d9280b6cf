"""A zip whose bytes depend on nothing but the files in it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

_NO_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold: a file of this project has no time of its own."""


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files by their names in the archive, in the order given."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, value in files.items():
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # as on Unix, wherever it is made
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, value)
    return content.getvalue()
