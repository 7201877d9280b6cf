"""Web pages: their text only. Scripts, styles, forms and menus are dropped; nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree, html

from pipeline.ingest.identity import date_of, first_symbol
from pipeline.ingest.reading import Reading, UnreadableError, decoded
from pipeline.ingest.text.outline import CELL, Piece, blocks_from
from pipeline.run.settings import IngestSettings, Role

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
    main = root.find(".//main")
    for event, element in _walk(root if main is None else main):
        _start(page, element) if event == "start" else _end(page, element)
    _flush(page)
    blocks = blocks_from(page.pieces)
    if not blocks:
        raise UnreadableError("is a web page without text")
    head = [piece.text for piece in page.pieces[:20]]
    symbol = first_symbol(head)
    title = " ".join((root.findtext(".//title") or "").split())
    day = date_of("\n".join(head)) if symbol else None
    return Reading(blocks, symbol=symbol, title=title, date=day, remarks=remarks)


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
    text = _taken(page)
    if text:
        role: Role | None = "quotation" if page.quoted and not page.level else None
        depth = max(0, len(page.lists) - 1)
        page.pieces.append(Piece(text, page.level, page.number, depth, role))
        page.level, page.number = 0, ""
