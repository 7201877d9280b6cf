"""Is a probability what it says? The reliability curve of the model in use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.report.charts import Mark, Row, intervals
from pipeline.report.elements import Cell, Figure, Key, grid
from pipeline.report.material import Material
from pipeline.report.numbers import count_cell, interval_cell, score_cell
from pipeline.tables.themes import CALIBRATION

ALL = "all"
_SETTINGS = {"article": "Article", "un": "UN documents", "transfer": "From article to UN"}


def calibration_figure(material: Material) -> Figure:
    """Share that says the theme, by the probability that was given, in each setting."""
    curve = material.frame(CALIBRATION)
    rows = [
        row
        for setting in _SETTINGS
        for row in curve.filter(
            (pl.col("theme_id") == ALL) & (pl.col("setting").cast(pl.String) == setting)
        )
        .sort("bin")
        .iter_rows(named=True)
    ]
    names = ["Setting", "Mean probability", "Decisions", "Share that says it", "Interval"]
    return Figure(
        "themes-calibration",
        "Is a probability what it says?",
        "Decisions (a unit and a theme) with like probabilities are put together; among them the "
        "share that coders gave the theme should be the probability. Learnable themes only.",
        "Most probabilities are near 0, since most texts do not say a given theme; where few "
        "decisions stand together the interval is wide.",
        intervals(
            ["share that says the theme"],
            ["score"],
            [["model", "baseline"]],
            [_drawn(row) for row in rows],
            (0, 1),
        ),
        grid(names, [_line(row) for row in rows]),
        (Key("Share that says the theme, with interval", "model"), Key("Probability", "baseline")),
        material.why_absent(CALIBRATION),
    )


def _drawn(row: Mapping[str, Any]) -> Row:
    observed = Mark("model", row["observed"], row["low"], row["high"], "Share that says it")
    said = Mark("baseline", row["predicted"], name="Mean probability")
    name = f"{_SETTINGS[str(row['setting'])]}, {row['predicted']:.2f} (n = {row['n']})"
    return Row(name, (observed, said), "")


def _line(row: Mapping[str, Any]) -> tuple[Cell, ...]:
    return (
        Cell(_SETTINGS[str(row["setting"])]),
        score_cell(row["predicted"]),
        count_cell(row["n"]),
        score_cell(row["observed"]),
        interval_cell(row["low"], row["high"], shares=False),
    )
