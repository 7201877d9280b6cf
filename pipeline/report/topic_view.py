"""Topics: the map, and the list with what describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.report.elements import Cell, Section, Sentence, passages_link, said
from pipeline.report.hierarchy_view import hierarchy_figure
from pipeline.report.material import Material
from pipeline.report.numbers import counted, decimal, percent
from pipeline.report.topic_article_view import article_figure
from pipeline.report.topic_guided_view import guided_figure
from pipeline.report.topic_likeness_view import likeness_figure
from pipeline.report.topic_models_view import models_figure, stability_sentence
from pipeline.report.topic_place_view import places_figure
from pipeline.report.topic_share_view import missions_figure, years_figure
from pipeline.report.topic_terms_view import terms_figure
from pipeline.tables.ingest import DOCUMENTS
from pipeline.tables.segment import PASSAGES
from pipeline.tables.topics import ASSIGNMENTS, OUTLIER, TOPICS


@dataclass(frozen=True)
class TopicCard:
    """A topic in the list: what describes it and what is typical of it."""

    topic_id: int
    name: str
    terms: str
    n_passages: str
    n_texts: str
    link: str
    samples: tuple[Sample, ...]
    stability: str
    stable: bool


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
    return Section(
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
            guided_figure(material),
        ),
    )


def _lead(material: Material) -> tuple[Sentence, ...]:
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


def topic_map(material: Material, passage_places: pl.DataFrame) -> TopicMap:
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


def _map_name(material: Material, topic_id: int) -> str:
    return "No topic" if topic_id == OUTLIER else material.topic_name(topic_id)


def largest_first(material: Material) -> pl.DataFrame:
    """The topics by the number of their passages."""
    return material.frame(TOPICS).sort(["n_passages", "topic_id"], descending=[True, False])


def cards(material: Material) -> tuple[TopicCard, ...]:
    """All topics, largest first."""
    samples = _samples(material)
    return tuple(
        TopicCard(
            row["topic_id"],
            row["label"],
            ", ".join(row["terms"]),
            counted(row["n_passages"], "passage"),
            counted(row["n_texts"], "different text"),
            passages_link(topic=row["topic_id"]),
            tuple(samples[each] for each in row["representatives"] if each in samples),
            stability_text(row),
            row["stable"],
        )
        for row in largest_first(material).iter_rows(named=True)
    )


def stability_text(row: Mapping[str, Any]) -> str:
    """A topic's mark and figure: ``stable .92``."""
    return f"{'stable' if row['stable'] else 'fragile'} {decimal(row['stability'])}"


def _samples(material: Material) -> dict[str, Sample]:
    wanted = material.frame(TOPICS)["representatives"].explode().drop_nulls()
    documents = material.frame(DOCUMENTS).select("document_id", "symbol", "title")
    passages = (
        material.frame(PASSAGES)
        .filter(pl.col("passage_id").is_in(wanted.to_list()))
        .join(documents, on="document_id")
    )
    return {
        row["passage_id"]: Sample(
            row["text"],
            ", ".join(filter(None, (row["symbol"] or row["title"], row["label"]))),
            passages_link(passage=row["passage_id"]),
        )
        for row in passages.iter_rows(named=True)
    }
