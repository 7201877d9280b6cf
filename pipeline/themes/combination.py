"""The model in use: kinds of evidence that a text says a theme, weighed together.

With 10 to 50 positives a theme there is nothing to spare for a set of its own, and the
combination of several kinds of evidence must be learnt from predictions on units that the
evidence was not learnt from. For a ridge these are known exactly from one fit.

- *words*: a ridge on TF-IDF of words and of parts of words, learnt from coded units;
- *meaning*: a ridge on the nearness of the vector to those of coded units;
- *definition*: nearness of the vector to what the codebook says of the theme;
- *dictionary*: words shared with what the codebook says of the theme;
- *sentence*: the same for the sentence of the text that shares most;
- *heading*: the same for the headings above the text. The last four need no coding.

Both ridges learn from the units of all coded sets, and give each set an offset of its own, since a
theme is more common in one than in another. What they learn is the part of the codings that gave a
unit the theme, so that a unit on which codings differ counts as doubtful.

One logistic regression a set weighs the evidence, the same for all themes, so that its numbers are
learnt from every unit of the set: probabilities are calibrated set by set. It learns from what the
two ridges would have said of each unit had its group not been there (stacking; Wolpert 1992, with
the exact held-out predictions of a ridge).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pipeline.run.arrays import Vectors
from pipeline.study.codebook import Theme
from pipeline.themes.samples import ANY_SET, Booleans, Floats, Integers, Sample
from pipeline.themes.vocabulary import (
    PARTS,
    STEMS,
    WORDS,
    ThemeVocabulary,
    body_of,
    heading_of,
    learn_vocabulary,
)

_NEVER = -1.0
"""The answer for a theme that no unit has."""


@dataclass(frozen=True)
class Ridge:
    """A fitted ridge, one column a theme.

    Attributes:
        dual: float [n, themes], the weight of each unit; 0 for a theme that no unit has.
        bias: float [themes] for each set, and for ANY_SET.
        held_out: float [n, themes], the answer for each unit had its group not been there.
    """

    dual: Floats
    bias: Mapping[str, Floats]
    held_out: Floats


def balanced_ridge(
    products: Floats,
    votes: Floats,
    groups: Sequence[str],
    penalty: float,
    unit_sets: Sequence[str] = (),
) -> Ridge:
    """Regress -1 (theme absent) and 1 (present) on the units, both classes weighing the same.

    With K the products of the units' features plus 1 for the bias, and 1 more between units of one
    set for its own, W the diagonal of class weights n / (2 n_class) and M = (K + penalty / W)^-1,
    the weights of the units are a = M y. What the ridge would say of a group G without it is
    y_G - M_GG^-1 a_G (Rifkin and Lippert 2007, "Notes on Regularized Least Squares", section 5, for
    single units; the block form follows in the same way from the partitioned inverse). Class
    weights are those of all units. A unit with a vote between 0 and 1 is in both classes by parts:
    its weight and its target are the means of both.

    Args:
        products: inner products of the units' features, float [n, n].
        votes: how far each unit has each theme, 0 to 1, float [n, themes].
        groups: what is left out together, one a unit.
        penalty: larger is smoother.
        unit_sets: the set of each unit; none for a single set.
    """
    sets, place = np.unique(np.asarray(unit_sets or [ANY_SET] * len(votes)), return_inverse=True)
    has_own = float(len(sets) > 1)
    biased = products + 1.0 + has_own * (place[:, None] == place)
    sizes, directions = np.linalg.eigh(biased)
    members = _members(groups)
    columns = [_column(sizes, directions, vote, members, penalty) for vote in votes.T]
    dual = np.column_stack([dual for dual, _ in columns])
    held_out = np.column_stack([held_out for _, held_out in columns])
    common, is_known = dual.sum(axis=0), votes.any(axis=0)
    bias = {ANY_SET: np.where(is_known, common, _NEVER)}
    for number, unit_set in enumerate(sets):
        own = has_own * dual[place == number].sum(axis=0)
        bias[str(unit_set)] = np.where(is_known, common + own, _NEVER)
    return Ridge(dual, bias, held_out)


def _members(groups: Sequence[str]) -> list[Integers]:
    """The rows of each group."""
    _, member = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    return [np.flatnonzero(member == group) for group in range(member.max() + 1)]


def _column(
    sizes: Floats, directions: Floats, vote: Floats, members: list[Integers], penalty: float
) -> tuple[Floats, Floats]:
    """Dual weights and held-out answers of one theme, each float [n].

    One decomposition of K serves all themes. With the weight of the absent class for every unit the
    inverse is B = (K + c)^-1; the units that have the theme, few, change it by a matrix of their
    number (Woodbury's identity): M = B - B_P (d^-1 + B_PP)^-1 B_P'.
    """
    n, n_present = len(vote), float(vote.sum())
    if not n_present:
        return np.zeros(n), np.full(n, _NEVER)
    for_present, for_absent = n / (2 * n_present), n / (2 * max(1.0, n - n_present))
    weight = vote * for_present + (1 - vote) * for_absent
    target = (vote * for_present - (1 - vote) * for_absent) / weight
    common = penalty / for_absent
    changed = np.flatnonzero(penalty / weight - common)
    more = penalty / weight[changed] - common
    scaled = directions / (sizes + common)
    of_changed = scaled @ directions[changed].T
    core = np.linalg.inv(np.diag(1 / more) + of_changed[changed])
    plain = scaled @ (directions.T @ target)
    dual = np.asarray(plain - of_changed @ (core @ plain[changed]), dtype=np.float64)
    held_out = np.empty(n)
    for rows in members:
        block = scaled[rows] @ directions[rows].T - of_changed[rows] @ core @ of_changed[rows].T
        held_out[rows] = target[rows] - np.linalg.solve(block, dual[rows])
    return dual, held_out


EVIDENCE = ("words", "meaning", "definition", "dictionary", "sentence", "heading")

_WORDS_PENALTY = 1.0
_MEANING_PENALTY = 0.1
"""Set beforehand, not tuned: vectors of one corpus lie nearer to each other than its words."""
_STEEPNESS = 2.0
"""Of nearness in meaning, exp(s (cosine - 1)): a coded unit speaks above all for texts like it."""

_TINY = 1e-9
_SENTENCE_END = re.compile(r"(?<=[.;:])\s+")


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
    """All that predicts for one set; arrays and terms only, so that it can be saved without code.

    Attributes:
        words: vocabulary of words, then of parts of words.
        stems: vocabulary of the dictionary.
        arrays: words [terms, themes], words_bias [themes], units [n, dimension], meaning
            [n, themes], meaning_bias [themes], definitions [themes, dimension], dictionary
            [terms, themes], centre and scale [4, themes] of the untrained kinds of evidence,
            weights [6] and intercept [1] of the combination.
    """

    words: tuple[ThemeVocabulary, ThemeVocabulary]
    stems: ThemeVocabulary
    arrays: Mapping[str, Floats]

    def evidence(self, texts: Sequence[str], vectors: Vectors) -> Floats:
        """What speaks for each theme, float [n, themes, 6], in the order of EVIDENCE."""
        wide, arrays = vectors.astype(np.float64), self.arrays
        words = _word_vectors(self.words, texts) @ arrays["words"] + arrays["words_bias"]
        meaning = _nearness(wide, arrays["units"]) @ arrays["meaning"] + arrays["meaning_bias"]
        untrained = _untrained(self.stems, arrays, texts, wide)
        return np.stack([words, meaning, *_standardised(untrained, arrays)], axis=2)

    def probability(self, evidence: Floats) -> Floats:
        """Float [n, themes] from evidence [n, themes, 6]."""
        odds = evidence @ self.arrays["weights"] + self.arrays["intercept"][0]
        probability: Floats = 1 / (1 + np.exp(-odds))
        return probability


@dataclass
class Combination:
    """Learns how to weigh the evidence; see the module's docstring.

    Attributes:
        themes: what the codebook says.
        fitted: what predicts, for each set that was learnt from and for ANY_SET.
        held_out: float [n, themes], by the weights of each unit's own set.
    """

    themes: ThemeText
    fitted: dict[str, Fitted] = field(default_factory=dict)
    held_out: Floats | None = None

    def fit(self, sample: Sample) -> None:
        """Learn evidence from all units, and its weights from those of each set."""
        words = (learn_vocabulary(sample.texts, WORDS), learn_vocabulary(sample.texts, PARTS))
        stems = learn_vocabulary((*sample.texts, *self.themes.texts), STEMS)
        word_vectors, wide = _word_vectors(words, sample.texts), sample.vectors.astype(np.float64)
        by_words = _ridge((word_vectors @ word_vectors.T).toarray(), sample, _WORDS_PENALTY)
        by_meaning = _ridge(_nearness(wide, wide), sample, _MEANING_PENALTY)
        arrays = {
            "words": word_vectors.T @ by_words.dual,
            "units": wide,
            "meaning": by_meaning.dual,
            "definitions": self.themes.vectors.astype(np.float64),
            "dictionary": stems.vectors(self.themes.texts).T.toarray(),
        }
        untrained = _untrained(stems, arrays, sample.texts, wide)
        arrays |= {
            "centre": np.stack([one.mean(axis=0) for one in untrained]),
            "scale": np.stack([one.std(axis=0) + _TINY for one in untrained]),
        }
        standardised = _standardised(untrained, arrays)
        evidence = np.stack([by_words.held_out, by_meaning.held_out, *standardised], axis=2)
        self.held_out = np.zeros(sample.labels.shape)
        for unit_set in dict.fromkeys((ANY_SET, *sample.unit_sets)):
            rows = sample.rows_of(unit_set)
            own = {"words_bias": by_words.bias[unit_set], "meaning_bias": by_meaning.bias[unit_set]}
            own |= _weighed(evidence[rows], sample.labels[rows])
            fitted = Fitted(words, stems, {**arrays, **own})
            self.fitted[unit_set] = fitted
            self.held_out[rows] = fitted.probability(evidence[rows])

    def predict(self, texts: Sequence[str], vectors: Vectors, unit_set: str = ANY_SET) -> Floats:
        """Probabilities, float [n, themes]."""
        if not self.fitted:
            raise AssertionError("predict comes after fit")
        fitted = self.fitted_for(unit_set)
        return fitted.probability(fitted.evidence(texts, vectors))

    def fitted_for(self, unit_set: str) -> Fitted:
        """What predicts for a set; for one that was not learnt from, what predicts for any."""
        return self.fitted.get(unit_set, self.fitted[ANY_SET])


def _ridge(products: Floats, sample: Sample, penalty: float) -> Ridge:
    return balanced_ridge(products, sample.votes, sample.groups, penalty, sample.unit_sets)


def _nearness(vectors: Floats, units: Floats) -> Floats:
    """Of texts to units, float [n, units]: 1 for the same vector, less the further apart."""
    nearness: Floats = np.exp(_STEEPNESS * (vectors @ units.T - 1))
    return nearness


def _word_vectors(words: tuple[ThemeVocabulary, ThemeVocabulary], texts: Sequence[str]) -> Any:
    from scipy.sparse import hstack

    return hstack([vocabulary.vectors(texts) for vocabulary in words]).tocsr()


def _untrained(
    stems: ThemeVocabulary, arrays: Mapping[str, Floats], texts: Sequence[str], wide: Floats
) -> tuple[Floats, ...]:
    """Evidence of definition, dictionary, sentence and heading, each float [n, themes]."""
    from scipy.sparse import csr_matrix

    sentences = [_SENTENCE_END.split(body_of(text)) for text in texts]
    ends = np.cumsum([0, *map(len, sentences)])
    counts = stems.counts([sentence for of_text in sentences for sentence in of_text])
    # no part of a word runs over two sentences, so a text has the parts of its sentences
    holds = csr_matrix((np.ones(ends[-1]), np.arange(ends[-1]), ends), (len(texts), ends[-1]))
    whole, said = (
        np.asarray(stems.weighed(each) @ arrays["dictionary"]) for each in (holds @ counts, counts)
    )
    nearest = np.maximum.reduceat(said, ends[:-1]) if len(texts) else said
    above = np.asarray(stems.vectors([*map(heading_of, texts)]) @ arrays["dictionary"])
    return wide @ arrays["definitions"].T, whole, nearest, above


def _standardised(untrained: Sequence[Floats], arrays: Mapping[str, Floats]) -> list[Floats]:
    """Some definitions are near to everything: each theme's evidence in standard deviations."""
    return [
        (one - centre) / scale
        for one, centre, scale in zip(untrained, arrays["centre"], arrays["scale"], strict=True)
    ]


def _weighed(evidence: Floats, labels: Booleans) -> dict[str, Floats]:
    """Weights float [6] and intercept float [1] of the kinds of evidence."""
    from sklearn.linear_model import LogisticRegression

    n_kinds, present = evidence.shape[2], labels.ravel()
    if present.all() or not present.any():
        always = np.inf if present.any() else -np.inf
        return {"weights": np.zeros(n_kinds), "intercept": np.full(1, always)}
    regression = LogisticRegression(max_iter=1000)
    regression.fit(evidence.reshape(-1, n_kinds), present)
    return {"weights": regression.coef_[0], "intercept": regression.intercept_}
