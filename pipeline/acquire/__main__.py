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
from pipeline.acquire.verifying import named_mirror
from pipeline.run.errors import StageError
from pipeline.run.files import clear_parts, write_json
from pipeline.run.settings import load_settings
from pipeline.run.stage import run_stage, say
from pipeline.run.tables.acquire import ACQUIRED
from pipeline.run.tables.table import write_table
from pipeline.study.manifest import FETCHED_FOLDER, MANIFEST_FILE, of_profile, read_manifest

STAGING = Path(".cache/acquire")
"""Files wait here until they are verified: outside corpus/un, which DVC keeps as an output."""


def acquire() -> None:
    """Put every document of the profile under corpus/, and say which are missing and why."""
    settings = load_settings().acquire
    entries = of_profile(read_manifest(MANIFEST_FILE), settings.profile)
    sources = sources_of(settings, named_mirror(settings, os.environ))
    shelf = Collected(MANIFEST_FILE.parent, STAGING, settings.connections, settings.max_megabytes)
    shutil.rmtree(STAGING, ignore_errors=True)  # what a killed run left
    clear_parts(shelf.corpus / FETCHED_FOLDER)
    try:
        STAGING.mkdir(parents=True)
        findings = collect(entries, shelf, sources)
    finally:
        shutil.rmtree(STAGING, ignore_errors=True)
    for line in messages(findings, settings.profile):
        say(f"acquire: {line}")
    if not any(finding.status == "present" for finding in findings.values()):
        raise StageError("no document of the profile is on disk, so there is nothing to read")
    write_table(ACQUIRED, acquired_table(findings))
    write_json(
        ACQUIRED.path.with_name("metrics.json"), acquired_metrics(findings, settings.profile)
    )


if __name__ == "__main__":
    run_stage("acquire", __doc__ or "", acquire)
