"""The gap measured in other ways: does the finding hang on a choice that was ours?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from pipeline.compare.gap import CodedUnits, PolicyShare, Way, coded_units
from pipeline.compare.material import Material
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
    unit than the policy side's; each coder alone. On the policy side: as classified, uncorrected;
    hand-coded paragraphs only, without any classifier; each text once, because mandates repeat
    paragraphs from year to year; other thresholds. On both: the share of a theme among all themes
    that are said, which does not depend on how long a unit is.
    """
    theme_ids = material.codebook.theme_ids
    sides = [policy.get(theme_id) for theme_id in theme_ids]
    corrected = [UNKNOWN if side is None else side.corrected for side in sides]
    assigned = [UNKNOWN if side is None else side.assigned for side in sides]
    n_policy = max((side.n for side in policy.values()), default=0)
    spoken = interviews.shares(confidence)
    ways = [Way("as classified", assigned, n_policy, spoken, interviews.n)]
    ways += [
        Way(name, corrected, n_policy, units.shares(confidence), units.n)
        for name, units in _interview_sides(material)
    ]
    ways += [
        Way(name, shares, n, spoken, interviews.n)
        for name, shares, n in _policy_sides(material, confidence)
    ]
    ways.append(
        Way("share of mentions", _profile(corrected), n_policy, _profile(spoken), interviews.n)
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
    drawn = material.units.filter(
        (pl.col("unit_set") == "un") & (pl.col("inclusion_probability") > 0)
    )
    by_hand = units_as_coded(drawn, theme_ids, 1 / pl.col("inclusion_probability"))
    yield "hand-coded paragraphs", by_hand.shares(confidence), by_hand.n
    of_policy = material.placed.filter(pl.col("kind").is_in(POLICY_KINDS))
    once = of_policy.sort("passage_id").unique("text", keep="first", maintain_order=True)
    tuned = material.scores.filter("assigned")
    yield (
        "each text once, as classified",
        _classified(once, tuned, theme_ids, confidence),
        _scored(once, material.scores),
    )
    for threshold in THRESHOLDS:
        above = material.scores.filter(pl.col("probability") >= threshold)
        shares = _classified(of_policy, above, theme_ids, confidence)
        yield f"threshold {threshold}", shares, _scored(of_policy, material.scores)


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
