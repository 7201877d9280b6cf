"""Could acquire do better now than last time? Exit code 0: yes; 1: no.

DVC runs a stage again when a file changes, but not when a network comes back. So the Makefile
asks here first:  python -m pipeline.acquire.pending && dvc repro --force --single-item acquire

Yes, if a document of the profile is missing or corrupt on disk and

- the mirror is a folder that holds it, or
- it is required, and a mirror that is an address, or its own host, answers now, or
- it is optional (nobody has pinned it yet), the network did not answer last time, or last time
  was not today, and a host that may have it answers now. An optional document that was refused is
  asked for again the next day, not at every make; `dvc repro --force --single-item acquire` asks
  at once.

All is present: no library is loaded and nothing is asked. Otherwise the answer takes at most
acquire.probe_seconds for the mirror and as long for the network.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.acquire.verifying import (
    NETWORK_SILENT,
    Mirror,
    Pin,
    examine,
    file_in,
    named_mirror,
    pinned,
    read_pins,
)
from pipeline.run.errors import InputError
from pipeline.run.files import read_json
from pipeline.run.settings import AcquireSettings, load_settings
from pipeline.study.manifest import MANIFEST_FILE, Entry, located, of_profile, read_manifest

METRICS_FILE = Path("outputs/acquire/metrics.json")


def is_pending() -> bool:
    """Is a document missing that a mirror or the network could give now?

    Raises:
        InputError: the manifest, the settings or the mirror cannot be used.
    """
    settings = load_settings().acquire
    pins = read_pins()
    entries = [pinned(entry, pins) for entry in of_profile(read_manifest(), settings.profile)]
    corpus = MANIFEST_FILE.parent
    missing = [
        entry
        for entry in entries
        if entry.fetched and not _is_at(corpus / located(entry).path, entry, settings)
    ]
    if not missing:
        return False
    mirror = named_mirror(settings, os.environ)
    return _mirror_has(missing, mirror, settings) or _network_has(missing, settings, pins)


def _is_at(file: Path, entry: Entry, settings: AcquireSettings) -> bool:
    return examine(entry, file, settings.max_megabytes).status == "present"


def _mirror_has(missing: list[Entry], mirror: Mirror | None, settings: AcquireSettings) -> bool:
    if mirror is None:
        return False
    if (folder := mirror.folder) is not None:
        return any(_is_at(file_in(folder, entry), entry, settings) for entry in missing)
    required = [entry for entry in missing if entry.required]
    addresses = [address for entry in required for address in mirror.addresses_of(entry)]
    return _answers(addresses, mirror.address, settings)


def _network_has(missing: list[Entry], settings: AcquireSettings, pins: Mapping[str, Pin]) -> bool:
    ask_all = _network_was_silent_or_another_day()
    hopeful = [entry for entry in missing if entry.required or ask_all]
    if not hopeful:
        return False
    from pipeline.acquire.sources import addresses_of

    found = (addresses_of(entry, pins.get(entry.symbol)) for entry in hopeful)
    return _answers([address for several in found for address in several], "", settings)


def _network_was_silent_or_another_day() -> bool:
    """Was there no network when acquire ran last, or was that not today?"""
    try:
        reasons: Any = read_json(METRICS_FILE).get("missing", {})
        last = date.fromtimestamp(METRICS_FILE.stat().st_mtime)
    except (OSError, ValueError):
        return False  # never run, or not whole: dvc repro runs the stage anyway
    return last < date.today() or any(NETWORK_SILENT in reason for reason in reasons)


def _answers(addresses: list[str], trusted: str, settings: AcquireSettings) -> bool:
    """Does any host of these addresses answer?"""
    if not addresses:
        return False
    from pipeline.acquire.sessions import open_session, probe

    problems = probe(addresses, open_session(trusted), settings.probe_seconds)
    return not all(problems.values())


def main() -> None:
    """Leave with 0 when acquire should be run again, 1 when not, 2 when input must be fixed."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.acquire.pending",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args()
    try:
        sys.exit(0 if is_pending() else 1)
    except InputError as error:
        sys.stderr.write(f"acquire: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
