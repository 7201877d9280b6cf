"""How far topics and themes are the same structure, against chance and other groupings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.report.charts import Mark, Row, intervals
from pipeline.report.comparison_names import passages_name, reference_name, reference_order
from pipeline.report.elements import Cell, Figure, Grid, Key, grid, passages_link
from pipeline.report.material import Material
from pipeline.report.numbers import count_cell, interval_cell, p_cell, score_cell
from pipeline.tables.compare import AGREEMENT

MEASURE = "adjusted_mutual_information"
TOPICS = "topics"
Agreement = Mapping[str, Any]


def agreement_rows(material: Material) -> list[Agreement]:
    """Adjusted mutual information with outliers kept, the topics first in each comparison."""
    agreement = material.frame(AGREEMENT).filter(
        (pl.col("measure") == MEASURE) & pl.col("outliers")
    )
    return sorted(agreement.iter_rows(named=True), key=_place)


def _place(row: Agreement) -> tuple[bool, int, bool, float, str]:
    return (
        row["passages"] != "article",
        reference_order(row["reference"]),
        row["candidate"] != TOPICS,
        -(row["value"] or 0),
        row["candidate"],
    )


def agreement_figure(material: Material) -> Figure:
    """Topics and every other grouping, beside what chance gives."""
    rows = agreement_rows(material)
    absent = material.why_absent(AGREEMENT)
    return Figure(
        "compare-agreement",
        "Agreement of topics and themes, against chance",
        "Adjusted mutual information of groups and themes: 1 if they are the same, about 0 for "
        "unrelated ones. Whiskers are intervals over paragraphs or documents; the grey tick is "
        "what shuffled groups reach in 95 of 100 tries. Faint rows are other ways of grouping the "
        "same passages.",
        "Above chance is not the same as good. Against the classifier’s themes the figure is "
        "descriptive only, because classifier and topics read the same vectors.",
        intervals(
            ["Adjusted mutual information"],
            ["score"],
            [["model", "chance", "baseline"]],
            [_drawn(row) for row in rows],
        ),
        _grid(rows),
        (
            Key("Agreement, with interval", "model"),
            Key("Chance, 95th percentile", "chance"),
            Key("Chance within sections or missions", "baseline"),
        ),
        absent or ("" if rows else "Not computed in this run: too few passages have both."),
    )


def _drawn(row: Agreement) -> Row:
    by_hand = row["reference"] == "codes"
    return Row(
        f"{passages_name(row['passages'])}, {reference_name(row['reference'])}: {row['candidate']}",
        (
            Mark("chance", row["chance_high"], name="chance"),
            Mark("baseline", row["within_chance_high"], name="chance within"),
            Mark("model", row["value"], row["low"], row["high"], "agreement"),
        ),
        passages_link(code="any", kind=row["passages"]) if by_hand else "",
        faint=row["candidate"] != TOPICS,
        strong=row["candidate"] == TOPICS,
    )


def _grid(rows: Sequence[Agreement]) -> Grid:
    names = ["Passages", "Against", "Groups by", "AMI", "Interval", "Chance, 95th percentile", "p"]
    names += [
        "p within sections or missions",
        "p, shifted",
        "Passages compared",
        "Groups",
        "Themes",
    ]
    return grid(
        names,
        [
            (
                Cell(passages_name(row["passages"])),
                Cell(reference_name(row["reference"])),
                Cell(row["candidate"]),
                score_cell(row["value"]),
                interval_cell(row["low"], row["high"], shares=False),
                score_cell(row["chance_high"]),
                p_cell(row["p_value"]),
                p_cell(row["within_p_value"]),
                p_cell(row["shifted_p_value"]),
                count_cell(row["n_passages"]),
                count_cell(row["n_groups"]),
                count_cell(row["n_themes"]),
            )
            for row in rows
        ],
    )
