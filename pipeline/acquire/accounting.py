"""What was acquired, as a table, as counts, and as lines for the person at the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from pipeline.acquire.mirror import MIRROR_VARIABLE
from pipeline.acquire.verifying import Finding
from pipeline.manifest import Entry, line_of

Findings = Mapping[Entry, Finding]
NAMED = 10
"""Documents named one by one under a reason; acquired.parquet has them all."""

STATUSES = ("present", "unavailable", "corrupt")


def acquired_table(findings: Findings) -> pl.DataFrame:
    """One row a document, by id; columns of tables.Acquired."""
    rows = [
        {
            "document_id": entry.document_id,
            "status": finding.status,
            "required": entry.required,
            "origin": _origin(entry),
            "bytes": finding.bytes,
            "sha256": finding.sha256,
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
    for entry, finding in findings.items():
        if finding.status == "present" and not entry.sha256:
            pinned = line_of(replace(entry, sha256=finding.sha256))
            lines.append(f"not pinned yet; to pin it, make this its row in the manifest: {pinned}")
    return lines


def _summary(findings: Findings, profile: str) -> str:
    sources = Counter(f.source for f in findings.values() if f.status == "present")
    places = ", ".join(f"{n} from the {source}" for source, n in sorted(sources.items()))
    total = sum(sources.values())
    return f"{total} of {_documents(len(findings))} of the profile {profile} ({places or 'none'})"


def _documents(count: int) -> str:
    return f"{count} document{'' if count == 1 else 's'}"


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
