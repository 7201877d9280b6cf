"""Full labels such as ``14 (b) (ii)``, put together from the numbers of an Akoma Ntoso file.

The UN's files do not nest a point's sublist inside the point, and often write "(a)" as a paragraph
of its own after paragraph 14, so that a full label can only be had from the order of the numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

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
