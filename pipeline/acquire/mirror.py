"""The mirror that a person named: a folder, or an http(s) address. Light; see pending.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from pipeline.errors import InputError
from pipeline.manifest import FETCHED_FOLDER, Entry
from pipeline.settings import PARAMS_FILE, AcquireSettings

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
        mend = "name a folder that exists or an http(s) address, or leave it empty"
        raise InputError(file, f"the mirror {name!r} is not a folder", mend, key)
    return Mirror(folder=folder)
