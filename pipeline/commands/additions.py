"""What would be added to the corpus: a document's row, made from what it says and a person says."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import get_args

from pipeline.commands.printing import as_known, entry_lines
from pipeline.ingest.readers import SUFFIXES, KnownReadings
from pipeline.ingest.reading import UnreadableError
from pipeline.ingest.recognising import (
    GUESSED_KIND,
    Recognition,
    kind_before_reading,
    kind_of,
    recognition_of,
)
from pipeline.run.errors import InputError
from pipeline.run.settings import IngestSettings, load_settings
from pipeline.run.stage import say
from pipeline.run.wording import Kind, counted
from pipeline.study.checks import load_study
from pipeline.study.manifest import Entry, read_manifest
from pipeline.study.study import load_missions
from pipeline.study.symbols import address, dated, parse_symbol, slug, symbol_in_name, wrong_year

UN_LICENCE = "United Nations; acknowledge the United Nations as the source"
PROFILES = ("core", "full")


@dataclass(frozen=True, slots=True)
class Corrections:
    """What a person says of a document; it goes before what the document says. Empty: nothing.

    Attributes:
        day: as 2018-06-06.
        missions: acronyms, separated by semicolons or commas; ``none`` for no mission.
    """

    kind: str = ""
    symbol: str = ""
    title: str = ""
    day: str = ""
    missions: str = ""


@dataclass(frozen=True, slots=True)
class Addition:
    """A document that may be added: its row, its bytes (None: to be fetched), what was read.

    ``corrections`` are those that the row already has from the person who adds it. ``hint`` is
    what the name of the file may mean and its text does not say.
    """

    entry: Entry
    content: bytes | None = None
    recognition: Recognition | None = None
    corrections: Corrections = Corrections()
    hint: str = ""


def named_sources(given: Iterable[str], *, nothing_else: bool = True) -> Iterator[Path | str]:
    """Every file, every readable file of a folder, and every symbol that the arguments name.

    Raises:
        InputError: neither a file, nor a folder with documents, nor a symbol; or no argument, and
            ``nothing_else`` is to be added.
    """
    arguments = list(given)
    if nothing_else and not arguments:
        raise InputError("add", "nothing is named", "name files, symbols, or --mission ACRONYM")
    for argument in arguments:
        path = Path(argument).expanduser()
        if not argument.strip():
            fix = "name a file, a folder or a symbol such as S/2018/541"
            raise InputError("add", "an empty name names nothing", fix)
        if path.is_dir():
            yield from _documents_in(path)
        elif path.is_file():
            yield path
        elif symbol := parse_symbol(argument):
            yield symbol
        else:
            fix = "name a file or folder that exists, or a symbol such as S/2018/541"
            raise InputError(argument, "is neither a file nor a UN symbol", fix)


def _documents_in(folder: Path) -> list[Path]:
    """The files of a folder that can be read; how many others there are, and which, is said.

    Hidden files and links that lead out of the folder are passed over.

    Raises:
        InputError: none can be read.
    """
    root = folder.resolve()
    files = [
        file
        for file in sorted(folder.rglob("*"))
        if file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
        and file.resolve().is_relative_to(root)
    ]
    read = [file for file in files if file.suffix.lower() in SUFFIXES and not _is_lock(file)]
    others = [str(file.relative_to(folder)) for file in files if file not in read]
    named = f"{', '.join(others[:_NAMED])}{' ...' if len(others) > _NAMED else ''}"
    if not read:
        problem = f"holds no document that can be read{f', only {named}' if others else ''}"
        fix = f"name a folder with {', '.join(SUFFIXES)}; save .doc, .odt and .rtf as .docx"
        raise InputError(folder, problem, fix)
    if others:
        n = counted(len(others), "file that is not read", "files that are not read")
        say(f"{folder}: {n} (save .doc, .odt and .rtf as .docx): {named}")
    return read


_NAMED = 20
"""Of the files of a folder that are not read, so many are named."""


def _is_lock(file: Path) -> bool:
    """Does Word or LibreOffice keep it beside a file that is open?"""
    return file.name.startswith(("~$", ".~lock."))


def check_for_one(corrections: Corrections, n_sources: int) -> None:
    """A symbol, title or date belongs to one document.

    Raises:
        InputError: it is given for several.
    """
    for option in ("symbol", "title", "day"):
        if n_sources > 1 and getattr(corrections, option):
            name = f"--{option.replace('day', 'date')}"
            raise InputError(name, f"fits one document, not {n_sources}", "add them one by one")


def addition_of(source: Path | str, corrections: Corrections) -> Addition:
    """What would be added, with nothing changed yet.

    Raises:
        InputError: the file cannot be read, or a correction cannot be used.
    """
    missions = load_missions()
    checked = _checked(corrections, missions)
    if isinstance(source, str):
        symbol = _checked_symbol(source, source)
        return Addition(_entry_of_symbol(symbol, checked), corrections=checked)
    limits = load_settings().ingest
    content = _content(source, limits)
    kind, suffix = _kind(checked.kind), source.suffix.lower()
    expected = kind or kind_before_reading(content, suffix)
    interviews = load_study().interviews
    try:
        # what is read here is kept, and the next run does not read it again
        reading = KnownReadings(limits, interviews).read(content, expected, suffix, limits)
    except UnreadableError as error:
        fix = "save it anew as .docx, PDF or text, if it is one (see docs/readers.md)"
        raise InputError(source, str(error), fix) from None
    found = recognition_of(reading, source.stem, missions, kind)
    entry = _entry_of_file(source, content, found, checked)
    hint = "" if entry.symbol else symbol_in_name(source.stem)
    return Addition(entry, content, found, checked, hint)


def _kind(name: str) -> Kind | None:
    return next((kind for kind in get_args(Kind) if kind == name), None)


def _checked(corrections: Corrections, missions: Collection[str]) -> Corrections:
    kind, day = as_known("--kind", corrections.kind, get_args(Kind)), corrections.day
    symbol = parse_symbol(corrections.symbol)
    if corrections.symbol and not symbol:
        raise InputError("--symbol", f"{corrections.symbol!r} is none", "write it as S/2018/541")
    if day and _day(day) is None:
        raise InputError("--date", f"{day!r} is not a date", "write it as 2018-06-06")
    acronyms = [
        as_known("--missions", name, (*missions, "none"))
        for name in re.split("[;,]", corrections.missions)
        if name.strip()
    ]
    symbol = _checked_symbol(symbol, "--symbol")
    return replace(corrections, kind=kind, symbol=symbol, missions=";".join(acronyms))


def _checked_symbol(symbol: str, said_by: str) -> str:
    """A symbol that may exist; a resolution gets the year that its neighbours in the manifest say.

    Raises:
        InputError: a resolution of the Council cannot be of the year that is written.
    """
    if not symbol.startswith("S/RES/"):
        return symbol
    known = [entry.symbol for entry in read_manifest()]
    if problem := wrong_year(symbol, known):
        raise InputError(said_by, problem, "correct the number or the year")
    return dated(symbol, known)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _acronyms(cell: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in re.split("[;,]", cell) if name.strip())
    return () if names == ("none",) else names


def _content(source: Path, limits: IngestSettings) -> bytes:
    """The bytes of a file, unless it is larger than any that would be read."""
    try:
        if source.exists() and not source.is_file():
            raise InputError(source, "is not a file", "name a file")
        size = source.stat().st_size / 1_000_000
        if size > limits.max_megabytes:
            problem = f"is {size:.0f} MB; ingest.max_megabytes is {limits.max_megabytes}"
            raise InputError(source, problem, "raise it in configs/params.yaml")
        return source.read_bytes()
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        missing = isinstance(error, FileNotFoundError)
        fix = "name a file that exists" if missing else "give yourself the right to read it"
        raise InputError(source, problem, fix) from None


def _entry_of_file(
    source: Path,
    content: bytes,
    found: Recognition,
    corrections: Corrections,
) -> Entry:
    symbol = corrections.symbol or found.symbol
    from_un = bool(symbol)
    return Entry(
        document_id=slug(symbol or source.stem),
        symbol=symbol,
        kind=found.kind,
        title=" ".join((corrections.title or found.title).split()),
        date=_day(corrections.day) or found.date,
        missions=_acronyms(corrections.missions) if corrections.missions else found.missions,
        themes=(),
        profiles=PROFILES,
        required=True,
        path=source.suffix.lower(),
        source_url=address(symbol) if from_un else "",
        sha256=hashlib.sha256(content).hexdigest(),
        licence=UN_LICENCE if from_un else "",
    )


def _entry_of_symbol(symbol: str, corrections: Corrections) -> Entry:
    kind = _kind(corrections.kind) or _kind_of_symbol(symbol)
    return Entry(
        document_id=slug(symbol),
        symbol=symbol,
        kind=kind,
        title=" ".join(corrections.title.split()),
        date=_day(corrections.day),
        missions=_acronyms(corrections.missions),
        themes=(),
        profiles=PROFILES,
        required=False,
        path=".pdf",
        source_url=address(symbol),
        sha256="",
        licence=UN_LICENCE,
    )


def _kind_of_symbol(symbol: str) -> Kind:
    found = kind_of(symbol, "")
    return GUESSED_KIND if found == "other" else found


def addition_lines(addition: Addition, entry: Entry) -> Iterator[str]:
    """What was found in a document, and how much of it was read."""
    yield from entry_lines(entry)
    if addition.hint:
        yield f"{'name:':<12}no UN symbol for us, since the text does not say it; if it is one, "
        yield f"{'':<12}add it with --symbol {addition.hint}"
    if addition.recognition is None:
        yield f"{'read:':<12}not yet; make fetches it where there is a network or a mirror"
        return
    reading = addition.recognition.reading
    words = sum(len(block.text.split()) for block in reading.blocks)
    yield f"{'read:':<12}{len(reading.blocks)} blocks, {words} words, {len(reading.notes)} notes"
    yield from (f"{'remark:':<12}{remark}" for remark in reading.remarks)
