"""Which texts are headings, and the headings above each text.

The UN marks headings in six ways, and in about forty documents not at all (a line in bold or
italics, or only a short line without a full stop). Class names rank them where they are there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.ingest.akoma_text import Piece

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


def opens_annex(piece: Piece) -> bool:
    """A paragraph of the body that is the unmarked heading of an annex ("Annex A: ...")."""
    found = _ANNEX.match(piece.text)
    after = piece.text[found.end() :].lstrip() if found else "."
    return piece.region == "body" and not piece.numbered and after[:1] in ("", ":", "–")


def is_unmarked_heading(piece: Piece, *, has_number: bool, goes_on: bool, in_body: bool) -> bool:
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
