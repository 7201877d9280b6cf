"""How alike topics are, pair by pair, in the order of the hierarchy."""

from __future__ import annotations

import polars as pl

from pipeline.report.charts import Tile, heat
from pipeline.report.elements import Cell, Figure, grid, passages_link
from pipeline.report.material import Material
from pipeline.report.numbers import decimal, rounded
from pipeline.tables.topics import HIERARCHY, SIMILARITY


def likeness_figure(material: Material) -> Figure:
    """Cosines between the mean vectors of topics."""
    pairs = material.frame(SIMILARITY)
    likeness = {(row[0], row[1]): row[2] for row in pairs.iter_rows()}
    order = _order(material.frame(HIERARCHY))
    named = [Cell(material.topic_name(each), link=passages_link(topic=each)) for each in order]

    def tile(row: int, column: int) -> Tile | None:
        if row == column:
            return None
        first, other = sorted((order[row], order[column]))
        return Tile(likeness[first, other])

    nearest = pairs.sort("similarity", "topic_id", "other_id", descending=[True, False, False])
    return Figure(
        "topics-likeness",
        "How alike the topics are",
        "Cosine between the mean vectors of two topics, after what all topics share is taken off. "
        "Topics that the hierarchy joins stand side by side, so a blue block is a family. Blue: "
        "more alike than topics are on average; orange: less. The table lists all pairs, the most "
        "alike first.",
        "Two topics that are alike may be one theme that the machine cut in two.",
        heat("Topic", "Topic", named, named, tile, "score", diverging=True),
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
