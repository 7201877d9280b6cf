"""Markdown (CommonMark with tables and [^1] footnotes), by markdown-it-py."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline.ingest.identity import date_of, first_symbol, valid_date
from pipeline.ingest.reading import Note, Reading, UnreadableError, decoded, raised
from pipeline.ingest.text.outline import CELL, Piece, blocks_from, without_marks
from pipeline.run.kinds import Role
from pipeline.run.settings import IngestSettings

FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n", re.DOTALL)
FRONT_TITLE = re.compile(r"^title:\s*[\"']?(.+?)[\"']?\s*$", re.MULTILINE)
FRONT_DATE = re.compile(r"^date:\s*[\"']?(\d{4}-\d{2}-\d{2})", re.MULTILINE)
RAISED = re.compile(r"<sup>(\d{1,3})</sup>|\^(\d{1,3})\^")
MARK = re.compile(r"\[\^([^\]\s]+)\]")
DEFINITION = re.compile(r"\[\^([^\]\s]+)\]:\s*")
TAG = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)


def read_markdown(content: bytes, settings: IngestSettings) -> Reading:  # noqa: ARG001
    """Read a Markdown file.

    Raises:
        UnreadableError: the encoding is unknown, or there is no text.
    """
    text, remarks = decoded(content)
    front = FRONT_MATTER.match(text)
    body = _with_typed_notes(text[front.end() :] if front else text)
    named = FRONT_TITLE.search(front.group(1)) if front else None
    pieces, notes = _split_notes(_pieces(MarkdownIt("commonmark").enable("table").parse(body)))
    blocks = blocks_from(pieces)
    if not blocks:
        raise UnreadableError("holds no text")
    headings = [piece.text for piece in pieces if piece.level]
    title = named.group(1) if named else next(iter(headings), "")
    head = [piece.text for piece in pieces[:20]]
    symbol = first_symbol(head)
    dated = FRONT_DATE.search(front.group(1)) if front else None
    day = date_of("\n".join(head)) if symbol else valid_date(dated[1]) if dated else None
    return Reading(blocks, tuple(notes), symbol, title, day, remarks)


def _with_typed_notes(text: str) -> str:
    """Raised digits as superscripts, and notes as text: "[^1]: Ibid." would define a link."""
    text = RAISED.sub(lambda found: raised(found[1] or found[2]), text)
    return re.sub(r"^\[\^(?=[^\]\s]+\]:)", r"\\[^", text, flags=re.MULTILINE)


@dataclass
class _Text:
    """What was read so far, and where we are in lists, quotations and tables."""

    pieces: list[Piece] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)  # number of the open item; empty for bullets
    cells: list[str] = field(default_factory=list)
    level: int = 0
    quoted: int = 0
    in_cell: bool = False


def _pieces(tokens: Sequence[Token]) -> list[Piece]:
    text = _Text()
    for token in tokens:
        if token.type in ("inline", "fence", "code_block", "html_block"):
            _add(text, _inline(token))
        else:
            _enter_or_leave(text, token)
    return [piece for piece in text.pieces if piece.text.strip(" |")]


def _enter_or_leave(text: _Text, token: Token) -> None:
    kind, opens = token.type.rpartition("_")[0], token.nesting == 1
    if kind == "heading" and opens:
        text.level = int(token.tag[1])
    elif kind in ("bullet_list", "ordered_list"):
        text.lists = [*text.lists, ""] if opens else text.lists[:-1]
    elif kind == "list_item" and opens:
        text.lists[-1] = token.info  # the number as typed
    elif kind == "blockquote":
        text.quoted += token.nesting
    elif kind in ("td", "th"):
        text.in_cell = opens
    elif kind == "tr" and not opens:
        text.pieces.append(Piece(CELL.join(text.cells), role="annex"))
        text.cells = []


def _add(text: _Text, words: str) -> None:
    if text.in_cell:
        text.cells.append(words)
        return
    number = text.lists[-1] if text.lists else ""
    role: Role | None = "quotation" if text.quoted and not text.level else None
    depth = max(0, len(text.lists) - 1)
    text.pieces.append(Piece(words, text.level, number, depth, role))
    text.level = 0
    if text.lists:
        text.lists[-1] = ""  # a second paragraph of the item has no number


def _inline(token: Token) -> str:
    """The text of a token without its markup."""
    if token.children is None:
        return " ".join(TAG.sub(" ", token.content).split())
    parts = []
    for child in token.children:
        if child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type != "html_inline":
            parts.append(child.content)
    return " ".join("".join(parts).split())


def _split_notes(pieces: Sequence[Piece]) -> tuple[list[Piece], list[Note]]:
    """Take footnotes, and their marks, out of the text."""
    kept: list[Piece] = []
    notes: list[Note] = []
    for piece in pieces:
        found = DEFINITION.match(piece.text)
        if found:
            for number, text in _definitions(piece.text):
                notes.append(Note(number, text))
        else:
            kept.append(_marked(piece))
    return kept, notes


def _definitions(text: str) -> list[tuple[str, str]]:
    parts = DEFINITION.split(text)[1:]
    return [(number, body.strip()) for number, body in zip(parts[::2], parts[1::2], strict=True)]


def _marked(piece: Piece) -> Piece:
    text, marks = without_marks(piece.text, MARK)
    return replace(piece, text=text, marks=marks)
