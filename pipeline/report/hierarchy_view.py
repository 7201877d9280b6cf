"""Which topics are near each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.elements import Cell, Chart, Figure, Grid, grid, passages_link
from pipeline.report.material import Material
from pipeline.report.numbers import count_cell, decimal, rounded
from pipeline.tables.topics import HIERARCHY


def hierarchy_figure(material: Material) -> Figure:
    """Topics joined step by step, nearest first."""
    merges = list(material.frame(HIERARCHY).iter_rows(named=True))
    topics = material.topic_names
    spec = {
        "axis": "Distance",
        "leaves": [
            {"id": topic_id, "name": name, "link": passages_link(topic=topic_id)}
            for topic_id, name in topics.items()
        ],
        "merges": [
            [row["parent_id"], row["left_id"], row["right_id"], rounded(row["distance"])]
            for row in merges
        ],
    }
    return Figure(
        "topics-hierarchy",
        "Which topics are near each other",
        "Topics joined step by step, nearest first; the further right two branches meet, the less "
        "alike they are (distance between the mean vectors of their passages).",
        "Near in the words they use is not the same as near in argument.",
        Chart("tree", spec),
        _grid(material, merges),
        absent=material.why_absent(HIERARCHY),
    )


def _grid(material: Material, merges: Sequence[Mapping[str, Any]]) -> Grid:
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
