"""acquire: manifest, mirror and network -> every document of the profile on disk, verified."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pipeline.acquire.collecting import (
    Collected,
    acquired_metrics,
    acquired_table,
    collect,
    messages,
)
from pipeline.acquire.sources import sources_of
from pipeline.acquire.verifying import named_mirror, pinned, read_pins
from pipeline.run.errors import StageError
from pipeline.run.files import clear_parts, write_json
from pipeline.run.settings import load_settings
from pipeline.run.stage import run_stage, say
from pipeline.run.tables.table import write_table
from pipeline.run.tables.texts import ACQUIRED
from pipeline.study.manifest import FETCHED_FOLDER, MANIFEST_FILE, of_profile, read_manifest

STAGING = Path(".cache/acquire")
"""Files wait here until they are verified: outside corpus/un, which DVC keeps as an output."""


def acquire() -> None:
    """Put every document of the profile under corpus/, and say which are missing and why."""
    settings = load_settings().acquire
    pins = read_pins()
    in_profile = of_profile(read_manifest(MANIFEST_FILE), settings.profile)
    entries = [pinned(entry, pins) for entry in in_profile]
    mirror = named_mirror(settings, os.environ)
    if mirror and mirror.found:
        say(f"acquire: no mirror is named; {mirror.folder}, which is there, is used as one")
    sources = sources_of(settings, mirror, pins)
    shelf = Collected(MANIFEST_FILE.parent, STAGING, settings.connections, settings.max_megabytes)
    shutil.rmtree(STAGING, ignore_errors=True)  # what a killed run left
    clear_parts(shelf.corpus / FETCHED_FOLDER)
    try:
        STAGING.mkdir(parents=True)
        found = collect(entries, shelf, sources)
    finally:
        shutil.rmtree(STAGING, ignore_errors=True)
    pins = read_pins()
    findings = {pinned(entry, pins): finding for entry, finding in found.items()}
    for line in messages(findings, settings.profile):
        say(f"acquire: {line}")
    if not any(finding.status == "present" for finding in findings.values()):
        raise StageError("no document of the profile is on disk, so there is nothing to read")
    write_table(ACQUIRED, acquired_table(findings, pins))
    write_json(
        ACQUIRED.path.with_name("metrics.json"), acquired_metrics(findings, settings.profile)
    )


if __name__ == "__main__":
    run_stage("acquire", __doc__ or "", acquire)
