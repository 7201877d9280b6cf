"""The model in use: four kinds of evidence that a text says a theme, weighed together.

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

from pipeline.codebook import Theme
from pipeline.themes.ridge import Ridge, balanced_ridge
from pipeline.themes.samples import Floats, Sample
from pipeline.themes.vocabulary import PARTS, STEMS, WORDS, Vocabulary, learn_vocabulary
from pipeline.vector_cache import Vectors

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

    words: tuple[Vocabulary, Vocabulary]
    stems: Vocabulary
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


def _word_vectors(words: tuple[Vocabulary, Vocabulary], texts: Sequence[str]) -> Any:
    from scipy.sparse import hstack

    return hstack([vocabulary.vectors(texts) for vocabulary in words]).tocsr()


def _untrained(
    stems: Vocabulary, arrays: Mapping[str, Floats], texts: Sequence[str], wide: Floats
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
