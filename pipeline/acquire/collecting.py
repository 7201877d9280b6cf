"""Every document of a profile: examined, fetched where missing or corrupt, and accounted for."""

from __future__ import annotations

import errno
import shutil
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl
from tqdm import tqdm

from pipeline.acquire.sources import Source
from pipeline.acquire.verifying import (
    MIRROR_VARIABLE,
    NOT_IN_MIRROR,
    PINS_FILE,
    Finding,
    Pin,
    examine,
    read_pins,
    write_pins,
)
from pipeline.run.errors import StageError
from pipeline.run.files import write_whole
from pipeline.study.manifest import FETCHED_FOLDER, FORMS, Entry, line_of, located

Findings = Mapping[Entry, Finding]
NAMED = 10
"""Documents named one by one under a reason; acquired.parquet has them all."""

STATUSES = ("present", "unavailable", "corrupt")


def acquired_table(findings: Findings, pins: Mapping[str, Pin]) -> pl.DataFrame:
    """One row a document, by id; columns of tables.Acquired.

    Args:
        findings: of entries as by `pinned`.
        pins: what was seen first, by symbol.
    """
    rows = [
        {
            "document_id": entry.document_id,
            "status": finding.status,
            "required": entry.required,
            "origin": _origin(entry),
            "bytes": finding.bytes,
            "sha256": finding.sha256,
            "address": _giver(entry, finding, pins),
            "reason": finding.reason,
        }
        for entry, finding in sorted(findings.items(), key=lambda pair: pair[0].document_id)
    ]
    return pl.DataFrame(rows)


def acquired_metrics(findings: Findings, profile: str) -> dict[str, Any]:
    """Counts by status, origin, kind, mission and year, and what is missing, by reason.

    Only what is on disk counts, never how it came there: a second run gives the same.
    """
    present = [entry for entry, finding in findings.items() if finding.status == "present"]
    return {
        "profile": profile,
        "documents": len(findings),
        "bytes": sum(finding.bytes for finding in findings.values()),
        "status": _count(STATUSES, (finding.status for finding in findings.values())),
        "present": {
            "origin": _count((), map(_origin, present)),
            "kind": _count((), (entry.kind for entry in present)),
            "mission": _count((), (mission for entry in present for mission in entry.missions)),
            "year": _count((), (str(entry.date.year) for entry in present if entry.date)),
        },
        "missing": {
            reason: {
                "documents": len(entries),
                "optional": sum(not entry.required for entry in entries),
                "ids": _named(entries),
            }
            for reason, entries in _missing(findings).items()
        },
        "not_pinned": _named([entry for entry in present if not entry.sha256]),
    }


def messages(findings: Findings, profile: str) -> list[str]:
    """What a person should know: where documents came from, what is missing, and what to do."""
    lines = [_summary(findings, profile)]
    for reason, entries in _missing(findings).items():
        lines.append(f"missing: {_documents(len(entries))}: {reason} ({_named(entries)})")
    required = [entry for entry in _missing_entries(findings) if entry.required]
    if required:
        lines.append(
            f"WARNING: {len(required)} of {_documents(len(findings))} are missing, and the run "
            f"goes on without them. Name a mirror ({MIRROR_VARIABLE}=FOLDER-OR-ADDRESS, or "
            "acquire.mirror in configs/params.yaml), or run make again when there is a network."
        )
    loose = [
        entry for entry, finding in findings.items() if _is_there(finding) and not entry.sha256
    ]
    for entry in loose:
        if not entry.by_symbol:
            row = line_of(replace(entry, sha256=findings[entry].sha256))
            lines.append(f"not pinned yet; to pin it, make this its row in the manifest: {row}")
    if by_symbol := [entry for entry in loose if entry.by_symbol]:
        lines.append(
            f"not pinned: {_documents(len(by_symbol))} of the mirror, since only what the network "
            f"gives is pinned at first sight ({_named(by_symbol)})"
        )
    return lines


def _summary(findings: Findings, profile: str) -> str:
    sources = Counter(f.source for f in findings.values() if f.status == "present")
    places = ", ".join(f"{n} from the {source}" for source, n in sorted(sources.items()))
    total = sum(sources.values())
    return f"{total} of {_documents(len(findings))} of the profile {profile} ({places or 'none'})"


def _documents(count: int) -> str:
    return f"{count} document{'' if count == 1 else 's'}"


def _giver(entry: Entry, finding: Finding, pins: Mapping[str, Pin]) -> str:
    """The address that gave a pinned document; who gives an unpinned one is not on record."""
    if not (entry.fetched and entry.sha256 and _is_there(finding)):
        return ""
    pin = pins.get(entry.symbol) if entry.by_symbol else None
    return pin.address if pin else entry.source_url


def _origin(entry: Entry) -> str:
    return "fetched" if entry.fetched else "project"


def _missing_entries(findings: Findings) -> list[Entry]:
    return [entry for entry, finding in findings.items() if finding.status != "present"]


def _missing(findings: Findings) -> dict[str, list[Entry]]:
    """Missing documents by reason, in the order of the manifest."""
    reasons: dict[str, list[Entry]] = {}
    for entry in _missing_entries(findings):
        reasons.setdefault(findings[entry].reason, []).append(entry)
    return reasons


def _named(entries: list[Entry]) -> str:
    """Their ids, the first few of them."""
    ids = [entry.document_id for entry in entries]
    rest = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ", ".join(ids[:NAMED]) + rest


def _count(first: tuple[str, ...], values: Iterable[str]) -> dict[str, int]:
    """How often each value stands; those in ``first`` are counted even when they never do."""
    return dict.fromkeys(first, 0) | dict(sorted(Counter(values).items()))


@dataclass(frozen=True, slots=True)
class Collected:
    """Where documents lie and how they are fetched.

    Attributes:
        corpus: the folder to which the paths of the manifest are relative.
        staging: an empty folder outside the corpus, for files that are not verified yet.
        connections: files fetched at once.
        max_megabytes: a larger file is refused.
    """

    corpus: Path
    staging: Path
    connections: int
    max_megabytes: int


def collect(
    entries: Iterable[Entry], shelf: Collected, sources: Iterable[Source]
) -> dict[Entry, Finding]:
    """Put every document in its place that any source has; later sources are asked for the rest.

    Documents of other profiles are left alone. A corrupt file stays until a good copy replaces
    it: it may hold what a person wants to keep, and no later stage reads it.

    Raises:
        StageError: the disk is full or may not be written.
    """
    (shelf.corpus / FETCHED_FOLDER).mkdir(parents=True, exist_ok=True)
    findings = {entry: _on_disk(entry, shelf) for entry in entries}
    wanted = [entry for entry in findings if entry.fetched and not _is_there(findings[entry])]
    tried: dict[Entry, list[Finding]] = {entry: [] for entry in wanted}
    for source in sources:
        missing = [entry for entry in wanted if not any(map(_is_there, tried[entry]))]
        if missing:
            for entry, finding in _ask(source, missing, shelf).items():
                tried[entry].append(finding)
    return findings | {entry: _verdict(findings[entry], tried[entry]) for entry in wanted}


def _is_there(finding: Finding) -> bool:
    return finding.status == "present"


def _on_disk(entry: Entry, shelf: Collected) -> Finding:
    file = shelf.corpus / located(entry, shelf.corpus).path
    finding = examine(entry, file, shelf.max_megabytes)
    if entry.fetched or _is_there(finding):
        return finding
    return replace(finding, reason=f"in the project: {finding.reason}")


def _ask(source: Source, entries: list[Entry], shelf: Collected) -> Mapping[Entry, Finding]:
    """Fetch what one source has, a few documents at once, and put it in its place."""
    source.prepare(entries)

    def take(entry: Entry) -> Finding:
        file = shelf.staging / f"{entry.document_id}{PurePosixPath(entry.path).suffix}"
        finding = source.take(entry, file)
        if _is_there(finding):
            _put(entry, finding, file, shelf)
        return finding

    with ThreadPoolExecutor(shelf.connections) as pool:
        taken = pool.map(take, entries)
        bar = tqdm(taken, f"from the {source.name}", len(entries), unit="document", disable=None)
        try:
            return dict(zip(entries, bar, strict=True))
        except KeyboardInterrupt:
            source.stop()
            raise
        except OSError as error:
            problem = error.strerror or str(error)
            raise StageError(f"{shelf.corpus} cannot be written: {problem}") from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_pins_lock = threading.Lock()


def _put(entry: Entry, finding: Finding, file: Path, shelf: Collected) -> None:
    """Put a file in its place, in its own form; pin it when it is the first under its symbol."""
    place = shelf.corpus / entry.path
    if entry.by_symbol:
        place = place.with_suffix(finding.form)
        for form in FORMS:
            if form != finding.form:
                place.with_suffix(form).unlink(missing_ok=True)
    _place(file, place)
    if entry.by_symbol and not entry.sha256 and finding.address:
        today = datetime.now(UTC).date().isoformat()
        pin = Pin(entry.symbol, finding.sha256, finding.address, today, finding.bytes)
        pins_file = shelf.corpus / PINS_FILE.name
        with _pins_lock:
            write_pins((read_pins(pins_file) | {pin.symbol: pin}).values(), pins_file)


def _verdict(on_disk: Finding, tried: list[Finding]) -> Finding:
    """The document where one was found, or else why every place failed.

    That a mirror lacks it is said only when nothing else is known, so that the table is the same
    with and without a mirror that cannot help.
    """
    for finding in tried:
        if _is_there(finding):
            return finding
    corrupt = [finding for finding in (on_disk, *tried) if finding.status == "corrupt"]
    reasons = [finding.reason for finding in tried if finding.reason != NOT_IN_MIRROR]
    if on_disk.status == "corrupt":
        reasons.insert(0, f"on disk {on_disk.reason}")
    return Finding("corrupt" if corrupt else "unavailable", "; ".join(reasons) or NOT_IN_MIRROR)


def _place(file: Path, destination: Path) -> None:
    """Move a verified file to its place in one step; a reader never sees a part of it."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    file.chmod(0o644)
    try:
        file.replace(destination)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with file.open("rb") as content:
            write_whole(destination, lambda whole: shutil.copyfileobj(content, whole))
        file.unlink()
