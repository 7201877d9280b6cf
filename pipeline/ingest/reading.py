"""What a reader takes and gives back: bytes as text, and blocks and notes in order."""

from __future__ import annotations

import codecs
import datetime
import re
from dataclasses import dataclass, replace

from pipeline.run.wording import Role, once_encoded

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


UNSEEN = (
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufe0e\ufe0f\ufeff\ufff9\ufffa\ufffb"
)
"""Soft hyphens, characters of no width, and marks of a text's direction."""

_SEEN: dict[int, str | None] = {
    **dict.fromkeys((*map(ord, UNSEEN), *range(9), *range(0x0E, 0x1C), 0x7F)),
    # no text holds these control characters: they are what Windows-1252 has in their places
    **{code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)},
}
SOFT_BREAK = re.compile("\u00ad\n[ \t>]*")
"""A soft hyphen at a line's end; `decoded` leaves it to the readers, which know what a line is."""


def seen(text: str) -> str:
    """A text as one sees it: without soft hyphens, characters of no width, control characters.

    >>> seen("UNFI\u00adCYP\u200b said \x93no\x94.")
    'UNFICYP said “no”.'
    """
    return text.translate(_SEEN)


def as_seen(reading: Reading) -> Reading:
    """The reading with every text as one sees it; the marks of notes stay at their words.

    Raises:
        UnreadableError: nothing in it can be seen.
    """
    blocks = tuple(block for block in map(_block_as_seen, reading.blocks) if block.text)
    if reading.blocks and not blocks:
        raise UnreadableError("holds no text that can be seen")
    notes = tuple(replace(note, text=_plain(note.text)) for note in reading.notes)
    return replace(reading, blocks=blocks, notes=notes, title=_plain(reading.title))


def _block_as_seen(block: Block) -> Block:
    text, section = _plain(block.text), tuple(map(_plain, block.section))
    if text == block.text:
        return block if section == block.section else replace(block, section=section)
    before = (seen(f"{block.text[: mark.offset]}|").split() for mark in block.marks)
    pairs = zip(block.marks, before, strict=True)
    marks = tuple(replace(mark, offset=len(" ".join(words)) - 1) for mark, words in pairs)
    return replace(block, text=text, section=section, marks=marks)


def _plain(text: str) -> str:
    whole = seen(text)
    return text if whole == text else " ".join(whole.split())


CP1252 = "not UTF-8; read as Windows-1252"
CODE_PAGES = {"cp1252": "Windows-1252", "mac_roman": "Mac Roman", "cp1250": "Windows-1250",
              "cp850": "DOS 850", "cp1251": "Windows-1251"}  # fmt: skip
"""In what English texts come that are not in UTF-8; of two that fit equally well the first."""

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x1c-\x1e\u0085\u2028]")
_FOR_WINDOWS = re.compile("[\x80\x91-\x97]")
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF32_LE: "utf-32",
          codecs.BOM_UTF32_BE: "utf-32", codecs.BOM_UTF16_LE: "utf-16",
          codecs.BOM_UTF16_BE: "utf-16"}  # fmt: skip
_PLACES = 3  # that a remark names
UNKNOWN = "is in an unknown encoding; save it as UTF-8"


def decoded(content: bytes, declared: str = "") -> tuple[str, tuple[str, ...]]:
    """The text, line ends as newlines, and remarks when it was not all UTF-8.

    A byte order mark is believed, and UTF-8 wherever there is any: bytes between that are not UTF-8
    are read one by one, with a remark. Without UTF-8 it is what the file says of itself, or the
    code page in which every accent and quotation mark can stand (see `_out_of_place`).

    Args:
        content: the whole file.
        declared: Python's name of the encoding that the file says it is in.

    Raises:
        UnreadableError: in no encoding that one could be sure of, or not text at all.
    """
    text, remarks = _text(content.rstrip(b"\x1a"), declared)  # the end of a file in DOS
    controls = sum(character < " " and character not in "\t\n\v\r\f" for character in text)
    if "\0" in text or controls > len(text) // 300:
        raise UnreadableError("is not text (it holds control characters)")
    if _FOR_WINDOWS.search(text):
        text = text.replace("\u0085", "…")
    lines = _LINE_ENDS.sub("\n", text).replace("\u2029", "\n\n")
    parts = re.split("\u00ad[ \t]*\n", lines)
    return "\u00ad\n".join(map(seen, parts)), remarks


def _text(content: bytes, declared: str) -> tuple[str, tuple[str, ...]]:
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "")
    encoding = encoding or _wide_without_mark(content)
    if encoding and encoding != "utf-8-sig":
        try:
            return content.decode(encoding), ()
        except UnicodeDecodeError:
            raise UnreadableError(UNKNOWN) from None
    text = content.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")
    strays = sum(map(len, _STRAY.findall(text)))
    if not strays:
        return once_encoded(text)
    others = sum(character > "\x7f" for character in text) - strays
    if declared and not others and (said := _as_declared(content, declared)):
        return said, ()
    few = strays <= 2 * _PLACES and (strays <= others or 50 * strays < len(text))
    whole = _STRAY.sub(_meant, text) if others or encoding or few else ""
    fits = whole != "" and "\ufffd" not in whole and not _out_of_place(whole)
    if encoding or fits or 10 * strays <= others or (few and others):
        return whole, (_places(text),)
    try:
        page, remarks = _in_a_code_page(content)
    except UnreadableError:
        if few:
            return whole, (_places(text),)
        raise
    quoted = re.search("[’“”]", page) or len(_IN_WORD.findall(text)) == strays > 1
    return (page, remarks) if quoted or not few else (whole, (_places(text),))


def _as_declared(content: bytes, declared: str) -> str:
    """The text as the file says that it is to be read; empty where that cannot be."""
    try:
        text = content.decode(declared)
    except (LookupError, UnicodeDecodeError):
        return ""
    high = sum(byte > 0x7F for byte in content)
    return "" if declared in CODE_PAGES and len(_out_of_place(text)) > high // 4 else text


def _wide_without_mark(content: bytes) -> str:
    """UTF-16 by the empty bytes beside its Latin letters; empty where it is something else."""
    sample = content[:4000]
    half = len(sample) // 2
    for encoding, empty, full in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        empties, fulls = sample[empty::2].count(0), sample[full::2].count(0)
        if half and empties > 0.5 * half and fulls == 0:
            return encoding
    return ""


def _meant(stray: re.Match[str]) -> str:
    """What bytes that are not UTF-8 say in Windows-1252, if it can stand there."""
    read = stray[0].encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    text, start, end = stray.string, stray.start(), stray.end()
    before, after = text[max(0, start - 30) : start], text[end : end + 30]
    place = range(len(before), len(before) + len(read))
    odd = any(found in place for found in _out_of_place(before + read + after))
    return "\ufffd" if odd else read


def _places(text: str) -> str:
    """A remark that says where the strays are, what stands before them, and as what they count."""
    lines = _LINE_ENDS.sub("\n", text)
    found = list(_STRAY.finditer(lines))
    named = "; ".join(_place(one) for one in found[:_PLACES])
    more = f"; and {len(found) - _PLACES} more" if len(found) > _PLACES else ""
    return f"not all of it is UTF-8: {named}{more}; check these"


def _place(stray: re.Match[str]) -> str:
    written = stray[0].encode("utf-8", "surrogateescape").hex(" ").upper()
    before = stray.string[: stray.start()]
    line = 1 + before.count("\n")
    last = " ".join(_STRAY.sub("?", before[-30:]).split("\n")[-1].split()[-2:])
    after = f", after “{seen(last).strip('“”')}”" if last else ""
    return f"byte {written[:11]} in line {line}{after}, read as {_meant(stray)}"


def _in_a_code_page(content: bytes) -> tuple[str, tuple[str, ...]]:
    """A text of one byte a character, and the remark in what encoding it was read.

    charset-normalizer, asked about short English texts, took them for Russian, German and Greek; it
    is asked about texts that are mostly in other letters, where it is sure.

    Raises:
        UnreadableError: none fits.
    """
    high = sum(byte > 0x7F for byte in content)
    letters = high + len(re.findall(rb"[A-Za-z]", content))
    if high > _MOSTLY * letters:
        return _in_other_letters(content)
    fewest = "", "", high // 4 + 1
    for encoding in CODE_PAGES:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        odd = len(_out_of_place(text))
        fewest = (encoding, text, odd) if odd < fewest[2] else fewest
        if not odd:
            break
    if not fewest[0]:
        raise UnreadableError(UNKNOWN)
    return fewest[1], (f"not UTF-8; read as {CODE_PAGES[fewest[0]]}",)


def _in_other_letters(content: bytes) -> tuple[str, tuple[str, ...]]:
    from charset_normalizer import from_bytes

    likeliest = from_bytes(content[:100_000]).best()
    if likeliest is None or likeliest.coherence < _SURE:
        raise UnreadableError(UNKNOWN)
    remark = f"not UTF-8; read as {likeliest.encoding}"
    return content.decode(likeliest.encoding, "replace"), (remark,)


_STRAY = re.compile("[\udc80-\udcff]+")
_IN_WORD = re.compile("(?<=[a-z]{2})[\udc80-\udcff]")
_MOSTLY = 0.3  # of the letters; no English text has so many accents
_SURE = 0.2  # of charset-normalizer's coherence with a language, 0 to 1
_WORD = re.compile(r"[^\W_¹²³¼½¾]+")
_RARE = re.compile(r"[ðþÐÞÿªºƒˆ]|iæ$|[^\x00-\x7f]{3}|\d[^\x00-\x7f]|[^\x00-\x7f]\d[^\W\d]")
_MARK_PLACED = re.compile(
    r"(?<=[\w.,;:!?)\]’”»…%])[’”»](?![^\W\d_])|(?<=\w)[’](?=\w)|(?<!\w)[‘“„«¿¡](?=[\w‘“(\[…$€£])"
    r"|(?<![^\s(\[“‘—–])[’](?=\w)|(?<=[ \w])’(?=\s)"
    r"|[–—…\u00a0•·©®™†‡]|§(?=[\s\d§])|(?<!\w)[€£]|(?<=\d)[°%€²³½¼¾ªº]|(?<!\w)[½¼¾](?!\w)|(?<=m)[²³]"
    r"|(?<=\w)[¹²³](?!\w)"
)


def _out_of_place(text: str) -> list[int]:
    """Where a text in English has letters and marks that it cannot well have there.

    Accents within a word of one alphabet, of one case but for its first letter; apostrophes behind
    letters, quotation marks at the ends of words, and the like are in their places.
    """
    odd: list[int] = []
    for word in _WORD.finditer(text):
        if not word[0].isascii() and not _is_word(word[0]):
            odd += [word.start() + at for at, one in enumerate(word[0]) if one > "\x7f"]
    placed = {found.start() for found in _MARK_PLACED.finditer(text)}
    marks = (found.start() for found in re.finditer(r"[^\x00-\x7f]", text))
    return odd + [at for at in marks if not text[at].isalpha() and at not in placed]


def _is_word(word: str) -> bool:
    if all("\u0400" <= letter <= "\u04ff" for letter in word):
        return word[1:].islower() or word.isupper() or len(word) == 1
    alone = len(word) == 1 and word not in "àáèéíóöüÀÉÓ"
    if alone or not all(letter < "\u0250" for letter in word) or _RARE.search(word):
        return False
    return word.isupper() or all(one.isascii() or one.islower() for one in word[1:])
