"""Where and when topics are spoken of: shares by year and by mission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from pipeline.report.charts import Tile, heat
from pipeline.report.elements import Cell, Figure, Grid, grid, passages_link
from pipeline.report.material import Material
from pipeline.report.numbers import counted, percent, share_cell
from pipeline.tables.topics import BY_MISSION, OVER_TIME

FEWEST_PASSAGES = 50
"""A mission with fewer is in the table only: one topic would fill it and set the colours of all."""

N_DRAWN = 30
"""Topics in the charts; the tables hold all."""

ALL = "all"
"""The mission that stands for all of them."""


@dataclass(frozen=True)
class _Shares:
    """Shares of topics by place: a year or a mission, named by the filter of the explorer."""

    filter_name: str
    places: Sequence[str]
    rows: Mapping[tuple[int, str], Mapping[str, Any]]

    def link(self, topic_id: int, place: str) -> str:
        return passages_link(topic=topic_id, **{self.filter_name: place})

    def tile(self, topic_id: int, place: str) -> Tile | None:
        row = self.rows.get((topic_id, place))
        if row is None or not row["n"]:
            return None
        note = f"{row['n']} of {counted(row['n_passages'], 'passage')}"
        note += f"; {percent(row['low'])} to {percent(row['high'])}"
        return Tile(row["share"], self.link(topic_id, place), note=note)

    def cell(self, topic_id: int, place: str) -> Cell:
        row = self.rows.get((topic_id, place))
        if row is None or not row["n"]:
            return share_cell(None)
        share = share_cell(row["share"], self.link(topic_id, place))
        return replace(share, text=f"{share.text} ({percent(row['low'])}–{percent(row['high'])})")


def years_figure(material: Material) -> Figure:
    """Share of each year's passages that belong to a topic."""
    over_time = material.frame(OVER_TIME).filter(pl.col("mission") == ALL)
    places = years_between(over_time)
    rows = {(row["topic_id"], str(row["year"])): row for row in over_time.iter_rows(named=True)}
    return Figure(
        "topics-years",
        "Topics over the years",
        "Share of each year’s passages that belong to a topic, for the largest topics; the table "
        "has all, with 95% intervals. Darker is more.",
        "A year with few documents jumps about: rest the pointer on a cell for its counts.",
        *_drawn(material, "Year", _Shares("year", places, rows), places),
        absent=material.why_absent(OVER_TIME),
    )


def years_between(over_time: pl.DataFrame) -> list[str]:
    """Every year from the first to the last, those without passages too."""
    years = over_time["year"].unique().sort().to_list()
    return [str(year) for year in range(years[0], years[-1] + 1)] if years else []


def missions_figure(material: Material) -> Figure:
    """Share of each mission's passages that belong to a topic, all years together."""
    by_mission = material.frame(BY_MISSION).filter(pl.col("mission") != ALL)
    rows = {(row["topic_id"], row["mission"]): row for row in by_mission.iter_rows(named=True)}
    return Figure(
        "topics-missions",
        "Topics by mission",
        "Share of the passages on a mission that belong to a topic. A document on several missions "
        "counts for each. The table adds 95% intervals and the missions with very few passages.",
        "A topic that stands on one mission alone may be no more than a country’s name.",
        *_drawn(
            material,
            "Mission",
            _Shares("mission", missions_by_size(by_mission), rows),
            missions_by_size(_well_filled(by_mission)),
        ),
        absent=material.why_absent(BY_MISSION),
    )


def missions_by_size(by_mission: pl.DataFrame) -> list[str]:
    """Missions with the most passages first."""
    totals = by_mission.unique("mission").sort(["n_passages", "mission"], descending=[True, False])
    return totals["mission"].to_list()


def _well_filled(by_mission: pl.DataFrame) -> pl.DataFrame:
    """Missions with passages enough to draw; all of them when none has."""
    enough = by_mission.filter(pl.col("n_passages") >= FEWEST_PASSAGES)
    return by_mission if enough.is_empty() else enough


def _drawn(
    material: Material, across: str, shares: _Shares, drawn: Sequence[str]
) -> tuple[Any, Grid]:
    topics = list(material.topic_names)
    named = [Cell(material.topic_name(each), link=passages_link(topic=each)) for each in topics]
    chart = heat(
        "Topic",
        across,
        named[:N_DRAWN],
        [Cell(place) for place in drawn],
        lambda row, column: shares.tile(topics[row], drawn[column]),
    )
    rows = [
        (name, *(shares.cell(topic, place) for place in shares.places))
        for name, topic in zip(named, topics, strict=True)
    ]
    return chart, grid(["Topic", *shares.places], rows)
