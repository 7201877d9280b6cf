"""Every document of a profile: examined on disk, and fetched where it is missing or corrupt."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from pipeline.acquire.sources import Source
from pipeline.acquire.verifying import NOT_IN_MIRROR, Finding, examine
from pipeline.errors import StageError
from pipeline.files import write_whole
from pipeline.manifest import FETCHED_FOLDER, Entry


@dataclass(frozen=True, slots=True)
class Shelf:
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
    entries: Iterable[Entry], shelf: Shelf, sources: Iterable[Source]
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


def _on_disk(entry: Entry, shelf: Shelf) -> Finding:
    finding = examine(entry, shelf.corpus / entry.path, shelf.max_megabytes)
    if entry.fetched or _is_there(finding):
        return finding
    return replace(finding, reason=f"in the project: {finding.reason}")


def _ask(source: Source, entries: list[Entry], shelf: Shelf) -> Mapping[Entry, Finding]:
    """Fetch what one source has, a few documents at once, and put it in its place."""
    source.prepare(entries)

    def take(entry: Entry) -> Finding:
        file = shelf.staging / f"{entry.document_id}{PurePosixPath(entry.path).suffix}"
        finding = source.take(entry, file)
        if _is_there(finding):
            _place(file, shelf.corpus / entry.path)
        return finding

    with ThreadPoolExecutor(shelf.connections) as pool:
        taken = pool.map(take, entries)
        bar = tqdm(taken, f"from the {source.name}", len(entries), unit="document", disable=None)
        try:
            return dict(zip(entries, bar, strict=True))
        except OSError as error:
            problem = error.strerror or str(error)
            raise StageError(f"{shelf.corpus} cannot be written: {problem}") from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


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
