"""Is a file the document that the manifest means?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from pipeline.run.files import sha256_of
from pipeline.study.manifest import Entry

MEGABYTE = 1_000_000
Status = Literal["present", "unavailable", "corrupt"]

NOT_IN_MIRROR = "not in the mirror"
SILENT = "did not answer"
NETWORK_SILENT = f"the network {SILENT}"
"""The reason that a later run with a network may fix; pending.py looks for it."""

_WEB_PAGE = (b"<!doctype html", b"<html")
_NEVER_WEB_PAGES = {".xml", ".pdf", ".docx", ".txt"}
_SIGNATURES = {".pdf": b"%PDF-", ".docx": b"PK\x03\x04"}
"""What stands in the first kilobyte of every file of this kind."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found where a document should be.

    Attributes:
        status: present: the document itself; unavailable: no file; corrupt: another file.
        reason: why it is not present; empty when it is.
        bytes: size of the file; 0 when not present.
        sha256: of the file; empty when not present.
        source: where it came from this time (disk, mirror, network); for messages only, since
            it changes from run to run.
    """

    status: Status
    reason: str = ""
    bytes: int = 0
    sha256: str = ""
    source: str = ""


def examine(entry: Entry, file: Path, max_megabytes: int, source: str = "disk") -> Finding:
    """Hold a file against its entry: size, then SHA-256, or, without a pin, the look of it.

    An entry without a pin trusts the first file seen, unless it is a web page or lacks the
    signature of its format.
    """
    if not file.is_file():
        return Finding("unavailable", "no such file")
    try:
        size = file.stat().st_size
        if size > max_megabytes * MEGABYTE:
            return Finding("corrupt", f"is larger than {max_megabytes} MB")
        digest = sha256_of(file)
        with file.open("rb") as content:
            problem = unlike(content.read(1024), entry.path)
    except OSError as error:
        return Finding("unavailable", f"cannot be read ({error.strerror})")
    if entry.sha256 == digest or not (entry.sha256 or problem):
        return Finding("present", "", size, digest, source)
    return Finding("corrupt", problem or "is not the pinned file (its SHA-256 differs)")


def unlike(beginning: bytes, path: str) -> str:
    """Why these first bytes cannot be a file of that name; empty when they can."""
    suffix = PurePosixPath(path).suffix.lower()
    text = beginning.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not text:
        return "is empty"
    if suffix in _NEVER_WEB_PAGES and text.startswith(_WEB_PAGE):
        return f"is a web page, not {suffix[1:].upper()}"
    if _SIGNATURES.get(suffix, b"") not in beginning:
        return f"is not {suffix[1:].upper()}"
    return ""
