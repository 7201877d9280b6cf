"""The gap measured in other ways: does the finding hang on a choice that was ours?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from pipeline.compare.coded import CodedUnits, coded_units, parts_of_units
from pipeline.compare.gap import Way
from pipeline.compare.material import Material
from pipeline.compare.policy import PolicyShare, widened
from pipeline.compare.shares import UNKNOWN, Share, clustered_share
from pipeline.compare.spoken import (
    article_passages,
    coder_labels,
    passage_labels,
    sentences_near_a_note,
    sentences_with_a_note,
    spoken_passages,
    units_as_coded,
)
from pipeline.tables import POLICY_KINDS

THRESHOLDS = (0.3, 0.5, 0.7)
"""Probabilities from which a passage counts as on a theme, in place of the tuned thresholds."""


def other_ways(
    material: Material,
    policy: Mapping[str, PolicyShare],
    interviews: CodedUnits,
    confidence: float,
) -> Iterator[Way]:
    """Each other way of measuring that has units on both sides.

    On the interview side: all of the article, the author's own words too; sentences, a shorter
    unit than the policy side's; each coder alone. On the policy side: hand-coded paragraphs only,
    without any classifier; all policy documents as classified, uncorrected; the same with each
    text once, because mandates repeat paragraphs from year to year; other thresholds. On both: the
    parts of what is said, without any classifier.
    """
    theme_ids = material.codebook.theme_ids
    sides = [policy.get(theme_id) for theme_id in theme_ids]
    by_hand = hand_coded_policy(material)
    corrected = [UNKNOWN if side is None else side.corrected for side in sides]
    corrected = widened(corrected, by_hand, confidence)
    n_policy = max((side.n for side in policy.values()), default=0)
    spoken = interviews.shares(confidence)
    ways = [
        Way(name, corrected, n_policy, units.shares(confidence), units.n)
        for name, units in _interview_sides(material)
    ]
    ways += [
        Way(name, shares, n, spoken, interviews.n)
        for name, shares, n in _policy_sides(material, confidence)
    ]
    ways.append(
        Way(
            "parts of what is said, hand-coded paragraphs",
            parts_of_units(by_hand, confidence),
            by_hand.n,
            parts_of_units(interviews, confidence),
            interviews.n,
        )
    )
    yield from (way for way in ways if way.n_policy and way.n_interviews)


def _interview_sides(material: Material) -> Iterator[tuple[str, CodedUnits]]:
    theme_ids = material.codebook.theme_ids
    labels = passage_labels(material)
    yield "whole article", coded_units(article_passages(material), labels, theme_ids)
    near = sentences_near_a_note(material)
    yield "sentences of these passages", units_as_coded(near, theme_ids, pl.lit(1.0))
    strict = sentences_with_a_note(material)
    yield "sentences with a note", units_as_coded(strict, theme_ids, pl.lit(1.0))
    of_article = material.coder_codes.filter(pl.col("unit_set") == "article")
    for coder in of_article["coder"].unique().sort():
        own = coder_labels(material, coder)
        yield f"coder {coder}", coded_units(spoken_passages(material), own, theme_ids)


def _policy_sides(material: Material, confidence: float) -> Iterator[tuple[str, list[Share], int]]:
    theme_ids = material.codebook.theme_ids
    by_hand = hand_coded_policy(material)
    yield "hand-coded paragraphs", by_hand.shares(confidence), by_hand.n
    of_policy = material.placed.filter(pl.col("kind").is_in(POLICY_KINDS))
    once = of_policy.sort("passage_id").unique("text", keep="first", maintain_order=True)
    tuned = material.scores.filter("assigned")
    n_scored = _scored(of_policy, material.scores)
    yield "as classified", _classified(of_policy, tuned, theme_ids, confidence), n_scored
    yield (
        "each text once, as classified",
        _classified(once, tuned, theme_ids, confidence),
        _scored(once, material.scores),
    )
    for threshold in THRESHOLDS:
        above = material.scores.filter(pl.col("probability") >= threshold)
        shares = _classified(of_policy, above, theme_ids, confidence)
        yield f"threshold {threshold}", shares, n_scored


def _scored(placed: pl.DataFrame, scores: pl.DataFrame) -> int:
    return placed.join(scores.select("passage_id").unique(), on="passage_id", how="semi").height


def _classified(
    placed: pl.DataFrame, positive: pl.DataFrame, theme_ids: Sequence[str], confidence: float
) -> list[Share]:
    """The share of passages that the classifiers give each theme; documents are the clusters.

    A theme that no classifier was trained for is not known, rather than absent.
    """
    cluster = np.unique(placed["cluster"].to_numpy(), return_inverse=True)[1]
    shares = []
    for theme_id in theme_ids:
        of_theme = positive.filter(pl.col("theme_id") == theme_id).select("passage_id")
        if of_theme.is_empty():
            shares.append(UNKNOWN)
            continue
        hits = placed["passage_id"].is_in(of_theme["passage_id"].implode()).to_numpy()
        shares.append(clustered_share(hits, cluster, confidence))
    return shares


def hand_coded_policy(material: Material) -> CodedUnits:
    """Coded UN paragraphs, weighted by one over the probability with which they were drawn."""
    drawn = material.units.filter(
        (pl.col("unit_set") == "un") & (pl.col("inclusion_probability") > 0)
    )
    return units_as_coded(drawn, material.codebook.theme_ids, 1 / pl.col("inclusion_probability"))
