"""Lines of a page as rows: prose in one or two columns, rows of a table, or a map.

A row holds the pieces that stand on one base line. Prose is a row of one piece, or of a number
and what it numbers; what stands in several columns is a table unless the whole document is set
in two columns, as verbatim records are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from pipeline.ingest.pdf.pages import Line, Page
from pipeline.ingest.reading import NoteMark

NUMBER = re.compile(r"\d{1,3}\.?|[IVXLC]+\.|[A-Z]\.|\(\w{1,4}\)|[a-z]\)|[•●▪·*–—-]|o")
DOUBLE_SPACED = 20  # that many wide steps and no narrow one make a double-spaced text
NUMBER_GAP = 48  # points between a number and its text, at most
MIN_COLUMN_TEXT = 25  # characters of a line of prose in a column
MIN_COLUMN_LINES = 12  # so many make a column
MIN_COLUMN = 150  # points from the start of one column to that of the next, at least
MAP = re.compile(r"Map No\.|Cartographic Section|Department of (?:Field|Peacekeeping|Operational)")


@dataclass(frozen=True, slots=True)
class Layout:
    """Measures of the whole document, in points.

    Attributes:
        size: of most of the type.
        left: where most lines begin; ``right`` is where full lines end.
        leading: from one line of a paragraph to the next.
        columns: are most pages set in two columns.
        scattered: is the text layer that of a scan, in which words do not touch.
        bold: are headings set in bold.
        apart: was it set in two columns that now stand one after the other.
        recognised: did a machine recognise the text in pictures of the pages.
    """

    size: float
    left: float
    right: float
    leading: float
    columns: bool
    scattered: bool
    bold: bool
    apart: bool = False
    recognised: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What stands on one base line.

    Attributes:
        pieces: from left to right.
        table: does it belong to a table.
        tabbed: did a wide space part a number from its text.
    """

    pieces: tuple[Line, ...]
    table: bool = False
    tabbed: bool = False

    @property
    def line(self) -> Line:
        """All pieces as one line."""
        whole = self.pieces[0]
        for piece in self.pieces[1:]:
            whole = joined(whole, piece)
        return whole


def joined(left: Line, right: Line) -> Line:
    """Two pieces of one line as one, with a space between."""
    text = f"{left.text} {right.text}"
    shift = len(left.text) + 1
    moved = tuple(NoteMark(mark.number, mark.offset + shift) for mark in right.marks)
    return replace(left, x1=right.x1, text=text, marks=left.marks + moved)


def measure(pages: Sequence[Page]) -> Layout:
    """Measure the layout on all lines of the document."""
    lines = [line for page in pages for line in page.lines]
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size * 2) / 2] += len(line.text)
    size = max(sorted(sizes), key=lambda value: sizes[value])
    body = [line for line in lines if abs(line.size - size) < 0.6]
    long = [line for line in body if len(line.text) > 40] or body
    rows = [row for page in pages for row in _grouped(page.lines)]
    parted = sum(len(row) > 1 for row in map(_numbered, rows))
    columns = _columned(pages)
    return Layout(
        size=size,
        left=_mode([round(line.x0) for line in long]),
        right=sorted(line.x1 for line in long)[int(0.9 * (len(long) - 1))],
        leading=_leading(body, size),
        columns=columns,
        scattered=not columns and parted > 0.45 * len(rows) and len(rows) > 40,
        bold=sum(line.bold for page in pages[1:] for line in page.lines) > 2,
    )


def _leading(body: Sequence[Line], size: float) -> float:
    """The commonest step between lines; of double-spaced text, if that is all there is."""
    steps = [
        round(above.y - below.y, 1)
        for above, below in pairwise(body)
        if above.page == below.page and 0.9 * size < above.y - below.y < 2.6 * size
    ]
    single = [step for step in steps if step < 1.6 * size]
    if single:
        return _mode(single)
    return _mode(steps) if len(steps) > DOUBLE_SPACED else 1.2 * size


def rows_of(page: Page, layout: Layout) -> list[Row]:
    """The rows of a page in reading order, those of tables marked."""
    if layout.columns:
        return [Row((line,)) for line in _by_column(page.lines)]
    groups = _grouped(page.lines, 0.45 if layout.scattered else 0.25)
    if layout.scattered:
        return [Row((Row(tuple(group)).line,), tabbed=len(group) > 1) for group in groups]
    rows = []
    for group in groups:
        pieces = _numbered(_spaced(group, layout))
        rows.append(Row(tuple(pieces), tabbed=len(pieces) < len(group)))
    return _with_tables(rows, layout)


def is_map(page: Page, layout: Layout) -> bool:
    """Is the page a map or a chart: many short labels and hardly a line of prose?"""
    if layout.scattered:
        return False
    if any(MAP.search(line.text) for line in page.lines):
        return not _prose(page, layout)
    short = [line for line in page.lines if line.x1 - line.x0 < 100 and len(line.text) > 2]
    starts = Counter(round(line.x0 / 3) for line in short)
    aligned = sum(count for count in starts.values() if count > 3)
    return len(short) > 25 and aligned < 0.4 * len(short) and not _prose(page, layout)


def _prose(page: Page, layout: Layout) -> list[Line]:
    width = 0.7 * (layout.right - layout.left)
    lines = [line for line in page.lines if line.x1 - line.x0 > width and line.size > 7]
    return lines if len(lines) > 2 else []


def _grouped(lines: Sequence[Line], tolerance: float = 0.25) -> list[list[Line]]:
    """Lines by base line, from top to bottom, each group from left to right."""
    groups: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: -line.y):
        size = max(line.size, 6)
        if groups and groups[-1][0].y - line.y <= tolerance * size:
            groups[-1].append(line)
        else:
            groups.append([line])
    return [sorted(group, key=lambda line: line.x0) for group in groups]


def _numbered(pieces: Sequence[Line]) -> list[Line]:
    """The pieces with a number joined to what follows it."""
    whole = list(pieces)
    while (
        len(whole) > 1
        and NUMBER.fullmatch(whole[0].text.split(" ")[-1])
        and whole[1].x0 - whole[0].x1 < NUMBER_GAP
        and not (whole[0].text.isdigit() and len(whole) > 2)
    ):
        text = joined(whole[0], whole[1])
        style = whole[1]
        whole[:2] = [_styled(text, style)]
    return whole


def _styled(line: Line, style: Line) -> Line:
    return replace(line, bold=style.bold, italic=style.italic, size=style.size)


def _spaced(pieces: Sequence[Line], layout: Layout) -> list[Line]:
    """Pieces of a justified line that only wide spaces part, as one."""
    full = pieces[-1].x1 > layout.right - 12 and pieces[0].x0 < layout.left + 60
    body = all(abs(piece.size - layout.size) < 0.6 for piece in pieces)
    gaps = [right.x0 - left.x1 for left, right in pairwise(pieces)]
    if layout.apart and full and body and gaps and max(gaps) < 6 * layout.size:
        return [Row(tuple(pieces)).line]
    long = sum(len(piece.text) for piece in pieces) > 45
    if gaps and full and body and long and max(gaps) < 2.6 * layout.size:
        return [Row(tuple(pieces)).line]
    return list(pieces)


def _with_tables(rows: Sequence[Row], layout: Layout) -> list[Row]:
    """Mark rows of several pieces, and the single cells between and around them, as a table."""
    marked = [len(row.pieces) > 1 for row in rows]
    for index, row in enumerate(rows):
        small = row.pieces[0].size < 0.92 * layout.size
        near = any(marked[max(0, index - 4) : index]) and any(marked[index + 1 : index + 5])
        narrow = row.pieces[-1].x1 - row.pieces[0].x0 < 0.6 * (layout.right - layout.left)
        if not marked[index] and (small or (near and narrow and not _opens(row, layout))):
            marked[index] = True
    tables = [Row(row.pieces, table, row.tabbed) for row, table in zip(rows, marked, strict=True)]
    return [row for index, row in enumerate(tables) if not _is_axis(tables, index)]


def _is_axis(rows: Sequence[Row], index: int) -> bool:
    """Numbers without a word that no row of a table leads up to: the axis of a chart."""
    row = rows[index]
    if not row.table or any(character.isalpha() for character in row.line.text):
        return False
    above = rows[index - 1] if index else None
    worded = above is not None and above.table and len(above.pieces) > 1
    return not (worded and above and any(character.isalpha() for character in above.line.text))


def _opens(row: Row, layout: Layout) -> bool:
    """Does the row look like a heading or the start of a numbered paragraph?"""
    first = row.pieces[0]
    numbered = re.match(r"\d{1,3}\. \S", row.line.text) is not None
    paragraph = numbered and abs(first.x0 - layout.left) < 6
    return paragraph or (first.bold and first.size > layout.size and first.x0 < layout.left + 15)


def _columned(pages: Sequence[Page]) -> bool:
    inner = [page for page in pages[1:] if len(page.lines) > 30]
    return bool(inner) and sum(_gutter(page) is not None for page in inner) > 0.5 * len(inner)


def _gutter(page: Page) -> float | None:
    """Where the white space between two columns of prose lies, if there is one."""
    left, right = min(line.x0 for line in page.lines), max(line.x1 for line in page.lines)
    middle = (left + right) / 2
    sides = (
        [line for line in page.lines if line.x1 <= middle + 6],
        [line for line in page.lines if line.x0 >= middle - 6],
    )
    if len(sides[0]) + len(sides[1]) < 0.85 * len(page.lines):
        return None
    widths = [median([line.x1 - line.x0 for line in side]) if side else 0 for side in sides]
    prose = min(widths) > 0.3 * (right - left) and min(map(len, sides)) > 8
    return middle if prose else None


def _by_column(lines: Sequence[Line]) -> list[Line]:
    """Lines across the page where they stand, between them the left column, then the right."""
    if not lines:
        return []
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    middle = (left + right) / 2
    ordered: list[Line] = []
    columns: tuple[list[Line], list[Line]] = ([], [])
    for group in _grouped(lines):
        whole = _numbered(group)
        if any(line.x0 < middle - 6 and line.x1 > middle + 6 for line in whole):
            ordered += [*columns[0], *columns[1], *whole]
            columns = ([], [])
        else:
            for line in whole:
                columns[line.x0 >= middle - 6].append(line)
    return [*ordered, *columns[0], *columns[1]]


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the two columns of a document begin, in points."""

    left: float
    right: float


def columns_of(pages: Sequence[Page]) -> Columns | None:
    """The columns of a report that is set in two, as many of 2000 to 2002 are; None if in one."""
    lines = [line for page in pages for line in page.lines if len(line.text) > MIN_COLUMN_TEXT]
    starts = Counter(round(line.x0) for line in lines)
    about = {x0: sum(starts[x0 + step] for step in range(-2, 3)) for x0 in starts}
    common = [x0 for x0 in sorted(starts) if about[x0] > 0.15 * len(lines)]
    if not common:
        return None
    left = max(common[:4], key=lambda x0: (about[x0], -x0) if x0 < common[0] + 4 else (0, 0))
    right = max(common, key=lambda x0: about[x0] if x0 > left + MIN_COLUMN else 0)
    narrow = sum(line.x1 < right + 2 for line in lines if abs(line.x0 - left) < 4)
    if right < left + MIN_COLUMN or narrow < max(MIN_COLUMN_LINES, 0.5 * about[left]):
        return None
    return Columns(left, right)


def columns_apart(page: Page, columns: Columns) -> list[Page]:
    """The page as parts to be read one after the other: columns, and lines across both.

    The right column is moved to where the left one begins, so that margins are the same.
    """
    across: list[bool] = []
    parts: list[list[list[Line]]] = []
    for group in _grouped(page.lines):
        crossing = any(_crosses(line, columns) for line in group)
        if not across or across[-1] != crossing:
            across.append(crossing)
            parts.append([])
        parts[-1].append(group)
    apart: list[Page] = []
    for crossing, groups in zip(across, parts, strict=True):
        lines = [line for group in groups for line in group]
        if crossing or not _in_columns(lines, columns):
            apart.append(replace(page, lines=tuple(lines)))
        else:
            apart += [replace(page, lines=tuple(side)) for side in _sides(lines, columns) if side]
    return apart or [page]


def _crosses(line: Line, columns: Columns) -> bool:
    return line.x0 < columns.right - 12 and line.x1 > columns.right + 6


def _in_columns(lines: Sequence[Line], columns: Columns) -> bool:
    """Is there prose in the right column?"""
    return any(
        abs(line.x0 - columns.right) < 40 and len(line.text) > MIN_COLUMN_TEXT for line in lines
    )


def _sides(lines: Sequence[Line], columns: Columns) -> tuple[list[Line], list[Line]]:
    shift = columns.right - columns.left
    left = [line for line in lines if line.x0 < columns.right - 12]
    right = [line for line in lines if line.x0 >= columns.right - 12]
    return left, [replace(line, x0=line.x0 - shift, x1=line.x1 - shift) for line in right]


def _mode(values: Sequence[float]) -> float:
    counts = Counter(values)
    return max(sorted(counts), key=lambda value: counts[value])
