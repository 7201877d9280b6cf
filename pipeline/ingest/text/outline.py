"""Pieces of a Word file, web page or plain text as blocks with headings, items and labels.

Order decides before place: (b) goes beside the (a) before it wherever it hangs, for many documents
set all levels at one indent. Place decides only where order leaves a choice, as for an (i) after
an (h).

What these formats share once their markup is read: headings with a level, paragraphs with or
without a number, items below them, rows of tables, and annexes; and, with PDFs, how a document
prints its symbol and date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline.ingest.reading import (
    SUPERSCRIPTS,
    Block,
    Note,
    NoteMark,
    plain_digits,
    raised,
)
from pipeline.run.wording import Role

ROMAN = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx".split()
STEP = 8  # points; a smaller shift of the left end is no indent


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its marker, such as (a), and where its line begins, in points."""

    marker: str
    x0: float


def nested(above: list[Item], item: Item) -> list[Item]:
    """The open items once this one has come, outermost first.

    >>> [i.marker for i in nested([Item("(a)", 147), Item("(i)", 147)], Item("(ii)", 147))]
    ['(a)', '(ii)']
    """
    for depth in range(len(above) - 1, -1, -1):
        deeper = item.x0 > above[depth].x0 + STEP
        if follows(above[depth].marker, item.marker) and not (deeper and starts(item.marker)):
            return [*above[:depth], item]
    if starts(item.marker):
        kept = [other for other in above if not same_series(other.marker, item.marker)]
        return [*kept, item] if len(kept) == len(above) else [*_outer(above, item), item]
    return [*_outer(above, item), item]


def follows(before: str, marker: str) -> bool:
    """Does this marker come right after that one in a series of letters, numbers or numerals?"""
    left, right = before.strip("()"), marker.strip("()")
    if left.isdigit() and right.isdigit():
        return int(right) == int(left) + 1
    if left in ROMAN and right in ROMAN and ROMAN.index(right) == ROMAN.index(left) + 1:
        return True
    if len(left) == len(right) == 1:
        return ord(right) == ord(left) + 1
    return (left, right) == ("z", "aa") or (len(left) == 2 and right == chr(ord(left[0]) + 1) * 2)


def starts(marker: str) -> bool:
    """Does a series begin with this marker?"""
    return marker.strip("()") in ("a", "i", "1")


def same_series(left: str, right: str) -> bool:
    """Are both of one kind: letters, roman numerals or numbers?"""
    return _kind(left) == _kind(right)


def _kind(marker: str) -> str:
    text = marker.strip("()")
    return "number" if text.isdigit() else "roman" if text in ROMAN else "letter"


def _outer(above: list[Item], item: Item) -> list[Item]:
    """The open items that hang further out than this one."""
    return [other for other in above if other.x0 < item.x0 - STEP]


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


def without_marks(text: str, mark: re.Pattern[str]) -> tuple[str, tuple[NoteMark, ...]]:
    """The text without what the pattern finds, and the note marks that this was.

    >>> without_marks("Here [a]. There [b]", re.compile(r"\\[(.)\\]"))[0]
    'Here. There'
    """
    whole, end = "", 0
    marks: list[NoteMark] = []
    for found in mark.finditer(text):
        whole += text[end : found.start()]
        end = found.end()
        if re.match(r"[\s.,;:?!)]|$", text[end:]):
            whole = whole.rstrip()
        marks.append(NoteMark(found[1], len(whole)))
    whole += text[end:]
    cut = len(whole) - len(whole.lstrip())
    moved = tuple(replace(one, offset=max(0, one.offset - cut)) for one in marks)
    return whole.strip(), moved


NOTES = re.compile(r"(?:foot|end)?notes?(?: and (?:references|sources))?:?", re.I)
_BEHIND = rf"(?<!\b[kc]m)(?<!\bm)(?<!\b10)(?<!^)(?<![{SUPERSCRIPTS}])"  # not in km², 10³
_RAISED = re.compile(rf"{_BEHIND}([{SUPERSCRIPTS}]+)")
_LISTED = re.compile(rf"(?:\[(\d{{1,3}})\]|(\d{{1,3}})[.)]?\s|([{SUPERSCRIPTS}]+))\s*(?=\S)")


def with_typed_notes(pieces: Sequence[Piece]) -> tuple[list[Piece], list[Note]]:
    """The pieces without the notes that raised figures in the text before refer to, and these.

    Such a note begins with the same raised figures, or it stands in the list under Notes.

    >>> with_typed_notes([Piece("It moved.¹"), Piece("¹ Interview 4.")])[1]
    [Note(number='1', text='Interview 4.', speaker_groups=())]
    """
    kept: list[Piece] = []
    notes: dict[str, Note] = {}
    referred: set[str] = set()
    listing = False
    for piece in pieces:
        number, text = _listed(piece)
        begins = listing or piece.text[:1] in SUPERSCRIPTS
        if begins and number in referred - set(notes):
            notes[number] = Note(number, text)
            continue
        listing = NOTES.fullmatch(piece.text) is not None
        kept.append(piece)
        referred |= set(map(plain_digits, _RAISED.findall(piece.text)))
    return [_with_raised_marks(piece, notes) for piece in kept], list(notes.values())


def _listed(piece: Piece) -> tuple[str, str]:
    """The number of a piece that may be a note, and its text; no number where it is none."""
    found = _LISTED.match(piece.text)
    if piece.number or not found:
        return piece.number.strip("[]()."), piece.text
    return plain_digits(next(filter(None, found.groups()))), piece.text[found.end() :]


def _with_raised_marks(piece: Piece, notes: Iterable[str]) -> Piece:
    """The piece with marks for the raised figures of notes; others stay, such as exponents."""
    known = "|".join(map(raised, notes))
    if not known or piece.marks:
        return piece
    text, marks = without_marks(
        piece.text, re.compile(rf"{_BEHIND}\s?({known})(?![{SUPERSCRIPTS}])")
    )
    named = tuple(replace(mark, number=plain_digits(mark.number)) for mark in marks)
    return replace(piece, text=text, marks=named)


@dataclass
class _Position:
    """Where in the document we are."""

    path: tuple[tuple[int, str], ...] = ()
    annex: str = ""
    last: int = 0
    current: str = ""
    items: tuple[Item, ...] = ()
    paragraph: int = 0


def blocks_from(pieces: Iterable[Piece]) -> tuple[Block, ...]:
    """The pieces as blocks, in order; empty ones are left out.

    A typed number is believed when it is 1 or follows the number before it; the first one also when
    the next follows it, as where a text is an extract.
    """
    whole = [piece for piece in pieces if piece.text.strip()]
    typed = [int(found[1]) for piece in whole if not piece.level and piece.role != "annex"
             and (found := NUMBER.match(piece.text))]  # fmt: skip
    counted = any(piece.number[:1].isdigit() for piece in whole)
    extract = not counted and len(typed) > 1 and typed[1] == typed[0] + 1
    place = _Position(last=typed[0] - 1 if extract else 0)
    return tuple(_block(place, piece) for piece in whole)


def _block(place: _Position, piece: Piece) -> Block:
    if piece.level:
        return _heading(place, piece)
    section = tuple(text for _, text in place.path)
    if piece.role in ("annex", "note"):
        return Block(piece.role, piece.text, section, marks=piece.marks)
    rest, label = _labelled(place, piece)
    role: Role = "annex" if place.annex else piece.role or "paragraph"
    return Block(role, rest.text, section, label, rest.marks, place.paragraph)


def _heading(place: _Position, piece: Piece) -> Block:
    found = ANNEX.match(piece.text)
    if found:
        place.annex, place.path = found.group(1).title().replace("Ii", "II"), ()
    above = tuple(entry for entry in place.path if entry[0] < piece.level)
    place.path = (*above, (piece.level, piece.text))
    place.current, place.items = "", ()
    place.last = 0 if found else place.last
    return Block("heading", piece.text, tuple(text for _, text in above), marks=piece.marks)


def _labelled(place: _Position, piece: Piece) -> tuple[Piece, str]:
    """The piece without a typed number, and its label."""
    number, rest = _number(place, piece)
    alone = piece.number and not piece.depth and number[:1].isupper()  # so do II and Article 2
    if alone or re.fullmatch(r"\d+(?:\.\d+)+", number):  # 2.1 says all by itself
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


def _number(place: _Position, piece: Piece) -> tuple[str, Piece]:
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
