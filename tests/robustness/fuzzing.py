"""Damaged documents, the same ones for the same seed: does any reader fall over?

Every input must give a document that fits the tables of the corpus, or one line that says why it
is set aside: never another exception, never a wait. Run as ``make fuzz`` for as long as you like.
"""

from __future__ import annotations

import random
import signal
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile

from pipeline.imports.codes import KINDS
from pipeline.imports.projects import read_qualcoder, read_refi_project
from pipeline.ingest.corpus import corpus_of
from pipeline.ingest.readers import read_file
from pipeline.ingest.reading import Reading, UnreadableError
from pipeline.ingest.recognising import recognition_of
from pipeline.run.errors import InputError
from pipeline.run.settings import IngestSettings, load_settings
from pipeline.run.sheet import SUFFIXES, parse_sheet
from pipeline.run.tables.texts import BLOCKS, DOCUMENTS, NOTES
from pipeline.segment.passages import cut_passages
from pipeline.study.manifest import Entry

TABLE = "table"
"""The kind of a sample that is no document."""
PATIENCE = 20
"""Seconds of processor time that one document may take."""

_MARKS = tuple(
    word.encode("utf-8", "surrogateescape")
    for word in (
        *("<", ">", "&", "&amp;", "&x;", "<p>", "</p>", "<num>", "<!--", "]]>", "<![CDATA["),
        *("\0", "\udcff\udcfe", "\ufeff", "\udc80", "\u2028", "\u202e\u0301\u200b", "\U0001f54a"),
        *("\r", "\n\n", "\f", "(", ")", "|", "```", "[^1]: ", "[^1]"),
        *("1. ", "99999999999999999999. ", "(iv) ", "IV. ", "S/RES/0 (0)", "31 June 2031"),
        *("endobj", "stream\n", "/Kids [2 0 R]", "-1", "1e999", "obj<<"),
    )
)
"""What a reader may stumble over, put where it does not belong."""


_PARTS = (".xml", ".qde", ".txt")
"""Files in an archive that are damaged."""


@dataclass(frozen=True)
class Sample:
    """A good document, to be damaged."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True)
class Fall:
    """An input that a reader fell over, and how."""

    sample: Sample
    seed: str
    error: str


class SlowError(Exception):
    """A document took more processor time than it may."""


def damaged(sample: Sample, chance: random.Random) -> bytes:
    """The document with one to six damages; for what is a zip archive also inside it."""
    content = sample.content
    if zipfile.is_zipfile(BytesIO(content)) and chance.random() < 0.8:
        return _damaged_inside(content, chance)
    for _ in range(chance.randint(1, 6)):
        content = _damage(content, chance)
    return content


def _damaged_inside(content: bytes, chance: random.Random) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        part = chance.choice([name for name in old.namelist() if name.endswith(_PARTS)])
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, _damage(text, chance) if name == part else text)
    return packed.getvalue()


def _damage(content: bytes, chance: random.Random) -> bytes:
    """One damage: part of the content turned, taken out, repeated, replaced or cut off."""
    place = chance.randrange(len(content) + 1)
    end = min(len(content), place + chance.choice((1, 3, 20, 300, 5000)))
    before, part, after = content[:place], content[place:end], content[end:]
    other = chance.randrange(len(content) + 1)
    mark, few, many = chance.choice(_MARKS), chance.choice((2, 3, 40)), chance.choice((30, 3000))
    return chance.choice(
        (
            before + bytes(255 - byte for byte in part[:3]) + part[3:] + after,
            before + after,
            before + part * few + after,
            before + mark + part + after,
            before + mark * many + part + after,
            before + content[other : other + len(part)] + after,
            before + chance.randbytes(min(8, len(part))) + after,
            before,
        )
    )


def read_through(sample: Sample, content: bytes, limits: IngestSettings) -> str:
    """Read, make tables and passages of it; the reason when it is set aside, else nothing.

    Raises:
        Exception: whatever a reader lets through that it should not.
    """
    suffix = Path(sample.name).suffix
    if suffix in (".qdpx", ".qda"):
        return _read_project(content, suffix)
    try:
        if sample.kind == TABLE:
            parse_sheet(content, Path(sample.name), ("sentence_id", "codes", "text"))
            return ""
        reading = read_file(content, sample.kind, suffix, limits)
        recognition_of(reading, Path(sample.name).stem, {})
    except (UnreadableError, InputError) as error:
        reason = str(error)
        if "\n" in reason or not reason or len(reason) > 500:
            raise AssertionError(f"a reason of more than one short line: {reason!r}") from error
        return reason
    _check_tables(sample, reading)
    return ""


def _read_project(content: bytes, suffix: str) -> str:
    """Read the codings of another program; the reason when they cannot be read, else nothing."""
    with NamedTemporaryFile(suffix=suffix) as file:
        file.write(content)
        file.flush()
        try:
            found = (read_qualcoder if suffix == ".qda" else read_refi_project)(Path(file.name))
        except InputError as error:
            return str(error)
    assert all(coding.text.strip() for coding in found.codings), "a coding without words"
    assert all(one.kind in KINDS for one in found.not_taken), "a kind that is not told"
    return ""


def _check_tables(sample: Sample, reading: Reading) -> None:
    corpus = corpus_of([(_entry(sample), reading)])
    for table, frame in (
        (DOCUMENTS, corpus.documents),
        (BLOCKS, corpus.blocks),
        (NOTES, corpus.notes),
    ):
        table.schema.validate(frame, cast=True)
    for block in reading.blocks:
        assert block.text.strip(), "a block of nothing but space"
        assert all(0 <= mark.offset <= len(block.text) for mark in block.marks)
    body = corpus.blocks.filter(corpus.blocks["role"] != "heading")
    whole = [[(0, len(text))] for text in body["text"].to_list()]
    cut_passages(body, corpus.notes, whole, load_settings().segment)


def _entry(sample: Sample) -> Entry:
    return Entry(
        document_id="a",
        symbol="",
        kind=sample.kind,
        title="",
        date=date(2031, 1, 1),
        missions=(),
        themes=(),
        profiles=("core",),
        required=True,
        path=sample.name,
        source_url="",
        sha256="",
        licence="",
    )


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Raise SlowError inside when it takes more processor time than this."""

    def stop(*_: object) -> None:
        raise SlowError(f"took more than {seconds} s")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def fuzz(samples: Sequence[Sample], seeds: Iterator[str], outcomes: Counter[str]) -> Iterator[Fall]:
    """Damage samples in turn, a seed each, and give every fall; outcomes are counted."""
    limits = load_settings().ingest
    for number, seed in enumerate(seeds):
        sample = samples[number % len(samples)]
        content = damaged(sample, random.Random(seed))
        try:
            with at_most(PATIENCE):
                reason = read_through(sample, content, limits)
            outcomes["set aside" if reason else "read"] += 1
        except Exception:
            outcomes["fell"] += 1
            yield Fall(sample, seed, traceback.format_exc(limit=-4))


def samples_in(folder: Path, largest: int = 1_000_000) -> list[Sample]:
    """The documents below a folder, small ones, by name."""
    found = []
    for file in sorted(folder.rglob("*")):
        if file.suffix in {".xml", ".pdf", ".txt", ".md", ".html", ".docx", *SUFFIXES} and (
            0 < file.stat().st_size <= largest
        ):
            record = file.suffix == ".txt" and "PV" in file.name
            kind = "verbatim_record" if record else TABLE if file.suffix in SUFFIXES else "other"
            found.append(Sample(file.name, kind, file.read_bytes()))
    return found


def seeds_until(seed: int, seconds: float) -> Iterator[str]:
    """Seeds for as long as there is time."""
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        yield f"{seed}-{number}"
        number += 1
