"""Where a missing document can come from: a mirror (a folder or an address), then the network."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from pipeline.acquire.downloading import CorruptError, Fetch, Limits, Pace
from pipeline.acquire.sessions import RefusedError, host_of, open_session, probe
from pipeline.acquire.verifying import (
    MEGABYTE,
    NETWORK_SILENT,
    NOT_IN_MIRROR,
    OTHER_FILE,
    SILENT,
    Finding,
    Mirror,
    Pin,
    examine,
    file_in,
    masthead_problem,
)
from pipeline.run.settings import AcquireSettings
from pipeline.study.manifest import Entry
from pipeline.study.symbols import candidates

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

    def stop(self) -> None:
        """Let what is under way come to an end: the run was stopped."""


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
        original = file_in(self.folder, entry)
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
        return _kept(_judged(entry, file, self.max_megabytes, self.name), file, "in the mirror ")

    def stop(self) -> None:
        """A copy is done in no time."""


def addresses_of(entry: Entry, pin: Pin | None) -> tuple[str, ...]:
    """Where the network may have a document, in the order in which to ask.

    One that is asked for by its symbol has several; where it was seen first comes first.
    """
    if not entry.by_symbol:
        return (entry.source_url,) if entry.source_url else ()
    first = (pin.address,) if pin and pin.address else ()
    return tuple(dict.fromkeys([*first, *candidates(entry.symbol)]))


REISSUED = (
    "was issued anew (its SHA-256 is not the one in corpus/pins.csv), and the file of then is kept "
    "where there is one; to take the new one: peacetext add SYMBOL --replace"
)


@dataclass(frozen=True)
class WebSource:
    """Documents over HTTP: a mirror that a person named, or the addresses of the manifest.

    Attributes:
        fetch: fetches one file.
        probe_seconds: longest wait to find out whether a host can be reached.
        mirror: the mirror that it asks; None for the network.
        pins: by symbol, what was seen first.
        ask: where the network may have a document, as `addresses_of`.
        problems: by host, what is wrong with it.
    """

    fetch: Fetch
    probe_seconds: float
    mirror: Mirror | None = None
    pins: Mapping[str, Pin] = field(default_factory=dict)
    ask: Callable[[Entry, Pin | None], tuple[str, ...]] = addresses_of
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Mirror or network."""
        return "mirror" if self.mirror else "network"

    def addresses(self, entry: Entry) -> tuple[str, ...]:
        """Where to ask for the document; none when nobody knows."""
        if self.mirror:
            return self.mirror.addresses_of(entry)
        return self.ask(entry, self.pins.get(entry.symbol))

    def prepare(self, entries: Iterable[Entry]) -> None:
        """Probe the hosts of these documents and keep what is wrong with each."""
        addresses = sorted({address for entry in entries for address in self.addresses(entry)})
        self.problems.update(probe(addresses, self.fetch.session, self.probe_seconds))

    def take(self, entry: Entry, file: Path) -> Finding:
        """Ask one address after the other, until one gives the document."""
        tried = []
        for address in self.addresses(entry):
            finding = self._from(address, entry, file)
            if finding.status == "present":
                return finding
            tried.append(finding)
        reasons = dict.fromkeys(finding.reason for finding in tried)
        known = [reason for reason in reasons if reason != NETWORK_SILENT] or list(reasons)
        is_corrupt = any(finding.status == "corrupt" for finding in tried)
        reason = "; ".join(known) or "has no address"
        return Finding("corrupt" if is_corrupt else "unavailable", reason)

    def stop(self) -> None:
        """Let downloads end."""
        self.fetch.pace.stop()

    def _from(self, address: str, entry: Entry, file: Path) -> Finding:
        """Download from one address, unless its host is known not to answer."""
        speaker = f"the {self.name}" if self.mirror else host_of(address)
        if problem := self.problems.get(host_of(address)):
            return Finding("unavailable", self._said(speaker, problem))
        try:
            self.fetch(address, file)
        except RefusedError as error:
            return Finding("unavailable", self._said(speaker, str(error)))
        except CorruptError as error:
            return Finding("corrupt", f"from {speaker} {error}")
        finding = _judged(entry, file, self.fetch.limits.max_megabytes, self.name)
        pin = self.pins.get(entry.symbol)
        if finding.reason == OTHER_FILE and pin and address == pin.address:
            finding = replace(finding, reason=REISSUED.replace("SYMBOL", entry.symbol))
        return replace(
            _kept(finding, file, f"from {speaker} "), address="" if self.mirror else address
        )

    def _said(self, speaker: str, problem: str) -> str:
        if problem == SILENT and not self.mirror:
            return NETWORK_SILENT
        if self.mirror and problem == "answered 404":
            return NOT_IN_MIRROR
        return f"{speaker} {problem}"


def sources_of(
    settings: AcquireSettings, mirror: Mirror | None, pins: Mapping[str, Pin] | None = None
) -> tuple[Source, ...]:
    """The mirror, if there is one, and then the network."""
    limits = Limits(settings.retries, settings.timeout_seconds, settings.max_megabytes)
    pace = Pace(settings.pause_seconds)
    known = pins or {}
    network = WebSource(Fetch(open_session(), limits, pace), settings.probe_seconds, pins=known)
    if mirror is None:
        return (network,)
    if mirror.folder is not None:
        return (MirrorFolder(mirror.folder, settings.max_megabytes), network)
    fetch = Fetch(open_session(trusted=mirror.address), limits, pace)
    return (WebSource(fetch, settings.probe_seconds, mirror, known), network)


def _judged(entry: Entry, file: Path, max_megabytes: int, source: str) -> Finding:
    """What `examine` finds; a first sight under a symbol must say that symbol itself."""
    finding = examine(entry, file, max_megabytes, source)
    if finding.status != "present" or entry.sha256 or not entry.by_symbol:
        return finding
    problem = masthead_problem(entry.symbol, file.read_bytes(), finding.form)
    return Finding("corrupt", problem) if problem else finding


def _kept(finding: Finding, file: Path, prefix: str) -> Finding:
    """The finding, with the file removed and the reason completed unless it is the document."""
    if finding.status == "present":
        return finding
    file.unlink(missing_ok=True)
    return Finding(finding.status, prefix + finding.reason)
