"""HTTP sessions that stay out of the local network.

A manifest may come from anyone, so an address in it, or a redirect, must not reach the machines
beside this one. The check is made on the connection itself, after the name was resolved, so no
name server can answer first one address and then another. Behind a proxy the proxy connects;
there only addresses written as numbers can be judged here.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

MAX_REDIRECTS = 5
HEADERS = {"User-Agent": "peacetext (research on UN documents)", "Accept-Encoding": "identity"}


class RefusedError(Exception):
    """A file that is not taken, and that another try would not mend; the message is the reason."""


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
