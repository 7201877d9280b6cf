"""TF-IDF of words, of word pairs and of parts of words, with plain settings that can be saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.themes.samples import Floats

WORDS: dict[str, Any] = {
    "ngram_range": (1, 2),
    "min_df": 2,
    "sublinear_tf": True,
    "stop_words": "english",
}
PARTS: dict[str, Any] = {
    "analyzer": "char_wb",
    "ngram_range": (3, 5),
    "min_df": 2,
    "sublinear_tf": True,
}
STEMS: dict[str, Any] = {"analyzer": "char_wb", "ngram_range": (4, 5), "sublinear_tf": True}
"""Parts of words long enough to be stems: a codebook says "patrolling", a text "patrols"."""


@dataclass(frozen=True)
class Vocabulary:
    """Terms that stand in the texts it was learnt from, with their inverse document frequency.

    Attributes:
        settings: of scikit-learn's TfidfVectorizer.
        terms: in the order of the columns.
        frequencies: inverse document frequency, float [terms].
    """

    settings: dict[str, Any]
    terms: tuple[str, ...]
    frequencies: Floats

    def vectors(self, texts: Sequence[str]) -> Any:
        """Sparse float [n, terms], each row of length 1 (or 0 when no term is known)."""
        from scipy.sparse import csr_matrix
        from sklearn.feature_extraction.text import TfidfVectorizer

        if not len(texts):
            return csr_matrix((0, len(self.terms)))
        vectorizer = TfidfVectorizer(**{**self.settings, "min_df": 1}, vocabulary=self.terms)
        vectorizer.idf_ = self.frequencies
        return vectorizer.transform(texts)


def learn_vocabulary(texts: Sequence[str], settings: dict[str, Any]) -> Vocabulary:
    """The terms of these texts that are frequent enough; all, where none is."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    try:
        vectorizer = TfidfVectorizer(**settings).fit(texts)
    except ValueError:  # a handful of units that share no word
        vectorizer = TfidfVectorizer(**{**settings, "min_df": 1}).fit(texts)
    terms = tuple(str(term) for term in vectorizer.get_feature_names_out())
    return Vocabulary(settings, terms, np.asarray(vectorizer.idf_, dtype=np.float64))
