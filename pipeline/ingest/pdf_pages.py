"""The pages of a PDF with their lines, or the reason why there are none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2 as pdfium
from pypdfium2 import raw

from pipeline.ingest.pdf_lines import Line, page_lines
from pipeline.ingest.reading import UnreadableError
from pipeline.settings import IngestSettings

MIN_LETTERS = 25  # a page with fewer has no text of its own, at most a stamp
MAX_GLYPHS = 60_000  # on one page; the fullest UN page has about 6,000
OCR_ADVICE = "recognise its text first: ocrmypdf IN.pdf OUT.pdf"


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        number: from 1.
        height: in points.
        lines: from top to bottom.
        turned: characters that run another way than the rest, left out of the lines.
        picture: does an image cover most of it.
    """

    number: int
    height: float
    lines: tuple[Line, ...]
    turned: int
    picture: bool

    @property
    def letters(self) -> int:
        """Letters of all lines."""
        return sum(character.isalpha() for line in self.lines for character in line.text)


def read_pages(content: bytes, settings: IngestSettings) -> list[Page]:
    """Every page of a PDF.

    Raises:
        UnreadableError: not a PDF, broken, encrypted, too large, or a scan without text.
    """
    document = _opened(content, settings)
    try:
        pages = list(_pages(document))
    except pdfium.PdfiumError as error:
        raise UnreadableError(f"is a broken PDF ({error})") from None
    finally:
        document.close()
    if sum(page.letters >= MIN_LETTERS for page in pages) == 0:
        if any(page.picture for page in pages):
            raise UnreadableError(f"is a scan without a text layer; {OCR_ADVICE}")
        raise UnreadableError("is a PDF without text")
    return pages


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


def _pages(document: pdfium.PdfDocument) -> Iterator[Page]:
    for number, page in enumerate(document, start=1):
        text_page = page.get_textpage()
        if text_page.count_chars() > MAX_GLYPHS:
            raise UnreadableError(f"has too much text on page {number} for a page")
        lines, turned = page_lines(text_page, number)
        yield Page(number, page.get_height(), tuple(lines), turned, _is_picture(page))
        text_page.close()
        page.close()


def _is_picture(page: pdfium.PdfPage) -> bool:
    """Does one image cover more than half of the page?"""
    area = page.get_width() * page.get_height()
    for image in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = image.get_bounds()
        if (right - left) * (top - bottom) > area / 2:
            return True
    return False
