"""Topics that many fits agree on: what is planted is found, whatever the seed."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score

from pipeline.topics.clustering import ConsensusClustering, agreement_of, cut
from pipeline.topics.fitting import Refit, stability, steadiest

GROUPS = 8


@pytest.fixture(scope="module")
def planted() -> tuple[np.ndarray, np.ndarray]:
    """Places in eight round groups of unequal size, and the number of each place's group."""
    random = np.random.default_rng(3)
    number = np.repeat(np.arange(GROUPS), random.integers(15, 90, GROUPS))
    centres = random.uniform(-12, 12, size=(GROUPS, 6))
    return centres[number] + random.normal(scale=0.7, size=(len(number), 6)), number


def fitted(places: np.ndarray, **changes: object) -> ConsensusClustering:
    settings = {"n_topics": GROUPS, "n_groups": GROUPS, "n_fits": 80, "n_jobs": 1} | changes
    return ConsensusClustering(**settings).fit(places)


def test_every_seed_finds_the_planted_groups(planted: tuple[np.ndarray, np.ndarray]) -> None:
    places, number = planted
    for seed in range(4):
        assert adjusted_rand_score(number, fitted(places, seed=seed).labels_) > 0.99


def test_fits_that_find_other_groups_are_joined_to_the_planted_ones(
    planted: tuple[np.ndarray, np.ndarray],
) -> None:
    # given fits that cut what is there into more groups than there are
    places, number = planted
    found = fitted(places, n_groups=GROUPS + 4)
    # then joined they are the planted ones
    assert adjusted_rand_score(number, found.labels_) > 0.95


def test_what_was_fitted_is_predicted_as_it_is(planted: tuple[np.ndarray, np.ndarray]) -> None:
    places, _ = planted
    found = fitted(places)
    assert np.array_equal(found.predict(places), found.labels_)
    assert found.agreement(places) == pytest.approx(found.agreement_)
    # and a place amid a group is in it
    middle = places[found.labels_ == 0].mean(axis=0, keepdims=True)
    assert found.predict(middle).tolist() == [0]


def test_topics_are_numbered_by_their_size(planted: tuple[np.ndarray, np.ndarray]) -> None:
    sizes = np.bincount(fitted(planted[0]).labels_)
    assert sizes.tolist() == sorted(sizes, reverse=True)


def test_the_number_of_processes_changes_no_bit() -> None:
    places = np.random.default_rng(5).normal(size=(3200, 4))
    one, two = (fitted(places, n_fits=30, n_jobs=n_jobs) for n_jobs in (1, 2))
    assert np.array_equal(one.means_, two.means_)
    assert np.array_equal(one.labels_, two.labels_)
    assert one.agreement_.tobytes() == two.agreement_.tobytes()


def test_the_last_bits_of_places_hardly_matter(planted: tuple[np.ndarray, np.ndarray]) -> None:
    # given places with no groups but weak ones, and the same with noise of one in a million
    random = np.random.default_rng(6)
    places = planted[0] + random.normal(scale=5, size=planted[0].shape)
    noisy = places + random.normal(scale=1e-6, size=places.shape)
    assert adjusted_rand_score(fitted(places).labels_, fitted(noisy).labels_) > 0.95


def test_few_companions_of_its_topic_make_an_outlier(
    planted: tuple[np.ndarray, np.ndarray],
) -> None:
    # given places that many agree on, and one half-way between two groups
    places, _ = planted
    found = fitted(places)
    ends = [places[found.labels_ == number].mean(axis=0) for number in (0, 1)]
    between = np.mean(ends, axis=0, keepdims=True)
    # then its companions are in two topics, and when that is too little it is an outlier
    agreement = found.agreement(between)[0]
    assert agreement < np.median(found.agreement_)
    strict = fitted(places, min_agreement=agreement + 0.01)
    assert strict.predict(between).tolist() == [-1]
    assert np.array_equal(strict.labels_ == -1, strict.agreement_ < agreement + 0.01)


def test_scikit_learn_can_copy_it_unfitted() -> None:
    copy = clone(ConsensusClustering(n_topics=7, seed=3))
    assert (copy.n_topics, copy.seed) == (7, 3)
    assert not hasattr(copy, "labels_")


def test_a_cut_by_hand() -> None:
    # given four rows, of which the first two and the last two lie together
    directions = np.array([[0.5, 0.5], [0.5, 0.5], [0.5, -0.5], [0.5, -0.5]])
    topic, centres = cut(directions, np.array([1.0, 0.9]), 2)
    assert topic.tolist() == [0, 0, 1, 1]
    assert centres.tolist() == [[1.0], [-1.0]]


def test_the_fewest_topics_on_which_samples_agree_are_taken() -> None:
    # given models of two samples that agree on two and on three topics, and not on four
    two, three = np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([0, 0, 0, 1, 1, 2, 2, 2])
    four, other = np.array([0, 0, 1, 1, 2, 2, 3, 3]), np.array([0, 1, 1, 2, 2, 3, 3, 0])
    seen = [np.arange(8) != left_out for left_out in (0, 7)]
    made = [
        Refit(seen[0], {2: two, 3: three, 4: four}),
        Refit(seen[1], {2: two, 3: three, 4: other}),
    ]
    number, agreement = steadiest(made)
    assert number == 2
    assert agreement[2] == agreement[3] == 1 > agreement[4]


def test_the_stability_of_a_topic_is_the_harder_one_of_seeds_and_samples() -> None:
    # given a model that another seed finds again, and a sample without its last text does not
    topic = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    sample = np.array([0, 0, 1, 1, 1, 1, 1, 1])
    made = [Refit(np.ones(8, bool), {2: topic}), Refit(np.arange(8) != 7, {2: sample})]
    found = stability(topic, made, 2, {2: 1.0})
    assert found.between_seeds == 1
    assert found.topics_between_seeds.tolist() == [1, 1]
    # topic 0 keeps 2 of 4; of topic 1 the sample saw three, and its group has two more
    assert found.topics.tolist() == pytest.approx([1 / 2, 3 / 5])
    assert found.new_texts == 1


def test_agreement_leaves_out_what_a_model_has_not_seen() -> None:
    one, other = np.array([0, 0, 1, 1, -2]), np.array([1, 1, 0, 0, 0])
    assert agreement_of([one, other]) == 1
    assert agreement_of([one, np.array([1, 0, 1, 0, 0])]) < 0.1
