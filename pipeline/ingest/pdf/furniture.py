"""What a page carries besides its text: running heads, page and job numbers, the letterhead.

It is known by its place (the outer ninth of the page) together with its form, or by its return at
one place on page after page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipeline.ingest.identity import (
    MIN_SHARE,
    MIN_WORDS,
    date_of,
    foreign_language,
    likeliest_symbol,
    share_of,
    words_in,
)
from pipeline.ingest.pdf.pages import Line, Page
from pipeline.study.symbols import symbol_of

EDGE = 0.115  # share of the height at the top and at the bottom where furniture stands
FORMS = re.compile(
    r"\d{2}[-–]\d{5}\*?(?: ?\(E\))?(?: +\d{6})?(?: +\d{1,3}/\d{1,3})?"  # job number
    r"|\*\w{6,9}\*|`{5,}"  # bar code
    r"|\d{0,3}/\d{1,3}(?: +\d{2}-\d{5})?|\d{1,3}|[Pp]age +\d+|\(E\)|\d{6}"  # page number
    r"|English(?: only)?|/?\.\.\. ?|/\.\.\."
    r"|Please recycle.*"
)
BAR_CODE = re.compile(r"\*\d{7,9}\*")
SESSION = re.compile(
    r"(?:general assembly|security council|.{4,40}(?:session|year)|agenda items? .*|items? .*)",
    re.IGNORECASE,
)
COVER_WORDS = 80  # on a cover, at most
NARROW = 100  # points from the start of one column of prose to that of the next, at least
FEW_LINES = 10
UNCLEAR = "columns in two languages, of which one cannot be told; check that English was read"
OPENING = re.compile(r"\d{1,3}\. (?:[^\W\d_]+ ){3}")
SENTENCE = re.compile(r"[A-Z“(][^.?!]+[.?!](?=[\s”)]|$)")
LEADERS = re.compile(r"(?:\. ?){5,}\s*\d*$|…{3,}\s*\d*$")


@dataclass(frozen=True, slots=True)
class Cover:
    """What the first page says about the document.

    Attributes:
        symbol: from the letterhead, else from the running heads; may be empty.
        title: bold or capital lines below the letterhead; may be empty.
        date: the date of the letterhead, or of adoption.
        remarks: what was left out because it is no more than a cover.
    """

    symbol: str
    title: str
    date: date | None
    remarks: tuple[str, ...] = ()


def without_furniture(pages: Sequence[Page]) -> tuple[list[Page], list[str]]:
    """The pages without running heads and feet, and the text of what was taken away."""
    repeated = _repeated(pages)
    kept, taken = [], []
    for page in pages:
        rest = []
        for line in page.lines:
            if _is_furniture(line, page, repeated):
                taken.append(line.text)
            else:
                rest.append(line)
        kept.append(replace(page, lines=tuple(rest)))
    return kept, taken


def without_contents(page: Page) -> tuple[Page, int]:
    """The page without a table of contents, and how many lines of it there were."""
    leaders = [line for line in page.lines if LEADERS.search(line.text)]
    if len(leaders) < 3:
        return page, 0
    top, foot = max(line.y for line in leaders), min(line.y for line in leaders)
    rest = tuple(line for line in page.lines if not foot - 1 <= line.y <= top + 45)
    return replace(page, lines=rest), len(page.lines) - len(rest)


def without_noise(page: Page) -> Page:
    """A page of a scan without the misread remains of its head and foot."""
    top = max((line.y for line in page.lines), default=0) - 40
    foot = min((line.y for line in page.lines), default=0) + 20
    long = [line.y for line in page.lines if len(line.text) > 16]
    highest, lowest = max(long, default=0), min(long, default=0)
    kept = [
        line
        for line in page.lines
        if not (line.y > max(top, highest + 2) or line.y < min(foot, lowest - 2))
    ]
    return replace(page, lines=tuple(kept))


def in_english(pages: Sequence[Page]) -> tuple[list[Page], list[str]]:
    """The pages without columns in another language beside English ones, and remarks."""
    found = [_columns_by_language(page) for page in pages]
    both = [sides for sides in found if {"English"} < set(sides.values()) - {""}]
    many = sum(len(page.lines) > FEW_LINES for page in pages) / 2
    if not both or len(both) < many:
        unclear = sum(
            "" in sides.values() and not set(sides.values()) <= {"", "English"} for sides in found
        )
        return list(pages), [UNCLEAR] if unclear and unclear >= many else []
    foreign = sorted({tongue for sides in both for tongue in sides.values()} - {"English", ""})
    usual = Counter(frozenset(sides.items()) for sides in both).most_common(1)[0][0]
    kept = [
        _english_column(page, sides if sides in both else dict(usual))
        for page, sides in zip(pages, found, strict=True)
    ]
    return kept, [f"the columns in {' and '.join(foreign)} beside the English ones were left out"]


def _column_starts(page: Page) -> list[float]:
    """Where columns of prose begin, from left to right."""
    starts = Counter(round(line.x0) for line in page.lines)
    common = [
        x0
        for x0 in sorted(starts)
        if sum(starts[x0 + step] for step in range(-2, 3)) >= max(3, 0.12 * len(page.lines))
    ]
    columns: list[float] = []
    for x0 in common:
        if not columns or x0 > columns[-1] + NARROW:
            columns.append(x0)
    return columns


def _column_of(line: Line, columns: Sequence[float]) -> int:
    """The number of the column in which a line stands; -1 across several."""
    number = sum(line.x0 > start - 6 for start in columns[1:])
    across = number + 1 < len(columns) and line.x1 > columns[number + 1] + 6
    return -1 if across else number


def _columns_by_language(page: Page) -> dict[int, str]:
    """The language of each column of a page; empty where it cannot be told."""
    columns = _column_starts(page)
    if len(columns) < 2:
        return {}
    sides: dict[int, str] = {}
    for number in range(len(columns)):
        lines = [line.text for line in page.lines if _column_of(line, columns) == number]
        words = words_in(" ".join(lines))
        english = share_of("English", words) > MIN_SHARE and len(words) >= MIN_WORDS
        sides[number] = foreign_language(" ".join(lines)) or ("English" if english else "")
    return sides


def _english_column(page: Page, sides: dict[int, str]) -> Page:
    """The lines in English and those across the columns, moved to where the first column begins."""
    columns = _column_starts(page)
    kept = []
    for line in page.lines:
        number = _column_of(line, columns) if columns else -1
        if number == -1 or sides.get(number, "") in ("English", ""):
            shift = columns[number] - columns[0] if number > 0 else 0.0
            kept.append(replace(line, x0=line.x0 - shift, x1=line.x1 - shift))
    return replace(page, lines=tuple(kept))


def split_cover(
    pages: Sequence[Page], heads: Iterable[str], body_size: float
) -> tuple[list[Page], Cover]:
    """The pages without letterhead and title, and what these said."""
    first, rest = pages[0], list(pages[1:])
    letterhead, below = _split_letterhead(first)
    title, text = _split_title(below, body_size, bool(letterhead))
    if not letterhead and not (_has_prose(first, body_size) or _is_text(first, body_size)):
        title, text = _largest(first), ()
        rest = _after_covers(rest, body_size)
    after = [replace(first, lines=tuple(text)), *rest]
    said = [line.text for line in letterhead]
    cover = Cover(
        symbol=next(filter(None, map(symbol_of, said)), "") or likeliest_symbol(heads),
        title=title,
        date=date_of("\n".join(said)) or date_of(title),
        remarks=() if letterhead else _covers(pages, after),
    )
    return after, cover


def _covers(before: Sequence[Page], after: Sequence[Page]) -> tuple[str, ...]:
    emptied = [
        page for page, rest in zip(before, after, strict=True) if page.lines and not rest.lines
    ]
    numbers = ", ".join(str(page.number) for page in emptied)
    words = sum(len(line.text.split()) for page in emptied for line in page.lines)
    return (f"page {numbers}: cover and contents; {words} words were left out",) if emptied else ()


def _repeated(pages: Sequence[Page]) -> set[tuple[str, int]]:
    """Texts (digits aside) that stand at one height near the edge of at least three pages.

    The start of a numbered paragraph is none, nor is a line in larger and bold type.
    """
    seen: Counter[tuple[str, int]] = Counter()
    sizes = Counter(round(line.size) for page in pages for line in page.lines)
    largest = max(sizes, key=lambda size: sizes[size], default=0) + 1.5
    for page in pages:
        edge = [line for line in page.lines if _at_edge(line, page)]
        running = [line for line in edge if not (line.bold and line.size > largest)]
        seen.update({_place(line) for line in running if not OPENING.match(line.text)})
    return {place for place, count in seen.items() if count >= max(3, len(pages) // 4)}


def _place(line: Line) -> tuple[str, int]:
    return re.sub(r"\d+", "#", line.text), round(line.y / 4)


def _at_edge(line: Line, page: Page) -> bool:
    return not EDGE * page.height < line.y < (1 - EDGE / 1.15) * page.height


def _is_furniture(line: Line, page: Page, repeated: set[tuple[str, int]]) -> bool:
    if BAR_CODE.fullmatch(line.text):
        return True
    if not _at_edge(line, page):
        return False
    known = FORMS.fullmatch(line.text) or symbol_of(line.text[:1].upper() + line.text[1:])
    short = len(line.text) < 60
    known_here = bool(known) and not _in_letterhead(line, page)
    return known_here or (short and _place(line) in repeated)


def _in_letterhead(line: Line, page: Page) -> bool:
    return page.number == 1 and line.y > page.height / 2


def _split_letterhead(page: Page) -> tuple[list[Line], list[Line]]:
    upper = [line for line in page.lines if line.y > 0.6 * page.height]
    marks = [line for line in upper if re.match(r"(?i)original|distr\.|english", line.text)]
    if not marks:
        return [], list(page.lines)
    foot = min(line.y for line in marks) - 1
    above = [line for line in page.lines if line.y >= foot]
    return above, [line for line in page.lines if line.y < foot]


def _split_title(
    lines: Sequence[Line], body_size: float, letterhead: bool
) -> tuple[str, Sequence[Line]]:
    """The title that opens the lines, and the lines after it."""
    large = [line for line in lines if line.bold and line.size > body_size + 1]
    start = lines.index(large[0]) if large else 0
    above = lines[:start]
    if not all(map(_before_title, above)) or _has_sentence([line.text for line in above]):
        start = 0
    title: list[Line] = []
    for line in lines[start:]:
        if not _titles(line, title, body_size, letterhead):
            break
        title.append(line)
    return _joined_title(title), lines[start + len(title) :] if title else lines


def _before_title(line: Line) -> bool:
    """Session and agenda item, in bold or at the outer margin."""
    return line.bold or line.x0 < 110 or line.x0 > 330 or SESSION.fullmatch(line.text) is not None


def _titles(line: Line, title: Sequence[Line], body_size: float, letterhead: bool) -> bool:
    if re.match(r"(?:[IVX]+|[A-Z]|\d+)\. ?", line.text):
        return False
    capitals = letterhead and line.text.isupper() and line.x0 > 90
    if not (capitals or (line.bold and line.size > body_size + 1)):
        return False
    if not title:
        return True
    last, grown = title[-1], line.size > title[-1].size + 0.5
    near = last.y - line.y < (1.6 if line.size == last.size else 2.6) * max(line.size, 9)
    return near and not grown


def _joined_title(lines: Sequence[Line]) -> str:
    """Lines of one size run on; a smaller size starts a subtitle."""
    title = ""
    for index, line in enumerate(lines):
        smaller = index and line.size < lines[index - 1].size - 0.5
        title += (": " if smaller else " ") + line.text if title else line.text
    return title


def _largest(page: Page) -> str:
    size = max((line.size for line in page.lines), default=0)
    return " ".join(line.text for line in page.lines if line.size > size - 0.5)


def _has_prose(page: Page, body_size: float) -> bool:
    body = [line for line in page.lines if abs(line.size - body_size) < 1 and not line.bold]
    return sum(len(line.text) for line in body) > 400


def _is_text(page: Page, body_size: float) -> bool:
    """Is there a text below the title, if only of one sentence, or much else?"""
    largest = max((line.size for line in page.lines), default=0.0)
    lines = [line.text for line in page.lines if line.size < max(largest, body_size + 1)]
    return _has_sentence(lines) or len(" ".join(lines).split()) > COVER_WORDS


def _has_sentence(lines: Sequence[str]) -> bool:
    """Is there a sentence of eight words or more, most of them in small letters?"""
    sentences = [found.group().split() for found in SENTENCE.finditer(" ".join(lines))]
    return any(
        len(words) > 7 and sum(word[:1].islower() for word in words) > 0.6 * len(words)
        for words in sentences
    )


def _after_covers(pages: Sequence[Page], body_size: float) -> list[Page]:
    """The pages with everything before the first page of prose emptied."""
    started, kept = not any(_has_prose(page, body_size) for page in pages), []
    for page in pages:
        started = started or _has_prose(page, body_size)
        kept.append(page if started else replace(page, lines=()))
    return kept
