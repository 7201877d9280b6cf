"""How far topics agree with themes, beside baselines, and what each measure says."""

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
    count_cell,
    grid,
    interval_cell,
    p_cell,
    passages_link,
    score_cell,
)
from pipeline.report.material import PageMaterial
from pipeline.run.tables.compare import AGREEMENT
from pipeline.run.wording import grouping_name
from pipeline.study.study import NO_SET, Study

_REFERENCES = {
    "codes": "codes",
    "code_groups": "code groups",
    "sections": "sections",
    "classifier": "the classifier’s themes",
}


def compared(study: Study) -> tuple[tuple[str, str], ...]:
    """Passages and references of the topic by theme tables, those with codes first."""
    by_machine = [one.id for one in study.sets_of("paragraph")] or [NO_SET]
    by_coders = [(one.id, "codes") for one in study.coded_sets]
    return (*by_coders, *((set_id, "classifier") for set_id in by_machine))


def passages_name(material: PageMaterial, passages: str) -> str:
    """Which passages were compared: of articles, or of the documents of a coded set."""
    if material.kind_of(passages) == "article":
        return material.study.coded_texts.removeprefix("the ").capitalize()
    names = {one.id: one.name for one in material.study.sets_of("paragraph")}
    return names.get(passages, passages) if len(names) > 1 else "UN documents"


def reference_name(reference: str) -> str:
    """What the topics were compared with."""
    return _REFERENCES.get(reference, reference)


def reference_order(reference: str) -> int:
    """Codes first."""
    known = list(_REFERENCES)
    return known.index(reference) if reference in known else len(known)


def compared_link(kind: str, reference: str, topic_id: int | None, theme_id: str | None) -> str:
    """Passages of a topic and a theme in a kind of document, by codes or by the classifier.

    Without a theme: of those that were read for coding, or that the classifier scored.
    """
    by_coders = reference != "classifier"
    return passages_link(
        topic=topic_id,
        kind=kind,
        code=theme_id if by_coders else None,
        theme=None if by_coders else theme_id,
        read="yes" if by_coders and theme_id is None else None,
    )


MEASURE = "adjusted_mutual_information"
TOPICS = "topics"
Agreement = Mapping[str, Any]


def agreement_rows(material: PageMaterial) -> list[Agreement]:
    """Adjusted mutual information with outliers kept, the topics first in each comparison."""
    agreement = material.frame(AGREEMENT).filter(
        (pl.col("measure") == MEASURE) & pl.col("outliers")
    )
    order = [one.id for one in material.study.coded_sets]
    return sorted(agreement.iter_rows(named=True), key=lambda row: (*_in(order, row), *_place(row)))


def _in(order: Sequence[str], row: Agreement) -> tuple[int, str]:
    known = row["passages"] in order
    return (order.index(row["passages"]) if known else len(order), row["passages"])


def _place(row: Agreement) -> tuple[int, bool, float, str]:
    return (
        reference_order(row["reference"]),
        row["candidate"] != TOPICS,
        -(row["value"] or 0),
        row["candidate"],
    )


def agreement_figure(material: PageMaterial, set_ids: Sequence[str] = ()) -> Figure:
    """Topics and every other grouping by codes, beside chance; by what else is in the table.

    Drawn are the passages of ``set_ids``, or of all coded sets.
    """
    rows = agreement_rows(material)
    wanted = set_ids or [one.id for one in material.study.coded_sets]
    shown = [r for r in rows if r["passages"] in wanted and r["reference"] == "codes"]
    absent = material.why_absent(AGREEMENT)
    return Figure(
        "compare-agreement",
        "Agreement of topics and themes, against chance",
        "Adjusted mutual information of groups and themes: 1 if they are the same, about 0 for "
        "unrelated ones. Whiskers are intervals over paragraphs or documents; shuffled groups come "
        "above the grey tick in 5 of 100 tries, and left of the open circle topics do no better "
        "than groups shuffled within sections or missions. Faint rows are other ways of grouping "
        "the same passages: nearest definition gives each the theme whose definition is nearest to "
        "its vector, and zero-shot does the same after names were taken out of the texts.",
        "Above chance is not the same as good. The table adds groups of codes, sections and the "
        "classifier’s themes; against these it is descriptive only, because classifier and topics "
        "read the same vectors.",
        partial(
            intervals,
            ["Adjusted mutual information"],
            ["score"],
            [["model", "chance", "baseline"]],
            [_drawn(material, row, alone=len(wanted) == 1) for row in shown],
            (
                Key("Agreement, with interval", "model"),
                Key("Chance, 95th percentile", "chance"),
                Key("Chance within sections or missions", "baseline"),
            ),
        ),
        _grid(material, rows),
        absent or ("" if shown else "Not computed in this run: too few passages have both."),
    )


def _drawn(material: PageMaterial, row: Agreement, alone: bool = False) -> IntervalRow:
    by_coders = row["reference"] == "codes"
    of_what = f"{passages_name(material, row['passages'])}, {reference_name(row['reference'])}"
    return IntervalRow(
        ("" if alone else f"{of_what}: ") + grouping_name(row["candidate"]),
        (
            IntervalMark("chance", row["chance_high"], name="chance"),
            IntervalMark("baseline", row["within_chance_high"], name="chance within"),
            IntervalMark("model", row["value"], row["low"], row["high"], "agreement"),
        ),
        passages_link(code="any", kind=material.kind_of(row["passages"])) if by_coders else "",
        faint=row["candidate"] != TOPICS,
        strong=row["candidate"] == TOPICS,
    )


def _grid(material: PageMaterial, rows: Sequence[Agreement]) -> Grid:
    names = ["Passages", "Against", "Groups by", "AMI", "Interval", "Chance, 95th percentile", "p"]
    names += [
        "p within sections or missions",
        "p, shifted",
        "Passages compared",
        "Groups",
        "Themes",
    ]
    return grid(
        names,
        [
            (
                Cell(passages_name(material, row["passages"])),
                Cell(reference_name(row["reference"])),
                Cell(grouping_name(row["candidate"])),
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
    )


ANCHORS = {
    "adjusted_rand": ("0.31 to 0.34", "Mallet, coarse Wikipedia labels; Hoyle et al. 2022"),
    "v_measure": ("0.60 to 0.61", "Mallet, the same, as NMI; Hoyle et al. 2022"),
    "purity": ("0.65", "Mallet, the same; Hoyle et al. 2022"),
    "harmonic_purity": ("0.74 and 0.64", "TopicGPT and its best baseline; Pham et al. 2024"),
}
"""Published figures for other tasks, by measure: the value, and whose it is."""

Line = Mapping[str, Any]


def measures_figure(material: PageMaterial) -> Figure:
    """Topics against codes by all measures; a table only."""
    rows = (
        material.frame(AGREEMENT)
        .filter(
            (pl.col("candidate") == "topics")
            & (pl.col("reference") == "codes")
            & pl.col("outliers")
        )
        .iter_rows(named=True)
    )
    lines = [_line(material, row) for row in rows]
    names = ["Passages", "Measure", "Value", "Interval", "Chance, mean", "Chance, 95th percentile"]
    names += ["p", "p within", "p, shifted", "Reported elsewhere", "By whom"]
    return Figure(
        "compare-measures",
        "The same agreement by every measure",
        "Topics against the codes, outliers as a group of their own. The first eight measures "
        "take one theme a passage, the last four all of its themes.",
        "Figures from elsewhere are for other texts, other labels and other numbers of classes: "
        "they say what is usual, not what would be good here. Purity, V-measure and B-cubed are "
        "high by chance where groups are many and passages few.",
        grid=grid(names, lines),
        absent=material.why_absent(AGREEMENT)
        or ("" if lines else "Not computed in this run: too few passages have both."),
    )


def _line(material: PageMaterial, row: Line) -> tuple[Cell, ...]:
    value, whose = ANCHORS.get(row["measure"], ("", ""))
    return (
        Cell(passages_name(material, row["passages"])),
        Cell(row["measure"].replace("_", " ")),
        score_cell(row["value"]),
        interval_cell(row["low"], row["high"], shares=False),
        score_cell(row["chance"]),
        score_cell(row["chance_high"]),
        p_cell(row["p_value"]),
        p_cell(row["within_p_value"]),
        p_cell(row["shifted_p_value"]),
        Cell(value),
        Cell(whose),
    )
