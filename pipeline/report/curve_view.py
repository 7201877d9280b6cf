"""Agreement by number of groups and seed, so that nobody can say the setting was picked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.report.charts import Mark, Row, intervals
from pipeline.report.comparison_names import reference_name
from pipeline.report.elements import Cell, Figure, Grid, Key, grid
from pipeline.report.material import Material
from pipeline.report.numbers import count, count_cell, score_cell
from pipeline.tables.compare import CURVE

TOPICS = "topics"
REFERENCE = "codes"


def curve_figure(material: Material) -> Figure:
    """Adjusted mutual information with hand codes in the article, by number of groups."""
    curve = material.frame(CURVE).filter(pl.col("reference") == REFERENCE)
    summed = (
        curve.group_by("candidate", "n_groups")
        .agg(
            pl.col("value").mean(),
            pl.col("value").min().alias("low"),
            pl.col("value").max().alias("high"),
            pl.col("chance_high").max(),
            pl.len().alias("n_seeds"),
            pl.col("n_groups_here").max(),
        )
        .sort(pl.col("candidate") != TOPICS, "candidate", "n_groups")
    )
    rows = list(summed.iter_rows(named=True))
    absent = material.why_absent(CURVE)
    if not absent and not rows:
        absent = "Not computed in this run: too few passages have both a group and a theme."
    return Figure(
        "compare-curve",
        "Does agreement hang on the number of groups?",
        f"Adjusted mutual information with the {reference_name(REFERENCE)} of the article, while "
        "topics are merged along their hierarchy, and for k-means with other numbers of groups; "
        "whiskers run from the lowest to the highest of its seeds. The grey tick is what shuffled "
        "groups reach in 95 of 100 tries. The table has every number of topics.",
        "The number of topics was not chosen by this figure; the highest row is the luckiest.",
        intervals(
            ["Adjusted mutual information"],
            ["score"],
            [["model", "chance"]],
            [_drawn(row) for row in _thinned(rows)],
        ),
        _grid(rows),
        (Key("Agreement", "model"), Key("Chance, 95th percentile", "chance")),
        absent,
    )


def _thinned(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Topics at the numbers that others were tried at too, and as they are: the most of them."""
    topics = [row["n_groups"] for row in rows if row["candidate"] == TOPICS]
    others = {row["n_groups"] for row in rows if row["candidate"] != TOPICS}
    if not others:
        return rows
    kept = {*others, max(topics, default=0)}
    return [row for row in rows if row["candidate"] != TOPICS or row["n_groups"] in kept]


def _drawn(row: Mapping[str, Any]) -> Row:
    seeds = row["n_seeds"] > 1
    return Row(
        f"{row['candidate']}, {count(row['n_groups'])}",
        (
            Mark("chance", row["chance_high"], name="chance"),
            Mark(
                "model",
                row["value"],
                row["low"] if seeds else None,
                row["high"] if seeds else None,
                "agreement",
            ),
        ),
        faint=row["value"] <= row["chance_high"],
        strong=row["candidate"] == TOPICS,
    )


def _grid(rows: list[dict[str, Any]]) -> Grid:
    names = ["Groups by", "Groups", "Groups here", "Mean", "Lowest", "Highest", "Chance", "Seeds"]
    return grid(
        names,
        [
            (
                Cell(row["candidate"]),
                count_cell(row["n_groups"]),
                count_cell(row["n_groups_here"]),
                score_cell(row["value"]),
                score_cell(row["low"]),
                score_cell(row["high"]),
                score_cell(row["chance_high"]),
                count_cell(row["n_seeds"]),
            )
            for row in rows
        ],
    )
