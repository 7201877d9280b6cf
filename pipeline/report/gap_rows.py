"""What the charts of the gap share: links, marks and cells of one theme's row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.report.elements import Cell, passages_link
from pipeline.report.numbers import NOTHING, points, rounded

Row = Mapping[str, Any]


def policy_link(theme_id: str) -> str:
    """Passages of policy documents that the classifier assigns to a theme."""
    return passages_link(theme=theme_id, kind="policy")


def interview_link(theme_id: str) -> str:
    """Passages of the article that cite an interview and were coded with a theme."""
    return passages_link(code=theme_id, kind="article", voice="any")


def mark(
    series: str, row: Row, value: str, low: str | None = None, high: str | None = None
) -> dict[str, Any]:
    """One mark of a theme's row: the value in this column, with its interval where it has one."""
    link = interview_link if series == "interviews" else policy_link
    return {
        "series": series,
        "value": rounded(row[value]),
        "low": None if low is None else rounded(row[low]),
        "high": None if high is None else rounded(row[high]),
        "link": link(row["theme_id"]),
    }


def points_interval(low: float | None, high: float | None) -> Cell:
    """An interval of a difference of shares."""
    if low is None or high is None:
        return Cell(NOTHING)
    text = f"{points(low)} to {points(high)}"
    return Cell(text, text)


def direction_name(direction: object) -> str:
    """Which side has more, as a table says it."""
    return str(direction).capitalize()
