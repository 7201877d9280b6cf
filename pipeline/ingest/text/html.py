"""Web pages: their text only, as it is seen (see page.py); nothing is fetched.

A link in raised or bracketed figures to a place further down is the mark of a note, and what stands
there the note; of raised figures without a link outline.py decides what they are.
In the tree that is walked the mark is a text between two private characters, and a third is a line
break: two of them part paragraphs, as does one before a number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import unquote

from lxml import etree
from lxml.html import HtmlElement as Element

from pipeline.ingest.identity import date_of, first_symbol, valid_date
from pipeline.ingest.reading import SUPERSCRIPTS, Note, Reading, UnreadableError, raised
from pipeline.ingest.text.outline import (
    CELL,
    ROMAN,
    Piece,
    blocks_from,
    with_typed_notes,
    without_marks,
)
from pipeline.ingest.text.page import main_parts, parsed, said, tree_of, without_the_unshown
from pipeline.run.settings import IngestSettings
from pipeline.run.wording import Role

INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q s samp"
    " small span strike strong sub sup time tt u var wbr".split()
)
CELLS = ("td", "th")
NOTE = re.compile(r"[\[(]?(\d{1,3}|[a-z]|[ivxl]{2,6}|\*{1,4}|[†‡§]{1,3})[\])]?")
TYPED = re.compile(r"[\[(]?\d{1,3}(?:\s*,\s*\d{1,3})*[\])]?")
REFERENCE = re.compile(r"note-?ref|footnote-?ref|FootnoteReference|EndnoteReference", re.I)
HOLDERS = ("li", "p", "div", "aside", "section", "dd", "td", "tr")
BACK = re.compile(r"[\s↩↵⏎↑^\ufe0e\ufe0f]*")
MARK = re.compile("\ue000([^\ue001]*)\ue001")
DATED = ("citation_publication_date", "citation_date", "dc.date", "dcterms.date", "date")
BREAK = "\ue002"
PARAGRAPHS = re.compile(
    rf"{BREAK}(?:\s*{BREAK})+|{BREAK}\s*(?=\d{{1,3}}\.\s|\([a-z]{{1,3}}\)\s|[-•–]\s|[{SUPERSCRIPTS}])"
)
ROW = 12  # words of a cell of a table with one row
PROSE = 60  # words; a longer cell is text
MARKER = re.compile(r"\(?(?:\d{1,3}|[a-z]{1,3})[.)]|\d{1,3}|[•·–—*-]")


@dataclass
class _Page:
    """What was read so far, and the piece that is open."""

    pieces: list[Piece] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    cells: list[str] | None = None
    lists: list[int | None] = field(default_factory=list)  # next number; None for bullets
    kinds: list[str] = field(default_factory=list)  # 1, a or i, as the list says
    number: str = ""
    level: int = 0
    quoted: int = 0


def read_html(content: bytes, settings: IngestSettings) -> Reading:  # noqa: ARG001
    """Read a web page.

    Raises:
        UnreadableError: the encoding is unknown, it is not HTML, or it has no text.
    """
    root, remarks = parsed(content)
    named = _meta(root, ("citation_title", "dc.title")) or root.findtext(".//title") or ""
    dated = _meta(root, DATED)
    notes = _take_notes(root)
    hidden = without_the_unshown(root)
    parts, around = main_parts(root, named)
    pieces, listed = with_typed_notes([piece for part in parts for piece in _pieces(part)])
    blocks = blocks_from(pieces)
    if not blocks:
        raise UnreadableError("is a web page without text")
    head = [piece.text for piece in pieces[:20]]
    symbol = first_symbol(head)
    day = date_of("\n".join(head)) if symbol else valid_date(dated)
    title = " ".join(named.split())
    return Reading(blocks, (*notes, *listed), symbol, title, day, (*remarks, *hidden, *around))


def pieces_of(text: str) -> list[Piece]:
    """The pieces of a part of a page, such as HTML in Markdown; comments and scripts are none."""
    root = tree_of(text)
    if root is None:
        return []
    without_the_unshown(root)
    return _pieces(root)


def _pieces(part: Element) -> list[Piece]:
    page = _Page()
    for table in list(part.iter("table")):
        _settle(table)
    for event, element in etree.iterwalk(part, events=("start", "end")):
        _start(page, element) if event == "start" else _end(page, element)
    _flush(page)
    return page.pieces


def _meta(root: Element, names: Sequence[str]) -> str:
    """What the head of the page says under the first of these names that it has."""
    said = {
        str(meta.get("name") or meta.get("property")).lower(): meta.get("content") or ""
        for meta in root.iter("meta")
    }
    return next((said[name] for name in names if said.get(name)), "")


def _take_notes(root: Element) -> tuple[Note, ...]:
    """Take the notes out of the page, and put their numbers where the links to them were."""
    places = {element: place for place, element in enumerate(root.iter())}
    named = {element.get(key): element for element in places for key in ("name", "id")}
    holders: dict[Element, str] = {}
    for link in list(root.iter("a")):
        fragment = (link.get("href") or "").partition("#")[2]
        target = named.get(unquote(fragment)) if fragment else None
        number = NOTE.fullmatch(link.text_content().strip())
        if target is None or number is None or not _is_reference(link, number[0]):
            continue
        holder = next((e for e in (target, *target.iterancestors()) if e.tag in HOLDERS), None)
        if holder is not None and places[holder] > places[link]:
            taken = sum(one == number[1] for one in holders.values())
            again = f"{number[1]}-{taken + 1}" if taken else number[1]
            _put_mark(link, holders.setdefault(holder, again))
    for sup in root.iter("sup"):
        if TYPED.fullmatch(said(sup)):
            _put_text(sup, " ".join(map(raised, re.findall(r"\d+", said(sup)))))
    return tuple(Note(number, _note_text(holder)) for holder, number in holders.items())


def _is_reference(link: Element, written: str) -> bool:
    around = [link, *link.iterdescendants(), *list(link.iterancestors())[:2]]
    kinds = " ".join(f"{e.get('class', '')} {e.get('role', '')}" for e in around)
    return (
        any(e.tag == "sup" for e in around)
        or not written.isalnum()
        or REFERENCE.search(kinds) is not None
    )


def _put_mark(link: Element, number: str) -> None:
    _put_text(link, f"\ue000{number}\ue001")


def _put_text(element: Element, text: str) -> None:
    for child in list(element):
        element.remove(child)
    element.text = text


def _note_text(holder: Element) -> str:
    """The text of a note without its number and the links back; it leaves the page."""
    for link in list(holder.iter("a")):
        written = link.text_content().strip()
        if "#" in (link.get("href") or "") and (BACK.fullmatch(written) or NOTE.fullmatch(written)):
            for part in list(link):
                link.remove(part)
            link.text = ""
    text = " ".join(holder.text_content().split())
    holder.drop_tree()
    return re.sub(rf"^(?:\[?\d{{1,3}}\]?[.)]?|[{SUPERSCRIPTS}]+)\s+(?=\S)", "", text)


def _settle(table: Element) -> None:
    """Make what is no table of data, and what lies in a cell of one, a part of the text."""
    rows = [row for row in table.iter("tr") if next(row.iterancestors("table"), None) is table]
    cells = [[cell for cell in row if cell.tag in CELLS] for row in rows]
    inner = [other for other in table.iter("table") if other is not table]
    if _is_data(table, cells, inner):
        parts = [part for other in inner for part in other.iter("table", "tr", *CELLS)]
        for part in parts:
            part.tag = "div"
        return
    for row in cells:
        for cell, beside in pairwise(row):
            if MARKER.fullmatch(said(cell)) and said(beside):
                cell.tag, cell.tail, beside.tag = "span", " ", "span"
    for part in [table, *rows, *(cell for row in cells for cell in row)]:
        part.tag = part.tag if part.tag == "span" else "div"


def _is_data(table: Element, cells: list[list[Element]], inner: list[Element]) -> bool:
    """Does a table say something by its rows and columns, or does it only lay out a page?"""
    role, widest = table.get("role"), max(map(len, cells), default=0)
    if table.tag != "table" or role in ("presentation", "none") or widest < 2:
        return False
    headed = role in ("table", "grid") or any(
        part.getparent() is table for part in table.iter("caption", "thead")
    ) or any(cell.tag == "th" for row in cells for cell in row)  # fmt: skip
    if headed:
        return not inner or len(cells) > 1
    every = [cell for row in cells for cell in row]
    numbered = [row for row in cells if len(row) == 2 and MARKER.fullmatch(said(row[0]))
                and len(said(row[1]).split()) > 5]  # fmt: skip
    if inner or 2 * len(numbered) > len(cells) or any(map(_is_prose, every)):
        return False
    short = all(len(said(cell).split()) <= ROW for cell in every)
    return len(cells) > 1 or short or table.get("border", "0") not in ("0", "")


def _is_prose(cell: Element) -> bool:
    headings = any(True for _ in cell.iter("h1", "h2", "h3", "h4", "h5", "h6", "blockquote"))
    paragraphs = sum(len(said(p).split()) > 7 for p in cell.iter("p"))
    return headings or paragraphs > 1 or len(said(cell).split()) > PROSE


def _start(page: _Page, element: Element) -> None:
    tag = element.tag
    if tag == "br":
        page.text.append(BREAK)
    elif tag not in INLINE and page.cells is None:
        _flush(page)
    elif tag not in INLINE:
        page.text.append(" ")
    if tag == "tr":
        page.cells = []
    elif tag in ("ol", "ul"):
        start = element.get("start", "1")
        page.lists.append((int(start) if start.isdigit() else 1) if tag == "ol" else None)
        page.kinds.append(element.get("type", "1"))
    elif tag == "li" and page.lists:
        next_number = page.lists[-1]
        page.number = "" if next_number is None else _numbered(next_number, page.kinds[-1])
        page.lists[-1] = None if next_number is None else next_number + 1
    elif tag == "blockquote":
        page.quoted += 1
    elif page.cells is None and (level := _level(element)):
        page.level = level
    page.text.append(_lines(element, element.text))


def _end(page: _Page, element: Element) -> None:
    tag = element.tag
    if tag in CELLS and page.cells is not None:
        page.cells.append(_taken(page).replace(BREAK, " "))
    elif tag == "tr" and page.cells is not None:
        row, page.cells = CELL.join(" ".join(cell.split()) for cell in page.cells), None
        text, marks = without_marks(row, MARK)
        page.pieces += [Piece(text, role="annex", marks=marks)] if text.strip(" |") else []
        page.text.clear()
    elif tag not in INLINE and tag != "br":
        _flush(page) if page.cells is None else page.text.append(" ")
    if tag in ("ol", "ul") and page.lists:
        page.lists.pop()
        page.kinds.pop()
    elif tag == "li":
        page.number = ""
    elif tag == "blockquote":
        page.quoted -= 1
    elif _level(element):
        page.level = 0
    page.text.append(_lines(element.getparent(), element.tail))


def _level(element: Element) -> int:
    """The rank of a heading; 0 for everything else."""
    tag = str(element.tag)
    if re.fullmatch(r"h[1-6]", tag):
        return int(tag[1])
    if element.get("role") == "heading" and tag not in INLINE:
        rank = element.get("aria-level", "2")
        return int(rank) if re.fullmatch("[1-9]", rank) else 2
    return 0


def _lines(around: Element | None, text: str | None) -> str:
    """A text as it stands in an element; in one that is set as typed, lines are lines."""
    typed = around is not None and around.tag in ("pre", "xmp", "listing", "plaintext")
    return (text or "").replace("\n", BREAK) if typed else text or ""


def _numbered(number: int, kind: str) -> str:
    """As the page shows it: 2., or (b) in a list of letters, or (ii) in one of Roman numerals."""
    if kind in ("a", "A") and number <= 26:
        return f"({chr(ord('a') + number - 1)})"
    if kind in ("i", "I") and number <= len(ROMAN):
        return f"({ROMAN[number - 1]})"
    return f"{number}."


def _taken(page: _Page) -> str:
    text = " ".join("".join(page.text).split())
    page.text.clear()
    return text


def _flush(page: _Page) -> None:
    """Close the open piece; line breaks in it may part it in several."""
    whole = _taken(page)
    role: Role | None = "quotation" if page.quoted and not page.level else None
    depth = max(0, len(page.lists) - 1)
    for part in [whole] if page.level else PARAGRAPHS.split(whole):
        text, marks = without_marks(" ".join(part.replace(BREAK, " ").split()), MARK)
        if text:
            page.pieces.append(Piece(text, page.level, page.number, depth, role, marks))
            page.number = ""
