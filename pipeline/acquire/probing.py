"""Does anything answer? Found out once, in a fixed time, whatever the network does."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

import requests

from pipeline.acquire.sessions import RefusedError
from pipeline.acquire.verifying import SILENT

ADDRESSES_A_HOST = 3
"""One missing page says nothing about its host, three refusals do."""

_ALIVE_ALTHOUGH = {404, 405, 410, 429, 501}
"""Refusals that concern one page, one method or one moment, not the whole host."""


def host_of(address: str) -> str:
    """The host (and port) of an address."""
    return urlsplit(address).netloc.rpartition("@")[2].lower()


def probe(addresses: Iterable[str], session: requests.Session, seconds: float) -> Mapping[str, str]:
    """Ask every host for the head of up to three of its pages, all at the same time.

    A name server that never answers cannot be given a time limit, so each question has a thread
    of its own that is left behind when the time is over and ends with the program.

    Returns:
        Per host what is wrong with it, SILENT or what it said; empty when it answers.
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


def head(session: requests.Session, address: str, seconds: float) -> int | str:
    """The status that a server gives for an address, or what is wrong with it in a few words."""
    try:
        with session.head(address, timeout=seconds, allow_redirects=False) as response:
            return response.status_code
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
    status = head(session, address, seconds)
    if isinstance(status, str):
        answers.put((host, status))
    elif status < 400 or status in _ALIVE_ALTHOUGH:
        answers.put((host, ""))
    else:
        answers.put((host, f"answered {status}"))
