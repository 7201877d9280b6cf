"""Rows of the gap: by theme and part, and under other choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.charts import Mark, Row, Tile, heat, intervals
from pipeline.report.elements import (
    NOTHING,
    Cell,
    Figure,
    Key,
    grid,
    p_cell,
    passages_link,
    percent,
    points,
    points_cell,
    share_cell,
)
from pipeline.report.material import Material
from pipeline.run.tables.compare import GAP, GAP_SENSITIVITY

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
    return passages_link(code=theme_id, kind="article", speaker_group="any")


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


def part_figure(material: Material) -> Figure:
    """Each theme's part of all mentions in policy against its part in the interviews."""
    gap = material.frame(GAP).sort(
        "part_difference", "theme_id", descending=[True, False], nulls_last=True
    )
    rows = [row for row in gap.iter_rows(named=True) if row["part_difference"] is not None]
    names = ["Theme", "Policy", "Interviews", "Difference (points)", "Interval (points)", "q"]
    absent = material.why_absent(GAP)
    return Figure(
        "gap-parts",
        "The same gap, as parts of what each side talks about",
        "Of all mentions of the codebook’s themes on a side, how many are of this one. The "
        "codebook was made from the article, so nearly every theme is in more of its passages; "
        "these parts are free of that, and sum to 100% on each side. Faint: within chance.",
        "A theme’s part can shrink only because another’s grows.",
        intervals(
            ["Part of all mentions", POINTS_AXIS],
            ["percent", "points"],
            [["policy", "interviews"], ["difference"]],
            [drawn(material, row, part=True) for row in rows],
        ),
        grid([*names, "Reading"], [_part_line(material, row) for row in rows]),
        GAP_KEYS,
        absent or ("" if rows else "Not computed in this run: a side has no mention of any theme."),
    )


def _part_line(material: Material, row: Gap) -> tuple[Cell, ...]:
    theme_id = row["theme_id"]
    return (
        Cell(material.theme_name(theme_id)),
        share_cell(row["policy_part"], policy_link(theme_id)),
        share_cell(row["interviews_part"], interview_link(theme_id)),
        points_cell(row["part_difference"]),
        points_interval(row["part_low"], row["part_high"]),
        p_cell(row["part_q_value"]),
        Cell(direction_name(row["part_direction"])),
    )


def sensitivity_figure(material: Material, theme_ids: Sequence[str]) -> Figure:
    """Differences by theme and way; ways that could not be computed are left out."""
    other = material.frame(GAP_SENSITIVITY).drop_nulls("difference")
    ways = other["basis"].unique(maintain_order=True).to_list()
    found = {(row["theme_id"], row["basis"]): row for row in other.iter_rows(named=True)}
    themes = [Cell(material.theme_name(theme), link=policy_link(theme)) for theme in theme_ids]
    names = [way[:1].upper() + way[1:] for way in ways]

    def cells(theme: str) -> list[Cell]:
        rows = (found.get((theme, way)) or {} for way in ways)
        return [points_cell(row.get("difference")) for row in rows]

    def tile(row: int, column: int) -> Tile | None:
        return _tile(found.get((theme_ids[row], ways[column])))

    return Figure(
        "gap-sensitivity",
        "Does the gap depend on how it is measured?",
        "The same difference, measured in other ways: one column a way, one row a theme. Blue: "
        "more in policy; orange: more in interviews; a dot marks differences that are decided at "
        "the false discovery rate of this run.",
        "A way that agrees with the others is no proof: all ways share the same documents and the "
        "same interviews.",
        heat("Theme", "Way", themes, [Cell(name) for name in names], tile, "points", True),
        grid(
            ["Theme", *names],
            [
                (Cell(name.text), *cells(theme))
                for name, theme in zip(themes, theme_ids, strict=True)
            ],
        ),
        (Key("decided", "dot"),),
        material.why_absent(GAP_SENSITIVITY),
    )


def _tile(row: Gap | None) -> Tile | None:
    if row is None:
        return None
    return Tile(
        row["difference"],
        policy_link(row["theme_id"]),
        str(row["direction"]) in DECIDED,
        f"{percent(row['policy'])} in policy, {percent(row['interviews'])} in interviews",
    )
