"""The opening of the page: facts of the run, and what was found in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.report.elements import (
    Cell,
    Grid,
    Sentence,
    count,
    counted,
    decimal,
    grid,
    p_text,
    passages_link,
    percent,
    said,
)
from pipeline.report.material import Material
from pipeline.report.sections.agreement import agreement_rows
from pipeline.report.sections.gap_tables import interview_link, policy_link
from pipeline.report.sections.themes import CODER, MACRO, model_in_use, scores_of
from pipeline.report.sections.topics import largest_first
from pipeline.run.tables.compare import GAP, RECOVERY
from pipeline.run.tables.topics import ASSIGNMENTS, OUTLIER, TOPICS


@dataclass(frozen=True)
class RunFacts:
    """What another person needs to make this page again."""

    version: str
    parameters: Grid
    model: Grid
    software: Grid
    fingerprints: Grid
    counts: Grid
    remarks: Grid


def run_facts(material: Material) -> RunFacts:
    """No time, no machine: the same inputs give the same page."""
    from pipeline.run.tables.ingest import DOCUMENTS

    documents = material.frame(DOCUMENTS).sort("document_id")
    remarks = [
        (
            Cell(row["symbol"] or row["title"], link=f"#passages?document={row['document_id']}"),
            Cell(remark),
        )
        for row in documents.iter_rows(named=True)
        for remark in row["remarks"]
    ]
    return RunFacts(
        material.versions.get("peacetext", ""),
        _pairs("Parameter", material.settings.model_dump()),
        _pairs("Model of the vectors", material.model_card),
        _pairs("Package", material.versions),
        _pairs("File", material.fingerprints),
        _pairs("Counted by the stages", material.metrics, deep=2),
        grid(["Document", "What a person should know"], remarks),
    )


def _pairs(name: str, values: Mapping[str, Any], deep: int = 9) -> Grid:
    rows = [(Cell(key), Cell(text)) for key, text in _flat(values, "", deep)]
    return grid([name, "Value"], rows)


def _flat(values: Mapping[str, Any], above: str, deep: int) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = f"{above}.{key}" if above else str(key)
        if isinstance(value, Mapping):
            if deep > 1:
                yield from _flat(value, name, deep - 1)
        elif isinstance(value, list | tuple):
            yield name, ", ".join(str(each) for each in value)
        else:
            yield name, str(value)


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
    gap = material.frame(GAP)
    decided = gap.group_by(pl.col("direction").cast(pl.String)).len()
    n = dict(decided.iter_rows())
    computed = gap.height - n.get("not computed", 0)
    if not computed:
        return None
    return said(
        f"Of {counted(computed, 'theme')} measured on both sides, ",
        Cell(_number(n.get("more in interviews", 0)), link="#gap-chart"),
        " take more room in the interviews and ",
        Cell(_number(n.get("more in policy", 0)), link="#gap-chart"),
        f" in policy documents; for {_number(n.get('undecided', 0))} the difference is within "
        "chance.",
        *_by_mentions(material),
    )


def _by_mentions(material: Material) -> tuple[str | Cell, ...]:
    """The same by a measure that does not depend on how many themes a passage holds."""
    gap = material.frame(GAP).drop_nulls("part_difference")
    if gap.is_empty():
        return ()
    n = dict(gap.group_by(pl.col("part_direction").cast(pl.String)).len().iter_rows())
    return (
        " The codebook was made from the article, which favours it. ",
        "Counted as parts of all that each side says of these themes, ",
        Cell(_number(n.get("more in interviews", 0)), link="#gap-parts"),
        " take more room in the interviews and ",
        Cell(_number(n.get("more in policy", 0)), link="#gap-parts"),
        " in policy.",
    )


def _number(n: int) -> str:
    return count(n) if n else "none"


def _gap_side(material: Material, direction: str) -> Sentence | None:
    sign = 1 if direction == "more in policy" else -1
    rows = [
        row
        for row in material.frame(GAP).iter_rows(named=True)
        if str(row["direction"]) == direction and row["difference"] is not None
    ]
    if not rows:
        return None
    rows.sort(key=lambda row: (-sign * row["difference"], row["theme_id"]))
    place = "Policy documents" if sign > 0 else "The interviews"
    pieces: list[str | Cell] = [f"{place} speak more of "]
    for number, row in enumerate(rows[:_NAMED]):
        theme_id = row["theme_id"]
        pieces += [
            " and " if number else "",
            f"“{material.theme_name(theme_id)}” (",
            Cell(percent(row["policy"]), link=policy_link(theme_id)),
            " of policy passages, ",
            Cell(percent(row["interviews"]), link=interview_link(theme_id)),
            " of interview passages)",
        ]
    return said(*pieces, ".")


def _topics(material: Material) -> Sentence | None:
    topics = material.frame(TOPICS)
    assignments = material.frame(ASSIGNMENTS)
    if topics.is_empty() or assignments.is_empty():
        return None
    outliers = assignments.filter(pl.col("topic_id") == OUTLIER).height
    first = largest_first(material).row(0, named=True)
    return said(
        f"Left to itself, the machine sorts {counted(assignments.height, 'passage')} into ",
        Cell(counted(topics.height, "topic"), link="#topics"),
        f"; the largest is “{first['label']}” with ",
        Cell(counted(first["n_passages"], "passage"), link=passages_link(topic=first["topic_id"])),
        ", and ",
        Cell(percent(outliers / assignments.height), link=passages_link(topic=OUTLIER)),
        " of the passages fit no topic.",
    )


def _agreement(material: Material) -> Sentence | None:
    row = _declared(material)
    if row is None or row["value"] is None:
        return None
    chance = row["chance_high"]
    pieces: list[str | Cell] = [
        f"In the article, these topics and the themes coded by hand agree {_verdict(row)}",
        " (adjusted mutual information ",
        Cell(decimal(row["value"]), link="#compare-agreement"),
    ]
    if row["low"] is not None:
        pieces.append(f", {decimal(row['low'])} to {decimal(row['high'])}")
    if chance is not None:
        pieces.append(f"; chance reaches {decimal(chance)}, p {p_text(row['p_value'])}")
    if row["within_chance_high"] is not None:
        pieces.append(f"; shuffled within sections, {decimal(row['within_chance_high'])}")
    if row["shifted_chance_high"] is not None:
        pieces.append(f"; moved along the text, {decimal(row['shifted_chance_high'])}")
    recovery = (
        material.frame(RECOVERY)
        .filter((pl.col("passages") == "article") & (pl.col("reference") == "codes"))
        .drop_nulls("q_value")
    )
    if recovery.is_empty():
        return said(*pieces, ").")
    return said(
        *pieces,
        "): they recover ",
        Cell(
            f"{int(recovery['recovered'].sum())} of {recovery.height}",
            link="#compare-recovery-article",
        ),
        " themes that enough passages carry.",
    )


def _verdict(row: Mapping[str, Any]) -> str:
    """Against every level of chance: shuffled freely, within sections, moved along the text."""
    chance, within = row["chance_high"], row["within_chance_high"]
    shifted = row["shifted_chance_high"]
    if chance is None or row["value"] <= chance:
        return "no more than chance allows"
    if within is not None and row["value"] <= within:
        return (
            "more than freely shuffled groups, but no more than groups shuffled within the "
            "article’s sections"
        )
    if shifted is not None and row["value"] <= shifted:
        return "more than shuffled groups, but no more than groups that merely run along the text"
    return "more than chance allows"


def _declared(material: Material) -> Mapping[str, Any] | None:
    """The figure that was declared before the results were seen: see Agreement."""
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
            f", where one coder against another reaches {decimal(ceiling['value'])}"
            if ceiling
            else "",
        ]
    if not parts:
        return None
    return said("The classifier makes errors: ", *parts, ".")
