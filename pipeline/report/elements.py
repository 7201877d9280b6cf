"""What a page is made of: numbers in words, cells that lead to passages, figures, sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pipeline.run.wording import (
    NOTHING,
    count,
    counted,
    decimal,
    interview_link,
    kind_name,
    listed,
    lowered,
    p_text,
    passages_link,
    percent,
    points,
    policy_link,
)

__all__ = [
    "NOTHING",
    "count",
    "count_cell",
    "counted",
    "decimal",
    "interval_cell",
    "interview_link",
    "kind_name",
    "listed",
    "lowered",
    "p_cell",
    "p_text",
    "passages_link",
    "percent",
    "points",
    "points_cell",
    "policy_link",
    "rounded",
    "score_cell",
    "share_cell",
]


def count_cell(n: int, link: str = "") -> Cell:
    """A count that leads to its passages; nothing is nowhere to go."""
    return Cell(count(n), n, link if n else "")


def share_cell(share: float | None, link: str = "") -> Cell:
    """A share that leads to its passages; nothing is nowhere to go."""
    return Cell(percent(share), _rounded(share), link if share else "")


def points_cell(difference: float | None) -> Cell:
    """A difference of shares, worth its percentage points: what its column and its text say."""
    return Cell(points(difference), None if difference is None else _rounded(100 * difference))


def interval_cell(low: float | None, high: float | None, shares: bool = True) -> Cell:
    """An interval, sorted by its lower end."""
    if low is None or high is None:
        return Cell(NOTHING)
    text = f"{percent(low)} to {percent(high)}" if shares else f"{decimal(low)} to {decimal(high)}"
    return Cell(text, text)


def score_cell(value: float | None, link: str = "") -> Cell:
    """A score between 0 and 1, such as F1."""
    return Cell(decimal(value), _rounded(value), link)


def p_cell(value: float | None) -> Cell:
    """A p- or q-value."""
    return Cell(p_text(value), _rounded(value))


def rounded(value: float | None) -> float | None:
    """Six digits: enough for a chart, and the same bytes where a library's last bit wanders."""
    return None if value is None else round(float(value), 6)


_rounded = rounded


if TYPE_CHECKING:
    import altair as alt

Value = str | int | float | None


@dataclass(frozen=True)
class Cell:
    """One cell of a table: what it shows, what it is worth, and where its passages are."""

    text: str
    value: Value = None
    link: str = ""


@dataclass(frozen=True)
class Column:
    """A column's heading, and whether it holds numbers."""

    name: str
    numeric: bool = False


@dataclass(frozen=True)
class Grid:
    """A table as a person reads it."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Drawing(Protocol):
    """What gives a figure's chart, for a page or for a phone: a function of charts.py, filled."""

    def __call__(self, *, narrow: bool = False) -> alt.Chart | alt.LayerChart:
        """The chart; ``narrow`` for a column of a few hundred pixels."""


@dataclass(frozen=True)
class Key:
    """One entry of a chart's legend; ``mark`` names its colour and shape in charts.py."""

    name: str
    mark: str


@dataclass(frozen=True)
class IntervalMark:
    """One value in a row of a chart of intervals.

    Attributes:
        series: its colour and shape.
        value: where it is; nothing is drawn for None.
        name: what the pointer says; the name of the series when empty.
        link: its passages.
    """

    series: str
    value: float | None
    low: float | None = None
    high: float | None = None
    name: str = ""
    link: str = ""


@dataclass(frozen=True)
class IntervalRow:
    """A row of a chart of intervals; faint rows are those that nothing should be built on."""

    name: str
    marks: tuple[IntervalMark, ...]
    link: str = ""
    faint: bool = False
    strong: bool = False


@dataclass(frozen=True)
class Tile:
    """A cell of a heat map.

    Attributes:
        value: what its colour stands for.
        marked: whether it gets a dot.
        note: what the pointer says besides the value.
    """

    value: float
    link: str = ""
    marked: bool = False
    note: str = ""


@dataclass(frozen=True)
class Figure:
    """A chart with everything it needs to stand alone.

    Attributes:
        figure_id: fit as the id of an element and as the name of a file.
        title: what the reader learns, not what is plotted.
        shows: one or two sentences on what is drawn.
        caveat: what must not be read into it; may be empty.
        absent: why there is nothing to draw; empty when there is something.
        more: where more of it stands.
    """

    figure_id: str
    title: str
    shows: str
    caveat: str = ""
    chart: Drawing | None = None
    grid: Grid | None = None
    absent: str = ""
    more: Cell | None = None


@dataclass(frozen=True)
class Fact:
    """A number of the first screen with its name and its passages."""

    value: str
    name: str
    link: str = ""


@dataclass(frozen=True)
class Sentence:
    """A sentence in pieces: plain text, or text that leads to passages; ``head`` runs in bold."""

    pieces: tuple[Cell, ...]
    head: str = ""

    @property
    def text(self) -> str:
        """The sentence without its links."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True)
class Notice:
    """Something that the reader must know before they read on, with the documents concerned."""

    text: str
    documents: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class PageSection:
    """A page of its own.

    Attributes:
        short: its name in the navigation.
        lead: what is shown and how to read it, in a few sentences.
        figures: the best first.
        words: what the findings say of it, behind the first figure.
        appendix: figures and long tables that are closed at first.
    """

    section_id: str
    short: str
    title: str
    lead: tuple[Sentence, ...] = ()
    figures: tuple[Figure, ...] = ()
    notices: tuple[Notice, ...] = ()
    words: tuple[Sentence, ...] = ()
    appendix: tuple[Figure, ...] = ()


def said(*pieces: str | Cell) -> Sentence:
    """A sentence of these pieces."""
    return Sentence(tuple(Cell(piece) if isinstance(piece, str) else piece for piece in pieces))


def grid(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Grid:
    """A table; a column is numeric when every filled cell of it holds a number."""
    numeric = [
        bool(rows)
        and all(isinstance(row[place].value, int | float | None) for row in rows)
        and any(row[place].value is not None for row in rows)
        for place in range(len(columns))
    ]
    named = tuple(Column(name, number) for name, number in zip(columns, numeric, strict=True))
    return Grid(named, tuple(tuple(row) for row in rows))
