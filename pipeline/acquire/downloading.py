"""One file over HTTP: politely, within limits, and taken up again where it broke off."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from pipeline.acquire.sessions import RefusedError, host_of
from pipeline.acquire.verifying import MEGABYTE, SILENT

PATIENCE = 10
"""A whole file may take this many times the longest wait for one answer."""
LONGEST_REST = 120
"""Seconds: a host that asks to be left alone for longer is left alone until the next run."""
SILENT_DOCUMENTS = 3
"""A host that left this many documents in a row without an answer is given up."""
FAILED_DOCUMENTS = 12
"""A host that answered this many in a row with an error of its own is given up."""
AT_ONCE = 2
"""Questions at the same time to a host of the United Nations."""

_CHUNK = 65_536
_SERVER_AT_FAULT = {429, 500, 502, 503, 504}


class SlowError(RefusedError):
    """A file that did not come to its end in time."""


class CorruptError(Exception):
    """What came is not the document; the message is the reason."""


@dataclass(frozen=True)
class Limits:
    """How long and how large a download may be; as in the acquire section of params.yaml."""

    retries: int
    timeout_seconds: float
    max_megabytes: int


@dataclass
class Health:
    """Which hosts have stopped answering, so that no document waits for them again."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _silent: dict[str, set[str]] = field(default_factory=dict)
    _failed: dict[str, set[str]] = field(default_factory=dict)

    def check(self, host: str) -> None:
        """Raise RefusedError when the host is given up."""
        with self._lock:
            if len(self._silent.get(host, ())) >= SILENT_DOCUMENTS:
                raise RefusedError(SILENT)
            if len(self._failed.get(host, ())) >= FAILED_DOCUMENTS:
                raise RefusedError("answers with errors only")

    def good(self, host: str) -> None:
        """Note that the host gave a document."""
        with self._lock:
            self._silent.pop(host, None)
            self._failed.pop(host, None)

    def bad(self, host: str, address: str, silent: bool) -> None:
        """Note that a try came to nothing, for want of an answer or by a fault of the server."""
        with self._lock:
            counts = self._silent if silent else self._failed
            counts.setdefault(host, set()).add(address)


@dataclass
class Pace:
    """When a host may be asked: the United Nations' own are not pressed, and all may ask for rest.

    Attributes:
        pause_seconds: between two questions to a host of the United Nations.
        polite_to: how the names of these hosts end.
    """

    pause_seconds: float
    polite_to: tuple[str, ...] = ("un.org", "undocs.org")
    _stopping: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _free_at: dict[str, float] = field(default_factory=dict)
    _slots: dict[str, threading.Semaphore] = field(default_factory=dict)

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """Wait until the host may be asked; it is asked inside the block."""
        if not self._is_polite(host):
            self.sleep(self._free_at.get(host, 0) - time.monotonic())
            yield
            return
        with self._lock:
            slot = self._slots.setdefault(host, threading.Semaphore(AT_ONCE))
        with slot:
            with self._lock:
                begin = max(time.monotonic(), self._free_at.get(host, 0))
                self._free_at[host] = begin + self.pause_seconds
            self.sleep(begin - time.monotonic())
            yield

    def rest(self, host: str, seconds: float) -> None:
        """Leave the host alone for as long as it asked."""
        with self._lock:
            self._free_at[host] = time.monotonic() + seconds

    def sleep(self, seconds: float) -> None:
        """Wait, unless the run is stopped."""
        if self._stopping.wait(max(0.0, seconds)):
            self.check()

    def stop(self) -> None:
        """Let whatever waits or downloads come to an end."""
        self._stopping.set()

    def check(self) -> None:
        """Raise RefusedError when the run is stopped."""
        if self._stopping.is_set():
            raise RefusedError("was stopped")

    def _is_polite(self, host: str) -> bool:
        return host.partition(":")[0].endswith(self.polite_to)


@dataclass(frozen=True)
class Fetch:
    """How files are fetched, one after the other.

    Attributes:
        session: for http and https.
        limits: on size and time.
        health: which hosts are given up.
        pace: when a host may be asked.
    """

    session: requests.Session
    limits: Limits
    pace: Pace
    health: Health = field(default_factory=Health)

    def __call__(self, address: str, file: Path) -> None:
        """Put what is at ``address`` into ``file``, with as many tries as the limits allow.

        Raises:
            RefusedError: it could not be had; the message is the reason.
            CorruptError: something else was sent; the message is the reason.
        """
        host = host_of(address)
        part = _Part(file.with_name(f"{file.name}.part"))
        try:
            for attempt in range(self.limits.retries):
                self.health.check(host)
                if self._is_fetched(address, host, part, attempt):
                    part.file.replace(file)
                    return
        finally:
            part.file.unlink(missing_ok=True)

    def _is_fetched(self, address: str, host: str, part: _Part, attempt: int) -> bool:
        """One try: True when the whole file is there, False when another may do better."""
        try:
            with self.pace.turn(host):
                _get(address, part, self)
        except SlowError:
            self.health.bad(host, address, silent=True)
            raise
        except requests.RequestException as error:
            reason = _reason(error)
            self.health.bad(host, address, silent=reason == SILENT)
            rest = _rest(error)
            self.pace.rest(host, min(rest, LONGEST_REST))
            if attempt + 1 == self.limits.retries or rest > LONGEST_REST:
                raise RefusedError(reason) from None
            if not rest:
                self.pace.sleep(min(attempt + 1, 5))
            return False
        self.health.good(host)
        return True


@dataclass
class _Part:
    """What has come of a file, and by what the server knows that it is still the same file."""

    file: Path
    version: str = ""

    @property
    def size(self) -> int:
        return self.file.stat().st_size if self.version and self.file.is_file() else 0

    def headers(self) -> dict[str, str]:
        """For the rest of the file alone, or for all of it."""
        return {"Range": f"bytes={self.size}-", "If-Range": self.version} if self.size else {}


def _get(address: str, part: _Part, fetch: Fetch) -> None:
    """One try: the rest of the file, where the server gives that, or all of it.

    Raises:
        requests.RequestException: another try may do better.
        RefusedError, CorruptError: it would not.
    """
    wait = fetch.limits.timeout_seconds
    end = time.monotonic() + PATIENCE * wait
    asked = part.headers()
    try:
        with fetch.session.get(address, stream=True, timeout=wait, headers=asked) as response:
            _check(response, fetch.limits, part)
            with part.file.open("ab" if response.status_code == 206 else "wb") as file:
                _copy(response, file, end, fetch)
    except requests.TooManyRedirects:
        raise RefusedError("redirects too often") from None
    except ValueError:  # so requests and urllib say that they cannot use an address
        raise RefusedError("leads to an address that is not http or https") from None
    except ReadTimeoutError as error:
        raise requests.ReadTimeout(error) from None
    except HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from None


def _check(response: requests.Response, limits: Limits, part: _Part) -> None:
    """Go on only with a file, or with the very rest of one that was asked for."""
    status = response.status_code
    if status in _SERVER_AT_FAULT:
        response.raise_for_status()
    begins = f"bytes {part.size}-"
    if status == 416 or (status == 206 and begins not in response.headers.get("Content-Range", "")):
        part.version = ""
        raise requests.exceptions.ChunkedEncodingError("the rest cannot be had")
    if status not in {200, 206}:
        raise RefusedError(f"answered {status}")
    if "/error" in urlsplit(response.url).path.lower():
        raise RefusedError("redirects to an error page")
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) > limits.max_megabytes * MEGABYTE:
        raise _too_large(limits)
    if status == 200:
        is_plain = "Content-Encoding" not in response.headers
        part.version = response.headers.get("ETag", "") if is_plain else ""
        if part.version.startswith("W/") or not part.version:
            part.version = response.headers.get("Last-Modified", "") if is_plain else ""


def _copy(response: requests.Response, file: BinaryIO, end: float, fetch: Fetch) -> None:
    """Copy what comes; `read1` returns whatever is there, so the clock is always looked at."""
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        if file.tell() + len(chunk) > fetch.limits.max_megabytes * MEGABYTE:
            raise _too_large(fetch.limits)
        if time.monotonic() > end:
            raise SlowError("was too slow")
        fetch.pace.check()
        file.write(chunk)


def _too_large(limits: Limits) -> CorruptError:
    return CorruptError(f"is larger than {limits.max_megabytes} MB")


def _rest(error: requests.RequestException) -> float:
    """How many seconds of rest a server asks for; 0 when for none."""
    asked = "" if error.response is None else error.response.headers.get("Retry-After", "")
    if asked.strip().isdecimal():
        return float(asked)
    try:
        return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0


def _reason(error: requests.RequestException) -> str:
    """What went wrong in a few words, without addresses, which differ from run to run."""
    if error.response is not None:
        return f"answered {error.response.status_code}"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "broke off in the middle"
    return SILENT
