"""BERTopic with every part named: UMAP, HDBSCAN, vocabulary and class-based TF-IDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.errors import StageError
from pipeline.settings import TopicSettings
from pipeline.vector_cache import Vectors

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FEWEST_PASSAGES = 20
"""Below this neither neighbours nor clusters mean anything."""

_PASSAGES_A_TOPIC = 15
_FEWEST_IN_A_TOPIC = 5

UN_STOP_WORDS = frozenset(
    """
    accordance according acting additional addition appropriate calls concerned concerning continue
    continues council decides emphasises emphasising emphasizes emphasizing encourages encouraging
    expresses expressing including inter alia light line member members nations noting notes order
    paragraph paragraphs particular present recalling recalls recognising recognizing reaffirming
    reaffirms referred regard regarding relevant reiterates reiterating report reports request
    requests resolution resolutions respect secretary general security set shall stresses stressing
    strongly takes taking united urges urging view welcomes welcoming
    """.split()
)
"""What every UN text says; a topic named by it would be a formula."""


@dataclass(frozen=True)
class FittedTopics:
    """What BERTopic found, one entry a different text.

    Attributes:
        topic: int [n]; topics are numbered from 0, largest first; -1 is an outlier.
        probability: float [n], HDBSCAN's strength of membership, 0 for outliers.
        terms: terms of each topic, most typical first.
        settings: those that were used, which for a small corpus differ from those asked for.
    """

    topic: Integers
    probability: Floats
    terms: list[list[str]]
    settings: TopicSettings


def fitting_settings(settings: TopicSettings, n_texts: int) -> TopicSettings:
    """The settings that fit a corpus of this size: a small one gets smaller clusters.

    Raises:
        StageError: there are too few texts for any topic.
    """
    if n_texts < FEWEST_PASSAGES:
        raise StageError(
            f"topics need at least {FEWEST_PASSAGES} different passages and there are {n_texts}; "
            "add documents, or lower topics.min_words in configs/params.yaml"
        )
    size = min(settings.min_cluster_size, max(_FEWEST_IN_A_TOPIC, n_texts // _PASSAGES_A_TOPIC))
    return replace_settings(
        settings,
        min_cluster_size=size,
        min_samples=min(settings.min_samples, max(1, size // 2)),
        n_neighbors=min(settings.n_neighbors, n_texts - 1),
        n_components=min(settings.n_components, n_texts - 2),
        min_term_passages=min(settings.min_term_passages, max(1, size // 5)),
    )


def replace_settings(settings: TopicSettings, **changes: int) -> TopicSettings:
    """The settings with some values changed."""
    return settings.model_copy(update=changes)


def fit_topics(
    texts: Sequence[str], vectors: Vectors, settings: TopicSettings, seed: int
) -> FittedTopics:
    """Fit BERTopic (Grootendorst 2022) on different texts and their vectors.

    Args:
        texts: n different texts, in an order that does not depend on the order of the corpus.
        vectors: float32 [n, dimension].
        settings: see `fitting_settings`.
        seed: of UMAP, which then runs on one thread and gives the same bytes.

    Raises:
        StageError: there are too few texts, or no topic was found.
    """
    from bertopic import BERTopic

    used = fitting_settings(settings, len(texts))
    model = BERTopic(
        language="multilingual",  # "english" would strip hyphens and apostrophes from words
        umap_model=_umap(used, seed),
        hdbscan_model=_hdbscan(used),
        vectorizer_model=_vectorizer(texts, used),
        ctfidf_model=_class_tfidf(),
        top_n_words=used.n_terms,
        calculate_probabilities=False,
    )
    topic, probability = model.fit_transform(list(texts), embeddings=vectors)
    found = np.asarray(topic, dtype=np.int64)
    if (found < 0).all():
        raise StageError(
            f"no topic was found among {len(texts)} passages; "
            "lower topics.min_cluster_size or topics.min_samples in configs/params.yaml"
        )
    strength = np.where(found < 0, 0.0, np.asarray(probability, dtype=np.float64))
    terms = [[term for term, _ in model.get_topic(key) if term] for key in range(found.max() + 1)]
    return FittedTopics(found, strength, terms, used)


def lay_out_map(vectors: Vectors, settings: TopicSettings, seed: int) -> Floats:
    """Places on a plane, float [n, 2]: UMAP to two dimensions, for the eye only."""
    used = fitting_settings(settings, len(vectors))
    flat = replace_settings(used, n_components=2).model_copy(update={"min_dist": 0.1})
    places: Floats = _umap(flat, seed).fit_transform(vectors).astype(np.float64)
    return places


def _umap(settings: TopicSettings, seed: int) -> Any:
    import umap

    return umap.UMAP(
        n_neighbors=settings.n_neighbors,
        n_components=settings.n_components,
        min_dist=settings.min_dist,
        metric="cosine",
        random_state=seed,
        n_jobs=1,
    )


def _hdbscan(settings: TopicSettings) -> object:
    import hdbscan

    return hdbscan.HDBSCAN(
        min_cluster_size=settings.min_cluster_size,
        min_samples=settings.min_samples,
        metric="euclidean",
        cluster_selection_method="eom",
        core_dist_n_jobs=1,
    )


def _vectorizer(texts: Sequence[str], settings: TopicSettings) -> object:
    """Counts a vocabulary fixed beforehand.

    BERTopic shows the vectorizer one joined text a topic, so a ``min_df`` given to it would ask for
    topics, not passages; here a term must stand in enough passages.
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

    options = {
        "ngram_range": (1, settings.max_ngram),
        "stop_words": sorted(ENGLISH_STOP_WORDS | UN_STOP_WORDS),
        "token_pattern": r"(?u)\b[^\W\d_][\w’'-]*[^\W_]\b",
    }
    counter = CountVectorizer(min_df=settings.min_term_passages, **options)
    try:
        counter.fit(texts)
    except ValueError:
        raise StageError(
            "no term stands in enough passages; lower topics.min_term_passages in "
            "configs/params.yaml"
        ) from None
    return CountVectorizer(vocabulary=sorted(counter.vocabulary_), **options)


def _class_tfidf() -> object:
    from bertopic.vectorizers import ClassTfidfTransformer

    return ClassTfidfTransformer(reduce_frequent_words=True)
