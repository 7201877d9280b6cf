"""Is a file the document that the manifest means, and where does a mirror keep it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import quote

from pipeline.run.errors import InputError
from pipeline.run.files import sha256_of
from pipeline.run.settings import PARAMS_FILE, AcquireSettings
from pipeline.study.manifest import FETCHED_FOLDER, Entry

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


MIRROR_VARIABLE = "PEACETEXT_MIRROR"
"""The environment variable that wins over acquire.mirror."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """Either a folder or an address under which documents lie."""

    folder: Path | None = None
    address: str = ""

    def address_of(self, entry: Entry) -> str:
        """The address of a document, for a mirror that is an address."""
        return f"{self.address.rstrip('/')}/{quote(mirror_path(entry))}"


def mirror_path(entry: Entry) -> str:
    """Where a mirror keeps a document: its path without the leading ``un/``."""
    return str(PurePosixPath(entry.path).relative_to(FETCHED_FOLDER))


def named_mirror(settings: AcquireSettings, environment: Mapping[str, str]) -> Mirror | None:
    """The mirror of the environment, or else of the settings; None when neither names one.

    Raises:
        InputError: what is named is neither a folder nor an http(s) address.
    """
    file, key, name = "environment", MIRROR_VARIABLE, environment.get(MIRROR_VARIABLE, "").strip()
    if not name:
        file, key, name = str(PARAMS_FILE), "acquire.mirror", settings.mirror.strip()
    if not name:
        return None
    if name.lower().startswith(("http://", "https://")):
        return Mirror(address=name)
    folder = Path(name).expanduser()
    if not folder.is_dir():
        fix = "name a folder that exists or an http(s) address, or leave it empty"
        raise InputError(file, f"the mirror {name!r} is not a folder", fix, key)
    return Mirror(folder=folder)
