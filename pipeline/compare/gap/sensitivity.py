"""The gap measured in other ways: does the finding depend on a choice that was ours?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from pipeline.compare.gap.gap import Way, side_pairs
from pipeline.compare.gap.sides import (
    CORRECTED,
    POLICY,
    CodedUnits,
    PolicyShare,
    SideShares,
    article_passages,
    coded_units,
    coder_labels,
    drawn_kinds,
    parts_of_shares,
    parts_of_units,
    passage_labels,
    policy_shares,
    sentences_near_a_note,
    sentences_with_a_note,
    side_kinds,
    side_of_documents,
    spoken_passages,
    units_as_coded,
    widened,
)
from pipeline.compare.material import ARTICLE, Material
from pipeline.run.arrays import UNKNOWN, Share, clustered_share
from pipeline.run.settings import CompareSettings
from pipeline.study.sets import DocumentFilter, Side
from pipeline.study.study import ALL

PARTS = "parts of what is said"
"""Begins the name of a way that asks how much of all that is said is said of a theme."""

ONCE = "each near-duplicate group once"
CODED = "coded paragraphs"
CLASSIFIED = "as classified"
OTHER_WAYS = (ONCE, CODED, CLASSIFIED)
"""Ways to measure documents beside the first: without what they repeat, and without a classifier or
without any correction of it."""

THRESHOLDS = (0.3, 0.5, 0.7)
"""Probabilities from which a passage counts as on a theme, in place of the tuned thresholds."""


def other_ways(
    material: Material,
    policy: Mapping[str, PolicyShare],
    interviews: CodedUnits,
    confidence: float,
) -> Iterator[Way]:
    """Each other way of measuring that has units on both sides.

    On the side of interviews: all of the articles, the author's own words too; sentences, a shorter
    unit than the other side's; each coding alone. On that of documents: coded paragraphs only,
    without any classifier; each near-duplicate group once, because mandates repeat
    paragraphs from year to year; all documents of the side as classified, uncorrected, and
    near_duplicates
    once; other thresholds. On both sides by the same instrument: as classified, and by the nearest
    definition, a model that no coding has trained. And the parts of what is said, as coded, as
    classified, and by the nearest definition.
    """
    theme_ids = material.codebook.theme_ids
    sides = [policy.get(theme_id) for theme_id in theme_ids]
    paragraphs = coded_policy(material)
    corrected = [UNKNOWN if side is None else side.corrected for side in sides]
    corrected = widened(corrected, paragraphs, confidence)
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
    ways += _deduplicated(material, interviews, paragraphs, confidence)
    ways += _same_instrument(material, confidence)
    ways.append(_parts_way("coded paragraphs", paragraphs, interviews, confidence))
    yield from (way for way in ways if way.n_policy and way.n_interviews)


def _interview_sides(material: Material) -> Iterator[tuple[str, CodedUnits]]:
    theme_ids = material.codebook.theme_ids
    labels = passage_labels(material)
    yield "whole article", coded_units(article_passages(material), labels, theme_ids)
    near = sentences_near_a_note(material)
    yield "sentences of these passages", units_as_coded(near, theme_ids, pl.lit(1.0))
    strict = sentences_with_a_note(material)
    yield "sentences with a note", units_as_coded(strict, theme_ids, pl.lit(1.0))
    of_articles = material.coder_codes.filter(pl.col("unit_set").is_in(material.interview_sets))
    for coder in of_articles["coder"].unique().sort():
        own = coder_labels(material, coder)
        yield f"coding {coder} alone", coded_units(spoken_passages(material), own, theme_ids)


def _policy_sides(material: Material, confidence: float) -> Iterator[tuple[str, list[Share], int]]:
    theme_ids = material.codebook.theme_ids
    paragraphs = coded_policy(material)
    yield "coded paragraphs", paragraphs.shares(confidence), paragraphs.n
    of_policy = material.document_side
    once = _groups_once(of_policy, material.near_duplicates)
    tuned = material.scores.filter("assigned")
    n_scored = _scored(of_policy, material.scores)
    yield "as classified", _classified(of_policy, tuned, theme_ids, confidence), n_scored
    yield (
        "each near-duplicate group once, as classified",
        _classified(once, tuned, theme_ids, confidence),
        _scored(once, material.scores),
    )
    for threshold in THRESHOLDS:
        above = material.scores.filter(pl.col("probability") >= threshold)
        shares = _classified(of_policy, above, theme_ids, confidence)
        yield f"threshold {threshold}", shares, n_scored


def _deduplicated(
    material: Material, interviews: CodedUnits, paragraphs: CodedUnits, confidence: float
) -> Iterator[Way]:
    """Documents with near-identical passages once, corrected as the gap itself is."""
    policy = policy_shares(material.prevalence_deduplicated, side_kinds(material.study))
    sides = [policy.get(theme_id) for theme_id in material.codebook.theme_ids]
    corrected = [UNKNOWN if side is None else side.corrected for side in sides]
    corrected = widened(corrected, paragraphs, confidence)
    n_policy = max((side.n for side in policy.values()), default=0)
    name = "each near-duplicate group once"
    yield Way(name, corrected, n_policy, interviews.shares(confidence), interviews.n)
    yield Way(
        f"{PARTS}, {name}",
        parts_of_shares(corrected),
        n_policy,
        parts_of_units(interviews, confidence),
        interviews.n,
    )


def _same_instrument(material: Material, confidence: float) -> Iterator[Way]:
    """Both sides by the classifier, and both by the nearest definition: no coder, no correction.

    The classifier never saw the paragraph that it scores. It is better on the articles, which it
    was trained on, than on documents; the nearest definition has no such home.
    """
    assigned = material.scores.filter("assigned").select("passage_id", "theme_id")
    for name, labels in (
        ("as classified", assigned),
        ("nearest definition", material.zero_shot.select("passage_id", "theme_id")),
    ):
        read = material.scores if name == "as classified" else material.zero_shot
        policy, interviews = (
            units_of(side, read, labels, material.codebook.theme_ids)
            for side in (
                material.document_side,
                material.placed.filter(
                    (pl.col("kind") == ARTICLE) & (pl.col("speaker_groups").list.len() > 0)
                ),
            )
        )
        sides = policy.shares(confidence), interviews.shares(confidence)
        yield Way(f"{name}, both sides", sides[0], policy.n, sides[1], interviews.n)
        yield _parts_way(f"{name}, both sides", policy, interviews, confidence)


def _parts_way(name: str, policy: CodedUnits, interviews: CodedUnits, confidence: float) -> Way:
    return Way(
        f"{PARTS}, {name}",
        parts_of_units(policy, confidence),
        policy.n,
        parts_of_units(interviews, confidence),
        interviews.n,
    )


def units_of(
    placed: pl.DataFrame, read: pl.DataFrame, labels: pl.DataFrame, theme_ids: Sequence[str]
) -> CodedUnits:
    """The passages of one side that an instrument has read, with the themes it gave them."""
    units = placed.join(read.select("passage_id").unique(), on="passage_id", how="semi").select(
        pl.col("passage_id").alias("unit_id"), "cluster", pl.lit(1.0).alias("weight")
    )
    return coded_units(units, labels.rename({"passage_id": "unit_id"}), theme_ids)


def _groups_once(placed: pl.DataFrame, near_duplicates: pl.DataFrame) -> pl.DataFrame:
    """One passage a near-duplicate group; each text once where groups were not made."""
    ordered = placed.sort("passage_id")
    if near_duplicates.is_empty():
        return ordered.unique("text", keep="first", maintain_order=True)
    return ordered.join(
        near_duplicates.select("passage_id", "near_duplicate_group"),
        on="passage_id",
        maintain_order="left",
    ).unique("near_duplicate_group", keep="first", maintain_order=True)


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


def coded_policy(
    material: Material, side: DocumentFilter | None = None, mission: str = ALL
) -> CodedUnits:
    """Coded paragraphs of their populations, weighted by one over the chance of being drawn.

    Args:
        material: with units.
        side: of these kinds of document; of the first side, where none are named.
        mission: of documents on it.
    """
    of_sets = (one.drawn_units for one in material.study.sets_of("paragraph", "estimated_with"))
    passages = material.placed if side else material.document_side
    of_side = passages.filter(pl.col("kind").is_in(side.kinds)) if side else passages
    if mission != ALL:
        on_it = material.documents.filter(pl.col("missions").list.contains(mission))
        of_side = of_side.join(on_it, on="document_id", how="semi")
    facts = material.documents.select("document_id", "kind", "missions")
    drawn = (
        material.units.join(facts, on="document_id", maintain_order="left")
        .filter(pl.any_horizontal(pl.lit(value=False), *of_sets))
        .filter(pl.col("inclusion_probability") > 0)
        .join(of_side, on="document_id", how="semi", maintain_order="left")
    )
    return units_as_coded(drawn, material.codebook.theme_ids, 1 / pl.col("inclusion_probability"))


def further_sides(
    material: Material, interviews: CodedUnits, settings: CompareSettings
) -> pl.DataFrame:
    """tables.GapSides: over all missions, then in other ways, then by mission.

    A mission is measured where paragraphs enough were coded on each side for a corrected share
    (themes.min_coded); the interviews cannot be told apart by mission and are the same for all.
    """
    theme_ids = material.codebook.theme_ids
    named = [*material.prevalence["mission"].unique(maintain_order=True)]
    places = [(way, ALL) for way in (CORRECTED, *OTHER_WAYS)]
    places += [(CORRECTED, mission) for mission in named if mission != ALL]
    tables = []
    for basis, mission in places:
        sides = all_sides(material, interviews, settings.confidence, basis, mission)
        table = side_pairs(sides, theme_ids, settings, basis, mission)
        main = (basis, mission) == (CORRECTED, ALL)
        tables.append(table if main else table.drop_nulls("difference"))
    return pl.concat(tables)


def all_sides(
    material: Material,
    interviews: CodedUnits,
    confidence: float,
    basis: str = CORRECTED,
    mission: str = ALL,
) -> list[SideShares]:
    """What is said on each side, those of documents first, in the order of the study.

    A further side of documents has the shares of its kinds over all missions; where it names
    missions, none is known.

    Args:
        material: with shares and coded units.
        interviews: the coded passages that cite an interview.
        confidence: of the intervals.
        basis: in which way documents are measured: `CORRECTED`, or one of `OTHER_WAYS`.
        mission: of the documents.
    """
    return [
        _of_units(side.id, interviews, confidence)
        if side.documents is None
        else _of_documents(material, side, confidence, basis, mission)
        for side in sorted(material.study.sides, key=lambda side: side.interviews)
    ]


def _could_be_drawn(material: Material, side: Side) -> pl.DataFrame:
    """Passages that coded paragraphs of a side stand for; where none was, of all its kinds."""
    drawn = material.study.sets_of("paragraph", "estimated_with")
    populations = [one.population.drawable for one in drawn if one.population]
    facts = material.documents.select("document_id", pl.col("kind").cast(pl.String), "missions")
    read = material.passages.join(facts, on="document_id").filter(
        pl.col("kind").is_in(drawn_kinds(material.study, side)),
        pl.any_horizontal(pl.lit(value=not populations), *populations),
    )
    return material.placed.join(read, on="passage_id", how="semi", maintain_order="left")


def _of_units(side_id: str, units: CodedUnits, confidence: float) -> SideShares:
    parts = parts_of_units(units, confidence)
    return SideShares(side_id, units.n, units.shares(confidence), parts)


def _of_documents(
    material: Material, side: Side, confidence: float, basis: str, mission: str
) -> SideShares:
    theme_ids = material.codebook.theme_ids
    paragraphs = coded_policy(material, side.documents, mission)
    if basis == CODED:
        return _of_units(side.id, paragraphs.one_by_one, confidence)
    if basis == CLASSIFIED:
        placed = _could_be_drawn(material, side)
        labels = material.scores.filter("assigned").select("passage_id", "theme_id")
        said = units_of(placed, material.scores, labels, theme_ids)
        return _of_units(side.id, said, confidence)
    rows = material.prevalence_deduplicated if basis == ONCE else material.prevalence
    is_first = side == material.study.document_side
    of_kinds = rows if is_first else rows.filter(pl.col("kind") != POLICY)
    kinds = side.documents.kinds if side.documents else ()
    named = side.documents is not None and side.documents.missions and not is_first
    shares = {} if named else policy_shares(of_kinds, kinds, mission)
    return side_of_documents(side.id, shares, paragraphs, theme_ids, confidence)
