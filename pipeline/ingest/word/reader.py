"""Word files (.docx): text, headings, automatic numbers, tables, notes, and what is inserted.

What Word would print is read, as numbered there: all changes accepted, without comments. The
package, and what of it Word shows, is in package.py; how Word counts in numbering.py.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from typing import Any

from lxml import etree

from pipeline.ingest.identity import date_of, first_symbol
from pipeline.ingest.reading import Block, Reading, UnreadableError
from pipeline.ingest.text.html import read_html
from pipeline.ingest.text.outline import ANNEX, CELL, Piece, blocks_from
from pipeline.ingest.text.plain import read_plain_text
from pipeline.ingest.word.numbering import CONTENTS, QUOTATIONS, Lists, Styles, cited
from pipeline.ingest.word.package import Package, Target, is_on, make_shown, qn
from pipeline.ingest.word.runs import (
    Marked,
    WordNotes,
    collapsed,
    in_order,
    joined,
    notes_of,
    plain,
    text_of,
    within,
)
from pipeline.run.settings import IngestSettings
from pipeline.run.wording import Role

_BROKEN = (  # what zipfile and lxml raise on a damaged package or on parts it lacks
    zipfile.BadZipFile,
    zlib.error,
    etree.LxmlError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)
_CHUNK = "afchunk"  # the kind of an inserted part
_HEAD = 20  # elements in which a masthead stands
_COUNTS = re.compile(r"\s*(?:AUTONUM(?:LGL|OUT)?|LISTNUM)\b")
_NO_TITLE = re.compile(
    r"(?:microsoft )?word(?: document| - .*)?|(?:untitled|blank|document|title|new document)"
    r"[ \d]*|.*\.(?:docx?|dotx?|rtf|pdf)",
    re.IGNORECASE,
)
"""Titles that programs give to a file of which they know nothing."""


@dataclass
class _Word:
    """A document that is being read."""

    package: Package
    settings: IngestSettings
    styles: Styles
    lists: Lists
    targets: dict[str, Target]
    inserted_in: bool  # is it a document inside another?
    notes: WordNotes = field(default_factory=WordNotes)
    remarks: list[str] = field(default_factory=list)
    inserted: set[str] = field(default_factory=set)  # parts that were read


def read_word(content: bytes, settings: IngestSettings) -> Reading:
    """Read a .docx file.

    Raises:
        UnreadableError: not a .docx, broken, encrypted, a zip bomb, or without text.
    """
    return _read(content, settings, inserted_in=False)


def _read(content: bytes, settings: IngestSettings, *, inserted_in: bool) -> Reading:
    try:
        package = Package(content, settings)
        styles = Styles(package)
        word = _Word(
            package, settings, styles, Lists(package, styles), package.targets(package.main),
            inserted_in,
        )  # fmt: skip
        body = _body(word)
        lines = _masthead(word, body)
        pieces, notes = in_order(list(_pieces(word, body)), word.notes)
        title = _title(word, body)
    except _BROKEN:
        raise UnreadableError("is a broken Word file; save it again") from None
    blocks = blocks_from(pieces)
    remarks = tuple(dict.fromkeys(word.remarks))
    if not blocks:
        raise UnreadableError("; ".join(["is a Word file without text", *remarks]))
    groups = [*lines, [piece.text for piece in pieces[:_HEAD]]]
    symbol, day, doubt = _identity(groups)
    return Reading(blocks, notes, symbol, title, day, (*remarks, *doubt))


def _body(word: _Word) -> Any:
    """The body as it is shown; the notes are read and numbered."""
    root = word.package.root_of(word.package.main)
    if any(_COUNTS.match(code.text or "") for code in root.iter(qn("w:instrText"))):
        word.remarks.append("numbers set by fields (AUTONUM, LISTNUM) are not in the file")
    make_shown(root, word.styles)
    body = root.find(qn("w:body"))
    if body is None:
        raise UnreadableError("is not a Word file (its main part is no document)")
    if next(body.iter(qn("w:subDoc")), None) is not None:
        word.remarks.append("holds subdocuments, which lie in other files and are not read")
    word.notes = notes_of(word.package, body, word.styles)
    word.remarks += word.notes.remarks
    return body


# Symbol, date and title ------------------------------------------------------------------------


def _masthead(word: _Word, body: Any) -> list[list[str]]:
    """The lines of the page headers and footers that are printed, and those of the first page."""
    settings = next(word.package.parts("settings"), None)
    both_sides = bool(is_on(settings, "w:evenAndOddHeaders"))
    named: dict[str, None] = {}
    for section in body.iter(qn("w:sectPr")):
        shown = {"first": is_on(section, "w:titlePg"), "even": both_sides, "default": True}
        for kind in ("first", "default", "even"):
            for one in section.iter(qn("w:headerReference"), qn("w:footerReference")):
                target = word.targets.get(one.get(qn("r:id"), ""))
                if one.get(qn("w:type"), "default") == kind and shown[kind] and target:
                    named[target.name] = None
    lines: list[str] = []
    for name in filter(None, named):
        root = word.package.root_of(name)
        make_shown(root, word.styles)
        lines += _lines(word, root)
    opening = [line for element in list(body)[:_HEAD] for line in _lines(word, element)]
    return [lines, opening]


def _lines(word: _Word, element: Any) -> list[str]:
    paragraphs = (text_of(p, word.styles)[0] for p in element.iter(qn("w:p")))
    return [line for text in paragraphs for line in text.split("\n") if line.strip()]


def _identity(groups: Sequence[list[str]]) -> tuple[str, Any, list[str]]:
    """Symbol and date of the first group of lines that says them, and a remark on a difference."""
    said = [first_symbol(lines) for lines in groups]
    symbol = next(filter(None, said), "")
    if not symbol:
        return "", None, []
    where = said.index(symbol)
    ordered = [groups[where], *groups[:where], *groups[where + 1 :]]
    day = next(filter(None, (date_of("\n".join(lines)) for lines in ordered)), None)
    differs = [other for other in said if other and other != symbol][:1]
    doubt = [f"the page header says {symbol}, the first page {other}" for other in differs]
    return symbol, day, doubt


def _title(word: _Word, body: Any) -> str:
    """What is set in the style Title, else the title in the file's properties."""
    titled: list[str] = []
    for paragraph in body.iter(qn("w:p")):
        if "title" in word.styles.names(paragraph.find(qn("w:pPr")))[:1]:
            titled += filter(None, [plain(text_of(paragraph, word.styles)[0])])
        elif titled:
            break
    if titled:
        return " ".join(titled)
    for target in word.package.targets("").values():
        if target.kind == "core-properties" and target.name:
            named = " ".join((word.package.root_of(target.name).findtext("{*}title") or "").split())
            return "" if _NO_TITLE.fullmatch(named) else named
    return ""


# Text ------------------------------------------------------------------------------------------


def _pieces(word: _Word, parent: Any) -> Iterator[Piece]:
    """Paragraphs, rows of tables and inserted parts in order."""
    for element in parent:
        if element.tag == qn("w:tbl"):
            yield from _table(word, element)
        elif element.tag == qn("w:altChunk"):
            yield from _inserted(word, element)
        elif element.tag == qn("w:p"):
            yield from _paragraph(word, element)
            for box in within(element, qn("w:txbxContent")):
                yield from _pieces(word, box)
            for chunk in within(element, qn("w:altChunk")):
                yield from _inserted(word, chunk)


def _paragraph(word: _Word, paragraph: Any) -> Iterator[Piece]:
    properties = paragraph.find(qn("w:pPr"))
    names = word.styles.names(properties)
    text, marks = collapsed(text_of(paragraph, word.styles))
    level = word.styles.level(properties, text)
    printed, depth = word.lists.next_number(properties, heading=level > 0)
    if not text and ANNEX.fullmatch(printed.rstrip(".")):
        text, printed = printed.rstrip("."), ""
    if not text or CONTENTS.match(names[0] if names else ""):
        return
    level = level or (1 if ANNEX.fullmatch(text) else 0)
    if level and printed:
        text, marks = joined([(printed, ()), (text, marks)], " ")
    role: Role | None = "quotation" if QUOTATIONS.intersection(names) else None
    yield Piece(text, level, "" if level else cited(printed, depth), depth, role, marks)


def _table(word: _Word, table: Any) -> Iterator[Piece]:
    """One piece a row, tables in its cells after it; a frame of one column is read as text.

    A cell merged over several columns counts once.
    """
    rows = [list(row.iterchildren(qn("w:tc"))) for row in table.iterchildren(qn("w:tr"))]
    inner = [[list(_filled(cell)) for cell in row] for row in rows]
    if all(len(row) <= 1 for row in rows) and (
        len(rows) == 1 or any(len(one) > 1 for row in inner for one in row)
    ):
        for cell in (cell for row in rows for cell in row):
            yield from _pieces(word, cell)
        return
    for row in table.iterchildren(qn("w:tr")):
        cells = list(row.iterchildren(qn("w:tc")))
        before = row.find(f"{qn('w:trPr')}/{qn('w:gridBefore')}")
        skipped = "" if before is None else before.get(qn("w:val"), "")
        empty: list[Marked] = [("", ())] * (int(skipped) if skipped.isdecimal() else 0)
        text, marks = joined([*empty[:63], *(_cell(word, cell) for cell in cells)], CELL)
        if text.strip(" |"):
            yield Piece(text, role="annex", marks=marks)
        for nested in (one for cell in cells for one in cell.iterchildren(qn("w:tbl"))):
            yield from _table(word, nested)


def _filled(cell: Any) -> Iterator[Any]:
    """What stands in a cell, without its empty paragraphs."""
    for one in cell.iterchildren(qn("w:p"), qn("w:tbl"), qn("w:altChunk")):
        if one.tag != qn("w:p") or next(one.iter(qn("w:t")), None) is not None:
            yield one


def _cell(word: _Word, cell: Any) -> Marked:
    """The text of a cell and its note marks, tables in it left out."""
    parts: list[Marked] = []
    for element in cell.iterchildren(qn("w:p"), qn("w:altChunk")):
        if element.tag == qn("w:altChunk"):
            parts += [(piece.text, piece.marks) for piece in _inserted(word, element)]
            continue
        printed, _ = word.lists.next_number(element.find(qn("w:pPr")))
        parts += [(printed, ()), collapsed(text_of(element, word.styles))]
        for box in within(element, qn("w:txbxContent")):
            parts += [(piece.text, piece.marks) for piece in _pieces(word, box)]
    return joined([one for one in parts if one[0] or one[1]], " ")


# Notes and inserted parts ------------------------------------------------------------------------


def _inserted(word: _Word, element: Any) -> Iterator[Piece]:
    """What a part holds that Word would insert here: a page, a text or another document."""
    target = word.targets.get(element.get(qn("r:id"), ""))
    name = target.name if target and target.kind == _CHUNK else ""
    if name in word.inserted and name:
        return
    word.inserted.add(name)
    try:
        reading = _inserted_reading(word, word.package.bytes_of(name) if name else b"")
    except UnreadableError as reason:
        where = name.rpartition("/")[2] or "a part that is not in the file"
        fix = "open the file in Word and save it again"
        word.remarks.append(f"the text inserted from {where} {reason}: {fix}")
        return
    word.remarks += reading.remarks
    for note in reading.notes:
        word.notes.texts[f"{name} {note.number}"] = note.text
        word.notes.numbers[f"{name} {note.number}"] = note.number
    for block in reading.blocks:
        marks = tuple(replace(mark, number=f"{name} {mark.number}") for mark in block.marks)
        yield replace(_piece_of(block), marks=marks)


def _inserted_reading(word: _Word, content: bytes) -> Reading:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        content = content.decode("utf-16", "replace").encode()
    beginning = content[:2000].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if beginning.startswith(b"pk") and not word.inserted_in:
        files = sum(target.kind == _CHUNK for target in word.targets.values())
        share = max(1, word.settings.max_unpacked_megabytes // max(4, files))
        limits = word.settings.model_copy(update={"max_unpacked_megabytes": share})
        return _read(content, limits, inserted_in=True)
    if beginning.startswith((b"mime-version", b"content-type", b"from:", b"subject:")):
        return read_html(_page_of(content), word.settings)
    if re.search(rb"<(?:!doctype html|html|head|body|div|p|h[1-6]|table|span)\b", beginning):
        return read_html(content, word.settings)
    if not beginning or beginning.startswith((b"pk", b"{\\rtf", b"\xd0\xcf", b"<")):
        raise UnreadableError("is not read")
    return read_plain_text(content, word.settings)


def _page_of(archive: bytes) -> bytes:
    """The page in a web archive (MHT), as UTF-8 that says so."""
    message = message_from_bytes(archive.removeprefix(b"\xef\xbb\xbf"), policy=policy.default)
    page = next((one for one in message.walk() if one.get_content_type() == "text/html"), None)
    if page is None:
        raise UnreadableError("holds no page")
    return b"\xef\xbb\xbf" + str(page.get_content()).encode()


def _piece_of(block: Block) -> Piece:
    """A block as the piece that it was, so that numbers and sections go on."""
    if block.role == "heading":
        return Piece(block.text, len(block.section) + 1)
    own = block.label.rpartition(", ")[2].split()
    role: Role | None = block.role if block.role in ("annex", "quotation") else None
    return Piece(block.text, 0, own[-1] if own else "", max(0, len(own) - 1), role)
