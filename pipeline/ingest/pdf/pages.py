"""The pages of a PDF and their lines.

Works on an open pypdfium2 page. Coordinates are points (1/72 inch) from the lower left corner of
the page as a person reads it: a page whose text runs sideways is turned first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import normalize

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray
from pypdfium2 import raw

from pipeline.ingest.pdf.glyphs import Glyphs, sheet_of
from pipeline.ingest.reading import NoteMark, UnreadableError

GAP = 1.35  # a space wider than this many times the size of the type parts two pieces
SUPERSCRIPT_SIZE = 0.78  # a note mark is smaller than this share of the type beside it
SUPERSCRIPT_RISE = 0.12  # and stands at least this share of it above the line
SPACE = 0.17  # a gap wider than this share of the type parts two words
MARK = re.compile(r"\d{1,3}|[a-z]|\*{1,4}")
UNIT = re.compile(r"(?:^|[\s\d])[kcm]?m$")  # metres, before their exponent
STRUCK_OVER = {"´": "\u0301", "`": "\u0300", "ˇ": "\u030c", "¨": "\u0308", "ˆ": "\u0302"}
"""Accents that are printed over the letter before them, and how they combine with it."""
ACCENTS = [ord(accent) for accent in STRUCK_OVER]


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


def _page_lines(glyphs: Glyphs, number: int) -> tuple[Line, ...]:
    """The lines of a page from top to bottom."""
    lines = _lines(glyphs, _starts(glyphs), number) if len(glyphs.text) else []
    lines = [line for line in lines if line.text or line.marks]
    return tuple(sorted(lines, key=lambda line: (-round(line.y), line.x0)))


def _starts(glyphs: Glyphs) -> list[int]:
    """Where pieces begin: runs of characters on one base line without a wide space or step back."""
    size = np.maximum(glyphs.size[1:], glyphs.size[:-1])
    step = glyphs.x0[1:] - glyphs.x1[:-1]
    off = np.abs(np.diff(glyphs.y))
    back = step < -0.6 * size  # boxes of recognised text are often too wide
    struck = back & (off < 0.1 * size) & (np.diff(glyphs.x0) >= -0.1 * size)
    ends = (step > GAP * size) | (back & ~struck)
    moved = ~back & (off > 0.25 * size)
    starts = [0]
    for index in (np.flatnonzero(ends | moved) + 1).tolist():
        if ends[index - 1] or not _raised(glyphs, starts[-1], index):
            starts.append(index)
    return starts


def _raised(glyphs: Glyphs, start: int, index: int) -> bool:
    """Does a character stand on the line of the piece before it, one of them as a superscript?"""
    low, high = start + int(glyphs.size[start:index].argmax()), index
    if glyphs.size[index] >= glyphs.size[low]:
        low, high = index, index - 1
        if glyphs.space[index] >= SUPERSCRIPT_SIZE * glyphs.size[low]:
            return False
    rise = (glyphs.y[high] - glyphs.y[low]) / glyphs.size[low]
    return bool(glyphs.size[high] < SUPERSCRIPT_SIZE * glyphs.size[low] and -0.2 < rise < 0.65)


def _lines(glyphs: Glyphs, starts: list[int], page: int) -> list[Line]:
    """The pieces as lines."""
    stops = [*starts[1:], len(glyphs.text)]
    counts = np.subtract(stops, starts)
    sizes = _commonest(glyphs.size, starts, stops)
    size = np.repeat(sizes, counts)
    usual = np.abs(glyphs.size - size) <= 0.051
    bases = _commonest(np.where(usual, glyphs.y, np.nan), starts, stops)
    raised = glyphs.size < SUPERSCRIPT_SIZE * size
    raised &= glyphs.y - np.repeat(bases, counts) > SUPERSCRIPT_RISE * size
    texts = _texts_and_marks(glyphs, starts, stops, size, raised)
    bold, italic = (
        (np.add.reduceat(style, starts, dtype=int) * 2 > counts).tolist()
        for style in (glyphs.bold, glyphs.italic)
    )
    ends = (glyphs.x0[starts].tolist(), glyphs.x1[np.subtract(stops, 1)].tolist())
    columns = (*ends, bases, sizes, bold, italic, texts)
    return [Line(page, *most, *text) for *most, text in zip(*columns, strict=True)]


def _commonest(values: NDArray[np.float64], starts: list[int], stops: list[int]) -> list[float]:
    """The commonest value of each piece, to a tenth; the smallest of several."""
    lowest, highest = np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
    common = [round(value, 1) for value in lowest.tolist()]
    for piece in np.flatnonzero(lowest != highest).tolist():
        some = values[starts[piece] : stops[piece]]
        counts: Counter[float] = Counter()
        for value, count in Counter(some[~np.isnan(some)].tolist()).items():
            counts[round(value, 1)] += count
        common[piece] = max(sorted(counts), key=lambda value: counts[value])
    return common


def _texts_and_marks(
    glyphs: Glyphs,
    starts: list[int],
    stops: list[int],
    size: NDArray[np.float64],
    raised: NDArray[np.bool_],
) -> list[tuple[str, tuple[NoteMark, ...]]]:
    """Text and note marks of each piece; most have no marks and are only put together."""
    apart = glyphs.spaced.copy()
    apart[1:] |= glyphs.x0[1:] - glyphs.x1[:-1] > SPACE * size[1:]
    apart[starts] = False
    letters = glyphs.text.tolist()
    spaced = [f" {letter}" if gap else letter for letter, gap in zip(letters, apart, strict=True)]
    odd = np.logical_or.reduceat(raised | np.isin(glyphs.text.view(np.uint32), ACCENTS), starts)
    return [
        _text_and_marks(glyphs, slice(start, stop), raised, size[start])
        if special
        else ("".join(spaced[start:stop]), ())
        for start, stop, special in zip(starts, stops, odd.tolist(), strict=True)
    ]


def _text_and_marks(
    glyphs: Glyphs, piece: slice, raised: NDArray[np.bool_], size: float
) -> tuple[str, tuple[NoteMark, ...]]:
    text, mark, end = "", "", glyphs.x0[piece.start]
    marks: list[NoteMark] = []
    columns = (glyphs.text, glyphs.spaced, glyphs.x0, glyphs.x1, raised)
    for letter, spaced, x0, x1, high in zip(*(c[piece].tolist() for c in columns), strict=True):
        text += " " if spaced and text and text[-1] != " " else ""
        if high and _is_mark(text, mark + letter):
            mark += letter
        elif letter in STRUCK_OVER and text and end - x0 > 0.2 * size:
            text = text[:-1] + normalize("NFC", text[-1] + STRUCK_OVER[letter])
            continue
        else:
            if mark:
                marks.append(NoteMark(mark, len(text)))
            apart = x0 - end > SPACE * size or (mark and letter.isalnum())
            text += " " if apart and text and text[-1] != " " else ""
            text += letter
            mark = ""
        end = x1
    if mark:
        marks.append(NoteMark(mark, len(text)))
    clean = text.rstrip()
    return clean, tuple(NoteMark(m.number, min(m.offset, len(clean))) for m in marks)


def _is_mark(text: str, mark: str) -> bool:
    """A number, a letter or asterisks; not the 2 of km2, nor the st of 1st."""
    return MARK.fullmatch(mark) is not None and UNIT.search(text) is None


MIN_LETTERS = 25  # a page with fewer has no text of its own, at most a stamp
FULL = 1_000  # a page with as many characters has a text of its own, whatever lies behind it
MAX_GLYPHS = 60_000  # on one page; the fullest UN page has about 6,000


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        number: from 1.
        height: in points.
        lines: from top to bottom.
        turned: characters that run another way than the rest (labels on a map, marginal codes),
            left out of the lines; ``outside`` are those beyond the edges of the page as shown.
        picture: has it little text, and does an image cover most of it.
    """

    number: int
    height: float
    lines: tuple[Line, ...]
    turned: int
    picture: bool
    outside: int = 0

    @property
    def letters(self) -> int:
        """Letters of all lines."""
        return sum(sum(map(str.isalpha, line.text)) for line in self.lines)


def pages_of(document: pdfium.PdfDocument) -> Iterator[Page]:
    """The pages of an open PDF.

    Raises:
        UnreadableError: a page has too much text.
    """
    for number, page in enumerate(document, start=1):
        text_page = page.get_textpage()
        if text_page.count_chars() > MAX_GLYPHS:
            raise UnreadableError(f"has too much text on page {number} for a page")
        sheet = sheet_of(page, text_page)
        picture = len(sheet.glyphs.text) < FULL and _is_picture(page)
        lines = _page_lines(sheet.glyphs, number)
        yield Page(number, sheet.height, lines, sheet.turned, picture, sheet.outside)
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
