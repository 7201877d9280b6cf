"""A document is asked for by its symbol where the UN keep it, one address after the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.acquire.downloading import Pace
from pipeline.acquire.sources import Source, sources_of
from pipeline.acquire.verifying import Finding, read_pins
from pipeline.study.manifest import Entry
from pipeline.study.symbols import address
from tests.acquire.conftest import (
    API,
    COPY,
    DIRECT,
    OLD_WORD,
    OTHER,
    REPORT,
    SHELL,
    SYMBOL,
    TEXT,
    Server,
    UnitedNations,
    pdf,
    reply,
)


def test_the_document_api_gives_the_pdf_after_a_redirect(un: UnitedNations) -> None:
    un.server.moves(API, "/doc/undoc/gen/n31/000/07/pdf/n3100007.pdf")
    un.server.gives("/doc/undoc/gen/n31/000/07/pdf/n3100007.pdf", REPORT)

    assert un.fetch().status == "present"

    assert un.file().read_bytes() == REPORT
    assert DIRECT not in un.asked()


FAILURES: dict[str, tuple[Callable[[Server], None], str]] = {
    "404": (lambda s: s.refuses(API, 404), "answered 404"),
    "202, a challenge": (lambda s: s.refuses(API, 202), "answered 202"),
    "200 and nothing": (lambda s: s.gives(API, b""), "is empty"),
    "the shell page": (lambda s: s.gives(API, SHELL), "is a web page, not PDF"),
    "a redirect to an error": (
        lambda s: (s.moves(API, "/error?code=404"), s.gives("/error?code=404", REPORT))[1],
        "redirects to an error page",
    ),
    "an old Word file": (lambda s: s.gives(API, OLD_WORD), "is an old Word file (.doc)"),
    "a picture": (lambda s: s.gives(API, b"\x89PNG\r\n\x1a\n" + bytes(99)), "is not PDF"),
    "another document": (
        lambda s: s.gives(API, OTHER),
        "says S/2031/6 in its masthead, not S/2031/7",
    ),
    "a document without a symbol": (
        lambda s: s.gives(API, pdf("Guidelines", "on the protection of civilians")),
        "says no symbol in its masthead, not S/2031/7",
    ),
    "a scan without text": (lambda s: s.gives(API, pdf()), "has no text on its first page"),
    "a server at fault": (lambda s: s.refuses(API, 503), "answered 503"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_after_what_is_no_document_the_next_address_is_asked(un: UnitedNations, name: str) -> None:
    fail, _ = FAILURES[name]
    fail(un.server)
    un.server.gives(DIRECT, REPORT)

    assert un.fetch().status == "present"

    assert un.file().read_bytes() == REPORT
    assert DIRECT in un.asked()
    assert DIRECT.partition("?")[0] not in un.asked()  # the address for people


@pytest.mark.parametrize("name", FAILURES)
def test_when_no_address_has_it_each_is_named_with_its_reason(un: UnitedNations, name: str) -> None:
    fail, reason = FAILURES[name]
    fail(un.server)

    found = un.fetch()

    assert found.status in {"corrupt", "unavailable"}
    api, direct, copy = (
        found.reason.split("; ", 2)
        if name != "an old Word file"
        else (found.reason.rsplit("; ", 2))
    )
    assert "documents.un.org" in api
    assert reason in api
    assert direct.startswith("docs.un.org")
    assert direct.endswith("answered 404")
    assert copy.startswith("raw.githubusercontent.com")
    assert un.project.fetched() == []
    assert not (un.project.corpus / "pins.csv").exists()


def test_a_text_copy_is_welcome_and_lies_there_as_text(un: UnitedNations) -> None:
    un.server.gives(COPY, TEXT)

    found = un.fetch()

    assert (found.status, found.form) == ("present", ".txt")
    assert un.file().name == "r.txt"
    assert un.fetch().source == "disk"


def test_head_vetoes_nothing(un: UnitedNations) -> None:
    def only_get(request: BaseHTTPRequestHandler) -> None:
        is_get = request.command == "GET"
        reply(request, 200 if is_get else 403, REPORT if is_get else b"", {})

    un.server.answers[API] = only_get

    assert un.fetch().status == "present"


def test_a_host_that_leaves_head_without_an_answer_is_asked_all_the_same(
    un: UnitedNations,
) -> None:
    def slow_head(request: BaseHTTPRequestHandler) -> None:
        if request.command == "HEAD":
            un.server.released.wait(5)
        reply(request, 200, REPORT, {})

    un.server.answers[API] = slow_head

    assert un.fetch().status == "present"


def test_a_first_byte_may_be_slow(un: UnitedNations) -> None:
    def late(request: BaseHTTPRequestHandler) -> None:
        time.sleep(0.3 if request.command == "GET" else 0)
        reply(request, 200, REPORT, {})

    un.server.answers[API] = late

    assert un.fetch().status == "present"


@pytest.mark.parametrize(
    "asked_for", ["1", lambda: formatdate(time.time() + 2, usegmt=True)], ids=["seconds", "date"]
)
def test_a_host_that_asks_for_rest_gets_it(un: UnitedNations, asked_for) -> None:
    times: list[float] = []
    rest = asked_for if isinstance(asked_for, str) else asked_for()

    def busy(request: BaseHTTPRequestHandler) -> None:
        if request.command == "GET":
            times.append(time.monotonic())
        if len(times) == 1:
            reply(request, 429, b"", {"Retry-After": rest})
        else:
            reply(request, 200, REPORT, {})

    un.server.answers[API] = busy

    assert un.fetch().status == "present"
    assert len(times) == 2
    assert times[1] - times[0] >= 0.9


def test_a_host_that_asks_for_an_hour_is_left_alone_until_the_next_run(un: UnitedNations) -> None:
    un.server.answers[API] = lambda request: reply(request, 429, b"", {"Retry-After": "3600"})
    un.server.gives(COPY, TEXT)
    start = time.monotonic()

    assert un.fetch().form == ".txt"
    assert time.monotonic() - start < 30
    assert un.asked().count(API) == 1


@pytest.mark.parametrize("resumes", [True, False], ids=["resumed", "begun again"])
def test_a_file_that_is_cut_off_in_the_middle_comes_whole_in_the_end(
    un: UnitedNations, resumes: bool
) -> None:
    half = len(REPORT) // 2
    ranges: list[str] = []

    def cut(request: BaseHTTPRequestHandler) -> None:
        if request.command == "HEAD":
            reply(request, 200, b"", {})
            return
        ranges.append(request.headers.get("Range", ""))
        if len(ranges) == 1:
            tag = {"ETag": '"one"'} if resumes else {}
            reply(request, 200, REPORT[:half], {"Content-Length": str(len(REPORT))} | tag)
        elif resumes:
            rest = {"Content-Range": f"bytes {half}-{len(REPORT) - 1}/{len(REPORT)}"}
            reply(request, 206, REPORT[half:], rest)
        else:
            reply(request, 200, REPORT, {})

    un.server.answers[API] = cut

    assert un.fetch().status == "present"
    assert ranges == ["", f"bytes={half}-" if resumes else ""]
    assert un.file().read_bytes() == REPORT


def test_hosts_of_the_united_nations_get_two_questions_at_once_and_a_pause() -> None:
    pace = Pace(0.5)
    begins: list[float] = []
    at_once: list[int] = []
    now: list[int] = []

    def ask() -> None:
        with pace.turn("documents.un.org"):
            begins.append(time.monotonic())
            now.append(1)
            at_once.append(len(now))
            time.sleep(1.2)
            now.pop()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert max(at_once) <= 2
    gaps = [later - sooner for sooner, later in pairwise(begins)]
    assert min(gaps) > 0.2  # a busy machine may note a beginning late


def test_what_has_come_before_the_keyboard_stops_the_run_is_kept_and_pinned(
    un: UnitedNations, monkeypatch: pytest.MonkeyPatch
) -> None:
    un.server.gives(API, REPORT)
    second = replace(un.entry, document_id="second", symbol="S/2031/8", path="un/added/s.pdf")
    second = replace(second, source_url=address("S/2031/8"))
    network = sources_of(un.settings, None)[0]
    taken: list[str] = []

    class Stopped:
        name = "network"

        def prepare(self, entries: object) -> None:
            network.prepare([un.entry])

        def take(self, entry: Entry, file: Path) -> Finding:
            if taken:
                raise KeyboardInterrupt
            taken.append(entry.symbol)
            return network.take(entry, file)

        def stop(self) -> None:
            taken.append("stopped")
            network.stop()

    source: Source = Stopped()
    one_at_a_time = {"report": un.entry, "second": second}
    monkeypatch.setattr(
        "pipeline.acquire.collecting.ThreadPoolExecutor",
        lambda _: ThreadPoolExecutor(1),
    )

    with pytest.raises(KeyboardInterrupt):
        un.project.collect(source, entries=one_at_a_time)

    assert taken == [SYMBOL, "stopped"]
    assert un.file().read_bytes() == REPORT
    assert SYMBOL in read_pins(un.project.corpus / "pins.csv")


def test_a_stopped_run_waits_for_nothing(un: UnitedNations) -> None:
    un.server.answers[API] = lambda request: reply(request, 429, b"", {"Retry-After": "60"})
    network = sources_of(un.settings, None)[0]
    network.prepare([un.entry])
    threading.Timer(0.5, network.stop).start()
    start = time.monotonic()

    assert "was stopped" in network.take(un.entry, un.project.folder / "r.pdf").reason
    assert time.monotonic() - start < 30
