"""The two sides of the gap in every way they are measured, and the voices behind one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from pipeline import tables
from pipeline.compare import placing
from pipeline.compare.gap import (
    CodedUnits,
    PolicyShare,
    coded_units,
    gap_table,
    policy_shares,
    sensitivity_rows,
)
from pipeline.compare.material import Findings, Material
from pipeline.compare.shares import UNKNOWN, Share
from pipeline.compare.voices import voice_table
from pipeline.settings import CompareSettings

FEWEST_INTERVIEW_PASSAGES = 5
"""With fewer passages that cite an interview there is no interview side."""


def compare_sides(material: Material, settings: CompareSettings, findings: Findings) -> None:
    """Fill in the gap and its sensitivity."""
    theme_ids = material.codebook.theme_ids
    policy = policy_shares(material.prevalence)
    interviews = coded_units(spoken_passages(material), _unit_labels(material), theme_ids)
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
    findings.add(tables.GAP, gap_table(policy, interviews, theme_ids, settings))
    for frame in _sensitivity(material, policy, interviews, settings):
        findings.add(tables.GAP_SENSITIVITY, frame)


def spoken_passages(material: Material) -> pl.DataFrame:
    """Coded passages of the article that cite an interview: unit_id, cluster, weight, voices."""
    return (
        material.placed.filter(
            (pl.col("kind") == placing.ARTICLE) & (pl.col("voices").list.len() > 0)
        )
        .join(material.coded_passages("article"), on="passage_id", how="semi")
        .select(
            pl.col("passage_id").alias("unit_id"), "cluster", pl.lit(1.0).alias("weight"), "voices"
        )
    )


def _unit_labels(material: Material) -> pl.DataFrame:
    return material.code_labels.select(pl.col("passage_id").alias("unit_id"), "theme_id")


def _sensitivity(
    material: Material,
    policy: Mapping[str, PolicyShare],
    interviews: CodedUnits,
    settings: CompareSettings,
) -> list[pl.DataFrame]:
    """The gap by other ways of measuring, each with the reason for it."""
    theme_ids = material.codebook.theme_ids
    sides = [policy.get(theme_id) for theme_id in theme_ids]
    corrected = [UNKNOWN if side is None else side.corrected for side in sides]
    assigned = [UNKNOWN if side is None else side.assigned for side in sides]
    n_policy = max((side.n for side in policy.values()), default=0)
    spoken = interviews.shares(settings.confidence)
    sentences = _sentences(material)
    whole = coded_units(_article_passages(material), _unit_labels(material), theme_ids)
    by_hand = _un_units(material)
    ways: list[tuple[str, Sequence[Share], Sequence[Share], tuple[int, int]]] = [
        # what the classifiers say, uncorrected
        ("assigned", assigned, spoken, (n_policy, interviews.n)),
        # sentences on the interview side; a unit of another length than on the policy side
        ("sentences", corrected, sentences.shares(settings.confidence), (n_policy, sentences.n)),
        # all of the article, the author's own words too
        ("whole article", corrected, whole.shares(settings.confidence), (n_policy, whole.n)),
        # no classifier at all: coded paragraphs of resolutions and statements on five missions
        (
            "hand-coded policy",
            by_hand.shares(settings.confidence),
            spoken,
            (by_hand.n, interviews.n),
        ),
        # of all that is said, how much is said of the theme: free of the length of a unit
        ("share of mentions", _profile(corrected), _profile(spoken), (n_policy, interviews.n)),
    ]
    return [
        sensitivity_rows(basis, theme_ids, first, second, settings, sizes=sizes)
        for basis, first, second, sizes in ways
        if min(sizes) > 0
    ]


def _profile(shares: Sequence[Share]) -> list[Share]:
    """Shares over their sum, which is taken as known; the ends of the intervals likewise."""
    total = sum(share.value or 0.0 for share in shares)
    if total == 0:
        return [UNKNOWN] * len(shares)
    return [
        Share(share.value / total, share.low / total, share.high / total)
        if share.value is not None and share.low is not None and share.high is not None
        else UNKNOWN
        for share in shares
    ]


def _article_passages(material: Material) -> pl.DataFrame:
    return (
        material.placed.filter(pl.col("kind") == placing.ARTICLE)
        .join(material.coded_passages("article"), on="passage_id", how="semi")
        .select(pl.col("passage_id").alias("unit_id"), "cluster", pl.lit(1.0).alias("weight"))
    )


def _sentences(material: Material) -> CodedUnits:
    """Coded sentences of the article in passages that cite an interview."""
    spoken = spoken_passages(material).select(pl.col("unit_id").alias("passage_id"))
    units = (
        material.units.filter(pl.col("unit_set") == "article")
        .with_columns(passage_id=pl.col("passage_ids").list.first())
        .join(spoken, on="passage_id", how="semi")
    )
    return _as_coded(units, material.codebook.theme_ids, pl.lit(1.0))


def _un_units(material: Material) -> CodedUnits:
    """Coded UN paragraphs, weighted by one over the probability with which they were drawn."""
    units = material.units.filter(
        (pl.col("unit_set") == "un") & (pl.col("inclusion_probability") > 0)
    )
    return _as_coded(units, material.codebook.theme_ids, 1 / pl.col("inclusion_probability"))


def _as_coded(units: pl.DataFrame, theme_ids: Sequence[str], weight: pl.Expr) -> CodedUnits:
    labels = units.select("unit_id", pl.col("labels").alias("theme_id")).explode("theme_id")
    framed = units.select("unit_id", pl.col("group").alias("cluster"), weight.alias("weight"))
    return coded_units(framed, labels.drop_nulls(), theme_ids)


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
    findings.add(tables.VOICE_SHARES, voice_table(spoken, codes, "themes", n_notes, settings))
    topics = (
        material.assignments.filter(pl.col("topic_id") != tables.OUTLIER)
        .sort("topic_id", "passage_id")
        .select("passage_id", pl.col("topic_id").cast(pl.String).alias("label"))
    )
    if topics.is_empty():
        findings.not_computed["voices by topic"] = "no topics were found"
        return
    findings.add(tables.VOICE_SHARES, voice_table(spoken, topics, "topics", n_notes, settings))
