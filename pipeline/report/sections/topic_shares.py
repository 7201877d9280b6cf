"""Topics by mission and year, how alike they are, and the zero-shot view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import polars as pl

from pipeline.report.charts import bars, heat
from pipeline.report.elements import (
    Cell,
    Figure,
    Grid,
    Tile,
    count_cell,
    counted,
    decimal,
    grid,
    passages_link,
    percent,
    rounded,
    share_cell,
)
from pipeline.report.material import PageMaterial
from pipeline.run.tables.topics import (
    ASSIGNMENTS,
    BY_MISSION,
    HIERARCHY,
    OVER_TIME,
    SIMILARITY,
    TOPICS,
    ZERO_SHOT,
)

FEWEST_PASSAGES = 50
"""A mission with fewer is in the table only: one topic would fill it and set the colours of all."""

N_DRAWN = 30
"""Topics in the charts; the tables hold all."""

N_LARGEST = 12
"""Topics in the story's chart."""

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


def largest_first(material: PageMaterial) -> pl.DataFrame:
    """The topics by the number of their passages."""
    return material.frame(TOPICS).sort(["n_passages", "topic_id"], descending=[True, False])


def sizes_figure(material: PageMaterial) -> Figure:
    """The largest topics by their passages, for the story."""
    rows = [
        (row["label"], row["n_passages"], passages_link(topic=row["topic_id"]))
        for row in largest_first(material).iter_rows(named=True)
    ]
    left = len(rows) - N_LARGEST
    which = f"The {N_LARGEST} largest topics" if left > 0 else "The topics"
    others = f"; the table has the other {left}" if left > 0 else ""
    return Figure(
        "story-topics",
        "What the texts talk about when nobody tells the machine what to look for",
        f"{which} by the number of their passages{others}. A topic is a group of passages that say "
        "similar things, named by words that set it apart. Choose a bar to read its passages.",
        "A large topic may be large because the same paragraph is repeated from year to year.",
        partial(bars, "Passages", [(name, n, "", link) for name, n, link in rows[:N_LARGEST]]),
        grid(["Topic", "Passages"], [(Cell(name), count_cell(n, link)) for name, n, link in rows]),
        absent=material.why_absent(TOPICS),
    )


def years_figure(material: PageMaterial) -> Figure:
    """Share of each year's passages that belong to a topic."""
    over_time = material.frame(OVER_TIME).filter(pl.col("mission") == ALL)
    places = years_between(over_time)
    rows = {(row["topic_id"], str(row["year"])): row for row in over_time.iter_rows(named=True)}
    return Figure(
        "topics-years",
        "Topics over the years",
        "Share of each year’s passages that belong to a topic, for the largest topics; the table "
        "has all, with 95% intervals, too narrow where a topic lives on repetition. Stronger "
        "colour is more.",
        "A year with few documents jumps about: rest the pointer on a cell for its counts.",
        *_drawn(material, "Year", _Shares("year", places, rows), places),
        absent=material.why_absent(OVER_TIME),
    )


def years_between(over_time: pl.DataFrame) -> list[str]:
    """Every year from the first to the last, those without passages too."""
    years = over_time["year"].unique().sort().to_list()
    return [str(year) for year in range(years[0], years[-1] + 1)] if years else []


def missions_figure(material: PageMaterial) -> Figure:
    """Share of each mission's passages that belong to a topic, all years together."""
    by_mission = material.frame(BY_MISSION).filter(pl.col("mission") != ALL)
    rows = {(row["topic_id"], row["mission"]): row for row in by_mission.iter_rows(named=True)}
    return Figure(
        "topics-missions",
        "Topics by mission",
        "Share of the passages on a mission that belong to a topic. A document on several missions "
        "counts for each. The table adds 95% intervals, "
        "too narrow where a topic lives on repetition, and the missions with very few passages.",
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
    material: PageMaterial, across: str, shares: _Shares, drawn: Sequence[str]
) -> tuple[Any, Grid]:
    topics = list(material.topic_names)
    named = [Cell(material.topic_name(each), link=passages_link(topic=each)) for each in topics]
    chart = partial(
        heat,
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


def zero_shot_figure(material: PageMaterial) -> Figure:
    """How each topic spreads over the definitions of the codebook."""
    placed = material.frame(ZERO_SHOT).join(
        material.frame(ASSIGNMENTS).select("passage_id", "topic_id"), on="passage_id"
    )
    counts = {
        (topic, theme): n
        for topic, theme, n in placed.group_by("topic_id", "theme_id").len().iter_rows()
    }
    topics = list(material.topic_names)
    sizes = dict(placed.group_by("topic_id").len().iter_rows())
    themes = list(material.theme_names)

    def tile(row: int, column: int) -> Tile | None:
        n = counts.get((topics[row], themes[column]), 0)
        all_of_it = sizes.get(topics[row], 0)
        return Tile(n / all_of_it, note=f"{n} of {counted(all_of_it, 'passage')}") if n else None

    return Figure(
        "topics-zero-shot",
        "Topics put to the codebook’s definitions (zero-shot)",
        "The machine is told the definitions of the codebook and nothing else, and puts each "
        "passage to the nearest one. A cell is the part of a topic’s passages that go there, for "
        "the largest topics; the table counts passages a definition.",
        "Nearest is not near: a passage on none of the themes still has a nearest one.",
        partial(
            heat,
            "Topic",
            "nearest definition",
            [Cell(material.topic_name(each), link=passages_link(topic=each)) for each in topics][
                :N_DRAWN
            ],
            [Cell(material.theme_name(theme)) for theme in themes],
            tile,
        ),
        grid(["Theme", "Passages", "Share", "Lead over the next"], _rows(material, placed)),
        absent=material.why_absent(ZERO_SHOT),
    )


def _rows(material: PageMaterial, placed: pl.DataFrame) -> list[tuple[Cell, ...]]:
    by_theme = (
        placed.group_by("theme_id")
        .agg(pl.len(), pl.col("lead").mean())
        .sort(["len", "theme_id"], descending=[True, False])
    )
    return [
        (
            Cell(material.theme_name(theme)),
            count_cell(n),
            share_cell(n / placed.height),
            Cell(f"{lead:.3f}", round(lead, 6)),
        )
        for theme, n, lead in by_theme.iter_rows()
    ]


def likeness_figure(material: PageMaterial) -> Figure:
    """Cosines between the mean vectors of topics."""
    pairs = material.frame(SIMILARITY)
    likeness = {(row[0], row[1]): row[2] for row in pairs.iter_rows()}
    order = _order(material.frame(HIERARCHY))
    names = [material.topic_name(each) for each in order]
    rows = [
        Cell(f"{number} {name}", link=passages_link(topic=each))
        for number, (each, name) in enumerate(zip(order, names, strict=True), 1)
    ]
    columns = [Cell(str(number)) for number in range(1, len(order) + 1)]

    def tile(row: int, column: int) -> Tile | None:
        if row == column:
            return None
        first, other = sorted((order[row], order[column]))
        return Tile(likeness[first, other], note=f"with {names[column]}")

    nearest = pairs.sort("similarity", "topic_id", "other_id", descending=[True, False, False])
    return Figure(
        "topics-likeness",
        "How alike the topics are",
        "Cosine between the mean vectors of two topics, after what all topics share is taken off. "
        "Topics that the hierarchy joins stand side by side, so a blue block is a branch. Blue: "
        "more alike than topics are on average; orange: less. Columns have the numbers of the "
        "rows; the table lists all pairs, the most alike first.",
        "Two topics that are alike may be one theme that the machine cut in two.",
        partial(heat, "Topic", "Topic", rows, columns, tile, "score", diverging=True),
        grid(
            ["Topic", "Other topic", "Cosine"],
            [
                (
                    Cell(material.topic_name(first), link=passages_link(topic=first)),
                    Cell(material.topic_name(other), link=passages_link(topic=other)),
                    Cell(decimal(value), rounded(value)),
                )
                for first, other, value in nearest.iter_rows()
            ],
        ),
        absent=material.why_absent(SIMILARITY),
    )


def _order(hierarchy: pl.DataFrame) -> list[int]:
    """Topics as they stand along the leaves of the hierarchy."""
    leaves: dict[int, list[int]] = {}
    for row in hierarchy.iter_rows(named=True):
        parts = (leaves.pop(each, [each]) for each in (row["left_id"], row["right_id"]))
        leaves[row["parent_id"]] = [topic_id for part in parts for topic_id in part]
    return [topic_id for part in leaves.values() for topic_id in part]
