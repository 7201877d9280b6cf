"""Topics: the map, the list with what describes them, and their hierarchy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pipeline.report.elements import (
    Cell,
    Figure,
    PageSection,
    Sentence,
    count_cell,
    counted,
    decimal,
    grid,
    passages_link,
    percent,
    rounded,
    said,
)
from pipeline.report.material import NOT_KEPT, PageMaterial
from pipeline.report.sections.agreement import compared, passages_name, reference_name
from pipeline.report.sections.topic_models import article_figure, models_figure, stability_sentence
from pipeline.report.sections.topic_shares import (
    largest_first,
    likeness_figure,
    missions_figure,
    years_figure,
    zero_shot_figure,
)
from pipeline.run.tables.compare import ALIGNMENT, EXPLANATION
from pipeline.run.tables.topics import ASSIGNMENTS, HIERARCHY, OUTLIER, TOPICS


def hierarchy_figure(material: PageMaterial) -> Figure:
    """Topics joined step by step, nearest first; the workbench draws it."""
    merges = list(material.frame(HIERARCHY).iter_rows(named=True))
    step_of = {row["parent_id"]: step for step, row in enumerate(merges, start=1)}

    def group(group_id: int) -> Cell:
        if group_id in step_of:
            return Cell(f"the group of step {step_of[group_id]}")
        return Cell(material.topic_name(group_id), link=passages_link(topic=group_id))

    rows = [
        (
            Cell(str(step), step),
            group(row["left_id"]),
            group(row["right_id"]),
            Cell(decimal(row["distance"], 3), rounded(row["distance"])),
            count_cell(row["n_topics"]),
        )
        for step, row in enumerate(merges, start=1)
    ]
    return Figure(
        "topics-hierarchy",
        "Which topics are near each other",
        "Topics joined step by step, nearest first (distance between the mean vectors of their "
        "passages). The number of groups beside the map follows these steps.",
        "Near in the words they use is not the same as near in argument.",
        grid=grid(["Step", "Joined", "With", "Distance", "Topics in the group"], rows),
        absent=material.why_absent(HIERARCHY),
    )


def terms_figure(material: PageMaterial) -> Figure:
    """The topics in a table: how large, how steady, and the terms that describe them."""
    rows = [
        (
            Cell(row["label"], link=passages_link(topic=row["topic_id"])),
            count_cell(row["n_passages"]),
            count_cell(row["n_texts"]),
            Cell(stability_text(row), rounded(row["stability"])),
            Cell(
                ", ".join(
                    f"{term} {decimal(weight)}"
                    for term, weight in zip(row["terms"], row["weights"], strict=True)
                )
            ),
        )
        for row in largest_first(material).iter_rows(named=True)
    ]
    return Figure(
        "topics-terms",
        "All topics and their words",
        "Largest first. Beside each term stands the overlap of two sets of passages, those that "
        "hold the term and those of the topic: 1 if they are the same (Jaccard index). Stability "
        "is how much of a topic other runs find again (1: all of it).",
        "Names of missions, places and persons were taken out before the terms were counted.",
        grid=grid(["Topic", "Passages", "Different texts", "Stability", "Terms"], rows),
        absent=material.why_absent(TOPICS),
    )


@dataclass(frozen=True)
class TopicMap:
    """What the workbench shows.

    Attributes:
        absent: why there is none; empty when there is one.
        n_passages: points on the map.
        n_topics: with outliers not counted.
        points: the place of each passage on the map.
        topics: what is known of each topic, how topics are joined, and their themes.
    """

    absent: str
    n_passages: int
    n_topics: int
    points: dict[str, Any]
    topics: dict[str, Any]


def section(material: PageMaterial) -> PageSection:
    """What the machine found when nobody told it what to look for."""
    return PageSection(
        "topics",
        "Topics",
        "What these texts talk about",
        _lead(material),
        (
            years_figure(material),
            missions_figure(material),
            models_figure(material),
            likeness_figure(material),
        ),
        appendix=(
            terms_figure(material),
            hierarchy_figure(material),
            article_figure(material),
            zero_shot_figure(material),
        ),
    )


def _lead(material: PageMaterial) -> tuple[Sentence, ...]:
    assignments = material.frame(ASSIGNMENTS)
    n_topics = material.frame(TOPICS).height
    if not n_topics or assignments.is_empty():
        return ()
    number = material.settings.topics.n_topics
    agreed = "the number at which models of samples agree most, " if number == "auto" else ""
    if isinstance(number, int):
        agreed = "a number that is set (docs/another-machine.md says how), "
    stability = stability_sentence(material)
    return (
        said(
            "Nobody told the machine what to look for. ",
            f"It sorted {counted(assignments.height, 'passage')} into "
            f"{counted(n_topics, 'topic')}, {agreed}by what they say. ",
            *_poorly(assignments),
        ),
        *((stability,) if stability else ()),
    )


def _poorly(assignments: pl.DataFrame) -> tuple[str | Cell, ...]:
    """How many passages fit no topic or, where each is put into one, fit it poorly."""
    outliers = assignments.filter(pl.col("topic_id") == OUTLIER).height
    if outliers:
        share = percent(outliers / assignments.height)
        return (
            Cell(share, link=passages_link(topic=OUTLIER)),
            " of them fit no topic and are left as outliers, not forced into one.",
        )
    poor = assignments.filter(pl.col("agreement") < _HALF).height
    return (
        (
            "Every passage is put into a topic, however poorly it fits; for "
            f"{percent(poor / assignments.height)}, fewer than half of the passages that the fits "
            "put with it are in its topic."
        ),
    )


_HALF = 0.5


def topic_map(material: PageMaterial, passage_places: pl.DataFrame) -> TopicMap:
    """The workbench; ``passage_places`` gives each passage_id its place on the shelf."""
    placed = material.frame(ASSIGNMENTS).drop_nulls("x")
    points = placed.join(passage_places, on="passage_id").sort("place")
    place_of = dict(passage_places.select("passage_id", "place").iter_rows())
    topics = {
        "explorer": passages_link(),
        "topics": [_topic(row, place_of) for row in largest_first(material).iter_rows(named=True)],
        "merges": [list(row) for row in material.frame(HIERARCHY)["left_id", "right_id"].rows()],
        "themes": [list(theme) for theme in material.theme_names.items()],
        "counted": [one for pair in compared(material.study) if (one := _counted(material, *pair))],
    }
    return TopicMap(
        "" if points.height else material.why_absent(ASSIGNMENTS) or NOT_KEPT,
        points.height,
        len(topics["topics"]),
        _points(points),
        topics,
    )


_STEPS = 4000
"""A side of the map is so many steps long: finer than a screen when it is enlarged fourfold."""
_FRAME = 0.005
"""Share of the points that may lie beyond each side of the first view."""


def _points(points: pl.DataFrame) -> dict[str, Any]:
    """Steps from each place to the next, and whole numbers for x and y."""
    drawn: dict[str, Any] = {"place": np.diff(points["place"].to_numpy(), prepend=0).tolist()}
    for side in ("x", "y"):
        values = points[side].to_numpy()
        if not len(values):
            return {}
        steps = (values - values.min()) / (np.ptp(values) or 1.0) * _STEPS
        drawn[side] = steps.round().astype(int).tolist()
        low, high = np.quantile(steps, (_FRAME, 1 - _FRAME))
        air = 0.06 * (high - low) or 1.0
        drawn[f"frame_{side}"] = [round(low - air), round(high + air)]
    return drawn


def _topic(row: Mapping[str, Any], place_of: Mapping[str, int]) -> dict[str, Any]:
    return {
        "id": row["topic_id"],
        "name": row["label"],
        "key": row["key"],
        "n": row["n_passages"],
        "texts": row["n_texts"],
        "terms": [
            [term, round(weight, 3)]
            for term, weight in zip(row["terms"], row["weights"], strict=True)
        ],
        "stable": row["stable"],
        "seeds": round(row["stability_seeds"], 2),
        "samples": round(row["stability_samples"], 2),
        "examples": [place_of[each] for each in row["representatives"] if each in place_of],
    }


def _counted(material: PageMaterial, passages: str, reference: str) -> dict[str, Any] | None:
    """Topics by themes in some passages: counts, from which those of joined topics follow."""
    of_pair = (pl.col("passages") == passages) & (pl.col("reference") == reference)
    rows = material.frame(ALIGNMENT).filter(of_pair, pl.col("topic_id") != OUTLIER)
    if rows.is_empty():
        return None
    sizes = material.frame(EXPLANATION).filter(of_pair).select("topic_id", "n_topic")
    number = {theme_id: place for place, theme_id in enumerate(material.theme_names)}
    decides = material.settings.compare.is_decided
    return {
        "name": f"{passages_name(material, passages)}, {reference_name(reference)}",
        "filters": {"kind": material.kind_of(passages)},
        "by": "theme" if reference == "classifier" else "code",
        "n": rows["n_passages"][0],
        "of_topic": dict(sizes.iter_rows()) | dict(rows.select("topic_id", "n_topic").iter_rows()),
        "of_theme": {
            number[theme]: n
            for theme, n in rows.select("theme_id", "n_theme").iter_rows()
            if theme in number
        },
        "cells": [
            [
                row["topic_id"],
                number[row["theme_id"]],
                row["n"],
                int(decides(row["q_value"]) and row["lift"] > 1),
            ]
            for row in rows.sort("topic_id", "theme_id").iter_rows(named=True)
            if row["theme_id"] in number
        ],
    }


def stability_text(row: Mapping[str, Any]) -> str:
    """A topic's mark and figure: ``stable .92``."""
    return f"{'stable' if row['stable'] else 'fragile'} {decimal(row['stability'])}"
