"""The gap: what policy speaks of against what the interviewees speak of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from pipeline import tables
from pipeline.report.elements import Cell, Chart, Figure, Key, Section, grid, passages_link, said
from pipeline.report.gap_parts_view import part_figure
from pipeline.report.gap_rows import (
    Row,
    direction_name,
    interview_link,
    mark,
    points_interval,
    policy_link,
)
from pipeline.report.material import Material
from pipeline.report.numbers import (
    count,
    count_cell,
    counted,
    interval_cell,
    p_cell,
    percent,
    points_cell,
    rounded,
    share_cell,
)


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
        (_gap_figure(material, gap), part_figure(material), _sensitivity_figure(material, gap)),
    )


def _sorted(gap: pl.DataFrame) -> pl.DataFrame:
    return gap.sort("difference", "theme_id", descending=[True, False], nulls_last=True)


def _gap_figure(material: Material, gap: pl.DataFrame) -> Figure:
    rows = list(gap.iter_rows(named=True))
    drawn = [row for row in rows if row["policy"] is not None or row["interviews"] is not None]
    left_out = len(rows) - len(drawn)
    left = (
        f" {counted(left_out, 'theme')} without either share stand in the table only."
        if left_out
        else ""
    )
    return Figure(
        "gap-chart",
        "What fills the mandates, and what fills the interviews",
        "For each theme, the share of passages in policy documents (corrected for the "
        "classifier’s error) and the share of interview passages in the article, with their "
        f"intervals; sorted by the difference, policy minus interviews.{_sizes(drawn)}{left}",
        "It does not show what missions do, nor how often a thing happens. The interviewees were "
        "chosen for their experience and speak through one author; a theme that is rare may be "
        "taken for granted.",
        Chart("intervals", _gap_spec(material, drawn)),
        grid(
            [
                "Theme",
                "Policy",
                "Coded by hand with it",
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
        (
            Key("Policy documents", "policy"),
            Key("Interview passages", "interviews"),
            Key("Difference", "difference"),
        ),
        material.why_absent(tables.GAP)
        or ("" if drawn else "No share could be computed on either side."),
    )


def _sizes(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    largest = max(rows, key=lambda row: row["n_policy"])
    return (
        f" Behind it are {count(largest['n_policy'])} policy passages, "
        f"{count(largest['n_policy_coded'])} hand-coded paragraphs among them, and "
        f"{count(largest['n_interviews'])} interview passages in "
        f"{count(largest['n_paragraphs'])} paragraphs. Faint: within chance."
    )


def _gap_spec(material: Material, rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "axes": ["Share of passages", "More in interviews ← points → more in policy"],
        "formats": ["percent", "points"],
        "panels": [["policy", "interviews"], ["difference"]],
        "zero": [False, True],
        "rows": [
            {
                "name": material.theme_name(row["theme_id"]),
                "link": policy_link(row["theme_id"]),
                "faint": row["direction"] in ("undecided", "not computed"),
                "marks": [
                    mark("policy", row, "policy", "policy_low", "policy_high"),
                    mark("interviews", row, "interviews", "interviews_low", "interviews_high"),
                    mark("difference", row, "difference", "low", "high"),
                ],
            }
            for row in rows
        ],
    }


def _gap_row(material: Material, row: Row) -> tuple[Cell, ...]:
    theme_id = row["theme_id"]
    return (
        Cell(material.theme_name(theme_id)),
        share_cell(row["policy"], policy_link(theme_id)),
        count_cell(row["n_policy_positive"], passages_link(code=theme_id, kind="policy")),
        interval_cell(row["policy_low"], row["policy_high"]),
        share_cell(row["policy_assigned"], policy_link(theme_id)),
        share_cell(row["interviews"], interview_link(theme_id)),
        interval_cell(row["interviews_low"], row["interviews_high"]),
        points_cell(row["difference"]),
        points_interval(row["low"], row["high"]),
        p_cell(row["q_value"]),
        Cell(direction_name(row["direction"])),
    )


def _sensitivity_figure(material: Material, gap: pl.DataFrame) -> Figure:
    other = material.frame(tables.GAP_SENSITIVITY)
    other = other.drop_nulls("difference")
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
                "columns": [{"name": _capital(basis)} for basis in bases],
                "rows": [
                    {"name": material.theme_name(theme_id), "link": policy_link(theme_id)}
                    for theme_id in theme_ids
                ],
                "cells": [
                    [_sensitivity_cell(found.get((basis, theme_id))) for basis in bases]
                    for theme_id in theme_ids
                ],
            },
        ),
        grid(
            ["Theme", *(_capital(basis) for basis in bases)],
            [
                (
                    Cell(material.theme_name(theme_id)),
                    *(
                        points_cell((found.get((basis, theme_id)) or {}).get("difference"))
                        for basis in bases
                    ),
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
    note = f"{percent(row['policy'])} in policy, {percent(row['interviews'])} in interviews"
    return [rounded(row["difference"]), policy_link(row["theme_id"]), 1 if decided else 0, note]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def sentence_cells(row: Row) -> tuple[Cell, Cell]:
    """The two shares of one theme, each leading to its passages."""
    theme_id = row["theme_id"]
    return (
        Cell(percent(row["policy"]), link=policy_link(theme_id)),
        Cell(percent(row["interviews"]), link=interview_link(theme_id)),
    )
