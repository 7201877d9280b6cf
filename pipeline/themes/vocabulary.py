"""Texts as TF-IDF of their terms, where many vocabularies are learnt from the same texts.

What scikit-learn's TfidfVectorizer gives, but a text that is learnt from is taken apart once: in
cross-validation the same units stand in dozens of vocabularies. A text may know the headings above
it; these are none of its terms.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from pipeline.themes.samples import Floats, Integers

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

_TEXTS_KEPT = 8192
_HEADING_END = "\x1f"
_NUMBER = re.compile(r"(?:^|(?<= > ))(?:[IVXLC]+|[A-Z]|\d+)\.\s+")


def under_heading(text: str, section: str) -> str:
    """A text that knows the headings above it.

    >>> heading_of(under_heading("Patrols reached Bor.", "III. Protection of civilians > A. Bor"))
    'Protection of civilians. Bor'
    """
    headings = _NUMBER.sub("", section).replace(" > ", ". ")
    return f"{headings}{_HEADING_END}{text}" if headings else text


def heading_of(text: str) -> str:
    """The headings above a text, or nothing."""
    return text.rpartition(_HEADING_END)[0]


def body_of(text: str) -> str:
    """The text without them."""
    return text.rpartition(_HEADING_END)[2]


class _Terms:
    """The terms of texts under some settings of a TfidfVectorizer.

    Attributes:
        analyse: takes a text apart.
        numbers: a number for each term of a text that was learnt from.
        kept: numbers and counts of the terms of these texts.
        placed: the vocabulary that was asked for last, and the column of each number in it.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self.analyse: Callable[[str], list[str]] = TfidfVectorizer(**settings).build_analyzer()
        self.numbers: dict[str, int] = {}
        self.kept: dict[str, tuple[Integers, Integers]] = {}
        self.placed: tuple[tuple[str, ...], Integers] = ((), np.zeros(0, dtype=int))

    def learn(self, texts: Sequence[str]) -> list[tuple[Integers, Integers]]:
        """Numbers of the terms of each text, and how often it has them."""
        if len(self.kept) + len(texts) > _TEXTS_KEPT:
            self.kept.clear()
        for text in texts:
            if text not in self.kept:
                counted = Counter(self.analyse(body_of(text)))
                terms = [self.numbers.setdefault(term, len(self.numbers)) for term in counted]
                self.kept[text] = (
                    np.array(terms, dtype=int),
                    np.array([*counted.values()], dtype=int),
                )
        return [self.kept[text] for text in texts]

    def columns_in(self, terms: tuple[str, ...]) -> Integers:
        """The column of each number in a vocabulary of these terms, -1 where it has none."""
        before, columns = self.placed
        if before is not terms or len(columns) != len(self.numbers):
            columns = np.full(len(self.numbers), -1)
            found = np.array([self.numbers.get(term, -1) for term in terms], dtype=int)
            columns[found[found >= 0]] = np.flatnonzero(found >= 0)
            self.placed = terms, columns
        return columns


_TERMS: dict[str, _Terms] = {}


def _terms_with(settings: dict[str, Any]) -> _Terms:
    key = json.dumps(settings, sort_keys=True)
    if key not in _TERMS:
        ngrams = (
            {"ngram_range": tuple(settings["ngram_range"])} if "ngram_range" in settings else {}
        )
        _TERMS[key] = _Terms({**settings, **ngrams})
    return _TERMS[key]


@dataclass(frozen=True)
class ThemeVocabulary:
    """Terms that stand in the texts it was learnt from, with their inverse document frequency.

    Attributes:
        settings: of scikit-learn's TfidfVectorizer, with sublinear_tf.
        terms: in the order of the columns.
        frequencies: inverse document frequency, float [terms].
    """

    settings: dict[str, Any]
    terms: tuple[str, ...]
    frequencies: Floats

    def vectors(self, texts: Sequence[str]) -> Any:
        """Sparse float [n, terms], each row of length 1 (or 0 when no term is known)."""
        return self.weighed(self.counts(texts))

    def counts(self, texts: Sequence[str]) -> Any:
        """How often each text has each term, sparse float [n, terms]."""
        from scipy.sparse import csr_matrix

        known, columns = _terms_with(self.settings), self._columns
        column_of = known.columns_in(self.terms)
        places, numbers = [np.zeros(0, dtype=int)], [np.zeros(0, dtype=int)]
        for text in texts:
            if text in known.kept:
                terms, counted = known.kept[text]
                at = column_of[terms]
            else:
                found = Counter(known.analyse(body_of(text)))
                at = np.array([columns.get(term, -1) for term in found], dtype=int)
                counted = np.array([*found.values()], dtype=int)
            places.append(at[at >= 0])
            numbers.append(counted[at >= 0])
        ends = np.cumsum([len(one) for one in places])
        data = np.concatenate(numbers).astype(np.float64)
        shape = (len(texts), len(self.terms))
        counts = csr_matrix((data, np.concatenate(places), ends), shape=shape)
        counts.sort_indices()
        return counts

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {term: column for column, term in enumerate(self.terms)}

    def weighed(self, counts: Any) -> Any:
        """Counts, sparse float [n, terms], as TF-IDF, each row of length 1."""
        from sklearn.preprocessing import normalize

        found = counts.copy()
        found.data = (1 + np.log(found.data)) * self.frequencies[found.indices]
        return normalize(found, copy=False) if len(counts.indptr) > 1 else found


def learn_vocabulary(texts: Sequence[str], settings: dict[str, Any]) -> ThemeVocabulary:
    """The terms of these texts that are frequent enough; all, where none is."""
    known = _terms_with(settings)
    apart = known.learn(texts)
    n_texts = np.bincount(
        np.concatenate([terms for terms, _ in apart]), minlength=len(known.numbers)
    )
    frequent = n_texts >= settings.get("min_df", 1)
    kept = frequent if frequent.any() else n_texts > 0  # a handful of units that share no word
    chosen = sorted(term for term, number in known.numbers.items() if kept[number])
    shares = n_texts[[known.numbers[term] for term in chosen]]
    return ThemeVocabulary(settings, tuple(chosen), np.log((1 + len(texts)) / (1 + shares)) + 1)
