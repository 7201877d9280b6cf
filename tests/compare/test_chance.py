"""Chance levels and intervals keep their promises, on labels whose structure is known."""

import numpy as np
import pytest

from pipeline.compare.statistics.chance import (
    Grouping,
    centred_interval,
    chance_levels,
    half_samples,
    intervals,
    shifted,
    shuffled_freely,
    shuffled_within,
)
from pipeline.compare.statistics.measures import label_kinds

AMI = "adjusted_mutual_information"
PARAGRAPHS, A_PARAGRAPH = 40, 3


def grouping(groups: np.ndarray, themes: np.ndarray) -> Grouping:
    members = themes[:, None] == np.arange(themes.max() + 1)
    kinds, kind = label_kinds(members, themes)
    return Grouping(groups, kind, kinds)


def planted(seed: int, aligned: float) -> Grouping:
    """120 passages, 5 themes; a passage's group is its theme with this probability."""
    random = np.random.default_rng(seed)
    themes = random.integers(5, size=PARAGRAPHS * A_PARAGRAPH)
    own = random.integers(5, size=len(themes))
    return grouping(np.where(random.random(len(themes)) < aligned, themes, own), themes)


def test_shuffling_keeps_the_sizes_of_groups() -> None:
    groups = np.array([0, 0, 0, 1, 1, 2])

    shuffles = shuffled_freely(groups, 50, np.random.default_rng(0))

    assert (np.sort(shuffles, axis=1) == np.sort(groups)).all()
    assert len(np.unique(shuffles, axis=0)) > 10


def test_shuffling_within_sections_leaves_each_section_its_groups() -> None:
    groups, sections = np.array([0, 1, 0, 2, 2, 3]), np.array([7, 7, 7, 9, 9, 9])

    shuffles = shuffled_within(groups, sections, 50, np.random.default_rng(0))

    assert (np.sort(shuffles[:, :3], axis=1) == [0, 0, 1]).all()
    assert (np.sort(shuffles[:, 3:], axis=1) == [2, 2, 3]).all()


def test_shifting_moves_the_groups_along_and_never_leaves_them_in_place() -> None:
    assert shifted(np.array([0, 1, 2]), 10, np.random.default_rng(0)).tolist() == [
        [2, 0, 1],
        [1, 2, 0],
        [2, 1, 0],  # read backwards, and moved in turn
        [0, 2, 1],
        [1, 0, 2],
    ]
    assert len(shifted(np.arange(50), 20, np.random.default_rng(0))) == 20


def test_a_p_value_counts_the_observed_order_too() -> None:
    """Two groups and themes of one passage each: both orders agree fully, so p = (1 + 2) / 3."""
    two = grouping(np.array([0, 1]), np.array([0, 1]))

    level = chance_levels(two, np.array([[0, 1], [1, 0]]))["purity"]

    assert level.p_value == 1.0
    assert level.mean == 1.0


def test_half_samples_take_whole_paragraphs_and_half_of_them() -> None:
    paragraphs = np.array([3, 3, 5, 5, 7, 9])

    (chosen,) = half_samples(paragraphs, 30, np.random.default_rng(1))

    assert (chosen[:, 0] == chosen[:, 1]).all()
    assert (chosen[:, 2] == chosen[:, 3]).all()
    assert (chosen[:, [0, 2, 4, 5]].sum(1) == 2).all()


def test_an_interval_is_turned_around_the_value_worked_by_hand() -> None:
    """Resamples .1 .2 .6 deviate by -.2 -.1 .3; at half confidence their quartiles are -.15, .1."""
    interval = centred_interval(0.5, np.array([0.1, 0.2, 0.6]), scale=2.0, confidence=0.5)

    assert (interval.low, interval.high) == pytest.approx((0.5 - 0.2, 0.5 + 0.3))


def test_with_too_few_paragraphs_there_is_no_interval() -> None:
    few = grouping(np.array([0, 1, 0, 1]), np.array([0, 1, 1, 0]))

    assert intervals(few, np.array([0, 0, 1, 1]), 100, 0.95, np.random.default_rng(0)) == {}


@pytest.mark.parametrize("name", ["adjusted_mutual_information", "bcubed_f1", "omega"])
def test_two_hundred_corpora_without_structure_raise_at_most_six_percent_alarms(name: str) -> None:
    alarms = 0
    for seed in range(200):
        nothing = planted(seed, aligned=0.0)
        random = np.random.default_rng(10_000 + seed)
        shuffles = shuffled_freely(nothing.groups, 199, random)
        alarms += chance_levels(nothing, shuffles)[name].p_value <= 0.05

    assert alarms <= 12


def test_the_planted_agreement_is_seen_in_nine_of_ten_corpora() -> None:
    seen = 0
    for seed in range(100):
        something = planted(seed, aligned=0.3)
        random = np.random.default_rng(20_000 + seed)
        seen += (
            chance_levels(something, shuffled_freely(something.groups, 199, random))[AMI].p_value
            <= 0.05
        )

    assert seen >= 90


def runs(seed: int, length: int = 120, mean_run: int = 6) -> np.ndarray:
    """Labels that stay the same for a while, as topics and themes do along a text."""
    random = np.random.default_rng(seed)
    starts = random.random(length) < 1 / mean_run
    return random.integers(5, size=length)[np.cumsum(starts)]


def test_shifts_hold_their_level_where_neighbours_resemble_each_other_and_shuffles_do_not() -> None:
    alarms = {"free": 0, "shifted": 0}
    for seed in range(200):
        unrelated = grouping(runs(seed), runs(1000 + seed))
        random = np.random.default_rng(seed)
        free = shuffled_freely(unrelated.groups, 199, random)
        alarms["free"] += chance_levels(unrelated, free)[AMI].p_value <= 0.05
        moved = shifted(unrelated.groups, 199, random)
        alarms["shifted"] += chance_levels(unrelated, moved)[AMI].p_value <= 0.05

    assert alarms["shifted"] <= 12
    assert alarms["free"] > 60


def test_half_sample_intervals_hold_the_truth_and_a_bootstrap_with_copies_does_not() -> None:
    """The truth is 0: themes and groups were drawn apart, paragraph by paragraph."""
    held = {"half-samples": 0, "bootstrap": 0}
    for seed in range(100):
        random = np.random.default_rng(seed)
        paragraph = np.repeat(np.arange(60), 2)
        nothing = grouping(random.integers(4, size=120), random.integers(5, size=120))
        interval = intervals(nothing, paragraph, 200, 0.95, random)[AMI]
        held["half-samples"] += interval.low <= 0 <= interval.high
        copies = []
        for _ in range(100):
            drawn = np.flatnonzero(np.ones(120))[
                (random.integers(60, size=60)[:, None] * 2 + np.arange(2)).ravel()
            ]
            again = Grouping(nothing.groups[drawn], nothing.kind[drawn], nothing.kinds)
            copies.append(again.measured()[AMI])
        low, high = np.quantile(copies, [0.025, 0.975])
        held["bootstrap"] += low <= 0 <= high

    assert held["half-samples"] >= 90
    assert held["bootstrap"] <= 80
