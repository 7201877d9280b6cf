"""Held-out answers without fitting again, and evidence that is weighed by what it is worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import average_precision_score

from pipeline.themes.combination import EVIDENCE, Combination, ThemeText, balanced_ridge
from pipeline.themes.samples import ANY_SET, Booleans, Floats, Sample, together
from pipeline.themes.vocabulary import PARTS, STEMS, WORDS, learn_vocabulary, under_heading

THEMES = ThemeText(
    (
        "Patrols. Patrolling and presence among the population.",
        "Justice. Courts, crimes and impunity.",
        "Gender. Women in peacekeeping.",
    ),
    np.eye(8, dtype=np.float32)[:3],
)


def _sample(n: int = 120, signal: float = 1.0, seed: int = 0) -> Sample:
    """Two of three themes are coded; words and vectors tell them when there is a signal."""
    random = np.random.default_rng(seed)
    subject = random.integers(0, 2, n)
    said = np.where(random.random(n) < signal, subject, random.integers(0, 2, n))
    words = np.array(["patrols reach villages at night", "courts try grave crimes"])
    texts = tuple(f"{words[s]} sector {i % 7}" for i, s in enumerate(said))
    vectors = signal * np.eye(8)[said] + random.normal(scale=0.3, size=(n, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = np.column_stack([subject == 0, subject == 1, np.zeros(n, dtype=bool)])
    return Sample(texts, vectors.astype(np.float32), labels, tuple(f"g{i // 3}" for i in range(n)))


def _refitted(features: Floats, present: Booleans, rows: Booleans, penalty: float) -> Floats:
    """The plain way: leave the rows out, solve again in the features, class weights as before."""
    n, n_present = len(present), present.sum()
    weight = np.where(present, n / (2 * n_present), n / (2 * (n - n_present)))[~rows]
    known = np.column_stack([features, np.ones(n)])[~rows]
    target = np.where(present, 1.0, -1.0)[~rows]
    normal = known.T @ (known * weight[:, None]) + penalty * np.eye(known.shape[1])
    solution = np.linalg.solve(normal, known.T @ (weight * target))
    return np.column_stack([features, np.ones(n)])[rows] @ solution


def test_held_out_answers_of_a_ridge_are_those_of_fitting_again_without_the_group() -> None:
    random = np.random.default_rng(3)
    features = random.normal(size=(30, 4))
    present = random.random((30, 2)) < 0.3
    groups = np.array([f"g{i // 4}" for i in range(30)])

    found = balanced_ridge(features @ features.T, 1.0 * present, groups.tolist(), penalty=0.7)

    for group in set(groups):
        rows = groups == group
        for theme in range(2):
            plain = _refitted(features, present[:, theme], rows, 0.7)
            assert found.held_out[rows, theme] == pytest.approx(plain)


def test_a_theme_that_no_unit_has_is_answered_with_no() -> None:
    found = balanced_ridge(np.eye(4), np.zeros((4, 1)), list("abcd"), 1.0)
    assert found.held_out.tolist() == [[-1.0]] * 4
    assert found.dual == pytest.approx(np.zeros((4, 1)))
    assert found.bias[ANY_SET] == pytest.approx([-1.0])


def test_held_out_probabilities_do_not_know_the_units_own_labels() -> None:
    # given labels that nothing tells
    noise = _sample(signal=0.0)
    model = Combination(THEMES)
    model.fit(noise)
    truth = noise.labels[:, 0]
    # then what is held out is no better than a guess, though a fit knows its own units
    held_out, own = model.held_out[:, 0], model.predict(noise.texts, noise.vectors)[:, 0]  # type: ignore[index]
    known = own[truth].mean() - own[~truth].mean()
    assert known > 0.03
    assert held_out[truth].mean() - held_out[~truth].mean() < known / 3


def test_evidence_counts_by_what_it_is_worth() -> None:
    model = Combination(THEMES)
    model.fit(_sample())
    weights = dict(zip(EVIDENCE, model.fitted_for(ANY_SET).arrays["weights"], strict=True))
    assert weights["words"] > 0
    assert model.held_out is not None
    assert np.array_equal(model.held_out[:, :2] > 0.5, _sample().labels[:, :2])


def test_a_theme_that_nobody_coded_is_still_told_by_the_codebook() -> None:
    model = Combination(THEMES)
    model.fit(_sample())
    texts = ("women in peacekeeping", "courts try grave crimes")
    probability = model.predict(texts, np.eye(8, dtype=np.float32)[[2, 1]])
    assert probability[0, 2] > 2 * probability[1, 2]


def test_headings_speak_for_a_theme_and_are_none_of_the_texts_words() -> None:
    # given texts that say nothing, under headings that tell the first theme from the second
    plain = _sample(signal=0.0)
    above = np.where(plain.labels[:, 0], "III. Patrolling and presence", "IV. Courts")
    headed = tuple(
        under_heading(text, str(one)) for text, one in zip(plain.texts, above, strict=True)
    )
    model = Combination(THEMES)
    model.fit(replace(plain, texts=headed))
    said = model.predict(headed, plain.vectors)
    assert average_precision_score(plain.labels[:, 0], said[:, 0]) > 0.95
    vocabulary = learn_vocabulary(headed, WORDS)
    assert np.array_equal(
        vocabulary.vectors(headed).toarray(), vocabulary.vectors(plain.texts).toarray()
    )


def _of_two_sets() -> Sample:
    """The first theme in every second unit of one set, and in every unit of the other."""
    one, other = _sample(60), _sample(60, seed=1)
    always = np.ones_like(other.labels)
    return together(
        [
            replace(one, unit_sets=("one",) * 60),
            replace(other, labels=always, votes=1.0 * always, unit_sets=("other",) * 60),
        ]
    )


def test_each_set_teaches_the_evidence_and_itself_alone_how_common_a_theme_is() -> None:
    sample = _of_two_sets()
    model = Combination(THEMES)
    model.fit(sample)
    assert model.held_out is not None
    for unit_set in ("one", "other"):
        rows = sample.rows_of(unit_set)
        said = model.predict(sample.texts[:60], sample.vectors[:60], unit_set)
        assert model.held_out[rows].mean() == pytest.approx(sample.labels[rows].mean(), abs=0.02)
        assert abs(said.mean() - sample.labels[rows].mean()) < 0.1
    # of a set that it never saw it says what holds of all
    strange = model.predict(sample.texts[:60], sample.vectors[:60], "third")
    assert np.array_equal(strange, model.predict(sample.texts[:60], sample.vectors[:60]))


def test_held_out_answers_with_an_offset_a_set_are_those_of_fitting_again() -> None:
    random = np.random.default_rng(4)
    features = random.normal(size=(30, 4))
    votes = random.choice([0.0, 0.0, 1 / 3, 2 / 3, 1.0], size=(30, 1))
    groups = np.array([f"g{i // 4}" for i in range(30)])
    of_one = np.arange(30) < 17
    found = balanced_ridge(
        features @ features.T, votes, groups.tolist(), 0.7, ["b" if one else "a" for one in of_one]
    )
    # the plain way: a column of ones, and one for each set; a vote counts in both classes by parts
    known = np.column_stack([features, np.ones(30), of_one, ~of_one])
    vote, n_present = votes[:, 0], votes.sum()
    present, absent = vote * 30 / (2 * n_present), (1 - vote) * 30 / (2 * (30 - n_present))
    weight, target = present + absent, (present - absent) / (present + absent)

    def solution(kept: Booleans) -> Floats:
        normal = known[kept].T @ (known[kept] * weight[kept, None]) + 0.7 * np.eye(7)
        solved: Floats = np.linalg.solve(normal, known[kept].T @ (weight * target)[kept])
        return solved

    for group in set(groups):
        rows = groups == group
        assert found.held_out[rows, 0] == pytest.approx(known[rows] @ solution(~rows))
    everywhere = solution(np.ones(30, dtype=bool))
    assert found.bias["b"] == pytest.approx([everywhere[4] + everywhere[5]])
    assert found.bias["a"] == pytest.approx([everywhere[4] + everywhere[6]])


def test_two_fits_give_the_same_bytes() -> None:
    first, second = Combination(THEMES), Combination(THEMES)
    first.fit(_sample())
    second.fit(_sample())
    one, other = first.fitted_for(ANY_SET).arrays, second.fitted_for(ANY_SET).arrays
    assert {name: array.tobytes() for name, array in one.items()} == {
        name: array.tobytes() for name, array in other.items()
    }


def test_stems_join_what_a_codebook_and_a_text_say_in_other_forms() -> None:
    vocabulary = learn_vocabulary(["patrolling at night", "the courts"], STEMS)
    patrols, courts = vocabulary.vectors(["they patrol", "a court"]).toarray()
    codebook = vocabulary.vectors(["patrolling"]).toarray()[0]
    assert codebook @ patrols > 0.3 > codebook @ courts


def test_units_that_share_no_word_still_have_a_vocabulary() -> None:
    assert learn_vocabulary(["alpha", "omega"], {"min_df": 2}).terms == ("alpha", "omega")


@pytest.mark.parametrize("settings", [WORDS, PARTS, STEMS])
def test_vectors_are_those_of_scikit_learn(settings: dict[str, object]) -> None:
    # given texts of which some were taken apart for another vocabulary, and some never
    texts = _sample(40).texts
    learn_vocabulary(("courts and patrols", *texts[:10]), settings)
    ours = learn_vocabulary(texts[:30], settings)
    plain = TfidfVectorizer(**settings).fit(texts[:30])
    assert list(ours.terms) == plain.get_feature_names_out().tolist()
    for some in (texts[:30], texts[20:], ("nothing known",), ()):
        found = ours.vectors(some)
        expected = plain.transform(some).toarray() if some else np.zeros((0, len(ours.terms)))
        assert found.toarray() == pytest.approx(expected)
