"""How the topics of a sample reach the other texts of a large corpus."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.run.settings import TopicSettings
from pipeline.run.tables.topics import OUTLIER
from pipeline.run.types import Vectors
from pipeline.topics.fitting import FittedTopics, fit_topics
from pipeline.topics.projection import Integers
from pipeline.topics.selection import TopicMaterial

NEIGHBOURS = 5
"""Fitted texts that decide on another one; more of them blur small topics."""

FEWEST_OF_ONE_TOPIC = 2
"""Neighbours in the same topic, without which a text is an outlier."""


def fit_material(material: TopicMaterial, settings: TopicSettings, seed: int) -> FittedTopics:
    """Topics of all texts, fitted on those that were drawn for it.

    Raises:
        StageError: no topic was found.
    """
    vectors, rows = material.vectors, material.rows
    fitted = fit_topics(vectors[rows], settings, seed)
    return fitted if len(rows) == len(vectors) else spread(fitted, vectors, rows)


def spread(fitted: FittedTopics, vectors: Vectors, rows: Integers) -> FittedTopics:
    """Give each text that was not fitted the topic that most of its nearest fitted texts are in.

    Nearest by cosine, `NEIGHBOURS` of them; fewer than `FEWEST_OF_ONE_TOPIC` in one topic make an
    outlier. Its agreement is the mean of theirs in that topic, its coordinates their mean.
    Topics are numbered anew, largest first.

    Args:
        fitted: topics of the sample.
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
    agreement = np.zeros(len(vectors))
    coordinates = np.zeros((len(vectors), 2))
    topic[rows], agreement[rows], coordinates[rows] = (
        fitted.topic,
        fitted.agreement,
        fitted.coordinates,
    )
    topic[others] = majority(fitted.topic[near])
    agreeing = (fitted.topic[near] == topic[others][:, None]) & (topic[others] != OUTLIER)[:, None]
    agreement[others] = (fitted.agreement[near] * agreeing).mean(axis=1)
    coordinates[others] = fitted.coordinates[near].mean(axis=1)
    sizes = np.bincount(topic[topic != OUTLIER], minlength=fitted.n_topics)
    by_size = np.argsort(-sizes, kind="stable")  # now that all texts count
    return replace(
        fitted,
        topic=np.where(topic == OUTLIER, OUTLIER, np.argsort(by_size)[topic]),
        agreement=agreement,
        stability=fitted.stability[by_size],
        coordinates=coordinates,
        rows=rows,
        as_fitted=float((majority(fitted.topic[beside]) == fitted.topic).mean()),
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
