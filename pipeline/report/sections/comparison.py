"""The comparison: do the machine's topics recover the themes that were coded?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import polars as pl

from pipeline.report.charts import heat
from pipeline.report.elements import (
    Cell,
    Drawing,
    Figure,
    Grid,
    PageSection,
    Tile,
    count_cell,
    grid,
    p_cell,
    p_text,
    rounded,
    said,
    score_cell,
)
from pipeline.report.material import PageMaterial
from pipeline.report.sections.agreement import (
    agreement_figure,
    agreement_rows,
    compared,
    compared_link,
    measures_figure,
    nearer_sentence,
    passages_name,
    reference_name,
)
from pipeline.report.sections.recovery import curve_figure, explanation_figure, recovery_figure
from pipeline.run.tables.compare import ALIGNMENT
from pipeline.run.tables.topics import OUTLIER

N_TOPICS = 30
"""Topics in the chart; the table holds all."""

Alignment = Mapping[str, Any]


def alignment_figure(material: PageMaterial, passages: str, reference: str) -> Figure:
    """The table of topics by themes of some passages."""
    rows = (
        material.frame(ALIGNMENT)
        .filter((pl.col("passages") == passages) & (pl.col("reference") == reference))
        .filter(pl.col("topic_id") != OUTLIER)
        .sort("jaccard", "topic_id", "theme_id", descending=[True, False, False])
    )
    topics = rows["topic_id"].unique(maintain_order=True).to_list()
    rate = material.settings.compare.false_discovery_rate
    absent = material.why_absent(ALIGNMENT)
    if not absent and rows.is_empty():
        absent = "Not computed in this run: too few passages have both a topic and a theme."
    left = f" The {N_TOPICS} topics that overlap most are drawn; the table has all."
    return Figure(
        f"compare-{passages}-{reference}",
        f"Topics by themes: {passages_name(material, passages)}, {reference_name(reference)}",
        "How much of a topic and a theme together is common to both (Jaccard). A dot marks cells "
        f"with more common passages than chance allows (q at most {rate:g})."
        + (left if len(topics) > N_TOPICS else ""),
        "A cell counts each text once; the explorer lists every passage, repeated ones too."
        if reference == "classifier"
        else "Many cells rest on one or two passages: rest the pointer on a cell for its count.",
        _chart(material, rows, topics[:N_TOPICS]),
        _grid(material, rows),
        absent,
    )


def _chart(material: PageMaterial, rows: pl.DataFrame, topics: list[int]) -> Drawing | None:
    if rows.is_empty():
        return None
    keyed = {(row["topic_id"], row["theme_id"]): row for row in rows.iter_rows(named=True)}
    theme_ids = [theme for theme in material.theme_names if any(theme == key[1] for key in keyed)]
    kind, reference = material.kind_of(rows["passages"][0]), rows["reference"][0]

    def tile(row: int, column: int) -> Tile | None:
        return _tile(material, keyed.get((topics[row], theme_ids[column])))

    return partial(
        heat,
        "Topic",
        "Theme",
        [
            Cell(material.topic_name(topic), link=compared_link(kind, reference, topic, None))
            for topic in topics
        ],
        [
            Cell(material.theme_name(theme), link=compared_link(kind, reference, None, theme))
            for theme in theme_ids
        ],
        tile,
        "score",
        dot="more than chance allows",
    )


def _tile(material: PageMaterial, row: Alignment | None) -> Tile | None:
    if row is None:
        return None
    return Tile(
        row["jaccard"],
        _link(material, row),
        material.settings.compare.is_decided(row["q_value"]) and row["lift"] > 1,
        f"{row['n']} common, {row['lift']:.1f} times expected, q {p_text(row['q_value'])}",
    )


def _link(material: PageMaterial, row: Alignment) -> str:
    kind = material.kind_of(row["passages"])
    return compared_link(kind, row["reference"], row["topic_id"], row["theme_id"])


def _grid(material: PageMaterial, rows: pl.DataFrame) -> Grid:
    names = ["Topic", "Theme", "Common", "Of topic", "Of theme", "Jaccard"]
    names += ["Times expected", "q", "Best pair"]
    return grid(
        names,
        [
            (
                Cell(material.topic_name(row["topic_id"])),
                Cell(material.theme_name(row["theme_id"])),
                count_cell(row["n"], _link(material, row)),
                count_cell(row["n_topic"]),
                count_cell(row["n_theme"]),
                score_cell(row["jaccard"]),
                Cell(f"{row['lift']:.1f}", rounded(row["lift"])),
                p_cell(row["q_value"]),
                Cell("yes" if row["one_to_one"] else ""),
            )
            for row in rows.iter_rows(named=True)
        ],
    )


def section(material: PageMaterial) -> PageSection:
    """Agreement, the tables of topics by themes, and what each side misses."""
    pairs = compared(material.study)
    own = [
        row for row in agreement_rows(material) if row["passages"] == material.study.article_set_id
    ]
    nearer = nearer_sentence(own, material.study.coded_texts)
    return PageSection(
        "comparison",
        "Comparison",
        f"Do the machine’s topics find the themes of {material.study.coded_texts}?",
        (
            said(
                "Topics come from the texts alone, themes from those who coded. If both saw the "
                "same structure, the passages of a theme would fall into a few topics of their own."
            ),
            *([nearer] if nearer else []),
        ),
        (
            agreement_figure(material),
            *(recovery_figure(material, *pair) for pair in pairs if pair[1] == "codes"),
            alignment_figure(material, *pairs[0]),
            explanation_figure(material),
        ),
        appendix=(
            *(alignment_figure(material, *pair) for pair in pairs[1:]),
            curve_figure(material),
            measures_figure(material),
        ),
    )
