"""The comparison: do the machine's topics recover the themes that readers coded?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline import tables
from pipeline.report.elements import Cell, Chart, Figure, Key, Section, grid, passages_link, said
from pipeline.report.material import Material
from pipeline.report.numbers import count_cell, interval_cell, p_cell, p_text, rounded, score_cell

MEASURE = "adjusted_mutual_information"
N_TOPICS = 30
REFERENCES = {
    "codes": "hand codes",
    "families": "families of codes",
    "sections": "sections of the article",
    "classifier": "the classifier’s themes",
}
PASSAGES = {"article": "Article", "un": "UN documents"}
COMPARED = (("article", "codes"), ("un", "codes"), ("un", "classifier"))
Row = Mapping[str, Any]


def section(material: Material) -> Section:
    """Agreement, the table of topics by themes, and what each side misses."""
    return Section(
        "comparison",
        "Comparison",
        "Do the machine’s topics find the article’s themes?",
        (
            said(
                "Topics come from the texts alone, themes from readers. If both saw the same "
                "structure, the passages of a theme would fall into a few topics of their own."
            ),
        ),
        (
            _agreement_figure(material),
            *(_alignment_figure(material, *pair) for pair in COMPARED),
            *(_recovery_figure(material, *pair) for pair in COMPARED[:2]),
            _explanation_figure(material),
        ),
    )


def agreement_rows(material: Material) -> list[Row]:
    """Adjusted mutual information with outliers kept, the topics first in each comparison."""
    agreement = material.frame(tables.AGREEMENT).filter(
        (pl.col("measure") == MEASURE) & pl.col("outliers")
    )
    order = {name: place for place, name in enumerate(REFERENCES)}
    rows = list(agreement.iter_rows(named=True))
    return sorted(
        rows,
        key=lambda row: (
            row["passages"] != "article",
            order.get(row["reference"], len(order)),
            row["candidate"] != "topics",
            -(row["value"] or 0),
            row["candidate"],
        ),
    )


def _agreement_figure(material: Material) -> Figure:
    rows = agreement_rows(material)
    return Figure(
        "compare-agreement",
        "Agreement of topics and themes, against chance",
        "Adjusted mutual information of groups and themes: 1 if they are the same, about 0 for "
        "unrelated ones. Whiskers are intervals over paragraphs or documents; the grey tick is "
        "what shuffled groups reach in 95 of 100 tries. Faint rows are other ways of grouping the "
        "same passages.",
        "Above chance is not the same as good. Against the classifier’s themes the figure is "
        "descriptive only, because classifier and topics read the same vectors.",
        Chart(
            "intervals",
            {
                "axes": ["Adjusted mutual information"],
                "formats": ["score"],
                "panels": [["model", "chance", "baseline"]],
                "rows": [_agreement_row(row) for row in rows],
            },
        ),
        grid(
            ["Passages", "Against", "Groups by", "AMI", "interval", "Chance, 95th percentile", "p", "p within sections or missions", "p, shifted", "Passages compared", "Groups", "Themes"],
            [
                (
                    Cell(PASSAGES.get(row["passages"], row["passages"])),
                    Cell(REFERENCES.get(row["reference"], row["reference"])),
                    Cell(row["candidate"]),
                    score_cell(row["value"]),
                    interval_cell(row["low"], row["high"], shares=False),
                    score_cell(row["chance_high"]),
                    p_cell(row["p_value"]),
                    p_cell(row["within_p_value"]),
                    p_cell(row["shifted_p_value"]),
                    count_cell(row["n_passages"]),
                    count_cell(row["n_groups"]),
                    count_cell(row["n_themes"]),
                )
                for row in rows
            ],
        ),
        (
            Key("Agreement, with interval", "model"),
            Key("Chance, 95th percentile", "chance"),
            Key("Chance within sections or missions", "baseline"),
        ),
        material.why_absent(tables.AGREEMENT) or ("" if rows else "Not computed in this run."),
    )


def _agreement_row(row: Row) -> dict[str, Any]:
    against = REFERENCES.get(row["reference"], row["reference"])
    own = row["candidate"] == "topics"
    place = PASSAGES.get(row["passages"], row["passages"])
    marks = [("chance", row["chance_high"], None, None), ("baseline", row["within_chance_high"], None, None)]
    marks.append(("model", row["value"], row["low"], row["high"]))
    names = {"model": "agreement", "chance": "chance", "baseline": "chance within"}
    return {
        "name": f"{place}, {against}: {row['candidate']}",
        "link": passages_link(code="any", kind=row["passages"]) if row["reference"] == "codes" else "",
        "faint": not own,
        "strong": own,
        "marks": [
            {
                "series": series,
                "name": names[series],
                "value": rounded(value),
                "low": rounded(low),
                "high": rounded(high),
                "link": "",
            }
            for series, value, low, high in marks
        ],
    }


def _cell_link(passages: str, reference: str, topic_id: int | None, theme_id: str | None) -> str:
    filters: dict[str, str | int | None] = {"topic": topic_id, "kind": passages}
    filters["theme" if reference == "classifier" else "code"] = theme_id
    return passages_link(**filters)


def _alignment_figure(material: Material, passages: str, reference: str) -> Figure:
    rows = (
        material.frame(tables.ALIGNMENT)
        .filter((pl.col("passages") == passages) & (pl.col("reference") == reference))
        .filter(pl.col("topic_id") != tables.OUTLIER)
    )
    keyed = {(row["topic_id"], row["theme_id"]): row for row in rows.iter_rows(named=True)}
    topics = (
        rows.group_by("topic_id")
        .agg(pl.col("n").sum(), pl.col("jaccard").max())
        .sort(["jaccard", "n", "topic_id"], descending=[True, True, False])["topic_id"]
        .to_list()
    )
    theme_ids = [theme for theme in material.theme_names if any(theme == key[1] for key in keyed)]
    rate = material.settings.compare.false_discovery_rate
    absent = material.why_absent(tables.ALIGNMENT)
    if not absent and not keyed:
        absent = "Not computed in this run: too few of these passages have both a topic and a theme."
    drawn = topics[:N_TOPICS]
    left = f" The {len(drawn)} topics that overlap most are drawn; the table has all." if len(topics) > len(drawn) else ""
    return Figure(
        f"compare-{passages}-{reference}",
        f"Topics by themes: {PASSAGES[passages]}, {REFERENCES[reference]}",
        "How much of a topic and a theme together is common to both (Jaccard). A dot marks cells "
        f"with more common passages than chance allows (q below {rate:g}).{left}",
        "A cell counts each text once; the explorer lists every passage, repeated ones too."
        if reference == "classifier"
        else "Many cells rest on one or two passages: rest the pointer on a cell for its count.",
        Chart(
            "heat",
            {
                "across": "Theme",
                "down": "Topic",
                "format": "score",
                "scale": "sequential",
                "columns": [
                    {"name": material.theme_name(theme), "link": _cell_link(passages, reference, None, theme)}
                    for theme in theme_ids
                ],
                "rows": [
                    {"name": material.topic_name(topic), "link": _cell_link(passages, reference, topic, None)}
                    for topic in drawn
                ],
                "cells": [
                    [_alignment_cell(keyed.get((topic, theme)), rate) for theme in theme_ids]
                    for topic in drawn
                ],
            },
        ),
        grid(
            ["Topic", "Theme", "Common", "Of topic", "Of theme", "Jaccard", "Times expected", "q", "Best pair"],
            [_alignment_line(material, row) for row in rows.sort("jaccard", "topic_id", "theme_id", descending=[True, False, False]).iter_rows(named=True)],
        ),
        (Key("more than chance allows", "dot"),),
        absent,
    )


def _alignment_cell(row: Row | None, rate: float) -> list[Any] | None:
    if row is None:
        return None
    link = _cell_link(row["passages"], row["reference"], row["topic_id"], row["theme_id"])
    note = f"{row['n']} common, {row['lift']:.1f} times expected, q {p_text(row['q_value'])}"
    decided = row["q_value"] < rate and row["lift"] > 1
    return [rounded(row["jaccard"]), link, 1 if decided else 0, note]


def _alignment_line(material: Material, row: Row) -> tuple[Cell, ...]:
    link = _cell_link(row["passages"], row["reference"], row["topic_id"], row["theme_id"])
    return (
        Cell(material.topic_name(row["topic_id"])),
        Cell(material.theme_name(row["theme_id"])),
        count_cell(row["n"], link),
        count_cell(row["n_topic"]),
        count_cell(row["n_theme"]),
        score_cell(row["jaccard"]),
        Cell(f"{row['lift']:.1f}", rounded(row["lift"])),
        p_cell(row["q_value"]),
        Cell("yes" if row["one_to_one"] else ""),
    )


def _recovery_figure(material: Material, passages: str, reference: str) -> Figure:
    rows = sorted(
        material.frame(tables.RECOVERY)
        .filter((pl.col("passages") == passages) & (pl.col("reference") == reference))
        .iter_rows(named=True),
        key=lambda row: (-row["f1"], row["theme_id"]),
    )
    n = sum(row["recovered"] for row in rows)
    absent = material.why_absent(tables.RECOVERY)
    if not absent and not rows:
        absent = "Not computed in this run: too few of these passages have both a topic and a theme."
    bar = material.settings.compare.recovered_f1
    title = f"{PASSAGES[passages]}: {n} of {len(rows)} themes are recovered by topics"
    return Figure(
        f"compare-recovery-{passages}",
        title if rows else f"{PASSAGES[passages]}: themes recovered by topics",
        "For each theme, the best set of topics was chosen, and this is the F1 that the set "
        f"reaches. A theme counts as recovered from F1 {bar:g}, when shuffled topics do not reach "
        "as much; faint rows are not recovered.",
        "The set is chosen on the same passages that it is judged on; the grey tick shows what "
        "that alone gives with shuffled topics.",
        Chart(
            "intervals",
            {
                "axes": ["F1 of the best topics"],
                "formats": ["score"],
                "panels": [["model", "chance"]],
                "domains": [[0, 1]],
                "rows": [
                    {
                        "name": material.theme_name(row["theme_id"]),
                        "link": _cell_link(passages, reference, None, row["theme_id"]),
                        "faint": not row["recovered"],
                        "marks": [
                            {"series": "chance", "name": "chance", "value": rounded(row["chance"]), "link": ""},
                            {
                                "series": "model",
                                "name": "best topics",
                                "value": rounded(row["f1"]),
                                "link": _cell_link(passages, reference, None, row["theme_id"]),
                            },
                        ],
                    }
                    for row in rows
                ],
            },
        ),
        grid(
            ["Theme", "Passages", "F1", "Precision", "Recall", "Chance", "q", "Recovered", "Topics"],
            [
                (
                    Cell(material.theme_name(row["theme_id"])),
                    count_cell(row["support"], _cell_link(passages, reference, None, row["theme_id"])),
                    score_cell(row["f1"]),
                    score_cell(row["precision"]),
                    score_cell(row["recall"]),
                    score_cell(row["chance"]),
                    p_cell(row["q_value"]),
                    Cell("yes" if row["recovered"] else "no"),
                    Cell(_topics(material, row["topic_ids"])),
                )
                for row in rows
            ],
        ),
        (Key("Best topics", "model"), Key("Shuffled topics", "chance")),
        absent,
    )


def _topics(material: Material, topic_ids: Sequence[int]) -> str:
    return "; ".join(
        "no topic" if topic_id == tables.OUTLIER else material.topic_name(topic_id)
        for topic_id in topic_ids
    )


def _explanation_figure(material: Material) -> Figure:
    rows = [
        row
        for row in material.frame(tables.EXPLANATION).iter_rows(named=True)
        if row["reference"] in ("codes", "classifier") and row["n_topic"] > 0
    ]
    n = sum(row["explained"] for row in rows)
    return Figure(
        "compare-topics",
        "Which topics the themes explain",
        f"For each topic the theme that fits it best. In {n} of {len(rows)} comparisons some theme "
        "is more frequent in the topic than by chance; the others are what the machine sees and "
        "the codebook does not name.",
        grid=grid(
            ["Topic", "Passages compared", "Against", "n", "Best theme", "Jaccard", "Explained", "Why not"],
            [
                (
                    Cell(material.topic_name(row["topic_id"]), link=passages_link(topic=row["topic_id"])),
                    Cell(PASSAGES.get(row["passages"], row["passages"])),
                    Cell(REFERENCES.get(row["reference"], row["reference"])),
                    count_cell(row["n_topic"], passages_link(topic=row["topic_id"], kind=row["passages"])),
                    Cell("" if row["theme_id"] is None else material.theme_name(row["theme_id"])),
                    score_cell(row["jaccard"]),
                    Cell("yes" if row["explained"] else "no"),
                    Cell(row["reason"]),
                )
                for row in rows
            ],
        ),
        absent=material.why_absent(tables.EXPLANATION),
    )
