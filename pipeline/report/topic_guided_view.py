"""A second view: passages by the theme of the codebook whose definition is nearest."""

from __future__ import annotations

import polars as pl

from pipeline.report.charts import Tile, heat
from pipeline.report.elements import Cell, Figure, grid, passages_link
from pipeline.report.material import Material
from pipeline.report.numbers import count_cell, counted, share_cell
from pipeline.report.topic_share_view import N_DRAWN
from pipeline.tables.topics import ASSIGNMENTS, GUIDED


def guided_figure(material: Material) -> Figure:
    """How each topic spreads over the definitions of the codebook."""
    placed = material.frame(GUIDED).join(
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
        "topics-guided",
        "Topics, guided by the codebook",
        "The machine is told the definitions of the codebook and nothing else, and puts each "
        "passage to the nearest one. A cell is the part of a topic’s passages that go there, for "
        "the largest topics; the table counts passages a definition.",
        "Nearest is not near: a passage on none of the themes still has a nearest one.",
        heat(
            "Topic",
            "nearest definition",
            [Cell(material.topic_name(each), link=passages_link(topic=each)) for each in topics][
                :N_DRAWN
            ],
            [Cell(material.theme_name(theme)) for theme in themes],
            tile,
        ),
        grid(["Theme", "Passages", "Share", "Lead over the next"], _rows(material, placed)),
        absent=material.why_absent(GUIDED),
    )


def _rows(material: Material, placed: pl.DataFrame) -> list[tuple[Cell, ...]]:
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
