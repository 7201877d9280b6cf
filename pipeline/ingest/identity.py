"""Symbol and date as a UN document prints them; text in, value out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date

from pipeline.ingest.reading import seen
from pipeline.study.symbols import symbol_of, symbols_of_masthead

MONTHS = (
    "january february march april may june july august september october november december"
).split()
DATE = re.compile(rf"\b(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}})\b", re.IGNORECASE)


def first_symbol(lines: Iterable[str]) -> str:
    """The first symbol that a line of a masthead consists of, with "United Nations" or without.

    >>> first_symbol(["see S/2018/1", "United Nations     S/2025/54", "UN | S/2025/55"])
    'S/2025/54'
    """
    return next(symbols_of_masthead(map(seen, lines)), "")


def likeliest_symbol(lines: Iterable[str]) -> str:
    """The symbol that most of the lines are: of the running heads, say, of a noisy scan."""
    counts = Counter(filter(None, (symbol_of(line[:1].upper() + line[1:]) for line in lines)))
    return max(sorted(counts), key=lambda symbol: counts[symbol]) if counts else ""


def date_of(text: str) -> date | None:
    """The first date of the form 24 January 2025 in a text.

    >>> date_of("Adopted at its 9913th meeting, on 8 May 2025")
    datetime.date(2025, 5, 8)
    """
    for day, month, year in DATE.findall(seen(text)):
        try:
            return date(int(year), MONTHS.index(month.lower()) + 1, int(day))
        except ValueError:
            continue
    return None


def valid_date(text: str) -> date | None:
    """The day that a text begins with, year first.

    >>> valid_date("2031-04-06T10:00:00Z"), valid_date("2031/4/6"), valid_date("2031-13-01")
    (datetime.date(2031, 4, 6), datetime.date(2031, 4, 6), None)
    """
    found = re.match(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)", text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
