"""The model in use: four kinds of evidence that a text says a theme, weighed together.

With 10 to 50 positives a theme there is nothing to spare for a set of its own, and the
combination of several kinds of evidence must be learnt from predictions on units that the
evidence was not learnt from. For a ridge these are known exactly from one fit.

- *words*: a ridge on TF-IDF of words and of parts of words, learnt from coded units;
- *meaning*: a ridge on the vector, learnt from coded units;
- *definition*: nearness of the vector to what the codebook says of the theme;
- *dictionary*: words shared with what the codebook says of the theme. The last two need no coding.

One logistic regression weighs them, the same for all themes, so that its five numbers are learnt
from every coded unit. It learns from what the two ridges would have said of each unit had its
group not been there (stacking; Wolpert 1992, with the exact held-out predictions of a ridge).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.run.types import Vectors
from pipeline.study.codebook import Theme
from pipeline.themes.samples import Booleans, Floats, Integers, Sample

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
class ThemeVocabulary:
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


def learn_vocabulary(texts: Sequence[str], settings: dict[str, Any]) -> ThemeVocabulary:
    """The terms of these texts that are frequent enough; all, where none is."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    try:
        vectorizer = TfidfVectorizer(**settings).fit(texts)
    except ValueError:  # a handful of units that share no word
        vectorizer = TfidfVectorizer(**{**settings, "min_df": 1}).fit(texts)
    terms = tuple(str(term) for term in vectorizer.get_feature_names_out())
    return ThemeVocabulary(settings, terms, np.asarray(vectorizer.idf_, dtype=np.float64))


_NEVER = -1.0
"""The answer for a theme that no unit has."""


@dataclass(frozen=True)
class Ridge:
    """A fitted ridge, one column a theme.

    Attributes:
        dual: float [n, themes], the weight of each unit; 0 for a theme that no unit has.
        bias: float [themes].
        held_out: float [n, themes], the answer for each unit had its group not been there.
    """

    dual: Floats
    bias: Floats
    held_out: Floats


def balanced_ridge(
    products: Floats, labels: Booleans, groups: Sequence[str], penalty: float
) -> Ridge:
    """Regress -1 (theme absent) and 1 (present) on the units, both classes weighing the same.

    With K the products of the units' features plus 1 for the bias, W the diagonal of class weights
    n / (2 n_class) and M = (K + penalty / W)^-1, the weights of the units are a = M y. What the
    ridge would say of a group G without it is y_G - M_GG^-1 a_G (Rifkin and Lippert 2007, "Notes on
    Regularized Least Squares", section 5, for single units; the block form follows in the same way
    from the partitioned inverse). Class weights are those of all units.

    Args:
        products: inner products of the units' features, float [n, n].
        labels: bool [n, themes].
        groups: what is left out together, one a unit.
        penalty: larger is smoother.
    """
    members = _members(groups)
    sizes, directions = np.linalg.eigh(products + 1.0)
    columns = [_column(sizes, directions, present, members, penalty) for present in labels.T]
    dual = np.column_stack([dual for dual, _ in columns])
    held_out = np.column_stack([held_out for _, held_out in columns])
    bias = np.where(labels.any(axis=0), dual.sum(axis=0), _NEVER)
    return Ridge(dual, bias, held_out)


def _members(groups: Sequence[str]) -> list[Integers]:
    """The rows of each group."""
    _, member = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    return [np.flatnonzero(member == group) for group in range(member.max() + 1)]


def _column(
    sizes: Floats, directions: Floats, present: Booleans, members: list[Integers], penalty: float
) -> tuple[Floats, Floats]:
    """Dual weights and held-out answers of one theme, each float [n].

    One decomposition of K serves all themes. With the weight of the absent class for every unit the
    inverse is B = (K + c)^-1; the units that have the theme, few, change it by a matrix of their
    number (Woodbury's identity): M = B - B_P d (1 + d B_PP)^-1 B_P'.
    """
    n, n_present = len(present), int(present.sum())
    if not n_present:
        return np.zeros(n), np.full(n, _NEVER)
    target = np.where(present, 1.0, -1.0)
    common = 2 * penalty * max(1, n - n_present) / n
    more = 2 * penalty * n_present / n - common
    scaled = directions / (sizes + common)
    of_present = scaled @ directions[present].T
    core = more * np.linalg.inv(np.eye(n_present) + more * of_present[present])
    plain = scaled @ (directions.T @ target)
    dual = np.asarray(plain - of_present @ (core @ plain[present]), dtype=np.float64)
    held_out = np.empty(n)
    for rows in members:
        block = scaled[rows] @ directions[rows].T - of_present[rows] @ core @ of_present[rows].T
        held_out[rows] = target[rows] - np.linalg.solve(block, dual[rows])
    return dual, held_out


EVIDENCE = ("words", "meaning", "definition", "dictionary")

_WORDS_PENALTY = 1.0
_MEANING_PENALTY = 0.1
"""Set beforehand, not tuned: vectors of one corpus lie nearer to each other than its words."""

_TINY = 1e-9


@dataclass(frozen=True)
class ThemeText:
    """What the codebook says of each theme: texts, and vectors float32 [themes, dimension]."""

    texts: tuple[str, ...]
    vectors: Vectors


def described_theme(theme: Theme) -> str:
    """What the codebook says that a theme is; not what it excludes, which names other themes."""
    return " ".join(f"{theme.name}. {theme.definition} {theme.include}".split())


@dataclass(frozen=True)
class Fitted:
    """All that predicts; arrays and terms only, so that it can be saved without code.

    Attributes:
        words: vocabulary of words, then of parts of words.
        stems: vocabulary of the dictionary.
        arrays: words [terms, themes], words_bias [themes], meaning [dimension, themes],
            meaning_bias [themes], definitions [themes, dimension], dictionary [terms, themes],
            centre and scale [2, themes] of the last two kinds of evidence, weights [4] and
            intercept [1] of the combination.
    """

    words: tuple[ThemeVocabulary, ThemeVocabulary]
    stems: ThemeVocabulary
    arrays: Mapping[str, Floats]

    def evidence(self, texts: Sequence[str], vectors: Vectors) -> Floats:
        """What speaks for each theme, float [n, themes, 4], in the order of EVIDENCE."""
        wide, arrays = vectors.astype(np.float64), self.arrays
        words = _word_vectors(self.words, texts) @ arrays["words"] + arrays["words_bias"]
        meaning = wide @ arrays["meaning"] + arrays["meaning_bias"]
        untrained = _untrained(self.stems, arrays, texts, wide)
        return np.stack([words, meaning, *_standardised(untrained, arrays)], axis=2)

    def probability(self, evidence: Floats) -> Floats:
        """Float [n, themes] from evidence [n, themes, 4]."""
        odds = evidence @ self.arrays["weights"] + self.arrays["intercept"][0]
        probability: Floats = 1 / (1 + np.exp(-odds))
        return probability


@dataclass
class Combination:
    """Learns how to weigh the evidence; see the module's docstring."""

    themes: ThemeText
    fitted: Fitted | None = None
    held_out: Floats | None = None

    def fit(self, sample: Sample, extra: Sample | None = None) -> None:
        """Learn evidence from the sample and ``extra``, and its weights from the sample alone."""
        units = sample.plus(extra)
        words = (learn_vocabulary(units.texts, WORDS), learn_vocabulary(units.texts, PARTS))
        stems = learn_vocabulary((*units.texts, *self.themes.texts), STEMS)
        word_vectors, wide = _word_vectors(words, units.texts), units.vectors.astype(np.float64)
        by_words = balanced_ridge(
            (word_vectors @ word_vectors.T).toarray(), units.labels, units.groups, _WORDS_PENALTY
        )
        by_meaning = balanced_ridge(wide @ wide.T, units.labels, units.groups, _MEANING_PENALTY)
        arrays = {
            "words": word_vectors.T @ by_words.dual,
            "words_bias": by_words.bias,
            "meaning": wide.T @ by_meaning.dual,
            "meaning_bias": by_meaning.bias,
            "definitions": self.themes.vectors.astype(np.float64),
            "dictionary": stems.vectors(self.themes.texts).T.toarray(),
        }
        untrained = _untrained(stems, arrays, units.texts, wide)
        arrays |= {
            "centre": np.stack([one.mean(axis=0) for one in untrained]),
            "scale": np.stack([one.std(axis=0) + _TINY for one in untrained]),
        }
        evidence = _held_out_evidence(by_words, by_meaning, _standardised(untrained, arrays))
        arrays |= _weighed(evidence[: len(sample)], sample)
        self.fitted = Fitted(words, stems, arrays)
        self.held_out = self.fitted.probability(evidence[: len(sample)])

    def predict(self, texts: Sequence[str], vectors: Vectors) -> Floats:
        """Probabilities, float [n, themes]."""
        if self.fitted is None:
            raise AssertionError("predict comes after fit")
        return self.fitted.probability(self.fitted.evidence(texts, vectors))


def _word_vectors(words: tuple[ThemeVocabulary, ThemeVocabulary], texts: Sequence[str]) -> Any:
    from scipy.sparse import hstack

    return hstack([vocabulary.vectors(texts) for vocabulary in words]).tocsr()


def _untrained(
    stems: ThemeVocabulary, arrays: Mapping[str, Floats], texts: Sequence[str], wide: Floats
) -> tuple[Floats, Floats]:
    """Cosine with the definition, and of stems with the codebook's; each float [n, themes]."""
    return wide @ arrays["definitions"].T, np.asarray(stems.vectors(texts) @ arrays["dictionary"])


def _standardised(untrained: Sequence[Floats], arrays: Mapping[str, Floats]) -> list[Floats]:
    """Some definitions are near to everything: each theme's evidence in standard deviations."""
    return [
        (one - centre) / scale
        for one, centre, scale in zip(untrained, arrays["centre"], arrays["scale"], strict=True)
    ]


def _held_out_evidence(words: Ridge, meaning: Ridge, untrained: Sequence[Floats]) -> Floats:
    return np.stack([words.held_out, meaning.held_out, *untrained], axis=2)


def _weighed(evidence: Floats, sample: Sample) -> dict[str, Floats]:
    """Weights float [4] and intercept float [1] of the kinds of evidence."""
    from sklearn.linear_model import LogisticRegression

    labels = sample.labels.ravel()
    if not labels.any():
        return {"weights": np.zeros(len(EVIDENCE)), "intercept": np.full(1, -np.inf)}
    regression = LogisticRegression(max_iter=1000)
    regression.fit(evidence.reshape(-1, len(EVIDENCE)), labels)
    return {"weights": regression.coef_[0], "intercept": regression.intercept_}
