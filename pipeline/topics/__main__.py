"""Read passages and vectors, fit topics, write topics, assignments, hierarchy and years."""

from __future__ import annotations

import polars as pl

from pipeline import tables
from pipeline.settings import TopicSettings, load_settings
from pipeline.stage import run_stage, say, write_metrics
from pipeline.tables import read_table, write_table
from pipeline.topics import description
from pipeline.topics.fitting import FittedTopics, fit_topics, lay_out_map
from pipeline.topics.selection import Selection, select_passages
from pipeline.vectors import read_vectors


def main() -> None:
    """Fit topics on the selected passages."""
    settings = load_settings()
    passages = read_table(tables.PASSAGES)
    selection = select_passages(passages, read_vectors(passages.height), settings.topics)
    texts = selection.passages["text"].to_list()
    say(f"topics: fitting on {len(texts)} different passages of {passages.height}")
    fitted = fit_topics(texts, selection.vectors, settings.topics, settings.seed)
    _say_what_changed(settings.topics, fitted.settings)
    places = lay_out_map(selection.vectors, settings.topics, settings.seed)
    assignments = description.assignments_table(selection, fitted, places)
    documents = read_table(tables.DOCUMENTS)
    means = description.topic_vectors(selection.vectors, fitted)
    write_table(tables.ASSIGNMENTS, assignments)
    write_table(tables.TOPICS, description.topics_table(selection, fitted, assignments))
    write_table(tables.HIERARCHY, description.hierarchy_table(means))
    over_time = description.over_time_table(assignments, passages, documents)
    write_table(tables.OVER_TIME, over_time)
    write_metrics("topics", _metrics(selection, fitted, assignments))


def _say_what_changed(asked: TopicSettings, used: TopicSettings) -> None:
    for name, value in used.model_dump().items():
        if getattr(asked, name) != value:
            say(f"topics: the corpus is small, so {name} is {value}, not {getattr(asked, name)}")


def _metrics(
    selection: Selection, fitted: FittedTopics, assignments: pl.DataFrame
) -> dict[str, object]:
    outliers = assignments.filter(pl.col("topic_id") == tables.OUTLIER).height
    return {
        "topics": len(fitted.terms),
        "passages": assignments.height,
        "different_texts": selection.passages.height,
        "outlier_share": round(outliers / assignments.height, 4),
        "left_out": selection.left_out,
        "min_cluster_size_used": fitted.settings.min_cluster_size,
    }


if __name__ == "__main__":
    run_stage("topics", "Fit topics with BERTopic on the passages' vectors.", main)
