"""HTTP sessions, and whether anything answers at all, found out once in a fixed time.

A manifest may come from anyone, so an address in it, or a redirect, must not reach the machines
beside this one. The check is made on the connection itself, after the name was resolved, so no
name server can answer first one address and then another. Behind a proxy the proxy connects;
there only addresses written as numbers can be judged here.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from pipeline.acquire.verifying import SILENT

MAX_REDIRECTS = 5
HEADERS = {"User-Agent": "peacetext (research on UN documents)", "Accept-Encoding": "identity"}


class RefusedError(Exception):
    """A file that is not taken, and that another try would not fix; the message is the reason."""


def is_public(address: str) -> bool:
    """Is this IP address one of the public network?

    >>> is_public("8.8.8.8"), is_public("127.0.0.1"), is_public("192.168.1.1"), is_public("::1")
    (True, False, False, False)
    """
    return ipaddress.ip_address(address.partition("%")[0]).is_global


def open_session(trusted: str = "") -> requests.Session:
    """A session for http and https with limited redirects; passwords are for the mirror only.

    Args:
        trusted: an address whose host and port a person named (the mirror): it alone may lie on
            the local network. Redirects from it to another host are judged like all others.
    """
    session = requests.Session()
    session.max_redirects = MAX_REDIRECTS
    session.headers.update(HEADERS)
    session.mount("http://", _PublicAdapter())
    session.mount("https://", _PublicAdapter())
    if trusted:
        parts = urlsplit(trusted)
        session.mount(f"{parts.scheme}://{parts.netloc}/", HTTPAdapter())
    else:
        session.auth = _no_password
    return session


def _no_password(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps requests from sending what stands in a person's .netrc."""
    return request


def _checked(connect: Callable[[], socket.socket]) -> socket.socket:
    connection = connect()
    if is_public(connection.getpeername()[0]):
        return connection
    connection.close()
    raise RefusedError("leads to an address of the local network")


class _PublicConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn)


class _PublicSecureConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn)


class _PublicPool(HTTPConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicSecurePool(HTTPSConnectionPool):
    ConnectionCls = _PublicSecureConnection


class _PublicAdapter(HTTPAdapter):
    """Connects to public addresses only."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _PublicPool,
            "https": _PublicSecurePool,
        }

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        host = urlsplit(request.url or "").hostname or ""
        if host == "localhost" or (_is_number(host) and not is_public(host)):
            raise RefusedError("leads to an address of the local network")
        return super().send(request, *args, **kwargs)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


ADDRESSES_A_HOST = 3
"""One missing page says nothing about its host, three refusals do."""


def host_of(address: str) -> str:
    """The host (and port) of an address."""
    return urlsplit(address).netloc.rpartition("@")[2].lower()


def probe(addresses: Iterable[str], session: requests.Session, seconds: float) -> Mapping[str, str]:
    """Ask every host for the head of up to three of its pages, all at the same time.

    Any answer will do: many servers refuse HEAD (403, 405, 500) and give the page all the same,
    or take longer for it than for the page. Only a host that cannot be reached is called silent.

    A name server that never answers cannot be given a time limit, so each question has a thread
    of its own that is left behind when the time is over and ends with the program.

    Returns:
        Per host what is wrong with it, SILENT or why it may not be asked; empty when it answers.
    """
    questions = _by_host(addresses)
    answers: SimpleQueue[tuple[str, str]] = SimpleQueue()
    for host, pages in questions.items():
        for page in pages:
            task = (session, page, host, seconds, answers)
            threading.Thread(target=_ask, args=task, daemon=True).start()
    problems = dict.fromkeys(questions, SILENT)
    end = time.monotonic() + seconds
    for _ in range(sum(map(len, questions.values()))):
        try:
            host, problem = answers.get(timeout=max(0.0, end - time.monotonic()))
        except Empty:
            break
        if problems[host]:
            problems[host] = problem if problem != SILENT else problems[host]
        if not any(problems.values()):
            break
    return problems


def reached(session: requests.Session, address: str, seconds: float) -> str:
    """What is wrong with the host of an address in a few words; empty when it can be reached."""
    try:
        # once connected it is there, however long it takes to answer
        with session.head(address, timeout=(0.7 * seconds, 0.2 * seconds), allow_redirects=False):
            return ""
    except requests.ReadTimeout:
        return ""
    except RefusedError as error:
        return str(error)
    except (requests.RequestException, ValueError):
        return SILENT


def _by_host(addresses: Iterable[str]) -> dict[str, list[str]]:
    questions: dict[str, list[str]] = {}
    for address in addresses:
        pages = questions.setdefault(host_of(address), [])
        if len(pages) < ADDRESSES_A_HOST:
            pages.append(address)
    return questions


def _ask(
    session: requests.Session,
    address: str,
    host: str,
    seconds: float,
    answers: SimpleQueue[tuple[str, str]],
) -> None:
    answers.put((host, reached(session, address, seconds)))
