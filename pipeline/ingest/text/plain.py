"""Plain text: paragraphs between blank lines, or one a line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.ingest.identity import date_of, first_symbol
from pipeline.ingest.reading import Reading, UnreadableError
from pipeline.ingest.text.decoding import decoded
from pipeline.ingest.text.outline import Piece, blocks_from
from pipeline.run.settings import IngestSettings

LONG = 200  # characters; a text with longer lines is not wrapped, so each line is a paragraph
HEADING = re.compile(r"(?:[IVXL]+|[A-Z])\. \S.{0,98}[^.;:,]|(?:ANNEX|Annex)(?: [IVXL]+)?")
STARTS = re.compile(r"(?:\d{1,3}\.|\([a-z]{1,3}\)|[-*•])\s+\S")
HEAD_LINES = 40  # among which symbol, date and title are looked for


def read_plain_text(content: bytes, settings: IngestSettings) -> Reading:  # noqa: ARG001
    """Read a text file; what is too large was refused before.

    Raises:
        UnreadableError: the encoding is unknown, or there is no text.
    """
    text, remarks = decoded(content)
    lines = [line.strip() for line in text.replace("\f", "\n\n").split("\n")]
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
    if any(len(line) > LONG for line in lines):
        return [" ".join(line.split()) for line in lines if line]
    paragraphs: list[str] = []
    open_paragraph = False
    for line in lines:
        if not line:
            open_paragraph = False
        elif open_paragraph and not STARTS.match(line):
            paragraphs[-1] = _joined(paragraphs[-1], line)
        else:
            paragraphs.append(line)
            open_paragraph = True
    return [" ".join(paragraph.split()) for paragraph in paragraphs]


def _joined(paragraph: str, line: str) -> str:
    """A compound cut after its hyphen is put together; the hyphen stays."""
    cut = re.search(r"\w-$", paragraph) is not None and line[:1].isalnum()
    return paragraph + line if cut else f"{paragraph} {line}"


def _piece(paragraph: str) -> Piece:
    letters = [character for character in paragraph if character.isalpha()]
    capitals = len(letters) > 3 and len(paragraph) < 120 and paragraph.isupper()
    return Piece(paragraph, level=1 if capitals or HEADING.fullmatch(paragraph) else 0)
