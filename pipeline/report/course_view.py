"""The course of policy since 2000, with the years in which it turned to robustness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.report.charts import Tile, heat
from pipeline.report.elements import Cell, Figure, Key, grid, passages_link
from pipeline.report.material import Material
from pipeline.report.numbers import count, percent, share_cell
from pipeline.tables.compare import GAP_SERIES

ROBUST = "robust_force"
ALL = "all"
_FIRST_YEAR = 2000
Course = Mapping[str, Any]
_MARKED = (Key("a turn to robustness", "dot"),)
_UNCORRECTED = (
    "As classified, not corrected: a year has too few hand-coded paragraphs. It shows where a "
    "share rises and falls, not how large it is, and a year with few documents jumps about."
)


def years_figure(material: Material, theme_ids: Sequence[str]) -> Figure:
    """Every theme by year, all missions together."""
    rows = _rows(material, pl.col("mission") == ALL)
    found = {(row["theme_id"], row["year"]): row for row in rows}
    themes = [Cell(material.theme_name(theme_id)) for theme_id in theme_ids]
    return _figure(
        material,
        "gap-years",
        "Policy over the years, theme by theme",
        "Share of the year’s policy passages on each theme, all missions together; a dot marks the "
        "year of a doctrine for all of them.",
        ("Theme", themes, theme_ids),
        found,
    )


def turns_figure(material: Material) -> Figure:
    """Robust force by mission and year, with each mission's turn."""
    rows = _rows(material, pl.col("theme_id") == ROBUST)
    found = {(row["mission"], row["year"]): row for row in rows}
    names = sorted({row["mission"] for row in rows}, key=lambda name: (name != ALL, name))
    missions = [Cell("All missions" if name == ALL else name) for name in names]
    return _figure(
        material,
        "gap-turns",
        f"“{material.theme_name(ROBUST)}” by mission and year",
        "Share of the Council’s resolutions and statements on each mission, in passages; dots mark "
        "the Capstone Doctrine and each mission’s turn to robustness: rest the pointer on one to "
        "read what happened. The table has their names.",
        ("Mission", missions, names),
        found,
    )


def _rows(material: Material, chosen: pl.Expr) -> list[dict[str, Any]]:
    series = material.frame(GAP_SERIES).filter(
        chosen & (pl.col("year") >= _FIRST_YEAR).fill_null(value=False)
    )
    return list(series.iter_rows(named=True))


def _figure(
    material: Material,
    figure_id: str,
    title: str,
    shows: str,
    down: tuple[str, Sequence[Cell], Sequence[str]],
    found: Mapping[tuple[str, int], Course],
) -> Figure:
    name, cells, keys = down
    years = sorted({year for _, year in found})
    columns = list(range(years[0], years[-1] + 1)) if years else []
    absent = material.why_absent(GAP_SERIES)
    if not absent and not found:
        absent = "Not computed in this run: no dated policy document was scored."

    def tile(row: int, column: int) -> Tile | None:
        return _tile(found.get((keys[row], columns[column])))

    return Figure(
        figure_id,
        title,
        shows,
        _UNCORRECTED,
        heat(name, "Year", cells, [Cell(str(year)) for year in columns], tile),
        grid(
            [name, *(str(year) for year in columns)],
            [
                (cell, *(_cell(found.get((key, year))) for year in columns))
                for cell, key in zip(cells, keys, strict=True)
            ],
        ),
        _MARKED,
        absent,
    )


def _link(row: Course) -> str:
    mission = None if row["mission"] == ALL else row["mission"]
    return passages_link(theme=row["theme_id"], kind="policy", mission=mission, year=row["year"])


def _tile(row: Course | None) -> Tile | None:
    if row is None:
        return None
    note = f"of {count(row['n_policy'])} passages"
    if row["policy_low"] is not None:
        note += f"; {percent(row['policy_low'])} to {percent(row['policy_high'])}"
    note += f"; {row['mark']}" if row["mark"] else ""
    return Tile(row["policy"], _link(row), bool(row["mark"]), note)


def _cell(row: Course | None) -> Cell:
    if row is None:
        return share_cell(None)
    shown = share_cell(row["policy"], _link(row))
    if not row["mark"]:
        return shown
    return Cell(f"{shown.text} ({row['mark']})", shown.value, shown.link)
