"""The words of topics, as bars."""

from __future__ import annotations

from pipeline.report.elements import Cell, Chart, Figure, grid, passages_link
from pipeline.report.material import Material
from pipeline.report.numbers import decimal, rounded
from pipeline.report.topic_share_view import N_DRAWN
from pipeline.tables.topics import TOPICS


def terms_figure(material: Material) -> Figure:
    """The terms that describe each topic, with their weights."""
    topics = list(material.frame(TOPICS).iter_rows(named=True))
    drawn = [
        {
            "name": row["label"],
            "link": passages_link(topic=row["topic_id"]),
            "terms": [
                [term, rounded(weight)]
                for term, weight in zip(row["terms"], row["weights"], strict=True)
            ],
        }
        for row in topics[:N_DRAWN]
    ]
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
        Chart("terms", {"axis": "Overlap of term and topic", "topics": drawn}),
        grid(["Topic", "Term", "Overlap"], rows),
        absent=material.why_absent(TOPICS),
    )
