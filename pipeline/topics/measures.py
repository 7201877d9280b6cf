"""How good topics are: coherent words, different words, not one mission each, the same again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.run.tables.topics import OUTLIER

Integers = npt.NDArray[np.int64]
Strings = npt.NDArray[np.str_]
WordLists = Sequence[Sequence[str]]


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


def best_match_jaccard(topic: Integers, refits: Sequence[Integers]) -> npt.NDArray[np.float64]:
    """For each topic the mean, over refits, of its largest Jaccard with a topic of the refit.

    Hennig's (2007) cluster-wise stability; outliers match nothing.

    Returns:
        float [n topics]; above .75 a topic is called stable, below .5 it dissolves.
    """
    shares = [_best_jaccard(topic, refit) for refit in refits]
    means: npt.NDArray[np.float64] = np.mean(shares, axis=0)
    return means


def _best_jaccard(topic: Integers, refit: Integers) -> npt.NDArray[np.float64]:
    best: npt.NDArray[np.float64] = topic_jaccard(topic, refit).max(axis=1)
    return best


def topic_jaccard(topic: Integers, refit: Integers) -> npt.NDArray[np.float64]:
    """Jaccard of each topic with each group of a refit, float [n topics, n groups or 1]."""
    n_topics, n_refit = int(topic.max()) + 1, int(refit.max()) + 1
    both = np.zeros((n_topics, max(n_refit, 1)))
    inside = (topic != OUTLIER) & (refit != OUTLIER)
    np.add.at(both, (topic[inside], refit[inside]), 1)
    sizes = np.bincount(topic[topic != OUTLIER], minlength=n_topics)[:, None]
    refit_sizes = np.bincount(refit[refit != OUTLIER], minlength=both.shape[1])[None, :]
    either = np.maximum(sizes + refit_sizes - both, 1)
    likeness: npt.NDArray[np.float64] = both / either
    return likeness
