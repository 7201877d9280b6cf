"""Charts as the page's scripts read them: see static/chart-*.js."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.report.elements import Cell, Chart, rounded


def vega_script() -> str:
    """Vega, Vega-Lite and vegaEmbed as one classic script, for pages opened from disk.

    vegaEmbed draws under a policy without 'unsafe-eval' when it is given ``ast: true``.
    """
    from vl_convert import javascript_bundle

    bundle = javascript_bundle("window.vega = vega; window.vegaEmbed = vegaEmbed;")
    return f'"use strict";(() => {{{bundle}}})();\n'


@dataclass(frozen=True)
class IntervalMark:
    """One value in a row of a chart of intervals.

    Attributes:
        series: its colour and shape in the style sheet.
        value: where it is; nothing is drawn for None.
        name: what the pointer says; the series when empty.
        link: its passages.
    """

    series: str
    value: float | None
    low: float | None = None
    high: float | None = None
    name: str = ""
    link: str = ""


@dataclass(frozen=True)
class IntervalRow:
    """A row of a chart of intervals; faint rows are those that nothing should be built on."""

    name: str
    marks: tuple[IntervalMark, ...]
    link: str = ""
    faint: bool = False
    strong: bool = False


@dataclass(frozen=True)
class Tile:
    """A cell of a heat map.

    Attributes:
        value: what its colour stands for.
        marked: whether it gets a dot.
        note: what the pointer says besides the value.
    """

    value: float
    link: str = ""
    marked: bool = False
    note: str = ""


def intervals(
    axes: Sequence[str],
    formats: Sequence[str],
    panels: Sequence[Sequence[str]],
    rows: Sequence[IntervalRow],
    domain: tuple[float, float] | None = None,
) -> Chart:
    """Rows of values with intervals, in panels side by side.

    Args:
        axes: the name of each panel's axis.
        formats: of each panel's numbers: percent, points or score.
        panels: the series that each panel shows.
        rows: from top to bottom.
        domain: ends of every axis; None to fit the values.
    """
    spec = {
        "axes": list(axes),
        "formats": list(formats),
        "panels": [list(panel) for panel in panels],
        "rows": [_row(row) for row in rows],
    }
    if domain is not None:
        spec["domains"] = [list(domain) for _ in axes]
    return Chart("intervals", spec)


def _row(row: IntervalRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "link": row.link,
        "faint": row.faint,
        "strong": row.strong,
        "marks": [
            {
                "series": mark.series,
                "name": mark.name or mark.series,
                "value": rounded(mark.value),
                "low": rounded(mark.low),
                "high": rounded(mark.high),
                "link": mark.link if mark.value else "",
            }
            for mark in row.marks
        ],
    }


def heat(
    down: str,
    across: str,
    rows: Sequence[Cell],
    columns: Sequence[Cell],
    tile: Callable[[int, int], Tile | None],
    number: str = "percent",
    diverging: bool = False,
) -> Chart:
    """A heat map; ``tile`` gives the cell of a row and a column, by their numbers, or None."""
    return Chart(
        "heat",
        {
            "down": down,
            "across": across,
            "format": number,
            "scale": "diverging" if diverging else "sequential",
            "rows": [{"name": row.text, "link": row.link} for row in rows],
            "columns": [{"name": column.text, "link": column.link} for column in columns],
            "cells": [
                [_tile(tile(row, column)) for column in range(len(columns))]
                for row in range(len(rows))
            ],
        },
    )


def _tile(tile: Tile | None) -> list[Any] | None:
    if tile is None:
        return None
    link = tile.link if tile.value else ""  # nothing is nowhere to go
    return [rounded(tile.value), link, int(tile.marked), tile.note]


def bars(axis: str, rows: Sequence[tuple[str, int, str, str]]) -> Chart:
    """Horizontal bars; a row is a name, a count, a note and a link."""
    drawn = [
        {"name": name, "value": n, "note": note, "link": link if n else ""}
        for name, n, note, link in rows
    ]
    return Chart("bars", {"axis": axis, "rows": drawn})


def columns(axis: str, across: str, rows: Sequence[tuple[str, int, str]]) -> Chart:
    """Upright columns; a row is a name, a count and a link."""
    drawn = [{"name": name, "value": n, "link": link if n else ""} for name, n, link in rows]
    return Chart("columns", {"axis": axis, "across": across, "rows": drawn})
