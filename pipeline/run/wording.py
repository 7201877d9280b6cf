"""Numbers as a sentence says them; the comparison and the report both speak so."""

from __future__ import annotations

from collections.abc import Sequence

NOTHING = "–"


def count(n: int) -> str:
    """A count with thin groups: 21,806."""
    return f"{n:,}"


def counted(n: int, one: str, many: str = "") -> str:
    """A count and its noun: 1 document, 2 documents."""
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def percent(share: float | None) -> str:
    """A share as a percentage, with a decimal where it is small."""
    if share is None:
        return NOTHING
    hundredths = 100 * share
    return f"{hundredths:.1f}%" if abs(hundredths) < 9.95 else f"{hundredths:.0f}%"


def points(difference: float | None) -> str:
    """A difference of shares in percentage points, with its sign."""
    if difference is None:
        return NOTHING
    value = 100 * difference
    text = f"{value:+.{1 if abs(value) < 9.95 else 0}f}"
    return "0" if float(text) == 0 else text.replace("-", "−")


def decimal(value: float | None, digits: int = 2) -> str:
    """A score such as 0.62."""
    return NOTHING if value is None else f"{value:.{digits}f}".replace("-", "−")


def p_text(value: float | None) -> str:
    """A p- or q-value; tiny ones by their bound."""
    if value is None:
        return NOTHING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def listed(names: Sequence[str]) -> str:
    """Names in a row: a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
