"""Rows as chunks: the lines of one paragraph, heading or table row on one page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.ingest.pdf_lines import Line
from pipeline.ingest.pdf_rows import Layout, Row
from pipeline.ingest.reading import NoteMark
from pipeline.ingest.verbatim_record import SPEECH

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
class Words:
    """The words of a document.

    Attributes:
        counts: how often each stands inside a line, where nothing can have cut it.
        hyphenates: does the document cut words at line ends; most of the UN's do not.
    """

    counts: Counter[str]
    hyphenates: bool = False


def words_of(lines: Sequence[Line]) -> Words:
    """Count the words, and find out whether words are cut: whether their wholes occur elsewhere."""
    counts: Counter[str] = Counter()
    for line in lines:
        counts.update(word.lower() for word in WORD.findall(line.text)[:-1])
    cuts = [cut for above, line in pairwise(lines) if (cut := _cut(above.text, line.text))]
    whole = sum(counts[f"{left}{right}"] > counts[f"{left}-{right}"] for left, right in cuts)
    return Words(counts, hyphenates=whole > 0.2 * len(cuts))


def _cut(text: str, following: str) -> tuple[str, str] | None:
    """The halves of a word with a hyphen at the end of a line, in small letters."""
    left, right = HALF.search(text), WORD.match(following)
    if not left or not right or following[:1].isupper():
        return None
    return left.group(1).lower(), right.group().lower()


NO_WORDS = Words(Counter())


def run_on(lines: Sequence[Line], words: Words = NO_WORDS) -> tuple[str, tuple[NoteMark, ...]]:
    """The text of the lines without their ends, and the note marks in it.

    A hyphen at the end of a line stays, unless the document cuts words there and knows the whole
    or does not know both halves. "Short-" before "and" keeps its space.
    """
    text = ""
    marks: list[NoteMark] = []
    for line in lines:
        if text.endswith("-") and line.text[:1].isalpha():
            text = _mended(text, line.text, words)
        elif re.search(r"\w-$", text) and line.text[:1].isdigit():
            pass  # 2006-2007, or an address
        elif text and not text.endswith(("/", " ")):
            text += " "
        start = len(text)
        text += line.text
        marks += [NoteMark(mark.number, start + mark.offset) for mark in line.marks]
    return text.rstrip(), tuple(marks)


def _mended(text: str, following: str, words: Words) -> str:
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
