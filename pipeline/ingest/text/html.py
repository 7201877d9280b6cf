"""Web pages: their text only. Scripts, styles, forms and menus are dropped; nothing is fetched.

A link in raised or bracketed figures to a place further down is the mark of a note, and what stands
there the note; in the tree that is walked the mark is a text between two private characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lxml import etree, html

from pipeline.ingest.identity import date_of, first_symbol, valid_date
from pipeline.ingest.reading import SUPERSCRIPTS, Note, Reading, UnreadableError, decoded, raised
from pipeline.ingest.text.outline import CELL, Piece, blocks_from, without_marks
from pipeline.run.kinds import Role
from pipeline.run.settings import IngestSettings

DROPPED = frozenset(
    "script style noscript template head nav form button select iframe object svg audio video"
    " canvas".split()
)
INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q s samp"
    " small span strike strong sub sup time tt u var wbr".split()
)
_ROMAN = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx".split()
CELLS = ("td", "th")
NOTE = re.compile(r"[\[(]?(\d{1,3}|[a-z]|\*{1,4}|[†‡§]{1,3})[\])]?")
REFERENCE = re.compile(r"note-?ref|footnote-?ref|FootnoteReference|EndnoteReference", re.I)
HOLDERS = ("li", "p", "div", "aside", "section", "dd", "td", "tr")
BACK = re.compile(r"[\s↩↵⏎↑^\ufe0e\ufe0f]*")
MARK = re.compile("\ue000([^\ue001]*)\ue001")
DATED = ("citation_publication_date", "citation_date", "dc.date", "dcterms.date", "date")
CHARSET = re.compile(rb"<meta[^>]{0,200}?charset=[\"']?([A-Za-z0-9_-]{2,30})", re.IGNORECASE)


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
    text, remarks = _decoded(content)
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(text, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        raise UnreadableError("is not HTML, or has no text") from None
    page = _Page()
    notes = _take_notes(root)
    main = root.find(".//main")
    for event, element in _walk(root if main is None else main):
        _start(page, element) if event == "start" else _end(page, element)
    _flush(page)
    blocks = blocks_from(page.pieces)
    if not blocks:
        raise UnreadableError("is a web page without text")
    head = [piece.text for piece in page.pieces[:20]]
    symbol = first_symbol(head)
    named = _meta(root, ("citation_title", "dc.title")) or root.findtext(".//title") or ""
    day = date_of("\n".join(head)) if symbol else valid_date(_meta(root, DATED))
    return Reading(blocks, notes, symbol, " ".join(named.split()), day, remarks)


def _meta(root: html.HtmlElement, names: Sequence[str]) -> str:
    """What the head of the page says under the first of these names that it has."""
    said = {
        str(meta.get("name") or meta.get("property")).lower(): meta.get("content") or ""
        for meta in root.iter("meta")
    }
    return next((said[name] for name in names if said.get(name)), "")


def _take_notes(root: html.HtmlElement) -> tuple[Note, ...]:
    """Take the notes out of the page, and put their numbers where the links to them were."""
    places = {element: place for place, element in enumerate(root.iter())}
    named = {element.get(key): element for element in places for key in ("name", "id")}
    holders: dict[html.HtmlElement, str] = {}
    for link in list(root.iter("a")):
        address = link.get("href") or ""
        target = named.get(address[1:]) if address.startswith("#") else None
        number = NOTE.fullmatch(link.text_content().strip())
        if target is None or number is None or not _is_reference(link, number[0]):
            continue
        holder = next((e for e in (target, *target.iterancestors()) if e.tag in HOLDERS), None)
        if holder is not None and places[holder] > places[link]:
            taken = sum(one == number[1] for one in holders.values())
            again = f"{number[1]}-{taken + 1}" if taken else number[1]
            _put_mark(link, holders.setdefault(holder, again))
    for sup in root.iter("sup"):
        if not len(sup) and (sup.text or "").strip().isdecimal():
            sup.text = raised((sup.text or "").strip())
    return tuple(Note(number, _note_text(holder)) for holder, number in holders.items())


def _is_reference(link: html.HtmlElement, written: str) -> bool:
    around = [link, *link.iterdescendants(), *list(link.iterancestors())[:2]]
    kinds = " ".join(f"{e.get('class', '')} {e.get('role', '')}" for e in around)
    return (
        any(e.tag == "sup" for e in around)
        or not written.isalnum()
        or REFERENCE.search(kinds) is not None
    )


def _put_mark(link: html.HtmlElement, number: str) -> None:
    for child in list(link):
        link.remove(child)
    link.text = f"\ue000{number}\ue001"


def _note_text(holder: html.HtmlElement) -> str:
    """The text of a note without its number and the links back; it leaves the page."""
    for link in list(holder.iter("a")):
        written = link.text_content().strip()
        if (link.get("href") or "").startswith("#") and (
            BACK.fullmatch(written) or NOTE.fullmatch(written)
        ):
            for part in list(link):
                link.remove(part)
            link.text = ""
    text = " ".join(holder.text_content().split())
    holder.drop_tree()
    return re.sub(rf"^(?:\[?\d{{1,3}}\]?[.)]?|[{SUPERSCRIPTS}]+)\s+(?=\S)", "", text)


def _decoded(content: bytes) -> tuple[str, tuple[str, ...]]:
    """By the page's own charset if it names one that works, else as any text."""
    named = CHARSET.search(content[:4096])
    if named and not content.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        try:
            return content.decode(named.group(1).decode("ascii")), ()
        except (LookupError, UnicodeDecodeError):
            pass
    return decoded(content)


def _walk(root: html.HtmlElement) -> Iterator[tuple[str, html.HtmlElement]]:
    """Start and end of every element outside the dropped ones; tails come with the end."""
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        dropped = element.tag in DROPPED or element.get("hidden") is not None
        if dropped and event == "start":
            walker.skip_subtree()
        if not dropped or event == "end":
            yield event, element


def _start(page: _Page, element: html.HtmlElement) -> None:
    tag = element.tag
    if tag == "br":
        page.text.append(" ")
    elif tag not in INLINE and not (page.cells is not None and tag not in (*CELLS, "tr")):
        _flush(page)
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
    elif re.fullmatch(r"h[1-6]", str(tag)):
        page.level = int(tag[1])
    page.text.append(element.text or "")


def _end(page: _Page, element: html.HtmlElement) -> None:
    tag = element.tag
    if tag in CELLS and page.cells is not None:
        page.cells.append(_taken(page))
    elif tag == "tr" and page.cells is not None:
        row, page.cells = CELL.join(page.cells), None
        page.pieces += [Piece(row, role="annex")] if row.strip(" |") else []
        page.text.clear()
    elif tag not in INLINE and tag not in DROPPED and tag != "br" and page.cells is None:
        _flush(page)
    if tag in ("ol", "ul") and page.lists:
        page.lists.pop()
        page.kinds.pop()
    elif tag == "blockquote":
        page.quoted -= 1
    page.text.append(element.tail or "")


def _numbered(number: int, kind: str) -> str:
    """As the page shows it: 2., or (b) in a list of letters, or (ii) in one of Roman numerals."""
    if kind in ("a", "A") and number <= 26:
        return f"({chr(ord('a') + number - 1)})"
    if kind in ("i", "I") and number <= len(_ROMAN):
        return f"({_ROMAN[number - 1]})"
    return f"{number}."


def _taken(page: _Page) -> str:
    text = " ".join("".join(page.text).split())
    page.text.clear()
    return text


def _flush(page: _Page) -> None:
    """Close the open piece."""
    text, marks = without_marks(_taken(page), MARK)
    if text:
        role: Role | None = "quotation" if page.quoted and not page.level else None
        depth = max(0, len(page.lists) - 1)
        page.pieces.append(Piece(text, page.level, page.number, depth, role, marks))
        page.level, page.number = 0, ""
