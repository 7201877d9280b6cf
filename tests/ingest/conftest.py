"""Small files, made on the spot, for the tests of the readers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from pipeline.ingest.readers import read_file
from pipeline.ingest.reading import Reading
from pipeline.run.settings import IngestSettings

FIELD_CASES = Path("tests/field_cases")
MOVED = "The Force moved its camp to the north of the town in the night, and people saw it."
SENT = "Two patrols were sent to Kidal, and neither met any armed men on the road."
FONTS = {"plain": "Times-Roman", "bold": "Times-Bold", "italic": "Times-Italic"}


@dataclass(frozen=True)
class Ink:
    """One run of type; `x` and `y` are points from the lower left corner, `mode` 3 is no ink."""

    x: float
    y: float
    text: str
    font: str = "plain"
    size: float = 10.0
    mode: int = 0


SmallPdf = Callable[..., bytes]


@pytest.fixture(scope="session")
def limits() -> IngestSettings:
    return IngestSettings(
        max_megabytes=50, max_pages=1000, max_unpacked_megabytes=200, max_entries=2000
    )


@pytest.fixture(scope="session")
def read(limits: IngestSettings) -> Callable[[Path], Reading]:
    """Reads a file as a report; each once for all tests, since a long PDF takes seconds."""

    @cache
    def reading(file: Path) -> Reading:
        return read_file(file.read_bytes(), "report", file.suffix, limits)

    return reading


@pytest.fixture
def small_pdf() -> SmallPdf:
    """Makes a PDF from pages of ink; `picture` covers every page, `password` locks it.

    `leaf` stands in every page's dictionary, `shared` in the tree's, `opening` before the ink.
    """
    return _small_pdf


def _small_pdf(
    *pages: Sequence[Ink],
    picture: bool = False,
    password: bool = False,
    leaf: bytes = b"/MediaBox [0 0 612 792]",
    shared: bytes = b"",
    opening: bytes = b"",
) -> bytes:
    fonts = {name: 3 + index for index, name in enumerate(FONTS)}
    objects = {1: b"<< /Type /Catalog /Pages 2 0 R >>"}
    for name, number in fonts.items():
        objects[number] = (
            b"<< /Type /Font /Subtype /Type1 /Encoding /WinAnsiEncoding "
            b"/BaseFont /%s >>" % FONTS[name].encode()
        )
    objects[6] = _stream(
        b"\xff",
        b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 "
        b"/ColorSpace /DeviceGray",
    )
    resources = b" ".join(b"/%s %d 0 R" % (name.encode(), n) for name, n in fonts.items())
    kids = []
    for index, page in enumerate(pages):
        sheet, content = 10 + 2 * index, 11 + 2 * index
        kids.append(b"%d 0 R" % sheet)
        objects[sheet] = (
            b"<< /Type /Page /Parent 2 0 R %s /Contents %d 0 R "
            b"/Resources << /Font << %s >> /XObject << /picture 6 0 R >> >> >>"
            % (leaf, content, resources)
        )
        cover = b"q 612 0 0 792 0 0 cm /picture Do Q\n" if picture else b""
        objects[content] = _stream(opening + cover + b"\n".join(map(_ink, page)))
    objects[2] = b"<< /Type /Pages %s /Kids [%s] /Count %d >>" % (
        shared,
        b" ".join(kids),
        len(pages),
    )
    return _file(objects, password)


def _ink(ink: Ink) -> bytes:
    text = ink.text.encode("cp1252").replace(b"\\", rb"\\")
    text = text.replace(b"(", rb"\(").replace(b")", rb"\)")
    return b"BT %d Tr /%s %g Tf %g %g Td (%s) Tj ET" % (
        ink.mode,
        ink.font.encode(),
        ink.size,
        ink.x,
        ink.y,
        text,
    )


def _stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(content), content)


def _file(objects: dict[int, bytes], password: bool) -> bytes:
    body, places = b"%PDF-1.4\n", {}
    for number, content in sorted(objects.items()):
        places[number] = len(body)
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start, top = len(body), max(objects)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (top + 1)
    for number in range(1, top + 1):
        body += b"%010d 00000 %s \n" % (places.get(number, 0), b"n" if number in places else b"f")
    lock = (
        b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >> /ID [<00> <00>]"
        % (b"11" * 32, b"22" * 32)
        if password
        else b""
    )
    return body + b"trailer << /Root 1 0 R /Size %d %s >>\nstartxref\n%d\n%%%%EOF" % (
        top + 1,
        lock,
        start,
    )


@pytest.fixture
def lines_of() -> Callable[..., list[Ink]]:
    """Sets lines of text below one another, as the paragraphs of a UN report."""

    def below(
        y: float, *texts: str, x: float = 123, font: str = "plain", step: float = 12
    ) -> list[Ink]:
        return [Ink(x, y - step * index, text, font) for index, text in enumerate(texts)]

    return below


@pytest.fixture
def ink() -> type[Ink]:
    return Ink


@pytest.fixture
def read_case(limits: IngestSettings) -> Callable[..., Reading]:
    """Reads a field case, named by a pattern of its path."""

    def read(name: str, kind: str = "other") -> Reading:
        (file,) = FIELD_CASES.glob(name)
        return read_file(file.read_bytes(), kind, file.suffix, limits)

    return read


@pytest.fixture
def page(limits: IngestSettings) -> Callable[[str | bytes], Reading]:
    """Reads a web page."""

    def read(content: str | bytes) -> Reading:
        whole = content if isinstance(content, bytes) else content.encode()
        return read_file(whole, "other", ".html", limits)

    return read


def short_of(reading: Reading) -> list[tuple[str, str, str]]:
    """Role, label and text of each block."""
    return [(block.role, block.label, block.text) for block in reading.blocks]


def texts_of(reading: Reading) -> list[str]:
    """The text of each block."""
    return [block.text for block in reading.blocks]


def notes_of(reading: Reading) -> dict[str, str]:
    """The text of each note by its number."""
    return {note.number: note.text for note in reading.notes}
