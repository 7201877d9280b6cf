"""The gap as parts of all that is said of the codebook's themes on each side."""

from __future__ import annotations

from pipeline import tables
from pipeline.report.elements import Cell, Chart, Figure, Key, grid
from pipeline.report.gap_rows import (
    Row,
    direction_name,
    interview_link,
    mark,
    points_interval,
    policy_link,
)
from pipeline.report.material import Material
from pipeline.report.numbers import p_cell, points_cell, share_cell


def part_figure(material: Material) -> Figure:
    """Each theme's part of all mentions in policy against its part in the interviews."""
    gap = material.frame(tables.GAP).sort(
        "part_difference", "theme_id", descending=[True, False], nulls_last=True
    )
    rows = [row for row in gap.iter_rows(named=True) if row["part_difference"] is not None]
    return Figure(
        "gap-parts",
        "The same gap, as parts of what each side talks about",
        "Of all mentions of the codebook’s themes on a side, how many are of this one. The "
        "codebook was made from the article, so nearly every theme is in more of its passages; "
        "these parts are free of that, and sum to 100% on each side. Faint: within chance.",
        "A theme’s part can shrink only because another’s grows.",
        Chart(
            "intervals",
            {
                "axes": ["Part of all mentions", "More in interviews ← points → more in policy"],
                "formats": ["percent", "points"],
                "panels": [["policy", "interviews"], ["difference"]],
                "rows": [_drawn(material, row) for row in rows],
            },
        ),
        grid(
            [
                "Theme",
                "Policy",
                "Interviews",
                "Difference (points)",
                "Interval (points)",
                "q",
                "Reading",
            ],
            [_line(material, row) for row in rows],
        ),
        (
            Key("Policy documents", "policy"),
            Key("Interview passages", "interviews"),
            Key("Difference", "difference"),
        ),
        material.why_absent(tables.GAP)
        or ("" if rows else "Not computed in this run: one side has no mention of any theme."),
    )


def _drawn(material: Material, row: Row) -> dict[str, object]:
    return {
        "name": material.theme_name(row["theme_id"]),
        "link": policy_link(row["theme_id"]),
        "faint": str(row["part_direction"]) in ("undecided", "not computed"),
        "marks": [
            mark("policy", row, "policy_part"),
            mark("interviews", row, "interviews_part"),
            mark("difference", row, "part_difference", "part_low", "part_high"),
        ],
    }


def _line(material: Material, row: Row) -> tuple[Cell, ...]:
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
