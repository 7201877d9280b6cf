"""Where a missing document can come from: a mirror (a folder or an address), then the network."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import requests

from pipeline.acquire.downloading import CorruptError, Download, Health, Limits, download
from pipeline.acquire.sessions import RefusedError, host_of, open_session, probe
from pipeline.acquire.verifying import (
    MEGABYTE,
    NETWORK_SILENT,
    NOT_IN_MIRROR,
    SILENT,
    Finding,
    Mirror,
    examine,
    mirror_path,
)
from pipeline.run.settings import AcquireSettings
from pipeline.study.manifest import Entry

_DISK_FULL_OR_LOCKED = {errno.ENOSPC, errno.EROFS, errno.EDQUOT}


class Source(Protocol):
    """A place that may have documents."""

    @property
    def name(self) -> str:
        """Mirror or network."""

    def prepare(self, entries: Iterable[Entry]) -> None:
        """Find out once whether it answers, before any document is asked of it."""

    def take(self, entry: Entry, file: Path) -> Finding:
        """Put the document into ``file``, or say why not; a file is left only when present."""


@dataclass(frozen=True)
class MirrorFolder:
    """A folder that holds the documents."""

    folder: Path
    max_megabytes: int
    name: str = "mirror"

    def prepare(self, entries: Iterable[Entry]) -> None:
        """A folder needs no probe."""

    def take(self, entry: Entry, file: Path) -> Finding:
        """Copy the document, then hold the copy against its entry."""
        original = self.folder / mirror_path(entry)
        if not original.is_file():
            return Finding("unavailable", NOT_IN_MIRROR)
        try:
            if original.stat().st_size > self.max_megabytes * MEGABYTE:
                return Finding("corrupt", f"in the mirror is larger than {self.max_megabytes} MB")
            shutil.copyfile(original, file)
        except OSError as error:
            if error.errno in _DISK_FULL_OR_LOCKED:
                raise
            return Finding("unavailable", f"in the mirror cannot be read ({error.strerror})")
        return _kept(examine(entry, file, self.max_megabytes, self.name), file, "in the mirror ")


@dataclass(frozen=True)
class WebSource:
    """Documents over HTTP: a mirror that a person named, or the addresses of the manifest.

    Attributes:
        mirror: the mirror that it asks; None for the network.
    """

    session: requests.Session
    limits: Limits
    probe_seconds: float
    mirror: Mirror | None = None
    problems: dict[str, str] = field(default_factory=dict)
    health: Health = field(default_factory=Health)

    @property
    def name(self) -> str:
        """Mirror or network."""
        return "mirror" if self.mirror else "network"

    def address(self, entry: Entry) -> str:
        """Where to ask for the document; empty when nobody knows."""
        return self.mirror.address_of(entry) if self.mirror else entry.source_url

    def prepare(self, entries: Iterable[Entry]) -> None:
        """Probe the hosts of these documents and keep what is wrong with each."""
        addresses = sorted(filter(None, map(self.address, entries)))
        self.problems.update(probe(addresses, self.session, self.probe_seconds))

    def take(self, entry: Entry, file: Path) -> Finding:
        """Download the document, unless its host is known not to answer."""
        address = self.address(entry)
        if not address:
            return Finding("unavailable", "has no address")
        speaker = f"the {self.name}" if self.mirror else host_of(address)
        if problem := self.problems.get(host_of(address)):
            return Finding("unavailable", self._said(speaker, problem))
        fetch = Download(self.session, self.limits, entry.path)
        try:
            download(address, file, entry.sha256, fetch, self.health)
        except RefusedError as error:
            return Finding("unavailable", self._said(speaker, str(error)))
        except CorruptError as error:
            return Finding("corrupt", f"from {speaker} {error}")
        finding = examine(entry, file, self.limits.max_megabytes, self.name)
        return _kept(finding, file, f"from {speaker} ")

    def _said(self, speaker: str, problem: str) -> str:
        if problem == SILENT and not self.mirror:
            return NETWORK_SILENT
        if self.mirror and problem == "answered 404":
            return NOT_IN_MIRROR
        return f"{speaker} {problem}"


def sources_of(settings: AcquireSettings, mirror: Mirror | None) -> tuple[Source, ...]:
    """The mirror, if one is named, and then the network."""
    limits = Limits(settings.retries, settings.timeout_seconds, settings.max_megabytes)
    network = WebSource(open_session(), limits, settings.probe_seconds)
    if mirror is None:
        return (network,)
    if mirror.folder is not None:
        return (MirrorFolder(mirror.folder, settings.max_megabytes), network)
    session = open_session(trusted=mirror.address)
    return (WebSource(session, limits, settings.probe_seconds, mirror), network)


def _kept(finding: Finding, file: Path, prefix: str) -> Finding:
    """The finding, with the file removed and the reason completed unless it is the document."""
    if finding.status == "present":
        return finding
    file.unlink(missing_ok=True)
    return Finding(finding.status, prefix + finding.reason)
