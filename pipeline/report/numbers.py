"""Numbers and names as a reader expects them."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.report.elements import Cell

NOTHING = "–"

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


def kind_name(kind: str, n: int = 2) -> str:
    """A kind's noun in the number that fits ``n``."""
    one, many = KIND_NAMES.get(kind, (kind.replace("_", " "), kind.replace("_", " ")))
    return one if n == 1 else many


def voice_name(voice: str) -> str:
    """A speaker group's name."""
    return VOICE_NAMES.get(voice, voice.replace("_", " ").capitalize())


def listed(names: Sequence[str]) -> str:
    """Names in a row: a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def count_cell(n: int, link: str = "") -> Cell:
    """A count that leads to its passages; nothing is nowhere to go."""
    return Cell(count(n), n, link if n else "")


def share_cell(share: float | None, link: str = "") -> Cell:
    """A share that leads to its passages; nothing is nowhere to go."""
    return Cell(percent(share), _rounded(share), link if share else "")


def points_cell(difference: float | None) -> Cell:
    """A difference of shares."""
    return Cell(points(difference), _rounded(difference))


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
