"""Shares and their differences: worked by hand, and with the coverage they promise."""

import numpy as np
import pytest

from pipeline.run.arrays import (
    UNKNOWN,
    Share,
    clustered_share,
    difference_of_shares,
    effective_size,
    wilson_share,
)


def test_wilson_interval_worked_by_hand() -> None:
    """1 of 10 at z = 1.96: centre (.1 + .19207) / 1.38415 = .21101, half
    1.96 / 1.38415 * sqrt(.009 + .009604) = .19314."""
    share = wilson_share(0.1, 10, 0.95)

    assert share.low == pytest.approx(0.21101 - 0.19314, abs=2e-4)
    assert share.high == pytest.approx(0.21101 + 0.19314, abs=2e-4)


def test_wilson_interval_of_nothing_found_still_has_a_width() -> None:
    share = wilson_share(0.0, 20, 0.95)

    assert share.low == 0
    assert share.high == pytest.approx(0.1611, abs=1e-3)  # z² / (n + z²)


def test_passages_that_always_agree_within_a_paragraph_count_as_one_each() -> None:
    """Four paragraphs of two: yes yes, no no, yes yes, no no. Totals 1 -1 1 -1; variance
    4/3 * 4 / 64 = 1/12; .25 * 12 = 3 (four clusters less one)."""
    hits = np.array([1, 1, 0, 0, 1, 1, 0, 0], dtype=bool)

    assert effective_size(hits, np.array([0, 0, 1, 1, 2, 2, 3, 3])) == pytest.approx((0.5, 3.0))


def test_the_effective_size_is_never_above_the_number_of_passages() -> None:
    hits = np.array([1, 0, 1, 0, 1, 0], dtype=bool)  # each paragraph is half yes: less than chance

    assert effective_size(hits, np.array([0, 0, 1, 1, 2, 2])) == (0.5, 6.0)


def test_weights_undo_a_draw_that_was_not_even() -> None:
    """One yes drawn with probability 1/10 stands for 10, three no with 1/2 for 6: 10 / 16."""
    hits = np.array([True, False, False, False])

    share, _ = effective_size(hits, np.arange(4), np.array([10.0, 2.0, 2.0, 2.0]))

    assert share == pytest.approx(0.625)


def test_nothing_counted_is_unknown_and_not_zero() -> None:
    assert clustered_share(np.zeros(0, dtype=bool), np.zeros(0, dtype=int), 0.95) == UNKNOWN


def test_a_difference_worked_by_hand() -> None:
    """.5 [.4, .7] minus .3 [.2, .35]: low .2 - sqrt(.1² + .05²), high .2 + sqrt(.2² + .1²)."""
    difference = difference_of_shares(Share(0.5, 0.4, 0.7), Share(0.3, 0.2, 0.35), 0.95)

    assert difference is not None
    assert difference.value == pytest.approx(0.2)
    assert difference.low == pytest.approx(0.2 - np.sqrt(0.0125))
    assert difference.high == pytest.approx(0.2 + np.sqrt(0.05))


@pytest.mark.parametrize(("first", "leaves_out_zero"), [(0.45, True), (0.40, False)])
def test_the_p_value_and_the_interval_say_the_same(first: float, leaves_out_zero: bool) -> None:
    difference = difference_of_shares(
        Share(first, first - 0.08, first + 0.08), Share(0.3, 0.22, 0.38), 0.95
    )

    assert difference is not None
    assert (difference.low > 0) == leaves_out_zero
    assert (difference.p_value < 0.05) == leaves_out_zero


def test_a_difference_with_an_unknown_share_is_unknown() -> None:
    assert difference_of_shares(UNKNOWN, Share(0.3, 0.2, 0.4), 0.95) is None


def two_sides(seed: int, policy: float, interviews: float) -> tuple[Share, Share]:
    """300 policy passages in 60 documents and 50 interview passages in 35 paragraphs."""
    random = np.random.default_rng(seed)
    sides = []
    for share, sizes in ((policy, [5] * 60), (interviews, [1] * 20 + [2] * 15)):
        spread = 6.0  # passages of one document resemble each other
        of_cluster = random.beta(share * spread, (1 - share) * spread, size=len(sizes))
        cluster = np.repeat(np.arange(len(sizes)), sizes)
        sides.append(
            clustered_share(random.random(len(cluster)) < of_cluster[cluster], cluster, 0.95)
        )
    return sides[0], sides[1]


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_equal_sides_raise_at_most_six_percent_alarms(share: float) -> None:
    alarms = 0
    for seed in range(400):
        difference = difference_of_shares(*two_sides(seed, share, share), 0.95)
        assert difference is not None
        alarms += difference.p_value <= 0.05

    assert alarms <= 24


def test_a_gap_of_thirty_points_is_seen_in_nine_of_ten_corpora() -> None:
    seen = 0
    for seed in range(200):
        difference = difference_of_shares(*two_sides(seed, 0.1, 0.4), 0.95)
        assert difference is not None
        seen += difference.p_value <= 0.05

    assert seen >= 180


def test_intervals_of_shares_hold_the_truth() -> None:
    held = {0.05: 0, 0.2: 0, 0.5: 0}
    for truth in held:
        for seed in range(300):
            _, spoken = two_sides(seed, 0.3, truth)
            assert spoken.known
            held[truth] += (spoken.low or 0) <= truth <= (spoken.high or 1)

    assert min(held.values()) >= 0.92 * 300
