"""Several fits of UMAP and a clustering, and the topics on which they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.errors import StageError
from pipeline.settings import TopicSettings
from pipeline.tables import OUTLIER
from pipeline.topics.layout import Floats, lay_out
from pipeline.topics.measures import (
    Agreement,
    Integers,
    agreement_of,
    best_match_jaccard,
    mean_pairwise_ari,
)
from pipeline.topics.stability import (
    matched,
    numbered_by_size,
    vote,
    without_dissolved,
    without_small,
)
from pipeline.vector_cache import Vectors

FEWEST_PASSAGES = 20
"""Below this neither neighbours nor clusters mean anything."""

FEWEST_IN_A_TOPIC = 4
_PASSAGES_A_TOPIC = 12  # a small corpus gets one topic for so many passages
_MOST_FOR_WARD = 25_000  # passages; Ward's distances take n² / 2 numbers of eight bytes
_STARTS = 10  # of k-means, of which the best is kept
_SAMPLED = 0.8  # of the passages, drawn anew for each resampled fit
_SPLITS = 3  # of the refits into two halves


@dataclass(frozen=True)
class FittedTopics:
    """What the refits agree on, one entry a text.

    Attributes:
        topic: int [n]; topics are numbered from 0, largest first; -1 is an outlier.
        probability: float [n], share of refits that put the text in this topic; 0 for outliers.
        stability: float [n topics], mean best-match Jaccard with the resampled fits.
        refits: int [n] each, the topics of single refits in the numbers of ``topic``.
        single_ari: mean pairwise adjusted Rand index of single refits.
        halves: the same, with and without outliers, of consensus topics that disjoint halves of
            the refits give.
        resampled_ari: mean pairwise adjusted Rand index of the resampled fits.
        settings: those that were used, which for a small corpus differ from those asked for.
    """

    topic: Integers
    probability: Floats
    stability: Floats
    refits: list[Integers]
    single_ari: float
    halves: Agreement
    resampled_ari: float
    settings: TopicSettings

    @property
    def n_topics(self) -> int:
        """How many topics there are."""
        return int(self.topic.max()) + 1


def fitting_settings(settings: TopicSettings, n_texts: int) -> TopicSettings:
    """The settings that fit a corpus of this size: a small one gets fewer and smaller topics.

    Raises:
        StageError: there are too few texts for any topic.
    """
    if n_texts < FEWEST_PASSAGES:
        raise StageError(
            f"topics need at least {FEWEST_PASSAGES} different passages and there are {n_texts}; "
            "add documents, or lower topics.min_words in configs/params.yaml"
        )
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
        changes["clusters"] = "anchored_kmeans"
    return settings.model_copy(update=changes)


def fit_topics(vectors: Vectors, settings: TopicSettings, seed: int) -> FittedTopics:
    """Fit ``settings.refits`` times and keep what most of these fits agree on.

    One fit is BERTopic's: UMAP (McInnes, Healy and Melville 2018) with a seed of its own, then a
    clustering. With ``anchored_kmeans`` every k-means begins from the same groups, found once in
    the vectors themselves, so that fits differ by what UMAP does and not by where k-means happened
    to begin. The reference is the same clustering of all layouts side by side. A passage stays in
    its topic of the reference when at least ``settings.min_agreement`` of the fits put it there
    (`stability.vote`), and is an outlier otherwise: the machine does not know where it belongs. A
    topic that refits do not find again (mean best-match Jaccard under .5, which Hennig 2007 calls
    dissolved) is no topic.

    Args:
        vectors: float32 [n, dimension], of different texts in an order that does not depend on
            that of the corpus.
        settings: see `fitting_settings`.
        seed: of the first UMAP; each runs on one thread, so equal seeds give equal bytes.

    Raises:
        StageError: there are too few texts, or no topic was found.
    """
    used = fitting_settings(settings, len(vectors))
    layouts = lay_out(vectors, used, range(seed, seed + used.refits))
    start = starting_groups(vectors, used)
    refits = [group(layout, used, start) for layout in layouts]
    topic, agreement = consensus(layouts, refits, used, start)
    resampled = resampled_fits(vectors, layouts, refits, used, seed)
    topic = numbered_by_size(without_dissolved(topic, resampled))
    if (topic == OUTLIER).all():
        raise StageError(
            f"no topic was found among {len(vectors)} passages; lower topics.min_cluster_size or "
            "topics.min_agreement in configs/params.yaml"
        )
    return FittedTopics(
        topic=topic,
        probability=np.where(topic == OUTLIER, 0.0, agreement),
        stability=best_match_jaccard(topic, resampled),
        refits=[matched(topic, refit) for refit in refits],
        single_ari=mean_pairwise_ari(refits),
        halves=agreement_of_halves(layouts, refits, used, start, seed),
        resampled_ari=mean_pairwise_ari(resampled),
        settings=used,
    )


def starting_groups(vectors: Vectors, settings: TopicSettings) -> Integers | None:
    """Where ``anchored_kmeans`` begins: k-means of the vectors, the same for any seed."""
    if settings.clusters != "anchored_kmeans":
        return None
    return _kmeans_of(vectors, vectors, settings.n_topics, n_init=_STARTS, seed=0)


def _kmeans_of(
    fitted: Vectors, placed: Vectors, n_groups: int, *, n_init: int, seed: int
) -> Integers:
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        model = KMeans(n_groups, n_init=n_init, random_state=seed % 2**32).fit(fitted)
        groups: Integers = model.predict(placed).astype(np.int64)
    return groups


def resampled_fits(
    vectors: Vectors,
    layouts: Sequence[Floats],
    refits: Sequence[Integers],
    settings: TopicSettings,
    seed: int,
) -> list[Integers]:
    """Fits that begin elsewhere: each from groups of its own random `_SAMPLED` of the passages.

    The common beginning of ``anchored_kmeans`` makes fits agree even where there are no groups, so
    it may not be what stability is judged by. Clusterings that begin nowhere are judged by their
    refits, of other seeds.
    """
    if settings.clusters not in ("anchored_kmeans", "kmeans"):
        return list(refits)
    found = []
    for number, layout in enumerate(layouts):
        random = np.random.default_rng([seed, number])
        sample = np.sort(random.permutation(len(vectors))[: round(_SAMPLED * len(vectors))])
        start = _kmeans_of(
            vectors[sample], vectors, settings.n_topics, n_init=1, seed=seed + number
        )
        found.append(group(layout, settings, start))
    return found


def group(layout: Floats, settings: TopicSettings, start: Integers | None = None) -> Integers:
    """Groups of a layout, int [n]; only HDBSCAN leaves outliers."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):  # the order of sums decides ties
        clustering = _clustering(settings, layout, start)
        found: Integers = clustering.fit_predict(layout).astype(np.int64)
    return found


def _clustering(settings: TopicSettings, layout: Floats, start: Integers | None) -> Any:
    if settings.clusters == "hdbscan":
        import hdbscan

        return hdbscan.HDBSCAN(
            min_cluster_size=settings.min_cluster_size,
            min_samples=settings.min_samples,
            cluster_selection_method="eom",
            core_dist_n_jobs=1,
        )
    from sklearn.cluster import AgglomerativeClustering, KMeans

    if settings.clusters == "ward":
        return AgglomerativeClustering(settings.n_topics, linkage="ward")
    if start is None:
        return KMeans(settings.n_topics, n_init=_STARTS, random_state=0)
    means = np.array([layout[start == number].mean(axis=0) for number in np.unique(start)])
    return KMeans(len(means), init=means, n_init=1)


def consensus(
    layouts: Sequence[Floats],
    refits: Sequence[Integers],
    settings: TopicSettings,
    start: Integers | None,
) -> tuple[Integers, Floats]:
    """Topics of all layouts together, outliers where refits disagree, and the agreement."""
    together = np.hstack([layout - layout.mean(axis=0) for layout in layouts])
    reference = group(together, settings, start)
    agreement = vote(reference, refits)
    kept: Integers = np.where(agreement >= settings.min_agreement, reference, OUTLIER)
    return without_small(kept, settings.min_cluster_size), agreement


def agreement_of_halves(
    layouts: Sequence[Floats],
    refits: Sequence[Integers],
    settings: TopicSettings,
    start: Integers | None,
    seed: int,
) -> Agreement:
    """How far consensus topics agree that are made of disjoint halves of the refits."""
    if len(layouts) < 4:
        return agreement_of(refits)
    random = np.random.default_rng(seed)
    found = []
    for _ in range(_SPLITS):
        halves = np.array_split(random.permutation(len(layouts)), 2)
        parts = [([layouts[i] for i in half], [refits[i] for i in half]) for half in halves]
        found.append(agreement_of([consensus(*part, settings, start)[0] for part in parts]))
    return Agreement(*np.mean(found, axis=0).tolist())
