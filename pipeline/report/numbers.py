"""Numbers and names as a reader expects them."""

from __future__ import annotations

from pipeline.report.elements import Cell
from pipeline.wording import (
    NOTHING,
    count,
    counted,
    decimal,
    listed,
    p_text,
    percent,
    points,
)

__all__ = [
    "NOTHING",
    "count",
    "count_cell",
    "counted",
    "decimal",
    "interval_cell",
    "kind_name",
    "listed",
    "p_cell",
    "p_text",
    "percent",
    "points",
    "points_cell",
    "rounded",
    "score_cell",
    "share_cell",
    "voice_name",
]

KIND_NAMES = {
    "article": ("article", "articles"),
    "resolution": ("resolution", "resolutions"),
    "presidential_statement": ("presidential statement", "presidential statements"),
    "report": ("report", "reports"),
    "verbatim_record": ("verbatim record", "verbatim records"),
    "doctrine": ("doctrine text", "doctrine texts"),
    "other": ("other document", "other documents"),
    "policy": ("policy document", "policy documents"),
    "all": ("document", "documents"),
}
VOICE_NAMES = {
    "military": "Military",
    "un_civilian": "UN civilians",
    "ngo": "NGOs",
    "government": "Governments",
    "police": "Police",
    "anonymous": "Anonymous",
}


def kind_name(kind: str, n: int = 2) -> str:
    """A kind's noun in the number that fits ``n``."""
    one, many = KIND_NAMES.get(kind, (kind.replace("_", " "), kind.replace("_", " ")))
    return one if n == 1 else many


def voice_name(voice: str) -> str:
    """A speaker group's name."""
    return VOICE_NAMES.get(voice, voice.replace("_", " ").capitalize())


def count_cell(n: int, link: str = "") -> Cell:
    """A count that leads to its passages; nothing is nowhere to go."""
    return Cell(count(n), n, link if n else "")


def share_cell(share: float | None, link: str = "") -> Cell:
    """A share that leads to its passages; nothing is nowhere to go."""
    return Cell(percent(share), _rounded(share), link if share else "")


def points_cell(difference: float | None) -> Cell:
    """A difference of shares, worth its percentage points: what its column and its text say."""
    return Cell(points(difference), None if difference is None else _rounded(100 * difference))


def interval_cell(low: float | None, high: float | None, shares: bool = True) -> Cell:
    """An interval, sorted by its lower end."""
    if low is None or high is None:
        return Cell(NOTHING)
    text = f"{percent(low)} to {percent(high)}" if shares else f"{decimal(low)} to {decimal(high)}"
    return Cell(text, text)


def score_cell(value: float | None, link: str = "") -> Cell:
    """A score between 0 and 1, such as F1."""
    return Cell(decimal(value), _rounded(value), link)


def p_cell(value: float | None) -> Cell:
    """A p- or q-value."""
    return Cell(p_text(value), _rounded(value))


def rounded(value: float | None) -> float | None:
    """Six digits: enough for a chart, and the same bytes where a library's last bit wanders."""
    return None if value is None else round(float(value), 6)


_rounded = rounded
