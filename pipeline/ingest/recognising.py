"""What a file says of itself: kind, symbol, date, title and the missions that it concerns.

A person who adds a document is shown these and may correct each; the rules are those by which the
documents of the manifest were chosen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pipeline.ingest.reading import Reading, UnreadableError, decoded
from pipeline.ingest.text.printed import SPEECH
from pipeline.run.wording import Kind
from pipeline.study.study import Mission
from pipeline.study.symbols import is_said_in, symbol_in_name

_MENTIONS: Mapping[str, int] = {"presidential_statement": 2}
_MENTIONS_ELSE = 3
"""A mission named this often in the text is one that it concerns; statements are short."""

GUESSED_KIND: Kind = "report"
"""Of a symbol such as S/2018/541 whose document nobody has read: most are reports."""

_SPEECHES = 3  # a text with so many is a verbatim record
_OPENING_BLOCKS = 12  # in which a report calls itself one
_TITLE_CHARACTERS = 300

_BY_SYMBOL: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(r"[SA]/RES/"), "resolution"),
    (re.compile(r"S/PRST/"), "presidential_statement"),
    (re.compile(r"[SA]/(?:[\w.-]+/)?PV\."), "verbatim_record"),
)
_REPORT = re.compile(
    r"\b(?:report|evaluation|review) of (?:the )?"
    r"(?:Secretary-General|Independent|Office of Internal Oversight|Special|Panel|Group|High-Level)"
    r"|\bspecial report\b|\b\w+ (?:progress )?report of\b",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r"(?:[\w-]+ ){0,3}[Rr]eport of (?:the )?Secretary-General\b.{0,280}[^.;:]|"
    r"(?:Identical l|L)etters? dated .{0,280}[^.;:]"
)
"""The line of a masthead that is the title; a sentence ends with a full stop."""
_DOCTRINE = re.compile(
    r"\bPrinciples and Guidelines\b|\bDoctrine\b|\bPolicy (?:on|Directive)\b"
    r"|\bGuidelines (?:on|for)\b|\bHandbook\b|\bManual\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Recognition:
    """A document as it presents itself.

    Attributes:
        reading: its blocks and notes.
        kind: by its symbol, else by what its title or opening calls it, else "other".
        symbol: the UN symbol; empty when it has none. One that stands in the name of the file
            counts only when the text says it too: `A-12.txt` is an interview.
        title: one line; where it has none, its first heading or the name of the file.
        date: None when the document does not say it.
        missions: acronyms, the one most concerned first.
    """

    reading: Reading
    kind: Kind
    symbol: str
    title: str
    date: date | None
    missions: tuple[str, ...]


def recognition_of(
    reading: Reading, stem: str, missions: Mapping[str, Mission], kind: Kind | None = None
) -> Recognition:
    """What a document that was read says of itself.

    Args:
        reading: the document.
        stem: the name of its file without suffix.
        missions: the peace operations that may be recognised, by acronym.
        kind: given by a person; None to find out.
    """
    is_article = kind == "article"
    text = "\n".join(block.text for block in reading.blocks)
    named = symbol_in_name(stem)
    said = reading.symbol or (named if named and is_said_in(named, text) else "")
    symbol = "" if is_article else said
    title = (reading.title if is_article else _title(reading)) or stem
    found = kind or kind_of(symbol, _opening(reading, title), _is_record(reading))
    mentions = _MENTIONS.get(found, _MENTIONS_ELSE)
    concerned = missions_in(title, text, missions, mentions)
    return Recognition(reading, found, symbol, title, reading.date, concerned)


def kind_of(symbol: str, opening: str, spoken: bool = False) -> Kind:
    """The kind of a document with this symbol and opening (title and first lines).

    >>> kind_of("S/RES/2423 (2018)", "")
    'resolution'
    >>> kind_of("S/2018/541", "Report of the Secretary-General on the situation in Mali")
    'report'
    """
    for pattern, kind in _BY_SYMBOL:
        if pattern.match(symbol):
            return kind
    if spoken:
        return "verbatim_record"
    if _REPORT.search(opening):
        return "report"
    return "doctrine" if _DOCTRINE.search(opening) else "other"


def missions_in(
    title: str, text: str, missions: Mapping[str, Mission], mentions: int = _MENTIONS_ELSE
) -> tuple[str, ...]:
    """Missions that the title names, or the text often enough; most named first.

    >>> force = Mission(names=("Force in Cyprus",), host="Cyprus", period=(1964, 2026))
    >>> missions_in("The Force in Cyprus", "", {"UNFICYP": force})
    ('UNFICYP',)
    """
    if not missions:
        return ()
    pattern, acronyms = _pattern(missions)
    in_title = _mentions(title, pattern, acronyms)
    counts = _mentions(text, pattern, acronyms) + in_title
    concerned = [one for one in missions if in_title[one] or counts[one] >= mentions]
    return tuple(sorted(concerned, key=lambda one: (not in_title[one], -counts[one])))


def _pattern(missions: Mapping[str, Mission]) -> tuple[re.Pattern[str], dict[str, str]]:
    """One pattern for all names, the longest first, so that no mention counts twice."""
    acronyms = {acronym: acronym for acronym in missions}
    for acronym, mission in missions.items():
        acronyms |= {_plain(name): acronym for name in mission.names}
    longest_first = sorted(acronyms, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b"), acronyms


def _mentions(text: str, pattern: re.Pattern[str], acronyms: Mapping[str, str]) -> Counter[str]:
    return Counter(acronyms[found] for found in pattern.findall(_plain(text)))


def _plain(text: str) -> str:
    """Typographic hyphens and quotation marks as on a keyboard, so that names are found."""
    return " ".join(text.replace("\u2011", "-").replace("\u2010", "-").replace("’", "'").split())


def kind_before_reading(content: bytes, suffix: str) -> Kind:
    """Of text files alone the reader depends on the kind: is it a verbatim record?"""
    if suffix != ".txt":
        return "other"
    try:
        text, _ = decoded(content)
    except UnreadableError:
        return "other"
    spoken = sum(1 for line in text.splitlines() if SPEECH.match(line))
    return "verbatim_record" if spoken >= _SPEECHES else "other"


def _is_record(reading: Reading) -> bool:
    return any(re.match(r"The meeting rose at", block.text) for block in reading.blocks[-3:])


def _title(reading: Reading) -> str:
    """What the document calls itself, or its first heading; the first words may be anything."""
    first = next((block.text for block in reading.blocks[:3] if block.role == "heading"), "")
    opening = (block.text for block in reading.blocks[:_OPENING_BLOCKS])
    called = next(filter(_CALLED.fullmatch, opening), "")
    return (reading.title or called or first)[:_TITLE_CHARACTERS]


def _opening(reading: Reading, title: str) -> str:
    opening = (block.text[:200] for block in reading.blocks[:_OPENING_BLOCKS])
    return "\n".join([title, *opening])
