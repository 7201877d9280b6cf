"""The gap: what documents speak of against what interviewees speak of, and which of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import polars as pl

from pipeline.report.charts import bars, heat, intervals
from pipeline.report.elements import (
    Cell,
    Figure,
    Grid,
    PageSection,
    Tile,
    count,
    count_cell,
    counted,
    grid,
    interval_cell,
    interview_link,
    listed,
    p_cell,
    passages_link,
    percent,
    points_cell,
    policy_link,
    rounded,
    said,
    share_cell,
)
from pipeline.report.material import PageMaterial
from pipeline.report.sections.course import series_figure, turns_figure, ways_figure, years_figure
from pipeline.report.sections.gap_tables import (
    SIDES,
    Gap,
    Shares,
    direction_name,
    drawn,
    further_with_shares,
    gap_keys,
    part_figure,
    points_axis,
    points_interval,
    sensitivity_figure,
    side_shares,
    sides_figures,
)
from pipeline.run.settings import CompareSettings
from pipeline.run.tables.compare import GAP, SPEAKER_SHARES
from pipeline.run.tables.texts import NOTES, PASSAGES


def section(material: PageMaterial) -> PageSection:
    """The gap as shares of passages, as parts of what is said, and measured in other ways."""
    gap = material.frame(GAP).sort(
        "difference", "theme_id", descending=[True, False], nulls_last=True
    )
    theme_ids = gap["theme_id"].to_list()
    documents, interviews = material.study.side_names
    named = [documents, *(side.name for side in further_with_shares(material))]
    return PageSection(
        "gap",
        "The gap",
        listed([*named, interviews]).capitalize(),
        (
            said(
                f"Each theme has a share on each side: how many passages in {listed(named)} speak "
                f"of it, and how many of those that report interviews in "
                f"{material.study.coded_texts}. The difference between the first and the last is "
                "the gap."
            ),
        ),
        (
            part_figure(material),
            _gap_figure(material, gap),
            *sides_figures(material),
            sensitivity_figure(material, theme_ids),
            turns_figure(material),
        ),
        appendix=(
            *(ways_figure(material, side) for side in further_with_shares(material)),
            series_figure(material, theme_ids),
            years_figure(material, theme_ids),
        ),
    )


def _gap_figure(material: PageMaterial, gap: pl.DataFrame) -> Figure:
    rows: list[Gap] = list(gap.iter_rows(named=True))
    known = [row for row in rows if row["policy"] is not None or row["interviews"] is not None]
    left, shares = len(rows) - len(known), side_shares(material, "passages")
    absent = material.why_absent(GAP)
    if not absent and not known:
        absent = "Not computed in this run: no share could be computed on either side."
    documents, interviews = material.study.side_names
    named = [documents, *(side.name for side in further_with_shares(material))]
    return Figure(
        "gap-chart",
        f"What fills {documents}, and what fills {interviews}",
        f"For each theme, the share of passages in {listed(named)} (corrected for the "
        f"classifier’s error) and the share of interview passages in {material.study.coded_texts}, "
        f"with their intervals; sorted by the difference, {documents} minus {interviews}."
        + _sizes(known, documents)
        + (f" {counted(left, 'theme')} without either share: in the table only." if left else ""),
        "It does not show what missions do, nor how often a thing happens; a theme that is rare on "
        "one side may be taken for granted there.",
        partial(
            intervals,
            ["Share of passages", points_axis(material)],
            ["percent", "points"],
            [SIDES, ["difference"]],
            [drawn(material, row, shares) for row in known],
            gap_keys(material),
        ),
        _grid(material, rows, shares),
        absent,
    )


def _sizes(rows: Sequence[Gap], documents: str) -> str:
    if not rows:
        return ""
    largest = max(rows, key=lambda row: int(row["n_policy"]))
    return (
        f" Behind it are {count(largest['n_policy'])} passages in {documents}, "
        f"{count(largest['n_policy_coded'])} coded paragraphs among them, and "
        f"{count(largest['n_interviews'])} interview passages in "
        f"{count(largest['n_paragraphs'])} paragraphs. Faint: within chance."
    )


def _grid(material: PageMaterial, rows: Sequence[Gap], shares: Shares) -> Grid:
    one, other = map(str.capitalize, material.study.side_names)
    names = ["Theme", one, f"{one}, interval", "As classified", "Coded with it"]
    for side in further_with_shares(material):
        names += [side.name.capitalize(), f"{side.name.capitalize()}, interval"]
    names += [other, f"{other}, interval", "Difference (points)", "Interval (points)"]
    return grid([*names, "q", "Reading"], [_line(material, row, shares) for row in rows])


def _line(material: PageMaterial, row: Gap, shares: Shares) -> tuple[Cell, ...]:
    theme_id = row["theme_id"]
    further: list[Cell] = []
    for side in further_with_shares(material):
        share, low, high = shares[side.id, theme_id]
        link = passages_link(theme=theme_id, side=side.id)
        further += [share_cell(share, link), interval_cell(low, high)]
    return (
        Cell(material.theme_name(theme_id)),
        share_cell(row["policy"], policy_link(theme_id)),
        interval_cell(row["policy_low"], row["policy_high"]),
        share_cell(row["policy_assigned"], policy_link(theme_id)),
        count_cell(row["n_policy_positive"], passages_link(code=theme_id, kind="policy")),
        *further,
        share_cell(row["interviews"], interview_link(theme_id)),
        interval_cell(row["interviews_low"], row["interviews_high"]),
        points_cell(row["difference"]),
        points_interval(row["low"], row["high"]),
        p_cell(row["q_value"]),
        Cell(direction_name(material, row["direction"])),
    )


THEMES, TOPICS = "themes", "topics"
Share = Mapping[str, Any]


def speakers_section(material: PageMaterial) -> PageSection:
    """Themes and topics by speaker group."""
    return PageSection(
        "speakers",
        "Speaker groups",
        "Who speaks of what",
        (
            said(
                f"Notes and citations of {material.study.coded_texts} name who was interviewed. "
                "Each passage that cites an interview is counted for every group that they name."
            ),
        ),
        (_figure(material, THEMES), _how_often(material)),
        appendix=(_figure(material, TOPICS),),
    )


def _how_often(material: PageMaterial) -> Figure:
    interviews = material.study.interviews
    n_passages = _cited(material.frame(PASSAGES), interviews.group_ids)
    n_notes = _cited(material.frame(NOTES), interviews.group_ids)
    speaker_groups = sorted(
        filter(n_passages.get, interviews.group_ids), key=lambda v: -n_passages[v]
    )
    return Figure(
        "speakers-passages",
        "How often each group is cited",
        "Passages that cite an interview with each group, or with several.",
        "It is how often the author cites a group, not how many people were interviewed.",
        partial(
            bars,
            "Passages",
            [
                (
                    interviews.group_name(speaker_group),
                    n_passages[speaker_group],
                    counted(n_notes[speaker_group], "note"),
                    passages_link(speaker_group=speaker_group),
                )
                for speaker_group in speaker_groups
            ],
        ),
        grid(
            ["Group", "Passages", "Notes"],
            [
                (
                    Cell(interviews.group_name(speaker_group)),
                    count_cell(
                        n_passages[speaker_group], passages_link(speaker_group=speaker_group)
                    ),
                    count_cell(n_notes[speaker_group]),
                )
                for speaker_group in speaker_groups
            ],
        ),
        absent="" if speaker_groups else "No passage that was read cites an interview.",
    )


def _cited(frame: pl.DataFrame, groups: Sequence[str]) -> dict[str, int]:
    return {
        group: frame.filter(pl.col("speaker_groups").list.contains(group)).height
        for group in groups
    }


def _figure(material: PageMaterial, labels: str) -> Figure:
    shares = material.frame(SPEAKER_SHARES).filter(pl.col("labels").cast(pl.String) == labels)
    keyed = {(row["label"], str(row["speaker_group"])): row for row in shares.iter_rows(named=True)}
    interviews = material.study.interviews
    sizes = {str(row["speaker_group"]): row["n_speaker_group"] for row in keyed.values()}
    speaker_groups = sorted(
        filter(sizes.get, interviews.group_ids), key=lambda speaker_group: -sizes[speaker_group]
    )
    totals = shares.group_by("label", maintain_order=True).agg(pl.col("n").sum())
    ordered = totals.sort("n", descending=True, maintain_order=True)["label"].to_list()
    settings = material.settings.compare
    differ = any(settings.is_decided(row["q_value"]) for row in keyed.values())
    absent = material.why_absent(SPEAKER_SHARES)
    if not absent and not keyed:
        absent = f"Not computed in this run: no passage that cites an interview has {labels}."
    return Figure(
        f"speakers-{labels}",
        f"{labels.capitalize()} by group",
        _shows(labels, differ, settings.false_discovery_rate),
        "There are few passages a group, and an author chose and arranged them: without a dot, "
        "read a cell as an invitation to read its passages, not as a finding.",
        partial(
            heat,
            _kind(labels),
            "Group",
            [Cell(_named(material, labels, label)) for label in ordered],
            [
                Cell(
                    f"{interviews.group_name(speaker_group)} ({sizes[speaker_group]})",
                    link=passages_link(speaker_group=speaker_group),
                )
                for speaker_group in speaker_groups
            ],
            lambda row, column: _tile(keyed.get((ordered[row], speaker_groups[column])), settings),
            dot="differs from all others",
        ),
        _speaker_grid(material, labels, ordered, speaker_groups, keyed),
        absent,
    )


def _kind(labels: str) -> str:
    return "Theme" if labels == THEMES else "Topic"


def _shows(labels: str, differ: bool, rate: float) -> str:
    what = "a theme, as coded" if labels == THEMES else "a topic, as the machine found it"
    marked = (
        f"A dot marks groups that differ from all others (q at most {rate:g})."
        if differ
        else f"No group differs from all others by more than chance (q at most {rate:g})."
    )
    return (
        f"Share of a group’s passages that carry {what}. In brackets: how many passages report "
        f"the group. {marked}"
    )


def _named(material: PageMaterial, labels: str, label: str) -> str:
    return material.theme_name(label) if labels == THEMES else material.topic_name(int(label))


def _link(row: Share) -> str:
    speaker_group = str(row["speaker_group"])
    if str(row["labels"]) == THEMES:
        return passages_link(code=row["label"], speaker_group=speaker_group)
    return passages_link(topic=row["label"], speaker_group=speaker_group)


def _tile(row: Share | None, settings: CompareSettings) -> Tile | None:
    if row is None or not row["n"]:
        return None
    note = (
        f"{row['n']} of {counted(row['n_speaker_group'], 'passage')}; "
        f"{percent(row['low'])} to {percent(row['high'])}"
    )
    return Tile(row["share"], _link(row), settings.is_decided(row["q_value"]), note)


def _speaker_grid(
    material: PageMaterial,
    labels: str,
    ordered: Sequence[str],
    speaker_groups: Sequence[str],
    keyed: Mapping[tuple[str, str], Share],
) -> Grid:
    interviews = material.study.interviews
    return grid(
        [
            _kind(labels),
            *(interviews.group_name(speaker_group) for speaker_group in speaker_groups),
        ],
        [
            (
                Cell(_named(material, labels, label)),
                *(_cell(keyed.get((label, speaker_group))) for speaker_group in speaker_groups),
            )
            for label in ordered
        ],
    )


def _cell(row: Share | None) -> Cell:
    if row is None:
        return share_cell(None)
    text = f"{row['n']} of {row['n_speaker_group']} ({percent(row['share'])})"
    return Cell(text, rounded(row["share"]), _link(row) if row["n"] else "")
