"""Which passages topics are fitted on, and how those of a sample reach the other texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.run.errors import StageError
from pipeline.run.settings import TopicSettings
from pipeline.run.tables.segment import NEAR_DUPLICATES
from pipeline.run.tables.topics import OUTLIER
from pipeline.topics.fitting import FittedTopics
from pipeline.topics.measures import Integers, Strings
from pipeline.topics.projection import Floats
from pipeline.vectors.cache import Vectors


@dataclass(frozen=True)
class Selection:
    """The passages that topics are looked for in; of a large corpus a sample of them is fitted.

    Attributes:
        passages: one row a text that may be fitted, ordered by passage_id; `text_key` numbers them.
        vectors: float32 [passages.height, dimension], row i for row i of ``passages``.
        members: passage_id and text_key of every selected passage: near-duplicates have the
            text_key             of the text that stands for their group.
        all_vectors: float32 of all different texts, near-duplicates too, ordered by passage_id.
        all_keys: text_key of the text that stands for each row of ``all_vectors``.
        fitted_rows: row of ``all_vectors`` for each row of ``passages``.
        left_out: how many passages were left out, by reason.
    """

    passages: pl.DataFrame
    vectors: Vectors
    members: pl.DataFrame
    all_vectors: Vectors
    all_keys: Integers
    fitted_rows: Integers
    left_out: dict[str, int]

    def of(self, rows: Integers) -> Selection:
        """These rows of ``passages`` alone, in order, with what belongs to them."""
        passages = self.passages[rows]
        kept = np.isin(self.all_keys, passages["text_key"].to_numpy())
        return Selection(
            passages=passages,
            vectors=self.vectors[rows],
            members=self.members.join(passages.select("text_key"), on="text_key", how="semi"),
            all_vectors=self.all_vectors[kept],
            all_keys=self.all_keys[kept],
            fitted_rows=(np.cumsum(kept) - 1)[self.fitted_rows[rows]],
            left_out=self.left_out,
        )


def select_passages(
    passages: pl.DataFrame, near_duplicates: pl.DataFrame, vectors: Vectors, settings: TopicSettings
) -> Selection:
    """Leave out what says nothing of substance and let one passage stand for its near-duplicates.

    Mandates repeat whole paragraphs from year to year; counted each time, they would become topics
    of their own. So a near-duplicate group is fitted once, by its earliest passage or, when that is
    left out,     by its first in the order of ids. Its weight, the number of its members, counts
    in the sizes
    and shares of topics, not in where topics lie. Ordered by passage_id, so that the order of the
    corpus does not matter.

    Args:
        passages: tables.Passages.
        near_duplicates: tables.NearDuplicates of the same passages.
        vectors: float32 [passages, dimension].
        settings: what is left out.

    Raises:
        StageError: the passages all say the same, or the near_duplicates are of other passages.
    """
    rows = passages.with_row_index("row").with_columns(_reason(settings))
    kept = (
        rows.filter(pl.col("reason").is_null())
        .join(
            near_duplicates.select("passage_id", "near_duplicate_group"),
            on="passage_id",
            how="left",
        )
        .sort("passage_id")
    )
    if kept["near_duplicate_group"].null_count():
        raise StageError(f"{NEAR_DUPLICATES.path} is of another run; run: dvc repro segment")
    fitted = _standing(kept)
    _check_variety(fitted.height, kept.height)
    # a text that stands for others stands for itself among the different texts too
    keys = fitted.select("near_duplicate_group", "text_key")
    different = (
        pl.concat([fitted.drop("text_key"), kept])
        .unique("text", keep="first", maintain_order=True)
        .sort("passage_id")
        .join(keys, on="near_duplicate_group", how="left", maintain_order="left")
    )
    counts: list[dict[str, Any]] = rows.drop_nulls("reason")["reason"].value_counts().to_dicts()
    return Selection(
        passages=fitted.drop("row", "reason", "near_duplicate_group"),
        vectors=np.ascontiguousarray(vectors[fitted["row"].to_numpy()]),
        members=kept.join(keys, on="near_duplicate_group", how="left").select(
            "passage_id", "text_key"
        ),
        all_vectors=np.ascontiguousarray(vectors[different["row"].to_numpy()]),
        all_keys=different["text_key"].to_numpy().astype(np.int64),
        fitted_rows=different["passage_id"]
        .search_sorted(fitted["passage_id"])
        .to_numpy()
        .astype(np.int64),
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


def _check_variety(n_groups: int, n_passages: int) -> None:
    if n_passages > 1 and n_groups == 1:
        raise StageError(
            f"all {n_passages} passages say the same, so there is nothing to group; add documents, "
            "or raise segment.near_duplicate in configs/params.yaml"
        )


NEIGHBOURS = 5
"""Fitted texts that decide on another one; more of them blur small topics."""

FEWEST_OF_ONE_TOPIC = 2
"""Neighbours in the same topic, without which a text is an outlier."""


@dataclass(frozen=True)
class Spread:
    """Topics of all texts, though only some were fitted.

    Attributes:
        fitted: topics and probabilities of all texts; everything else is that of the sample.
        coordinates: float [n, 2], on the map.
        as_fitted: share of the fitted texts that would have got the topic that they have, had they
            been assigned by the other fitted texts (leave-one-out).
    """

    fitted: FittedTopics
    coordinates: Floats
    as_fitted: float


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


def spread(fitted: FittedTopics, coordinates: Floats, vectors: Vectors, rows: Integers) -> Spread:
    """Give each text that was not fitted the topic that most of its nearest fitted texts are in.

    Nearest by cosine, `NEIGHBOURS` of them; fewer than `FEWEST_OF_ONE_TOPIC` in one topic make an
    outlier. Its agreement is the mean of theirs in that topic, its place on the map their mean.
    Topics are numbered anew, largest first.

    Args:
        fitted: topics of the sample.
        coordinates: float [sample, 2].
        vectors: float32 [n, dimension], each of length 1.
        rows: of ``vectors``, the sample.
    """
    from sklearn.neighbors import NearestNeighbors
    from threadpoolctl import threadpool_limits

    others = np.setdiff1d(np.arange(len(vectors)), rows)
    search = NearestNeighbors(n_neighbors=NEIGHBOURS, algorithm="brute").fit(vectors[rows])
    with threadpool_limits(limits=1):  # the order of sums decides ties
        near = search.kneighbors(vectors[others], return_distance=False)
        beside = search.kneighbors(return_distance=False)  # each text without itself
    topic = np.full(len(vectors), OUTLIER, dtype=np.int64)
    probability = np.zeros(len(vectors))
    spread_coordinates = np.zeros((len(vectors), coordinates.shape[1]))
    topic[rows], probability[rows], spread_coordinates[rows] = (
        fitted.topic,
        fitted.agreement,
        coordinates,
    )
    topic[others] = majority(fitted.topic[near])
    agreeing = (fitted.topic[near] == topic[others][:, None]) & (topic[others] != OUTLIER)[:, None]
    probability[others] = (fitted.agreement[near] * agreeing).mean(axis=1)
    spread_coordinates[others] = coordinates[near].mean(axis=1)
    sizes = np.bincount(topic[topic != OUTLIER], minlength=fitted.n_topics)
    by_size = np.argsort(-sizes, kind="stable")  # now that all texts count
    return Spread(
        replace(
            fitted,
            topic=np.where(topic == OUTLIER, OUTLIER, np.argsort(by_size)[topic]),
            agreement=probability,
            stability=fitted.stability[by_size],
        ),
        spread_coordinates,
        float((majority(fitted.topic[beside]) == fitted.topic).mean()),
    )


def majority(topic: Integers) -> Integers:
    """The most frequent topic of each row of [n, neighbours], the nearest one's of equals.

    >>> majority(np.array([[4, 7, 7], [3, 9, 5], [-1, -1, 2]])).tolist()
    [7, -1, -1]
    """
    votes = (topic[:, :, None] == topic[:, None, :]).sum(axis=2)
    votes[topic == OUTLIER] = 0
    best = votes.argmax(axis=1)[:, None]
    winner = np.take_along_axis(topic, best, axis=1)[:, 0]
    enough = np.take_along_axis(votes, best, axis=1)[:, 0] >= FEWEST_OF_ONE_TOPIC
    found: Integers = np.where(enough, winner, OUTLIER)
    return found
