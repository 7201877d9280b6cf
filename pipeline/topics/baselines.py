"""What topics are measured against: BERTopic's defaults, NMF, LDA and shuffled topics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.run.tables.topics import OUTLIER
from pipeline.topics.fitting import numbered_by_size
from pipeline.topics.measures import (
    FitAgreement,
    Integers,
    Strings,
    agreement_of,
    diversity,
    mission_information,
    word_npmi,
)
from pipeline.topics.projection import Floats, umap_projection
from pipeline.topics.terms import Vocabulary, top_terms, typicality
from pipeline.vectors.cache import Vectors

N_WORDS = 10
"""Words of a topic that coherence and diversity are measured on, as is the custom."""

DEFAULT_SEEDS = 4
_DEFAULT_SIZE = 10


@dataclass(frozen=True)
class ModelTopics:
    """What one model says of the texts.

    Attributes:
        topic: int [n]; -1 is an outlier.
        words: the `N_WORDS` words that the model itself ranks first, a list a topic.
        agreement: of fits with other seeds, None where the model was fitted once.
    """

    topic: Integers
    words: list[list[str]]
    agreement: FitAgreement | None = None


def score(grouping: ModelTopics, words: Vocabulary, mission: Strings) -> dict[str, float | int]:
    """Every measure of a grouping; the passages are those of ``words`` and ``mission``."""
    holds = words.counts
    return {
        "topics": len(grouping.words),
        "outlier_share": round(float((grouping.topic == OUTLIER).mean()), 4),
        **_rounded(grouping.agreement._asdict() if grouping.agreement else {}),
        "diversity": round(diversity(grouping.words), 4),
        **_rounded(word_npmi(grouping.words, holds, words.place)),
        **_rounded(mission_information(grouping.topic, mission)),
    }


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}


def words_of(topic: Integers, words: Vocabulary) -> list[list[str]]:
    """The words of topics as `terms.typicality` ranks them."""
    return top_terms(typicality(words, topic), words.terms, N_WORDS)


def bertopic_defaults(vectors: Vectors, fitted_rows: Integers, seed: int) -> list[Integers]:
    """BERTopic 0.17 as it comes, fitted with `DEFAULT_SEEDS` seeds; int [fitted_rows] each.

    Its UMAP (15 neighbours, 5 dimensions) and HDBSCAN (10 passages a topic) on the vectors of all
    different original texts; of these, the topics of the passages that ours are judged on.

    Args:
        vectors: float32 of all different texts.
        fitted_rows: rows of them that our topics were fitted on.
        seed: of the first fit.
    """
    import hdbscan

    n_neighbors = min(15, len(vectors) - 1)
    found = []
    for number in range(DEFAULT_SEEDS):
        projection = umap_projection(
            vectors, seed + number, n_neighbors=n_neighbors, n_components=5
        )
        clusters = hdbscan.HDBSCAN(min_cluster_size=_DEFAULT_SIZE, core_dist_n_jobs=1)
        topic = clusters.fit_predict(projection).astype(np.int64)[fitted_rows]
        found.append(numbered_by_size(topic))
    return found


def of_fits(fits: Sequence[Integers], words: Vocabulary) -> ModelTopics:
    """The first of several fits, with their agreement; words are counted as ours are."""
    first = fits[0]
    return ModelTopics(
        first, words_of(first, words) if first.max() >= 0 else [], agreement_of(fits)
    )


def reassigned(topic: Integers, vectors: Vectors, outlier_share: float) -> Integers:
    """Outliers in the topic whose mean vector is nearest, nearest first, until so few are left.

    BERTopic's ``reduce_outliers`` by vectors, stopped at a share instead of a threshold, so that
    models are compared at equal abstention.
    """
    outliers = np.flatnonzero(topic == OUTLIER)
    n_moved = len(outliers) - round(outlier_share * len(topic))
    if n_moved <= 0 or topic.max() < 0:
        return topic
    sums = np.zeros((int(topic.max()) + 1, vectors.shape[1]))
    np.add.at(sums, topic[topic != OUTLIER], vectors[topic != OUTLIER])
    cosines = vectors[outliers] @ (sums / np.linalg.norm(sums, axis=1, keepdims=True)).T
    moved = np.argsort(-cosines.max(axis=1).round(6), kind="stable")[:n_moved]
    result = topic.copy()
    result[outliers[moved]] = cosines[moved].argmax(axis=1)
    return result


def nmf(words: Vocabulary, n_topics: int, outlier_share: float, seed: int) -> ModelTopics:
    """Non-negative matrix factorisation of TF-IDF with as many topics and outliers as ours."""
    from sklearn.decomposition import NMF
    from sklearn.feature_extraction.text import TfidfTransformer

    model = NMF(n_topics, init="nndsvda", max_iter=200, random_state=seed)
    weights = model.fit_transform(TfidfTransformer(sublinear_tf=True).fit_transform(words.counts))
    return _grouped(weights, model.components_, words, outlier_share)


def lda(words: Vocabulary, n_topics: int, outlier_share: float, seed: int) -> ModelTopics:
    """Latent Dirichlet allocation with as many topics and outliers as ours."""
    from sklearn.decomposition import LatentDirichletAllocation

    model = LatentDirichletAllocation(
        n_topics, learning_method="online", batch_size=512, max_iter=10, random_state=seed
    )
    weights = model.fit_transform(words.counts)
    return _grouped(weights, model.components_, words, outlier_share)


def _grouped(
    weights: Floats, components: Floats, words: Vocabulary, outlier_share: float
) -> ModelTopics:
    """Each text in its strongest topic; those with the weakest share abstain, as many as ours."""
    shares = weights.max(axis=1) / np.maximum(weights.sum(axis=1), 1e-12)
    abstain = np.argsort(shares.round(9), kind="stable")[: round(outlier_share * len(shares))]
    topic = weights.argmax(axis=1).astype(np.int64)
    topic[abstain] = OUTLIER
    return ModelTopics(topic, top_terms(components, words.terms, N_WORDS))


def shuffled(topic: Integers, words: Vocabulary, seed: int) -> ModelTopics:
    """Topics of the same sizes dealt out by chance: what the measures say of nothing."""
    dealt = np.random.default_rng(seed).permutation(topic)
    return ModelTopics(dealt, words_of(dealt, words))


def shuffled_words(words: Vocabulary, seed: int) -> Vocabulary:
    """The words of all passages dealt out by chance, each passage keeping how many it has."""
    from scipy.sparse import csr_matrix

    table = csr_matrix(words.counts)
    tokens = np.repeat(table.indices, table.data)
    dealt = np.random.default_rng(seed).permutation(tokens)
    lengths = np.asarray(table.sum(axis=1)).ravel()
    rows = np.repeat(np.arange(table.shape[0]), lengths)
    counts = csr_matrix((np.ones(len(dealt), dtype=np.int64), (rows, dealt)), shape=table.shape)
    counts.sum_duplicates()
    return Vocabulary(counts, words.terms)
