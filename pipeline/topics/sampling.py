"""A corpus too large to be fitted whole: a sample is, and the other texts go with its topics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pipeline.tables.topics import OUTLIER
from pipeline.topics.fitting import FittedTopics
from pipeline.topics.layout import Floats
from pipeline.topics.measures import Integers, Strings
from pipeline.vector_cache import Vectors

NEIGHBOURS = 5
"""Fitted texts that decide on another one; more of them blur small topics."""

FEWEST_OF_ONE_TOPIC = 2
"""Neighbours in the same topic, without which a text is an outlier."""


@dataclass(frozen=True)
class Spread:
    """Topics of all texts, though only some were fitted.

    Attributes:
        fitted: topics and probabilities of all texts; everything else is that of the sample.
        places: float [n, 2], places on the map.
        as_fitted: share of the fitted texts that would have got the topic that they have, had they
            been assigned by the other fitted texts (leave-one-out).
    """

    fitted: FittedTopics
    places: Floats
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


def spread(fitted: FittedTopics, places: Floats, vectors: Vectors, rows: Integers) -> Spread:
    """Give each text that was not fitted the topic that most of its nearest fitted texts are in.

    Nearest by cosine, `NEIGHBOURS` of them; fewer than `FEWEST_OF_ONE_TOPIC` in one topic make an
    outlier. Its probability is the mean of theirs in that topic, its place on the map their mean.
    Topics are numbered anew, largest first.

    Args:
        fitted: topics of the sample.
        places: float [sample, 2].
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
    spread_places = np.zeros((len(vectors), places.shape[1]))
    topic[rows], probability[rows], spread_places[rows] = fitted.topic, fitted.probability, places
    topic[others] = majority(fitted.topic[near])
    agreeing = (fitted.topic[near] == topic[others][:, None]) & (topic[others] != OUTLIER)[:, None]
    probability[others] = (fitted.probability[near] * agreeing).mean(axis=1)
    spread_places[others] = places[near].mean(axis=1)
    sizes = np.bincount(topic[topic != OUTLIER], minlength=fitted.n_topics)
    by_size = np.argsort(-sizes, kind="stable")  # now that all texts count
    return Spread(
        replace(
            fitted,
            topic=np.where(topic == OUTLIER, OUTLIER, np.argsort(by_size)[topic]),
            probability=probability,
            stability=fitted.stability[by_size],
        ),
        spread_places,
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
