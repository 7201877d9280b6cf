"""The corpus as a person looks at it: its documents, one document, its mistakes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import get_args

import polars as pl

from pipeline.codebook import load_codebook
from pipeline.codings import read_codings
from pipeline.commands.cards import entry_lines, reading_lines
from pipeline.errors import InputError
from pipeline.ingest.readers import read_file
from pipeline.ingest.reading import UnreadableError
from pipeline.manifest import MANIFEST_FILE, Entry, of_profile, read_manifest
from pipeline.settings import Kind, Profile, load_missions, load_settings
from pipeline.turns import load_turns

PROFILES: tuple[Profile, ...] = ("core", "full", "readers")


def check_inputs() -> Iterator[str]:
    """Read all that a person may edit; a line for each that is in order.

    Raises:
        InputError: the first mistake.
    """
    load_settings()
    yield "configs/params.yaml: in order"
    yield f"configs/missions.yaml: {len(load_missions())} missions"
    yield f"corpus/manifest.csv: {len(read_manifest())} documents"
    yield f"configs/turns.yaml: {len(load_turns())} turns"
    codebook = load_codebook()
    yield f"corpus/coding/codebook.yaml: {len(codebook.themes)} codes"
    for coding in read_codings(codebook.theme_ids):
        coders = ", ".join(coding.coders)
        decides = "; the adjudicated pass decides" if coding.adjudicated else ""
        said = f"{coding.units.height} units, coders {coders}{decides}"
        yield f"corpus/coding, {coding.unit_set}: {said}"


def documents_table(profile: str, kind: str, mission: str) -> pl.DataFrame:
    """One row a document of the profile, with whether its file is on disk.

    Raises:
        InputError: no such profile, kind or mission.
    """
    chosen = [name for name in PROFILES if name == profile]
    if not chosen:
        raise InputError("--profile", f"{profile!r} is no profile", f"one of {', '.join(PROFILES)}")
    _check_filter("--kind", kind, get_args(Kind))
    _check_filter("--mission", mission, load_missions())
    rows = [
        {
            "document_id": entry.document_id,
            "kind": entry.kind,
            "date": str(entry.date or ""),
            "missions": ", ".join(entry.missions),
            "on_disk": "yes" if Path("corpus", entry.path).is_file() else "no",
            "title": entry.title,
        }
        for entry in of_profile(read_manifest(), chosen[0])
        if kind in ("", entry.kind) and (not mission or mission in entry.missions)
    ]
    names = ("document_id", "kind", "date", "missions", "on_disk", "title")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String))


def _check_filter(option: str, value: str, known: Collection[str]) -> None:
    if value and value not in known:
        raise InputError(option, f"{value!r} is not known", f"one of {', '.join(known)}")


def document_lines(document_id: str) -> Iterator[str]:
    """What the manifest says of a document, then its blocks, read from the file as it is now.

    Raises:
        InputError: no such document.
    """
    entry = _entry(document_id)
    yield from entry_lines(entry)
    file = Path("corpus", entry.path)
    if not file.is_file():
        yield "(not on disk: run make, or see outputs/acquire/acquired.parquet)"
        return
    suffix = PurePosixPath(entry.path).suffix
    try:
        reading = read_file(file.read_bytes(), entry.kind, suffix, load_settings().ingest)
    except UnreadableError as error:
        yield f"(set aside: {error})"
        return
    yield from reading_lines(reading)


def _entry(document_id: str) -> Entry:
    for entry in read_manifest():
        if entry.document_id == document_id:
            return entry
    raise InputError(MANIFEST_FILE, f"no document {document_id!r}", "see: peacetext list")
