"""Groups of places: the clusterings that a fit may use."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.settings import TopicSettings
from pipeline.topics.layout import Floats
from pipeline.topics.measures import Integers

_STARTS = 10  # of plain k-means, of which the best is kept
_SAMPLES = 20  # that a refined beginning is made of
_SAMPLED = 0.8  # of the places, in each of them
_ROUNDS = 50  # of k-means in a sample
_MOST_SEED = 2**31


def group(places: Floats, settings: TopicSettings, seed: int) -> Integers:
    """Groups of a layout, or of several side by side, int [n]; only HDBSCAN leaves outliers.

    Args:
        places: float [n, dimensions].
        settings: which clustering, and into how many groups.
        seed: of everything that the clustering draws.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):  # the order of sums decides ties
        clustering = _clustering(places, settings, seed)
        found: Integers = clustering.fit_predict(places).astype(np.int64)
    return found


def _clustering(places: Floats, settings: TopicSettings, seed: int) -> Any:
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
    means = refined_means(places, settings.n_topics, seed)
    return KMeans(len(means), init=means, n_init=1)


def refined_means(places: Floats, n_groups: int, seed: int) -> Floats:
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
        sample = random.permutation(len(places))[: round(_SAMPLED * len(places))]
        start = int(random.integers(_MOST_SEED))
        model = KMeans(n_groups, n_init=1, max_iter=_ROUNDS, random_state=start)
        found.append(model.fit(places[np.sort(sample)]).cluster_centers_)
    means = np.vstack(found)
    together = AgglomerativeClustering(n_groups, linkage="ward").fit_predict(means)
    return _means_of(means, together)


def _means_of(places: Floats, groups: Integers) -> Floats:
    return np.array([places[groups == number].mean(axis=0) for number in np.unique(groups)])
