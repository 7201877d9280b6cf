"""From pieces of text to blocks: labels, sections, roles and paragraph numbers.

Labels are what a researcher would cite: ``14``, ``14 (b)``, ``14 (b) (ii)``; in an annex with its
name, ``Annex I, 3``. A point that carries only a dash or a dot has no number to cite, so it is
counted under its parent: ``42, bullet 3`` is the third dash of paragraph 42. "a." and "i)" are
written (a) and (i), as the UN cites them. A second text of one paragraph or point has its label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pipeline.ingest.akoma.numbers import (
    Numbering,
    Sections,
    annex_name,
    is_unmarked_heading,
    number_readings,
    opens_annex,
    part_name,
)
from pipeline.ingest.akoma.text import Mark, TextPiece
from pipeline.ingest.reading import Block, Note, NoteMark
from pipeline.run.wording import Role

_MARKER_IN_TEXT = re.compile(r"^([–—•·◦]|\((?:[a-z]{1,5}|\d{1,2})\)|[a-z]\))\s+(?=\S)")
_NUMBER_IN_TEXT = re.compile(r"^(\d{1,3})\.?\s+(?=[A-Z])")
_FRAME = re.compile(r"^At (?:the|its) \d+\w* meeting\b")
_TITLE = "statement by the president of the security council"


@dataclass(frozen=True, slots=True)
class _Step:
    """A piece with what stands around it.

    Attributes:
        numbers: the printed numbers right before it, each with the number after it.
        following: the next printed number; empty when none follows.
        goes_on: a text without a number of its own follows.
    """

    piece: TextPiece
    numbers: tuple[tuple[Mark, str], ...]
    following: str
    goes_on: bool


def outline(
    items: Iterable[Mark | TextPiece], is_resolution: bool
) -> tuple[list[Block], list[Note]]:
    """Make the blocks of a document, and the notes that were taken out of its text.

    Args:
        items: see `pipeline.ingest.akoma.text.pieces`.
        is_resolution: a resolution has operative paragraphs, a statement plain ones.
    """
    writer = _Outline(is_resolution)
    for step in _steps(list(_numbers_out_of_text(items))):
        writer.write(step)
    return writer.blocks, writer.notes


def _steps(items: list[Mark | TextPiece]) -> Iterator[_Step]:
    following = _following_numbers(items)
    numbers: list[tuple[Mark, str]] = []
    for place, item in enumerate(items):
        if isinstance(item, TextPiece):
            after = items[place + 1] if place + 1 < len(items) else None
            goes_on = isinstance(after, TextPiece) and _continues(after, item)
            yield _Step(item, tuple(numbers), following[place], goes_on)
            numbers = []
        elif item.alone:
            alone = TextPiece(item.printed, item.region, "heading", item.style)
            yield _Step(alone, (), following[place], goes_on=False)
        else:
            numbers.append((item, following[place]))


def _continues(after: TextPiece, piece: TextPiece) -> bool:
    same = after.numbered and piece.numbered and after.depth == piece.depth
    unnumbered = not after.numbered and after.depth == 0
    return (same or unnumbered) and after.region == piece.region and not after.is_heading


def _following_numbers(items: list[Mark | TextPiece]) -> list[str]:
    following: list[str] = []
    after = ""
    for item in reversed(items):
        following.append(after)
        after = item.printed if isinstance(item, Mark) else after
    return following[::-1]


def _numbers_out_of_text(items: Iterable[Mark | TextPiece]) -> Iterator[Mark | TextPiece]:
    """Turn a number that stands in the text ("11 Condemns ...") into a mark before it."""
    last = ""
    for item in items:
        if isinstance(item, Mark):
            last = item.printed.rstrip(".") if item.printed.rstrip(".").isdigit() else last
        elif (found := _printed_in(item, last)) is not None:
            last = found[1] if found[1].isdigit() else last
            yield Mark(f"{found[1]}." if found[1].isdigit() else found[1], item.region)
            marks = tuple(NoteMark(m.number, m.offset - found.end()) for m in item.marks)
            yield replace(item, text=item.text[found.end() :], marks=marks, numbered=True)
            continue
        yield item


def _printed_in(piece: TextPiece, last: str) -> re.Match[str] | None:
    if piece.numbered or piece.in_table or piece.depth or piece.tag != "p":
        return None
    number = _NUMBER_IN_TEXT.match(piece.text)
    if number is not None and last.isdigit() and int(number[1]) == int(last) + 1:
        return number
    return _MARKER_IN_TEXT.match(piece.text)


class _Outline:
    """Where in the document we are, and the blocks so far."""

    def __init__(self, is_resolution: bool) -> None:
        self.blocks: list[Block] = []
        self.notes: list[Note] = []
        self._is_resolution = is_resolution
        self._region = ""
        self._annex: tuple[str, ...] = ()
        self._sections = Sections()
        self._numbering = Numbering()
        self._base = -1
        self._holds = False
        self._paragraph = 0
        self._root: str | None = None

    def write(self, step: _Step) -> None:
        piece = step.piece
        if piece.region != self._region:
            self._region, self._annex = piece.region, ("Annex",) if piece.region == "annex" else ()
            self._sections.restart()
            if piece.region == "annex" or not self._root_is_arabic:
                self._new_paragraph()
        if not re.search(r"\w", piece.text):
            return
        if piece.text.lower() == _TITLE:
            self._add("heading", piece, "", None, ())
        elif piece.style == "MercuryDocument" and piece.text.startswith("*"):
            self._footnote(piece)
        elif self._is_heading(step):
            self._heading(step)
        else:
            self._open(step)
            if step.numbers or not self._holds:
                self._sections.leave_lists(self._numbering.depth)
            # a point without a stop: what follows without a number still belongs to it
            self._holds |= self._numbering.depth > 0 and _ends_open(piece.text)
            self._add(self._role(piece), piece, self._label, self._count(piece))

    def _is_heading(self, step: _Step) -> bool:
        piece = step.piece
        if any(_is_arabic(mark.printed) for mark, _ in step.numbers):
            return False
        if piece.is_heading or opens_annex(piece):
            return True
        held = self._holds and _ends_open(self.blocks[-1].text) and not piece.numbered
        return not held and is_unmarked_heading(
            piece,
            has_number=bool(step.numbers),
            goes_on=step.goes_on,
            in_body=not self._annex and (self._root_is_arabic or _is_arabic(step.following)),
        )

    def _heading(self, step: _Step) -> None:
        piece = step.piece
        printed = step.numbers[-1][0].printed if step.numbers else ""
        name = f"{printed} {piece.text}".strip()
        readings = number_readings(printed or piece.text)
        great = next((number for number in readings if number.kind.startswith("great")), None)
        if annex_name(piece.text) and not printed:
            self._annex = (annex_name(piece.text),)
            self._new_paragraph()
            self._sections.restart(name)
        elif printed and great is None:
            self._open(step)
            self._holds = True
            self._sections.add_point(name, self._numbering.depth)
            self._add("heading", piece, self._label, None, self._sections.path[:-1])
            return
        elif self._is_in_list(step):
            depth = (
                self._base + piece.depth
                if piece.depth
                else self._numbering.depth_of(step.following)
            )
            self._sections.add_between_points(name, max(depth, 0), piece.style)
        else:
            part = part_name(piece.text) or (great.printed if great else "")
            if self._annex and part:
                self._annex = (self._annex[0], part)
            self._sections.add(name, piece.style, great.kind if great else "")
        self._add("heading", piece, printed.rstrip("."), None, self._sections.path[:-1])

    def _is_in_list(self, step: _Step) -> bool:
        """Does the list that is open go on after this heading?"""
        after = step.following
        return step.piece.depth > 0 or (
            self._root_is_arabic and bool(after) and not _is_arabic(after)
        )

    def _open(self, step: _Step) -> None:
        """Bring the numbering to where this piece stands."""
        for mark, following in step.numbers:
            if mark.depth == 0:
                self._numbering.paragraph(mark.printed, following)
                self._base = self._numbering.depth
            else:
                self._numbering.point(mark.printed, self._base + mark.depth)
        piece = step.piece
        if step.numbers:
            self._holds = False
        elif piece.numbered or piece.depth:
            self._numbering.return_to(self._base + piece.depth)
        elif self._holds:
            return
        elif self._root_is_arabic and piece.text[0].islower():
            self._numbering.return_to(0)
        else:
            self._new_paragraph()

    def _new_paragraph(self) -> None:
        self._numbering.clear()
        self._base, self._root, self._holds = -1, None, False

    @property
    def _root_is_arabic(self) -> bool:
        root = self._numbering.root
        return root is not None and root.kind == "arabic"

    @property
    def _label(self) -> str:
        label = self._numbering.label
        return ", ".join([*self._annex, label]) if label else ""

    def _count(self, piece: TextPiece) -> int | None:
        """The number of its paragraph: a new one for each unnumbered or newly numbered one.

        The frame of a statement ("At the 7099th meeting ...") is no paragraph of the Council's.
        """
        if not self._is_resolution and _FRAME.match(piece.text):
            return None
        root = self._numbering.root
        number = root.printed if root is not None and root.kind == "arabic" else ""
        if self._root is None or (number and number != self._root):
            self._paragraph += 1
            self._root = number
        return self._paragraph

    def _role(self, piece: TextPiece) -> Role:
        if self._annex or piece.in_table:
            return "annex"
        if not self._is_resolution:
            return "paragraph"
        if piece.region == "preamble":
            return "operative" if self._root_is_arabic else "preambular"
        recital = not self._numbering.label and piece.text.endswith(",")
        return "preambular" if recital or piece.tag == "crossHeading" else "operative"

    def _footnote(self, piece: TextPiece) -> None:
        text = piece.text.lstrip("*")
        stars = piece.text.removesuffix(text)
        self._add("note", piece, "", None)
        self.notes.append(Note(self._free_number(stars), text.strip()))

    def _add(
        self,
        role: Role,
        piece: TextPiece,
        label: str,
        paragraph: int | None,
        section: tuple[str, ...] | None = None,
    ) -> None:
        marks = []
        for note, mark in zip(piece.notes, piece.marks, strict=True):
            number = self._free_number(note.number)
            self.notes.append(replace(note, number=number))
            marks.append(NoteMark(number, mark.offset))
        path = self._sections.path if section is None else section
        block = Block(role, piece.text, path, label, tuple(marks), paragraph, piece.source_index)
        self.blocks.append(block)

    def _free_number(self, number: str) -> str:
        """The printed mark; with a count from the second note that has the same one."""
        taken = {note.number for note in self.notes}
        numbers = [number, *(f"{number} {count}" for count in range(2, len(taken) + 3))]
        return next(number for number in numbers if number not in taken)


def _is_arabic(printed: str) -> bool:
    return any(number.kind == "arabic" for number in number_readings(printed))


def _ends_open(text: str) -> bool:
    return text[-1] not in ",;."
