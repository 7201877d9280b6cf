"""What the topics stage writes besides topics and assignments, made of the small project's rows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.run.files import write_json
from pipeline.run.tables.table import Table, write_table
from pipeline.run.tables.topics import (
    ARTICLE_ASSIGNMENTS,
    ARTICLE_TOPICS,
    BY_MISSION,
    HIERARCHY,
    OUTLIER,
    OVER_TIME,
    SIMILARITY,
    ZERO_SHOT,
)

Rows = list[dict[str, Any]]
MODELS = {
    "ours": {"topics": 3, "npmi": 0.21, "diversity": 0.8, "ari": 0.81, "outlier_share": 0.25},
    "bertopic_defaults": {"topics": 9, "npmi": -0.05, "ari": 0.52, "outlier_share": 0.3},
}


def write_topic_tables(passages: Rows, assignments: Rows, topics: Rows, documents: Rows) -> None:
    """Shares, hierarchy, likeness, the article alone, and the zero-shot view."""
    topic_of = {row["passage_id"]: row["topic_id"] for row in assignments}
    of_article = [row for row in passages if row["document_id"] == "gilder-2026"]
    _write(BY_MISSION, _shares(passages, topic_of, documents, "mission"))
    _write(OVER_TIME, _shares(passages, topic_of, documents, "year"))
    _write(HIERARCHY, [_merge(3, 0, 1, 0.2, 2), _merge(4, 2, 3, 0.5, 3)])
    _write(SIMILARITY, [_pair(0, 1, 0.8), _pair(0, 2, -0.1), _pair(1, 2, 0.5)])
    _write(ARTICLE_TOPICS, topics[:1])
    own = [row["passage_id"] for row in of_article]
    _write(ARTICLE_ASSIGNMENTS, [_assigned(each, 0) for each in own])
    _write(
        ZERO_SHOT,
        [
            {"passage_id": each, "theme_id": "host_state", "similarity": 0.4, "lead": 0.05}
            for each in topic_of
        ],
    )
    alone = {"topics": 1, "stable_topics": 1, "outlier_share": 0.0}
    metrics = {"topics": 3, "stable_topics": 1, "models": MODELS, "article_alone": alone}
    metrics |= {"ari_between_samples": 0.72}
    metrics |= {"fitted_texts": 40_000, "assigned_texts": 21_000, "new_texts_as_fitted": 0.894}
    write_json(Path("outputs/topics/metrics.json"), metrics)


def _write(table: Table, rows: Rows) -> None:
    write_table(table, pl.DataFrame(rows, infer_schema_length=None))


def _shares(passages: Rows, topic_of: dict[str, int], documents: Rows, by: str) -> Rows:
    place_of = {
        row["document_id"]: row["year"] if by == "year" else row["missions"][0]
        for row in documents
        if row["kind"] != "article"
    }
    un = [row for row in passages if row["document_id"] in place_of]
    pairs = Counter((topic_of[row["passage_id"]], place_of[row["document_id"]]) for row in un)
    totals = Counter(place_of[row["document_id"]] for row in un)
    return [
        {
            "topic_id": topic,
            "mission": "all",
            by: place,
            "n": n,
            "n_passages": totals[place],
            "share": n / totals[place],
            "low": 0.0,
            "high": 0.9,
        }
        for (topic, place), n in sorted(pairs.items())
        if topic != OUTLIER
    ]


def _merge(parent: int, left: int, right: int, distance: float, n: int) -> dict[str, Any]:
    return {
        "parent_id": parent,
        "left_id": left,
        "right_id": right,
        "distance": distance,
        "n_topics": n,
    }


def _pair(topic: int, other: int, similarity: float) -> dict[str, Any]:
    return {"topic_id": topic, "other_id": other, "similarity": similarity}


def _assigned(passage_id: str, topic: int) -> dict[str, Any]:
    return {"passage_id": passage_id, "topic_id": topic, "agreement": 1.0, "x": 0.0, "y": 0.0}
