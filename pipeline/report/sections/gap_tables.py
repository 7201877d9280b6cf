"""Rows of the gap: by theme and part, and under other choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.charts import IntervalMark, IntervalRow, Tile, heat, intervals
from pipeline.report.elements import (
    NOTHING,
    Cell,
    Figure,
    Key,
    grid,
    interview_link,
    p_cell,
    percent,
    points,
    points_cell,
    policy_link,
    share_cell,
)
from pipeline.report.material import PageMaterial
from pipeline.run.tables.compare import GAP, GAP_SENSITIVITY

Gap = Mapping[str, Any]
DECIDED = ("more in policy", "more in interviews")


def points_axis(material: PageMaterial) -> str:
    """What the two ends of a difference mean."""
    documents, interviews = material.study.side_names
    return f"More in {interviews} ← points → more in {documents}"


def colours(material: PageMaterial) -> str:
    """What the colours of a difference mean."""
    documents, interviews = material.study.side_names
    return f"Blue: more in {documents}; orange: more in {interviews}"


def gap_keys(material: PageMaterial) -> tuple[Key, ...]:
    """The two sides and their difference, as a chart's key names them."""
    documents, interviews = map(str.capitalize, material.study.side_names)
    return (
        Key(documents, "policy"),
        Key(interviews, "interviews"),
        Key("Difference", "difference"),
    )


def drawn(material: PageMaterial, row: Gap, part: bool = False) -> IntervalRow:
    """A theme's shares of passages, or with ``part`` its parts of all mentions."""
    theme_id = row["theme_id"]
    policy, interviews = policy_link(theme_id), interview_link(theme_id)
    if part:
        marks = (
            IntervalMark("policy", row["policy_part"], link=policy),
            IntervalMark("interviews", row["interviews_part"], link=interviews),
            IntervalMark(
                "difference", row["part_difference"], row["part_low"], row["part_high"], link=policy
            ),
        )
    else:
        marks = (
            IntervalMark(
                "policy", row["policy"], row["policy_low"], row["policy_high"], link=policy
            ),
            IntervalMark(
                "interviews",
                row["interviews"],
                row["interviews_low"],
                row["interviews_high"],
                link=interviews,
            ),
            IntervalMark("difference", row["difference"], row["low"], row["high"], link=policy),
        )
    direction = row["part_direction"] if part else row["direction"]
    return IntervalRow(
        material.theme_name(theme_id), marks, policy, faint=str(direction) not in DECIDED
    )


def points_interval(low: float | None, high: float | None) -> Cell:
    """An interval of a difference of shares."""
    if low is None or high is None:
        return Cell(NOTHING)
    text = f"{points(low)} to {points(high)}"
    return Cell(text, text)


def direction_name(material: PageMaterial, direction: object) -> str:
    """Which side has more, as a table says it."""
    named = dict(zip(DECIDED, material.study.side_names, strict=True))
    name = named.get(str(direction))
    return f"More in {name}" if name else str(direction).capitalize()


def part_figure(material: PageMaterial) -> Figure:
    """Each theme's part of all mentions in documents against its part in interviews."""
    gap = material.frame(GAP).sort(
        "part_difference", "theme_id", descending=[True, False], nulls_last=True
    )
    rows = [row for row in gap.iter_rows(named=True) if row["part_difference"] is not None]
    sides = map(str.capitalize, material.study.side_names)
    names = ["Theme", *sides, "Difference (points)", "Interval (points)", "q"]
    absent = material.why_absent(GAP)
    return Figure(
        "gap-parts",
        "The same gap, as parts of what each side talks about",
        "Of all mentions of the codebook’s themes on a side, how many are of this one. The "
        f"codebook was made from {material.study.coded_texts}, so nearly every theme is in more of "
        "the passages there; these parts are free of that, and sum to 100% on each side. Faint: "
        "within chance.",
        "A theme’s part can shrink only because another’s grows.",
        intervals(
            ["Part of all mentions", points_axis(material)],
            ["percent", "points"],
            [["policy", "interviews"], ["difference"]],
            [drawn(material, row, part=True) for row in rows],
        ),
        grid([*names, "Reading"], [_part_line(material, row) for row in rows]),
        gap_keys(material),
        absent or ("" if rows else "Not computed in this run: a side has no mention of any theme."),
    )


def _part_line(material: PageMaterial, row: Gap) -> tuple[Cell, ...]:
    theme_id = row["theme_id"]
    return (
        Cell(material.theme_name(theme_id)),
        share_cell(row["policy_part"], policy_link(theme_id)),
        share_cell(row["interviews_part"], interview_link(theme_id)),
        points_cell(row["part_difference"]),
        points_interval(row["part_low"], row["part_high"]),
        p_cell(row["part_q_value"]),
        Cell(direction_name(material, row["part_direction"])),
    )


def sensitivity_figure(material: PageMaterial, theme_ids: Sequence[str]) -> Figure:
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
        "The same difference, measured in other ways: one column a way, one row a theme. "
        f"{colours(material)}; a dot marks differences that are decided at the false discovery "
        "rate of this run.",
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
