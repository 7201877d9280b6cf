"""One topic at a time: its share of every mission and year, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline.report.elements import Cell, Chart, Figure, Grid, grid, passages_link
from pipeline.report.material import Material
from pipeline.report.numbers import count_cell, interval_cell, rounded, share_cell
from pipeline.report.topic_share_view import ALL, missions_by_size, years_between
from pipeline.tables.topics import BY_MISSION, OVER_TIME


def places_figure(material: Material) -> Figure:
    """A topic that the reader chooses, by mission and by year."""
    by_mission = material.frame(BY_MISSION).filter(pl.col("mission") != ALL)
    over_time = material.frame(OVER_TIME).filter(pl.col("mission") == ALL)
    panels = [
        _panel("mission", missions_by_size(by_mission), by_mission),
        _panel("year", years_between(over_time), over_time),
    ]
    topics = [[topic_id, name] for topic_id, name in material.topic_names.items()]
    spec = {"axis": "Share of passages", "topics": topics, "panels": panels}
    return Figure(
        "topics-places",
        "One topic, by mission and by year",
        "Choose a topic. Dots are its share of the passages on each mission and of each year, "
        "whiskers 95% intervals (Wilson).",
        "The intervals take passages for independent draws; a mandate repeated year after year is "
        "not, so they are too narrow where a topic lives on repetition.",
        Chart("places", spec),
        _grid(material, by_mission),
        absent=material.why_absent(BY_MISSION),
    )


def _grid(material: Material, by_mission: pl.DataFrame) -> Grid:
    """By mission only: the years, with their intervals, stand in the table of the years."""
    rows = by_mission.sort("topic_id", "mission").iter_rows(named=True)
    return grid(
        ["Topic", "Mission", "Passages", "Of", "Share", "Interval"],
        [
            (
                Cell(material.topic_name(row["topic_id"])),
                Cell(row["mission"]),
                count_cell(row["n"], _link(row)),
                count_cell(row["n_passages"]),
                share_cell(row["share"]),
                interval_cell(row["low"], row["high"]),
            )
            for row in rows
        ],
    )


def _link(row: Mapping[str, Any]) -> str:
    return passages_link(topic=row["topic_id"], mission=row["mission"])


def _panel(name: str, places: list[str], shares: pl.DataFrame) -> dict[str, Any]:
    """Of each topic, by its id, a list a place: share, low, high, passages, of how many."""
    found: dict[int, list[list[Any] | None]] = {}
    column = {place: number for number, place in enumerate(places)}
    for row in shares.sort("topic_id").iter_rows(named=True):
        of_topic = found.setdefault(row["topic_id"], [None] * len(places))
        of_topic[column[str(row[name])]] = [
            *(rounded(row[value]) for value in ("share", "low", "high")),
            row["n"],
            row["n_passages"],
        ]
    return {"filter": name, "places": places, "shares": found}
