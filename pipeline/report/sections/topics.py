"""Topics: the map, the list with what describes them, and their hierarchy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.report.elements import (
    Cell,
    Figure,
    Grid,
    PageSection,
    Sentence,
    count_cell,
    counted,
    decimal,
    grid,
    interval_cell,
    passages_link,
    percent,
    rounded,
    said,
    share_cell,
)
from pipeline.report.material import PageMaterial
from pipeline.report.sections.topic_models import article_figure, models_figure, stability_sentence
from pipeline.report.sections.topic_shares import (
    ALL,
    likeness_figure,
    missions_figure,
    years_figure,
    zero_shot_figure,
)
from pipeline.run.tables.texts import DOCUMENTS, PASSAGES
from pipeline.run.tables.topics import (
    ASSIGNMENTS,
    BY_MISSION,
    HIERARCHY,
    OUTLIER,
    TOPICS,
)


def hierarchy_figure(material: PageMaterial) -> Figure:
    """Topics joined step by step, nearest first."""
    merges = list(material.frame(HIERARCHY).iter_rows(named=True))
    return Figure(
        "topics-hierarchy",
        "Which topics are near each other",
        "Topics joined step by step, nearest first; the further right two branches meet, the less "
        "alike they are (distance between the mean vectors of their passages).",
        "Near in the words they use is not the same as near in argument.",
        None,
        _tree_grid(material, merges),
        absent=material.why_absent(HIERARCHY),
    )


def _tree_grid(material: PageMaterial, merges: Sequence[Mapping[str, Any]]) -> Grid:
    step_of = {row["parent_id"]: step for step, row in enumerate(merges, start=1)}

    def group(group_id: int) -> Cell:
        if group_id in step_of:
            return Cell(f"the group of step {step_of[group_id]}")
        return Cell(material.topic_name(group_id), link=passages_link(topic=group_id))

    return grid(
        ["Step", "Joined", "With", "Distance", "Topics in the group"],
        [
            (
                Cell(str(step), step),
                group(row["left_id"]),
                group(row["right_id"]),
                Cell(decimal(row["distance"], 3), rounded(row["distance"])),
                count_cell(row["n_topics"]),
            )
            for step, row in enumerate(merges, start=1)
        ],
    )


def terms_figure(material: PageMaterial) -> Figure:
    """The terms that describe each topic, with their weights."""
    topics = list(material.frame(TOPICS).iter_rows(named=True))
    rows = [
        (
            Cell(row["label"], link=passages_link(topic=row["topic_id"])),
            Cell(term),
            Cell(decimal(weight), rounded(weight)),
        )
        for row in topics
        for term, weight in zip(row["terms"], row["weights"], strict=True)
    ]
    return Figure(
        "topics-terms",
        "The words of the topics",
        "For each topic the terms that set it apart. A bar is the overlap of two sets of passages, "
        "those that hold the term and those of the topic: 1 if they are the same (Jaccard index). "
        "The table has all topics.",
        "Names of missions, places and persons were taken out before the terms were counted.",
        None,
        grid(["Topic", "Term", "Overlap"], rows),
        absent=material.why_absent(TOPICS),
    )


def places_figure(material: PageMaterial) -> Figure:
    """A topic that the reader chooses, by mission and by year."""
    by_mission = material.frame(BY_MISSION).filter(pl.col("mission") != ALL)
    return Figure(
        "topics-places",
        "One topic, by mission and by year",
        "Choose a topic. Dots are its share of the passages on each mission and of each year, "
        "whiskers 95% intervals (Wilson).",
        "The intervals take passages for independent draws; a mandate repeated year after year is "
        "not, so they are too narrow where a topic lives on repetition.",
        None,
        _grid(material, by_mission),
        absent=material.why_absent(BY_MISSION),
    )


def _grid(material: PageMaterial, by_mission: pl.DataFrame) -> Grid:
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


@dataclass(frozen=True)
class TopicCard:
    """A topic in the list: what describes it and what is typical of it."""

    topic_id: int
    name: str
    terms: str
    n_passages: str
    n_texts: str
    link: str
    examples: tuple[TopicExample, ...]
    stability: str
    stable: bool


@dataclass(frozen=True)
class TopicExample:
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


def section(material: PageMaterial) -> PageSection:
    """What the machine found when nobody told it what to look for."""
    return PageSection(
        "topics",
        "Topics",
        "What these texts talk about",
        _lead(material),
        (
            models_figure(material),
            terms_figure(material),
            years_figure(material),
            missions_figure(material),
            places_figure(material),
            hierarchy_figure(material),
            likeness_figure(material),
            article_figure(material),
            zero_shot_figure(material),
        ),
    )


def _lead(material: PageMaterial) -> tuple[Sentence, ...]:
    assignments = material.frame(ASSIGNMENTS)
    n_topics = material.frame(TOPICS).height
    if not n_topics or assignments.is_empty():
        return ()
    outliers = assignments.filter(pl.col("topic_id") == OUTLIER).height
    stability = stability_sentence(material)
    return (
        said(
            "Nobody told the machine what to look for. ",
            f"It found {counted(n_topics, 'topic')} in {counted(assignments.height, 'passage')}; ",
            Cell(percent(outliers / assignments.height), link=passages_link(topic=OUTLIER)),
            " of them fit no topic and are left as outliers, not forced into one.",
        ),
        *((stability,) if stability else ()),
    )


def topic_map(material: PageMaterial, passage_places: pl.DataFrame) -> TopicMap:
    """Points of the map; ``passage_places`` gives each passage_id its place on the shelf."""
    rows = (
        material.frame(ASSIGNMENTS).join(passage_places, on="passage_id").sort("topic_id", "place")
    )
    sizes = rows.group_by("topic_id", maintain_order=True).len().iter_rows()
    points = {
        "topics": [[topic_id, _map_name(material, topic_id), n] for topic_id, n in sizes],
        "topic": rows["topic_id"].to_list(),
        "place": rows["place"].to_list(),
        "x": [round(value, 2) for value in rows["x"]],
        "y": [round(value, 2) for value in rows["y"]],
    }
    return TopicMap(material.why_absent(ASSIGNMENTS), rows.height, points)


def _map_name(material: PageMaterial, topic_id: int) -> str:
    return "No topic" if topic_id == OUTLIER else material.topic_name(topic_id)


def largest_first(material: PageMaterial) -> pl.DataFrame:
    """The topics by the number of their passages."""
    return material.frame(TOPICS).sort(["n_passages", "topic_id"], descending=[True, False])


def cards(material: PageMaterial) -> tuple[TopicCard, ...]:
    """All topics, largest first."""
    examples = _examples(material)
    return tuple(
        TopicCard(
            row["topic_id"],
            row["label"],
            ", ".join(row["terms"]),
            counted(row["n_passages"], "passage"),
            counted(row["n_texts"], "different text"),
            passages_link(topic=row["topic_id"]),
            tuple(examples[each] for each in row["representatives"] if each in examples),
            stability_text(row),
            row["stable"],
        )
        for row in largest_first(material).iter_rows(named=True)
    )


def stability_text(row: Mapping[str, Any]) -> str:
    """A topic's mark and figure: ``stable .92``."""
    return f"{'stable' if row['stable'] else 'fragile'} {decimal(row['stability'])}"


def _examples(material: PageMaterial) -> dict[str, TopicExample]:
    wanted = material.frame(TOPICS)["representatives"].explode().drop_nulls()
    documents = material.frame(DOCUMENTS).select("document_id", "symbol", "title")
    passages = (
        material.frame(PASSAGES)
        .filter(pl.col("passage_id").is_in(wanted.to_list()))
        .join(documents, on="document_id")
    )
    return {
        row["passage_id"]: TopicExample(
            row["text"],
            ", ".join(filter(None, (row["symbol"] or row["title"], row["label"]))),
            passages_link(passage=row["passage_id"]),
        )
        for row in passages.iter_rows(named=True)
    }
