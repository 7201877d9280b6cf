"""Text layers that do not say what the page shows: recognised from pictures, or wrongly encoded.

Recognised text jumps: margins move from page to page, two spaces part sentences, weight and size
of the type are guesses, and specks are letters. That is also how it is known: in a set text most
lines of a page begin at one place, to a tenth of a point.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median
from unicodedata import category

from pipeline.ingest.identity import STOP_WORDS, share_of
from pipeline.ingest.pdf.pages import MIN_LETTERS, Line, Page
from pipeline.ingest.pdf.rows import joined
from pipeline.ingest.reading import UnreadableError

STEADY = 0.43  # share of the long lines of a page that begin at one place, in a set text
LONG = 40  # characters of a line that shows the margin
HEAD = re.compile(r"(?i)[SA]/\d|\d{5}|pa[gq]|[EF]n.{0,3}[ls]i[sa]?")
SHORT = 19  # characters of a line of a running head, at most
SENTENCE_GAP = 2.4  # times the size of the type, after the end of a sentence
NUMBER_GAP = 60  # points between a number and its paragraph, at most
NUMBER = re.compile(r"[\W_]{0,3}((?=[IlOoSBZ|!]{0,2}\d)[\dIlOoSBZ|!]{1,3}|l|ll|lo|lO)")
OPENING = re.compile(rf"{NUMBER.pattern} ?[.,;:] ?[^\w\s“\"'(]{{0,2}}(?=[A-Z“\"'(][\w\s’'.-])")
DIGITS = str.maketrans("IlOoSBZ|!", "110058211")

MISREAD = re.compile(r"(\d{1,3}) ?[.,] ?(?=\S)(?![^A-Za-z]{0,2}[A-Z]{2,} [A-Z]{2,} [A-Z]{3})")
"""What may be left of a number in a scan."""
GARBLED = re.compile(
    r"[\W_]{0,2}(?:[\w?&%$]{1,3}|\d \d) ?[.,;:] *[^\w\s“\"(]{0,2}(?=[A-Z“\"(])|\d{1,3} (?=[A-Z])"
)
"""A misread number, as far as its place between two others says that it is one."""
OCR_AGAIN = "recognise its text anew: ocrmypdf --force-ocr IN.pdf OUT.pdf"
CID = re.compile(r"\(cid:\d+\)")
RULES = "._-–—…*=~|•·"  # leaders and rules, which may fill a page
UNASSIGNED = ("Co", "Cn", "Cc", "Cs")
MAX_STRANGE, MAX_ODD = 0.3, 0.5  # shares of the characters of a page that can be read
MIN_TRIED, MAX_TRIED = 8, 300  # words by which letters that were moved on are known
MAX_COMMON, MIN_COMMON = 0.06, 0.2  # shares of stop words among them, before and after
MISTAKEN = re.compile(r"[a-z]ís\b")
MIN_MISTAKEN = 2
MAC = {
    ord(bytes([code]).decode("mac_roman")): bytes([code]).decode("cp1252")
    for code in range(0x80, 0x100)
    if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)  # free in Windows-1252
}


def is_recognised(pages: Sequence[Page]) -> bool:
    """Do the lines of a page begin here and there?"""
    steady = total = 0
    for page in pages:
        starts = Counter(round(line.x0, 1) for line in page.lines if len(line.text) > LONG)
        steady += max(starts.values(), default=0)
        total += starts.total()
    return total > 0 and steady < STEADY * total


def aligned(pages: Sequence[Page]) -> list[Page]:
    """The pages with one margin and one type, and without specks."""
    lines = [line for page in pages for line in page.lines if len(line.text) > LONG]
    size = median(line.size for line in lines)
    margin = median(_margin(page) for page in pages if _margin(page))
    return [_aligned(page, size, margin) for page in pages]


def without_edges(page: Page) -> Page:
    """The page without misread running heads and job numbers."""
    rows = _rows(page.lines, 0.4 * max((line.size for line in page.lines), default=0.0))
    texts = [" ".join(line.text for line in row) for row in rows]
    top = 0
    while page.number > 1 and top < min(4, len(rows)) and len(texts[top]) < SHORT:
        top += 1
    if top == 1 and not HEAD.search(texts[0]):
        top = 0
    foot = len(rows)
    while foot > top + 1 and _is_job_number(texts[foot - 1], rows[foot - 2][0], rows[foot - 1][0]):
        foot -= 1
    return replace(page, lines=tuple(line for row in rows[top:foot] for line in row))


def _rows(lines: Sequence[Line], tolerance: float) -> list[list[Line]]:
    """Lines by base line, from top to bottom, each row from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: -line.y):
        if rows and rows[-1][-1].y - line.y <= tolerance:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.x0) for row in rows]


def _is_job_number(text: str, above: Line, line: Line) -> bool:
    digits = sum(character.isdigit() for character in text)
    letters = sum(character.isalpha() for character in text)
    return len(text) < 60 and digits >= letters and above.y - line.y > 1.7 * line.size


def whole_rows(page: Page, size: float, margin: float) -> Page:
    """The page with rows of prose in one piece, and numbers of paragraphs as digits."""
    rows = _rows(page.lines, 0.4 * size)
    return replace(page, lines=tuple(line for row in rows for line in _whole(row, size, margin)))


def _margin(page: Page) -> float:
    """Where the lines of the page begin."""
    starts = Counter(round(line.x0 / 6) for line in page.lines if len(line.text) > LONG)
    if not starts:
        return 0.0
    common = max(sorted(starts), key=lambda place: starts[place])
    near = [line.x0 for line in page.lines if abs(line.x0 / 6 - common) <= 1]
    return median(near)


def _aligned(page: Page, size: float, margin: float) -> Page:
    shift = margin - _margin(page) if _margin(page) else 0.0
    lines = [
        replace(_plain(line, size), x0=line.x0 + shift, x1=line.x1 + shift)
        for line in page.lines
        if any(character.isalnum() for character in line.text)
    ]
    return replace(page, lines=tuple(lines))


def _plain(line: Line, size: float) -> Line:
    """One size and no weight, but for titles."""
    usual = 0.6 * size < line.size < 1.25 * size
    return replace(line, size=size, bold=False, italic=False) if usual else line


def _whole(row: Sequence[Line], size: float, margin: float) -> list[Line]:
    """The pieces of a row, those joined that only wide spaces between sentences part."""
    base = max(row, key=lambda line: len(line.text)).y
    pieces = [replace(line, y=base) for line in row]
    kept = pieces[:1]
    for piece in pieces[1:]:
        gap = piece.x0 - kept[-1].x1
        wide = SENTENCE_GAP if kept[-1].text.endswith((".", ",", ";", ":", ")", "?")) else 1.7
        numbered = (
            re.fullmatch(rf"{NUMBER.pattern}[ .,;:_-]{{0,3}}", kept[-1].text)
            and kept[-1].x0 < margin + 60
        )
        if gap < wide * size or (numbered and gap < NUMBER_GAP):
            kept[-1] = joined(kept[-1], piece)
        else:
            kept.append(piece)
    return [_with_digits(kept[0]), *kept[1:]]


def _with_digits(line: Line) -> Line:
    """A line that opens with a misread number, such as "l5," with the number as it was meant."""
    found = OPENING.match(line.text)
    if not found:
        return line
    number = found.group(1).translate(DIGITS)
    text = f"{number}. {line.text[found.end() :]}"
    return replace(line, text=text, marks=())


def as_meant(printed: int, before: int) -> int:
    """The number that must come next, where one of its two digits was misread.

    >>> as_meant(26, 27), as_meant(10, 18), as_meant(4, 2)
    (28, 19, 4)
    """
    right, read = str(before + 1), str(printed)
    wrong = sum(left != other for left, other in zip(read, right, strict=False))
    return before + 1 if len(right) == len(read) == 2 and wrong == 1 else printed


def is_garbled(text: str) -> bool:
    """Does a text layer give something else than letters for the letters of a page?

    Codes without Unicode come as characters for private use, as replacement or control characters,
    as signs in the order of their first use, or as letters moved on in the alphabet.

    >>> is_garbled("7KH )RUFH ZHQW RQ WR SURWHFW FLYLOLDQV LQ WKH QRUWK DQG WKH FHQWUH RI LW")
    True
    """
    if share_of("English", text.lower().split()[:MAX_TRIED]) > MIN_COMMON:
        return False
    signs = [sign for sign in CID.sub("\ufffd", text) if not sign.isspace() and sign not in RULES]
    if len(signs) < MIN_LETTERS:
        return False
    strange = sum(sign == "\ufffd" or category(sign) in UNASSIGNED for sign in signs)
    odd = sum(not sign.isalnum() for sign in signs)
    return max(strange / MAX_STRANGE, odd / MAX_ODD) > len(signs) or _is_moved(text)


def _is_moved(text: str) -> bool:
    """Do letters have their places in the alphabet, or in the type, but for a constant?"""
    words = [word for word in text.split() if len(word) > 1 and not word.isdigit()][:MAX_TRIED]
    if len(words) < MIN_TRIED or _commonness(words) > MAX_COMMON:
        return False
    there = "\n".join(words)
    return any(
        _commonness(there.translate(moved).split("\n")) > MIN_COMMON
        for moved in _moves(frozenset(there))
    )


def _moves(signs: frozenset[str]) -> Iterator[dict[int, int]]:
    codes = [ord(sign) for sign in signs if sign != "\n"]
    for step in range(-96, 97):
        if step:
            yield {code: code + step for code in codes if code + step > 0}


def _commonness(words: Sequence[str]) -> float:
    """The share of stop words of two letters or more, of the language that has most of them."""
    plain = [word.strip(".,;:()").lower() for word in words]
    long = [word if len(word) > 1 else "" for word in plain]
    return max(share_of(language, long) for language in STOP_WORDS)


def without_garbled(pages: Sequence[Page]) -> tuple[list[Page], list[str]]:
    """The pages without lines that cannot be read, and a remark on each kind of them.

    Raises:
        UnreadableError: most pages cannot be read.
    """
    texts = [(page, "\n".join(line.text for line in page.lines)) for page in pages]
    lost = {page.number for page, text in texts if is_garbled(text)}
    written = sum(page.letters >= MIN_LETTERS or page.number in lost for page in pages)
    if lost and 2 * len(lost) > written:
        sample = next(text for page, text in texts if page.number in lost)
        shown = " ".join(sample.split())[:24]
        raise UnreadableError(f"has a text layer without Unicode (“{shown}”); {OCR_AGAIN}")
    if not lost:
        return list(pages), []
    numbers = ", ".join(map(str, sorted(lost)))
    remark = f"page {numbers}: the text layer is without Unicode and was left out; {OCR_AGAIN}"
    return [replace(page, lines=()) if page.number in lost else page for page in pages], [remark]


def rightly_encoded(pages: list[Page]) -> list[Page]:
    """The pages with quotation marks and dashes for what old software wrote as accented letters.

    Some PDFs of about 2002 say that their type is encoded as on a Mac while it is as in Windows:
    Missionís for Mission’s.
    """
    text = "\n".join(line.text for page in pages for line in page.lines)
    if "’" in text or len(MISTAKEN.findall(text)) < MIN_MISTAKEN:
        return pages
    return [
        replace(
            page, lines=tuple(replace(line, text=line.text.translate(MAC)) for line in page.lines)
        )
        for page in pages
    ]
