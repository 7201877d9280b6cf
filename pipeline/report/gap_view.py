"""The gap: what policy speaks of against what the interviewees speak of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline import tables
from pipeline.report.elements import Cell, Chart, Figure, Key, Section, grid, passages_link, said
from pipeline.report.material import Material
from pipeline.report.numbers import (
    count_cell,
    counted,
    interval_cell,
    p_cell,
    percent,
    points_cell,
    rounded,
    share_cell,
)

Row = Mapping[str, Any]
DIRECTIONS = {
    "more in policy": "More in policy",
    "more in interviews": "More in interviews",
    "undecided": "Undecided",
    "not computed": "Not computed",
}


def section(material: Material) -> Section:
    """The gap chart, how it holds under other choices, and its course over the years."""
    gap = _sorted(material.frame(tables.GAP))
    return Section(
        "gap",
        "The gap",
        "Policy and practice",
        (
            said(
                "Each theme has two shares: how much of the UN’s policy documents speaks of it, "
                "and how much of what the interviewees report in the article. The difference "
                "between the two is the gap."
            ),
        ),
        (_gap_figure(material, gap), _sensitivity_figure(material, gap)),
    )


def policy_link(theme_id: str, **more: str | int | None) -> str:
    """Passages of policy documents that the classifier assigns to a theme."""
    return passages_link(theme=theme_id, kind="policy", **more)


def interview_link(theme_id: str) -> str:
    """Passages of the article that cite an interview and were coded with a theme."""
    return passages_link(code=theme_id, kind="article", voice="any")


def _sorted(gap: pl.DataFrame) -> pl.DataFrame:
    return gap.sort("difference", "theme_id", descending=[True, False], nulls_last=True)


def _gap_figure(material: Material, gap: pl.DataFrame) -> Figure:
    rows = list(gap.iter_rows(named=True))
    drawn = [row for row in rows if row["policy"] is not None or row["interviews"] is not None]
    left_out = len(rows) - len(drawn)
    left = f" {counted(left_out, 'theme')} without either share stand in the table only." if left_out else ""
    return Figure(
        "gap-chart",
        "What fills the mandates, and what fills the interviews",
        "For each theme, the share of passages in policy documents (corrected for the "
        "classifier’s error) and the share of interview passages in the article, with their "
        "intervals; sorted by the difference, policy minus interviews." + left,
        "It does not show what missions do, nor how often a thing happens. The interviewees were "
        "chosen for their experience and speak through one author; a theme that is rare may be "
        "taken for granted.",
        Chart("intervals", _gap_spec(material, drawn)),
        grid(
            [
                "Theme",
                "Policy",
                "Policy, interval",
                "As classified",
                "Interviews",
                "Interviews, interval",
                "Difference (points)",
                "Interval (points)",
                "q",
                "Reading",
            ],
            [_gap_row(material, row) for row in rows],
        ),
        (Key("Policy documents", "policy"), Key("Interview passages", "interviews"), Key("Difference", "difference")),
        material.why_absent(tables.GAP) or ("" if drawn else "No share could be computed on either side."),
    )


def _gap_spec(material: Material, rows: list[Row]) -> dict[str, Any]:
    return {
        "axes": ["Share of passages", "Difference in points"],
        "formats": ["percent", "points"],
        "panels": [["policy", "interviews"], ["difference"]],
        "zero": [False, True],
        "rows": [
            {
                "name": material.theme_name(row["theme_id"]),
                "link": policy_link(row["theme_id"]),
                "faint": row["direction"] in ("undecided", "not computed"),
                "marks": [
                    _mark("policy", row, "policy", "policy_low", "policy_high", policy_link(row["theme_id"])),
                    _mark("interviews", row, "interviews", "interviews_low", "interviews_high", interview_link(row["theme_id"])),
                    _mark("difference", row, "difference", "low", "high", policy_link(row["theme_id"])),
                ],
            }
            for row in rows
        ],
    }


def _mark(series: str, row: Row, value: str, low: str, high: str, link: str) -> dict[str, Any]:
    return {
        "series": series,
        "value": rounded(row[value]),
        "low": rounded(row[low]),
        "high": rounded(row[high]),
        "link": link,
    }


def _gap_row(material: Material, row: Row) -> tuple[Cell, ...]:
    theme_id = row["theme_id"]
    return (
        Cell(material.theme_name(theme_id)),
        share_cell(row["policy"], policy_link(theme_id)),
        interval_cell(row["policy_low"], row["policy_high"]),
        share_cell(row["policy_assigned"], policy_link(theme_id)),
        share_cell(row["interviews"], interview_link(theme_id)),
        interval_cell(row["interviews_low"], row["interviews_high"]),
        points_cell(row["difference"]),
        Cell(*_points_interval(row["low"], row["high"])),
        p_cell(row["q_value"]),
        Cell(DIRECTIONS.get(str(row["direction"]), str(row["direction"]))),
    )


def _points_interval(low: float | None, high: float | None) -> tuple[str, str | None]:
    if low is None or high is None:
        return "–", None
    text = f"{points_cell(low).text} to {points_cell(high).text}"
    return text, text


def _sensitivity_figure(material: Material, gap: pl.DataFrame) -> Figure:
    other = material.frame(tables.GAP_SENSITIVITY)
    bases = other["basis"].unique(maintain_order=True).to_list()
    found = {(row["basis"], row["theme_id"]): row for row in other.iter_rows(named=True)}
    theme_ids = gap["theme_id"].to_list()
    return Figure(
        "gap-sensitivity",
        "Does the gap hang on how it is measured?",
        "The same difference, measured in other ways: one column a way, one row a theme. Blue: "
        "more in policy; orange: more in interviews; a dot marks differences that are decided at "
        "the false discovery rate of this run.",
        "A way that agrees with the others is no proof: all ways share the same documents and the "
        "same interviews.",
        Chart(
            "heat",
            {
                "across": "Way of measuring",
                "down": "Theme",
                "format": "points",
                "scale": "diverging",
                "columns": [{"name": basis} for basis in bases],
                "rows": [{"name": material.theme_name(theme_id)} for theme_id in theme_ids],
                "cells": [
                    [_sensitivity_cell(found.get((basis, theme_id))) for basis in bases]
                    for theme_id in theme_ids
                ],
            },
        ),
        grid(
            ["Theme", *(basis.capitalize() for basis in bases)],
            [
                (
                    Cell(material.theme_name(theme_id)),
                    *(points_cell((found.get((basis, theme_id)) or {}).get("difference")) for basis in bases),
                )
                for theme_id in theme_ids
            ],
        ),
        (),
        material.why_absent(tables.GAP_SENSITIVITY),
    )


def _sensitivity_cell(row: Row | None) -> list[Any] | None:
    if row is None or row["difference"] is None:
        return None
    decided = row["direction"] in ("more in policy", "more in interviews")
    return [rounded(row["difference"]), "", 1 if decided else 0]


def sentence_cell(material: Material, row: Row) -> tuple[Cell, Cell]:
    """The two shares of one theme, each leading to its passages."""
    theme_id = row["theme_id"]
    return (
        Cell(percent(row["policy"]), link=policy_link(theme_id)),
        Cell(percent(row["interviews"]), link=interview_link(theme_id)),
    )
