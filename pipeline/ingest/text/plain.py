"""Plain text: paragraphs between blank lines or one a line, or the pages of a UN document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipeline.ingest.identity import date_of, first_symbol
from pipeline.ingest.reading import SOFT_BREAK, Note, Reading, UnreadableError, decoded
from pipeline.ingest.text.outline import CELL, Item, Piece, blocks_from, follows, starts
from pipeline.ingest.text.printed import (
    GAP,
    RULE,
    TERMINAL,
    PrintedLine,
    is_full,
    is_printed,
    printed_lines,
    run_together,
    with_hyphens,
)
from pipeline.run.settings import IngestSettings

LONG = 200  # characters; a text with longer lines is not wrapped, so each line is a paragraph,
FEW = 0.02  # unless so small a share of its lines is longer: an address, say
HEADING = re.compile(r"(?:[IVXL]+|[A-Z])\. \S.{0,98}[^.;:,]|(?:ANNEX|Annex)(?: [IVXL]+)?")
STARTS = re.compile(r"(?:\d{1,3}\.|\([a-z]{1,3}\)|[-*•])\s+\S")
TURNED = re.compile(r"(?<=[\w,;])\s*\f\s*(?=[a-z])")  # a page ends within a sentence
HEAD_LINES = 40  # among which symbol, date and title are looked for


def read_plain_text(content: bytes, settings: IngestSettings) -> Reading:  # noqa: ARG001
    """Read a text file; what is too large was refused before.

    Raises:
        UnreadableError: the encoding is unknown, or there is no text.
    """
    text, remarks = decoded(content)
    if is_printed(text):
        return replace(read_printed(text), remarks=remarks)
    text = TURNED.sub(" ", SOFT_BREAK.sub("", text)).replace("\f", "\n\n")
    lines = [line.strip() for line in text.split("\n")]
    pieces = [_piece(paragraph) for paragraph in _paragraphs(lines)]
    blocks = blocks_from(pieces)
    if not blocks:
        raise UnreadableError("holds no text")
    head = [line for line in lines if line][:HEAD_LINES]
    symbol = first_symbol(head)
    title = next((piece.text for piece in pieces[:3] if piece.level), "")
    day = date_of("\n".join(head)) if symbol else None
    return Reading(blocks, symbol=symbol, title=title, date=day, remarks=remarks)


def _paragraphs(lines: Sequence[str]) -> list[str]:
    long, full = sum(len(line) > LONG for line in lines), sum(map(bool, lines))
    if long > FEW * full:
        return [" ".join(line.split()) for line in lines if line]
    paragraphs: list[str] = []
    open_paragraph = False
    for line in lines:
        if not line:
            open_paragraph = False
        elif open_paragraph and not STARTS.match(line):
            paragraphs[-1] = run_together(paragraphs[-1], line)
        else:
            paragraphs.append(line)
            open_paragraph = True
    return [" ".join(paragraph.split()) for paragraph in paragraphs]


def _piece(paragraph: str) -> Piece:
    letters = [character for character in paragraph if character.isalpha()]
    capitals = len(letters) > 3 and len(paragraph) < 120 and paragraph.isupper()
    return Piece(paragraph, level=1 if capitals or HEADING.fullmatch(paragraph) else 0)


NUMBERED = re.compile(r"(\d{1,3})\.(?:\s+|(?=[^\d\s])|$)(?![a-z])")
MARKED = re.compile(r"([IVXL]+|[A-Z])\.(?:\s+|$)(?![a-z])")
ANNEXED = re.compile(r"(?:Annex|ANNEX|Appendix|APPENDIX|Enclosure|ENCLOSURE)(?: [IVXL]+| \d+)?\*?")
ITEMIZED = re.compile(r"(\((?:[a-z]{1,2}|[ivx]{1,5})\))(?:\s+|$)")
BULLETED = re.compile(r"[•●▪·–—]\s+(?=\S)")
FOOT = re.compile(r"(\*{1,3}|\d{1,3})(?:\s+|$)")
MAX_SKIP = 3  # numbers that may be missing between two paragraphs
MAX_HEADING = 3  # lines of a heading


@dataclass
class _State:
    """Where in the text we are."""

    lines: Sequence[PrintedLine]
    width: int
    pieces: list[Piece] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    number: int = 0  # of the last numbered paragraph
    item: str = ""  # the last marker, such as (b)
    last: PrintedLine | None = None  # the line before
    annex: bool = False


def read_printed(text: str) -> Reading:
    """Read the text of a report that was taken from its PDF.

    Raises:
        UnreadableError: nothing stands below the masthead.
    """
    printed = printed_lines(text)
    state = _State(printed.lines, printed.width)
    index = 0
    while index < len(printed.lines):
        index = _take(state, index)
    texts = with_hyphens([piece.text for piece in state.pieces])
    pieces = [replace(piece, text=whole) for piece, whole in zip(state.pieces, texts, strict=True)]
    blocks = blocks_from(pieces)
    if not blocks:
        raise UnreadableError("holds no text below its masthead")
    title = " ".join(printed.title.split())
    return Reading(blocks, tuple(state.notes), printed.symbol, title, printed.date)


def _take(state: _State, index: int) -> int:
    """Put the line, and those that belong to it, where they belong; gives the next index."""
    line = state.lines[index]
    end = _end_of_notes(state, index) or _end_of_heading(state, index)
    if end is None:
        found = _number(state, index)
        if found:
            state.number, state.item = int(found.group(1)), ""
            _open(state, line.text[found.end() :], number=found.group(1))
        elif item := _item(state, line):
            state.item = item.group(1)
            _open(state, line.text[item.end() :], number=item.group(1), depth=1)
        elif cells := _cells(state, line):
            state.pieces.append(Piece(CELL.join(cells), role="annex"))
        else:
            _add_text(state, line)
        end = index + 1
    state.last = state.lines[end - 1]
    return end


def _open(state: _State, text: str, number: str = "", depth: int = 0) -> None:
    state.pieces.append(Piece(_plain(text), number=number, depth=depth))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _add_text(state: _State, line: PrintedLine) -> None:
    """Text without a number: of the open paragraph, or of a new one."""
    text = _plain(BULLETED.sub("", line.text))
    last = state.pieces[-1] if state.pieces else None
    if last is None or last.level or last.role == "annex" or _begins(state, line, last.text):
        state.item = ""
        state.pieces.append(Piece(text))
    else:
        state.pieces[-1] = replace(last, text=run_together(last.text, text).strip())


def _begins(state: _State, line: PrintedLine, before: str) -> bool:
    """Does a paragraph without a number begin here?"""
    if not before or state.last is None:
        return False
    if BULLETED.match(line.text):
        return True
    if not before.endswith(TERMINAL) or line.text[:1].islower():
        return False
    turned = line.page != state.last.page
    if turned:
        return not is_full(state.last, state.width)
    return line.spaced or (line.indent > 2 and line.indent > state.last.indent + 2)


def _ended(state: _State) -> bool:
    """Is the text before the line at an end: a sentence, a heading, or nothing?"""
    last = state.pieces[-1] if state.pieces else None
    return last is None or bool(last.level) or last.text.endswith(TERMINAL) or last.role == "annex"


def _number(state: _State, index: int) -> re.Match[str] | None:
    """The number of the paragraph that begins here; in order, or it is none."""
    line = state.lines[index]
    found = NUMBERED.match(line.text)
    if not found:
        return None
    number = int(found.group(1))
    following = state.number < number <= state.number + 1 + MAX_SKIP
    first = number == 1 and state.number == 0
    if not (following or first):
        return None
    free = line.spaced or line.page != (state.last.page if state.last else 0)
    alone = found.end() == len(line.text)
    sure = number == state.number + 1 and (free or alone)
    return found if sure or _ended(state) else None


def _item(state: _State, line: PrintedLine) -> re.Match[str] | None:
    """The marker of an item: (a) after a colon or a stop, or the one that comes next."""
    found = ITEMIZED.match(line.text)
    if not found or not state.pieces:
        return None
    marker, before = found.group(1), state.pieces[-1].text
    ended = before.endswith((";", ":", ".", ",", "; and", "; or", ", and", ", or")) or not before
    fits = starts(marker) or (state.item and (follows(state.item, marker) or starts(state.item)))
    outer = state.item and Item(marker, 0).marker != state.item
    return found if ended and (fits or outer) else None


def _cells(state: _State, line: PrintedLine) -> list[str]:
    """The cells of a table's row; of a table whose cells stand below each other, one."""
    cells = re.split(r"\s{3,}", line.text)
    if len(cells) > 1 and max(map(len, cells)) < 0.6 * state.width:
        gaps = [len(gap) for gap in re.findall(r"\s{2,}", line.text)]
        justified = is_full(line, state.width) and max(gaps) - min(gaps) < 3
        return [] if justified else cells
    short = len(line.text) < 40 and not line.text.endswith(".")
    return [_plain(line.text)] if state.annex and short and not line.text[:1].islower() else []


def _end_of_heading(state: _State, index: int) -> int | None:
    """Take a heading; the index after it, or None where there is none."""
    line = state.lines[index]
    if not (_ended(state) or line.spaced) or (_number(state, index) and not state.annex):
        return None
    if ANNEXED.fullmatch(line.text):
        state.number, state.item, state.annex = 0, "", True
        state.pieces.append(Piece(line.text.rstrip("*"), level=1))
        return index + 1
    marked = MARKED.match(line.text)
    if marked and line.text.endswith(TERMINAL) and marked.end() < len(line.text):
        marked = None
    end = _heading_lines(state, index)
    if end is None or (not marked and not _headed(state, index, end)):
        return None
    text = " ".join(_plain(line.text) for line in state.lines[index:end])
    roman = marked is not None and re.fullmatch(r"[IVXL]+", marked.group(1)) is not None
    level = (1 if roman and not _after_letter(state, text) else 2) if marked else 3
    state.item = ""
    state.pieces.append(Piece(text, level=level))
    return end


def _after_letter(state: _State, text: str) -> bool:
    """Is a lone C, D, I, ... the letter of a series, as after B. or H.?"""
    before = f"{chr(ord(text[0]) - 1)}. "
    return text[1] == "." and any(p.level == 2 and p.text.startswith(before) for p in state.pieces)


def _heading_lines(state: _State, index: int) -> int | None:
    """The index after the lines of a heading: short, without a stop, one full line at most."""
    for end in range(index, min(index + MAX_HEADING, len(state.lines))):
        line = state.lines[end]
        alone = MARKED.fullmatch(line.text)
        if line.text.endswith((".", ";", ":", ",")) and not alone:
            return None
        following = state.lines[end + 1] if end + 1 < len(state.lines) else None
        wrapped = len(line.text) > 0.55 * state.width and following is not None
        goes_on = following is not None and (
            alone or (wrapped and not following.spaced and not _marks(following))
            or (following.text[:1].islower() and not following.spaced)
        )  # fmt: skip
        if not goes_on:
            return end + 1 if len(line.text) < 0.95 * state.width else None
    return None


def _marks(line: PrintedLine) -> bool:
    return any(p.match(line.text) for p in (NUMBERED, MARKED, ITEMIZED, ANNEXED, BULLETED))


def _headed(state: _State, index: int, end: int) -> bool:
    """Is a short line without a mark followed by what headings stand above?"""
    first = state.lines[index]
    if not first.text[:1].isupper() or len(GAP.split(first.text)) > 1 or end == len(state.lines):
        return False
    following = state.lines[end]
    if NUMBERED.match(following.text) or MARKED.match(following.text):
        return True
    if state.annex:
        return not state.pieces or state.pieces[-1].level == 1
    after = _heading_lines(state, end)
    return after is not None and after < len(state.lines) and bool(
        NUMBERED.match(state.lines[after].text) or MARKED.match(state.lines[after].text)
    )  # fmt: skip


def _end_of_notes(state: _State, index: int) -> int | None:
    """Take the footnotes of a page; the index after them, or None where there are none."""
    line = state.lines[index]
    starred = re.match(r"\*{1,3} \S", line.text) is not None
    if not (RULE.fullmatch(line.text) or (starred and _ended(state) is not None)):
        return None
    end = index if starred else index + 1
    first = len(state.notes)
    while end < len(state.lines) and state.lines[end].page == line.page:
        text = _plain(state.lines[end].text)
        found = FOOT.match(text)
        if found or len(state.notes) == first:
            number = found.group(1) if found else "?"
            state.notes.append(Note(_unique(state, number), text[found.end() if found else 0 :]))
        else:
            last = state.notes[-1]
            state.notes[-1] = replace(last, text=run_together(last.text, text).strip())
        end += 1
    return end


def _unique(state: _State, number: str) -> str:
    same = sum(note.number.split("-")[0] == number for note in state.notes)
    return f"{number}-{same + 1}" if same else number
