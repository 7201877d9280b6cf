"""The classifiers that are compared, from a guess to the combination in use.

A model is a class with ``fit(sample)`` and ``predict(texts, vectors)``, which gives a probability
for each text and theme, float [n, themes]. With 10 to 50 positives a theme only simple models with
strong regularisation pay; the theme's own definition, from the codebook, is evidence beside the
coded units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from pipeline.themes.samples import Booleans, Floats, Sample
from pipeline.vector_cache import Vectors

_DEFINITION_WEIGHT = 3.0
"""Scale of the similarity features against the vector itself, so that the penalty spares them."""

_TINY = 1e-6


class ThemeModel(Protocol):
    """Anything that learns themes from coded units."""

    def fit(self, sample: Sample) -> None:
        """Learn from coded units."""

    def predict(self, texts: Sequence[str], vectors: Vectors) -> Floats:
        """Probabilities, float [n, themes]."""


ModelMaker = Callable[[], ThemeModel]


@dataclass
class Majority:
    """Every text is as likely to have a theme as the coded units were: the chance level."""

    shares: Floats = field(default_factory=lambda: np.zeros(0))

    def fit(self, sample: Sample) -> None:
        """Count."""
        self.shares = sample.labels.mean(axis=0)

    def predict(self, texts: Sequence[str], vectors: Vectors) -> Floats:  # noqa: ARG002
        """The same shares for every text."""
        return np.tile(self.shares, (len(texts), 1))


@dataclass
class Definitions:
    """Nearness in meaning to the theme's definition, without any training (zero-shot)."""

    definitions: Vectors

    def fit(self, sample: Sample) -> None:
        """Nothing is learnt."""

    def predict(self, texts: Sequence[str], vectors: Vectors) -> Floats:  # noqa: ARG002
        """Cosine similarity, moved from -1..1 to 0..1."""
        return np.clip((1 + vectors.astype(np.float64) @ self.definitions.T) / 2, 0, 1)


@dataclass
class Tfidf:
    """Balanced logistic regression on TF-IDF of words and of parts of words.

    There are many more terms than coded units, and the weights that a ridge penalty finds lie in
    the span of the units. So the regressions run on the units' coordinates in that span (at most
    as many as units), which gives the same probabilities sooner.
    """

    regularisation: float
    vectorizers: tuple[Any, ...] = ()
    trained_on: Any = None
    basis: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    regressions: list[Any] = field(default_factory=list)

    def fit(self, sample: Sample) -> None:
        """Learn vocabulary and weights."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        words = TfidfVectorizer(
            ngram_range=(1, 2), min_df=2, sublinear_tf=True, stop_words="english"
        )
        parts = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2, sublinear_tf=True)
        self.vectorizers = (words.fit(sample.texts), parts.fit(sample.texts))
        self.trained_on = self._terms(sample.texts)
        products = (self.trained_on @ self.trained_on.T).toarray()
        lengths, directions = np.linalg.eigh(products)
        kept = lengths > _TINY
        self.basis = directions[:, kept] / np.sqrt(lengths[kept])
        self.regressions = _regressions(products @ self.basis, sample.labels, self.regularisation)

    def predict(self, texts: Sequence[str], vectors: Vectors) -> Floats:  # noqa: ARG002
        """Probabilities by the words alone."""
        products = (self._terms(texts) @ self.trained_on.T).toarray()
        return _probabilities(self.regressions, products @ self.basis)

    def _terms(self, texts: Sequence[str]) -> Any:
        from scipy.sparse import hstack

        return hstack([vectorizer.transform(texts) for vectorizer in self.vectorizers]).tocsr()


@dataclass
class Embeddings:
    """Balanced logistic regression on the vector and its similarity to every definition."""

    definitions: Vectors
    regularisation: float
    regressions: list[Any] = field(default_factory=list)

    def fit(self, sample: Sample) -> None:
        """Learn weights."""
        features = self._features(sample.vectors)
        self.regressions = _regressions(features, sample.labels, self.regularisation)

    def predict(self, texts: Sequence[str], vectors: Vectors) -> Floats:  # noqa: ARG002
        """Probabilities by meaning alone."""
        return _probabilities(self.regressions, self._features(vectors))

    def _features(self, vectors: Vectors) -> Floats:
        wide = vectors.astype(np.float64)
        return np.hstack([wide, _DEFINITION_WEIGHT * (wide @ self.definitions.T)])


@dataclass
class Combination:
    """The mean of several models' log-odds: words and meaning together."""

    parts: tuple[ThemeModel, ...]

    def fit(self, sample: Sample) -> None:
        """Each part learns by itself."""
        for part in self.parts:
            part.fit(sample)

    def predict(self, texts: Sequence[str], vectors: Vectors) -> Floats:
        """Probabilities of the mean log-odds."""
        logits = [_log_odds(part.predict(texts, vectors)) for part in self.parts]
        combined: Floats = 1 / (1 + np.exp(-np.mean(logits, axis=0)))
        return combined


def model_makers(definitions: Vectors, regularisation: float) -> dict[str, ModelMaker]:
    """The models that are compared, by name, from a guess upwards.

    Args:
        definitions: vectors of the themes' definitions, float32 [themes, dimension].
        regularisation: C of every logistic regression.
    """

    def tfidf() -> ThemeModel:
        return Tfidf(regularisation)

    def embeddings() -> ThemeModel:
        return Embeddings(definitions, regularisation)

    return {
        "majority": Majority,
        "definitions": lambda: Definitions(definitions),
        "tfidf": tfidf,
        "embeddings": embeddings,
        "combined": lambda: Combination((tfidf(), embeddings())),
    }


def _log_odds(probability: Floats) -> Floats:
    inside = np.clip(probability, _TINY, 1 - _TINY)
    odds: Floats = np.log(inside / (1 - inside))
    return odds


def _regressions(features: Any, labels: Booleans, regularisation: float) -> list[Any]:
    """One regression a theme; None for a theme that no unit has, or every unit."""
    from sklearn.linear_model import LogisticRegression

    fitted: list[Any] = []
    for column in labels.T:
        if column.all() or not column.any():
            fitted.append(None)
            continue
        regression = LogisticRegression(
            C=regularisation,
            class_weight="balanced",
            solver="liblinear",  # ten times faster here than lbfgs
            max_iter=2000,
        )
        fitted.append(regression.fit(features, column))
    return fitted


def _probabilities(regressions: list[Any], features: Any) -> Floats:
    columns = [
        np.zeros(features.shape[0])
        if regression is None
        else regression.predict_proba(features)[:, 1]
        for regression in regressions
    ]
    return np.column_stack(columns)
