"""Rows as chunks, that is paragraphs or parts of them, and which chunks are headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline.ingest.pdf.pages import Line
from pipeline.ingest.pdf.rows import Layout, Row
from pipeline.ingest.reading import NoteMark
from pipeline.ingest.text.printed import SPEECH

PARAGRAPH = re.compile(r"(\d{1,3})\.(?: +(?=\S)|(?=[^\d\s]))")
ITEM = re.compile(r"(\((?:[a-z]{1,2}|[ivxl]+|\d{1,2})\)) ?(?=\S)")
BULLET = re.compile(r"([•●▪·–—]|o) (?=\S)")
CELL = " | "  # between the cells of a table's row
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
HALF = re.compile(r"([^\W\d_]+(?:-[^\W\d_]+)*)-$")
SUSPENDED = ("and", "or", "to", "nor", "but")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines that belong together.

    Attributes:
        lines: from top to bottom, on one page.
        gap: distance of the first line from the line above, in leadings; None at the top of a page.
        below: the same for the line below the last one.
        tabbed: did a wide space part its number from its text.
        table: is it a row of a table.
        cells: texts of the cells, where it is one.
    """

    lines: tuple[Line, ...]
    gap: float | None = None
    below: float | None = None
    tabbed: bool = False
    table: bool = False
    cells: tuple[str, ...] = ()

    @property
    def first(self) -> Line:
        """The first line."""
        return self.lines[0]

    @property
    def margin(self) -> float:
        """Where its lines begin, the first one left out."""
        return min(line.x0 for line in self.lines[1:]) if len(self.lines) > 1 else self.first.x0

    @property
    def letters(self) -> int:
        """Characters of all lines."""
        return sum(len(line.text) for line in self.lines)


@dataclass(frozen=True, slots=True)
class WordUse:
    """The words of a document.

    Attributes:
        counts: how often each stands inside a line, where nothing can have cut it.
        hyphenates: does the document cut words at line ends; most of the UN's do not.
    """

    counts: Counter[str]
    hyphenates: bool = False


def words_of(lines: Sequence[Line]) -> WordUse:
    """Count the words, and find out whether words are cut: whether their wholes occur elsewhere."""
    counts: Counter[str] = Counter()
    for line in lines:
        counts.update(word.lower() for word in WORD.findall(line.text)[:-1])
    cuts = [cut for above, line in pairwise(lines) if (cut := _cut(above.text, line.text))]
    whole = sum(counts[f"{left}{right}"] > counts[f"{left}-{right}"] for left, right in cuts)
    return WordUse(counts, hyphenates=whole > 0.2 * len(cuts))


def _cut(text: str, following: str) -> tuple[str, str] | None:
    """The halves of a word with a hyphen at the end of a line, in small letters."""
    if not text.endswith("-") or following[:1].isupper():
        return None
    left, right = HALF.search(text), WORD.match(following)
    if not left or not right:
        return None
    return left.group(1).lower(), right.group().lower()


NO_WORDS = WordUse(Counter())


def run_on(lines: Sequence[Line], words: WordUse = NO_WORDS) -> tuple[str, tuple[NoteMark, ...]]:
    """The text of the lines without their ends, and the note marks in it.

    A hyphen at the end of a line stays, unless the document cuts words there and knows the whole
    or does not know both halves. "Short-" before "and" keeps its space.
    """
    text = ""
    marks: list[NoteMark] = []
    for line in lines:
        if text.endswith("-") and line.text[:1].isalpha():
            text = _fixed(text, line.text, words)
        elif re.match(r"\w-$", text[-2:]) and line.text[:1].isdigit():
            pass  # 2006-2007, or an address
        elif text and not text.endswith(("/", " ")):
            text += " "
        start = len(text)
        text += line.text
        marks += [NoteMark(mark.number, start + mark.offset) for mark in line.marks]
    return text.rstrip(), tuple(marks)


def _fixed(text: str, following: str, words: WordUse) -> str:
    """The text before the following line's, its last hyphen kept, dropped or spaced."""
    stem = text.removesuffix("-").rstrip()
    if following.split(maxsplit=1)[0] in SUSPENDED:
        return f"{stem}- "
    halves = _cut(f"{stem}-", following)
    if not halves or not words.hyphenates:
        return f"{stem}-" if halves or not text.endswith(" -") else text + " "
    left, right = halves
    if words.counts[f"{left}-{right}"] > words.counts[f"{left}{right}"] or "-" in left:
        return f"{stem}-"
    both = words.counts[left] and words.counts[right.split("-")[0]]
    return stem if words.counts[f"{left}{right}"] or not both else f"{stem}-"


def chunks_of(rows: Sequence[Row], layout: Layout) -> list[Chunk]:
    """The chunks of one page in order."""
    groups: list[list[Row]] = []
    for row in rows:
        if groups and _continues(groups[-1], row, layout):
            groups[-1].append(row)
        else:
            groups.append([row])
    chunks = []
    for index, group in enumerate(groups):
        above = groups[index - 1][-1] if index else None
        below = groups[index + 1][0] if index + 1 < len(groups) else None
        chunks.append(
            Chunk(
                lines=tuple(row.line for row in group),
                gap=_gap(above, group[0], layout),
                below=_gap(group[-1], below, layout) if below else None,
                tabbed=group[0].tabbed,
                table=group[0].table,
                cells=_cells(group),
            )
        )
    return chunks


def _cells(group: Sequence[Row]) -> tuple[str, ...]:
    if not group[0].table or len(group) > 1:
        return ()
    return tuple(piece.text for piece in group[0].pieces)


def _gap(above: Row | None, row: Row | None, layout: Layout) -> float | None:
    if above is None or row is None:
        return None
    gap = (above.line.y - row.line.y) / layout.leading
    return gap if gap > 0 else None


def _continues(group: Sequence[Row], row: Row, layout: Layout) -> bool:
    """Does the row go on with the paragraph or heading of the group?"""
    last, line = group[-1].line, row.line
    if row.table or group[-1].table:
        return _same_cell(group[-1], row)
    gap = (last.y - line.y) / layout.leading
    if not _near(gap, last, line, layout):
        return False
    if last.bold != line.bold and (len(line.text) > 3 and len(last.text) > 3):
        return _within_sentence(last, line, layout)
    if abs(last.size - line.size) > 1.4 and not layout.scattered:
        return False
    return not _starts(group, row, layout)


def _same_cell(above: Row, row: Row) -> bool:
    """A source or remark below a table that runs over two lines."""
    if not (row.table and above.table and len(row.pieces) == len(above.pieces) == 1):
        return False
    last, line = above.line, row.line
    close = 0 < last.y - line.y < 1.4 * max(line.size, 7)
    return close and len(last.text) > 50 and abs(last.x0 - line.x0) < 30


def _near(gap: float, last: Line, line: Line, layout: Layout) -> bool:
    if gap <= 0:  # the next column
        return gap < 0 and layout.columns and not _indented(line, last)
    return gap <= (1.35 if line.size < layout.size + 1.5 else 1.15 * line.size / layout.size + 0.2)


def _indented(line: Line, last: Line) -> bool:
    return last.text.endswith((".", "?", "!", "”", ":")) and line.text[:1].isupper()


def _within_sentence(last: Line, line: Line, layout: Layout) -> bool:
    """A change of weight inside a sentence: the line above is full and the next one small."""
    return last.x1 > layout.right - 40 and line.text[:1].islower() and not last.text.endswith(".")


def _starts(group: Sequence[Row], row: Row, layout: Layout) -> bool:
    """Does a numbered paragraph, item or indented paragraph start at this row, without a gap?"""
    last, line = group[-1].line, row.line
    ended = last.text.endswith((".", ";", ":", "and", "or", ",", "?", "”")) or (
        last.x1 < layout.right - 60
    )
    if ITEM.match(line.text) or BULLET.match(line.text):
        hangs = line.x0 > layout.left + 8 or row.tabbed
        return ended and hangs
    if PARAGRAPH.match(line.text) and (row.tabbed or last.x1 < layout.right - 60):
        return last.text.endswith((".", ";", ":", "?", "”", ")")) or last.bold
    if layout.columns:
        indent = line.x0 - min(r.line.x0 for r in group)
        ended = last.text.endswith((".", "?", "!", "”", ":"))
        return ended and (8 < indent < 40 or SPEECH.match(line.text) is not None)
    return False


ANNEX = re.compile(
    r"((?:Annex|ANNEX|Appendix|APPENDIX|Enclosure|ENCLOSURE)(?: [IVXL]+| \d+)?)\b(?!\))"
)
MARKER = re.compile(r"(?:([IVXL]+)|([A-Z])|(\d{1,2}))\. ?(?=\S)")
MAX_WORDS = 45  # of a heading in large type
MAX_BOLD_WORDS = 30  # of a heading in bold type of the text's size; a longer one is a paragraph
MAX_ITEM_WORDS = 10  # of a heading that begins with (a)
OPEN_ENDS = (",", ";", "-")


def next_marker(text: str) -> re.Match[str] | None:
    """The number of a heading: II., B. or 3."""
    return MARKER.match(text)


def is_heading(chunk: Chunk, following: Chunk | None, layout: Layout, goes_on: bool) -> bool:
    """Is the chunk a heading, by its type (bold, large, italic) or, in old documents, its place?"""
    text = " ".join(line.text for line in chunk.lines)
    words = len(text.split())
    if words > MAX_WORDS or not any(character.isalpha() for character in text):
        return False
    if text.endswith(OPEN_ENDS):
        return False
    if chunk.first.size > layout.size + 1.5 and not layout.scattered:
        return True
    if all(line.bold for line in chunk.lines):
        limit = MAX_ITEM_WORDS if ITEM.match(text) else MAX_BOLD_WORDS
        sentence = text.endswith((".", "”", ")")) and words > 12
        return words <= limit and not sentence
    if goes_on or text.endswith((".", ":")) or ITEM.match(text):
        return False
    italic = all(line.italic for line in chunk.lines)
    return words < 25 if italic else not layout.bold and _stands_alone(chunk, following, layout)


def _stands_alone(chunk: Chunk, following: Chunk | None, layout: Layout) -> bool:
    """In type of one kind: centred capitals, or a short line with space around it."""
    first = chunk.first
    text = " ".join(line.text for line in chunk.lines)
    capitals = sum(character.isupper() for character in text)
    small = sum(character.islower() for character in text)
    if capitals > 3 * small and capitals > 5 and first.x0 > layout.left + 30:
        return True
    if layout.scattered or chunk.letters > 150:
        return False
    spaced = (chunk.gap is None or chunk.gap > 1.6) and chunk.below is not None
    short = chunk.lines[-1].x1 < layout.right - 60
    headed = following is not None and chunk.below is not None and chunk.below > 1.6
    return spaced and short and headed and text[:1].isupper()


def _titled(name: str) -> str:
    """ANNEX II as Annex II."""
    word, _, number = name.partition(" ")
    return f"{word.capitalize()} {number}".strip()


@dataclass
class Headings:
    """The headings that are open, outermost first.

    Attributes:
        path: their texts.
        annex: name of the annex that we are in, such as Annex II; empty in the body.
    """

    path: tuple[str, ...] = ()
    annex: str = ""
    _ranks: list[tuple[float, ...]] = field(default_factory=list)

    def open_annex(self, name: str, text: str) -> None:
        """Leave all headings and enter an annex; an appendix stays within its annex."""
        inside = name.lower().startswith(("append", "enclos")) and self.annex
        self.path = (*self.path[:1], text) if inside else (text,)
        ranks: list[tuple[float, ...]] = [(-99.0,), (-98.5,)]
        self._ranks = ranks[: len(self.path)]
        self.annex = f"{self.annex}, {_titled(name)}" if inside else _titled(name)

    def open(self, chunk: Chunk, text: str, layout: Layout) -> tuple[str, ...]:
        """Enter a heading; gives the path above it."""
        rank = self._rank(chunk, layout)
        while self._ranks and self._ranks[-1] >= rank:
            self._ranks.pop()
        above = self.path[: len(self._ranks)]
        self.path = (*above, text)
        self._ranks.append(rank)
        return above

    def lengthen(self, text: str) -> None:
        """The last heading turned out to be longer."""
        self.path = (*self.path[:-1], text)

    def _rank(self, chunk: Chunk, layout: Layout) -> tuple[float, ...]:
        """Smaller is higher: by size, then kind of number, then weight."""
        found = MARKER.match(chunk.first.text)
        number = 3
        if found:
            number = 0 if found.group(1) and not self._after_letter(found.group(1)) else 1
            number = 2 if found.group(3) else number
        elif chunk.first.text.isupper() and not layout.bold:
            number = 0
        size = 0.0 if layout.scattered else -round(chunk.first.size)
        return (size, not chunk.first.bold, number, chunk.first.italic)

    def _after_letter(self, roman: str) -> bool:
        """Is a lone I, C, ... the letter of a series, as after B. or H.?"""
        if len(roman) > 1 or roman not in "CDILMVX":
            return False
        return any(heading.startswith(f"{chr(ord(roman) - 1)}. ") for heading in self.path)
