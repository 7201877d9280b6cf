"""The gap: what documents speak of against what interviewees speak of."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.report.charts import intervals
from pipeline.report.elements import (
    Cell,
    Figure,
    Grid,
    PageSection,
    count,
    count_cell,
    counted,
    grid,
    interval_cell,
    interview_link,
    p_cell,
    passages_link,
    points_cell,
    policy_link,
    said,
    share_cell,
)
from pipeline.report.material import PageMaterial
from pipeline.report.sections.course import series_figure, turns_figure, years_figure
from pipeline.report.sections.gap_tables import (
    Gap,
    direction_name,
    drawn,
    gap_keys,
    part_figure,
    points_axis,
    points_interval,
    sensitivity_figure,
)
from pipeline.run.tables.compare import GAP


def section(material: PageMaterial) -> PageSection:
    """The gap as shares of passages, as parts of what is said, and measured in other ways."""
    gap = material.frame(GAP).sort(
        "difference", "theme_id", descending=[True, False], nulls_last=True
    )
    theme_ids = gap["theme_id"].to_list()
    documents, interviews = material.study.side_names
    return PageSection(
        "gap",
        "The gap",
        f"{documents} and {interviews}".capitalize(),
        (
            said(
                f"Each theme has two shares: how many passages in {documents} speak of it, and how "
                f"many of those that report interviews in {material.study.coded_texts}. The "
                "difference between the two is the gap."
            ),
        ),
        (
            _gap_figure(material, gap),
            part_figure(material),
            sensitivity_figure(material, theme_ids),
            series_figure(material, theme_ids),
            turns_figure(material),
            years_figure(material, theme_ids),
        ),
    )


def _gap_figure(material: PageMaterial, gap: pl.DataFrame) -> Figure:
    rows: list[Gap] = list(gap.iter_rows(named=True))
    known = [row for row in rows if row["policy"] is not None or row["interviews"] is not None]
    left = len(rows) - len(known)
    absent = material.why_absent(GAP)
    if not absent and not known:
        absent = "Not computed in this run: no share could be computed on either side."
    documents, interviews = material.study.side_names
    return Figure(
        "gap-chart",
        f"What fills {documents}, and what fills {interviews}",
        f"For each theme, the share of passages in {documents} (corrected for the "
        f"classifier’s error) and the share of interview passages in {material.study.coded_texts}, "
        f"with their intervals; sorted by the difference, {documents} minus {interviews}."
        + _sizes(known, documents)
        + (f" {counted(left, 'theme')} without either share: in the table only." if left else ""),
        "It does not show what missions do, nor how often a thing happens; a theme that is rare on "
        "one side may be taken for granted there.",
        intervals(
            ["Share of passages", points_axis(material)],
            ["percent", "points"],
            [["policy", "interviews"], ["difference"]],
            [drawn(material, row) for row in known],
        ),
        _grid(material, rows),
        gap_keys(material),
        absent,
    )


def _sizes(rows: Sequence[Gap], documents: str) -> str:
    if not rows:
        return ""
    largest = max(rows, key=lambda row: int(row["n_policy"]))
    return (
        f" Behind it are {count(largest['n_policy'])} passages in {documents}, "
        f"{count(largest['n_policy_coded'])} hand-coded paragraphs among them, and "
        f"{count(largest['n_interviews'])} interview passages in "
        f"{count(largest['n_paragraphs'])} paragraphs. Faint: within chance."
    )


def _grid(material: PageMaterial, rows: Sequence[Gap]) -> Grid:
    one, other = map(str.capitalize, material.study.side_names)
    names = ["Theme", one, f"{one}, interval", "As classified", "Hand-coded with it"]
    names += [other, f"{other}, interval", "Difference (points)", "Interval (points)"]
    return grid([*names, "q", "Reading"], [_line(material, row) for row in rows])


def _line(material: PageMaterial, row: Gap) -> tuple[Cell, ...]:
    theme_id = row["theme_id"]
    return (
        Cell(material.theme_name(theme_id)),
        share_cell(row["policy"], policy_link(theme_id)),
        interval_cell(row["policy_low"], row["policy_high"]),
        share_cell(row["policy_assigned"], policy_link(theme_id)),
        count_cell(row["n_policy_positive"], passages_link(code=theme_id, kind="policy")),
        share_cell(row["interviews"], interview_link(theme_id)),
        interval_cell(row["interviews_low"], row["interviews_high"]),
        points_cell(row["difference"]),
        points_interval(row["low"], row["high"]),
        p_cell(row["q_value"]),
        Cell(direction_name(material, row["direction"])),
    )
