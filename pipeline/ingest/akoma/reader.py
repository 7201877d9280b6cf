"""Reader of the UN's Akoma Ntoso XML: Council resolutions and presidential statements.

**Symbol**: what is printed on the cover (``docNumber``), with one space before the year. The
address in the metadata (``FRBRuri``) is only compared with it.

**Date**: the day of adoption (for a statement: of the meeting at which it was made), not of issue.

- A statement says it in its first sentence ("At the 7099th meeting ..., held on 21 January 2014");
  that day decides, since a reissued statement carries the day of reissue everywhere else
  (S/PRST/2002/1, S/PRST/2005/10).
- A resolution names it in four places: the adoption line as printed, ``FRBRWork/FRBRdate``, the
  workflow step "adopted", and the date on the cover. The day that most of them give decides; of two
  that are named equally often, the one printed in the adoption line (S/RES/1609: 24 June 2005, not
  22 June). The metadata's ``0001-01-01`` means "not known" and is not counted. So the misprint "29
  June 2016" in the adoption line of S/RES/2423 (2018) loses to the three other places.

**Title**: the index title (``keyword refersTo="title"``), else the title on the cover.

One ``p`` becomes one block with its ``source_index``; headings and openings of lists, which are no
``p``, become blocks without one. The text of a block is the text of its ``p`` with white space
collapsed, opening quotation marks kept, footnotes taken out, and a number that stands in the text
moved to the label. Text without a letter or digit ("* * *") is no block.

Roles: ``preambular`` and ``operative`` in resolutions (also where the number stands in the
preamble, S/RES/1991, or the recital in the body, S/RES/1343), ``paragraph`` in statements,
``annex`` for everything but headings in attachments, in tables and after the heading of an annex,
``note`` for footnotes that are paragraphs of their own. Cover page and preface are no part of the
body.

A file that is not well-formed is read again with a parser that recovers; all of its text is read,
wherever the parser left it, and words that even it lost are a remark. A file with a DTD is refused:
no entity is ever resolved.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from html import unescape

from lxml import etree

from pipeline.ingest.akoma.outline import outline
from pipeline.ingest.akoma.text import TextPiece, collapse, local_name, pieces, text_of
from pipeline.ingest.reading import Reading, UnreadableError
from pipeline.study.symbols import printed

_PRINTED_DATE = re.compile(r"\b(\d{1,2}) ([A-Z][a-z]+) (\d{4})\b")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a document says about itself, and where it contradicts itself."""

    symbol: str
    date: date | None
    title: str
    is_resolution: bool
    remarks: tuple[str, ...]


def metadata_of(statement: etree._Element, opening: str) -> Metadata:
    """Read the metadata and the cover.

    Args:
        statement: the element that holds ``meta``, ``coverPage`` and the body.
        opening: the first paragraph of the body, for the day of a statement's meeting.
    """
    said = collapse(statement.findtext(".//{*}coverPage//{*}docNumber") or "")
    symbol = printed(said) or said
    resolution = "RES/" in symbol or statement.get("name") == "resolution"
    dates = _resolution_dates(statement) if resolution else _statement_dates(statement, opening)
    decided = _most_named(dates) if resolution else _first_known(dates)
    remarks = (
        *_symbol_remarks(statement, symbol),
        *_date_remarks(dates, decided),
        *_issue_remarks(statement),
    )
    return Metadata(symbol, decided, _title(statement, symbol), resolution, remarks)


def _resolution_dates(statement: etree._Element) -> dict[str, date | None]:
    covers = list(statement.iterfind(".//{*}coverPage//{*}docDate"))
    issued = [cover for cover in covers if "Issuance" in cover.get("refersTo", "")]
    adopted = [cover for cover in covers if cover not in issued]
    steps = [
        step.get("date", "")
        for step in statement.iterfind("./{*}meta//{*}step")
        if step.get("outcome") == "adopted"
    ]
    return {
        "adoption line": _printed(_text(adopted)),
        "metadata": _machine(_work_date(statement)),
        "voting record": _machine(steps[0] if steps else ""),
        "cover": _printed(_text(issued)),
    }


def _statement_dates(statement: etree._Element, opening: str) -> dict[str, date | None]:
    covers = list(statement.iterfind(".//{*}coverPage//{*}docDate"))
    return {
        "first sentence": _printed(opening.partition("in connection with")[0]),
        "metadata": _machine(_work_date(statement)),
        "cover": _printed(_text(covers)),
    }


def _most_named(dates: dict[str, date | None]) -> date | None:
    counts = Counter(day for day in dates.values() if day is not None)
    return max(counts, key=lambda day: counts[day], default=None)


def _first_known(dates: dict[str, date | None]) -> date | None:
    return next((day for day in dates.values() if day is not None), None)


def _date_remarks(dates: dict[str, date | None], decided: date | None) -> tuple[str, ...]:
    if decided is None:
        return ("no date in the document",)
    others = [f"{place} {day}" for place, day in dates.items() if day not in (None, decided)]
    return (f"date {decided} taken; elsewhere: {', '.join(others)}",) if others else ()


def _symbol_remarks(statement: etree._Element, symbol: str) -> tuple[str, ...]:
    if not symbol:
        return ("no symbol on the cover",)
    address = statement.find("./{*}meta/{*}identification/{*}FRBRWork/{*}FRBRuri")
    value = "" if address is None else address.get("value", "")
    named = re.findall(r"\d+", value.rstrip("/").rpartition("/")[2])
    if named and not set(named) <= set(re.findall(r"\d+", symbol)):
        return (f"symbol {symbol} taken from the cover; metadata: {value}",)
    return ()


def _issue_remarks(statement: etree._Element) -> tuple[str, ...]:
    notes = statement.iterfind("./{*}meta/{*}notes/{*}note")
    return tuple(filter(None, (text_of(note) for note in notes)))


def _title(statement: etree._Element, symbol: str) -> str:
    for keyword in statement.iterfind("./{*}meta//{*}keyword"):
        if keyword.get("refersTo") == "title" and keyword.get("showAs"):
            return collapse(keyword.get("showAs", ""))
    title = statement.find(".//{*}coverPage//{*}docTitle")
    if title is not None:
        return text_of(title)
    return f"Statement by the President of the Security Council, {symbol}".removesuffix(", ")


def _work_date(statement: etree._Element) -> str:
    element = statement.find("./{*}meta/{*}identification/{*}FRBRWork/{*}FRBRdate")
    return "" if element is None else element.get("date", "")


def _text(elements: list[etree._Element]) -> str:
    return text_of(elements[0]) if elements else ""


def _printed(text: str) -> date | None:
    found = _PRINTED_DATE.search(text)
    if found is None:
        return None
    try:
        return datetime.strptime(found[0], "%d %B %Y").date()
    except ValueError:
        return None


def _machine(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year > 1 else None


_TAG = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)
_WORD = re.compile(r"\w+")


def read_akoma_ntoso(content: bytes) -> Reading:
    """Read one file.

    Raises:
        UnreadableError: it is not XML, not Akoma Ntoso, holds a DTD, or holds no text.
    """
    root, remarks = _parse(content)
    statement = _document_element(root)
    # a parser that recovers may leave text beside the statement
    items = list(pieces(root if remarks else statement))
    texts = [item.text for item in items if isinstance(item, TextPiece)]
    opening = next((text for text in texts if text.startswith("At the ")), "")
    metadata = metadata_of(statement, opening)
    blocks, notes = outline(items, metadata.is_resolution)
    if not blocks:
        raise UnreadableError("holds no text in its body")
    return Reading(
        blocks=tuple(blocks),
        notes=tuple(notes),
        symbol=metadata.symbol,
        title=metadata.title,
        date=metadata.date,
        remarks=(*remarks, *metadata.remarks),
    )


def _parse(content: bytes) -> tuple[etree._Element, tuple[str, ...]]:
    """The root, and remarks when the file is not well-formed."""
    remarks: tuple[str, ...] = ()
    try:
        root = etree.fromstring(content, _parser(recover=False))
    except etree.XMLSyntaxError as error:
        root, remarks = _recovered(content, " ".join(str(error.msg).split()))
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableError("holds a DTD or entities, which are never resolved")
    return root, remarks


def _recovered(content: bytes, problem: str) -> tuple[etree._Element, tuple[str, ...]]:
    try:
        root = etree.fromstring(content, _parser(recover=True))
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        raise UnreadableError("is not XML")
    remark = f"not well-formed XML ({problem}); recovered"
    in_file = _WORD.findall(unescape(_TAG.sub(" ", content.decode("utf-8", "replace"))))
    lost = len(in_file) - len(_WORD.findall(" ".join(str(part) for part in root.itertext())))
    return root, (remark, f"{lost} words could not be recovered") if lost > 0 else (remark,)


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )


def _document_element(root: etree._Element) -> etree._Element:
    if local_name(root) != "akomaNtoso":
        raise UnreadableError(f"is XML, but its root is {local_name(root)}, not akomaNtoso")
    for child in root:
        if child.find("{*}mainBody") is not None or child.find("{*}preamble") is not None:
            return child
    raise UnreadableError("is Akoma Ntoso, but holds no mainBody")
