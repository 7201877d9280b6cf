"""Verbatim records of meetings: each paragraph of a speech with its speaker.

Reads plain text, one paragraph a line or wrapped with blank lines between paragraphs, in which a
speech opens as the United Nations prints it:
``Mr. Abarry (Niger) (spoke in French): I ...``. The section of a block is the speaker as named
there, with the country or organisation in brackets and the role, if the President says it when
giving the floor: ``Mr. Lacroix, Under-Secretary-General for Peace Operations``. Nothing is added
that the record does not say; lost accents stay lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from pipeline.ingest.identity import date_of, first_symbol
from pipeline.ingest.reading import SOFT_BREAK, Block, Reading, UnreadableError, decoded
from pipeline.ingest.text.printed import (
    COUNTRY,
    FULL,
    LANGUAGES,
    NAME,
    OFFICES,
    SPEECH,
    TITLES,
    PrintedLine,
    is_full,
    is_printed,
    printed_lines,
    run_together,
    with_hyphens,
)
from pipeline.run.settings import IngestSettings
from pipeline.run.wording import Role

LONG = 200  # characters; a text with longer lines is not wrapped, so each line is a paragraph
DISPLACED = re.compile(
    rf"({NAME})((?: {COUNTRY})?) \(spoke (?!in )(.{{1,200}}?) in ({LANGUAGES})\): ?"
)
CAPACITY = re.compile(
    r"in my (?:national )?capacity as (?:the )?representative of (?:the )?"
    r"([A-Z][\w’' ]+?)(?=[.,]| and on )"
)
ROLE = rf"[^;]+?(?=;|\.(?:\s|$)|, to participate|, who |, and {TITLES}\.)"
INTRODUCED = re.compile(
    rf"(?:(?:His|Her) Excellency|invite|:|;(?: and)?|, and|floor to) {TITLES}\.? "
    rf"(?P<name>[A-Z][^,;.:]{{2,60}}), (?P<role>{ROLE})"
)
CLOSING = re.compile(
    r"\s*(The meeting (?:rose|was suspended|was adjourned) at "
    r"(?:noon|midnight|\d{1,2}(?:[.:]\d\d)? ?[ap]\.m)\.)(?=\s|$)"
)
PAGE_NUMBERS = re.compile(r"(?:\d{2}-\d{5}\s*)?(?:\d{1,3}/\d{1,3}\s*)?(?:\d{2}-\d{5})?")
ONE_FOR_I = re.compile(
    r"(?:(?<=^)|(?<=[.?!] ))[1|] "
    r"(?=(?:would|should|thank|now|trust|wish|want|have|am|shall|will|also) )"
)
BROKEN = re.compile(r"(?<=[A-Za-z])- (?!and |or |to |nor |but |y )(?=[A-Za-z])")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a record.

    Attributes:
        text: white space collapsed.
        kind: a speech (or a part of one), a heading, or a remark of the record such as
            "The agenda was adopted."
    """

    text: str
    kind: Literal["speech", "heading", "remark"] = "speech"


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks: the name as printed, what stands in brackets behind it, and the role."""

    name: str
    country: str = ""
    role: str = ""

    def __str__(self) -> str:
        """Name (country), role."""
        named = f"{self.name} ({self.country})" if self.country else self.name
        return f"{named}, {self.role}" if self.role else named


def read_verbatim_record(content: bytes, settings: IngestSettings) -> Reading:  # noqa: ARG001
    """Read a verbatim record in plain text, a paragraph a line or paragraphs of short lines.

    Raises:
        UnreadableError: no speech is found, or the text is in an unknown encoding.
    """
    text, remarks = decoded(content)
    if is_printed(text):
        return replace(_read_printed(text), remarks=remarks)
    text = SOFT_BREAK.sub("", text)
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    blocks, repairs = speeches([Paragraph(paragraph) for paragraph in _unwrapped(text)])
    symbol = first_symbol(lines[:40])
    day = date_of("\n".join(lines[:40])) if symbol else None
    return Reading(blocks, symbol=symbol, date=day, remarks=(*remarks, *repairs))


NOTICE = re.compile(r"This record (?:contains|is subject)")
OPENED = re.compile(r"The meeting (?:(?:was )?(?:called to order|resumed|suspended)|rose) at")
MAX_HEADING = 4  # lines of a heading before a speech
ADOPTED = re.compile(r"The agenda was adopted\.?$|A vote was taken by show of hands\.?$")
ADDRESSED = re.compile(rf"(?:{OFFICES}|{TITLES}\.? )")


def _read_printed(text: str) -> Reading:
    """A record that was taken from its PDF: its cover, and speeches over columns and pages."""
    printed = printed_lines(text)
    cover = [line for line in printed.lines if line.page == 1]
    notice = next((i for i, line in enumerate(cover) if NOTICE.match(line.text)), None)
    lines = list(printed.lines)
    title, left_out = "", 0
    if notice is not None:
        agenda = [i for i, line in enumerate(cover[:notice]) if line.text.lower() == "agenda"]
        title = " ".join(line.text for line in cover[agenda[-1] + 1 : notice]) if agenda else ""
        left_out = len(cover)
    lines = lines[left_out:]
    paragraphs = _printed_paragraphs(lines, printed.width)
    texts = with_hyphens(paragraph.text for paragraph in paragraphs)
    whole = [Paragraph(t, p.kind) for t, p in zip(texts, paragraphs, strict=True)]
    blocks, repairs = speeches(whole)
    said = ("page 1: members, agenda and notice were left out",) if left_out else ()
    return Reading(
        blocks,
        symbol=printed.symbol,
        title=title or printed.title,
        date=printed.date or date_of("\n".join(line.text for line in cover)),
        remarks=(*said, *repairs),
    )


def _printed_paragraphs(lines: Sequence[PrintedLine], width: int) -> list[Paragraph]:
    """The lines as speeches, headings and remarks; a short line that ends a sentence ends one."""
    paragraphs: list[Paragraph] = []
    last: PrintedLine | None = None
    texts = [" ".join(line.text.split()) for line in lines]
    opening = [_opens(*pair) for pair in pairwise([*texts, ""])]
    for index, (line, text) in enumerate(zip(lines, texts, strict=True)):
        before = paragraphs[-1] if paragraphs else None
        ended = before is None or last is None or _is_end(before, last, line, width)
        spoken = any(opening[:index])
        near = slice(index + 1, index + 1 + MAX_HEADING)
        headed = not spoken or any(opening[near]) or any(map(ADOPTED.match, texts[near]))
        kind = _kind(text, ended and not opening[index], headed, width)
        wrapped = before is not None and before.kind == "heading" and text[:1].islower()
        if before and (wrapped or (kind == "speech" and not ended and not opening[index])):
            paragraphs[-1] = replace(before, text=run_together(before.text, text))
        else:
            paragraphs.append(Paragraph(text, kind))
        last = line
    return paragraphs


def _opens(text: str, following: str) -> bool:
    """Does a speech open here, the speaker's name on one line or on two?"""
    if not ADDRESSED.match(text):
        return False
    found = SPEECH.match(f"{text} {following}".strip())
    return found is not None


def _is_end(before: Paragraph, last: PrintedLine, line: PrintedLine, width: int) -> bool:
    """Did the paragraph end with the last line?"""
    if before.kind != "speech":
        return True
    if not before.text.endswith((".", "?", "!", "”", ":", '"')) or line.text[:1].islower():
        return False
    if line.indent > 1 and last.indent < line.indent:
        return True
    return not is_full(last, width) or (line.spaced and line.page == last.page)


def _kind(
    text: str, begins: bool, headed: bool, width: int
) -> Literal["speech", "heading", "remark"]:
    if OPENED.match(text) or ADOPTED.match(text):
        return "remark"
    short = len(text) < FULL * width and not text.endswith((".", "?", "!", ":", "”", ",", ";"))
    return "heading" if begins and headed and short and text[:1].isupper() else "speech"


def _unwrapped(text: str) -> list[str]:
    """Paragraphs; where no line is long their lines are joined, up to a blank one or a speech."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    if any(len(line) > LONG for line in lines):
        return [line for line in lines if line]
    paragraphs: list[list[str]] = []
    is_open = False
    for line in lines:
        if line and is_open and not SPEECH.match(line):
            paragraphs[-1].append(line)
        elif line:
            paragraphs.append([line])
        is_open = bool(line)
    return [" ".join(paragraph) for paragraph in paragraphs]


def speeches(paragraphs: Sequence[Paragraph]) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """The paragraphs as blocks with their speakers, and what was repaired.

    Paragraphs before the first speech (the opening of the meeting) have no section.

    Raises:
        UnreadableError: nobody speaks.
    """
    fixed, repairs = _repaired(paragraphs)
    roles = _roles([paragraph.text for paragraph in fixed])
    blocks: list[Block] = []
    speaker, spoken = "", 0
    for paragraph in fixed:
        text = paragraph.text
        opening = SPEECH.match(text) if paragraph.kind == "speech" else None
        if opening:
            text = text[opening.end() :]
            speaker = str(_speaker(opening, text, roles))
            spoken += 1
        if paragraph.kind == "speech":
            blocks += _blocks(text, speaker, spoken)
        else:
            role: Role = "heading" if paragraph.kind == "heading" else "paragraph"
            blocks.append(Block(role, text))
    if not spoken:
        raise UnreadableError("holds no speech of the form Mr. NAME (COUNTRY): ...")
    return tuple(blocks), repairs


def _repaired(paragraphs: Iterable[Paragraph]) -> tuple[list[Paragraph], tuple[str, ...]]:
    """Put displaced "(spoke in French)" back and join words cut at a line's end."""
    fixed, displaced, ones = [], 0, 0
    for paragraph in paragraphs:
        whole, count = DISPLACED.subn(r"\1\2 (spoke in \5): \4 ", paragraph.text, count=1)
        displaced += count
        opening = SPEECH.match(whole)
        start = opening.end() if opening else 0
        speech, count = ONE_FOR_I.subn("I ", whole[start:])
        ones += count
        fixed.append(Paragraph(whole[:start] + BROKEN.sub("-", speech), paragraph.kind))
    remarks = []
    if displaced:
        remarks.append(f'displaced "(spoke in ...)" put back before the colon: {displaced}')
    if ones:
        remarks.append(f"digits 1 or bars at the start of a sentence read as I: {ones}")
    return fixed, tuple(remarks)


def _blocks(text: str, speaker: str, spoken: int) -> list[Block]:
    """A paragraph as a block; the closing of the meeting is nobody's speech."""
    closing = CLOSING.search(text)
    speech = text[: closing.start()] if closing else text
    section = (speaker,) if speaker else ()
    blocks = []
    if speech.strip() and not PAGE_NUMBERS.fullmatch(speech.strip()):
        blocks.append(
            Block("paragraph", " ".join(speech.split()), section, paragraph=spoken or None)
        )
    if closing:
        blocks.append(Block("paragraph", closing.group(1)))
    return blocks


def _speaker(opening: re.Match[str], speech: str, roles: dict[str, str]) -> Speaker:
    name, country = opening.group(1).strip(), (opening.group(2) or "").strip()
    capacity = CAPACITY.search(speech[:250]) if name.upper() == "THE PRESIDENT" else None
    if capacity and not country:
        country = capacity.group(1)
    return Speaker(name, country, roles.get(_surname(name), ""))


def _surname(name: str) -> str:
    """The name without its title: Mr. Lacroix is Lacroix."""
    return re.sub(rf"^{TITLES}\.? ", "", name)


def _roles(paragraphs: Sequence[str]) -> dict[str, str]:
    """Roles by surname, from what the President says when inviting or giving the floor."""
    presided = [text for text in paragraphs if text[:13].upper() == "THE PRESIDENT"]
    surnames = {
        _surname(opening.group(1)) for text in paragraphs if (opening := SPEECH.match(text))
    }
    roles: dict[str, str] = {}
    for text in presided:
        for found in INTRODUCED.finditer(text):
            name, role = found["name"], found["role"]
            surname = next((s for s in sorted(surnames) if name.endswith(s)), "")
            if surname and len(role.split()) < 45:
                roles.setdefault(surname, role.strip())
    return roles
