"""From pieces of text to blocks: labels, sections, roles and paragraph numbers.

Labels are what a researcher would cite: ``14``, ``14 (b)``, ``14 (b) (ii)``; in an annex with its
name, ``Annex I, 3``. A point that carries only a dash or a dot has no number to cite, so it is
counted under its parent: ``42, bullet 3`` is the third dash of paragraph 42. "a." and "i)" are
written (a) and (i), as the UN cites them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pipeline.ingest.akoma_numbers import Numbering, number_readings
from pipeline.ingest.akoma_text import Mark, Piece
from pipeline.ingest.reading import Block, Note, NoteMark
from pipeline.settings import Role

_ANNEX = re.compile(
    r"^(annex|appendix|addendum|enclosure|aide[- ]memoire)\b(?:\s+([IVXLC]+|[A-Z]|\d+)\b)?", re.I
)
_PART = re.compile(r"^Part\s+(?:[IVX]+|\d+)\b", re.I)
_MARKER_IN_TEXT = re.compile(r"^([–—•·]|\([a-z]{1,5}\)|[a-z]\))\s+(?=\S)")
_NUMBER_IN_TEXT = re.compile(r"^(\d{1,3})\.?\s+(?=[A-Z])")
_FRAME = re.compile(r"^At (?:the|its) \d+\w* (?:meeting|\(resumed\))")
_TITLE = "statement by the president of the security council"
_RECITAL = re.compile(r"^(?:\W*)(?:(?:Gravely|Deeply|Also|Further)\s+)?[A-Z][a-z]+(?:ing|ed)\b.*,$")
_RANKS = {"HCh": 1, "H1": 2, "H23": 3, "BLUEHeadingH2": 3, "H4": 4, "H56": 5}
_UNRANKED = 6
_IN_LIST = 10
"""Headings of this rank and above stand inside a list and end with it."""


def outline(items: Iterable[Mark | Piece], is_resolution: bool) -> tuple[list[Block], list[Note]]:
    """Make the blocks of a document, and the notes that were taken out of its text.

    Args:
        items: see `pipeline.ingest.akoma_text.pieces`.
        is_resolution: a resolution has operative paragraphs, a statement plain ones.
    """
    listed = list(_numbers_out_of_text(items))
    writer = _Outline(is_resolution)
    waiting: list[tuple[Mark, str]] = []
    for place, item in enumerate(listed):
        if isinstance(item, Mark) and not item.alone:
            waiting.append((item, _next_number(listed, place)))
        elif isinstance(item, Mark):
            writer.heading(Piece(item.printed, item.region, "num", item.style), [])
        else:
            writer.piece(item, waiting)
            waiting = []
    return writer.blocks, writer.notes


def _next_number(items: list[Mark | Piece], place: int) -> str:
    return next((item.printed for item in items[place + 1 :] if isinstance(item, Mark)), "")


def _numbers_out_of_text(items: Iterable[Mark | Piece]) -> Iterator[Mark | Piece]:
    """Turn a number that stands in the text ("11 Condemns ...") into a mark before it."""
    last = ""
    for item in items:
        if isinstance(item, Mark):
            last = item.printed.rstrip(".") if item.printed.rstrip(".").isdigit() else last
        elif (found := _printed_in(item, last)) is not None:
            last = found[1] if found[1].isdigit() else last
            printed = f"{found[1]}." if found[1].isdigit() else found[1]
            yield Mark(printed, item.region)
            marks = tuple(NoteMark(m.number, m.offset - found.end()) for m in item.marks)
            yield replace(item, text=item.text[found.end() :], marks=marks, numbered=True)
            continue
        yield item


def _printed_in(piece: Piece, last: str) -> re.Match[str] | None:
    if piece.numbered or piece.in_table or piece.depth or piece.tag != "p":
        return None
    number = _NUMBER_IN_TEXT.match(piece.text)
    if number is not None and last.isdigit() and int(number[1]) == int(last) + 1:
        return number
    return _MARKER_IN_TEXT.match(piece.text)


@dataclass(frozen=True, slots=True)
class _Heading:
    text: str
    rank: int
    series: str = ""


class _Outline:
    """Where in the document we are, and the blocks so far."""

    def __init__(self, is_resolution: bool) -> None:
        self.blocks: list[Block] = []
        self.notes: list[Note] = []
        self._is_resolution = is_resolution
        self._numbering = Numbering()
        self._base = 0
        self._paragraph = 0
        self._paragraph_key: object = None
        self._headings: list[_Heading] = []
        self._annex: tuple[str, ...] = ()
        self._region = ""

    def piece(self, piece: Piece, numbers: list[tuple[Mark, str]]) -> None:
        self._enter(piece.region)
        if not re.search(r"\w", piece.text):
            return
        if piece.is_heading and not _is_arabic(numbers):
            self.heading(piece, numbers)
        elif piece.style == "MercuryDocument" and piece.text.startswith("*"):
            self._footnote(piece)
        else:
            self._open(piece, numbers)
            self._write(piece, self._role(piece), self._label, self._count())

    def heading(self, piece: Piece, numbers: list[tuple[Mark, str]]) -> None:
        self._enter(piece.region)
        if piece.text.lower() == _TITLE:
            self._write(piece, "heading", "", None)
            return
        printed = numbers[-1][0].printed if numbers else ""
        great = [n for n in number_readings(printed) if n.kind.startswith("great")]
        label = printed.rstrip(".")
        if numbers and not great:
            self._open(piece, numbers)
            label = self._label
        in_list = bool(numbers) and not great
        rank = _IN_LIST + max(self._numbering.depth, 0) if in_list or piece.depth else _rank(piece)
        self._nest(piece, printed, great[0].kind if great else "", rank)
        self._write(piece, "heading", label, None)

    def _enter(self, region: str) -> None:
        if region != self._region:
            self._region, self._headings, self._annex = region, [], ()
            self._numbering.clear()
            self._base, self._paragraph_key = 0, None
            if region == "annex":
                self._annex = ("Annex",)

    def _open(self, piece: Piece, numbers: list[tuple[Mark, str]]) -> None:
        self._open_numbers(piece, numbers)
        deepest = _IN_LIST + self._numbering.depth
        self._headings = [h for h in self._headings if h.rank < _IN_LIST or h.rank < deepest]

    def _open_numbers(self, piece: Piece, numbers: list[tuple[Mark, str]]) -> None:
        for mark, following in numbers:
            if mark.depth == 0:
                self._numbering.paragraph(mark.printed, following)
                self._base = self._numbering.depth
            else:
                self._numbering.point(mark.printed, self._base + mark.depth)
        if numbers:
            return
        if piece.numbered or piece.depth:
            self._numbering.return_to(self._base + piece.depth)
        else:
            self._numbering.clear()
            self._base, self._paragraph_key = -1, None

    @property
    def _label(self) -> str:
        label = self._numbering.label
        return ", ".join([*self._annex, label]) if label else ""

    def _count(self) -> int:
        """The number of the paragraph: a new one for each unnumbered or newly numbered one."""
        root = self._numbering.root
        arabic = root.printed if root is not None and root.kind == "arabic" else ""
        if self._paragraph_key is None or (arabic and arabic != self._paragraph_key):
            self._paragraph += 1
            self._paragraph_key = arabic or self._paragraph
        return self._paragraph

    def _role(self, piece: Piece) -> Role:
        if self._annex or piece.in_table:
            return "annex"
        if not self._is_resolution:
            return "paragraph"
        arabic = self._numbering.root is not None and self._numbering.root.kind == "arabic"
        if piece.region == "preamble":
            return "operative" if arabic else "preambular"
        recital = not self._numbering.label and _RECITAL.match(piece.text)
        return "preambular" if recital or piece.tag == "crossHeading" else "operative"

    def _nest(self, piece: Piece, printed: str, series: str, rank: int) -> None:
        found = _ANNEX.match(piece.text)
        name = f"{printed} {piece.text}".strip()
        if found is not None and not printed:
            self._annex = (" ".join(filter(None, (found[1].capitalize(), found[2]))),)
            self._headings = [_Heading(name, 0)]
            self._numbering.clear()
            self._paragraph_key = None
            return
        if self._annex and (part := _PART.match(piece.text)):
            self._annex = (self._annex[0], part[0])
        self._headings = [*_above(self._headings, rank, series), _Heading(name, rank, series)]

    def _footnote(self, piece: Piece) -> None:
        stars = re.match(r"\*+", piece.text)
        text = piece.text.lstrip("* ")
        self._write(piece, "note", "", None)
        self.notes.append(Note(self._free_number(stars[0] if stars else "*"), text))

    def _write(self, piece: Piece, role: Role, label: str, paragraph: int | None) -> None:
        marks = []
        for note, mark in zip(piece.notes, piece.marks, strict=True):
            number = self._free_number(note.number)
            self.notes.append(replace(note, number=number))
            marks.append(NoteMark(number, mark.offset))
        is_frame = role == "paragraph" and _FRAME.match(piece.text)
        section = tuple(heading.text for heading in self._headings)
        if role == "heading":
            section = section[:-1]
        self.blocks.append(
            Block(
                role,
                piece.text,
                section,
                label,
                tuple(marks),
                None if is_frame else paragraph,
                piece.source_index,
            )
        )

    def _free_number(self, number: str) -> str:
        taken = {note.number for note in self.notes}
        numbers = [number, *(f"{number} {count}" for count in range(2, len(taken) + 3))]
        return next(number for number in numbers if number not in taken)


def _is_arabic(numbers: list[tuple[Mark, str]]) -> bool:
    return any(
        reading.kind == "arabic" for mark, _ in numbers for reading in number_readings(mark.printed)
    )


def _rank(piece: Piece) -> int:
    return _RANKS.get(piece.style, _UNRANKED)


def _above(headings: list[_Heading], rank: int, series: str) -> list[_Heading]:
    """The headings under which a new one stands.

    One of the same series (I. after II.) stands beside it. A heading without a rank stands beside
    the last one without a number, and under a numbered one.
    """
    for place, heading in enumerate(headings):
        if series and heading.series == series:
            return headings[:place]
    if rank == _UNRANKED and headings and not headings[-1].series and headings[-1].rank > 0:
        return headings[:-1]
    return [heading for heading in headings if heading.rank < rank]
