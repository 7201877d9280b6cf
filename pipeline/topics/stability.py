"""Consensus of several fits, and how far fits agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.tables.topics import OUTLIER
from pipeline.topics.measures import Integers, best_match_jaccard, topic_jaccard

DISSOLVED = 0.5
"""Hennig (2007): a cluster with a lower mean best-match Jaccard is not found again."""

Floats = npt.NDArray[np.float64]


def vote(reference: Integers, refits: Sequence[Integers]) -> Floats:
    """Share of refits that put each passage in its topic of the reference, float [n].

    A group of a refit speaks for the topic of the reference that it is most like (Jaccard), as in
    BagClust1 (Dudoit and Fridlyand 2003). An outlier of the reference has 0.
    """
    agreed = np.zeros(len(reference))
    for refit in refits:
        agreed += (matched(reference, refit) == reference) & (reference != OUTLIER)
    shares: Floats = agreed / len(refits)
    return shares


def matched(reference: Integers, refit: Integers) -> Integers:
    """A refit in the numbers of the reference: each group by the topic it is most like."""
    likeness = topic_jaccard(reference, refit)
    best = np.where(likeness.max(axis=0) > 0, likeness.argmax(axis=0), OUTLIER)
    numbers: Integers = np.where(refit == OUTLIER, OUTLIER, best[refit])
    return numbers


def numbered_by_size(topic: Integers) -> Integers:
    """The same groups numbered from 0, largest first; outliers stay."""
    groups, counts = np.unique(topic[topic != OUTLIER], return_counts=True)
    order = groups[np.argsort(-counts, kind="stable")]
    number = {int(group): place for place, group in enumerate(order)} | {OUTLIER: OUTLIER}
    return np.array([number[int(group)] for group in topic], dtype=np.int64)


def without_small(topic: Integers, fewest: int) -> Integers:
    """Groups with fewer passages become outliers."""
    groups, counts = np.unique(topic, return_counts=True)
    kept: Integers = np.where(np.isin(topic, groups[counts >= fewest]), topic, OUTLIER)
    return kept


def without_dissolved(topic: Integers, refits: Sequence[Integers]) -> Integers:
    """Topics whose mean best-match Jaccard with the refits is under `DISSOLVED` become outliers."""
    if (topic == OUTLIER).all():
        return topic
    numbers = numbered_by_size(topic)
    gone = np.flatnonzero(best_match_jaccard(numbers, refits) < DISSOLVED)
    kept: Integers = np.where(np.isin(numbers, gone), OUTLIER, topic)
    return kept
