"""Measures of topics, worked by hand, and on groups that mean nothing."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from pipeline.topics.clustering import best_match_jaccard, matched
from pipeline.topics.finding import diversity, mission_information, word_npmi
from pipeline.topics.selection import without_group_means
from pipeline.topics.terms import Vocabulary


def test_npmi_by_hand() -> None:
    # given four passages: a and b stand together in two of them and never apart; c alone in one
    holds = csr_matrix(np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0]]))
    words = Vocabulary(holds, ["a", "b", "c"])
    # then NPMI(a, b) = log(.5 / (.5 * .5)) / -log(.5) = 1, and of words never together -1
    assert word_npmi([["a", "b"]], words) == pytest.approx(1)
    assert word_npmi([["a", "c"]], words) == pytest.approx(-1)
    assert word_npmi([["a", "b"], ["a", "c"]], words) == pytest.approx(0)


def test_words_without_relation_have_no_coherence() -> None:
    random = np.random.default_rng(0)
    holds = csr_matrix(random.random((4000, 10)) < 0.3)
    words = [f"w{number}" for number in range(10)]
    assert abs(word_npmi([words], Vocabulary(holds, words))) < 0.02


def test_diversity_is_the_share_of_different_words() -> None:
    assert diversity([["a", "b"], ["a", "c"]]) == 0.75


def test_topics_that_are_missions_share_all_information() -> None:
    mission = np.array(["M", "M", "N", "N", "", "N"])
    topic = np.array([0, 0, 1, 1, 1, -1])
    assert mission_information(topic, mission) == pytest.approx(1)
    crossed = mission_information(np.array([0, 1, 0, 1, 1, 1]), mission)
    assert crossed < 0.2


def test_best_match_by_hand() -> None:
    # given a topic of four of which a refit keeps three, and one that it keeps whole
    topic = np.array([0, 0, 0, 0, 1, 1, -1])
    refit = np.array([5, 5, 5, 4, 4, 4, 4]) - 4
    # then 3 / 4 for the first, and 2 / 4 for the second, which took one and the outlier in
    assert best_match_jaccard(topic, [refit]).tolist() == pytest.approx([0.75, 0.5])


def test_a_refit_is_read_in_the_numbers_of_the_topics() -> None:
    topic = np.array([0, 0, 0, 1, 1, 1])
    assert matched(topic, np.array([3, 3, 3, 1, 1, 1])).tolist() == topic.tolist()
    assert matched(topic, np.array([1, 1, 1, 1, -1, 0])).tolist() == [0, 0, 0, 0, -1, 1]


def test_taking_group_means_away_lets_groups_share_directions() -> None:
    # given two groups that speak of the same two subjects, each with a direction of its own
    random = np.random.default_rng(1)
    subjects = np.tile([[1.0, 0, 0, 0], [0, 1, 0, 0]], (50, 1))
    groups = np.repeat(["a", "b"], 50)
    vectors = subjects + np.where(groups[:, None] == "a", [0, 0, 2, 0], [0, 0, 0, 2])
    vectors = (vectors + random.normal(scale=0.01, size=vectors.shape)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert vectors[0] @ vectors[50] < vectors[0] @ vectors[1]
    # when the means are taken away
    moved = without_group_means(vectors, groups, 0)
    # then the same subject in both groups is nearer than another subject in one group
    assert moved[0] @ moved[50] > 0.99 > moved[0] @ moved[1]
    assert np.linalg.norm(moved, axis=1) == pytest.approx(1, abs=1e-6)


def test_a_group_of_one_is_hardly_moved_when_means_are_shrunk() -> None:
    vectors = np.array([[1, 0], [1, 0], [1, 0], [0, 1]], dtype=np.float32)
    moved = without_group_means(vectors, np.array(["a", "a", "a", "b"]), 1_000_000)
    assert moved == pytest.approx(vectors, abs=1e-4)
