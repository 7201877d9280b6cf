"""The gap as a whole: the sides, over the years, in other ways, and by speaker group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from pipeline.compare.findings.sides import what_is_missing
from pipeline.compare.gap.gap import decided_together, gap_table, sensitivity_rows
from pipeline.compare.gap.sensitivity import coded_policy, further_sides, other_ways
from pipeline.compare.gap.sides import (
    POLICY,
    CodedUnits,
    coded_units,
    passage_labels,
    policy_shares,
    side_kinds,
    spoken_passages,
)
from pipeline.compare.material import Findings, Material, empty, fitted, from_rows
from pipeline.compare.statistics.chance import design_effects, two_sided
from pipeline.compare.structure.alignment import false_discovery_rates
from pipeline.run.arrays import Share, clustered_share, difference_of_shares
from pipeline.run.settings import CompareSettings
from pipeline.run.tables.compare import (
    GAP,
    GAP_SENSITIVITY,
    GAP_SERIES,
    GAP_SIDES,
    SPEAKER_SHARES,
    GapSeries,
    SpeakerShares,
)
from pipeline.run.tables.topics import OUTLIER
from pipeline.study.study import ALL, Milestone, Study


def speaker_table(
    groups: Sequence[str],
    spoken: pl.DataFrame,
    labels: pl.DataFrame,
    kind: str,
    n_notes: dict[str, int],
    settings: CompareSettings,
) -> pl.DataFrame:
    """tables.SpeakerShares for themes or topics.

    A passage that reports several groups counts for each. Intervals are for passages of these
    articles, clustered by paragraph, and say nothing of people at large.

    Args:
        groups: the speaker groups of the study.
        spoken: passage_id, cluster, speaker_groups (list); passages that report an interview.
        labels: passage_id, label.
        kind: ``themes`` or ``topics``, for the column `labels`.
        n_notes: notes that cite each group.
        settings: confidence and false discovery rate.
    """
    with_label = {
        label: set(rows["passage_id"])
        for (label,), rows in labels.group_by("label", maintain_order=True)
    }
    passage_ids = spoken["passage_id"].to_list()
    cluster = np.unique(spoken["cluster"].cast(pl.String).to_numpy(), return_inverse=True)[1]
    rows = []
    for speaker_group in groups:
        speaks = spoken["speaker_groups"].list.contains(speaker_group).to_numpy().astype(bool)
        if not speaks.any():
            continue
        for label, holders in with_label.items():
            hits = np.array([passage_id in holders for passage_id in passage_ids], dtype=bool)
            if hits.any():
                numbers = _numbers(hits, speaks, cluster, settings.confidence)
                rows.append({"speaker_group": speaker_group, "label": str(label), **numbers})
    if not rows:
        return empty(SpeakerShares)
    frame = pl.DataFrame(rows, infer_schema_length=None)
    p_values = frame["p_value"].to_numpy()
    q_values = false_discovery_rates(p_values, np.ones(len(p_values), dtype=bool))
    return fitted(
        SpeakerShares,
        frame.with_columns(
            q_value=pl.Series(q_values.round(6)),
            labels=pl.lit(kind),
            n_notes=pl.col("speaker_group").replace_strict(n_notes, default=0),
        ),
    )


def _numbers(
    hits: np.ndarray, speaks: np.ndarray, cluster: np.ndarray, confidence: float
) -> dict[str, float | int | None]:
    from scipy.stats import fisher_exact

    share = clustered_share(hits[speaks], cluster[speaks], confidence)
    n, n_speaker_group = int((hits & speaks).sum()), int(speaks.sum())
    n_others, all_others = int((hits & ~speaks).sum()), int((~speaks).sum())
    table = [[n, n_speaker_group - n], [n_others, all_others - n_others]]
    effect = float(design_effects(hits[:, None], speaks[:, None])[0, 0])
    return {
        "n": n,
        "n_speaker_group": n_speaker_group,
        "share": round(share.value or 0.0, 6),
        "low": round(share.low or 0.0, 6),
        "high": round(share.high or 0.0, 6),
        "share_others": round(n_others / all_others, 6) if all_others else None,
        "p_value": two_sided(float(fisher_exact(table).pvalue), effect),
    }


Marks = Mapping[tuple[str, int | None], str]


def marks_of(milestones: Sequence[Milestone]) -> dict[tuple[str, int | None], str]:
    """What happened, by mission and year."""
    marks: dict[tuple[str, int | None], str] = {}
    for milestone in milestones:
        key = (milestone.mission, milestone.year)
        marks[key] = "; ".join(filter(None, (marks.get(key, ""), milestone.what)))
    return marks


def series_table(
    prevalence: pl.DataFrame,
    interviews: CodedUnits,
    theme_ids: Sequence[str],
    settings: CompareSettings,
    marks: Marks,
) -> pl.DataFrame:
    """tables.GapSeries: shares in documents by mission and by year, as themes gives them.

    The interviews cannot be split by mission or year: each row stands beside the same share of
    theirs. Corrected shares are taken where themes gives them.
    There are no q-values: the series shows a course, and its rows share a classifier's error.
    """
    spoken = dict(zip(theme_ids, interviews.shares(settings.confidence), strict=True))
    preferred = (
        prevalence.filter((pl.col("kind") == POLICY) & pl.col("theme_id").is_in(list(theme_ids)))
        .drop_nulls("share")
        .sort("theme_id", "mission", "year", pl.col("method") == "assigned", nulls_last=False)
        .unique(["theme_id", "mission", "year"], keep="first", maintain_order=True)
    )
    rows = [
        _row(row, spoken[row["theme_id"]], settings.confidence, marks)
        for row in preferred.iter_rows(named=True)
    ]
    return from_rows(GapSeries, rows)


def course_table(
    material: Material, missions: Sequence[str], confidence: float, marks: Marks
) -> pl.DataFrame:
    """tables.GapSeries by mission and year: what the classifier assigns, documents as clusters.

    Uncorrected, since no mission has enough coded paragraphs in a year; so the rows show where a
    share rises and falls, and carry no difference from the interviews.

    Args:
        material: with scores.
        missions: acronyms.
        confidence: of the intervals.
        marks: as by `marks_of`.
    """
    theme_ids = material.scores["theme_id"].unique().sort().to_list()
    spoken_of = material.documents.select("document_id", "missions", "year").drop_nulls("year")
    passages = (
        material.document_side.filter(pl.col("kind").is_in(course_kinds(material.study)))
        .join(material.scores.select("passage_id").unique(), on="passage_id", how="semi")
        .join(spoken_of, on="document_id", maintain_order="left")
    )
    if passages.is_empty():
        return from_rows(GapSeries, [])
    hits = _assigned(passages["passage_id"].to_list(), material.scores, theme_ids)
    cluster = np.unique(passages["cluster"].to_numpy(), return_inverse=True)[1]
    rows = []
    for mission in missions:
        of_mission = passages["missions"].list.contains(mission).to_numpy()
        for year in sorted(set(passages["year"].to_numpy()[of_mission].tolist())):
            here = of_mission & (passages["year"].to_numpy() == year)
            for column, theme_id in enumerate(theme_ids):
                share = clustered_share(hits[here, column], cluster[here], confidence)
                what = {"theme_id": theme_id, "mission": mission, "year": year}
                found = {"n_passages": int(here.sum()), "method": "assigned"}
                ends = {"share": share.value, "low": share.low, "high": share.high}
                rows.append(_row(what | found | ends, None, confidence, marks))
    return from_rows(GapSeries, rows)


def course_kinds(study: Study) -> list[str]:
    """The kinds that a course over time is read from: those that coded paragraphs were drawn from.

    All kinds of the side, where none were drawn.
    """
    drawn = [one.population for one in study.sets_of("paragraph", "estimated_with")]
    return [kind for one in drawn if one for kind in one.kinds] or list(side_kinds(study))


def _assigned(
    passage_ids: Sequence[str], scores: pl.DataFrame, theme_ids: Sequence[str]
) -> np.ndarray:
    """bool [passages, themes]."""
    row_of = {passage_id: row for row, passage_id in enumerate(passage_ids)}
    column_of = {theme_id: column for column, theme_id in enumerate(theme_ids)}
    hits = np.zeros((len(passage_ids), len(theme_ids)), dtype=bool)
    for passage_id, theme_id in (
        scores.filter("assigned").select("passage_id", "theme_id").iter_rows()
    ):
        if passage_id in row_of:
            hits[row_of[passage_id], column_of[theme_id]] = True
    return hits


def _row(
    row: Mapping[str, Any], spoken: Share | None, confidence: float, marks: Marks
) -> dict[str, Any]:
    policy = Share(row["share"], row["low"], row["high"])
    difference = None if spoken is None else difference_of_shares(policy, spoken, confidence)
    return {
        "theme_id": row["theme_id"],
        "mission": row["mission"],
        "year": row["year"],
        "n_policy": row["n_passages"],
        "method": row["method"],
        "policy": _rounded(policy.value),
        "policy_low": _rounded(policy.low),
        "policy_high": _rounded(policy.high),
        "interviews": None if spoken is None else _rounded(spoken.value),
        "difference": None if difference is None else _rounded(difference.value),
        "low": None if difference is None else _rounded(difference.low),
        "high": None if difference is None else _rounded(difference.high),
        "mark": marks.get((row["mission"], row["year"]), ""),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


FEWEST_INTERVIEW_PASSAGES = 5
"""With fewer passages that cite an interview there is no interview side."""


def compare_sides(
    material: Material,
    settings: CompareSettings,
    milestones: Sequence[Milestone],
    findings: Findings,
) -> None:
    """Fill in the gap, its sensitivity and its course, as far as the study has sides for them."""
    documents, interviewees = material.study.document_side, material.study.interview_side
    if documents is None:
        return
    _add_course(material, settings, milestones, findings)
    if interviewees is None:
        return
    theme_ids = material.codebook.theme_ids
    policy = policy_shares(material.prevalence, side_kinds(material.study))
    interviews = coded_units(spoken_passages(material), passage_labels(material), theme_ids)
    if interviews.n < FEWEST_INTERVIEW_PASSAGES:
        findings.not_computed["gap"] = (
            f"{interviews.n} coded passages cite an interview; "
            f"{FEWEST_INTERVIEW_PASSAGES} are needed"
        )
        return
    if not any(side.corrected.known for side in policy.values()):
        findings.not_computed[f"gap, side of {documents.name}"] = (
            "themes gives no corrected share"
            if material.document_side.height
            else f"no document of it was read; the side of {interviewees.name} stands alone"
        )
    paragraphs = coded_policy(material)
    gap = gap_table(policy, paragraphs, interviews, theme_ids, settings)
    findings.add(
        GAP_SERIES,
        series_table(material.prevalence, interviews, theme_ids, settings, marks_of(milestones)),
    )
    if len(material.study.sides) > 2:
        pairs = further_sides(material, interviews, settings)
        findings.add(GAP_SIDES, pairs)
        gap = decided_together(gap, pairs, documents.id, interviewees.id)
        findings.there_is |= what_is_missing(material.documents, material.study)
    findings.add(GAP, gap)
    for way in other_ways(material, policy, interviews, settings.confidence):
        findings.add(GAP_SENSITIVITY, sensitivity_rows(way, theme_ids, settings))


def _add_course(
    material: Material,
    settings: CompareSettings,
    milestones: Sequence[Milestone],
    findings: Findings,
) -> None:
    """The course of each mission that has a milestone; it needs no interviews."""
    missions = list(dict.fromkeys(one.mission for one in milestones if one.mission != ALL))
    course = course_table(material, missions, settings.confidence, marks_of(milestones))
    if course.is_empty():
        findings.not_computed["gap, course by mission and year"] = (
            "no passage of a dated document on a mission with a milestone was scored"
            if material.has_documents
            else "there are no documents beside the articles"
        )
    findings.add(GAP_SERIES, course)


def compare_speaker_groups(
    material: Material, settings: CompareSettings, findings: Findings
) -> None:
    """Fill in who speaks of what, for themes as coded and for topics."""
    if not material.study.has_interviews:
        return
    spoken = spoken_passages(material).rename({"unit_id": "passage_id"})
    if spoken.is_empty():
        findings.not_computed["speaker_groups"] = "no coded passage cites an interview"
        return
    cited = material.notes.select("speaker_groups").explode("speaker_groups").drop_nulls()
    n_notes = dict(cited.group_by("speaker_groups").len().iter_rows())
    codes = material.code_labels.select("passage_id", pl.col("theme_id").alias("label"))
    order = {theme_id: place for place, theme_id in enumerate(material.codebook.theme_ids)}
    codes = codes.sort(pl.col("label").replace_strict(order, return_dtype=pl.Int64))
    groups = material.study.interviews.group_ids
    findings.add(SPEAKER_SHARES, speaker_table(groups, spoken, codes, "themes", n_notes, settings))
    topics = (
        material.assignments.filter(pl.col("topic_id") != OUTLIER)
        .sort("topic_id", "passage_id")
        .select("passage_id", pl.col("topic_id").cast(pl.String).alias("label"))
    )
    if topics.is_empty():
        findings.not_computed["speaker_groups by topic"] = "no topics were found"
        return
    findings.add(SPEAKER_SHARES, speaker_table(groups, spoken, topics, "topics", n_notes, settings))
