"""The classifiers that are compared, from a guess to the combination in use.

A model is a class with ``fit(sample)`` and ``predict(texts, vectors, unit_set)``, which gives a
probability for each text and theme, float [n, themes]. A sample may be of several sets; a model may
know what a set has of its own. It may know its held-out probabilities, too: what it would say of
each unit of the sample had the unit's group not been there. With 10 to 50 positives a
theme only simple models with strong regularisation pay; the theme's own definition, from the
codebook, is evidence beside the coded units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from pipeline.run.arrays import Vectors
from pipeline.themes.combination import Combination, ThemeText
from pipeline.themes.samples import ANY_SET, Booleans, Floats, Sample
from pipeline.themes.vocabulary import PARTS, STEMS, WORDS, ThemeVocabulary, learn_vocabulary

_DEFINITION_WEIGHT = 3.0
"""Scale of the similarity features against the vector itself, so that the penalty spares them."""

_TINY = 1e-6

SAVED = "combined"
"""The model that is saved for other texts, whatever model scores the passages."""


class ThemeModel(Protocol):
    """Anything that learns themes from coded units."""

    held_out: Floats | None

    def fit(self, sample: Sample) -> None:
        """Learn from coded units."""

    def predict(self, texts: Sequence[str], vectors: Vectors, unit_set: str = ANY_SET) -> Floats:
        """Probabilities, float [n, themes], of texts such as those of a set."""


ModelMaker = Callable[[], ThemeModel]


@dataclass
class Majority:
    """Every text is as likely to have a theme as the coded units were: the chance level."""

    shares: dict[str, Floats] = field(default_factory=dict)
    held_out: Floats | None = None

    def fit(self, sample: Sample) -> None:
        """Count in each set; how common a theme is elsewhere says nothing of it here."""
        self.shares = {
            unit_set: sample.labels[sample.rows_of(unit_set)].mean(axis=0)
            for unit_set in dict.fromkeys((*sample.unit_sets, ANY_SET))
        }

    def predict(
        self,
        texts: Sequence[str],
        vectors: Vectors,  # noqa: ARG002
        unit_set: str = ANY_SET,
    ) -> Floats:
        """The same shares for every text of a set."""
        return np.tile(self.shares.get(unit_set, self.shares[ANY_SET]), (len(texts), 1))


@dataclass
class Definitions:
    """Nearness in meaning to the theme's definition, without any training (zero-shot)."""

    definitions: Vectors
    held_out: Floats | None = None

    def fit(self, sample: Sample) -> None:
        """Nothing is learnt."""

    def predict(
        self,
        texts: Sequence[str],  # noqa: ARG002
        vectors: Vectors,
        unit_set: str = ANY_SET,  # noqa: ARG002
    ) -> Floats:
        """Cosine similarity, moved from -1..1 to 0..1."""
        return np.clip((1 + vectors.astype(np.float64) @ self.definitions.T) / 2, 0, 1)


@dataclass
class Dictionary:
    """Words shared with what the codebook says of the theme, without any training.

    Texts and codebook are compared by the TF-IDF of their stems; only how rare a stem is comes from
    the coded units, not what they were coded with.
    """

    codebook: tuple[str, ...]
    stems: ThemeVocabulary | None = None
    held_out: Floats | None = None

    def fit(self, sample: Sample) -> None:
        """Learn how rare each stem is."""
        self.stems = learn_vocabulary((*sample.texts, *self.codebook), STEMS)

    def predict(
        self,
        texts: Sequence[str],
        vectors: Vectors,  # noqa: ARG002
        unit_set: str = ANY_SET,  # noqa: ARG002
    ) -> Floats:
        """Cosine similarity, 0 to 1."""
        if self.stems is None:
            raise AssertionError("predict comes after fit")
        said = self.stems.vectors(self.codebook)
        similarity: Floats = np.clip((self.stems.vectors(texts) @ said.T).toarray(), 0, 1)
        return similarity


@dataclass
class Tfidf:
    """Balanced logistic regression on TF-IDF of words and of parts of words.

    There are many more terms than coded units, and the weights that a ridge penalty finds lie in
    the span of the units. So the regressions run on the units' coordinates in that span (at most
    as many as units), which gives the same probabilities sooner.
    """

    regularisation: float
    vocabularies: tuple[ThemeVocabulary, ...] = ()
    trained_on: Any = None
    basis: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    regressions: list[Any] = field(default_factory=list)
    held_out: Floats | None = None

    def fit(self, sample: Sample) -> None:
        """Learn vocabulary and weights."""
        self.vocabularies = (
            learn_vocabulary(sample.texts, WORDS),
            learn_vocabulary(sample.texts, PARTS),
        )
        self.trained_on = self._terms(sample.texts)
        products = (self.trained_on @ self.trained_on.T).toarray()
        lengths, directions = np.linalg.eigh(products)
        kept = lengths > _TINY
        self.basis = directions[:, kept] / np.sqrt(lengths[kept])
        self.regressions = _regressions(products @ self.basis, sample.labels, self.regularisation)

    def predict(
        self,
        texts: Sequence[str],
        vectors: Vectors,  # noqa: ARG002
        unit_set: str = ANY_SET,  # noqa: ARG002
    ) -> Floats:
        """Probabilities by the words alone."""
        products = (self._terms(texts) @ self.trained_on.T).toarray()
        return _probabilities(self.regressions, products @ self.basis)

    def _terms(self, texts: Sequence[str]) -> Any:
        from scipy.sparse import hstack

        return hstack([one.vectors(texts) for one in self.vocabularies]).tocsr()


@dataclass
class Embeddings:
    """Balanced logistic regression on the vector and its similarity to every definition."""

    definitions: Vectors
    regularisation: float
    regressions: list[Any] = field(default_factory=list)
    held_out: Floats | None = None

    def fit(self, sample: Sample) -> None:
        """Learn weights."""
        features = self._features(sample.vectors)
        self.regressions = _regressions(features, sample.labels, self.regularisation)

    def predict(
        self,
        texts: Sequence[str],  # noqa: ARG002
        vectors: Vectors,
        unit_set: str = ANY_SET,  # noqa: ARG002
    ) -> Floats:
        """Probabilities by meaning alone."""
        return _probabilities(self.regressions, self._features(vectors))

    def _features(self, vectors: Vectors) -> Floats:
        wide = vectors.astype(np.float64)
        return np.hstack([wide, _DEFINITION_WEIGHT * (wide @ self.definitions.T)])


def model_makers(themes: ThemeText, regularisation: float) -> dict[str, ModelMaker]:
    """The models that are compared, by name, from a guess upwards.

    Args:
        themes: what the codebook says of the themes.
        regularisation: C of every logistic regression of one kind of evidence.
    """
    return {
        "majority": Majority,
        "dictionary": lambda: Dictionary(themes.texts),
        "definitions": lambda: Definitions(themes.vectors),
        "tfidf": lambda: Tfidf(regularisation),
        "embeddings": lambda: Embeddings(themes.vectors, regularisation),
        SAVED: lambda: Combination(themes),
    }


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
