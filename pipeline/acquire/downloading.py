"""One file over HTTP: pooch checks and places it, this module says what may come down the line."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pooch
import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from pipeline.acquire.sessions import RefusedError, host_of
from pipeline.acquire.verifying import MEGABYTE, SILENT, unlike

PATIENCE = 10
"""A whole file may take this many times the longest wait for one answer."""
SILENT_DOCUMENTS = 3
"""A host that left this many documents in a row without an answer is given up."""
FAILED_DOCUMENTS = 12
"""A host that answered this many in a row with an error of its own is given up."""

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


@dataclass(frozen=True)
class Download:
    """A pooch downloader with limits on size, time and what the first bytes may be."""

    session: requests.Session
    limits: Limits
    path: str

    def __call__(self, url: str, output_file: str, _pooch: object = None) -> None:
        """Fill ``output_file``; called by pooch, which then checks the SHA-256.

        Raises:
            requests.RequestException: another try may do better.
            RefusedError, CorruptError: it would not.
        """
        wait = self.limits.timeout_seconds
        end = time.monotonic() + PATIENCE * wait
        try:
            with self.session.get(url, stream=True, timeout=wait) as response:
                self._check(response)
                with Path(output_file).open("wb") as file:
                    self._copy(response, file, end)
        except requests.TooManyRedirects:
            raise RefusedError("redirects too often") from None
        except ValueError:  # so requests and urllib say that they cannot use an address
            raise RefusedError("leads to an address that is not http or https") from None
        except ReadTimeoutError as error:
            raise requests.ReadTimeout(error) from None
        except HTTPError as error:
            raise requests.exceptions.ChunkedEncodingError(error) from None

    def _check(self, response: requests.Response) -> None:
        if response.status_code in _SERVER_AT_FAULT:
            response.raise_for_status()
        if response.status_code != 200:
            raise RefusedError(f"answered {response.status_code}")
        length = response.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > self.limits.max_megabytes * MEGABYTE:
            raise self._too_large()

    def _copy(self, response: requests.Response, file: BinaryIO, end: float) -> None:
        """Copy what comes; `read1` returns whatever is there, so the clock is always looked at."""
        size = 0
        beginning = b""
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            size += len(chunk)
            if size > self.limits.max_megabytes * MEGABYTE:
                raise self._too_large()
            if time.monotonic() > end:
                raise SlowError("was too slow")
            if len(beginning) < 1024:
                beginning = (beginning + chunk)[:1024]
            file.write(chunk)
        if problem := unlike(beginning, self.path):
            raise CorruptError(problem)

    def _too_large(self) -> CorruptError:
        return CorruptError(f"is larger than {self.limits.max_megabytes} MB")


def download(address: str, file: Path, sha256: str, fetch: Download, health: Health) -> None:
    """Put the document at ``address`` into ``file``, with as many tries as the limits allow.

    Raises:
        RefusedError: it could not be had; the message is the reason.
        CorruptError: something else was sent; the message is the reason.
    """
    host = host_of(address)
    for attempt in range(fetch.limits.retries):
        health.check(host)
        try:
            _retrieve(address, file, sha256, fetch)
        except SlowError:
            health.bad(host, address, silent=True)
            raise
        except requests.RequestException as error:
            reason = _reason(error)
            health.bad(host, address, silent=reason == SILENT)
            if attempt + 1 == fetch.limits.retries:
                raise RefusedError(reason) from None
            time.sleep(min(attempt + 1, 5))
        else:
            health.good(host)
            return


def _retrieve(address: str, file: Path, sha256: str, fetch: Download) -> None:
    """One try by pooch: into a temporary file, check the SHA-256, then move it to ``file``."""
    pooch.get_logger().setLevel("ERROR")
    known = f"sha256:{sha256}" if sha256 else None
    try:
        pooch.retrieve(address, known, fname=file.name, path=file.parent, downloader=fetch)
    except requests.RequestException:
        raise
    except ValueError:
        raise CorruptError("is not the pinned file (its SHA-256 differs)") from None


def _reason(error: requests.RequestException) -> str:
    """What went wrong in a few words, without addresses, which differ from run to run."""
    if error.response is not None:
        return f"answered {error.response.status_code}"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "broke off in the middle"
    return SILENT
