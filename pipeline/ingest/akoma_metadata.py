"""Symbol, date and title of an Akoma Ntoso file, and the rules that decide when they disagree.

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
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from lxml import etree

from pipeline.ingest.akoma_text import collapse, text_of

_PRINTED_DATE = re.compile(r"\b(\d{1,2}) ([A-Z][a-z]+) (\d{4})\b")
_SYMBOL = re.compile(r"^(S/RES/\d+) ?\((\d{4})\)$")


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
    printed = collapse(statement.findtext(".//{*}coverPage//{*}docNumber") or "")
    symbol = _SYMBOL.sub(r"\1 (\2)", printed)
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
