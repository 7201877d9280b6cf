"""Coded units and passages with their place in the documents, their groups and labels.

Mandates repeat paragraphs from year to year. Were a coded paragraph learnt from while its
near-duplicate in another document is judged, the model would look better than it is. So
documents whose coded
paragraphs are near-duplicates of each other are one group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from pipeline.run.arrays import Vectors
from pipeline.run.errors import InputError
from pipeline.run.wording import counted
from pipeline.study.anchors import LostUnit, anchor_units
from pipeline.study.codings import Coding
from pipeline.study.sets import DocumentFilter, Population
from pipeline.study.study import STUDY_FILE, Study

POLICY, ALL = "policy", "all"
"""In the column `kind`: the side of documents as a whole. In `mission`: any."""


@dataclass(frozen=True)
class CodedCorpus:
    """What themes are studied in.

    Attributes:
        passages, documents, blocks, near_duplicates: tables of earlier stages, of those names.
        vectors: of the passages, float32 [passages, dimension].
        units: tables.Units, with groups joined over near-duplicates.
        codings: who gave which unit which code.
        study: which sets of units there are, and what each serves for.
    """

    passages: pl.DataFrame
    documents: pl.DataFrame
    blocks: pl.DataFrame
    near_duplicates: pl.DataFrame
    vectors: Vectors
    units: pl.DataFrame
    codings: Sequence[Coding]
    study: Study

    @property
    def facts(self) -> pl.DataFrame:
        """What populations ask of each document: document_id, kind, missions."""
        return self.documents.select("document_id", pl.col("kind").cast(pl.String), "missions")


def join_near_duplicates(units: pl.DataFrame, near_duplicates: pl.DataFrame) -> pl.DataFrame:
    """Units with ``group`` joined over near-duplicates; a joined group has its first member's name.

    Args:
        units: unit_id, group, passage_ids.
        near_duplicates: tables.NearDuplicates.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    held = (
        units.select("group", pl.col("passage_ids").alias("passage_id"))
        .explode("passage_id")
        .join(near_duplicates.select("passage_id", "near_duplicate_group"), on="passage_id")
        .select("group", "near_duplicate_group")
        .unique()
    )
    groups, kin = sorted(set(units["group"])), sorted(set(held["near_duplicate_group"]))
    # a graph of groups, and behind them near-duplicate groups; each is tied to those that it holds
    row = held["group"].replace_strict(groups, range(len(groups)), return_dtype=pl.Int64)
    column = held["near_duplicate_group"].replace_strict(
        kin, range(len(kin)), return_dtype=pl.Int64
    )
    size = len(groups) + len(kin)
    ties = (np.ones(held.height), (row.to_numpy(), column.to_numpy() + len(groups)))
    graph = coo_matrix(ties, shape=(size, size))
    _, component = connected_components(graph, directed=False)
    first: dict[int, str] = {}
    for place, name in enumerate(groups):
        first.setdefault(int(component[place]), name)
    joined = {name: first[int(component[place])] for place, name in enumerate(groups)}
    return units.with_columns(group=pl.col("group").replace_strict(joined, return_dtype=pl.String))


def passages_with_groups(corpus: CodedCorpus) -> pl.DataFrame:
    """Passages in their order, with what their document is and the group of cross-validation.

    They have the columns kind, missions, ``is_article`` and ``group``.

    A passage of a coded document has the document's group; one that is a near-duplicate of a coded
    paragraph elsewhere has that paragraph's, so that no model scores what it has learnt from.
    """
    paragraphs = corpus.blocks.select("block_id", "paragraph")
    kinds = corpus.facts
    is_article = pl.col("kind") == "article"
    paragraph = pl.concat_str("document_id", pl.lit("#"), pl.col("paragraph"))
    articles = kinds.filter(is_article).select("document_id")
    coded = corpus.units.join(articles, on="document_id", how="anti", maintain_order="left")
    near_duplicates = corpus.near_duplicates.select("passage_id", "near_duplicate_group")
    own = coded.group_by("document_id").agg(document_group=pl.col("group").first())
    of_group = (
        coded.select("group", pl.col("passage_ids").alias("passage_id"))
        .explode("passage_id")
        .join(near_duplicates, on="passage_id")
        .group_by("near_duplicate_group")
        .agg(near_duplicate_unit=pl.col("group").first())
    )
    joined = corpus.passages.join(kinds, on="document_id", how="left", maintain_order="left")
    for other, key in (
        (paragraphs, "block_id"),
        (own, "document_id"),
        (near_duplicates, "passage_id"),
        (of_group, "near_duplicate_group"),
    ):
        joined = joined.join(other, on=key, how="left", maintain_order="left")
    of_document = pl.coalesce("document_group", "near_duplicate_unit", "document_id")
    return joined.with_columns(
        is_article=is_article,
        group=pl.when(is_article).then(paragraph).otherwise(of_document).fill_null(""),
    )


_MOST = 0.5
"""A passage inherits a unit's codes when it holds at least half of the unit."""


def units_table(
    codings: Collection[Coding],
    rule: Literal["any", "majority", "all"],
    blocks: pl.DataFrame,
    passages: pl.DataFrame,
    documents: pl.DataFrame,
    near_duplicates: pl.DataFrame,
) -> tuple[pl.DataFrame, tuple[LostUnit, ...]]:
    """tables.Units of all codings, and the units that are not in this run.

    Documents of coded paragraphs are grouped over near-duplicates, over all sets and suggested
    units.

    Raises:
        InputError: nothing is coded, or a coded sentence is no longer where the coding says.
    """
    if not codings:
        fix = "name a set of coded units, or fill in what `peacetext suggest` writes"
        raise InputError(STUDY_FILE, "nothing is coded", fix, "coded_sets")
    frames: list[pl.DataFrame] = []
    lost: list[LostUnit] = []
    for coding in codings:
        found = anchor_units(coding, blocks, documents)
        lost += found.lost
        frames.append(_units(coding, rule, found.anchors, blocks, passages))
    units = pl.concat(frames).sort("unit_set", "unit_id")
    sentences = [one.unit_set for one in codings if one.unit == "sentence"]
    of_articles = pl.col("unit_set").is_in(sentences)
    of_documents = join_near_duplicates(units.filter(~of_articles), near_duplicates)
    return pl.concat([units.filter(of_articles), of_documents]), tuple(lost)


_NAMED = 20
"""Documents of one file that a person is told by name; a run without documents has hundreds."""


def lost_lines(lost: Sequence[LostUnit]) -> Iterator[str]:
    """What a person is told of units that are not in this run: documents, then each other unit."""
    absent = Counter((one.file, one.document) for one in lost if not one.has_document)
    for file in dict.fromkeys(file for file, _ in absent):
        named = {name: n for (of_file, name), n in absent.items() if of_file == file}
        documents = ", ".join(f"{name} ({n})" for name, n in [*named.items()][:_NAMED])
        if len(named) > _NAMED:
            documents += f" and {counted(len(named) - _NAMED, 'more document')}"
        n = counted(sum(named.values()), "coded unit")
        yield f"{file}: {n} of documents that are not in this corpus: {documents}"
    yield from (str(one) for one in lost if one.has_document)


def _units(
    coding: Coding,
    rule: Literal["any", "majority", "all"],
    anchors: pl.DataFrame,
    blocks: pl.DataFrame,
    passages: pl.DataFrame,
) -> pl.DataFrame:
    placed = anchors.join(
        blocks.select("block_id", "document_id", "paragraph", pl.col("text").alias("block_text")),
        on="block_id",
    )
    piece = pl.struct("block_text", "start", "end").map_elements(_piece, return_dtype=pl.String)
    described = placed.group_by("unit_id", maintain_order=True).agg(
        pl.col("document_id").first(),
        pl.col("paragraph").first(),
        piece.str.join(" ").alias("text"),
    )
    labels = coding.labels(rule).group_by("unit_id").agg(pl.col("theme_id").sort().alias("labels"))
    is_article = coding.unit == "sentence"
    is_drawn = "inclusion_probability" in coding.units.columns
    group = pl.concat_str("document_id", pl.lit("#"), "paragraph") if is_article else "document_id"
    drawn = pl.col("inclusion_probability") if is_drawn else pl.lit(None, pl.Float64)
    kept = coding.units.select("unit_id", *(["inclusion_probability"] if is_drawn else []))
    return (
        described.join(kept, on="unit_id")
        .join(labels, on="unit_id", how="left")
        .join(_passages_of(anchors, passages), on="unit_id", how="left")
        .select(
            "unit_id",
            pl.lit(coding.unit_set).alias("unit_set"),
            "document_id",
            (group if isinstance(group, pl.Expr) else pl.col(group)).alias("group"),
            "text",
            pl.col("passage_ids").fill_null(pl.lit([], pl.List(pl.String))),
            pl.col("labels").fill_null(pl.lit([], pl.List(pl.String))),
            drawn.alias("inclusion_probability"),
        )
    )


def _piece(row: dict[str, object]) -> str:
    return str(row["block_text"])[int(str(row["start"])) : int(str(row["end"]))]


def _passages_of(anchors: pl.DataFrame, passages: pl.DataFrame) -> pl.DataFrame:
    """unit_id, passage_ids: the passages that hold most of a unit, else the one with most of it."""
    overlap = pl.min_horizontal("end", "end_passage") - pl.max_horizontal("start", "start_passage")
    pairs = (
        anchors.join(
            passages.select("passage_id", "block_id", "start", "end"),
            on="block_id",
            suffix="_passage",
        )
        .with_columns(overlap=overlap)
        .filter(pl.col("overlap") > 0)
    )
    length = anchors.group_by("unit_id").agg(
        (pl.col("end") - pl.col("start")).sum().alias("length")
    )
    shares = (
        pairs.group_by("unit_id", "passage_id")
        .agg(pl.col("overlap").sum())
        .join(length, on="unit_id")
        .with_columns(share=pl.col("overlap") / pl.col("length"))
        .sort("unit_id", "share", "passage_id", descending=[False, True, False])
    )
    first = pl.col("passage_id").cum_count().over("unit_id") == 1
    held = shares.filter(first | (pl.col("share") >= _MOST))
    return held.group_by("unit_id", maintain_order=True).agg(
        pl.col("passage_id").alias("passage_ids")
    )


def passage_codes_table(units: pl.DataFrame) -> pl.DataFrame:
    """tables.PassageCodes: codes of the units that a passage holds."""
    return (
        units.select("unit_id", "passage_ids", "labels")
        .explode("passage_ids")
        .explode("labels")
        .drop_nulls(["passage_ids", "labels"])
        .group_by(pl.col("passage_ids").alias("passage_id"), pl.col("labels").alias("theme_id"))
        .agg(pl.len().alias("n_units"))
        .sort("passage_id", "theme_id")
    )


@dataclass(frozen=True)
class Frame:
    """What shares are given of.

    Attributes:
        side: the side of documents.
        populations: what each set of paragraphs was drawn from that shares are estimated with;
            all of the side where there is no such set.
    """

    side: DocumentFilter | None
    populations: tuple[Population, ...]

    @property
    def _kinds(self) -> list[str]:
        return sorted({kind for one in self.populations for kind in one.kinds})

    def places(self, passages: pl.DataFrame) -> list[dict[str, Any]]:
        """Kinds, missions and years for which shares are given."""
        kinds = sorted(set(passages["kind"]))
        by_kind = [{"kind": kind, "mission": ALL, "year": None} for kind in kinds]
        if self.side is None:
            return by_kind
        whole = {"kind": POLICY, "mission": ALL, "year": None}
        years = sorted(set(passages["year"].drop_nulls()))
        further = [{**whole, "kind": kind} for kind in self._kinds if kind not in self.side.kinds]
        missions = self._missions(passages)
        by_mission = [{**of, "mission": one} for of in (whole, *further) for one in missions]
        return [whole, *by_kind, *by_mission, *[{**whole, "year": year} for year in years]]

    def _missions(self, passages: pl.DataFrame) -> list[str]:
        """Those that the populations name and the passages have; all, where one names none."""
        there = set(passages["missions"].explode().drop_nulls())
        named = [mission for one in self.populations for mission in one.missions]
        if not all(one.missions for one in self.populations):
            named += sorted(there)
        return [mission for mission in dict.fromkeys(named) if mission in there]

    def is_of(self, place: dict[str, Any]) -> pl.Expr:
        """Documents of a place; of the side only kinds that coded units were drawn from."""
        of_place: pl.Expr = pl.lit(value=True)
        if place["mission"] != ALL:
            of_place &= pl.col("missions").list.contains(place["mission"])
        if place["year"] is not None:
            of_place &= pl.col("year") == place["year"]
        of_kind: pl.Expr = pl.col("kind") == place["kind"]
        if place["kind"] == POLICY and self.side:
            of_kind = self.side.rows & pl.col("kind").is_in(self._kinds)
        return of_place & of_kind

    def belongs(self, place: dict[str, Any]) -> pl.Expr:
        """Passages of a place: of kinds that were drawn from, what could have been drawn."""
        words = [length for one in self.populations for length in one.words]
        n_words = pl.col("n_words")
        could = (one.drawable for one in self.populations)
        drawable = pl.any_horizontal(pl.lit(value=False), *could)
        other_kind = ~pl.col("kind").is_in(self._kinds)
        as_long = n_words.is_between(min(words), max(words)) if words else pl.lit(value=True)
        return self.is_of(place) & (drawable | (other_kind & as_long))


def frame_of(study: Study) -> Frame:
    """What shares are given of in this study."""
    side = study.document_side.documents if study.document_side else None
    drawn = study.sets_of("paragraph", "estimated_with")
    populations = tuple(one.population for one in drawn if one.population)
    if not populations and side:
        populations = (Population(kinds=side.kinds, missions=side.missions),)
    return Frame(side, populations)
