"""The pages of a PDF and their lines.

Works on an open pypdfium2 page. Coordinates are points (1/72 inch) from the lower left corner of
the page as a person reads it: a page whose text runs sideways is turned first.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from unicodedata import normalize

import pypdfium2 as pdfium
from pypdfium2 import raw

from pipeline.ingest.reading import NoteMark, UnreadableError

GAP = 1.35  # a space wider than this many times the size of the type parts two pieces
SUPERSCRIPT_SIZE = 0.78  # a note mark is smaller than this share of the type beside it
SUPERSCRIPT_RISE = 0.12  # and stands at least this share of it above the line
SPACE = 0.17  # a gap wider than this share of the type parts two words
MARK = re.compile(r"\d{1,3}|[a-z]|\*{1,4}")
UNIT = re.compile(r"(?:^|[\s\d])[kcm]?m$")  # metres, before their exponent
STRUCK_OVER = {"´": "\u0301", "`": "\u0300", "ˇ": "\u030c", "¨": "\u0308", "ˆ": "\u0302"}
"""Accents that are printed over the letter before them, and how they combine with it."""
SOFT_HYPHENS = "\x02\xad"  # what pdfium gives for a hyphen at the end of a line


class Glyph(NamedTuple):
    """One character and its place."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    italic: bool


@dataclass(frozen=True, slots=True)
class Line:
    """Characters on one base line without a wide space between them.

    Attributes:
        page: number of the page, from 1.
        x0: left end; ``x1`` is the right end.
        y: base line.
        size: height of most of its type.
        bold: is most of it bold; likewise ``italic``.
        marks: note marks, taken out of the text.
    """

    page: int
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    italic: bool
    text: str
    marks: tuple[NoteMark, ...] = ()


def page_lines(text_page: pdfium.PdfTextPage, number: int) -> tuple[list[Line], int]:
    """The lines of a page from top to bottom, and how many characters run another way.

    Text at another angle than most of the page (labels on a map, marginal codes) gives no line.
    """
    glyphs, odd = _upright(list(_glyphs(text_page)))
    pieces = [_line(piece, number) for piece in _pieces(glyphs)]
    lines = [line for line in pieces if line.text or line.marks]
    return sorted(lines, key=lambda line: (-round(line.y), line.x0)), odd


_OBJECT_OF = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int)(
    ctypes.cast(raw.FPDFText_GetTextObject, ctypes.c_void_p).value or 0
)
"""The text object of a character as a plain number: a call of its own costs too much here."""


class _Characters:
    """The characters of a page, asked for with as few calls into PDFium as possible.

    A call costs more than all the rest, so what the characters of one text object share (type,
    angle, distance of the base line from the foot of the box) is asked for once an object.
    """

    def __init__(self, text_page: pdfium.PdfTextPage) -> None:
        self.page = text_page.raw
        self.address = ctypes.cast(text_page.raw, ctypes.c_void_p).value
        self.count = text_page.count_chars()
        self.x, self.y = ctypes.c_double(), ctypes.c_double()
        self.box, self.matrix = raw.FS_RECTF(), raw.FS_MATRIX()
        self.name, self.flags = ctypes.create_string_buffer(160), ctypes.c_int()

    def texts(self) -> str:
        """All characters, one for each index."""
        buffer = (ctypes.c_ushort * (self.count + 1))()
        raw.FPDFText_GetText(self.page, 0, self.count, buffer)
        text = bytes(buffer)[:-2].decode("utf-16-le", "replace")
        if len(text) == self.count and "\0" not in text:
            return text.replace("\ufffe", SOFT_HYPHENS[0])
        singly = (raw.FPDFText_GetUnicode(self.page, index) for index in range(self.count))
        return "".join(chr(code) if code < 0x110000 else "\ufffd" for code in singly)

    def type_at(self, index: int) -> tuple[float, bool, bool, int]:
        """Size, bold, italic and angle in degrees."""
        raw.FPDFText_GetMatrix(self.page, index, self.matrix)
        raw.FPDFText_GetFontInfo(self.page, index, self.name, 160, self.flags)
        matrix = self.matrix
        scale = math.hypot(matrix.c, matrix.d) or 1.0
        size = raw.FPDFText_GetFontSize(self.page, index) * scale
        font = self.name.value.lower()
        angle = round(math.degrees(math.atan2(matrix.b, matrix.a))) % 360
        return size, b"bold" in font, b"italic" in font or b"oblique" in font, angle

    def origin(self, index: int) -> tuple[float, float]:
        """Where the character stands on its base line."""
        raw.FPDFText_GetCharOrigin(self.page, index, self.x, self.y)
        return self.x.value, self.y.value


def _glyphs(text_page: pdfium.PdfTextPage) -> Iterator[tuple[float, Glyph]]:
    """Each visible character with its angle in degrees, in the order of the file."""
    characters = _Characters(text_page)
    box, loose = characters.box, raw.FPDFText_GetLooseCharBox
    page, address, reference = characters.page, characters.address, ctypes.byref(characters.box)
    owner, size, bold, italic, angle = -1, 0.0, False, False, 0
    foot, height = 0.0, 0.0
    for index, text in enumerate(characters.texts()):
        if text in "\r\n":
            continue
        owned = _OBJECT_OF(address, index) or 0
        loose(page, index, reference)
        left, right, bottom, top = box.left, box.right, box.bottom, box.top
        if owned != owner or not owned:
            owner = owned
            size, bold, italic, angle = characters.type_at(index)
            height = -1.0
        if text == " " and not angle:
            y = bottom + foot  # nobody asks where a space stands
        elif height != top - bottom or angle:
            x, y = characters.origin(index)
            foot, height = y - bottom, (top - bottom if x == left else -1.0)
            left, right, y = _turn(angle, x, y, box)
        else:
            y = bottom + foot
        yield angle, Glyph(text, left, right, y, size, bold, italic)


def _turn(angle: float, x: float, y: float, box: raw.FS_RECTF) -> tuple[float, float, float]:
    """Left end, right end and base line of a character after its text was turned upright."""
    if angle == 90:
        return box.bottom, box.top, -x
    if angle == 270:
        return -box.top, -box.bottom, x
    if angle == 180:
        return -box.right, -box.left, -y
    return box.left, box.right, y


def _upright(glyphs: Sequence[tuple[float, Glyph]]) -> tuple[list[Glyph], int]:
    angles = Counter(angle for angle, glyph in glyphs if not glyph.text.isspace())
    if not angles:
        return [], 0
    main = max(sorted(angles), key=lambda angle: angles[angle])
    if main not in (0, 90, 180, 270):
        main = 0
    upright = [glyph for angle, glyph in glyphs if angle == main]
    return upright, sum(angles.values()) - angles[main]


def _pieces(glyphs: Iterable[Glyph]) -> Iterator[list[Glyph]]:
    """Runs of characters on one base line without a wide space or a step back."""
    piece: list[Glyph] = []
    last: Glyph | None = None  # that is no space
    for glyph in glyphs:
        if glyph.text.isspace():
            if piece:
                piece.append(glyph)
            continue
        if last and piece and not _continues(piece, last, glyph):
            yield piece
            piece = []
        piece.append(glyph)
        last = glyph
    if piece:
        yield piece


def _continues(piece: Sequence[Glyph], last: Glyph, glyph: Glyph) -> bool:
    size = max(last.size, glyph.size)
    if glyph.x0 - last.x1 > GAP * size:
        return False
    if glyph.x0 - last.x1 < -0.6 * size:  # boxes of recognised text are often too wide
        return 0.1 * size > abs(glyph.y - last.y) and glyph.x0 >= last.x0 - 0.1 * size
    return abs(glyph.y - last.y) <= 0.25 * size or _raised(piece, glyph)


def _raised(piece: Sequence[Glyph], glyph: Glyph) -> bool:
    """Do both stand on one line, one of them as a superscript?"""
    main = max(piece, key=lambda g: g.size)
    low, high = (main, glyph) if glyph.size < main.size else (glyph, piece[-1])
    return high.size < SUPERSCRIPT_SIZE * low.size and -0.2 < (high.y - low.y) / low.size < 0.65


def _line(piece: Sequence[Glyph], page: int) -> Line:
    visible = [glyph for glyph in piece if not glyph.text.isspace()]
    size = _most_common(glyph.size for glyph in visible)
    base = _most_common(glyph.y for glyph in visible if abs(glyph.size - size) <= 0.051)
    text, marks = _text_and_marks(piece, size, base)
    return Line(
        page=page,
        x0=visible[0].x0,
        x1=visible[-1].x1,
        y=base,
        size=size,
        bold=_mostly([glyph.bold for glyph in visible]),
        italic=_mostly([glyph.italic for glyph in visible]),
        text=text,
        marks=marks,
    )


def _text_and_marks(
    piece: Sequence[Glyph], size: float, base: float
) -> tuple[str, tuple[NoteMark, ...]]:
    text, mark, end = "", "", piece[0].x0
    marks: list[NoteMark] = []
    for glyph in piece:
        if glyph.text.isspace():
            # pdfium adds a space of no width wherever letters stand a little apart
            text += " " if text and text[-1] != " " and glyph.x1 > glyph.x0 else ""
            continue
        raised = glyph.size < SUPERSCRIPT_SIZE * size and glyph.y - base > SUPERSCRIPT_RISE * size
        if raised and _is_mark(text, mark + glyph.text):
            mark += glyph.text
        elif glyph.text in STRUCK_OVER and text and end - glyph.x0 > 0.2 * size:
            text = text[:-1] + normalize("NFC", text[-1] + STRUCK_OVER[glyph.text])
            continue
        else:
            if mark:
                marks.append(NoteMark(mark, len(text)))
            apart = glyph.x0 - end > SPACE * size or (mark and glyph.text.isalnum())
            text += " " if apart and text and text[-1] != " " else ""
            text += "-" if glyph.text in SOFT_HYPHENS else glyph.text
            mark = ""
        end = glyph.x1
    if mark:
        marks.append(NoteMark(mark, len(text)))
    clean = text.rstrip()
    return clean, tuple(NoteMark(m.number, min(m.offset, len(clean))) for m in marks)


def _is_mark(text: str, mark: str) -> bool:
    """A number, a letter or asterisks; not the 2 of km2, nor the st of 1st."""
    return MARK.fullmatch(mark) is not None and UNIT.search(text) is None


def _most_common(values: Iterable[float]) -> float:
    """The commonest value, to a tenth; the smallest of several."""
    counts: Counter[float] = Counter()
    for value, count in Counter(values).items():
        counts[round(value, 1)] += count
    return max(sorted(counts), key=lambda value: counts[value])


def _mostly(flags: Sequence[bool]) -> bool:
    return sum(flags) * 2 > len(flags)


MIN_LETTERS = 25  # a page with fewer has no text of its own, at most a stamp
MAX_GLYPHS = 60_000  # on one page; the fullest UN page has about 6,000


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        number: from 1.
        height: in points.
        lines: from top to bottom.
        turned: characters that run another way than the rest, left out of the lines.
        picture: does an image cover most of it.
    """

    number: int
    height: float
    lines: tuple[Line, ...]
    turned: int
    picture: bool

    @property
    def letters(self) -> int:
        """Letters of all lines."""
        return sum(character.isalpha() for line in self.lines for character in line.text)


def pages_of(document: pdfium.PdfDocument) -> Iterator[Page]:
    """The pages of an open PDF.

    Raises:
        UnreadableError: a page has too much text.
    """
    for number, page in enumerate(document, start=1):
        text_page = page.get_textpage()
        if text_page.count_chars() > MAX_GLYPHS:
            raise UnreadableError(f"has too much text on page {number} for a page")
        lines, turned = page_lines(text_page, number)
        yield Page(number, page.get_height(), tuple(lines), turned, _is_picture(page))
        text_page.close()
        page.close()


def _is_picture(page: pdfium.PdfPage) -> bool:
    """Does one image cover more than half of the page?"""
    area = page.get_width() * page.get_height()
    for image in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = image.get_bounds()
        if (right - left) * (top - bottom) > area / 2:
            return True
    return False
