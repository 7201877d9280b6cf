"""How good topics are beside others: BERTopic's defaults, NMF, LDA and shuffled topics.

Measured are coherent words, different words, not one mission each, and the same again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.run.arrays import Floats, Integers, Strings, Vectors
from pipeline.run.tables.topics import OUTLIER
from pipeline.topics.clustering import agreement_of
from pipeline.topics.model import FittedTopics
from pipeline.topics.projection import remembered
from pipeline.topics.selection import Selection, TopicMaterial
from pipeline.topics.terms import Vocabulary, top_terms, typical_words

WordLists = Sequence[Sequence[str]]

N_WORDS = 10
"""Words of a topic that coherence and diversity are measured on, as is the custom."""

DEFAULT_SEEDS = 2
_WORTH_PROCESSES = 3_000  # texts; below that starting a process takes longer than the fit


@dataclass(frozen=True)
class ModelTopics:
    """What one model says of the texts.

    Attributes:
        topic: int [n]; -1 is an outlier.
        words: the `N_WORDS` words that the model itself ranks first, a list a topic.
        agreement: mean pairwise adjusted Rand index of models with other seeds, None where the
            model was fitted once.
    """

    topic: Integers
    words: list[list[str]]
    agreement: float | None = None


def compare_models(
    material: TopicMaterial, fitted: FittedTopics, words: Vocabulary, seed: int
) -> dict[str, Any]:
    """Ours beside BERTopic's defaults, NMF, LDA and nothing, on the same passages and words.

    Args:
        material: of which the texts that topics were fitted on are compared.
        fitted: our topics.
        words: single words of the texts that topics were fitted on.
        seed: of every model that draws.
    """
    of_fitted, topic = material.of(fitted.rows), fitted.topic[fitted.rows]
    selection, mission = of_fitted.selection, of_fitted.origins["mission"]
    n_topics, share = fitted.n_topics, float((topic == OUTLIER).mean())
    defaults = bertopic_defaults(selection, seed)
    as_many_outliers = [reassigned(one, selection.vectors, share) for one in defaults]
    by_nmf, nmf_weights = nmf(words, n_topics, share, seed)
    by_lda, lda_weights = lda(words, n_topics, share, seed)
    by_chance, null = np.random.default_rng(seed).permutation(topic), shuffled_words(words, seed)
    agreed, agreed_reassigned = agreement_of(defaults), agreement_of(as_many_outliers)
    ours, first, moved, dealt = (
        typical_words(words, one, N_WORDS)
        for one in (topic, defaults[0], as_many_outliers[0], by_chance)
    )
    groupings = {
        "ours": ModelTopics(topic, ours, fitted.stability.between_seeds),
        "bertopic_defaults": ModelTopics(defaults[0], first, agreed),
        "bertopic_defaults_reassigned": ModelTopics(as_many_outliers[0], moved, agreed_reassigned),
        "nmf": ModelTopics(by_nmf, top_terms(nmf_weights, words.terms, N_WORDS)),
        "lda": ModelTopics(by_lda, top_terms(lda_weights, words.terms, N_WORDS)),
        "shuffled_topics": ModelTopics(by_chance, dealt),
    }
    scores = {name: score(one, words, mission) for name, one in groupings.items()}
    return scores | {"shuffled_words": score(ModelTopics(topic, ours), null, mission)}


def score(grouping: ModelTopics, words: Vocabulary, mission: Strings) -> dict[str, float | int]:
    """Every measure of a grouping; the passages are those of ``words`` and ``mission``."""
    holds = words.counts
    return {
        "topics": len(grouping.words),
        "outlier_share": round(float((grouping.topic == OUTLIER).mean()), 4),
        **_rounded({} if grouping.agreement is None else {"ari": grouping.agreement}),
        "diversity": round(diversity(grouping.words), 4),
        **_rounded(word_npmi(grouping.words, holds, words.place)),
        **_rounded(mission_information(grouping.topic, mission)),
    }


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}


def bertopic_defaults(selection: Selection, seed: int) -> list[Integers]:
    """`BERTopic()` as it comes, fitted with `DEFAULT_SEEDS` seeds; int [fitted_rows] each.

    On all different original texts and their vectors; of these, the topics of the passages that
    ours are judged on. Only the seed of its UMAP is set, so that a run can be repeated.

    Args:
        selection: the passages.
        seed: of the first fit.
    """
    from joblib import Parallel, delayed

    vectors = selection.all_vectors
    seeds = [(seed + number) % 2**32 for number in range(DEFAULT_SEEDS)]

    def fit_unknown(unknown: list[int]) -> list[Integers]:
        n_jobs = -1 if len(vectors) > _WORTH_PROCESSES else 1
        made: list[Integers] = Parallel(n_jobs=n_jobs)(
            delayed(_bertopic)(selection.all_texts, vectors, one) for one in unknown
        )
        return made

    found = remembered("BERTopic()", [vectors], seeds, fit_unknown)
    return [topic[selection.fitted_rows] for topic in found]


def _bertopic(texts: list[str], vectors: Vectors, seed: int) -> Integers:
    from bertopic import BERTopic

    model = BERTopic()
    model.umap_model.random_state = seed
    return np.asarray(model.fit_transform(texts, vectors)[0], dtype=np.int64)


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


def nmf(
    words: Vocabulary, n_topics: int, outlier_share: float, seed: int
) -> tuple[Integers, Floats]:
    """Non-negative matrix factorisation of TF-IDF with as many topics and outliers as ours.

    Returns:
        int [n], the topic of each text, and float [topics, words], what words weigh in each.
    """
    from sklearn.decomposition import NMF
    from sklearn.feature_extraction.text import TfidfTransformer

    model = NMF(n_topics, init="nndsvda", max_iter=200, random_state=seed)
    weights = model.fit_transform(TfidfTransformer(sublinear_tf=True).fit_transform(words.counts))
    return _strongest(weights, outlier_share), model.components_


def lda(
    words: Vocabulary, n_topics: int, outlier_share: float, seed: int
) -> tuple[Integers, Floats]:
    """Latent Dirichlet allocation with as many topics and outliers as ours; returns as `nmf`."""
    from sklearn.decomposition import LatentDirichletAllocation

    model = LatentDirichletAllocation(
        n_topics, learning_method="online", batch_size=512, max_iter=10, random_state=seed
    )
    weights = model.fit_transform(words.counts)
    return _strongest(weights, outlier_share), model.components_


def _strongest(weights: Floats, outlier_share: float) -> Integers:
    """Each text in its strongest topic; those with the weakest share abstain, as many as ours."""
    shares = weights.max(axis=1) / np.maximum(weights.sum(axis=1), 1e-12)
    abstain = np.argsort(shares.round(9), kind="stable")[: round(outlier_share * len(shares))]
    topic: Integers = weights.argmax(axis=1).astype(np.int64)
    topic[abstain] = OUTLIER
    return topic


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


def word_npmi(words: WordLists, holds: Any, vocabulary: dict[str, int]) -> dict[str, float]:
    """Coherence of topics' words: mean NPMI of pairs, and c_v, over topics.

    NPMI (Bouma 2009; Lau, Newman and Baldwin 2014) counts words that stand in the same passage; a
    pair that never does has -1. c_v is the one-set cosine of Röder, Both and Hinneburg (2015) on
    the same counts; its sliding window of 110 words is here the passage, which is no longer.

    Args:
        words: the words of each topic; all in ``vocabulary``.
        holds: sparse boolean [n passages, n words]: which passage holds which word.
        vocabulary: column of each word.
    """
    listed = sorted({vocabulary[word] for topic in words for word in topic})
    place = {column: row for row, column in enumerate(listed)}
    pairs = _npmi_of_pairs(holds[:, listed])
    npmi, c_v = [], []
    for topic in words:
        rows = [place[vocabulary[word]] for word in topic]
        block = pairs[np.ix_(rows, rows)]
        npmi.append(float(np.mean([block[i, j] for i, j in combinations(range(len(rows)), 2)])))
        total = block.sum(axis=0)
        lengths = np.linalg.norm(block, axis=1) * np.linalg.norm(total)
        c_v.append(float(np.mean(block @ total / np.where(lengths > 0, lengths, 1))))
    return {"npmi": float(np.mean(npmi)), "c_v": float(np.mean(c_v))}


def _npmi_of_pairs(holds: Any) -> npt.NDArray[np.float64]:
    """Float [n words, n words]; 1 on the diagonal, -1 for words never in one passage."""
    present = (holds > 0).astype(np.float64)
    together = np.asarray((present.T @ present).todense()) / present.shape[0]
    alone = np.diag(together)
    with np.errstate(divide="ignore", invalid="ignore"):
        npmi = np.log(together / np.outer(alone, alone)) / -np.log(together)
    result: npt.NDArray[np.float64] = np.where(together > 0, npmi, -1.0)
    np.fill_diagonal(result, 1.0)
    return result


def diversity(words: WordLists) -> float:
    """Different words over all words that topics list (Dieng, Ruiz and Blei 2020).

    >>> diversity([["women", "peace"], ["peace", "mines"]])
    0.75
    """
    listed = [word for topic in words for word in topic]
    return len(set(listed)) / len(listed)


def mission_information(topic: Integers, mission: Strings) -> dict[str, float]:
    """Normalised and adjusted mutual information of topic and mission; lower is better.

    Outliers and passages of no mission ("") are not counted. The adjusted figure takes away what
    as many groups of the same sizes would share with missions by chance.
    """
    from sklearn.metrics import adjusted_mutual_info_score, normalized_mutual_info_score

    counted = (topic != OUTLIER) & (mission != "")
    if not counted.any():
        return {"mission_nmi": 0.0, "mission_ami": 0.0}
    pair = mission[counted], topic[counted]
    return {
        "mission_nmi": float(normalized_mutual_info_score(*pair)),
        "mission_ami": float(adjusted_mutual_info_score(*pair)),
    }
