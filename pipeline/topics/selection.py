"""What topics are found in: passages of substance, masked, as vectors that are centred by kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.run.arrays import Integers, Strings, Vectors
from pipeline.run.errors import StageError
from pipeline.run.settings import TopicSettings
from pipeline.run.tables.texts import NEAR_DUPLICATES
from pipeline.study.study import Mission
from pipeline.topics.masking import MaskedTexts, masked_texts
from pipeline.vectors.encoder import Encoder

FEWEST_PASSAGES = 20
"""Below this neither neighbours nor clusters mean anything."""


@dataclass(frozen=True)
class TopicCorpus:
    """What topics are found in.

    Attributes:
        passages: tables.Passages.
        near_duplicates: tables.NearDuplicates.
        documents: tables.Documents.
        vectors: float32 [passages, dimension], of the original texts.
        missions: the peace operations, whose names are taken out.
        themes: theme_id and definition of the codebook's themes.
    """

    passages: pl.DataFrame
    near_duplicates: pl.DataFrame
    documents: pl.DataFrame
    vectors: Vectors
    missions: Mapping[str, Mission]
    themes: list[tuple[str, str]]


@dataclass(frozen=True)
class Selection:
    """The passages that topics are looked for in; of a large corpus a sample of them is fitted.

    Attributes:
        passages: one row a text that may be fitted, ordered by passage_id; `text_key` numbers them.
        vectors: float32 [passages.height, dimension], row i for row i of ``passages``.
        members: passage_id and text_key of every selected passage: near-duplicates have the
            text_key of the text that stands for their group.
        left_out: how many passages were left out, by reason.
    """

    passages: pl.DataFrame
    vectors: Vectors
    members: pl.DataFrame
    left_out: dict[str, int]

    def of(self, rows: Integers) -> Selection:
        """These rows of ``passages`` alone, in order, with what belongs to them."""
        passages = self.passages[rows]
        return Selection(
            passages=passages,
            vectors=self.vectors[rows],
            members=self.members.join(passages.select("text_key"), on="text_key", how="semi"),
            left_out=self.left_out,
        )


@dataclass(frozen=True)
class TopicMaterial:
    """What the topics of one view are made of, row by row.

    Attributes:
        selection: the passages.
        masked: their texts as they are fitted and counted.
        plain: vectors of the masked, float32 [n, dimension].
        vectors: what is fitted; the same where all is of one kind, and else centred by kind.
        origins: kind, mission and year of each passage's document (`origins_of`).
        rows: those that topics are fitted on; the others have the topic of their neighbours.
    """

    selection: Selection
    masked: MaskedTexts
    plain: Vectors
    vectors: Vectors
    origins: Mapping[str, Strings]
    rows: Integers

    def of(self, rows: Integers) -> TopicMaterial:
        """These rows alone, all of them to be fitted."""
        return TopicMaterial(
            selection=self.selection.of(rows),
            masked=self.masked.of(rows),
            plain=self.plain[rows],
            vectors=self.vectors[rows],
            origins={name: values[rows] for name, values in self.origins.items()},
            rows=np.arange(len(rows)),
        )


def prepare(
    corpus: TopicCorpus, encoder: Encoder, settings: TopicSettings, seed: int
) -> tuple[TopicMaterial, TopicMaterial | None]:
    """The whole corpus, and the article alone where it has passages enough.

    Of a large corpus ``settings.most_fitted`` passages are drawn, with all of the article.

    Raises:
        StageError: there are too few passages, or all say the same.
    """
    selection = select_passages(corpus.passages, corpus.near_duplicates, corpus.vectors, settings)
    texts = selection.passages["text"].to_list()
    masked = (
        masked_texts(texts, corpus.missions) if settings.neutralise else MaskedTexts(texts, texts)
    )
    plain = encoder.encode(masked.embedded) if settings.neutralise else selection.vectors
    origins = origins_of(selection.passages, corpus.documents)
    centred = without_group_means(plain, origins["kind"], settings.kind_shrinkage)
    of_article = origins["kind"] == "article"
    rows = sampled_rows(list(origins.values()), of_article, settings.most_fitted, seed)
    whole = TopicMaterial(selection, masked, plain, centred, origins, rows)
    if of_article.sum() < FEWEST_PASSAGES:
        return whole, None
    article = whole.of(np.flatnonzero(of_article))
    return whole, replace(article, vectors=article.plain)


def select_passages(
    passages: pl.DataFrame, near_duplicates: pl.DataFrame, vectors: Vectors, settings: TopicSettings
) -> Selection:
    """Leave out what says nothing of substance and let one passage stand for its near-duplicates.

    Repeated paragraphs, counted each time, would become topics of their own. So a near-duplicate
    group is fitted once, by its earliest passage or, when that is left out, by its first in the
    order of ids; its members count in sizes and shares. Ordered by passage_id.

    Args:
        passages: tables.Passages.
        near_duplicates: tables.NearDuplicates of the same passages.
        vectors: float32 [passages, dimension].
        settings: what is left out.

    Raises:
        StageError: passages are too few, all say the same, or are not those of the groups.
    """
    group = "near_duplicate_group"
    rows = passages.with_row_index("row").with_columns(_reason(settings))
    kept = (
        rows.filter(pl.col("reason").is_null())
        .join(near_duplicates.select("passage_id", group), on="passage_id", how="left")
        .sort("passage_id")
    )
    if kept[group].null_count():
        raise StageError(f"{NEAR_DUPLICATES.path} is of another run; run: dvc repro segment")
    fitted = _standing(kept)
    _check_enough(fitted.height, kept.height)
    counts: list[dict[str, Any]] = rows.drop_nulls("reason")["reason"].value_counts().to_dicts()
    return Selection(
        passages=fitted.drop("row", "reason", group),
        vectors=np.ascontiguousarray(vectors[fitted["row"].to_numpy()]),
        members=kept.join(fitted.select(group, "text_key"), on=group, how="left").select(
            "passage_id", "text_key"
        ),
        left_out={count["reason"]: count["count"] for count in sorted(counts, key=str)},
    )


def _reason(settings: TopicSettings) -> pl.Expr:
    """Why a passage is left out; null when it is not."""
    return (
        pl.when(pl.col("role").cast(pl.String).is_in(settings.leave_out_roles))
        .then(pl.lit("role"))
        .when(pl.col("procedural") & settings.leave_out_procedural)
        .then(pl.lit("procedural"))
        .when(pl.col("n_words") < settings.min_words)
        .then(pl.lit("too_short"))
        .alias("reason")
    )


def _standing(kept: pl.DataFrame) -> pl.DataFrame:
    """One passage a near-duplicate group, ordered by passage_id and numbered by `text_key`."""
    return (
        kept.sort(pl.col("passage_id") != pl.col("near_duplicate_group"), "passage_id")
        .unique("near_duplicate_group", keep="first", maintain_order=True)
        .sort("passage_id")
        .with_row_index("text_key")
    )


def _check_enough(n_groups: int, n_passages: int) -> None:
    if n_passages > 1 and n_groups == 1:
        raise StageError(
            f"all {n_passages} passages say the same, so there is nothing to group; add documents, "
            "or raise segment.near_duplicate in configs/params.yaml"
        )
    if n_groups < FEWEST_PASSAGES:
        raise StageError(
            f"topics need at least {FEWEST_PASSAGES} different passages and there are {n_groups};"
            " add documents, or lower topics.min_words in configs/params.yaml"
        )


def origins_of(passages: pl.DataFrame, documents: pl.DataFrame) -> dict[str, Strings]:
    """Of each passage's document: kind, the mission most concerned ("" for none), and year."""
    mission = pl.col("missions").list.first().fill_null("")
    origins = passages.select("document_id").join(
        documents.select(
            "document_id",
            pl.col("kind").cast(pl.String),
            # the article speaks of missions but belongs to none
            mission=pl.when(pl.col("kind").cast(pl.String) == "article")
            .then(pl.lit(""))
            .otherwise(mission),
            year=pl.col("year").cast(pl.String).fill_null(""),
        ),
        on="document_id",
        how="left",
        maintain_order="left",
    )
    return {name: np.array(origins[name].to_list()) for name in ("kind", "mission", "year")}


def without_group_means(vectors: Vectors, groups: Strings, shrinkage: float) -> Vectors:
    """Move each group's mean to the mean of all, then give each vector length 1 again.

    Passages of one mission, or of the article, lie together because of who speaks and where, not
    only because of what is said. Taking the group's mean away (the location part of ComBat, Johnson
    et al. 2007; compare the common-component removal of Arora, Liang and Ma 2017) leaves the
    differences within groups. A small group's mean is shrunk towards that of all.

    Args:
        vectors: float32 [n, dimension].
        groups: [n]; each group is moved by its own mean.
        shrinkage: a group of n passages is moved by n / (n + shrinkage) of its distance.
    """
    moved = vectors.astype(np.float64)
    centre = moved.mean(axis=0)
    for group in np.unique(groups):
        rows = groups == group
        weight = rows.sum() / (rows.sum() + shrinkage)
        moved[rows] -= weight * (moved[rows].mean(axis=0) - centre)
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    unit: Vectors = (moved / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return unit


def sampled_rows(
    strata: Sequence[Strings], always: npt.NDArray[np.bool_], most: int, seed: int
) -> Integers:
    """Rows to fit topics on, in order: all, or ``most`` of them in the proportions of the strata.

    Rows are sorted by stratum, by chance within each, and taken at equal distances (systematic
    sampling with implicit stratification; Kish 1965, chapter 4), so that each stratum has its share
    to within one text.

    Args:
        strata: what makes a row's stratum, such as its kind and its year; [n] each.
        always: boolean [n], rows that no sample may lack.
        most: rows at most, but for those in ``always``.
        seed: of the draw.
    """
    if len(always) <= most:
        return np.arange(len(always))
    random = np.random.default_rng(seed)
    wanted = max(0, most - int(always.sum()))
    others = np.flatnonzero(~always)
    keys = [stratum[others] for stratum in reversed(strata)]
    order = others[np.lexsort((random.random(len(others)), *keys))]
    step = len(order) / max(wanted, 1)
    drawn = order[((np.arange(wanted) + random.random()) * step).astype(np.int64)]
    rows: Integers = np.sort(np.concatenate([np.flatnonzero(always), drawn]))
    return rows
