"""Word files (.docx), by python-docx: text, headings, automatic numbers, tables and footnotes.

Deleted (tracked) text is left out, inserted text is read. The parts of the zip are counted and
measured before anything is unpacked.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph
from lxml import etree

from pipeline.ingest.reading import Note, NoteMark, Reading, UnreadableError, raised
from pipeline.ingest.text.outline import ANNEX, CELL, Piece, blocks_from, date_of, first_symbol
from pipeline.run.kinds import Role
from pipeline.run.settings import IngestSettings

ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list is numbered: its format, its text such as (%1), its first number."""

    form: str
    text: str
    start: int


@dataclass
class ListNumbering:
    """The lists of a document and how far each has been counted."""

    levels: dict[tuple[str, int], _Level] = field(default_factory=dict)
    counts: defaultdict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))

    @classmethod
    def of(cls, document: WordDocument) -> ListNumbering:
        """The lists that the document defines; none where it has no numbering part."""
        numbering = cls()
        try:
            root = document.part.numbering_part.element
        except (KeyError, NotImplementedError):
            return numbering
        abstract = {
            item.get(qn("w:abstractNumId")): item for item in root.iter(qn("w:abstractNum"))
        }
        for number in root.iter(qn("w:num")):
            pointer = number.find(qn("w:abstractNumId"))
            source = abstract.get(pointer.get(qn("w:val"))) if pointer is not None else None
            for level in source.iter(qn("w:lvl")) if source is not None else ():
                key = (number.get(qn("w:numId")), int(level.get(qn("w:ilvl"))))
                numbering.levels[key] = _level_of(level)
        return numbering

    def next_number(self, paragraph: Paragraph) -> tuple[str, int]:
        """The number of this paragraph and its depth; empty for none and for a bullet."""
        place = _place(paragraph)
        level = self.levels.get(place) if place else None
        if place is None or level is None:
            return "", 0
        number_id, depth = place
        counts = self.counts[number_id]
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper in [other for other in counts if other > depth]:
            del counts[deeper]
        if level.form in ("bullet", "none"):
            return "", depth
        return self._written(number_id, level, counts), depth

    def _written(self, number_id: str, level: _Level, counts: dict[int, int]) -> str:
        def value(found: re.Match[str]) -> str:
            at = int(found.group(1)) - 1
            other = self.levels.get((number_id, at), level)
            return _formatted(counts.get(at, other.start), other.form)

        return re.sub(r"%(\d)", value, level.text).strip()


def _level_of(level: Any) -> _Level:
    def value(name: str, default: str) -> str:
        found = level.find(qn(name))
        return default if found is None else str(found.get(qn("w:val"), default))

    start = value("w:start", "1")
    return _Level(
        value("w:numFmt", "decimal"),
        value("w:lvlText", ""),
        int(start) if start.isdigit() else 1,
    )


def _place(paragraph: Paragraph) -> tuple[str, int] | None:
    """List and level of a paragraph, its own or its style's."""
    styles = [paragraph.style] if paragraph.style is not None else []
    for holder in (paragraph._p.pPr, *(style.element.pPr for style in styles)):
        number = holder.find(qn("w:numPr")) if holder is not None else None
        if number is None:
            continue
        identity, level = number.find(qn("w:numId")), number.find(qn("w:ilvl"))
        if identity is None or identity.get(qn("w:val")) == "0":
            return None
        return identity.get(qn("w:val")), int(level.get(qn("w:val"))) if level is not None else 0
    return None


def _formatted(number: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter") and 1 <= number <= 702:
        repeats, letter = divmod(number - 1, 26)
        text = chr(97 + letter) * (repeats + 1)
    elif form in ("lowerRoman", "upperRoman") and 1 <= number < 40:
        text, rest = "", number
        for value, numeral in ROMAN:
            text += numeral * (rest // value)
            rest %= value
    else:
        return str(number)
    return text.upper() if form.startswith("upper") else text


OLD_OR_ENCRYPTED = b"\xd0\xcf\x11\xe0"
MAX_RATIO = 200  # a part that unpacks to more than this many times its size is a bomb
SMALL = 1_000_000  # bytes; the ratio of smaller parts says nothing
SKIPPED = {
    *(qn(f"w:{name}") for name in ("del", "moveFrom", "instrText", "footnoteRef", "endnoteRef"))
}
QUOTATIONS = {"quote", "intense quote", "block text", "quotations", "block quotation"}
"""Styles of block quotations: Word's two, its older one, LibreOffice's, and a common one."""
WRAPPERS = {qn("w:sdt"), qn("w:sdtContent"), qn("w:customXml")}
BROKEN = (  # what python-docx and zipfile raise on a damaged package or on parts it lacks
    PackageNotFoundError,
    zipfile.BadZipFile,
    zlib.error,
    etree.LxmlError,
    AttributeError,
    EOFError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
NOTE_PARTS = {qn("w:footnoteReference"): "footnote", qn("w:endnoteReference"): "endnote"}
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


def read_word(content: bytes, settings: IngestSettings) -> Reading:
    """Read a .docx file.

    Raises:
        UnreadableError: not a .docx, broken, encrypted, a zip bomb, or without text.
    """
    _check_parts(content, settings)
    try:
        document = Document(BytesIO(content))
        pieces = list(_pieces(document))
        pieces, notes = _in_order(pieces, _notes(document))
        title = _title(document)
    except BROKEN:
        raise UnreadableError("is a broken Word file; save it again") from None
    blocks = blocks_from(pieces)
    if not blocks:
        raise UnreadableError("is a Word file without text")
    head = [piece.text for piece in pieces[:20]]
    symbol = first_symbol(head)
    return Reading(
        blocks,
        notes,
        symbol=symbol,
        title=title,
        date=date_of("\n".join(head)) if symbol else None,
    )


def _check_parts(content: bytes, settings: IngestSettings) -> None:
    if content.startswith(OLD_OR_ENCRYPTED):
        raise UnreadableError("is encrypted or in the old .doc format; save it as .docx")
    try:
        parts = zipfile.ZipFile(BytesIO(content)).infolist()
    except zipfile.BadZipFile:
        raise UnreadableError("is not a Word file") from None
    if len(parts) > settings.max_entries:
        raise UnreadableError(f"packs {len(parts)} files; ingest.max_entries is lower")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > settings.max_unpacked_megabytes * 1_000_000:
        raise UnreadableError(
            f"unpacks to {unpacked / 1_000_000:.0f} MB, "
            "more than ingest.max_unpacked_megabytes: a zip bomb?"
        )
    if any(p.file_size > SMALL and p.file_size > MAX_RATIO * p.compress_size for p in parts):
        raise UnreadableError("packs a part that unpacks to 200 times its size: a zip bomb?")
    if not any(part.filename == "word/document.xml" for part in parts):
        raise UnreadableError("is not a Word file (it has no word/document.xml)")


def _title(document: WordDocument) -> str:
    """The title in the file's properties, else the first paragraph in the style Title."""
    named = document.core_properties.title or ""
    titled = (p.text for p in document.paragraphs if _style(p) == "title" and p.text.strip())
    return " ".join((named or next(titled, "")).split())


def _style(paragraph: Paragraph) -> str:
    style = paragraph.style
    return (style.name or "").lower() if style is not None else ""


def _pieces(document: WordDocument) -> Iterator[Piece]:
    numbering = ListNumbering.of(document)
    body = document._body
    for element in _of_body(body._element):
        item = Table(element, body) if element.tag == qn("w:tbl") else Paragraph(element, body)
        if isinstance(item, Table):
            yield from _rows(item)
            continue
        text, marks = _text(item._p)
        level = _level(_style(item)) or (1 if ANNEX.fullmatch(text) else 0)
        number, depth = numbering.next_number(item)
        if level and number:
            text, number = f"{number} {text}", ""
        if text:
            role: Role | None = "quotation" if _style(item) in QUOTATIONS else None
            yield Piece(text, level, number, depth, role, marks)


def _of_body(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables in order, those in content controls too, but no table of contents."""
    for element in parent:
        if element.tag in (qn("w:p"), qn("w:tbl")):
            yield element
            for frame in _frames(element) if element.tag == qn("w:p") else ():
                yield from _of_body(frame)
        elif element.tag in WRAPPERS and not _is_contents(element):
            yield from _of_body(element)


def _frames(paragraph: Any) -> Iterator[Any]:
    """Text boxes that are anchored in a paragraph; those of a fallback say the same again."""
    walker = etree.iterwalk(paragraph, events=("start",))
    for _, element in walker:
        if element.tag in SKIPPED or element.tag == FALLBACK:
            walker.skip_subtree()
        elif element.tag == qn("w:txbxContent"):
            walker.skip_subtree()  # boxes within it are found when its paragraphs are read
            yield element


def _is_contents(element: Any) -> bool:
    gallery = next(element.iterfind(f"{qn('w:sdtPr')}//{qn('w:docPartGallery')}"), None)
    return gallery is not None and gallery.get(qn("w:val")) == "Table of Contents"


def _level(style: str) -> int:
    found = re.fullmatch(r"heading (\d)", style)
    return int(found.group(1)) if found else 1 if style == "title" else 0


def _rows(table: Table) -> Iterator[Piece]:
    """One piece a row; a cell merged over several columns counts once."""
    for row in table._tbl.tr_lst:
        cells = [" ".join(_text(p)[0] for p in cell.iter(qn("w:p"))) for cell in row.tc_lst]
        text = CELL.join(" ".join(cell.split()) for cell in cells)
        if text.strip(" |"):
            yield Piece(text, role="annex")


def _text(paragraph: Any) -> tuple[str, tuple[NoteMark, ...]]:
    """The text of a w:p element and its footnote marks."""
    text = ""
    marks: list[NoteMark] = []
    for element in _kept(paragraph):
        if element.tag == qn("w:t"):
            written = element.text or ""
            text += raised(written) if written.isdigit() and _is_raised(element) else written
        elif element.tag in (qn("w:tab"), qn("w:br"), qn("w:cr")):
            text += " "
        elif element.tag == qn("w:noBreakHyphen"):
            text += "-"
        elif element.tag in (qn("w:footnoteReference"), qn("w:endnoteReference")):
            name = f"{NOTE_PARTS[element.tag]} {element.get(qn('w:id'))}"
            marks.append(NoteMark(name, len(" ".join(text.split()))))
    return " ".join(text.split()), tuple(marks)


def _kept(paragraph: Any) -> Iterator[Any]:
    """Descendants in order, without deleted text, field codes, fallbacks and nested paragraphs."""
    walker = etree.iterwalk(paragraph, events=("start",))
    for _, element in walker:
        nested = element is not paragraph and element.tag == qn("w:p")
        if nested or element.tag in SKIPPED or element.tag == FALLBACK:
            walker.skip_subtree()
        else:
            yield element


def _is_raised(element: Any) -> bool:
    """Is a text set as a superscript?"""
    place = element.getparent().find(f"{qn('w:rPr')}/{qn('w:vertAlign')}")
    return place is not None and place.get(qn("w:val")) == "superscript"


def _notes(document: WordDocument) -> dict[str, str]:
    """Texts of foot- and endnotes, by part and id."""
    texts: defaultdict[str, str] = defaultdict(str)
    for part in document.part.package.iter_parts():
        name = str(part.partname).rpartition("/")[2].removesuffix("s.xml")
        if name not in NOTE_PARTS.values():
            continue
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        for note in etree.fromstring(part.blob, parser).iter(qn(f"w:{name}")):
            if note.get(qn("w:type")) is None:  # not a separator
                paragraphs = [_text(p)[0] for p in note.iter(qn("w:p"))]
                texts[f"{name} {note.get(qn('w:id'))}"] = " ".join(filter(None, paragraphs))
    return {name: text for name, text in texts.items() if text}


def _in_order(
    pieces: Sequence[Piece], texts: Mapping[str, str]
) -> tuple[list[Piece], tuple[Note, ...]]:
    """Pieces and notes with numbers as Word shows them: by order of the marks, not by id.

    Where a document has both kinds, the number of an endnote begins with e.
    """
    both = len({name.split()[0] for name in texts}) > 1
    numbers: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for name in [*(mark.number for piece in pieces for mark in piece.marks), *texts]:
        if name not in numbers:
            kind = name.split()[0]
            counts[kind] += 1
            numbers[name] = f"{'e' if both and kind == 'endnote' else ''}{counts[kind]}"
    numbered = [
        replace(piece, marks=tuple(replace(m, number=numbers[m.number]) for m in piece.marks))
        for piece in pieces
    ]
    return numbered, tuple(Note(numbers[name], texts[name]) for name in numbers if name in texts)
