"""Documents come to their place verified, or not at all; one bad document stops no other."""

from __future__ import annotations

import errno
import gzip
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.acquire import sessions
from pipeline.acquire.sources import MirrorFolder, Source, sources_of
from pipeline.acquire.verifying import Finding, Mirror
from pipeline.run.errors import StageError
from pipeline.run.settings import AcquireSettings
from pipeline.study.manifest import Entry
from tests.acquire.conftest import names_are_local

CONGO = "/resolutions/congo.xml"
PAGE = b"\n<!DOCTYPE html><html><body>Please sign in to this network</body></html>"


class NobodyMayAsk:
    name = "nobody"

    def prepare(self, entries: object) -> None:
        raise AssertionError("a source was asked although nothing was missing")

    def take(self, entry: Entry, file: Path) -> Finding:
        raise AssertionError("a source was asked although nothing was missing")


def test_a_mirror_folder_gives_every_document_its_place(project) -> None:
    findings = project.collect(MirrorFolder(project.mirror, 1))

    assert {name: f.status for name, f in findings.items()} == dict.fromkeys(findings, "present")
    assert project.fetched() == [
        "un/cited/report.pdf",
        "un/resolutions/congo.xml",
        "un/resolutions/mali.xml",
    ]
    original = project.mirror / "resolutions" / "mali.xml"
    assert (project.corpus / "un/resolutions/mali.xml").read_bytes() == original.read_bytes()
    assert [findings[n].source for n in ("article", "mali")] == ["disk", "mirror"]


def test_what_is_on_disk_is_not_fetched_again(project) -> None:
    project.collect(MirrorFolder(project.mirror, 1))

    findings = project.collect(NobodyMayAsk())

    assert {f.source for f in findings.values()} == {"disk"}


def test_documents_of_another_profile_stay_where_they_are(project) -> None:
    project.collect(MirrorFolder(project.mirror, 1))
    before = project.fetched()

    only_mali = {"mali": project.entries()["mali"]}
    findings = project.collect(NobodyMayAsk(), entries=only_mali)

    assert list(findings) == ["mali"]
    assert project.fetched() == before


def test_a_web_mirror_gives_every_document_its_place(project, web_mirror) -> None:
    _, mirror = web_mirror

    findings = project.collect(mirror)

    assert {f.status for f in findings.values()} == {"present"}
    assert len(project.fetched()) == 3


GZIP = {"Content-Encoding": "gzip"}


def bomb() -> bytes:
    return gzip.compress(bytes(30_000_000))


WRONG_TEXT = b"<akomaNtoso><p>Another text.</p></akomaNtoso>"
WRONG_HASH = "from the mirror is not the pinned file (its SHA-256 differs)"
NO_WEB = "the mirror leads to an address that is not http or https"
TOO_LARGE = "from the mirror is larger than 1 MB"


@pytest.mark.parametrize(
    ("misbehave", "verdict", "questions"),
    [
        (lambda s: s.refuses(CONGO, 500), "unavailable: the mirror answered 500", 2),
        (lambda s: s.refuses(CONGO, 404), "unavailable: not in the mirror", 1),
        (lambda s: s.refuses(CONGO, 403), "unavailable: the mirror answered 403", 1),
        (lambda s: s.hangs(CONGO), "unavailable: the mirror did not answer", 2),
        (lambda s: s.gives(CONGO, PAGE), "corrupt: from the mirror is a web page, not XML", 1),
        (lambda s: s.gives(CONGO, b""), "corrupt: from the mirror is empty", 1),
        (
            lambda s: s.breaks_off(CONGO, b"<akomaNtoso><p>Authorizes"),
            "unavailable: the mirror broke off in the middle",
            2,
        ),
        (lambda s: s.gives(CONGO, WRONG_TEXT), f"corrupt: {WRONG_HASH}", 1),
        (lambda s: s.gives(CONGO, b"<a>" + bytes(2_000_000)), f"corrupt: {TOO_LARGE}", 1),
        (lambda s: s.gives(CONGO, bomb(), **GZIP), f"corrupt: {TOO_LARGE}", 1),
        (lambda s: s.moves(CONGO, "file:///etc/passwd"), f"unavailable: {NO_WEB}", 1),
        (lambda s: s.moves(CONGO, "http://[oops/"), f"unavailable: {NO_WEB}", 1),
        (lambda s: s.moves(CONGO, CONGO), "unavailable: the mirror redirects too often", 6),
    ],
)
def test_one_bad_document_has_its_reason_and_the_others_arrive(
    project, web_mirror, misbehave, verdict, questions
) -> None:
    server, mirror = web_mirror
    misbehave(server)

    congo = project.collect(mirror)["congo"]

    assert f"{congo.status}: {congo.reason}" == verdict
    assert server.asked.count(f"GET {CONGO}") == questions
    assert project.fetched() == ["un/cited/report.pdf", "un/resolutions/mali.xml"]


def test_a_file_that_drips_is_given_up_although_each_byte_is_in_time(
    project, settings, serve
) -> None:
    server = serve()
    server.drips(CONGO, b"<akomaNtoso>" + b"x" * 400)
    hasty = settings.model_copy(update={"timeout_seconds": 0.15})
    mirror = sources_of(hasty, Mirror(address=server.address))[0]
    start = time.monotonic()

    findings = project.collect(mirror, entries={"congo": project.entries()["congo"]})

    assert findings["congo"].reason == "the mirror was too slow"
    assert time.monotonic() - start < 20  # all of it takes 41 seconds


def test_a_mirror_that_breaks_off_once_is_asked_again(project, web_mirror) -> None:
    server, mirror = web_mirror
    whole = server.answers[CONGO]

    def once(request: object) -> None:
        if server.asked.count(f"GET {CONGO}") == 1:
            broken(request)
        else:
            whole(request)

    server.breaks_off(CONGO, b"<akomaNtoso>")
    broken = server.answers[CONGO]
    server.answers[CONGO] = once

    assert project.collect(mirror)["congo"].status == "present"


def test_a_redirect_inside_the_mirror_is_followed(project, web_mirror) -> None:
    server, mirror = web_mirror
    server.answers["/moved.xml"] = server.answers[CONGO]
    server.moves(CONGO, "/moved.xml")

    assert project.collect(mirror)["congo"].status == "present"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "inside.example"])
def test_a_redirect_from_the_mirror_to_another_local_server_is_refused(
    project, web_mirror, serve, monkeypatch, host
) -> None:
    server, mirror = web_mirror
    victim = serve()
    names_are_local(monkeypatch)
    port = victim.address.rpartition(":")[2]
    server.moves(CONGO, f"http://{host}:{port}{CONGO}")

    findings = project.collect(mirror)

    assert "leads to an address of the local network" in findings["congo"].reason
    assert victim.asked == []


def on_the_network(project, address: str) -> dict[str, Entry]:
    """The entries with source addresses at another host."""
    return {
        name: replace(entry, source_url=f"{address}/{entry.path.removeprefix('un/')}")
        for name, entry in project.entries().items()
    }


def test_an_address_of_the_manifest_may_not_lead_into_the_local_network(
    project, web_mirror, settings, monkeypatch
) -> None:
    server, _ = web_mirror
    names_are_local(monkeypatch)
    network = sources_of(settings, None)
    for host in ("127.0.0.1", "inside.example"):
        address = server.address.replace("127.0.0.1", host)

        findings = project.collect(*network, entries=on_the_network(project, address))

        assert findings["mali"].status == "unavailable"
        assert "leads to an address of the local network" in findings["mali"].reason
    assert server.asked == []
    assert project.fetched() == []


def test_a_proxy_is_not_asked_for_an_address_of_the_local_network(
    project, settings, serve, monkeypatch
) -> None:
    proxy = serve()
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("http_proxy", proxy.address)
    network = sources_of(settings, None)

    findings = project.collect(
        *network, entries=on_the_network(project, "http://169.254.169.254/latest")
    )

    assert "leads to an address of the local network" in findings["mali"].reason
    assert proxy.asked == []

    project.collect(*network, entries=on_the_network(project, "http://documents.example"))
    assert any("documents.example" in question for question in proxy.asked)


def test_the_network_gives_what_the_mirror_lacks(
    project, web_mirror, settings, monkeypatch
) -> None:
    server, _ = web_mirror
    names_are_local(monkeypatch)
    monkeypatch.setattr(sessions, "is_public", lambda address: True)
    (project.mirror / "resolutions" / "congo.xml").unlink()
    address = server.address.replace("127.0.0.1", "documents.example")

    findings = project.collect(
        *sources_of(settings, Mirror(folder=project.mirror)),
        entries=on_the_network(project, address),
    )

    assert (findings["mali"].source, findings["congo"].source) == ("mirror", "network")
    assert [question for question in server.asked if "GET" in question] == [f"GET {CONGO}"]


def many(project, count: int) -> dict[str, Entry]:
    congo = project.entries()["congo"]
    return {
        f"congo-{n}": replace(congo, document_id=f"congo-{n}", path=f"un/resolutions/{n}.xml")
        for n in range(count)
    }


def test_a_mirror_that_hangs_is_not_waited_for_once_a_document(project, settings, serve) -> None:
    server = serve()
    entries = many(project, 40)
    for entry in entries.values():
        server.hangs("/" + entry.path.removeprefix("un/"))
    mirror = sources_of(settings, Mirror(address=server.address))[0]
    start = time.monotonic()

    findings = project.collect(mirror, entries=entries)

    assert {f.reason for f in findings.values()} == {"the mirror did not answer"}
    assert time.monotonic() - start < 8
    assert sum("GET" in question for question in server.asked) < 12


def test_a_mirror_that_answers_500_to_all_is_given_up_after_a_dozen_documents(
    project, settings, serve
) -> None:
    server = serve()
    entries = many(project, 40)
    for entry in entries.values():
        server.refuses("/" + entry.path.removeprefix("un/"), 500)
    mirror = sources_of(settings, Mirror(address=server.address))[0]

    findings = project.collect(mirror, entries=entries)

    assert {f.reason for f in findings.values()} == {
        "the mirror answered 500",
        "the mirror answers with errors only",
    }
    assert sum("GET" in question for question in server.asked) < 32


def test_a_corrupt_file_is_replaced_by_a_good_copy(project) -> None:
    place = project.corpus / "un/resolutions/mali.xml"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"<akomaNtoso><p>Decides that")

    findings = project.collect(MirrorFolder(project.mirror, 1))

    assert findings["mali"].status == "present"
    assert place.read_bytes() == (project.mirror / "resolutions/mali.xml").read_bytes()


def test_a_corrupt_file_without_a_good_copy_is_reported_and_kept(project, settings) -> None:
    place = project.corpus / "un/resolutions/mali.xml"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"<akomaNtoso><p>Decides that")
    (project.mirror / "resolutions" / "mali.xml").write_bytes(PAGE)

    findings = project.collect(*sources_of(settings, Mirror(folder=project.mirror)))

    assert findings["mali"].status == "corrupt"
    assert findings["mali"].reason == (
        "on disk is not the pinned file (its SHA-256 differs); "
        "in the mirror is a web page, not XML; the network did not answer"
    )
    assert place.read_bytes() == b"<akomaNtoso><p>Decides that"


def test_a_changed_file_of_the_project_is_corrupt_and_never_overwritten(project) -> None:
    place = project.corpus / "article/article.txt"
    place.write_bytes(b"Another article.\n")

    findings = project.collect(MirrorFolder(project.mirror, 1))

    assert findings["article"].status == "corrupt"
    assert findings["article"].reason.startswith("in the project: is not the pinned file")
    assert place.read_bytes() == b"Another article.\n"


@pytest.mark.parametrize("content", [PAGE, b"%!PS-Adobe-3.0", b""])
def test_a_document_that_nobody_pinned_must_at_least_look_like_one(project, content) -> None:
    (project.mirror / "cited" / "report.pdf").write_bytes(content)

    findings = project.collect(MirrorFolder(project.mirror, 1))

    assert findings["report"].status == "corrupt"
    assert "un/cited/report.pdf" not in project.fetched()


def test_a_full_disk_stops_the_stage_and_leaves_what_was_there(
    project, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = project.corpus / "un/resolutions/mali.xml"
    project.collect(MirrorFolder(project.mirror, 1))
    (project.corpus / "un/resolutions/congo.xml").unlink()
    before = place.read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("shutil.copyfile", full)

    with pytest.raises(StageError, match="No space left on device"):
        project.collect(MirrorFolder(project.mirror, 1))

    assert place.read_bytes() == before


def test_a_name_server_that_never_answers_costs_the_time_of_one_probe(
    project, settings: AcquireSettings, silent_name_server: Callable[[], int]
) -> None:
    start = time.monotonic()

    findings = project.collect(*sources_of(settings, None), entries=many(project, 300))

    assert {f.reason for f in findings.values()} == {"the network did not answer"}
    assert time.monotonic() - start < settings.probe_seconds + 10  # not 150 seconds
    assert silent_name_server() <= 3


def test_every_source_has_a_name(settings) -> None:
    sources: tuple[Source, ...] = sources_of(settings, Mirror(address="https://mirror.example"))

    assert [source.name for source in sources] == ["mirror", "network"]
