"""The text of a paragraph, its signs and symbols, with the notes that are marked in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from pipeline.ingest.reading import Note, NoteMark, raised
from pipeline.ingest.text.outline import Piece
from pipeline.ingest.word.numbering import NOTES, Styles, is_custom, note_numbers
from pipeline.ingest.word.package import Package, make_shown, qn

_BLANK = str.maketrans("", "", "\u00ad\u200b\u2060\ufeff")
"""Soft hyphens and spaces without width, which are in no word."""
Marked = tuple[str, tuple[NoteMark, ...]]
"""A text and the note marks in it, by kind and id until all are numbered."""


def joined(parts: Iterable[Marked], between: str) -> Marked:
    """Several texts as one, their marks moved with them."""
    text = ""
    marks: list[NoteMark] = []
    for place, (other, others) in enumerate(parts):
        text += between if place else ""
        marks += [replace(mark, offset=mark.offset + len(text)) for mark in others]
        text += other
    return text, tuple(marks)


def within(parent: Any, tag: str) -> Iterator[Any]:
    """The outermost elements of a name below one, but none inside a text box in it."""
    walker = etree.iterwalk(parent, events=("start",))
    for _, element in walker:
        if element is not parent and element.tag in (tag, qn("w:txbxContent")):
            walker.skip_subtree()
            if element.tag == tag:
                yield element


def text_of(paragraph: Any, styles: Styles) -> Marked:
    """The text of a w:p, tabs and line ends as they are, and its note marks by kind and id."""
    text = ""
    marks: list[NoteMark] = []
    walker = etree.iterwalk(paragraph, events=("start",))
    for _, element in walker:
        tag = element.tag
        if tag in (qn("w:pPr"), qn("w:rPr"), qn("w:txbxContent"), qn("w:altChunk")):
            walker.skip_subtree()
        elif tag in NOTES:
            name = f"{NOTES[tag]} {element.get(qn('w:id'))}"
            marks.append(NoteMark(name, len(plain(text))))
        elif tag in (qn("w:t"), qn("m:t")):
            written = _in_font(element.getparent(), element.text or "").translate(_BLANK)
            properties = element.getparent().find(qn("w:rPr"))
            is_mark = written.isdigit() and styles.is_raised(properties)
            text += raised(written) if is_mark else written
        else:
            text += _sign(element)
    return text, tuple(marks)


def _take_custom_mark(mark: Any, styles: Styles) -> str:
    """Take the mark that an author set for a note out of the text: what follows its reference."""
    following = list(mark.itersiblings(qn("w:t"), qn("w:sym")))
    run = mark.getparent().getnext()
    if not following and run is not None and run.tag == qn("w:r"):
        said = "".join(map(_said, run))
        is_mark = styles.is_raised(run.find(qn("w:rPr"))) or not said.strip().isalnum()
        following = list(run) if len(said.strip()) <= 3 and is_mark else []
    written = "".join(map(_said, following)).strip()
    for one in following:
        one.getparent().remove(one)
    return written


def _said(element: Any) -> str:
    return element.text or "" if element.tag == qn("w:t") else _sign(element)


_SIGNS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


def _sign(element: Any) -> str:
    """What an element of a run stands for that is no text."""
    if element.tag == qn("w:sym"):
        code, font = element.get(qn("w:char"), ""), element.get(qn("w:font"), "")
        return _of_font(font, chr(int(code, 16))) if re.fullmatch("[0-9A-Fa-f]{1,4}", code) else ""
    space, _, name = str(element.tag).rpartition("}")
    return _SIGNS.get(name, "") if f"{space}}}" == qn("w:") else ""


_OF_A_FONT = re.compile("[\uf000-\uf0ff]")


def _in_font(run: Any, text: str) -> str:
    """Text in which a font's own characters are those that it shows."""
    if not _OF_A_FONT.search(text):
        return text
    fonts = run.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")
    font = "" if fonts is None else fonts.get(qn("w:ascii")) or fonts.get(qn("w:hAnsi")) or ""
    return _OF_A_FONT.sub(lambda found: _of_font(font, found[0]), text)


_SYMBOL = dict(
    zip(
        "ABCDEFGHIKLMNOPQRSTUWXYZabcdefghijklmnopqrstuwxyz"
        "\xa3\xb3\xb1\xb0\xb7\xb9\xbb\xa5\xae\xac\xb4\xb8\xb2\xa2\xd2\xd3\xd4-",
        "ΑΒΧΔΕΦΓΗΙΚΛΜΝΟΠΘΡΣΤΥΩΞΨΖαβχδεφγηιϕκλμνοπθρστυωξψζ≤≥±°•≠≈∞→←×÷″′®©™−",
        strict=True,
    )
)
_WINGDINGS = {"\xa8": "☐", "\xfe": "☒", "\xfd": "☒", "\xfc": "✓", "\xe0": "→", "\xa7": "•"}


def _of_font(font: str, character: str) -> str:
    """A character of a symbol font as Unicode has it; an ornament is nothing."""
    code = ord(character)
    bare = chr(code - 0xF000) if 0xF000 <= code <= 0xF0FF else character
    if font.lower() == "symbol":
        return _SYMBOL.get(bare, bare if bare < "\x80" else "")
    if "dings" in font.lower():
        return _WINGDINGS.get(bare, "")
    return bare


def collapsed(marked: Marked) -> Marked:
    """With white space collapsed."""
    return plain(marked[0]), marked[1]


def plain(text: str) -> str:
    """With white space collapsed."""
    return " ".join(text.split())


# Notes ------------------------------------------------------------------------


@dataclass
class WordNotes:
    """The notes of a document: texts and printed numbers by kind and id, and remarks."""

    texts: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def notes_of(package: Package, body: Any, styles: Styles) -> WordNotes:
    """The notes of a document with this body; marks that authors set are taken out of the body."""
    texts: dict[str, str] = {}
    for part in package.parts("footnotes", "endnotes"):
        make_shown(part, styles)
        for note in part.iter(qn("w:footnote"), qn("w:endnote")):
            if note.get(qn("w:type"), "normal") == "normal":  # not a separator
                said = (plain(text_of(p, styles)[0]) for p in note.iter(qn("w:p")))
                name = f"{etree.QName(note).localname} {note.get(qn('w:id'))}"
                texts[name] = " ".join(filter(None, said))
    settings = next(package.parts("settings"), None)
    numbers, remarks = note_numbers(body, settings)
    for mark in filter(is_custom, list(body.iter(*NOTES))):
        name = f"{NOTES[mark.tag]} {mark.get(qn('w:id'))}"
        written = _take_custom_mark(mark, styles)
        numbers[name] = written or "*"
        texts[name] = texts.get(name, "").removeprefix(written).strip()
    return WordNotes(texts, numbers, remarks)


def in_order(pieces: Sequence[Piece], found: WordNotes) -> tuple[list[Piece], tuple[Note, ...]]:
    """Pieces and notes by their printed numbers, in the order of the marks.

    The number of an endnote begins with e where a footnote has the same; a number that comes
    again, as in the next section, is 1-2. A note without a mark is not printed and not read.
    """
    footnotes = {said for name, said in found.numbers.items() if name.startswith("footnote")}
    numbers: dict[str, str] = {}
    taken: dict[str, int] = {}
    used: set[str] = set()
    for name in (mark.number for piece in pieces for mark in piece.marks):
        if name not in numbers:
            number = found.numbers.get(name, "?")
            number = f"e{number}" if name.startswith("endnote") and number in footnotes else number
            numbers[name] = number
            while numbers[name] in used:
                taken[number] = taken.get(number, 1) + 1
                numbers[name] = f"{number}-{taken[number]}"
            used.add(numbers[name])
    numbered = [
        replace(piece, marks=tuple(replace(m, number=numbers[m.number]) for m in piece.marks))
        for piece in pieces
    ]
    notes = (
        Note(number, found.texts[name]) for name, number in numbers.items() if found.texts.get(name)
    )
    return numbered, tuple(notes)
