"""What a reader takes and gives back: bytes as text, and blocks and notes in order."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from pipeline.run.kinds import Role

SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"


def raised(digits: str) -> str:
    """Digits as superscripts, by which plain text marks a note.

    >>> raised("12"), plain_digits("¹²")
    ('¹²', '12')
    """
    return digits.translate(str.maketrans("0123456789", SUPERSCRIPTS))


def plain_digits(superscripts: str) -> str:
    """Superscripts as digits."""
    return superscripts.translate(str.maketrans(SUPERSCRIPTS, "0123456789"))


class UnreadableError(Exception):
    """A document that cannot be read; the message is the reason, in a line for a person."""


@dataclass(frozen=True, slots=True)
class NoteMark:
    """Where a text carried the marker of a note.

    Attributes:
        number: the note's number, as the document writes it.
        offset: characters of the block's text before the marker.
    """

    number: str
    offset: int


@dataclass(frozen=True, slots=True)
class Note:
    """An endnote or footnote.

    Attributes:
        number: as the document writes it; unique in the document.
        text: white space collapsed.
        speaker_groups: speaker groups (configs/study.yaml) of the interviewees that it names.
    """

    number: str
    text: str
    speaker_groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, quotation, or table cell.

    Attributes:
        role: what it is in its document.
        text: white space collapsed, note markers taken out; never empty.
        section: the headings above it, outermost first.
        label: its own number with those of its parents, such as ``14 (b) (ii)``.
        marks: the note markers that were in its text, in order.
        paragraph: number of the paragraph that it belongs to; blocks of one paragraph share it.
        source_index: number of its ``p`` element in an Akoma Ntoso file, from 1, counted outside
            authorialNote, meta, preface and coverPage.
    """

    role: Role
    text: str
    section: tuple[str, ...] = ()
    label: str = ""
    marks: tuple[NoteMark, ...] = ()
    paragraph: int | None = None
    source_index: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole document as a reader found it.

    Attributes:
        blocks: in document order; a document without any is unreadable, not empty.
        notes: in document order.
        symbol: the UN symbol that the document gives itself; empty when it gives none.
        title: the title that the document gives itself; may be empty.
        date: the date that the document gives itself.
        remarks: what a person should know, such as markup that had to be recovered.
    """

    blocks: tuple[Block, ...]
    notes: tuple[Note, ...] = ()
    symbol: str = ""
    title: str = ""
    date: datetime.date | None = None
    remarks: tuple[str, ...] = ()


CP1252 = "not UTF-8; read as Windows-1252"


def decoded(content: bytes) -> tuple[str, tuple[str, ...]]:
    """The text, line ends as newlines, and a remark when it was not UTF-8.

    UTF-8 is tried first, with or without byte order mark, and UTF-16 where a mark says so; then
    Windows-1252, in which only text without control characters is believed.

    Raises:
        UnreadableError: in none of these encodings, or not text at all.
    """
    text, remarks = _text(content)
    controls = sum(character < " " and character not in "\t\n\r\f" for character in text)
    if "\0" in text or controls > len(text) // 300:
        raise UnreadableError("is not text (it holds control characters)")
    return text.replace("\r\n", "\n").replace("\r", "\n"), remarks


def _text(content: bytes) -> tuple[str, tuple[str, ...]]:
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return text, (CP1252,) if encoding == "cp1252" else ()
    raise UnreadableError("is in an unknown encoding; save it as UTF-8")
