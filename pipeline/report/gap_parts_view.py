"""The gap as parts of all that is said of the codebook's themes on each side."""

from __future__ import annotations

from pipeline.report.charts import intervals
from pipeline.report.elements import Cell, Figure, grid
from pipeline.report.gap_rows import (
    GAP_KEYS,
    POINTS_AXIS,
    Gap,
    direction_name,
    drawn,
    interview_link,
    points_interval,
    policy_link,
)
from pipeline.report.material import Material
from pipeline.report.numbers import p_cell, points_cell, share_cell
from pipeline.tables.compare import GAP


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
        grid([*names, "Reading"], [_line(material, row) for row in rows]),
        GAP_KEYS,
        absent or ("" if rows else "Not computed in this run: a side has no mention of any theme."),
    )


def _line(material: Material, row: Gap) -> tuple[Cell, ...]:
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
