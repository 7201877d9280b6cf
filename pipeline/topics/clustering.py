"""Topics as what hundreds of quick clusterings agree on, in the form of a scikit-learn estimator.

One k-means depends on where it begins, and so on the last bits of a processor. What hundreds of
them, each of half of the texts, have in common hardly does: on another processor, with another
seed, and for most texts in another sample, the same topics come out (docs/another-machine.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClusterMixin

from pipeline.run.arrays import Floats, Integers
from pipeline.run.stage import in_processes
from pipeline.run.tables.topics import OUTLIER

CODE = Path(__file__)
"""On what stands in this file a kept fit depends."""
SAMPLED = 0.5
"""Part of the texts that one fit sees."""
ROUNDS = 20
"""Of k-means in one fit, which begins at texts drawn by chance."""
WIDEST = 1.25
"""Most topics that fits can be joined to, in groups of one fit."""
_FITS_A_TASK = 25
_WORTH_PROCESSES = 300_000  # texts times fits; below that starting a process takes longer
_SMALL = 1_500  # texts whose products fit in a dense matrix


class ConsensusClustering(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Groups on which many k-means of half-samples agree.

    Evidence accumulation (Fred and Jain 2005): two texts are alike when fits put them in one group.
    The matrix of likeness is never made. Its first eigenvectors come from the table of who is in
    which group, each group weighted by one over its size (Fern and Brodley 2004, "Solving cluster
    ensemble problems by bipartite graph partitioning"), and are cut into groups by pivoted QR
    (Damle, Minden and Ying 2019), which draws nothing, and k-means from there. A new text is put
    among the eigenvectors by the groups that it is nearest to, as a fitted one is (Nyström's way),
    so `predict` of what was fitted is `labels_`.

    Args:
        n_topics: groups in the end.
        n_groups: of one k-means.
        n_fits: k-means in all.
        min_agreement: a text with less is an outlier; 0 for no outliers.
        seed: of the samples and of where k-means begin.
        n_jobs: processes, -1 for one a core; the result is the same with any number.

    Attributes:
        labels_: int [n]; -1 is an outlier.
        agreement_: float [n]: of the texts that fits put in one group with this one, the share
            that is in its topic (of an outlier, in the topic that it would have had).
    """

    def __init__(
        self,
        n_topics: int = 40,
        n_groups: int = 40,
        n_fits: int = 500,
        min_agreement: float = 0.0,
        seed: int = 0,
        n_jobs: int = -1,
    ) -> None:
        """Keep what was asked for, as scikit-learn wants it."""
        self.n_topics = n_topics
        self.n_groups = n_groups
        self.n_fits = n_fits
        self.min_agreement = min_agreement
        self.seed = seed
        self.n_jobs = n_jobs

    def fit(self, X: npt.ArrayLike, y: object = None) -> Self:  # noqa: ARG002, N803
        """Fit to places [n, dimensions]; ``y`` is not used."""
        from threadpoolctl import threadpool_limits

        places = np.ascontiguousarray(X, dtype=np.float32)
        self.means_ = self._fits(places)
        with threadpool_limits(limits=1):  # the order of sums decides ties
            groups = self._nearest(places)
            found = common_directions(groups, self.n_groups, int(WIDEST * self.n_groups) + 1)
            self.directions_: Floats = found[0]
            self.strengths_: Floats = found[1]
            self.weights_: Floats = found[2]
            self._groups = groups
            self.join(self.n_topics)
        return self

    def join(self, n_topics: int) -> Self:
        """Join the same fits to another number of groups, which are numbered by their size."""
        topic, self.centres_ = cut(self.directions_, self.strengths_, n_topics)
        self.shares_ = shares_of_groups(self._groups, topic, self.n_groups)
        self.agreement_ = self._agreement(self._groups, topic)
        self.labels_ = self._decided(topic, self.agreement_)
        return self

    def predict(self, X: npt.ArrayLike) -> Integers:  # noqa: N803
        """Topics of places [n, dimensions]; -1 where the agreement is too low."""
        groups = self._nearest(np.asarray(X, dtype=np.float32))
        topic = nearest_centre(self._directions(groups), self.strengths_, self.centres_)
        return self._decided(topic, self._agreement(groups, topic))

    def agreement(self, X: npt.ArrayLike) -> Floats:  # noqa: N803
        """What `agreement_` says, of places [n, dimensions]."""
        groups = self._nearest(np.asarray(X, dtype=np.float32))
        directions = self._directions(groups)
        return self._agreement(groups, nearest_centre(directions, self.strengths_, self.centres_))

    def _directions(self, groups: npt.NDArray[np.int16]) -> Floats:
        directions = np.zeros((len(groups), self.weights_.shape[2]))
        for fit, weights in enumerate(self.weights_):
            directions += weights[groups[:, fit]]
        return directions

    def _fits(self, places: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The means of all fits, float [fits, groups, dimensions]."""
        seeds = [(self.seed, number) for number in range(self.n_fits)]
        calls = [
            (places, self.n_groups, seeds[start : start + _FITS_A_TASK])
            for start in range(0, self.n_fits, _FITS_A_TASK)
        ]
        n_processes = processes_worth(len(places), self.n_fits, self.n_jobs)
        return np.concatenate(in_processes(_means_of_fits, calls, n_processes))

    def _nearest(self, places: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
        """The group of each text in each fit, int [n, fits]."""
        groups = np.empty((len(places), len(self.means_)), dtype=np.int16)
        for fit, means in enumerate(self.means_):
            groups[:, fit] = ((means * means).sum(axis=1) - 2 * places @ means.T).argmin(axis=1)
        return groups

    def _agreement(self, groups: npt.NDArray[np.int16], topic: Integers) -> Floats:
        """For each text the share of its companions that is in its topic, float [n]."""
        agreement = np.zeros(len(groups))
        for fit, shares in enumerate(self.shares_):
            agreement += shares[groups[:, fit], topic]
        return agreement / len(self.shares_)

    def _decided(self, topic: Integers, agreement: Floats) -> Integers:
        decided: Integers = np.where(agreement.round(6) >= self.min_agreement, topic, OUTLIER)
        return decided


def processes_worth(n_texts: int, n_fits: int, n_jobs: int = -1) -> int:
    """Processes for fits of so many texts, ``n_jobs`` at most and -1 for one a core."""
    from joblib import cpu_count

    wanted = cpu_count() if n_jobs < 0 else n_jobs
    return int(wanted) if n_texts * n_fits >= _WORTH_PROCESSES else 1


def _means_of_fits(
    places: npt.NDArray[np.float32], n_groups: int, seeds: Sequence[tuple[int, int]]
) -> npt.NDArray[np.float32]:
    return np.array([_means_of_fit(places, n_groups, seed) for seed in seeds])


def _means_of_fit(
    places: npt.NDArray[np.float32], n_groups: int, seed: tuple[int, int]
) -> npt.NDArray[np.float32]:
    import warnings

    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    random = np.random.default_rng(seed)
    sample = places[np.sort(random.permutation(len(places))[: _n_sampled(len(places), n_groups)])]
    start = sample[random.permutation(len(sample))[:n_groups]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # texts that are all alike
        model = KMeans(n_groups, init=start, n_init=1, max_iter=ROUNDS).fit(sample)
    means: npt.NDArray[np.float32] = model.cluster_centers_
    return means


def _n_sampled(n_texts: int, n_groups: int) -> int:
    return min(n_texts, max(n_groups, round(SAMPLED * n_texts)))


def common_directions(
    groups: npt.NDArray[np.int16], n_groups: int, most: int
) -> tuple[Floats, Floats, Floats]:
    """What fits have in common: the first singular vectors of the table of who is in which group.

    Rows of the table times its transpose add up to one, so the first vector says nothing but that.

    Args:
        groups: [n, fits], of each text in each fit.
        n_groups: of a fit.
        most: vectors at most.

    Returns:
        The vectors, float [n, vectors]; the squares of their singular values, largest first; and
        what each group of each fit adds to a text that is in it, float [fits, groups, vectors].
    """
    from scipy.linalg import eigh
    from scipy.sparse import csr_matrix
    from scipy.sparse.linalg import svds

    n_texts, n_fits = groups.shape
    columns = (groups + n_groups * np.arange(n_fits)).ravel()
    sizes = np.maximum(np.bincount(columns, minlength=n_groups * n_fits), 1)
    rows = np.arange(0, columns.size + 1, n_fits)
    table = csr_matrix(
        (1 / np.sqrt(n_fits * sizes[columns]), columns, rows), (n_texts, n_groups * n_fits)
    )
    most = min(most, n_texts - 1)
    if n_texts <= _SMALL:
        values, vectors = eigh((table @ table.T).toarray())
    else:
        vectors, roots, _ = svds(table, k=most, v0=np.ones(min(table.shape)))
        values = roots**2
    order = np.argsort(-values)[:most]
    values, vectors = np.maximum(values[order], 1e-12), vectors[:, order]
    weights = (table.T @ vectors) / values / np.sqrt(n_fits * sizes)[:, None]
    return vectors, values, weights.reshape(n_fits, n_groups, len(values))


def cut(directions: Floats, strengths: Floats, n_groups: int) -> tuple[Integers, Floats]:
    """Groups of rows by their first directions, int [n], and the centres that they are nearest to.

    The rows that pivoted QR picks stand for a group each; k-means begins at the means of those
    nearest to them (directions weighted by their strengths, rows of length 1).
    """
    from scipy.linalg import qr, svd
    from sklearn.cluster import KMeans

    n_groups = min(n_groups, directions.shape[1])
    constant = np.full((len(directions), 1), len(directions) ** -0.5)
    first = np.hstack([constant, directions[:, 1:n_groups]])
    picked = qr(first.T, mode="r", pivoting=True)[-1][:n_groups]
    left, _, right = svd(first[picked].T)
    begun = np.abs(first @ (left @ right)).round(9).argmax(axis=1)
    rows = _weighted(directions, strengths, n_groups)
    means = np.array([rows[begun == number].mean(axis=0) for number in np.unique(begun)])
    centres = KMeans(len(means), init=means, n_init=1).fit(rows).cluster_centers_
    topic = nearest_centre(directions, strengths, centres)
    held, first, sizes = np.unique(topic, return_index=True, return_counts=True)
    by_size = np.lexsort((first, -sizes))  # of equal ones that of the first text
    numbers = np.argsort(by_size)[np.searchsorted(held, topic)]
    return numbers.astype(np.int64), centres[held[by_size]]


def nearest_centre(directions: Floats, strengths: Floats, centres: Floats) -> Integers:
    """The number of each row's nearest centre, int [n]."""
    rows = _weighted(directions, strengths, centres.shape[1] + 1)
    far = (centres * centres).sum(axis=1) - 2 * rows @ centres.T
    nearest: Integers = far.round(9).argmin(axis=1).astype(np.int64)
    return nearest


def _weighted(directions: Floats, strengths: Floats, n_directions: int) -> Floats:
    """Rows without the first direction, which all share, the others by strength; of length 1."""
    rows = directions[:, 1:n_directions] * np.sqrt(strengths[1:n_directions])
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    weighted: Floats = rows / np.where(lengths > 0, lengths, 1)
    return weighted


def shares_of_groups(groups: npt.NDArray[np.int16], topic: Integers, n_groups: int) -> Floats:
    """How each group of each fit divides among topics, float [fits, groups, topics].

    A group without texts has no share of any.
    """
    n_topics = int(topic.max()) + 1
    shares = np.empty((groups.shape[1], n_groups, n_topics))
    for fit, held in enumerate(shares):
        cells = groups[:, fit].astype(np.int64) * n_topics + topic
        held[:] = np.bincount(cells, minlength=n_groups * n_topics).reshape(held.shape)
    totals = shares.sum(axis=2, keepdims=True)
    return shares / np.where(totals > 0, totals, 1)


def agreement_of(assignments: Sequence[Integers]) -> float:
    """Mean pairwise adjusted Rand index (Hubert and Arabie 1985); outliers are a group too.

    A text with a number below `OUTLIER` was not fitted, and a pair is compared without it.
    """
    from sklearn.metrics import adjusted_rand_score

    found = []
    for one, other in combinations(assignments, 2):
        both = (one >= OUTLIER) & (other >= OUTLIER)
        found.append(adjusted_rand_score(one[both], other[both]))
    return float(np.mean(found)) if found else 1.0


def best_match_jaccard(topic: Integers, refits: Sequence[Integers]) -> Floats:
    """For each topic the mean, over refits, of its largest Jaccard with a topic of the refit.

    Hennig's (2007) cluster-wise stability; outliers match nothing, and of a refit of a sample only
    the texts of the sample count.

    Returns:
        float [n topics]; above .75 a topic is called stable, below .5 it dissolves.
    """
    found: list[Any] = []
    for refit in refits:
        kept = refit >= OUTLIER
        found.append(topic_jaccard(topic[kept], refit[kept], int(topic.max()) + 1).max(axis=1))
    means: Floats = np.mean(found, axis=0)
    return means


def topic_jaccard(topic: Integers, refit: Integers, n_topics: int) -> Floats:
    """Jaccard of each topic with each group of a refit, float [n topics, n groups or 1]."""
    both = np.zeros((n_topics, max(int(refit.max()) + 1, 1)))
    inside = (topic != OUTLIER) & (refit != OUTLIER)
    np.add.at(both, (topic[inside], refit[inside]), 1)
    sizes = np.bincount(topic[topic != OUTLIER], minlength=n_topics)[:, None]
    refit_sizes = np.bincount(refit[refit != OUTLIER], minlength=both.shape[1])[None, :]
    likeness: Floats = both / np.maximum(sizes + refit_sizes - both, 1)
    return likeness


def matched(topic: Integers, refit: Integers) -> Integers:
    """A refit in the numbers of the topics: each group by the topic that it is most like."""
    likeness = topic_jaccard(topic, refit, int(topic.max()) + 1)
    best = np.where(likeness.max(axis=0) > 0, likeness.argmax(axis=0), OUTLIER)
    numbers: Integers = np.where(refit == OUTLIER, OUTLIER, best[refit])
    return numbers
