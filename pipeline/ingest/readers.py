"""Which reader reads a file, and what was read before.

To add a format: write a module with a function from bytes to a Reading, and add a line to READERS.
Modules are imported when the first file of their format comes, so that a stage without PDFs never
loads a PDF library.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from shutil import which
from subprocess import SubprocessError, run
from tempfile import TemporaryDirectory

from pydantic import TypeAdapter

from pipeline.ingest.identity import foreign_language, words_in
from pipeline.ingest.reading import Block, Reading, UnreadableError, as_seen
from pipeline.run.caches import ResultCache, cache_folder, code_hash
from pipeline.run.settings import IngestSettings
from pipeline.study.study import Interviews

PATIENCE = 120  # seconds in which LibreOffice must have opened a file

LimitedReader = Callable[[bytes, IngestSettings], Reading]
"""Reads the bytes of one file within the limits of configs/params.yaml."""


def _akoma_ntoso(content: bytes, _: IngestSettings) -> Reading:
    from pipeline.ingest.akoma.reader import read_akoma_ntoso

    return read_akoma_ntoso(content)


def _pdf(content: bytes, limits: IngestSettings) -> Reading:
    from pipeline.ingest.pdf.reader import read_pdf

    return read_pdf(content, limits)


def _verbatim_record(content: bytes, limits: IngestSettings) -> Reading:
    from pipeline.ingest.text.verbatim import read_verbatim_record

    return read_verbatim_record(content, limits)


def _word(content: bytes, limits: IngestSettings) -> Reading:
    from pipeline.ingest.word.reader import read_word

    return read_word(content, limits)


def _office(content: bytes, limits: IngestSettings, suffix: str) -> Reading:
    """LibreOffice makes a .docx of it; what is one already needs none."""
    if content.startswith(b"PK") and suffix == ".doc":
        return _word(content, limits)
    program = which("soffice") or which("libreoffice")
    if program is None:
        raise UnreadableError(
            f"is a {suffix} file, which is read through LibreOffice, and that is not installed; "
            "install it, or save the file as .docx"
        )
    with TemporaryDirectory() as folder:
        file = Path(folder, f"document{suffix}")
        file.write_bytes(content)
        alone = f"-env:UserInstallation={Path(folder, 'profile').as_uri()}"
        command = [program, "--headless", "--norestore", alone]
        command += ["--convert-to", "docx", "--outdir", folder, str(file)]
        try:
            run(command, timeout=PATIENCE, capture_output=True, check=True)  # noqa: S603
            made = file.with_suffix(".docx").read_bytes()
        except (OSError, SubprocessError):
            raise UnreadableError("is not opened by LibreOffice; save it as .docx") from None
    reading = _word(made, limits)
    return replace(
        reading, remarks=(f"a {suffix} file, read through LibreOffice", *reading.remarks)
    )


def _html(content: bytes, limits: IngestSettings) -> Reading:
    from pipeline.ingest.text.html import read_html

    return read_html(content, limits)


def _markdown(content: bytes, limits: IngestSettings) -> Reading:
    from pipeline.ingest.text.markdown import read_markdown

    return read_markdown(content, limits)


def _plain_text(content: bytes, limits: IngestSettings) -> Reading:
    from pipeline.ingest.text.plain import read_plain_text

    return read_plain_text(content, limits)


@dataclass(frozen=True, slots=True)
class Format:
    """A file suffix and its reader; ``kinds`` narrows it to some kinds of document."""

    suffix: str
    read: LimitedReader
    kinds: tuple[str, ...] = ()


READERS: tuple[Format, ...] = (
    Format(".txt", _verbatim_record, kinds=("verbatim_record",)),
    Format(".xml", _akoma_ntoso),
    Format(".pdf", _pdf),
    Format(".docx", _word),
    *(Format(suffix, partial(_office, suffix=suffix)) for suffix in (".doc", ".odt", ".rtf")),
    *(Format(suffix, _html) for suffix in (".html", ".htm", ".xhtml")),
    Format(".md", _markdown),
    Format(".txt", _plain_text),
)
"""The first format that fits a document's kind and suffix reads it: see `format_of`.

Articles come in any of them; what their reader finds is then read as an article.
"""

ARTICLE = "article"
NO_INTERVIEWS = Interviews()

SUFFIXES = tuple(dict.fromkeys(form.suffix for form in READERS))
"""Of the files that can be read, with the dot."""


def read_file(
    content: bytes,
    kind: str,
    suffix: str,
    limits: IngestSettings,
    interviews: Interviews = NO_INTERVIEWS,
) -> Reading:
    """Read the bytes of one file.

    Args:
        content: the whole file.
        kind: of the document, as the manifest has it.
        suffix: of the file's name, with the dot.
        limits: what is too large to be read.
        interviews: how articles mark what an interviewee said.

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

    def read(content: bytes, limits: IngestSettings) -> Reading:
        return as_seen(form.read(content, limits))

    if kind != ARTICLE:
        return _in_english(read(content, limits))
    from pipeline.ingest.article import read_article

    return _in_english(read_article(content, form.suffix, read, limits, interviews))


def format_of(kind: str, suffix: str) -> Format | None:
    """The first format that fits a document's kind and suffix; None when there is none."""
    for form in READERS:
        if form.suffix == suffix.lower() and (not form.kinds or kind in form.kinds):
            return form
    return None


MAX_FOREIGN = 2 / 3  # of the words; a text with more in other languages is not in English


def _in_english(reading: Reading) -> Reading:
    """The reading without paragraphs in other languages; annexes may be in any.

    Raises:
        UnreadableError: all or most of the text is in another language.
    """
    prose = [block for block in reading.blocks if block.role != "annex"]
    language = foreign_language(" ".join(block.text for block in prose))
    found = [(block, foreign_language(block.text)) for block in prose if block.role != "heading"]
    foreign = [(block, tongue) for block, tongue in found if tongue]
    language = language or _most(foreign, sum(len(words_in(block.text)) for block in prose))
    if language:
        raise UnreadableError(f"is in {language}; only documents in English are read")
    if not foreign:
        return reading
    gone = {id(block) for block, _ in foreign}
    tongues = " and ".join(sorted({tongue for _, tongue in foreign}))
    remark = f"{len(foreign)} of {len(found)} paragraphs are in {tongues} and were left out"
    kept = tuple(block for block in reading.blocks if id(block) not in gone)
    return replace(reading, blocks=kept, remarks=(*reading.remarks, remark))


def _most(foreign: list[tuple[Block, str]], words: int) -> str:
    """The language of most foreign paragraphs, where they are most of the text."""
    counts: dict[str, int] = {}
    for block, tongue in foreign:
        counts[tongue] = counts.get(tongue, 0) + len(words_in(block.text))
    if sum(counts.values()) <= MAX_FOREIGN * words:
        return ""
    return max(sorted(counts), key=lambda tongue: counts[tongue])


_LIBRARIES = ("lxml", "pypdfium2", "markdown-it-py", "charset-normalizer")
_READING = TypeAdapter(Reading)


class KnownReadings:
    """Reads a file, or gives what the same code made of the same bytes before."""

    def __init__(self, limits: IngestSettings, interviews: Interviews = NO_INTERVIEWS) -> None:
        """Open the cache of this version of the readers."""
        code = code_hash(Path(__file__).parent.rglob("*.py"), _LIBRARIES)
        self._cache = ResultCache(cache_folder() / f"readings-{code}.sqlite")
        self._limits = limits.model_dump_json()
        self._interviews = interviews

    def read(self, content: bytes, kind: str, suffix: str, limits: IngestSettings) -> Reading:
        """As `read_file`; a document that is refused is looked at again each time."""
        form = format_of(kind, suffix)
        reader = f"{form.suffix} {' '.join(form.kinds)}" if form else "none"
        asked = f"{hashlib.sha256(content).hexdigest()} {reader} {self._limits}"
        if kind == ARTICLE:
            asked = f"{asked} {kind} {self._interviews.model_dump_json()}"
        key = hashlib.sha256(asked.encode()).hexdigest()
        kept = self._cache.find([key]).get(key)
        if kept is not None:
            return _READING.validate_json(kept)
        reading = read_file(content, kind, suffix, limits, self._interviews)
        self._cache.add([(key, _READING.dump_json(reading))])
        return reading
