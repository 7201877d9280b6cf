"""The package that a Word file is: its parts, found by relationship, as Word shows them.

A part is parsed and brought to one form before anybody reads it: transitional names for strict
ones, one branch of each alternative, tracked changes accepted, content controls opened, and no
hidden text, codes of fields or table of contents. The parts of the zip are counted and measured
before anything is unpacked, and nothing outside it is ever opened.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any, Protocol
from urllib.parse import unquote

from lxml import etree

from pipeline.ingest.reading import UnreadableError
from pipeline.run.settings import IngestSettings

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_M = "http://schemas.openxmlformats.org/officeDocument/2006/math"
_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_STRICT = {
    "http://purl.oclc.org/ooxml/wordprocessingml/main": _W,
    "http://purl.oclc.org/ooxml/officeDocument/relationships": _R,
    "http://purl.oclc.org/ooxml/officeDocument/math": _M,
}
_PREFIXES = {"w": _W, "r": _R, "m": _M, "mc": _MC}

_MAIN = "word/document.xml"  # where nothing says its name
_OLD_OR_ENCRYPTED = b"\xd0\xcf\x11\xe0"
_MAX_RATIO = 200  # a part that unpacks to more than this many times its size is a bomb
_SMALL = 1_000_000  # bytes; the ratio of smaller parts says nothing


@cache
def qn(name: str) -> str:
    """The full name of an element or attribute: qn("w:p")."""
    prefix, _, local = name.partition(":")
    return f"{{{_PREFIXES[prefix]}}}{local}"


def value_of(parent: Any, path: str) -> str | None:
    """The w:val of the first element at a path of names below one; None when there is none."""
    found = parent.find(_full(path)) if parent is not None else None
    return None if found is None else str(found.get(qn("w:val"), ""))


@cache
def _full(path: str) -> str:
    return "/".join(map(qn, path.split("/")))


def is_on(parent: Any, path: str) -> bool | None:
    """Is a switch below an element on? None when it is not there."""
    said = value_of(parent, path)
    return None if said is None else said not in ("0", "false", "off", "none")


@dataclass(frozen=True, slots=True)
class Target:
    """What a relationship points to: a part of the package, or nothing that is in it."""

    kind: str  # the last word of its type, such as footnotes
    name: str  # of the part; empty when it lies elsewhere or is missing


class Package:
    """The parts of one file."""

    def __init__(self, content: bytes, settings: IngestSettings) -> None:
        """Open a file.

        Raises:
            UnreadableError: no package, encrypted, a zip bomb, or not a document of Word.
        """
        _check(content, settings)
        self._zip = zipfile.ZipFile(BytesIO(content))
        self._names = {_plain(name): name for name in self._zip.namelist()}
        roots = self.targets("").values()
        named = next((one.name for one in roots if one.kind == "officedocument" and one.name), "")
        self.main = named or (_MAIN if _MAIN in self._names else "")
        if not self.main:
            raise UnreadableError("is not a Word file (it has no word/document.xml)")

    def bytes_of(self, name: str) -> bytes:
        """A part's content."""
        return self._zip.read(self._names[name])

    def root_of(self, name: str) -> Any:
        """A part's XML, nothing resolved and nothing fetched, in transitional names."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
        root = etree.fromstring(self.bytes_of(name), parser)
        if any(space in _STRICT for space in root.nsmap.values()):
            _make_transitional(root)
        return root

    def targets(self, name: str) -> dict[str, Target]:
        """The relationships of a part by their id; of the package itself for an empty name."""
        folder, file = posixpath.split(name)
        where = posixpath.join(folder, "_rels", f"{file}.rels")
        if where not in self._names:
            return {}
        found = {}
        for one in self.root_of(where).iter("{*}Relationship"):
            kind = str(one.get("Type", "")).rpartition("/")[2].lower()
            inside = one.get("TargetMode", "").lower() != "external"
            path = _plain(posixpath.join("/", folder, one.get("Target", "")))
            found[one.get("Id", "")] = Target(kind, path if inside and path in self._names else "")
        return found

    def parts(self, *kinds: str) -> Iterator[Any]:
        """The XML of the parts to which the main part relates in one of these ways."""
        for target in self.targets(self.main).values():
            if target.kind in kinds and target.name:
                yield self.root_of(target.name)


def _plain(name: str) -> str:
    """A part's name as names are compared: no first slash, no dots, no capitals."""
    return posixpath.normpath("/" + unquote(name).replace("\\", "/")).lstrip("/").lower()


def _check(content: bytes, settings: IngestSettings) -> None:
    if content.startswith(_OLD_OR_ENCRYPTED):
        raise UnreadableError("is encrypted or in the old .doc format; save it as .docx")
    if content.lstrip().startswith(b"{\\rtf"):
        raise UnreadableError("is not a Word file but RTF; open it and save it as .docx")
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
    if any(p.file_size > _SMALL and p.file_size > _MAX_RATIO * p.compress_size for p in parts):
        raise UnreadableError("packs a part that unpacks to 200 times its size: a zip bomb?")


def _make_transitional(root: Any) -> None:
    for element in root.iter(etree.Element):
        element.tag = _transitional(element.tag)
        for name, value in list(element.attrib.items()):
            if (other := _transitional(name)) != name:
                del element.attrib[name]
                element.set(other, value)


def _transitional(name: str) -> str:
    space, brace, local = name[1:].rpartition("}") if name[:1] == "{" else ("", "", name)
    return f"{{{_STRICT[space]}}}{local}" if brace and space in _STRICT else name


# What Word shows of a part ---------------------------------------------------------------------

_LEFT_OUT = {
    qn(f"w:{name}")
    for name in (
        "del moveFrom pPrChange rPrChange sectPrChange tblPrChange tblGridChange tcPrChange"
        " trPrChange tblPrExChange numberingChange ffData rt annotationRef"
    ).split()
}
_OPENED = {
    qn(f"w:{name}")
    for name in "sdt sdtContent customXml smartTag ins moveTo hyperlink fldSimple dir bdo".split()
}
_PROPERTIES = {
    qn(f"w:{name}") for name in "sdtPr sdtEndPr customXmlPr smartTagPr rPr trPr numPr".split()
}
_MARKS = (qn("w:del"), qn("w:moveFrom"))  # in properties: of a paragraph's end, or of a row
_NOTES = (qn("w:footnoteReference"), qn("w:endnoteReference"))
_WORDS = (qn("w:t"), qn("w:sym"), qn("m:t"))
_AFTER = (qn("w:p"), qn("w:tbl"), qn("w:altChunk"), qn("w:sectPr"))


class Look(Protocol):
    """What the styles of a document say of runs."""

    def hides(self, run: Any, paragraph: Any) -> bool:
        """Do the properties of a run, in a paragraph with these, hide it?"""
        ...

    def asks(self, run: Any) -> bool:
        """Do they show it as the request of an empty form field?"""
        ...


def make_shown(root: Any, look: Look) -> None:
    """Bring a part to what Word shows of it with all changes accepted."""
    for either in list(root.iter(qn("mc:AlternateContent"))):
        _choose(either)
    _leave_out_marked(root)
    _leave_out_requests(root, look)
    _open(root)
    _leave_out_codes(root)
    for run in list(root.iter(qn("w:r"))):
        holder = next(run.iterancestors(qn("w:p")), None)
        properties = None if holder is None else holder.find(qn("w:pPr"))
        if look.hides(run.find(qn("w:rPr")), properties):
            _remove(run)
    for paragraph in list(root.iter(qn("w:p"))):
        _join_on(paragraph, look)


def _choose(either: Any) -> None:
    """One branch of an alternative: the first with words, or else the first."""
    branches = list(either)
    chosen = next((one for one in branches if _has_words([one])), None)
    _replace(either, list(branches[0] if chosen is None else chosen) if branches else [])


def _has_words(elements: Iterable[Any]) -> bool:
    return any(t.text or t.tag == qn("w:sym") for one in elements for t in one.iter(*_WORDS))


def _leave_out_marked(root: Any) -> None:
    """Take out deleted runs, rows and cells, hidden rows, old properties, table of contents."""
    for element in list(root.iter(*_LEFT_OUT)):
        if element.tag not in _MARKS or element.getparent().tag not in _PROPERTIES:
            _remove(element)
    for row in list(root.iter(qn("w:tr"))):
        if any(is_on(row, f"w:trPr/w:{name}") for name in ("del", "moveFrom", "hidden")):
            _remove(row)
    for cell in list(root.iter(qn("w:tc"))):
        if is_on(cell, "w:tcPr/w:cellDel"):
            _remove(cell)


def _leave_out_requests(root: Any, look: Look) -> None:
    """Take out tables of contents, and requests such as "Click to enter a date"."""
    for control in list(root.iter(qn("w:sdt"))):
        properties = control.find(qn("w:sdtPr"))
        galleries = () if properties is None else properties.iter(qn("w:docPartGallery"))
        if any(one.get(qn("w:val")) == "Table of Contents" for one in galleries):
            _remove(control)
        elif is_on(properties, "w:showingPlcHdr"):
            for run in list(control.iter(qn("w:r"))):
                if look.asks(run.find(qn("w:rPr"))):
                    _remove(run)


def _open(root: Any) -> None:
    """Put what content controls, insertions and links hold in their place."""
    for element in reversed(list(root.iter(*_OPENED))):
        parent = element.getparent()
        if parent is not None and parent.tag not in _PROPERTIES:
            _replace(element, [one for one in element if one.tag not in _PROPERTIES])


def _leave_out_codes(root: Any) -> None:
    """Take out the codes of fields, with the results of fields that stand in a code."""
    inside: list[bool] = []  # of each open field: are we still in its code?
    marks = list(root.iter(qn("w:fldChar"), qn("w:instrText"), *_NOTES, *_WORDS))
    closed = _closed_fields(marks)
    for element in marks:
        kind = element.get(qn("w:fldCharType"))
        if kind == "begin" and element in closed:
            inside.append(True)
        elif kind == "separate" and inside:
            inside[-1] = False
        elif kind == "end" and inside:
            inside.pop()
        elif element.tag == qn("w:instrText") or (any(inside) and kind is None):
            _remove(element)


def _closed_fields(marks: Iterable[Any]) -> set[Any]:
    """The beginnings of fields that end; a field left open would take in all that follows."""
    begun: list[Any] = []
    closed = set()
    for element in marks:
        kind = element.get(qn("w:fldCharType"))
        if kind == "begin":
            begun.append(element)
        elif kind == "end" and begun:
            closed.add(begun.pop())
    return closed


def _join_on(paragraph: Any, look: Look) -> None:
    """A paragraph whose mark is deleted or hidden goes on in the next, which keeps its form.

    So does an initial that is set large over several lines.
    """
    properties = paragraph.find(qn("w:pPr"))
    mark = None if properties is None else properties.find(qn("w:rPr"))
    frame = None if properties is None else properties.find(qn("w:framePr"))
    initial = frame is not None and frame.get(qn("w:dropCap"), "none") != "none"
    deleted = is_on(mark, "w:del") or is_on(mark, "w:moveFrom")
    hidden = look.hides(mark, properties) and not is_on(mark, "w:specVanish")
    if not (initial or deleted or hidden):
        return
    runs = [one for one in paragraph if one is not properties]
    following = next(paragraph.itersiblings(*_AFTER), None)
    ends_section = properties is not None and properties.find(qn("w:sectPr")) is not None
    if following is None or ends_section:
        return
    if following.tag == qn("w:p"):
        place = 0 if following.find(qn("w:pPr")) is None else 1
        following[place:place] = runs
        _remove(paragraph)
    elif not _has_words(runs):
        _remove(paragraph)


def _remove(element: Any) -> None:
    if element.getparent() is not None:
        element.getparent().remove(element)


def _replace(element: Any, others: list[Any]) -> None:
    parent = element.getparent()
    place = parent.index(element)
    parent[place : place + 1] = others
