"""The two sides of the gap, and the voices behind one of them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.compare.coded import coded_units
from pipeline.compare.gap import gap_table, sensitivity_rows
from pipeline.compare.material import Findings, Material
from pipeline.compare.policy import policy_shares
from pipeline.compare.sensitivity import hand_coded_policy, other_ways
from pipeline.compare.series import course_table, marks_of, series_table
from pipeline.compare.spoken import passage_labels, spoken_passages
from pipeline.compare.voices import voice_table
from pipeline.settings import CompareSettings
from pipeline.tables.compare import GAP, GAP_SENSITIVITY, GAP_SERIES, VOICE_SHARES
from pipeline.tables.topics import OUTLIER
from pipeline.turns import ALL, Turn

FEWEST_INTERVIEW_PASSAGES = 5
"""With fewer passages that cite an interview there is no interview side."""


def compare_sides(
    material: Material, settings: CompareSettings, turns: Sequence[Turn], findings: Findings
) -> None:
    """Fill in the gap, its sensitivity and its course."""
    _add_course(material, settings, turns, findings)
    theme_ids = material.codebook.theme_ids
    policy = policy_shares(material.prevalence)
    interviews = coded_units(spoken_passages(material), passage_labels(material), theme_ids)
    if interviews.n < FEWEST_INTERVIEW_PASSAGES:
        findings.not_computed["gap"] = (
            f"{interviews.n} coded passages cite an interview; "
            f"{FEWEST_INTERVIEW_PASSAGES} are needed"
        )
        return
    if not any(side.corrected.known for side in policy.values()):
        findings.not_computed["gap, policy side"] = (
            "themes gives no corrected share"
            if material.has_un
            else "there are no UN documents; the interview side stands alone"
        )
    by_hand = hand_coded_policy(material)
    findings.add(GAP, gap_table(policy, by_hand, interviews, theme_ids, settings))
    findings.add(
        GAP_SERIES,
        series_table(material.prevalence, interviews, theme_ids, settings, marks_of(turns)),
    )
    for way in other_ways(material, policy, interviews, settings.confidence):
        findings.add(GAP_SENSITIVITY, sensitivity_rows(way, theme_ids, settings))


def _add_course(
    material: Material, settings: CompareSettings, turns: Sequence[Turn], findings: Findings
) -> None:
    """The course of each mission that has a turn; it needs no interviews."""
    missions = list(dict.fromkeys(turn.mission for turn in turns if turn.mission != ALL))
    course = course_table(material, missions, settings.confidence, marks_of(turns))
    if course.is_empty():
        findings.not_computed["gap, course by mission and year"] = (
            "themes has scored no dated resolution or statement"
            if material.has_un
            else "there are no UN documents"
        )
    findings.add(GAP_SERIES, course)


def compare_voices(material: Material, settings: CompareSettings, findings: Findings) -> None:
    """Fill in who speaks of what, for themes by hand and for topics."""
    spoken = spoken_passages(material).rename({"unit_id": "passage_id"})
    if spoken.is_empty():
        findings.not_computed["voices"] = "no coded passage cites an interview"
        return
    cited = material.notes.select("voices").explode("voices").drop_nulls()
    n_notes = dict(cited.group_by("voices").len().iter_rows())
    codes = material.code_labels.select("passage_id", pl.col("theme_id").alias("label"))
    order = {theme_id: place for place, theme_id in enumerate(material.codebook.theme_ids)}
    codes = codes.sort(pl.col("label").replace_strict(order, return_dtype=pl.Int64))
    findings.add(VOICE_SHARES, voice_table(spoken, codes, "themes", n_notes, settings))
    topics = (
        material.assignments.filter(pl.col("topic_id") != OUTLIER)
        .sort("topic_id", "passage_id")
        .select("passage_id", pl.col("topic_id").cast(pl.String).alias("label"))
    )
    if topics.is_empty():
        findings.not_computed["voices by topic"] = "no topics were found"
        return
    findings.add(VOICE_SHARES, voice_table(spoken, topics, "topics", n_notes, settings))
