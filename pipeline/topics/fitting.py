"""Several fits of UMAP and a clustering, and the topics on which they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from pipeline.run.errors import StageError
from pipeline.run.settings import TopicSettings
from pipeline.run.tables.topics import OUTLIER
from pipeline.run.types import Vectors
from pipeline.topics.projection import Floats, Integers, project, project_map

DISSOLVED = 0.5
"""Hennig (2007): a cluster with a lower mean best-match Jaccard is not found again."""


class FitAgreement(NamedTuple):
    """Mean pairwise adjusted Rand index of several groupings of the same passages.

    Attributes:
        ari: outliers are a group of their own, so fits must agree on what is an outlier too.
        ari_inside: only passages that neither of the two calls an outlier.
    """

    ari: float
    ari_inside: float


def agreement_of(assignments: Sequence[Integers]) -> FitAgreement:
    """How far groupings agree, over all pairs."""
    from sklearn.metrics import adjusted_rand_score

    both, inside = [], []
    for one, other in combinations(assignments, 2):
        kept = (one != OUTLIER) & (other != OUTLIER)
        both.append(adjusted_rand_score(one, other))
        inside.append(adjusted_rand_score(one[kept], other[kept]))
    return FitAgreement(float(np.mean(both)), float(np.mean(inside)))


def best_match_jaccard(topic: Integers, refits: Sequence[Integers]) -> Floats:
    """For each topic the mean, over refits, of its largest Jaccard with a topic of the refit.

    Hennig's (2007) cluster-wise stability; outliers match nothing.

    Returns:
        float [n topics]; above .75 a topic is called stable, below .5 it dissolves.
    """
    shares = [_best_jaccard(topic, refit) for refit in refits]
    means: Floats = np.mean(shares, axis=0)
    return means


def _best_jaccard(topic: Integers, refit: Integers) -> Floats:
    best: Floats = topic_jaccard(topic, refit).max(axis=1)
    return best


def topic_jaccard(topic: Integers, refit: Integers) -> Floats:
    """Jaccard of each topic with each group of a refit, float [n topics, n groups or 1]."""
    n_topics, n_refit = int(topic.max()) + 1, int(refit.max()) + 1
    both = np.zeros((n_topics, max(n_refit, 1)))
    inside = (topic != OUTLIER) & (refit != OUTLIER)
    np.add.at(both, (topic[inside], refit[inside]), 1)
    sizes = np.bincount(topic[topic != OUTLIER], minlength=n_topics)[:, None]
    refit_sizes = np.bincount(refit[refit != OUTLIER], minlength=both.shape[1])[None, :]
    either = np.maximum(sizes + refit_sizes - both, 1)
    likeness: Floats = both / either
    return likeness


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


_STARTS = 10  # of plain k-means, of which the best is kept
_SAMPLES = 20  # that a refined beginning is made of
_SAMPLED = 0.8  # of the coordinates, in each of them
_ROUNDS = 50  # of k-means in a sample
_MOST_SEED = 2**31


def group(coordinates: Floats, settings: TopicSettings, seed: int) -> Integers:
    """Groups of a projection, or of several side by side, int [n]; only HDBSCAN leaves outliers.

    Args:
        coordinates: float [n, dimensions].
        settings: which clustering, and into how many groups.
        seed: of everything that the clustering draws.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):  # the order of sums decides ties
        clustering = _clustering(coordinates, settings, seed)
        found: Integers = clustering.fit_predict(coordinates).astype(np.int64)
    return found


def _clustering(coordinates: Floats, settings: TopicSettings, seed: int) -> Any:
    from sklearn.cluster import AgglomerativeClustering, KMeans

    if settings.clusters == "hdbscan":
        import hdbscan

        return hdbscan.HDBSCAN(
            min_cluster_size=settings.min_cluster_size,
            min_samples=settings.min_samples,
            cluster_selection_method="eom",
            core_dist_n_jobs=1,
        )
    if settings.clusters == "ward":
        return AgglomerativeClustering(settings.n_topics, linkage="ward")
    if settings.clusters == "kmeans":
        return KMeans(settings.n_topics, n_init=_STARTS, random_state=seed % _MOST_SEED)
    means = refined_means(coordinates, settings.n_topics, seed)
    return KMeans(len(means), init=means, n_init=1)


def refined_means(coordinates: Floats, n_groups: int, seed: int) -> Floats:
    """Where k-means should begin: what k-means of many samples agree on, float [groups, dims].

    Where plain k-means begins decides where it ends. Here k-means finds the means of `_SAMPLES`
    random samples, and these means are themselves put into groups, whose means are the beginning
    (Bradley and Fayyad 1998, "Refining initial points for k-means clustering"; the means are
    grouped by Ward's method here). Samples and their beginnings are drawn with ``seed``.
    """
    from sklearn.cluster import AgglomerativeClustering, KMeans

    random = np.random.default_rng(seed)
    found = []
    for _ in range(_SAMPLES):
        sample = random.permutation(len(coordinates))[: round(_SAMPLED * len(coordinates))]
        start = int(random.integers(_MOST_SEED))
        model = KMeans(n_groups, n_init=1, max_iter=_ROUNDS, random_state=start)
        found.append(model.fit(coordinates[np.sort(sample)]).cluster_centers_)
    means = np.vstack(found)
    together = AgglomerativeClustering(n_groups, linkage="ward").fit_predict(means)
    return _means_of(means, together)


def _means_of(coordinates: Floats, groups: Integers) -> Floats:
    return np.array([coordinates[groups == number].mean(axis=0) for number in np.unique(groups)])


FEWEST_IN_A_TOPIC = 4
_PASSAGES_A_TOPIC = 12  # a small corpus gets one topic for so many passages
_MOST_FOR_WARD = 25_000  # passages; Ward's distances take n² / 2 numbers of eight bytes
_SPLITS = 3  # of the refits into two halves


@dataclass(frozen=True)
class FittedTopics:
    """What the refits agree on, one entry a text.

    Attributes:
        topic: int [n]; topics are numbered from 0, largest first; -1 is an outlier.
        agreement: float [n], share of refits that put the text in this topic; 0 for outliers.
        stability: float [n topics], mean best-match Jaccard with the refits.
        single: agreement of the refits with each other: single fits that share no seed.
        halves: agreement of consensus topics that disjoint halves of the refits give, which share
            no seed either.
        coordinates: float [n, 2], of each text on the map.
        settings: those that were used, which for a small corpus differ from those asked for.
        rows: of the texts, those that were fitted; the others have the topic of their neighbours.
        as_fitted: share of the fitted texts that would have got the topic that they have, had they
            been assigned by the other fitted texts (leave-one-out); None where all were fitted.
    """

    topic: Integers
    agreement: Floats
    stability: Floats
    single: FitAgreement
    halves: FitAgreement
    coordinates: Floats
    settings: TopicSettings
    rows: Integers
    as_fitted: float | None = None

    @property
    def n_topics(self) -> int:
        """How many topics there are."""
        return int(self.topic.max()) + 1


def fitting_settings(settings: TopicSettings, n_texts: int) -> TopicSettings:
    """The settings that fit a corpus of this size: a small one gets fewer and smaller topics."""
    n_topics = min(settings.n_topics, max(2, n_texts // _PASSAGES_A_TOPIC))
    size = min(settings.min_cluster_size, max(FEWEST_IN_A_TOPIC, n_texts // (3 * n_topics)))
    changes: dict[str, Any] = {
        "n_topics": n_topics,
        "min_cluster_size": size,
        "min_samples": min(settings.min_samples, max(1, size // 2)),
        "n_neighbors": min(settings.n_neighbors, max(5, n_texts // 10)),
        "n_components": min(settings.n_components, n_texts - 2),
        "min_term_passages": min(settings.min_term_passages, max(1, size // 2)),
    }
    if settings.clusters == "ward" and n_texts > _MOST_FOR_WARD:
        changes["clusters"] = "refined_kmeans"
    return settings.model_copy(update=changes)


def fit_topics(vectors: Vectors, settings: TopicSettings, seed: int) -> FittedTopics:
    """Fit ``settings.refits`` times and keep what most of these fits agree on.

    One fit is BERTopic's: UMAP (McInnes, Healy and Melville 2018) and a clustering, both with seeds
    that no other fit has. The topics are the same clustering of all projections side by side
    (`consensus`). A topic that the fits do not find again (mean best-match Jaccard under .5, which
    Hennig 2007 calls dissolved) is no topic.

    Args:
        vectors: float32 [n, dimension], of twenty different texts or more, in an order that does
            not depend on that of the corpus.
        settings: see `fitting_settings`.
        seed: of the first UMAP; each runs on one thread, so equal seeds give equal bytes.

    Raises:
        StageError: no topic was found.
    """
    used = fitting_settings(settings, len(vectors))
    seeds = range(seed, seed + used.refits)
    projections, coordinates = project(vectors, used, seeds), project_map(vectors, used, seed)
    refits = [
        group(projection, used, one) for projection, one in zip(projections, seeds, strict=True)
    ]
    topic, agreement = consensus(projections, refits, used, seeds.stop)
    topic = numbered_by_size(topic)
    if (topic == OUTLIER).all():
        raise StageError(
            f"no topic was found among {len(vectors)} passages; lower topics.min_cluster_size or "
            "topics.min_agreement in configs/params.yaml"
        )
    return FittedTopics(
        topic=topic,
        agreement=np.where(topic == OUTLIER, 0.0, agreement),
        stability=best_match_jaccard(topic, refits),
        single=agreement_of(refits),
        halves=agreement_of_halves(projections, refits, used, seeds.stop + 1),
        coordinates=coordinates,
        settings=used,
        rows=np.arange(len(vectors)),
    )


def consensus(
    projections: Sequence[Floats], refits: Sequence[Integers], settings: TopicSettings, seed: int
) -> tuple[Integers, Floats]:
    """Topics of all projections together, outliers where refits disagree, and the agreement.

    The reference is the clustering of all projections side by side. A passage stays in its topic of
    the reference when at least ``settings.min_agreement`` of the refits put it there
    (`stability.vote`), and is an outlier otherwise: the machine does not know where it belongs.
    """
    together = np.hstack([projection - projection.mean(axis=0) for projection in projections])
    reference = group(together, settings, seed)
    agreement = vote(reference, refits)
    kept: Integers = np.where(agreement >= settings.min_agreement, reference, OUTLIER)
    kept = without_small(kept, settings.min_cluster_size)
    return without_dissolved(kept, refits), agreement


def agreement_of_halves(
    projections: Sequence[Floats], refits: Sequence[Integers], settings: TopicSettings, seed: int
) -> FitAgreement:
    """How far consensus topics agree that are made of disjoint halves of the refits.

    Each half is a smaller model of the same kind, with no seed in common with the other.
    """
    if len(projections) < 4:
        return agreement_of(refits)
    random = np.random.default_rng(seed)
    found = []
    for split in range(_SPLITS):
        halves = np.array_split(random.permutation(len(projections)), 2)
        topics = [
            consensus(
                [projections[i] for i in half],
                [refits[i] for i in half],
                settings,
                seed + 2 * split + side,
            )[0]
            for side, half in enumerate(halves)
        ]
        found.append(agreement_of(topics))
    return FitAgreement(*np.mean(found, axis=0).tolist())
