"""A small project with four documents, and servers that behave well or badly."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.acquire import sessions
from pipeline.acquire.collecting import Collected, collect
from pipeline.acquire.sources import Source, sources_of
from pipeline.acquire.verifying import Finding, Mirror, pinned, read_pins
from pipeline.run.settings import AcquireSettings
from pipeline.study.manifest import COLUMNS, Entry, located, read_manifest
from pipeline.study.symbols import address, candidates

ARTICLE = b"Interviewees said that the mandate lacked a strategic vision.\n"
MALI = b"<akomaNtoso><p>Decides that MINUSMA shall protect civilians.</p></akomaNtoso>\n"
CONGO = b"<akomaNtoso><p>Authorizes MONUSCO to neutralize armed groups.</p></akomaNtoso>\n"
REPORT = b"%PDF-1.4\n% Report of the Secretary-General on the situation in Mali\n%%EOF\n"
DOCUMENTS = {
    "article": ("article", "yes", "article/article.txt", ARTICLE),
    "mali": ("resolution", "yes", "un/resolutions/mali.xml", MALI),
    "congo": ("resolution", "yes", "un/resolutions/congo.xml", CONGO),
    "report": ("report", "no", "un/cited/report.pdf", REPORT),
}

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Server:
    """A local server; ``answers`` maps a path to what it does, ``asked`` is what was asked."""

    address: str
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def gives(self, path: str, content: bytes, **headers: str) -> None:
        self.answers[path] = lambda request: reply(request, 200, content, headers)

    def refuses(self, path: str, status: int) -> None:
        self.answers[path] = lambda request: reply(request, status, b"", {})

    def moves(self, path: str, to: str) -> None:
        self.answers[path] = lambda request: reply(request, 302, b"", {"Location": to})

    def breaks_off(self, path: str, content: bytes) -> None:
        length = {"Content-Length": str(len(content) * 2)}
        self.answers[path] = lambda request: reply(request, 200, content, length)

    def hangs(self, path: str) -> None:
        self.answers[path] = self._hang

    def drips(self, path: str, content: bytes) -> None:
        self.answers[path] = lambda request: self._drip(request, content)

    def _hang(self, request: BaseHTTPRequestHandler) -> None:
        if request.command == "HEAD":
            reply(request, 200, b"", {})
        else:
            self.released.wait(30)

    def _drip(self, request: BaseHTTPRequestHandler, content: bytes) -> None:
        reply(request, 200, b"", {"Content-Length": str(len(content))})
        for byte in content if request.command == "GET" else b"":
            request.wfile.write(bytes([byte]))
            request.wfile.flush()
            if self.released.wait(0.1):
                return


def reply(
    request: BaseHTTPRequestHandler, status: int, content: bytes, headers: dict[str, str]
) -> None:
    request.send_response(status)
    for name, value in ({"Content-Length": str(len(content))} | headers).items():
        request.send_header(name, value)
    request.end_headers()
    if request.command == "GET":
        request.wfile.write(content)


@pytest.fixture
def serve() -> Iterator[Callable[[], Server]]:
    """Starts servers on 127.0.0.1; what is not among their answers is 404."""
    running: list[tuple[ThreadingHTTPServer, Server]] = []

    def start() -> Server:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(f"{self.command} {self.path}")
                answer = server.answers.get(self.path, lambda request: reply(request, 404, b"", {}))
                answer(self)

            do_HEAD = do_GET

            def log_message(self, *words: object) -> None:
                pass

        listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server = Server(f"http://127.0.0.1:{listener.server_port}")
        threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
        running.append((listener, server))
        return server

    yield start
    for listener, server in running:
        server.released.set()
        listener.shutdown()
        listener.server_close()


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name is known but that of this machine, no proxy and no mirror is named."""
    known = socket.getaddrinfo

    def refuse(host: str, *rest: object, **more: object) -> object:
        if host == "127.0.0.1":
            return known(host, *rest, **more)  # type: ignore[arg-type]
        raise socket.gaierror(socket.EAI_NONAME, "name not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("PEACETEXT_MIRROR", raising=False)


@pytest.fixture
def silent_name_server(
    no_network: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], int]]:
    """Packets to the name server are dropped; calling it tells how often it was asked."""
    asked: list[str] = []
    released = threading.Event()

    def wait(host: str, *rest: object, **more: object) -> object:
        asked.append(host)
        released.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", wait)
    yield lambda: len(asked)
    released.set()


@dataclass(frozen=True)
class Project:
    """A project folder with a manifest, the article, and a mirror folder beside it."""

    folder: Path
    mirror: Path

    @property
    def corpus(self) -> Path:
        return self.folder / "corpus"

    def entries(self) -> dict[str, Entry]:
        manifest = read_manifest(self.corpus / "manifest.csv", ("MINUSMA",))
        return {entry.document_id: entry for entry in manifest}

    def collect(
        self, *sources: Source, entries: dict[str, Entry] | None = None
    ) -> dict[str, Finding]:
        staging = self.folder / ".cache"
        staging.mkdir(exist_ok=True)
        chosen = (entries or self.entries()).values()
        findings = collect(chosen, Collected(self.corpus, staging, 2, 1), sources)
        assert list(staging.iterdir()) == []
        return {entry.document_id: finding for entry, finding in findings.items()}

    def fetched(self) -> list[str]:
        """Every file under corpus/un, whatever its name."""
        files = (self.corpus / "un").rglob("*")
        return sorted(str(file.relative_to(self.corpus)) for file in files if file.is_file())


@pytest.fixture
def new_project(tmp_path: Path) -> Callable[[str], Project]:
    """Makes projects that are alike but for their place."""

    def make(name: str) -> Project:
        folder = tmp_path / name
        mirror = tmp_path / "mirror"
        lines = [",".join(COLUMNS)]
        for document_id, (kind, required, path, content) in DOCUMENTS.items():
            digest = hashlib.sha256(content).hexdigest() if required == "yes" else ""
            url = f"https://documents.example/{path}"
            cells = (document_id, "", kind, document_id, "2018-06-28", "MINUSMA", "", "core;full")
            lines.append(",".join((*cells, required, path, url, digest, "UN")))
            if kind == "article":
                place = folder / "corpus" / path
            else:
                place = mirror / path.removeprefix("un/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        (folder / "corpus" / "manifest.csv").write_text("\n".join(lines) + "\n")
        return Project(folder, mirror)

    return make


@pytest.fixture
def project(new_project: Callable[[str], Project]) -> Project:
    return new_project("project")


@pytest.fixture
def settings() -> AcquireSettings:
    """Impatient settings."""
    return AcquireSettings(
        profile="core",
        mirror="",
        connections=2,
        retries=2,
        timeout_seconds=0.5,
        probe_seconds=0.5,
        pause_seconds=0,
        max_megabytes=1,
    )


@pytest.fixture
def web_mirror(settings: AcquireSettings, serve: Callable[[], Server]) -> tuple[Server, Source]:
    """A mirror over HTTP that has all documents, and the source that asks it."""
    server = serve()
    for _, _, path, content in DOCUMENTS.values():
        server.gives("/" + path.removeprefix("un/"), content)
    return server, sources_of(settings, Mirror(address=server.address))[0]


def names_are_local(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name leads to this machine."""

    def resolve(host: str, port: int, *rest: object, **more: object) -> object:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


SYMBOL = "S/2031/7"
API, DIRECT, COPY = (
    "/" + url.split("/", 3)[3] for url in candidates(SYMBOL)
)  # the paths of the three addresses
SHELL = b"<!DOCTYPE html><html><head><title>ODS</title></head><body></body></html>"
OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
TEXT = b"S/2031/7\n\nUnited Nations\n\nSecurity Council\n\n1.\nMINUSMA protects civilians.\n"


def pdf(*lines: str) -> bytes:
    """One page with these lines of text."""
    shown = " ".join(f"({line}) Tj 0 -16 Td" for line in lines)
    stream = f"BT /F1 12 Tf 60 760 Td {shown} ET".encode()
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % item for item in enumerate(parts, 1))
    return b"%PDF-1.4\n" + body + b"trailer << /Root 1 0 R >>\n%%EOF\n"


REPORT = pdf("United Nations S/2031/7", "Security Council", "As I said in S/2031/6, all is well.")
OTHER = pdf("United Nations S/2031/6", "Security Council", "It is followed by S/2031/7.")


@dataclass
class UnitedNations:
    """The three addresses of one report, on one server under their own names."""

    server: Server
    project: Project
    settings: AcquireSettings

    @property
    def entry(self) -> Entry:
        """The report, as a row of the manifest that nobody has pinned."""
        report = self.project.entries()["report"]
        row = replace(report, symbol=SYMBOL, source_url=address(SYMBOL), path="un/added/r.pdf")
        return pinned(row, read_pins(self.project.corpus / "pins.csv"))

    def fetch(self) -> Finding:
        pins = read_pins(self.project.corpus / "pins.csv")
        network = sources_of(self.settings, None, pins)
        return self.project.collect(*network, entries={"report": self.entry})["report"]

    def asked(self, method: str = "GET") -> list[str]:
        return [question.split(" ")[1] for question in self.server.asked if method in question]

    def file(self) -> Path:
        return self.project.corpus / located(self.entry, self.project.corpus).path


@pytest.fixture
def un(project, serve, settings, monkeypatch: pytest.MonkeyPatch) -> UnitedNations:
    server = serve()
    port = server.address.rpartition(":")[2]
    names_are_local(monkeypatch)
    monkeypatch.setattr(sessions, "is_public", lambda address: True)

    def here(symbol: str) -> tuple[str, ...]:
        hosts = (url.split("/")[2] for url in candidates(symbol))
        return tuple(
            url.replace(f"https://{host}", f"http://{host}:{port}")
            for url, host in zip(candidates(symbol), hosts, strict=True)
        )

    monkeypatch.setattr("pipeline.acquire.sources.candidates", here)
    server.gives(DIRECT.partition("?")[0], SHELL)
    return UnitedNations(server, project, settings)
