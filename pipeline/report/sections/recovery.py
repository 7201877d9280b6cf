"""What each side finds of the other: themes that topics recover, at every number of topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import polars as pl

from pipeline.report.charts import intervals
from pipeline.report.elements import (
    Cell,
    Figure,
    Grid,
    IntervalMark,
    IntervalRow,
    Key,
    count,
    count_cell,
    counted,
    grid,
    p_cell,
    passages_link,
    score_cell,
)
from pipeline.report.material import PageMaterial
from pipeline.report.sections.agreement import compared_link, passages_name, reference_name
from pipeline.run.tables.compare import CURVE, EXPLANATION, RECOVERY
from pipeline.run.tables.topics import OUTLIER

TOPICS = "topics"
REFERENCE = "codes"


def curve_figure(material: PageMaterial) -> Figure:
    """Adjusted mutual information with codes in the article, by number of groups."""
    curve = material.frame(CURVE).filter(pl.col("reference") == REFERENCE)
    summed = (
        curve.group_by("candidate", "n_groups")
        .agg(
            pl.col("value").mean(),
            pl.col("value").min().alias("low"),
            pl.col("value").max().alias("high"),
            pl.col("chance_high").max(),
            pl.len().alias("n_seeds"),
            pl.col("n_groups_here").max(),
        )
        .sort(pl.col("candidate") != TOPICS, "candidate", "n_groups")
    )
    rows = list(summed.iter_rows(named=True))
    absent = material.why_absent(CURVE)
    if not absent and not rows:
        absent = "Not computed in this run: too few passages have both a group and a theme."
    return Figure(
        "compare-curve",
        "Does agreement depend on the number of groups?",
        f"Adjusted mutual information with the {reference_name(REFERENCE)} of "
        f"{material.study.coded_texts}, while topics are merged along their hierarchy, and for "
        "k-means with other numbers of groups; "
        "whiskers run from the lowest to the highest of its seeds. The grey tick is what shuffled "
        "groups reach in 95 of 100 tries. The table has every number of topics.",
        "The number of topics was not chosen by this figure; the highest row is the luckiest.",
        partial(
            intervals,
            ["Adjusted mutual information"],
            ["score"],
            [["model", "chance"]],
            [_curve_drawn(row) for row in _thinned(rows)],
            (Key("Agreement", "model"), Key("Chance, 95th percentile", "chance")),
        ),
        _curve_grid(rows),
        absent,
    )


def _thinned(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Topics at the numbers that others were tried at too, and as they are: the most of them."""
    topics = [row["n_groups"] for row in rows if row["candidate"] == TOPICS]
    others = {row["n_groups"] for row in rows if row["candidate"] != TOPICS}
    if not others:
        return rows
    kept = {*others, max(topics, default=0)}
    return [row for row in rows if row["candidate"] != TOPICS or row["n_groups"] in kept]


def _curve_drawn(row: Mapping[str, Any]) -> IntervalRow:
    seeds = row["n_seeds"] > 1
    return IntervalRow(
        f"{row['candidate']}, {count(row['n_groups'])}",
        (
            IntervalMark("chance", row["chance_high"], name="chance"),
            IntervalMark(
                "model",
                row["value"],
                row["low"] if seeds else None,
                row["high"] if seeds else None,
                "agreement",
            ),
        ),
        faint=row["value"] <= row["chance_high"],
        strong=row["candidate"] == TOPICS,
    )


def _curve_grid(rows: list[dict[str, Any]]) -> Grid:
    names = ["Groups by", "Groups", "Groups here", "Mean", "Lowest", "Highest", "Chance", "Seeds"]
    return grid(
        names,
        [
            (
                Cell(row["candidate"]),
                count_cell(row["n_groups"]),
                count_cell(row["n_groups_here"]),
                score_cell(row["value"]),
                score_cell(row["low"]),
                score_cell(row["high"]),
                score_cell(row["chance_high"]),
                count_cell(row["n_seeds"]),
            )
            for row in rows
        ],
    )


Recovery = Mapping[str, Any]


def recovery_figure(material: PageMaterial, passages: str, reference: str) -> Figure:
    """For each theme the F1 of its best topics, recovered or not."""
    rows = sorted(
        material.frame(RECOVERY)
        .filter((pl.col("passages") == passages) & (pl.col("reference") == reference))
        .iter_rows(named=True),
        key=lambda row: (-row["f1"], row["theme_id"]),
    )
    n = sum(row["recovered"] for row in rows)
    n_tested = sum(row["q_value"] is not None for row in rows)
    place = passages_name(material, passages)
    absent = material.why_absent(RECOVERY)
    if not absent and not rows:
        absent = "Not computed in this run: too few passages have both a topic and a theme."
    return Figure(
        f"compare-recovery-{passages}",
        f"{place}: {n} of {counted(n_tested, 'theme')} recovered by topics"
        if rows
        else f"{place}: themes recovered by topics",
        "For each theme, the best set of topics was chosen, and this is the F1 that the set "
        f"reaches. A theme counts as recovered from F1 {material.settings.compare.recovered_f1:g}, "
        "when shuffled topics do not reach as much; faint rows are not recovered, or too few "
        "passages carry the theme to test it.",
        "The set is chosen on the same passages that it is judged on; the grey tick shows what "
        "that alone gives with shuffled topics.",
        partial(
            intervals,
            ["F1 of the best topics"],
            ["score"],
            [["model", "chance"]],
            [_drawn(material, row) for row in rows],
            (Key("Best topics", "model"), Key("Shuffled topics", "chance")),
            (0, 1),
        ),
        _grid(material, rows),
        absent,
    )


def _link(material: PageMaterial, row: Recovery) -> str:
    return compared_link(material.kind_of(row["passages"]), row["reference"], None, row["theme_id"])


def _drawn(material: PageMaterial, row: Recovery) -> IntervalRow:
    return IntervalRow(
        material.theme_name(row["theme_id"]),
        (
            IntervalMark("chance", row["chance"], name="chance"),
            IntervalMark("model", row["f1"], name="best topics", link=_link(material, row)),
        ),
        _link(material, row),
        faint=not row["recovered"],
    )


def _grid(material: PageMaterial, rows: Sequence[Recovery]) -> Grid:
    names = ["Theme", "Passages", "F1", "Precision", "Recall", "Chance", "q", "Recovered", "Topics"]
    return grid(
        names,
        [
            (
                Cell(material.theme_name(row["theme_id"])),
                count_cell(row["support"], _link(material, row)),
                score_cell(row["f1"]),
                score_cell(row["precision"]),
                score_cell(row["recall"]),
                score_cell(row["chance"]),
                p_cell(row["q_value"]),
                Cell(_verdict(row)),
                Cell(_topics(material, row["topic_ids"])),
            )
            for row in rows
        ],
    )


def _verdict(row: Recovery) -> str:
    if row["q_value"] is None:
        return "too few passages"
    return "yes" if row["recovered"] else "no"


def _topics(material: PageMaterial, topic_ids: Sequence[int]) -> str:
    return "; ".join(
        "no topic" if topic_id == OUTLIER else material.topic_name(topic_id)
        for topic_id in topic_ids
    )


def explanation_figure(material: PageMaterial) -> Figure:
    """For each topic the theme that fits it best, or why there is none."""
    rows = [
        row
        for row in material.frame(EXPLANATION).iter_rows(named=True)
        if row["reference"] in ("codes", "classifier") and row["n_topic"] > 0
    ]
    n = sum(row["explained"] for row in rows)
    names = ["Topic", "Passages", "Against", "n", "Best theme", "Jaccard", "Explained", "Why not"]
    return Figure(
        "compare-topics",
        "Which topics the themes explain",
        f"For each topic and set of passages the theme that fits best. In {n} of {len(rows)} "
        "pairs of a topic and a set of passages some theme is more frequent in the topic "
        "than by chance; the others are "
        "what the machine sees and the codebook does not name, or have too few passages to tell.",
        grid=grid(names, [_explained(material, row) for row in rows]),
        absent=material.why_absent(EXPLANATION),
    )


def _explained(material: PageMaterial, row: Mapping[str, Any]) -> tuple[Cell, ...]:
    topic_id = row["topic_id"]
    theme_id = row["theme_id"]
    kind = material.kind_of(row["passages"])
    return (
        Cell(material.topic_name(topic_id), link=passages_link(topic=topic_id)),
        Cell(passages_name(material, row["passages"])),
        Cell(reference_name(row["reference"])),
        count_cell(row["n_topic"], compared_link(kind, row["reference"], topic_id, None)),
        Cell("" if theme_id is None else material.theme_name(theme_id)),
        score_cell(row["jaccard"]),
        Cell("yes" if row["explained"] else "no"),
        Cell(row["reason"]),
    )
