"""The gap by mission and by year, each beside the same interview share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.report.charts import Tile, heat
from pipeline.report.elements import Cell, Figure, Key, grid, passages_link
from pipeline.report.gap_rows import policy_link
from pipeline.report.material import Material
from pipeline.report.numbers import count, percent, points_cell
from pipeline.tables.compare import GAP_SERIES

ALL = "all"
Series = Mapping[str, Any]


def series_figure(material: Material, theme_ids: Sequence[str]) -> Figure:
    """Differences by theme and mission, and for all missions together by year."""
    series = material.frame(GAP_SERIES).drop_nulls("difference")
    rows = {(row["theme_id"], _place(row)): row for row in series.iter_rows(named=True)}
    places = _places(series)
    themes = [Cell(material.theme_name(theme), link=policy_link(theme)) for theme in theme_ids]
    absent = material.why_absent(GAP_SERIES)
    if not absent and not rows:
        absent = "Not computed in this run: no mission or year has enough hand-coded paragraphs."

    def tile(row: int, column: int) -> Tile | None:
        return _tile(rows.get((theme_ids[row], places[column])))

    def cells(theme: str) -> list[Cell]:
        found = (rows.get((theme, place)) or {} for place in places)
        return [points_cell(row.get("difference")) for row in found]

    return Figure(
        "gap-series",
        "The gap by mission and year" if series["year"].count() else "The gap by mission",
        "Policy share of a mission or year minus the interview share, which is the same in every "
        "column. Blue: more in policy; orange: more in interviews; a dot marks differences whose "
        "interval leaves out zero.",
        "Interviewees speak of several missions at once, so the interview side cannot be told "
        "apart by mission.",
        heat("Theme", "Where", themes, [Cell(place) for place in places], tile, "points", True),
        grid(
            ["Theme", *places],
            [(name, *cells(theme)) for name, theme in zip(themes, theme_ids, strict=True)],
        ),
        (Key("interval leaves out zero", "dot"),),
        absent,
    )


def _place(row: Series) -> str:
    if row["year"] is not None:
        return str(row["year"]) if row["mission"] == ALL else f"{row['mission']} {row['year']}"
    return "All missions" if row["mission"] == ALL else str(row["mission"])


def _places(series: pl.DataFrame) -> list[str]:
    """All missions first, then missions by size, then years of all missions together."""
    largest = series.group_by("mission", "year").agg(pl.col("n_policy").max())
    ordered = largest.sort(
        pl.col("year").is_not_null(),
        pl.col("mission") != ALL,
        "year",
        "n_policy",
        "mission",
        descending=[False, False, False, True, False],
        nulls_last=True,
    )
    together = (pl.col("mission") == ALL) | pl.col("year").is_null()
    return [_place(row) for row in ordered.filter(together).iter_rows(named=True)]


def _tile(row: Series | None) -> Tile | None:
    if row is None:
        return None
    mission = None if row["mission"] == ALL else row["mission"]
    link = passages_link(theme=row["theme_id"], kind="policy", mission=mission, year=row["year"])
    decided = row["low"] is not None and (row["low"] > 0 or row["high"] < 0)
    note = (
        f"{percent(row['policy'])} of {count(row['n_policy'])} policy passages, {row['method']}; "
        f"{percent(row['interviews'])} in interviews"
    )
    return Tile(
        row["difference"], link, decided, note + (f"; {row['mark']}" if row["mark"] else "")
    )
