"""Sections and full labels such as ``14 (b) (ii)``, put together from an Akoma Ntoso file.

The UN marks headings in six ways, and in about forty documents not at all (a line in bold or
italics, or only a short line without a full stop). Class names rank them where they are there.

The UN's files do not nest a point's sublist inside the point, and often write "(a)" as a paragraph
of its own after paragraph 14, so that a full label can only be had from the order of the numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.ingest.akoma.text import TextPiece

_ANNEX = re.compile(
    r"^(annex|appendix|addendum|enclosure|aide[- ]memoire)\b(?:\s+([IVXLC]+|[A-Z]|\d+)\b)?", re.I
)
_PART = re.compile(r"^(Part (?:[IVX]+|\d+)\b|(?:[A-Z]|[IVX]+)(?=\.? [A-Z]))")
_RANKS = {"section": 1, "HCh": 1, "H1": 2, "H23": 3, "BLUEHeadingH2": 3, "H4": 4, "H56": 5}
_UNRANKED = 6
_IN_LIST = 10
"""Headings of this rank and above stand inside a list and end with it.

Two ranks a level of the list: a heading between points stands above them, one that is itself a
point stands beside them.
"""

_LONGEST_LINE = 12
_LONGEST_ITALIC_LINE = 20


def annex_name(text: str) -> str:
    """The name by which an annex is cited, when ``text`` is its heading; else nothing.

    >>> annex_name("Annex A – Items subject to a no-objection process")
    'Annex A'
    """
    found = _ANNEX.match(text)
    return " ".join(filter(None, (found[1].capitalize(), found[2]))) if found else ""


def part_name(text: str) -> str:
    """The part of an annex that ``text`` is the heading of; else nothing.

    >>> part_name("Part II"), part_name("B Operational issues"), part_name("Scope")
    ('Part II', 'B', '')
    """
    found = _PART.match(text)
    return found[1] if found else ""


def opens_annex(piece: TextPiece) -> bool:
    """A paragraph of the body that is the unmarked heading of an annex ("Annex A: ...")."""
    found = _ANNEX.match(piece.text)
    after = piece.text[found.end() :].lstrip() if found else "."
    return piece.region == "body" and not piece.numbered and after[:1] in ("", ":", "–")


def is_unmarked_heading(
    piece: TextPiece, *, has_number: bool, goes_on: bool, in_body: bool
) -> bool:
    """A line that only its shortness, or its italics, shows to be a heading.

    Args:
        piece: a text that the markup does not call a heading.
        has_number: a number that is not a paragraph's stands right before it.
        goes_on: a text without a number of its own follows.
        in_body: numbered paragraphs have begun; before that, every line may be a paragraph.
    """
    words = len(piece.text.split())
    if piece.in_table or piece.region != "body" or piece.text[-1] in ",;.":
        return False
    if piece.italic and (in_body or words > 1):
        return words <= _LONGEST_ITALIC_LINE
    if not in_body or words > _LONGEST_LINE or not piece.text[0].isupper():
        return False
    return (goes_on and not piece.text.endswith(":")) if has_number else True


@dataclass(frozen=True, slots=True)
class _Heading:
    name: str
    rank: int
    series: str


class Sections:
    """The headings under which a text stands, outermost first."""

    def __init__(self) -> None:
        """No heading is open."""
        self._open: list[_Heading] = []

    @property
    def path(self) -> tuple[str, ...]:
        """Their texts."""
        return tuple(heading.name for heading in self._open)

    def restart(self, name: str = "") -> None:
        """Close all headings, and open that of an annex, under which all others of it stand."""
        self._open = [_Heading(name, 0, "")] if name else []

    def leave_lists(self, depth: int) -> None:
        """Close the headings of lists that a new point, ``depth`` levels deep, leaves."""
        limit = _IN_LIST + 2 * depth + 1
        self._open = [h for h in self._open if h.rank < _IN_LIST or h.rank < limit]

    def add(self, name: str, style: str, series: str = "") -> None:
        """Open a heading of the class ``style``; ``series`` is the kind of its number, if any.

        One of the same series (II. after I.) takes the other's place. One of a class without rank
        takes the place of the last one that has no number, and stands under one that has.
        """
        rank = _RANKS.get(style, _UNRANKED)
        last = self._open[-1] if self._open else None
        if rank == _UNRANKED and not series and last is not None and 0 < last.rank < _IN_LIST:
            if not last.series:
                self._open.pop()
            self._open.append(_Heading(name, _UNRANKED, ""))
            return
        self._open = [*self._before(rank, series), _Heading(name, rank, series)]

    def add_point(self, name: str, depth: int) -> None:
        """Open a heading that is a point of a list itself, such as "(a) Protection"."""
        rank = _IN_LIST + 2 * depth + 1
        self._open = [*self._before(rank, ""), _Heading(name, rank, "")]

    def add_between_points(self, name: str, depth: int, style: str) -> None:
        """Open a heading between the points of a list; one of the same style takes its place."""
        rank, series = _IN_LIST + 2 * depth, f"in list {style}"
        self._open = [*self._before(rank, series), _Heading(name, rank, series)]

    def _before(self, rank: int, series: str) -> list[_Heading]:
        for place, heading in enumerate(self._open):
            if series and heading.series == series:
                return self._open[:place]
        return [heading for heading in self._open if heading.rank < rank]


BULLETS = ("–", "—", "-", "•", "·", "◦", "\uf0b7")
_ARABIC = re.compile(r"^(\d{1,3})[.)]?$")
_BRACKETED = re.compile(r"^\((\d{1,3})\)$")
_SMALL = re.compile(r"^\(?([a-z]{1,5})[.)]$")
_GREAT = re.compile(r"^\(?([A-Z]{1,5})[.)]?$")
_ROMAN = re.compile(r"^(x{0,3})(ix|iv|v?i{0,3})$")
_ROMAN_DIGITS = {"i": 1, "v": 5, "x": 10}


@dataclass(frozen=True, slots=True)
class Number:
    """One reading of a printed number: its kind, and its place in the series of that kind."""

    kind: str
    place: int
    printed: str

    @property
    def is_bullet(self) -> bool:
        """A dash or dot, which has no place of its own."""
        return self.kind.startswith("bullet")


def number_readings(printed: str) -> tuple[Number, ...]:
    """Every way to read a printed number, the likeliest first; empty when it is none.

    >>> [(n.kind, n.place) for n in number_readings("(i)")]
    [('roman', 1), ('letter', 9)]
    """
    if printed in BULLETS:
        return (Number(f"bullet {printed}", 1, printed),)
    if found := _ARABIC.match(printed):
        return (Number("arabic", int(found[1]), found[1]),)
    if found := _BRACKETED.match(printed):
        return (Number("bracketed", int(found[1]), printed),)
    if found := _SMALL.match(printed):
        return _letters(found[1], "", f"({found[1]})")
    if found := _GREAT.match(printed):
        return _letters(found[1].lower(), "great ", found[1])
    return ()


def _letters(token: str, case: str, printed: str) -> tuple[Number, ...]:
    readings = []
    if _ROMAN.match(token):
        readings.append(Number(f"{case}roman", _roman(token), printed))
    if len(set(token)) == 1:
        place = 26 * (len(token) - 1) + ord(token[0]) - ord("a") + 1
        readings.append(Number(f"{case}letter", place, printed))
    return tuple(readings)


def _roman(token: str) -> int:
    values = [_ROMAN_DIGITS[digit] for digit in token]
    following = [*values[1:], 0]
    return sum(
        -value if value < after else value for value, after in zip(values, following, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Open:
    """A number under which text may still come, and how deep it lies."""

    number: Number
    depth: int


class Numbering:
    """The numbers that are open at one place of a document.

    Two ways in: `point` for list points, whose depth the markup gives; `paragraph` for numbers on
    paragraphs, whose depth only their series tells.
    """

    def __init__(self) -> None:
        """Nothing is open."""
        self._open: list[_Open] = []

    @property
    def label(self) -> str:
        """The full label of what comes now; empty when no number is open."""
        label = ""
        for step, entry in enumerate(self._open):
            number = entry.number
            if number.is_bullet:
                label += f", bullet {number.place}"
            else:
                nested = step > 0 and number.kind == "arabic"
                label += f" ({number.printed})" if nested else f" {number.printed}"
        return label.removeprefix(",").strip()

    @property
    def root(self) -> Number | None:
        """The outermost number that is open."""
        return self._open[0].number if self._open else None

    @property
    def depth(self) -> int:
        """How deep the last number lies; -1 when none is open."""
        return self._open[-1].depth if self._open else -1

    def depth_of(self, printed: str) -> int:
        """How deep the number ``printed`` will lie if it comes next on a paragraph."""
        for number in number_readings(printed):
            sibling = self._predecessor(number)
            if sibling is not None:
                return sibling.depth
        return self.depth + 1

    def clear(self) -> None:
        """An unnumbered paragraph has come: what follows no longer belongs to what was before."""
        self._open = []

    def return_to(self, depth: int) -> None:
        """Close every number that lies deeper."""
        self._open = [entry for entry in self._open if entry.depth <= depth]

    def point(self, printed: str, depth: int) -> None:
        """Open the number of a list point that lies ``depth`` deep by its markup.

        Where the markup is wrong (S/RES/1996, S/RES/1542, S/RES/2552) the series decides: a 4. that
        follows 3. is a paragraph, and (iii) follows (ii), however deep they lie.
        """
        readings = number_readings(printed)
        here = [entry for entry in self._open if entry.depth == depth]
        goes_on = any(_follows(number, entry.number) for number in readings for entry in here)
        if not goes_on and all(number.place > 1 for number in readings):
            for number in readings:
                sibling = self._predecessor(number)
                if sibling is not None:
                    self._put(number, sibling.depth)
                    return
        number = self._likeliest(readings, depth) if readings else Number("other", 0, printed)
        self._put(number, depth)

    def paragraph(self, printed: str, following: str = "") -> None:
        """Open the number of a paragraph; ``following`` is the next number of the document."""
        readings = number_readings(printed)
        if not readings:
            self._put(Number("other", 0, printed), 0)
        elif readings[0].kind == "arabic":
            self._put(readings[0], 0)
        elif readings[0].is_bullet:
            same = [e.depth for e in self._open if e.number.kind == readings[0].kind]
            self._put(readings[0], same[0] if same else self.depth + 1)
        else:
            self._put(*self._by_series(readings, following))

    def _by_series(self, readings: tuple[Number, ...], following: str) -> tuple[Number, int]:
        starts = [number for number in readings if number.place == 1]
        if starts and any(_follows(after, starts[0]) for after in number_readings(following)):
            return starts[0], self._depth_of_start(starts[0])
        for entry in reversed(self._open):
            for number in readings:
                if _follows(number, entry.number):
                    return number, entry.depth
        number = starts[0] if starts else readings[0]
        return number, self._depth_of_start(number)

    def _depth_of_start(self, number: Number) -> int:
        same = [entry.depth for entry in self._open if entry.number.kind == number.kind]
        if same:
            return same[-1]
        numbered = [entry.depth for entry in self._open if not entry.number.is_bullet]
        return (numbered[-1] if numbered else -1) + 1

    def _predecessor(self, number: Number) -> _Open | None:
        for entry in reversed(self._open):
            if _follows(number, entry.number):
                return entry
        return None

    def _likeliest(self, readings: tuple[Number, ...], depth: int) -> Number:
        before = next((entry.number for entry in self._open if entry.depth == depth), None)
        if before is not None:
            return next((number for number in readings if _follows(number, before)), readings[0])
        return next((number for number in readings if number.place == 1), readings[0])

    def _put(self, number: Number, depth: int) -> None:
        if number.is_bullet:
            before = [entry.number for entry in self._open if entry.depth == depth]
            if before and before[0].is_bullet:
                number = Number(number.kind, before[0].place + 1, number.printed)
        self._open = [entry for entry in self._open if entry.depth < depth]
        self._open.append(_Open(number, depth))


def _follows(number: Number, before: Number) -> bool:
    return number.kind == before.kind and number.place == before.place + 1
