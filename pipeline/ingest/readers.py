"""Which reader reads which file: the one place where a format is made known.

To add a format: write a module with a function from bytes to a Reading, and add a line to READERS.
Modules are imported when the first file of their format comes, so that a stage without PDFs never
loads a PDF library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.ingest.language import foreign_language
from pipeline.ingest.reading import Reading, UnreadableError
from pipeline.settings import IngestSettings

LimitedReader = Callable[[bytes, IngestSettings], Reading]
"""Reads the bytes of one file within the limits of configs/params.yaml."""


def _article(content: bytes, _: IngestSettings) -> Reading:
    from pipeline.ingest.article import read_article

    return read_article(content)


def _akoma_ntoso(content: bytes, _: IngestSettings) -> Reading:
    from pipeline.ingest.akoma_ntoso import read_akoma_ntoso

    return read_akoma_ntoso(content)


def _pdf(content: bytes, limits: IngestSettings) -> Reading:
    from pipeline.ingest.pdf import read_pdf

    return read_pdf(content, limits)


def _verbatim_record(content: bytes, limits: IngestSettings) -> Reading:
    from pipeline.ingest.verbatim_record import read_verbatim_record

    return read_verbatim_record(content, limits)


def _word(content: bytes, limits: IngestSettings) -> Reading:
    from pipeline.ingest.word import read_word

    return read_word(content, limits)


def _html(content: bytes, limits: IngestSettings) -> Reading:
    from pipeline.ingest.html import read_html

    return read_html(content, limits)


def _markdown(content: bytes, limits: IngestSettings) -> Reading:
    from pipeline.ingest.markdown import read_markdown

    return read_markdown(content, limits)


def _plain_text(content: bytes, limits: IngestSettings) -> Reading:
    from pipeline.ingest.plain_text import read_plain_text

    return read_plain_text(content, limits)


@dataclass(frozen=True, slots=True)
class Format:
    """A file suffix and its reader; ``kinds`` narrows it to some kinds of document."""

    suffix: str
    read: LimitedReader
    kinds: tuple[str, ...] = ()


READERS: tuple[Format, ...] = (
    Format(".txt", _article, kinds=("article",)),
    Format(".txt", _verbatim_record, kinds=("verbatim_record",)),
    Format(".xml", _akoma_ntoso),
    Format(".pdf", _pdf),
    Format(".docx", _word),
    Format(".html", _html),
    Format(".htm", _html),
    Format(".md", _markdown),
    Format(".txt", _plain_text),
)
"""The first format that fits a document's kind and suffix reads it: see `format_of`."""


def read_file(content: bytes, kind: str, suffix: str, limits: IngestSettings) -> Reading:
    """Read the bytes of one file.

    Args:
        content: the whole file.
        kind: of the document, as the manifest has it.
        suffix: of the file's name, with the dot.
        limits: what is too large to be read.

    Raises:
        UnreadableError: no reader fits, the file is empty or too large, or its reader refuses it.
    """
    if not content.strip():
        raise UnreadableError("is empty")
    if len(content) > limits.max_megabytes * 1_000_000:
        size = len(content) / 1_000_000
        raise UnreadableError(f"is {size:.0f} MB; ingest.max_megabytes is {limits.max_megabytes}")
    form = format_of(kind, suffix)
    if form is None:
        raise UnreadableError(f"no reader for {suffix or 'a file without suffix'} of kind {kind}")
    return _in_english(form.read(content, limits))


def format_of(kind: str, suffix: str) -> Format | None:
    """The first format that fits a document's kind and suffix; None when there is none."""
    for form in READERS:
        if form.suffix == suffix.lower() and (not form.kinds or kind in form.kinds):
            return form
    return None


def _in_english(reading: Reading) -> Reading:
    """Refuse a document in another language; annexes may be in any."""
    text = " ".join(block.text for block in reading.blocks if block.role != "annex")
    language = foreign_language(text)
    if language:
        raise UnreadableError(f"is in {language}; only documents in English are read")
    return reading
