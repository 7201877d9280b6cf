"""Other ways to group the same passages, so that a figure for the topics has company.

A random partition of the same sizes is there already: it is what shuffling freely makes.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.compare.labels import LabelledPassages
from pipeline.compare.measures import Integers, RealNumbers
from pipeline.tables.topics import OUTLIER

_STARTS = 3
_NMF_ROUNDS = 200
_FEWEST_PASSAGES_A_WORD = 5
_SMALL_CORPUS = 500


def regrouped(
    labelled: LabelledPassages, groups: Mapping[str, int], candidate: str
) -> LabelledPassages:
    """The same passages and themes with other groups, by passage_id; OUTLIER where none is."""
    found = [groups.get(passage_id, OUTLIER) for passage_id in labelled.passage_ids]
    return replace(labelled, group=np.array(found, dtype=np.int64), candidate=candidate)


def groups_by_text(passages: pl.DataFrame, groups_of_texts: Integers) -> dict[str, int]:
    """Groups of different texts given to every passage that has the text.

    Args:
        passages: passage_id, text.
        groups_of_texts: int, one a different text, in the order of `different_texts`.
    """
    texts = different_texts(passages)
    of_text = dict(zip(texts["text"].to_list(), groups_of_texts.tolist(), strict=True))
    return {passage_id: of_text[text] for passage_id, text in passages.iter_rows()}


def different_texts(passages: pl.DataFrame) -> pl.DataFrame:
    """passage_id and text, each text once, in an order that does not depend on the corpus's."""
    return passages.sort("passage_id").unique("text", keep="first", maintain_order=True)


def kmeans_groups(
    vectors: RealNumbers, n_groups: int, seed: int, n_starts: int = _STARTS
) -> Integers:
    """k-means (Lloyd) on the vectors, int [n]."""
    from sklearn.cluster import KMeans

    with one_thread():
        model = KMeans(min(n_groups, len(vectors)), n_init=n_starts, random_state=seed)
        groups: Integers = model.fit_predict(vectors).astype(np.int64)
    return groups


def nmf_groups(texts: Sequence[str], n_groups: int, seed: int) -> Integers:
    """The strongest part of a non-negative factorisation of TF-IDF weights, int [n].

    Source: Lee and Seung (1999). It sees words, not vectors: a baseline without a language model.
    A text without any word of the vocabulary is an OUTLIER.
    """
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import TfidfVectorizer

    fewest = _FEWEST_PASSAGES_A_WORD if len(texts) >= _SMALL_CORPUS else 2
    weights = TfidfVectorizer(
        stop_words="english", min_df=fewest, max_df=0.5, sublinear_tf=True
    ).fit_transform(texts)
    n_parts = min(n_groups, *weights.shape)
    model = NMF(n_parts, init="nndsvda", max_iter=_NMF_ROUNDS, random_state=seed)
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the strongest part has long settled
        strength = model.fit_transform(weights)
    return np.where(strength.max(1) > 0, strength.argmax(1), OUTLIER).astype(np.int64)


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums in a fixed order: several threads add up in the order in which they finish.

    It is faster, too: the many small products of permutations spend their time on waking threads.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield
