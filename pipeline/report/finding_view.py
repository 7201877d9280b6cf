"""What was found, in a few plain sentences; a sentence whose figure is absent is not said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from pipeline import tables
from pipeline.report.compare_view import agreement_rows
from pipeline.report.elements import Cell, Sentence, passages_link, said
from pipeline.report.gap_view import sentence_cell
from pipeline.report.material import Material
from pipeline.report.numbers import count, counted, decimal, p_text, percent
from pipeline.report.theme_view import CODER, MACRO, model_in_use, scores_of

_NAMED = 2
"""Themes named on each side of the gap."""


def sentences(material: Material) -> tuple[Sentence, ...]:
    """At most six sentences, in the order of the page."""
    found = (
        _gap_counts(material),
        _gap_side(material, "more in interviews"),
        _gap_side(material, "more in policy"),
        _topics(material),
        _agreement(material),
        _classifier(material),
    )
    return tuple(sentence for sentence in found if sentence is not None)


def _gap_counts(material: Material) -> Sentence | None:
    gap = material.frame(tables.GAP)
    decided = gap.group_by(pl.col("direction").cast(pl.String)).len()
    n = dict(decided.iter_rows())
    computed = gap.height - n.get("not computed", 0)
    if not computed:
        return None
    return said(
        f"Of {counted(computed, 'theme')} that could be measured on both sides, ",
        Cell(count(n.get("more in policy", 0)), link="#gap-chart"),
        " take more room in policy documents, ",
        Cell(count(n.get("more in interviews", 0)), link="#gap-chart"),
        f" take more room in the interviews, and for {count(n.get('undecided', 0))} "
        "the difference is within chance.",
    )


def _gap_side(material: Material, direction: str) -> Sentence | None:
    sign = 1 if direction == "more in policy" else -1
    rows = [
        row
        for row in material.frame(tables.GAP).iter_rows(named=True)
        if str(row["direction"]) == direction and row["difference"] is not None
    ]
    if not rows:
        return None
    rows.sort(key=lambda row: (-sign * row["difference"], row["theme_id"]))
    place = "Policy documents" if sign > 0 else "The interviews"
    pieces: list[str | Cell] = [f"{place} speak more of "]
    for number, row in enumerate(rows[:_NAMED]):
        policy, interviews = sentence_cell(material, row)
        pieces += [
            " and " if number else "",
            f"“{material.theme_name(row['theme_id'])}” (",
            policy,
            " of policy passages, ",
            interviews,
            " of interview passages)",
        ]
    return said(*pieces, ".")


def _topics(material: Material) -> Sentence | None:
    topics = material.frame(tables.TOPICS)
    assignments = material.frame(tables.ASSIGNMENTS)
    if topics.is_empty() or assignments.is_empty():
        return None
    outliers = assignments.filter(pl.col("topic_id") == tables.OUTLIER).height
    first = topics.row(0, named=True)
    return said(
        f"Left to itself, the machine sorts {counted(assignments.height, 'passage')} into ",
        Cell(counted(topics.height, "topic"), link="#topics"),
        f"; the largest is “{first['label']}” with ",
        Cell(counted(first["n_passages"], "passage"), link=passages_link(topic=first["topic_id"])),
        ", and ",
        Cell(percent(outliers / assignments.height), link=passages_link(topic=tables.OUTLIER)),
        " of the passages fit no topic.",
    )


def _agreement(material: Material) -> Sentence | None:
    row = _declared(material)
    if row is None or row["value"] is None:
        return None
    chance = row["chance_high"]
    above = chance is not None and row["value"] > chance
    pieces: list[str | Cell] = [
        "In the article, these topics and the themes coded by hand agree ",
        "more than chance allows" if above else "no more than chance allows",
        " (adjusted mutual information ",
        Cell(decimal(row["value"]), link="#compare-agreement"),
    ]
    if row["low"] is not None:
        pieces.append(f", {decimal(row['low'])} to {decimal(row['high'])}")
    if chance is not None:
        pieces.append(f"; chance reaches {decimal(chance)}, p {p_text(row['p_value'])}")
    recovery = material.frame(tables.RECOVERY).filter(
        (pl.col("passages") == "article") & (pl.col("reference") == "codes")
    )
    if recovery.is_empty():
        return said(*pieces, ").")
    return said(
        *pieces,
        "): they recover ",
        Cell(f"{int(recovery['recovered'].sum())} of {recovery.height}", link="#compare-recovery-article"),
        " themes.",
    )


def _declared(material: Material) -> Mapping[str, Any] | None:
    """The figure that was declared before the results were seen: see tables.Agreement."""
    declared = ("article", "topics", "codes")
    for row in agreement_rows(material):
        if (row["passages"], row["candidate"], row["reference"]) == declared:
            return row
    return None


def _classifier(material: Material) -> Sentence | None:
    model = model_in_use(material)
    parts: list[str | Cell] = []
    places = {"article": "in the article", "un": "in UN documents"}
    for setting, place in places.items():
        scores = scores_of(material, setting)
        own = scores.get((model, MACRO, "f1"))
        if own is None:
            continue
        ceiling = scores.get((CODER, MACRO, "f1"))
        parts += [
            "; " if parts else "",
            f"{place} it reaches a mean F1 of ",
            Cell(decimal(own["value"]), link=f"#themes-{setting}"),
            f" ({decimal(own['low'])} to {decimal(own['high'])})",
            f", where one coder against another reaches {decimal(ceiling['value'])}" if ceiling else "",
        ]
    if not parts:
        return None
    return said("The classifier makes errors: ", *parts, ".")
