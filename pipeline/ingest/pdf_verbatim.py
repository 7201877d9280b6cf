"""A verbatim record as PDF: two columns, speakers in bold, running on from page to page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pipeline.ingest.identity import date_of
from pipeline.ingest.pdf_chunks import Chunk, Words, chunks_of, run_on
from pipeline.ingest.pdf_furniture import Cover
from pipeline.ingest.pdf_pages import Page
from pipeline.ingest.pdf_rows import Layout, Row
from pipeline.ingest.reading import Reading
from pipeline.ingest.verbatim_record import SPEECH, Paragraph, speeches

INDENT = 6  # points by which the first line of a paragraph is set in, at least
ENDS = (".", "?", "!", "”", ":")


def read_speeches(
    first: Page,
    rows: Sequence[Sequence[Row]],
    layout: Layout,
    cover: Cover,
    words: Words,
) -> Reading:
    """The record; its first page (members, agenda, notice) gives title and date only.

    ``rows`` are those of the pages after it.

    Raises:
        UnreadableError: nobody speaks.
    """
    opening = [line.text for line in first.lines]
    paragraphs: list[Paragraph] = []
    for page in rows:
        for chunk in chunks_of(page, layout):
            _take(paragraphs, chunk, words)
    blocks, repairs = speeches(paragraphs)
    left_out = "page 1: members, agenda and notice were left out"
    return Reading(
        blocks,
        symbol=cover.symbol,
        title=_agenda(opening),
        date=cover.date or date_of("\n".join(opening)),
        remarks=(left_out, *repairs),
    )


def _take(paragraphs: list[Paragraph], chunk: Chunk, words: Words) -> None:
    text = run_on(chunk.lines, words)[0]
    if not text:
        return
    kind = _kind(chunk, text)
    last = paragraphs[-1] if paragraphs else None
    if last and last.kind == kind == "speech" and _goes_on(last, chunk, text):
        paragraphs[-1] = Paragraph(_joined(last.text, text, words))
    else:
        paragraphs.append(Paragraph(text, kind))


def _kind(chunk: Chunk, text: str) -> Literal["speech", "heading", "remark"]:
    if SPEECH.match(text):
        return "speech"
    if all(line.bold for line in chunk.lines):
        return "heading"
    return "remark" if all(line.italic for line in chunk.lines) else "speech"


def _goes_on(last: Paragraph, chunk: Chunk, text: str) -> bool:
    if SPEECH.match(text):
        return False
    if not last.text.endswith(ENDS):
        return True
    return len(chunk.lines) > 1 and chunk.first.x0 < chunk.margin + INDENT and chunk.gap is None


def _joined(before: str, after: str, words: Words) -> str:
    if not before.endswith("-"):
        return f"{before} {after}"
    whole = (before[:-1].rsplit(maxsplit=1)[-1] + after.split(maxsplit=1)[0]).lower().strip(".,;:")
    return (before[:-1] if words.counts[whole] else before) + after


def _agenda(lines: Sequence[str]) -> str:
    """The lines below the word Agenda, up to the notice."""
    if "Agenda" not in lines:
        return ""
    below = lines[lines.index("Agenda") + 1 :]
    end = next((i for i, line in enumerate(below) if line.startswith("This record")), len(below))
    return " ".join(below[:end])
