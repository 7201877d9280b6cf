"""Topics: the map, the list, which are near each other, and where and when they are spoken of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline import tables
from pipeline.report.elements import (
    Cell,
    Chart,
    Figure,
    Section,
    Sentence,
    grid,
    passages_link,
    said,
)
from pipeline.report.material import Material
from pipeline.report.numbers import count_cell, counted, percent, rounded, share_cell

N_ACROSS = 30
"""Topics in the charts over time and by mission; the tables hold all."""


@dataclass(frozen=True)
class TopicCard:
    """A topic in the list: what describes it and what is typical of it."""

    topic_id: int
    name: str
    terms: str
    n_passages: str
    link: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class Sample:
    """A passage typical of a topic, with the document it stands in."""

    text: str
    source: str
    link: str


@dataclass(frozen=True)
class TopicMap:
    """The places of all passages, for the map's script."""

    absent: str
    n_passages: int
    points: dict[str, Any]


def section(material: Material) -> Section:
    """What the machine found when nobody told it what to look for."""
    assignments = material.frame(tables.ASSIGNMENTS)
    n_topics = material.frame(tables.TOPICS).height
    outliers = assignments.filter(pl.col("topic_id") == tables.OUTLIER).height
    lead: tuple[Sentence, ...] = ()
    if n_topics:
        lead = (
            said(
                "Nobody told the machine what to look for. ",
                f"It found {counted(n_topics, 'topic')} in "
                f"{counted(assignments.height, 'passage')}; ",
                Cell(
                    percent(outliers / assignments.height), link=passages_link(topic=tables.OUTLIER)
                ),
                " of them fit no topic and are left as outliers, not forced into one.",
            ),
        )
    return Section(
        "topics",
        "Topics",
        "What these texts talk about",
        lead,
        (_over_time(material), _by_mission(material), _hierarchy(material)),
    )


def topic_map(material: Material, passage_places: pl.DataFrame) -> TopicMap:
    """Points of the map; ``passage_places`` gives each passage_id its place on the shelf."""
    rows = (
        material.frame(tables.ASSIGNMENTS)
        .join(passage_places, on="passage_id")
        .sort("topic_id", "place")
    )
    points = {
        "topics": [
            [
                int(topic_id),
                material.topic_name(int(topic_id)) if topic_id != tables.OUTLIER else "No topic",
                n,
            ]
            for topic_id, n in rows.group_by("topic_id", maintain_order=True).len().iter_rows()
        ],
        "topic": rows["topic_id"].to_list(),
        "place": rows["place"].to_list(),
        "x": [round(value, 2) for value in rows["x"]],
        "y": [round(value, 2) for value in rows["y"]],
    }
    return TopicMap(material.why_absent(tables.ASSIGNMENTS), rows.height, points)


def cards(material: Material) -> tuple[TopicCard, ...]:
    """All topics, largest first."""
    sources = _sources(material)
    return tuple(
        TopicCard(
            row["topic_id"],
            row["label"],
            ", ".join(row["terms"]),
            counted(row["n_passages"], "passage"),
            passages_link(topic=row["topic_id"]),
            tuple(sources[each] for each in row["representatives"] if each in sources),
        )
        for row in material.frame(tables.TOPICS).iter_rows(named=True)
    )


def _sources(material: Material) -> dict[str, Sample]:
    wanted = material.frame(tables.TOPICS)["representatives"].explode().drop_nulls()
    passages = (
        material.frame(tables.PASSAGES)
        .filter(pl.col("passage_id").is_in(wanted.to_list()))
        .join(
            material.frame(tables.DOCUMENTS).select("document_id", "symbol", "title"),
            on="document_id",
        )
    )
    return {
        row["passage_id"]: Sample(
            row["text"],
            ", ".join(filter(None, (row["symbol"] or row["title"], row["label"]))),
            passages_link(passage=row["passage_id"]),
        )
        for row in passages.iter_rows(named=True)
    }


def _over_time(material: Material) -> Figure:
    over_time = material.frame(tables.OVER_TIME).filter(pl.col("mission") == "all")
    years = sorted(over_time["year"].unique().to_list())
    columns = [
        (str(year), {"year": year})
        for year in range(min(years, default=0), max(years, default=-1) + 1)
    ]
    keyed = {(row["topic_id"], str(row["year"])): row for row in over_time.iter_rows(named=True)}
    return _share_figure(
        material,
        "topics-years",
        "Topics over the years",
        "Share of each year’s passages that belong to a topic, for the largest topics; the table "
        "has all. Darker is more.",
        "A year with few documents jumps about: rest the pointer on a cell for its counts.",
        "Year",
        columns,
        keyed,
    )


def _by_mission(material: Material) -> Figure:
    by_mission = (
        material.frame(tables.OVER_TIME)
        .filter(pl.col("mission") != "all")
        .group_by("topic_id", "mission")
        .agg(pl.col("n").sum())
    )
    totals = (
        material.frame(tables.OVER_TIME)
        .filter(pl.col("mission") != "all")
        .unique(["year", "mission"])
        .group_by("mission")
        .agg(pl.col("n_passages").sum())
        .sort(["n_passages", "mission"], descending=[True, False])
    )
    keyed = {
        (row["topic_id"], row["mission"]): row
        for row in by_mission.join(totals, on="mission")
        .with_columns(share=pl.col("n") / pl.col("n_passages"))
        .iter_rows(named=True)
    }
    columns = [(mission, {"mission": mission}) for mission in totals["mission"]]
    return _share_figure(
        material,
        "topics-missions",
        "Topics by mission",
        "Share of the passages on a mission that belong to a topic. A document on several missions "
        "counts for each.",
        "Many topics are simply one country’s name: that is what the machine finds when countries "
        "differ more than themes.",
        "Mission",
        columns,
        keyed,
    )


def _share_figure(
    material: Material,
    figure_id: str,
    title: str,
    shows: str,
    hides: str,
    across: str,
    columns: Sequence[tuple[str, dict[str, Any]]],
    keyed: dict[tuple[int, str], Any],
) -> Figure:
    topics = list(material.frame(tables.TOPICS).select("topic_id", "label").iter_rows())
    drawn = topics[:N_ACROSS]
    return Figure(
        figure_id,
        title,
        shows,
        hides,
        Chart(
            "heat",
            {
                "across": across,
                "down": "Topic",
                "format": "percent",
                "scale": "sequential",
                "columns": [{"name": name} for name, _ in columns],
                "rows": [
                    {"name": label, "link": passages_link(topic=topic_id)}
                    for topic_id, label in drawn
                ],
                "cells": [
                    [
                        _share_cell(keyed.get((topic_id, name)), topic_id, filters)
                        for name, filters in columns
                    ]
                    for topic_id, _ in drawn
                ],
            },
        ),
        grid(
            ["Topic", *(name for name, _ in columns)],
            [
                (
                    Cell(label, link=passages_link(topic=topic_id)),
                    *(
                        share_cell(
                            (keyed.get((topic_id, name)) or {}).get("share"),
                            passages_link(topic=topic_id, **filters),
                        )
                        for name, filters in columns
                    ),
                )
                for topic_id, label in topics
            ],
        ),
        absent=material.why_absent(tables.OVER_TIME),
    )


def _share_cell(row: Any, topic_id: int, filters: dict[str, Any]) -> list[Any] | None:
    if row is None or not row["n"]:
        return None
    note = f"{row['n']} of {counted(row['n_passages'], 'passage')}"
    return [rounded(row["share"]), passages_link(topic=topic_id, **filters), 0, note]


def _hierarchy(material: Material) -> Figure:
    merges = material.frame(tables.HIERARCHY)
    topics = material.frame(tables.TOPICS)
    return Figure(
        "topics-hierarchy",
        "Which topics are near each other",
        "Topics joined step by step, nearest first; the further right two branches meet, the less "
        "alike they are (distance between the mean vectors of their passages).",
        "Near in the words they use is not the same as near in argument.",
        Chart(
            "tree",
            {
                "axis": "Distance",
                "leaves": [
                    {"id": topic_id, "name": label, "link": passages_link(topic=topic_id)}
                    for topic_id, label in topics.select("topic_id", "label").iter_rows()
                ],
                "merges": [
                    [row["parent_id"], row["left_id"], row["right_id"], rounded(row["distance"])]
                    for row in merges.iter_rows(named=True)
                ],
            },
        ),
        grid(
            ["Step", "Joined", "with", "Distance", "Topics in the group"],
            [
                (
                    Cell(str(step), step),
                    _group(material, row["left_id"], topics.height),
                    _group(material, row["right_id"], topics.height),
                    Cell(f"{row['distance']:.3f}", rounded(row["distance"])),
                    count_cell(row["n_topics"]),
                )
                for step, row in enumerate(merges.iter_rows(named=True), start=1)
            ],
        ),
        absent=material.why_absent(tables.HIERARCHY),
    )


def _group(material: Material, group_id: int, n_topics: int) -> Cell:
    if group_id < n_topics:
        return Cell(material.topic_name(group_id), link=passages_link(topic=group_id))
    return Cell(f"the group of step {group_id - n_topics + 1}")
