"""The words of topics: a vocabulary of passages, and class-based TF-IDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from pipeline.run.arrays import Floats, Integers, Vectors
from pipeline.run.errors import StageError
from pipeline.run.tables.topics import OUTLIER
from pipeline.topics.masking import NAME_WORD

UN_STOP_WORDS = frozenset(
    """
    accordance according acting additional addition appropriate calls concerned concerning continue
    continues council decides emphasises emphasising emphasizes emphasizing encourages encouraging
    expresses expressing including inter alia light line member members nations noting notes order
    paragraph paragraphs particular present recalling recalls recognising recognizing reaffirming
    reaffirms referred regard regarding relevant reiterates reiterating report reports request
    requests resolution resolutions respect secretary general security set shall stresses stressing
    strongly takes taking united urges urging view welcomes welcoming

    able acknowledges acknowledging appreciation aforementioned aimed annex article authorizes
    authorises based called calling commends commending concern condemns condemning contained
    context contribute demands demanding determination ensure ensuring envisaged established
    expressed facilitate following forward including looks mentioned necessary needed possible
    provide provided providing requested days dated letter letters months thank like
    secretary-general secretary‑general setting strengthen strengthening supporting taken
    underlines underlining underscores underscoring undertake undertaken use used using
    """.split()
)
"""What every UN text says; a topic named by it would be a formula."""

_CHOSEN = 100  # terms of a topic by class-based TF-IDF that are ranked further
_TOKEN = r"(?u)\b[^\W\d_][\w-]*[^\W_]\b"  # noqa: S105


@dataclass(frozen=True)
class Vocabulary:
    """Terms and how often passages hold them.

    Attributes:
        counts: sparse int [n passages, n terms].
        terms: the terms, in alphabetical order.
    """

    counts: Any
    terms: list[str]

    @cached_property
    def place(self) -> dict[str, int]:
        """Column of each term."""
        return {term: column for column, term in enumerate(self.terms)}


def counter(max_ngram: int, **options: Any) -> Any:
    """scikit-learn's CountVectorizer for words, and stretches of up to ``max_ngram`` words."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

    return CountVectorizer(
        ngram_range=(1, max_ngram),
        stop_words=sorted(ENGLISH_STOP_WORDS | UN_STOP_WORDS),
        token_pattern=_TOKEN,
        **options,
    )


def count_terms(texts: Sequence[str], *, max_ngram: int, fewest_passages: int) -> Vocabulary:
    """Count the terms that stand in enough passages and hold no name.

    Raises:
        StageError: no term stands in enough passages.
    """
    words = counter(max_ngram, min_df=fewest_passages)
    try:
        counts = words.fit_transform(texts)
    except ValueError:
        raise StageError(
            "no term stands in enough passages; lower topics.min_term_passages in "
            "configs/params.yaml"
        ) from None
    terms = words.get_feature_names_out().tolist()
    kept = [column for column, term in enumerate(terms) if NAME_WORD not in term]
    return Vocabulary(counts[:, kept], [terms[column] for column in kept])


def typicality(vocabulary: Vocabulary, topic: Integers, weights: Any = None) -> Floats:
    """How typical terms are: Jaccard of passages with the term and passages of the topic.

    Class-based TF-IDF picks the terms that may count, the `_CHOSEN` first of each topic; among
    these the Jaccard, unlike TF-IDF alone, puts those first that run through the topic and not
    through others. Other terms have 0.

    Args:
        vocabulary: of the passages.
        topic: int [n] of the passages.
        weights: class-based TF-IDF, [topics, terms], where it is known; it may have a row for
            outliers before the others.

    Returns:
        float, shaped as the weights; without them one row a topic.
    """
    classes, member = _membership(topic)
    if weights is None:
        weights = _class_tfidf(member @ vocabulary.counts)[classes != OUTLIER]
    holds = (vocabulary.counts > 0).astype(np.float64)
    both = np.asarray((member @ holds).todense())
    sizes = np.asarray(member.sum(axis=1))
    either = sizes + np.asarray(holds.sum(axis=0)) - both
    likeness = (both / np.maximum(either, 1))[-weights.shape[0] :]
    dense = np.asarray(weights.todense())
    order = np.argsort(-dense.round(6), axis=1, kind="stable")
    kept = np.zeros_like(likeness)
    np.put_along_axis(kept, order[:, :_CHOSEN], 1.0, axis=1)
    typical: Floats = likeness * kept
    return typical


def _class_tfidf(counts: Any) -> Any:
    """BERTopic's class-based TF-IDF (Grootendorst 2022), sparse [classes, terms].

    Outliers are a class too, so that their words count as common.
    """
    from bertopic.vectorizers import ClassTfidfTransformer
    from scipy.sparse import csr_matrix

    return ClassTfidfTransformer(reduce_frequent_words=True).fit_transform(csr_matrix(counts))


def typical_rows(vectors: Vectors, topic: Integers, n_rows: int) -> list[list[int]]:
    """For each topic the rows nearest to its mean direction, nearest first."""
    found = []
    for topic_id in range(int(topic.max()) + 1):
        rows = np.flatnonzero(topic == topic_id)
        members = vectors[rows].astype(np.float64)
        nearness = (members @ members.sum(axis=0)).round(6)
        found.append(rows[np.argsort(-nearness, kind="stable")[:n_rows]].tolist())
    return found


def _membership(topic: Integers) -> tuple[Integers, Any]:
    """The topics in order, and sparse [n topics, n passages]: which passage is in which."""
    from scipy.sparse import csr_matrix

    classes, row = np.unique(topic, return_inverse=True)
    return classes, csr_matrix((np.ones(len(topic)), (row, np.arange(len(topic)))))


def weighted_terms(
    weights: Any, terms: Sequence[str], n_terms: int
) -> list[list[tuple[str, float]]]:
    """Terms with the largest weights in each row, largest first, ties by alphabet."""
    rounded = np.round(weights, 6)
    orders = np.argsort(-rounded, axis=1, kind="stable")[:, :n_terms]
    return [
        [(terms[column], float(row[column])) for column in order if row[column] > 0]
        for row, order in zip(rounded, orders, strict=True)
    ]


def top_terms(weights: Any, terms: Sequence[str], n_terms: int) -> list[list[str]]:
    """The same without their weights."""
    return [[term for term, _ in row] for row in weighted_terms(weights, terms, n_terms)]


def typical_words(vocabulary: Vocabulary, topic: Integers, n_words: int) -> list[list[str]]:
    """The words of each topic as `typicality` ranks them; none where all texts are outliers."""
    if topic.max() < 0:
        return []
    return top_terms(typicality(vocabulary, topic), vocabulary.terms, n_words)
