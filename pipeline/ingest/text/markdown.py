"""Markdown (CommonMark with tables, [^1] footnotes and front matter), by markdown-it-py.

Footnotes are taken out before it is parsed: to CommonMark a note of one word defines a link, and
the paragraphs of a longer one are code. Their marks are parsed as a number between two private
characters, so that nothing in them is markup. HTML is read as any page is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from pipeline.ingest.identity import date_of, first_symbol, valid_date
from pipeline.ingest.reading import SOFT_BREAK, Note, Reading, UnreadableError, decoded, raised
from pipeline.ingest.text.html import pieces_of
from pipeline.ingest.text.outline import CELL, Piece, blocks_from, without_marks
from pipeline.run.settings import IngestSettings
from pipeline.run.wording import Role

FRONT_MATTER = re.compile(
    r"\A\s*---[ \t]*\n((?:#.*\n|[ \t]*\n)*[\w\"'-]+[ \w\"'-]*:(?:.*\n)*?)"
    r"(?:---|\.\.\.)[ \t]*(?:\n|\Z)"
)
TITLE_BLOCK = re.compile(r"\A% ?(.*)\n(?:%.*\n)?(?:% ?(.*)\n)?")
FRONT_TITLE = re.compile(r"^title:\s*[\"']?(.+?)[\"']?\s*$", re.MULTILINE | re.IGNORECASE)
FRONT_DATE = re.compile(r"^date:\s*[\"']?(.+?)[\"']?\s*$", re.MULTILINE | re.IGNORECASE)
RAISED = re.compile(r"<sup>(\d{1,3})</sup>|\^(\d{1,3})\^")
TYPED_MARK = re.compile(r"\[\^([^\]\s]+)\]")
DEFINITION = re.compile(r"(?: {0,3}>)* {0,3}\[\^([^\]\s]+)\]:[ \t]*(.*)")
NUMBERED = re.compile(r"^( {0,3})\[(\d{1,3})\]:(?=[ \t])", re.MULTILINE)
WITHIN = re.compile(r"\^\[((?:[^\[\]]|\[[^\[\]]*\])+)\]")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
OTHER_BLOCK = re.compile(r" {0,3}(?:#{1,6} |>|`{3}|~{3}|\[[^\]\n]{1,99}\]:)")
OWN = re.compile("[\ue000-\ue002]")
MARK = re.compile("\ue000(\\d+)\ue001")
ATTRIBUTES = re.compile(r"\s*\{[#.:][^{}]*\}$")
LONGEST = 30  # words of a heading that a line of hyphens makes; a longer one is a paragraph

_PARSER = MarkdownIt("commonmark").enable("table")


def read_markdown(content: bytes, settings: IngestSettings) -> Reading:  # noqa: ARG001
    """Read a Markdown file.

    Raises:
        UnreadableError: the encoding is unknown, or there is no text.
    """
    text, remarks = decoded(content)
    named, dated, body = _front(OWN.sub("", SOFT_BREAK.sub("", text)))
    body, typed = _without_notes(_with_typed_notes(body))
    marked, numbers = _with_marks(body, typed)
    pieces = [_marked(piece, numbers) for piece in _pieces(_PARSER.parse(marked))]
    blocks = blocks_from(pieces)
    if not blocks:
        raise UnreadableError("holds no text")
    notes = tuple(Note(number, _note_text(source)) for number, source in typed.items())
    title = named or next((piece.text for piece in pieces if piece.level), "")
    head = [piece.text for piece in pieces[:20]]
    symbol = first_symbol(head)
    day = date_of("\n".join(head)) if symbol else dated
    return Reading(blocks, notes, symbol, title, day, remarks)


def _front(text: str) -> tuple[str, date | None, str]:
    """Title and date by the front matter or the title block, and the text below it."""
    block = TITLE_BLOCK.match(text)
    if block:
        return block[1].strip(), _day(block[2] or ""), text[block.end() :]
    front = FRONT_MATTER.match(text)
    if not front:
        return "", None, text
    try:
        said = yaml.safe_load(front[1])
    except (yaml.YAMLError, ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):  # title: Force: a study
        found = {"title": FRONT_TITLE.search(front[1]), "date": FRONT_DATE.search(front[1])}
        said = {name: one[1] for name, one in found.items() if one}
    values = {str(name).lower(): str(value) for name, value in said.items() if value}
    return values.get("title", "").strip(), _day(values.get("date", "")), text[front.end() :]


def _day(written: str) -> date | None:
    return valid_date(written) or date_of(written)


def _with_typed_notes(text: str) -> str:
    """Raised digits as superscripts, and "[1]" with a line "[1]: S/2018/541" as a footnote."""
    text = RAISED.sub(lambda found: raised(found[1] or found[2]), text)
    for _, number in NUMBERED.findall(text):
        marks = re.compile(rf"(?<![\]\w^!])\[{number}\](?![:(\[])|(?<=\w)\[{number}\](?![:(\[])")
        if marks.search(text) and f"][{number}]" not in text and f"[^{number}]" not in text:
            text = marks.sub(f"[^{number}]", text)
            text = re.sub(rf"^( {{0,3}})\[{number}\]:", rf"\1[^{number}]:", text, flags=re.M)
    return text


def _without_notes(text: str) -> tuple[str, dict[str, str]]:
    """The text without the definitions of notes, and what these say, as Markdown, by number."""
    kept: list[str] = []
    notes: dict[str, str] = {}
    lines, at, fence = text.split("\n"), 0, ""
    while at < len(lines):
        line = lines[at]
        edge, found = FENCE.match(line), DEFINITION.match(line)
        if edge and (not fence or edge[1].startswith(fence)):
            fence = "" if fence else edge[1]
        if fence or not found:
            kept.append(line)
            at += 1
            continue
        at, source = _end_of_note(lines, at + 1, found[2])
        again = sum(number.split("-")[0] == found[1] for number in notes)
        notes[f"{found[1]}-{again + 1}" if again else found[1]] = source
        kept.append("")
    return "\n".join(kept), notes


def _end_of_note(lines: Sequence[str], at: int, first: str) -> tuple[int, str]:
    """The line after a note, and the note: lines that go on, and indented paragraphs."""
    parts = [first]
    while at < len(lines):
        line, new = lines[at], not lines[at - 1].strip()
        indented = line.startswith(("    ", "\t")) or (not first and line.startswith("  "))
        other = DEFINITION.match(line) or OTHER_BLOCK.match(line)
        if line.strip() and not indented and (new or other):
            break
        parts.append(line.strip())
        at += 1
    return at, "\n".join(parts).strip()


def _with_marks(text: str, notes: dict[str, str]) -> tuple[str, list[str]]:
    """The text with places for its marks, of which nothing can be markup, and their numbers.

    Notes that stand within it, ^[such as this], are taken out, with the next free number. A number
    without a note is a mark, for articles list their notes under a heading; "[^a-z]" is not.
    """
    numbers: list[str] = []

    def place(number: str) -> str:
        numbers.append(number)
        return f"\ue000{len(numbers) - 1}\ue001"

    def typed(found: re.Match[str]) -> str:
        is_mark = found[1] in notes or found[1].isdecimal()
        return place(found[1]) if is_mark else found[0]

    def within(found: re.Match[str]) -> str:
        number = str(next(n for n in range(1, len(notes) + 2) if str(n) not in notes))
        notes[number] = found[1]
        return place(number)

    return WITHIN.sub(within, TYPED_MARK.sub(typed, text)), numbers


def _note_text(source: str) -> str:
    pieces = _pieces(_PARSER.parse(MARK.sub("", source)))
    return " ".join(piece.text for piece in pieces)


@dataclass
class _Text:
    """What was read so far, and where we are in lists, quotations and tables."""

    pieces: list[Piece] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)  # number of the open item; empty for bullets
    cells: list[str] = field(default_factory=list)
    level: int = 0
    quoted: int = 0
    in_cell: bool = False
    underlined: bool = False


def _pieces(tokens: Sequence[Token]) -> list[Piece]:
    text = _Text()
    for token in tokens:
        if token.type == "html_block":
            text.pieces += pieces_of(token.content)
        elif token.type in ("inline", "fence", "code_block"):
            _add(text, _inline(token))
        else:
            _enter_or_leave(text, token)
    return [piece for piece in text.pieces if piece.text.strip(" |")]


def _enter_or_leave(text: _Text, token: Token) -> None:
    kind, opens = token.type.rpartition("_")[0], token.nesting == 1
    if kind == "heading" and opens:
        text.level, text.underlined = int(token.tag[1]), not token.markup.startswith("#")
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
    if text.underlined and len(words.split()) > LONGEST:
        text.level = 0
    words = ATTRIBUTES.sub("", words) if text.level else words
    number = text.lists[-1] if text.lists else ""
    role: Role | None = "quotation" if text.quoted and not text.level else None
    depth = max(0, len(text.lists) - 1)
    text.pieces.append(Piece(words, text.level, number, depth, role))
    text.level, text.underlined = 0, False
    if text.lists:
        text.lists[-1] = ""  # a second paragraph of the item has no number


def _inline(token: Token) -> str:
    """The text of a token without its markup."""
    if token.children is None:
        return " ".join(token.content.split())
    parts = []
    for child in token.children:
        broken = child.type == "html_inline" and child.content.lower().startswith("<br")
        if broken or child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type != "html_inline":
            parts.append(child.content)
    return " ".join("".join(parts).split())


def _marked(piece: Piece, numbers: Sequence[str]) -> Piece:
    text, marks = without_marks(piece.text, MARK)
    named = tuple(replace(mark, number=numbers[int(mark.number)]) for mark in marks)
    return replace(piece, text=text, marks=named)
