"""Articles as repositories print them: ABSTRACT, numbered sections, raised figures and Notes.

Chunks of the file are separated by blank lines. A chunk that goes on where the one before broke off
(at a page, or around the contact block of the first page) is joined to it. A chunk that follows an
open sentence is a block quotation when it holds one note marker or citation, at its very end, or
opens with a double quotation mark, or with a capital after a comma; it shares the paragraph number
of the sentence that leads to it. The file itself marks neither, so this is a rule, not a fact.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from pipeline.ingest.reading import (
    SUPERSCRIPTS,
    Block,
    Note,
    NoteMark,
    Reading,
    UnreadableError,
    plain_digits,
)

_MARKER = re.compile(f"[{SUPERSCRIPTS}]+")
_EMPHASIS = re.compile(r"\*([^*\n]+)\*")
_NUMBERED = re.compile(r"^(\d+(?:\.\d+)*)\.? (\*?[A-Z][^.]*)$")
_NOTE = re.compile(r"^(\d+)\. (.+)$")
_CITATION = re.compile(rf"\d\)|[{SUPERSCRIPTS}]+")
_ENDS_IN_CITATION = re.compile(rf"(?:\d\)\.?|[{SUPERSCRIPTS}]+)$")
_CLOSED = re.compile(rf"[.?!][’”'\")\]]*[{SUPERSCRIPTS}]*$|[.?!:][{SUPERSCRIPTS}]*$|\)$")
_ABSTRACT = "Abstract"
_ASIDE = re.compile(r"^(?:CONTACT\b|© ?\d{4}\b)")
_PUBLISHED = re.compile(r"Published(?: online)?:? (\d{1,2}) ([A-Z][a-z]{2})[a-z]* (\d{4})")


def read_repository_text(content: bytes) -> Reading | None:
    """Read an article that is laid out so; None for any other text.

    Raises:
        UnreadableError: two notes have one number.
    """
    try:
        chunks = _chunks(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return None
    parts = _parts(chunks)
    if parts is None:
        return None
    front, abstract, body, notes = parts
    blocks = [
        Block("heading", _ABSTRACT),
        _block("paragraph", abstract, (_ABSTRACT,), 1),
        *_body(body),
    ]
    return Reading(
        blocks=tuple(block for block in blocks if block.text),
        notes=_unique(list(_notes(notes))),
        title=_title(front),
        date=published("\n".join(front)),
    )


def _chunks(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    return [chunk.strip() for chunk in re.split(r"\n{2,}", "\n".join(lines)) if chunk.strip()]


def _parts(chunks: list[str]) -> tuple[list[str], str, list[str], list[str]] | None:
    """Front matter, abstract, body and notes; what lies between and after them is left out."""
    first = next((place for place, c in enumerate(chunks) if re.match(r"1\. [A-Z]", c)), None)
    abstract = _place(chunks, _ABSTRACT.upper())
    notes = _place(chunks, "Notes")
    if first is None or abstract is None or notes is None or not abstract < first < notes:
        return None
    end = next((n for n in range(notes + 1, len(chunks)) if not chunks[n][0].isdigit()), None)
    return chunks[:abstract], chunks[abstract + 1], chunks[first:notes], chunks[notes + 1 : end]


def _place(chunks: list[str], heading: str) -> int | None:
    return chunks.index(heading) if heading in chunks else None


@dataclass(frozen=True, slots=True)
class _Passage:
    """Chunks joined into the text of one block."""

    text: str
    is_quotation: bool
    shares_paragraph: bool


def _body(chunks: list[str]) -> Iterator[Block]:
    section: tuple[tuple[str, str], ...] = ()
    paragraph = 1
    for part in _by_heading(chunks):
        heading = _NUMBERED.match(part[0])
        if heading is not None:
            number, title = heading[1], _plain(heading[2])
            above = tuple(entry for entry in section if number.startswith(f"{entry[0]}."))
            yield Block("heading", title, _names(above), number)
            section = (*above, (number, title))
        for passage in _fixed(part[1:] if heading else part):
            paragraph += not passage.shares_paragraph
            role = "quotation" if passage.is_quotation else "paragraph"
            yield _block(role, passage.text, _names(section), paragraph)


def _names(section: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    return tuple(f"{number}. {title}" for number, title in section)


def _by_heading(chunks: list[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for chunk in chunks:
        if _ASIDE.match(chunk):
            continue
        if _NUMBERED.match(chunk):
            parts.append([])
        parts[-1].append(chunk)
    return [part for part in parts if part]


def _fixed(chunks: list[str]) -> list[_Passage]:
    passages: list[_Passage] = []
    for chunk in chunks:
        before = passages[-1] if passages else None
        if before is None or before.is_quotation:
            passages.append(_Passage(chunk, is_quotation=False, shares_paragraph=False))
        elif _is_quotation(chunk, before.text):
            opened = not _CLOSED.search(before.text)
            passages.append(_Passage(chunk, is_quotation=True, shares_paragraph=opened))
        elif _CLOSED.search(before.text):
            passages.append(_Passage(chunk, is_quotation=False, shares_paragraph=False))
        else:
            passages[-1] = replace(before, text=f"{before.text} {chunk}")
    return passages


def _is_quotation(chunk: str, before: str) -> bool:
    if _CLOSED.search(before) and not before.endswith(":"):
        return False
    once_at_end = len(_CITATION.findall(chunk)) == 1 and _ENDS_IN_CITATION.search(chunk)
    after_comma = before.endswith(",") and chunk[0].isupper()
    return bool(once_at_end) or chunk.startswith("“") or after_comma


def _block(role: str, chunk: str, section: tuple[str, ...], paragraph: int) -> Block:
    text, marks = _without_markers(_plain(chunk))
    kind = "quotation" if role == "quotation" else "paragraph"
    return Block(kind, text, section, marks=marks, paragraph=paragraph)  # type: ignore[arg-type]


def _plain(text: str) -> str:
    return _EMPHASIS.sub(r"\1", " ".join(text.split()))


def _without_markers(text: str) -> tuple[str, tuple[NoteMark, ...]]:
    marks: list[NoteMark] = []
    pieces: list[str] = []
    end = 0
    for found in _MARKER.finditer(text):
        pieces.append(text[end : found.start()])
        end = found.end()
        marks.append(NoteMark(plain_digits(found[0]), sum(map(len, pieces))))
    return "".join([*pieces, text[end:]]), tuple(marks)


def _notes(chunks: list[str]) -> Iterator[Note]:
    lines = [line for chunk in chunks for line in chunk.splitlines()]
    starts = [place for place, line in enumerate(lines) if _NOTE.match(line)]
    for start, end in zip(starts, [*starts, len(lines)][1:], strict=True):
        found = _NOTE.match(" ".join(lines[start:end]))
        if found is not None:
            yield Note(found[1], _plain(found[2]))


def _unique(notes: list[Note]) -> tuple[Note, ...]:
    repeated = [number for number, n in Counter(note.number for note in notes).items() if n > 1]
    if repeated:
        raise UnreadableError(f"has two notes with the number {repeated[0]}")
    return tuple(notes)


def _title(front: list[str]) -> str:
    """The line above the author's name on the page of the abstract."""
    return _plain(front[-2]) if len(front) > 1 else ""


def published(text: str) -> date | None:
    """The date of publication that a text prints.

    >>> published("Published online: 06 Apr 2026."), published("Received 1 January 2026")
    (datetime.date(2026, 4, 6), None)
    """
    found = _PUBLISHED.search(text)
    try:
        return datetime.strptime(" ".join(found.groups()), "%d %b %Y").date() if found else None
    except ValueError:
        return None
