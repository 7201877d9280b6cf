"""What the charts of the gap share: links, marks and cells of one theme's row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.report.charts import Mark, Row
from pipeline.report.elements import Cell, Key, passages_link
from pipeline.report.material import Material
from pipeline.report.numbers import NOTHING, points

Gap = Mapping[str, Any]
POINTS_AXIS = "More in interviews ← points → more in policy"
GAP_KEYS = (
    Key("Policy documents", "policy"),
    Key("Interview passages", "interviews"),
    Key("Difference", "difference"),
)
DECIDED = ("more in policy", "more in interviews")


def policy_link(theme_id: str) -> str:
    """Passages of policy documents that the classifier assigns to a theme."""
    return passages_link(theme=theme_id, kind="policy")


def interview_link(theme_id: str) -> str:
    """Passages of the article that cite an interview and were coded with a theme."""
    return passages_link(code=theme_id, kind="article", voice="any")


def drawn(material: Material, row: Gap, part: bool = False) -> Row:
    """A theme's shares of passages, or with ``part`` its parts of all mentions."""
    theme_id = row["theme_id"]
    policy, interviews = policy_link(theme_id), interview_link(theme_id)
    if part:
        marks = (
            Mark("policy", row["policy_part"], link=policy),
            Mark("interviews", row["interviews_part"], link=interviews),
            Mark(
                "difference", row["part_difference"], row["part_low"], row["part_high"], link=policy
            ),
        )
    else:
        marks = (
            Mark("policy", row["policy"], row["policy_low"], row["policy_high"], link=policy),
            Mark(
                "interviews",
                row["interviews"],
                row["interviews_low"],
                row["interviews_high"],
                link=interviews,
            ),
            Mark("difference", row["difference"], row["low"], row["high"], link=policy),
        )
    direction = row["part_direction"] if part else row["direction"]
    return Row(material.theme_name(theme_id), marks, policy, faint=str(direction) not in DECIDED)


def points_interval(low: float | None, high: float | None) -> Cell:
    """An interval of a difference of shares."""
    if low is None or high is None:
        return Cell(NOTHING)
    text = f"{points(low)} to {points(high)}"
    return Cell(text, text)


def direction_name(direction: object) -> str:
    """Which side has more, as a table says it."""
    return str(direction).capitalize()
