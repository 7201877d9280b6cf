"""Pieces of a Word file, web page or plain text as blocks with headings and labels.

What these formats share once their markup is read: headings with a level, paragraphs with or
without a number, items below them, rows of tables, and annexes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipeline.ingest.items import Item, nested
from pipeline.ingest.reading import Block, NoteMark
from pipeline.settings import Role

CELL = " | "  # between the cells of a table's row
ANNEX = re.compile(r"((?:Annex|ANNEX|Appendix|APPENDIX)(?: [IVXL]+| \d+| [A-Z])?)\b")
NUMBER = re.compile(r"(\d{1,3})\.\s+(?=\S)")
ITEM = re.compile(r"(\((?:[a-z]{1,2}|[ivxl]+|\d{1,2})\))\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Piece:
    """One paragraph, heading or row as its format has it.

    Attributes:
        text: white space collapsed.
        level: 1 for a heading of the first rank, and so on; 0 for everything else.
        number: what the format itself numbers it with (an automatic list), such as 3 or (a).
        depth: how deep its list lies in others, from 0.
        role: given by the format; empty where the document decides (paragraph or annex).
        marks: note marks in the text.
    """

    text: str
    level: int = 0
    number: str = ""
    depth: int = 0
    role: Role | None = None
    marks: tuple[NoteMark, ...] = ()


@dataclass
class _Place:
    """Where in the document we are."""

    path: tuple[tuple[int, str], ...] = ()
    annex: str = ""
    last: int = 0
    current: str = ""
    items: tuple[Item, ...] = ()
    paragraph: int = 0


def blocks_from(pieces: Iterable[Piece]) -> tuple[Block, ...]:
    """The pieces as blocks, in order; empty ones are left out.

    A typed number is believed when it is 1 or follows the number before it.
    """
    place = _Place()
    return tuple(_block(place, piece) for piece in pieces if piece.text.strip())


def _block(place: _Place, piece: Piece) -> Block:
    if piece.level:
        return _heading(place, piece)
    section = tuple(text for _, text in place.path)
    if piece.role in ("annex", "note"):
        return Block(piece.role, piece.text, section, marks=piece.marks)
    rest, label = _labelled(place, piece)
    role: Role = "annex" if place.annex else piece.role or "paragraph"
    return Block(role, rest.text, section, label, rest.marks, place.paragraph)


def _heading(place: _Place, piece: Piece) -> Block:
    found = ANNEX.match(piece.text)
    if found:
        place.annex, place.path = found.group(1).title().replace("Ii", "II"), ()
    above = tuple(entry for entry in place.path if entry[0] < piece.level)
    place.path = (*above, (piece.level, piece.text))
    place.current, place.items = "", ()
    place.last = 0 if found else place.last
    return Block("heading", piece.text, tuple(text for _, text in above), marks=piece.marks)


def _labelled(place: _Place, piece: Piece) -> tuple[Piece, str]:
    """The piece without a typed number, and its label."""
    number, rest = _number(place, piece)
    if re.fullmatch(r"\d+(?:\.\d+)+", number):  # 2.1 says all by itself
        place.paragraph += 1
        place.current, place.items = number, ()
    elif number.isdigit() and not (piece.number and piece.depth):
        place.last, place.current, place.items = int(number), number, ()
        place.paragraph += 1
    elif number:
        item = Item(number, 12.0 * piece.depth)
        place.items = tuple(nested(list(place.items), item))
        place.paragraph += not place.current and len(place.items) == 1
    else:
        place.paragraph += 1
        place.current, place.items = "", ()
        return rest, ""
    label = " ".join(filter(None, [place.current, *(item.marker for item in place.items)]))
    return rest, f"{place.annex}, {label}" if place.annex else label


def _number(place: _Place, piece: Piece) -> tuple[str, Piece]:
    """The number, automatic or typed, and the piece without a typed one."""
    if piece.number:
        return piece.number.rstrip("."), piece
    found = NUMBER.match(piece.text)
    if found and int(found.group(1)) not in (1, place.last + 1):
        found = None
    found = found or ITEM.match(piece.text)
    if not found:
        return "", piece
    cut = found.end()
    marks = tuple(replace(mark, offset=max(0, mark.offset - cut)) for mark in piece.marks)
    return found.group(1), replace(piece, text=piece.text[cut:], marks=marks)
