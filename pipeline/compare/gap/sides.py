"""What each side says: coded units, policy by the classifiers, and reported interviews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.compare.material import ARTICLE, Material
from pipeline.compare.statistics.measures import Booleans, Floats, Integers
from pipeline.run.arrays import UNKNOWN, Share, clustered_share
from pipeline.study.sets import Side
from pipeline.study.study import ALL, Study


@dataclass(frozen=True)
class CodedUnits:
    """Coded units of one side.

    Attributes:
        members: bool [n, themes].
        cluster: int [n]; units of one paragraph (article) or document share a number.
        weight: float [n], one over the probability of having been drawn.
    """

    members: Booleans
    cluster: Integers
    weight: Floats

    @property
    def n(self) -> int:
        """Number of units."""
        return len(self.members)

    @property
    def one_by_one(self) -> CodedUnits:
        """The same, each unit a cluster of its own: as they were drawn."""
        return replace(self, cluster=np.arange(self.n))

    def shares(self, confidence: float) -> list[Share]:
        """The share of each theme, with its interval."""
        return [
            clustered_share(self.members[:, column], self.cluster, confidence, self.weight)
            for column in range(self.members.shape[1])
        ]


def coded_units(units: pl.DataFrame, labels: pl.DataFrame, theme_ids: Sequence[str]) -> CodedUnits:
    """Coded units as arrays.

    Args:
        units: unit_id, cluster, weight; all units of the side, whether they carry a theme or not.
        labels: unit_id, theme_id.
        theme_ids: all themes in the order of the codebook.
    """
    row_of = {unit_id: row for row, unit_id in enumerate(units["unit_id"])}
    column_of = {theme_id: column for column, theme_id in enumerate(theme_ids)}
    members = np.zeros((units.height, len(theme_ids)), dtype=bool)
    for unit_id, theme_id in labels.select("unit_id", "theme_id").iter_rows():
        if unit_id in row_of:
            members[row_of[unit_id], column_of[theme_id]] = True
    cluster = np.unique(units["cluster"].cast(pl.String).to_numpy(), return_inverse=True)[1]
    return CodedUnits(members, cluster, units["weight"].cast(pl.Float64).to_numpy())


def parts_of_units(units: CodedUnits, confidence: float) -> list[Share]:
    """Each theme's part of all mentions of themes; paragraphs or documents are the clusters."""
    unit, theme = np.nonzero(units.members)
    return [
        clustered_share(theme == column, units.cluster[unit], confidence, units.weight[unit])
        for column in range(units.members.shape[1])
    ]


def parts_of_shares(shares: Sequence[Share]) -> list[Share]:
    """Shares and the ends of their intervals over the sum of the shares.

    The sum is taken as known, since themes gives shares theme by theme; the sensitivity by
    coded paragraphs, where both vary together, says whether that matters.
    """
    total = sum(share.value or 0.0 for share in shares)
    if total == 0:
        return [UNKNOWN] * len(shares)
    return [
        Share(share.value / total, share.low / total, min(share.high / total, 1.0))
        if share.value is not None and share.low is not None and share.high is not None
        else UNKNOWN
        for share in shares
    ]


FEWEST_POSITIVES = 5
"""With fewer coded paragraphs on a theme, resampling them gives intervals far too narrow."""

CORRECTED = "corrected"
"""The basis of a share that is corrected for the classifier's error."""

POLICY = "policy"
"""The kind under which themes gives the share over the whole side of documents."""


def side_kinds(study: Study) -> tuple[str, ...]:
    """The kinds of document on the side of documents."""
    side = study.document_side
    return side.documents.kinds if side and side.documents else ()


@dataclass(frozen=True)
class PolicyShare:
    """A theme's share on the side of documents.

    Attributes:
        n: passages.
        n_coded: coded units among them.
        assigned: share as the classifier assigns it.
        corrected: share corrected for the classifier's error.
    """

    n: int
    n_coded: int
    assigned: Share
    corrected: Share


def policy_shares(
    prevalence: pl.DataFrame, kinds: Sequence[str], mission: str = ALL
) -> dict[str, PolicyShare]:
    """Each theme's share over the side of documents, all years.

    Where themes gives no share over all kinds, those of the kinds are averaged, weighted by their
    passages, and so are the ends of their intervals: the kinds share a classifier, so their errors
    may go together.

    Args:
        prevalence: tables.Prevalence.
        kinds: of the documents of the side.
        mission: that these are on, where not all of them.
    """
    rows = prevalence.filter((pl.col("mission") == mission) & pl.col("year").is_null())
    pooled = rows.filter(pl.col("kind") == POLICY)
    if pooled.is_empty():
        pooled = _averaged(rows.filter(pl.col("kind").is_in(list(kinds))))
    shares: dict[str, PolicyShare] = {}
    for theme_id in pooled["theme_id"].unique(maintain_order=True):
        of_theme = pooled.filter(pl.col("theme_id") == theme_id)
        by_method = {row["method"]: row for row in of_theme.iter_rows(named=True)}
        any_row = next(iter(by_method.values()))
        shares[theme_id] = PolicyShare(
            n=any_row["n_passages"],
            n_coded=any_row["n_coded"],
            assigned=_share(by_method.get("assigned")),
            corrected=_share(by_method.get("corrected")),
        )
    return shares


def _averaged(rows: pl.DataFrame) -> pl.DataFrame:
    weight = pl.col("n_passages") / pl.col("n_passages").sum()
    known = rows.filter(pl.col("n_passages") > 0).drop_nulls(["share", "low", "high"])
    return known.group_by("theme_id", "method", maintain_order=True).agg(
        (pl.col("share") * weight).sum(),
        (pl.col("low") * weight).sum(),
        (pl.col("high") * weight).sum(),
        pl.col("n_passages").sum(),
        pl.col("n_coded").sum(),
    )


def _share(row: Mapping[str, Any] | None) -> Share:
    if row is None:
        return UNKNOWN
    return Share(row["share"], row["low"], row["high"])


def widened(
    corrected: Sequence[Share], paragraphs: CodedUnits | None, confidence: float
) -> list[Share]:
    """Corrected shares whose intervals also hold what few coded paragraphs leave open.

    The interval of a corrected share comes from resampling coded paragraphs. Where none of these
    carries the theme it has no width; where one or two do, too little. For such themes it is
    widened to Wilson's interval of the coded share. Paragraphs were drawn one by one, with known
    probabilities, so documents are no clusters of the draw: eight documents say more than eight.
    """
    if paragraphs is None or not paragraphs.n:
        return list(corrected)
    positives = paragraphs.members.sum(0)
    return [
        share
        if positives[place] >= FEWEST_POSITIVES or not share.known or not hand.known
        else Share(
            share.value, min(share.low or 0, hand.low or 0), max(share.high or 0, hand.high or 0)
        )
        for place, (share, hand) in enumerate(
            zip(corrected, paragraphs.one_by_one.shares(confidence), strict=True)
        )
    ]


def spoken_passages(material: Material) -> pl.DataFrame:
    """Coded passages that cite an interview: unit_id, cluster, weight, speaker_groups."""
    return article_passages(material).filter(pl.col("speaker_groups").list.len() > 0)


def article_passages(material: Material) -> pl.DataFrame:
    """All coded passages of articles: unit_id, cluster, weight, speaker_groups."""
    return (
        material.placed.filter(pl.col("kind") == ARTICLE)
        .join(material.coded_passages(*material.interview_sets), on="passage_id", how="semi")
        .select(
            pl.col("passage_id").alias("unit_id"),
            "cluster",
            pl.lit(1.0).alias("weight"),
            "speaker_groups",
        )
    )


def passage_labels(material: Material) -> pl.DataFrame:
    """Codes of passages: unit_id, theme_id."""
    return material.code_labels.select(pl.col("passage_id").alias("unit_id"), "theme_id")


def coder_labels(material: Material, coder: str) -> pl.DataFrame:
    """The same from one coder's coding of the articles alone."""
    codes = material.coder_codes.filter(
        pl.col("unit_set").is_in(material.interview_sets) & (pl.col("coder") == coder)
    )
    holders = material.units.select("unit_id", "passage_ids").explode("passage_ids").drop_nulls()
    return (
        codes.join(holders, on="unit_id")
        .select(pl.col("passage_ids").alias("unit_id"), "theme_id")
        .unique(maintain_order=True)
    )


def sentences_near_a_note(material: Material) -> pl.DataFrame:
    """Coded sentences of articles in passages that cite an interview; rows of tables.Units."""
    spoken = spoken_passages(material).select(pl.col("unit_id").alias("passage_id"))
    return _with_first_passage(material).join(spoken, on="passage_id", how="semi")


def sentences_with_a_note(material: Material) -> pl.DataFrame:
    """Coded sentences that carry the marker of a note that cites an interview.

    A marker stands after the last sentence of what it is for, so that the earlier sentences of a
    longer report are not here: the strictest way to say what an interviewee said. Sentences that
    run over two blocks are not here either.
    """
    heard = material.notes.filter(pl.col("speaker_groups").list.len() > 0).select(
        "document_id", "number"
    )
    markers = (
        material.blocks.select("block_id", "document_id", "notes", "note_offsets")
        .explode("notes", "note_offsets")
        .drop_nulls("notes")
        .join(heard, left_on=["document_id", "notes"], right_on=["document_id", "number"])
    )
    passages = material.passages.select("passage_id", "block_id", "start", passage="text")
    placed = _with_first_passage(material).join(passages, on="passage_id", maintain_order="left")
    place = pl.struct("passage", "text").map_elements(
        lambda row: row["passage"].find(row["text"]), return_dtype=pl.Int64
    )
    marked = (
        placed.with_columns(place=place)
        .filter(pl.col("place") >= 0)
        .with_columns(first=pl.col("start") + pl.col("place"))
        .with_columns(last=pl.col("first") + pl.col("text").str.len_chars())
        .join(markers.select("block_id", "note_offsets"), on="block_id")
        .filter(pl.col("note_offsets").is_between("first", "last", closed="right"))
    )
    return placed.join(marked.select("unit_id").unique(), on="unit_id", how="semi")


def _with_first_passage(material: Material) -> pl.DataFrame:
    return material.units.filter(pl.col("unit_set").is_in(material.interview_sets)).with_columns(
        passage_id=pl.col("passage_ids").list.first()
    )


def units_as_coded(units: pl.DataFrame, theme_ids: Sequence[str], weight: pl.Expr) -> CodedUnits:
    """Rows of tables.Units as arrays; ``weight`` is one over the probability of being drawn."""
    labels = units.select("unit_id", pl.col("labels").alias("theme_id")).explode("theme_id")
    framed = units.select("unit_id", pl.col("group").alias("cluster"), weight.alias("weight"))
    return coded_units(framed, labels.drop_nulls(), theme_ids)


@dataclass(frozen=True)
class SideShares:
    """What is said on one side.

    Attributes:
        side_id: of configs/study.yaml.
        n: its passages.
        shares: of the passages, by theme in the order of the codebook.
        parts: of all mentions of themes, in the same order.
    """

    side_id: str
    n: int
    shares: Sequence[Share]
    parts: Sequence[Share]


def side_of_documents(
    side_id: str,
    shares: Mapping[str, PolicyShare],
    paragraphs: CodedUnits,
    theme_ids: Sequence[str],
    confidence: float,
) -> SideShares:
    """A side of documents, its shares corrected and widened as in tables.Gap."""
    found = [shares.get(theme_id) for theme_id in theme_ids]
    corrected = [UNKNOWN if one is None else one.corrected for one in found]
    widest = widened(corrected, paragraphs, confidence)
    n = max((one.n for one in found if one), default=0)
    return SideShares(side_id, n, widest, parts_of_shares(widest))


def drawn_kinds(study: Study, side: Side) -> list[str]:
    """The kinds of a side that coded paragraphs were drawn from; all, where none were drawn."""
    drawn = [one.population for one in study.sets_of("paragraph", "estimated_with")]
    of_side: list[str] = [*side.documents.kinds] if side.documents else []
    known = {kind for one in drawn if one for kind in one.kinds}
    return [kind for kind in of_side if kind in known] or of_side
