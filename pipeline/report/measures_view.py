"""Every measure of agreement, beside chance and beside what others have reported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.report.comparison_names import passages_name
from pipeline.report.elements import Cell, Figure, grid
from pipeline.report.material import Material
from pipeline.report.numbers import interval_cell, p_cell, score_cell
from pipeline.tables.compare import AGREEMENT

ANCHORS = {
    "adjusted_rand": ("0.31 to 0.34", "Mallet, coarse Wikipedia labels; Hoyle et al. 2022"),
    "v_measure": ("0.60 to 0.61", "Mallet, the same, as NMI; Hoyle et al. 2022"),
    "purity": ("0.65", "Mallet, the same; Hoyle et al. 2022"),
    "harmonic_purity": ("0.74 and 0.64", "TopicGPT and its best baseline; Pham et al. 2024"),
}
"""Published figures for other tasks, by measure: the value, and whose it is."""

Row = Mapping[str, Any]


def measures_figure(material: Material) -> Figure:
    """Topics against hand codes by all measures; a table only."""
    rows = (
        material.frame(AGREEMENT)
        .filter(
            (pl.col("candidate") == "topics")
            & (pl.col("reference") == "codes")
            & pl.col("outliers")
        )
        .iter_rows(named=True)
    )
    lines = [_line(row) for row in rows]
    names = ["Passages", "Measure", "Value", "Interval", "Chance, mean", "Chance, 95th percentile"]
    names += ["p", "p within", "p, shifted", "Reported elsewhere", "By whom"]
    return Figure(
        "compare-measures",
        "The same agreement by every measure",
        "Topics against hand codes, outliers as a group of their own. The first eight measures "
        "take one theme a passage, the last four all of its themes.",
        "Figures from elsewhere are for other texts, other labels and other numbers of classes: "
        "they say what is usual, not what would be good here. Purity, V-measure and B-cubed are "
        "high by chance where groups are many and passages few.",
        grid=grid(names, lines),
        absent=material.why_absent(AGREEMENT)
        or ("" if lines else "Not computed in this run: too few passages have both."),
    )


def _line(row: Row) -> tuple[Cell, ...]:
    value, whose = ANCHORS.get(row["measure"], ("", ""))
    return (
        Cell(passages_name(row["passages"])),
        Cell(row["measure"].replace("_", " ")),
        score_cell(row["value"]),
        interval_cell(row["low"], row["high"], shares=False),
        score_cell(row["chance"]),
        score_cell(row["chance_high"]),
        p_cell(row["p_value"]),
        p_cell(row["within_p_value"]),
        p_cell(row["shifted_p_value"]),
        Cell(value),
        Cell(whose),
    )
