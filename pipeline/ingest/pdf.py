"""Reports and other documents of the UN as PDF.

Pages become lines, lines without furniture become rows, rows chunks, and chunks blocks. Verbatim
records go from lines to speeches.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.ingest.pdf_chunks import chunks_of, words_of
from pipeline.ingest.pdf_furniture import (
    split_cover,
    without_contents,
    without_furniture,
    without_noise,
)
from pipeline.ingest.pdf_notes import Foot, notes_of, split_feet
from pipeline.ingest.pdf_pages import MIN_LETTERS, Page, read_pages
from pipeline.ingest.pdf_paragraphs import blocks_of
from pipeline.ingest.pdf_rows import Layout, Row, is_map, measure, rows_of
from pipeline.ingest.pdf_verbatim import read_speeches
from pipeline.ingest.reading import Reading, UnreadableError
from pipeline.settings import IngestSettings

MANY = 40  # fewer characters that run askew are no text


def read_pdf(content: bytes, settings: IngestSettings) -> Reading:
    """Read a PDF with a text layer.

    Raises:
        UnreadableError: not a PDF, broken, encrypted, too large, a scan, or without text.
    """
    pages, heads = without_furniture(read_pages(content, settings))
    layout = measure(pages)
    first = pages[0]
    pages, cover = split_cover(pages, heads, layout.size)
    if layout.scattered:
        pages = [pages[0], *map(without_noise, pages[1:])]
    remarks = _remarks(pages, layout)
    rows, feet = _rows(pages, layout, remarks)
    words = words_of([row.line for page in rows for row in page])
    if "/PV." in cover.symbol and layout.columns:
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
    return remarks
