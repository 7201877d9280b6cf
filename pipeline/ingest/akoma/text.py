"""The pieces of text of an Akoma Ntoso file in document order, each with what the markup says.

Nothing is judged here but what is text and what is not; numbering and roles come later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from lxml import etree

from pipeline.ingest.reading import Note, NoteMark

Region = Literal["preamble", "body", "annex"]
OUTSIDE = frozenset({"meta", "coverPage", "preface"})
"""Elements that hold no text of the document's body."""

_HEADINGS = frozenset({"heading", "subheading", "block", "docTitle"})
_TEXTS = frozenset({"p", "listIntroduction", "crossHeading", "heading", "subheading", "block"})
_NUMBERED = frozenset({"paragraph", "point", "item", "section"})
_HEADING_STYLES = ("H1", "HCh", "H23", "H4", "H56", "BLUEHeading")
_LONGEST_HEADING = 40
_NO_LETTERS = re.compile(r"\W+")
_NOTE_PLACE = "\ue000"


@dataclass(frozen=True, slots=True)
class Mark:
    """A printed number, ``2.`` or ``(a)``, before the text that it numbers.

    Attributes:
        printed: white space collapsed.
        depth: list levels above it; 0 for the number of a paragraph.
        alone: nothing else stands in its paragraph, or it opens a section: "II" between two parts.
        style: the class of its paragraph.
    """

    printed: str
    region: Region
    depth: int = 0
    alone: bool = False
    style: str = ""


@dataclass(frozen=True, slots=True)
class TextPiece:
    """The text of one ``p``, heading or table cell paragraph, white space collapsed.

    Attributes:
        tag: name of the element; ``docTitle`` for a ``p`` that holds one.
        style: the class of the paragraph that holds it.
        depth: list levels above the paragraph or point that holds it.
        numbered: that paragraph or point has a number of its own.
        bold: the whole text stands in bold.
        italic: the whole text stands in italics or is underlined.
        in_table: it stands in a table cell.
        source_index: see `pipeline.ingest.reading.Block`.
        notes: footnotes taken out of it; the number is the printed marker.
        marks: where these stood; same order as ``notes``.
    """

    text: str
    region: Region
    tag: str
    style: str = ""
    depth: int = 0
    numbered: bool = False
    bold: bool = False
    italic: bool = False
    in_table: bool = False
    source_index: int | None = None
    notes: tuple[Note, ...] = ()
    marks: tuple[NoteMark, ...] = ()

    @property
    def is_heading(self) -> bool:
        """The markup calls it a heading, or it is a short text in bold that stands alone."""
        if self.in_table or len(self.text.split()) > _LONGEST_HEADING:
            return False
        styled = self.style.startswith(_HEADING_STYLES)
        return self.tag in _HEADINGS or styled or (self.bold and not self.text.endswith(";"))


def local_name(element: etree._Element) -> str:
    """The name of an element without its namespace; empty for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def collapse(text: str) -> str:
    """Text with each run of white space (no-break spaces too) made one space."""
    return " ".join(text.split())


def text_of(element: etree._Element) -> str:
    """All text inside an element, white space collapsed."""
    return collapse(_raw(element))


def _raw(element: etree._Element) -> str:
    return "".join(str(part) for part in element.itertext())


def pieces(root: etree._Element) -> Iterator[Mark | TextPiece]:
    """Walk a ``statement`` element; every word outside `OUTSIDE` comes out exactly once."""
    yield from _Walk().element(root, _Place())


@dataclass(frozen=True, slots=True)
class _Place:
    """What is known from the elements above.

    ``level`` counts the lists; ``depth`` is the level of the paragraph or point that holds the
    text, so that the opening of a list belongs to its paragraph and not to its points.
    """

    region: Region = "body"
    style: str = ""
    level: int = 0
    depth: int = 0
    numbered: bool = False
    in_table: bool = False


class _Walk:
    def __init__(self) -> None:
        self._paragraphs = 0

    def element(self, element: etree._Element, place: _Place) -> Iterator[Mark | TextPiece]:
        name = local_name(element)
        if name in OUTSIDE or not name:
            return
        if name == "num":
            yield from _number(element, place)
        elif name in _TEXTS:
            yield from self._text(element, name, place)
        else:
            yield from self._inside(element, name, place)

    def _inside(
        self, element: etree._Element, name: str, place: _Place
    ) -> Iterator[Mark | TextPiece]:
        inner = _place_inside(element, name, place)
        yield from _loose(element.text, inner)
        for child in element:
            yield from self.element(child, inner)
            yield from _loose(child.tail, inner)

    def _text(self, element: etree._Element, name: str, place: _Place) -> Iterator[TextPiece]:
        if name == "p":
            self._paragraphs += 1
        text, notes, marks = _text_and_notes(element)
        if text:
            yield TextPiece(
                text,
                place.region,
                name if element.find("{*}docTitle") is None else "docTitle",
                style=place.style,
                depth=place.depth,
                numbered=place.numbered,
                bold=_is_styled(element, text, "bold"),
                italic=_is_styled(element, text, "italic", "underline"),
                in_table=place.in_table,
                source_index=self._paragraphs if name == "p" else None,
                notes=notes,
                marks=marks,
            )


def _loose(text: str | None, place: _Place) -> Iterator[TextPiece]:
    """Text that stands where none should: files that are not well-formed have some."""
    if text and text.strip():
        yield TextPiece(
            collapse(text), place.region, "loose", place.style, place.depth, place.numbered
        )


def _number(element: etree._Element, place: _Place) -> Iterator[Mark]:
    printed = text_of(element)
    parent = element.getparent()
    if not printed or parent is None:
        return
    others = [child for child in parent if child is not element and local_name(child)]
    in_section = local_name(parent) == "section"
    style = "section" if in_section else place.style
    yield Mark(printed, place.region, place.depth, in_section or not others, style)


def _place_inside(element: etree._Element, name: str, place: _Place) -> _Place:
    if name in ("preamble", "attachments"):
        return replace(place, region="preamble" if name == "preamble" else "annex")
    if name in ("list", "sublist", "blockList"):
        return replace(place, level=place.level + 1)
    if name == "table":
        return replace(place, in_table=True)
    if name not in _NUMBERED:
        return place
    numbered = element.find("{*}num") is not None
    if name in ("paragraph", "section"):
        style = element.get("class", "")
        return replace(
            place, style=style, level=0, depth=0, numbered=numbered and name != "section"
        )
    level = max(place.level, 1)
    return replace(place, level=level, depth=level, numbered=numbered)


def _text_and_notes(
    element: etree._Element,
) -> tuple[str, tuple[Note, ...], tuple[NoteMark, ...]]:
    found: list[etree._Element] = []
    parts = "".join(_strings(element, found)).split(_NOTE_PLACE)
    marks = tuple(
        NoteMark(_marker(note), len(collapse("".join(parts[:count]))))
        for count, note in enumerate(found, start=1)
    )
    notes = tuple(Note(_marker(note), text_of(note)) for note in found)
    return collapse("".join(parts)), notes, marks


def _marker(note: etree._Element) -> str:
    return collapse(note.get("marker", "")) or "*"


def _strings(element: etree._Element, notes: list[etree._Element]) -> Iterator[str]:
    if local_name(element) == "authorialNote":
        notes.append(element)
        yield _NOTE_PLACE
        return
    if isinstance(element.tag, str):
        yield element.text or ""
        for child in element:
            yield from _strings(child, notes)
            yield child.tail or ""


def _is_styled(element: etree._Element, text: str, *styles: str) -> bool:
    """Does every letter of the text stand in a span of one of the styles?"""
    spans = [child for child in element if local_name(child) == "span"]
    styled = "".join(_raw(span) for span in spans if set(styles) & set(_classes(span)))
    return bool(styled.strip()) and _NO_LETTERS.sub("", styled) == _NO_LETTERS.sub("", text)


def _classes(element: etree._Element) -> list[str]:
    return element.get("class", "").split()
