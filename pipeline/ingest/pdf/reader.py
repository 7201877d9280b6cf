"""Reports, verbatim records and other documents of the UN as PDF, with their notes.

Pages become lines, lines without furniture become rows, rows chunks, and chunks blocks. Verbatim
records go from lines to speeches.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pypdfium2 as pdfium

from pipeline.ingest.identity import date_of
from pipeline.ingest.pdf.chunks import Chunk, WordUse, chunks_of, run_on, words_of
from pipeline.ingest.pdf.furniture import (
    Cover,
    in_english,
    split_cover,
    without_contents,
    without_furniture,
    without_noise,
)
from pipeline.ingest.pdf.pages import MIN_LETTERS, Line, Page, pages_of
from pipeline.ingest.pdf.paragraphs import blocks_of
from pipeline.ingest.pdf.rows import (
    Layout,
    Row,
    columns_apart,
    columns_of,
    is_map,
    measure,
    rows_of,
)
from pipeline.ingest.pdf.scans import (
    aligned,
    is_recognised,
    rightly_encoded,
    whole_rows,
    without_edges,
    without_garbled,
)
from pipeline.ingest.reading import Note, Reading, UnreadableError
from pipeline.ingest.text.printed import SPEECH
from pipeline.ingest.text.verbatim import Paragraph, speeches
from pipeline.run.settings import IngestSettings

RULE = re.compile(r"[_\s]{6,}")
PRINTED = re.compile(r"(\*{1,4}|\d{1,3}[/.)]?)\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Foot:
    """The lines of one footnote; ``number`` is empty for the rest of one of the page before."""

    number: str
    lines: tuple[Line, ...]


def split_feet(rows: Sequence[Row], layout: Layout) -> tuple[list[Row], list[Foot]]:
    """The rows of a page above its footnotes, and the footnotes."""
    start = _start(rows, layout)
    if start is None:
        return list(rows), []
    feet: list[Foot] = []
    for row in rows[start:]:
        if RULE.fullmatch(row.line.text):
            continue
        number, line = _number(row.line)
        if number or not feet:
            feet.append(Foot(number, (line,)))
        else:
            feet[-1] = Foot(feet[-1].number, (*feet[-1].lines, line))
    return list(rows[:start]), feet


def notes_of(feet: Sequence[Foot], words: WordUse) -> tuple[Note, ...]:
    """Notes with a number each; one that comes again (an asterisk, say) gets its count."""
    whole: list[Foot] = []
    for foot in feet:
        if foot.number or not whole:
            whole.append(foot)
        else:
            whole[-1] = Foot(whole[-1].number, whole[-1].lines + foot.lines)
    seen: Counter[str] = Counter()
    notes = []
    for foot in whole:
        number = foot.number or "?"
        seen[number] += 1
        unique = number if seen[number] == 1 else f"{number}-{seen[number]}"
        text = run_on(foot.lines, words)[0]
        if text:
            notes.append(Note(unique, text))
    return tuple(notes)


def _start(rows: Sequence[Row], layout: Layout) -> int | None:
    """Index of the rule, or of the first note where no rule was printed as text."""
    marked: set[str] = set()
    for index, row in enumerate(rows):
        below = rows[index + 1 :]
        if RULE.fullmatch(row.line.text) and below and _small(below, layout):
            return index
        if _noted(row, layout, marked) and _small(rows[index:], layout):
            return index
        marked |= {mark.number for mark in row.line.marks}
    return None


def _small(rows: Sequence[Row], layout: Layout) -> bool:
    return sum(row.line.size < 0.93 * layout.size for row in rows) >= 0.8 * len(rows)


def _noted(row: Row, layout: Layout, marked: Collection[str]) -> bool:
    """Does a note begin here: raised, with an asterisk, or with a number marked further up?"""
    line = row.line
    starred = line.text.startswith("* ") or line.text.startswith("** ")
    raised = bool(line.marks) and line.marks[0].offset == 0
    opened = raised or starred or _number(line)[0] in marked
    return len(row.pieces) == 1 and opened and line.size < 0.93 * layout.size


def _number(line: Line) -> tuple[str, Line]:
    if line.marks and line.marks[0].offset == 0:
        return line.marks[0].number, replace(line, marks=line.marks[1:])
    found = PRINTED.match(line.text)
    if found:
        return found.group(1).rstrip("/.)"), replace(line, text=line.text[found.end() :], marks=())
    return "", line


INDENT = 6  # points by which the first line of a paragraph is set in, at least
ENDS = (".", "?", "!", "”", ":")


def read_speeches(
    first: Page,
    rows: Sequence[Sequence[Row]],
    layout: Layout,
    cover: Cover,
    words: WordUse,
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


def _take(paragraphs: list[Paragraph], chunk: Chunk, words: WordUse) -> None:
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


def _joined(before: str, after: str, words: WordUse) -> str:
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


MANY = 40  # fewer characters that run askew are no text


def read_pdf(content: bytes, settings: IngestSettings) -> Reading:
    """Read a PDF with a text layer.

    Raises:
        UnreadableError: not a PDF, broken, encrypted, too large, a scan, or without text.
    """
    pages, lost = read_pages(content, settings)
    pages, heads = without_furniture(pages)
    pages, foreign = in_english(pages)
    recognised = is_recognised(pages)
    if recognised:
        pages = [without_edges(page) for page in aligned(pages)]
    layout = measure(pages)
    first = pages[0]
    pages, cover = split_cover(pages, heads, layout.size)
    if layout.scattered:
        pages = [pages[0], *map(without_noise, pages[1:])]
    spoken = "/PV." in cover.symbol and layout.columns
    if not spoken and (columns := columns_of(pages)):
        pages = [part for page in pages for part in columns_apart(page, columns)]
        layout = replace(measure(pages), apart=True)
    if recognised:
        pages = [whole_rows(page, layout.size, layout.left) for page in pages]
        layout = replace(measure(pages), apart=layout.apart, recognised=True)
    remarks = [*lost, *foreign, *cover.remarks, *_remarks(pages, layout)]
    rows, feet = _rows(pages, layout, remarks)
    words = words_of([row.line for page in rows for row in page])
    if spoken:
        return read_speeches(first, rows[1:], layout, cover, words)
    chunks = [chunks_of(page, layout) for page in rows]
    resolution = "/RES/" in cover.symbol or "/PRST/" in cover.symbol
    blocks, missing = blocks_of(chunks, layout, resolution, words)
    if not blocks:
        raise UnreadableError("is a PDF without paragraphs")
    return Reading(
        blocks=blocks,
        notes=notes_of(feet, words),
        symbol=cover.symbol,
        title=cover.title,
        date=cover.date,
        remarks=(*remarks, *missing),
    )


def _rows(
    pages: Sequence[Page], layout: Layout, remarks: list[str]
) -> tuple[list[list[Row]], list[Foot]]:
    rows: list[list[Row]] = []
    feet: list[Foot] = []
    for whole in pages:
        page, contents = without_contents(whole)
        if contents:
            remarks.append(f"page {page.number}: a table of contents was left out")
        if is_map(page, layout):
            words = sum(len(line.text.split()) for line in page.lines)
            remarks.append(f"page {page.number}: a map or chart; {words} words were left out")
            continue
        body, foot = split_feet(rows_of(page, layout), layout)
        rows.append(body)
        feet += foot
    return rows, feet


def _remarks(pages: Sequence[Page], layout: Layout) -> list[str]:
    remarks = []
    if layout.scattered:
        remarks.append("the text layer is that of a scan; expect misread letters")
    blind = [str(page.number) for page in pages if page.picture and page.letters < MIN_LETTERS]
    if blind:
        remarks.append(f"page {', '.join(blind)}: a picture without text")
    turned = sum(page.turned for page in pages)
    if turned > MANY:
        remarks.append(f"{turned} characters on maps and charts run askew and were left out")
    outside = sum(page.outside for page in pages)
    if outside > MANY:
        remarks.append(f"{outside} characters beyond the edges of the pages were left out")
    return remarks


OCR_ADVICE = "recognise its text first: ocrmypdf IN.pdf OUT.pdf"


def read_pages(content: bytes, settings: IngestSettings) -> tuple[list[Page], list[str]]:
    """Every page of a PDF, and remarks on those whose text cannot be read.

    Raises:
        UnreadableError: not a PDF, broken, encrypted, too large, without text or without Unicode.
    """
    document = _opened(content, settings)
    try:
        pages = rightly_encoded(list(pages_of(document)))
    except pdfium.PdfiumError as error:
        raise UnreadableError(f"is a broken PDF ({error})") from None
    finally:
        document.close()
    pages, remarks = without_garbled(pages)
    if not any(page.letters >= MIN_LETTERS for page in pages):
        if any(page.picture for page in pages):
            raise UnreadableError(f"is a scan without a text layer; {OCR_ADVICE}")
        raise UnreadableError("is a PDF without text")
    return pages, remarks


def _opened(content: bytes, settings: IngestSettings) -> pdfium.PdfDocument:
    if b"%PDF-" not in content[:1024]:
        raise UnreadableError("is empty" if not content.strip() else "is not a PDF")
    if len(content) > settings.max_megabytes * 1_000_000:
        raise UnreadableError(f"is larger than ingest.max_megabytes ({settings.max_megabytes} MB)")
    try:
        document = pdfium.PdfDocument(content)
        count = len(document)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise UnreadableError("is encrypted; save a copy without a password") from None
        raise UnreadableError("is a broken PDF; fetch it again") from None
    if count > settings.max_pages:
        document.close()
        raise UnreadableError(f"has {count} pages, more than ingest.max_pages allows")
    if count == 0:
        raise UnreadableError("is a PDF without pages")
    return document
