"""Measures give the values of worked examples, and nothing on labels without structure."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from pipeline.compare.statistics.measures import MEASURES, count_tables, label_kinds, measure

BLACK, GRAY, DASHED = 0, 1, 2


def measured(groups: list[int], themes: list[set[int]]) -> dict[str, float]:
    """Every measure of one grouping; the primary theme is the first."""
    n_themes = max(max(each) for each in themes) + 1
    members = np.array([[theme in each for theme in range(n_themes)] for each in themes])
    kinds, kind = label_kinds(members, np.array([min(each) for each in themes]))
    tables = count_tables(np.array([groups]), kind, max(groups) + 1, len(kinds.primary))
    values = measure(tables, kinds, same_margins=True)
    return {name: float(value[0]) for name, value in values.items()}


def test_two_partitions_of_six_passages_worked_by_hand() -> None:
    """Groups aaab bb, themes x x y y y y: a has 2 x and 1 y, b has 3 y.

    Entropy of groups: log 2 = .693147. Of themes: 1/3 log 3 + 2/3 log 3/2 = .636514. Jointly
    (2, 1, 3 of 6): 1/3 log 3 + 1/6 log 6 + 1/2 log 2 = 1.011404. Information .318257.
    Pairs together in both: 1 + 3 = 4; in groups 3 + 3 = 6; in themes 1 + 6 = 7; of 15.
    """
    found = measured([0, 0, 0, 1, 1, 1], [{0}, {0}, {1}, {1}, {1}, {1}])

    assert found["homogeneity"] == pytest.approx(0.318257 / 0.636514, abs=1e-5)
    assert found["completeness"] == pytest.approx(0.318257 / 0.693147, abs=1e-5)
    assert found["v_measure"] == pytest.approx(2 * 0.318257 / (0.636514 + 0.693147), abs=1e-5)
    assert found["adjusted_rand"] == pytest.approx((4 - 6 * 7 / 15) / (6.5 - 6 * 7 / 15))
    assert found["purity"] == pytest.approx(5 / 6)  # 2 of a, 3 of b
    assert found["inverse_purity"] == pytest.approx(5 / 6)  # 2 of x, 3 of y


def test_pure_groups_may_split_a_theme() -> None:
    """Three groups of two, themes x x x x y y: each group is pure, of x half is in one group."""
    found = measured([0, 0, 1, 1, 2, 2], [{0}, {0}, {0}, {0}, {1}, {1}])

    assert found["purity"] == 1
    assert found["inverse_purity"] == pytest.approx(4 / 6)
    assert found["harmonic_purity"] == pytest.approx(0.8)


def test_adjusted_mutual_information_is_that_of_scikit_learn_on_any_partitions() -> None:
    from sklearn.metrics import (
        adjusted_mutual_info_score,
        adjusted_rand_score,
        homogeneity_completeness_v_measure,
    )

    random = np.random.default_rng(5)
    for _ in range(20):
        groups, themes = random.integers(5, size=60), random.integers(7, size=60)
        found = measured(groups.tolist(), [{int(theme)} for theme in themes])
        assert found["adjusted_mutual_information"] == pytest.approx(
            adjusted_mutual_info_score(themes, groups)
        )
        assert found["adjusted_rand"] == pytest.approx(adjusted_rand_score(themes, groups))
        three = (found["homogeneity"], found["completeness"], found["v_measure"])
        assert three == pytest.approx(homogeneity_completeness_v_measure(themes, groups))


@pytest.mark.parametrize(
    ("groups", "precision", "recall"),
    [
        # Amigo et al. 2009, the clusterings of its overlapping items into one cluster each; in
        # its notation items 1 and 2 are gray and black, 3 gray, 4 and 5 black, 6 and 7 dashed.
        # {1 2 3} {4 5} {6 7}: recall of 1 and 2 is (1/2 + 1/2 + 1 + 0 + 0) / 5, of 3 it is 1, of
        # 4 and 5 it is 2/4.
        ([0, 0, 0, 1, 1, 2, 2], Fraction(1), Fraction(24, 35)),
        # {1 .. 5} {6 7}: item 3 shares nothing with 4 and 5, nor they with it.
        ([0, 0, 0, 0, 0, 1, 1], Fraction(31, 35), Fraction(33, 35)),
    ],
)
def test_bcubed_for_overlapping_themes_as_in_the_paper_that_defines_it(
    groups: list[int], precision: Fraction, recall: Fraction
) -> None:
    themes = [{GRAY, BLACK}, {GRAY, BLACK}, {GRAY}, {BLACK}, {BLACK}, {DASHED}, {DASHED}]

    found = measured(groups, themes)

    assert found["bcubed_precision"] == pytest.approx(float(precision))
    assert found["bcubed_recall"] == pytest.approx(float(recall))


Overlapping = list[set[int]]


def pairwise_bcubed(groups: Overlapping, themes: Overlapping) -> tuple[float, float]:
    """Extended B-cubed as its paper defines it, for items with several groups and themes."""
    precisions, recalls = [], []
    for group, theme in zip(groups, themes, strict=True):
        shared = [
            (len(group & other_group), len(theme & other_theme))
            for other_group, other_theme in zip(groups, themes, strict=True)
        ]
        precisions.append(np.mean([min(c, t) / c for c, t in shared if c]))
        recalls.append(np.mean([min(c, t) / t for c, t in shared if t]))
    return float(np.mean(precisions)), float(np.mean(recalls))


def pairwise_omega(groups: Overlapping, themes: Overlapping) -> float:
    """Omega as its paper defines it: pairs that both solutions put together equally often."""
    pairs = list(combinations(range(len(groups)), 2))
    by_groups = [len(groups[one] & groups[other]) for one, other in pairs]
    by_themes = [len(themes[one] & themes[other]) for one, other in pairs]
    n = len(pairs)
    observed = sum(a == b for a, b in zip(by_groups, by_themes, strict=True)) / n
    expected = (
        sum(by_groups.count(times) * by_themes.count(times) for times in set(by_groups)) / n**2
    )
    return (observed - expected) / (1 - expected)


A, B, C, D, COPY, SECOND_COPY = range(6)


@pytest.mark.parametrize(
    ("figure", "clusters", "precision", "recall"),
    [
        (16, [{A, B}, {A, B}, {A}, {B}, {B}, {C}, {C}], 1.0, 1.0),
        (17, [{COPY, A, B}, {COPY, A, B}, {COPY, A}, {B}, {B}, {C}, {C}], 0.86, 1.0),
        (
            18,
            [
                {SECOND_COPY, COPY, A, B},
                {SECOND_COPY, COPY, A, B},
                {SECOND_COPY, COPY, A},
                *[{B}, {B}, {C}, {C}],
            ],
            0.81,
            1.0,
        ),
        (19, [{A}, {A}, {A}, {B}, {B}, {C}, {C}], 1.0, 0.69),
        (20, [{A, B}, {A, B}, {A}, {D}, {D}, {C}, {C}], 1.0, 0.74),
        (21, [{A}, {A}, {A}, {A}, {A}, {B}, {B}], 0.89, 0.94),
    ],
)
def test_the_definition_of_bcubed_gives_every_overlapping_example_of_its_paper(
    figure: int, clusters: Overlapping, precision: float, recall: float
) -> None:
    """Amigo et al. 2009, figures 16 to 21, to the two digits of the paper."""
    themes = [{GRAY, BLACK}, {GRAY, BLACK}, {GRAY}, {BLACK}, {BLACK}, {DASHED}, {DASHED}]

    found = pairwise_bcubed(clusters, themes)

    assert found == (pytest.approx(precision, abs=0.006), pytest.approx(recall, abs=0.006)), figure


def test_the_definition_of_omega_gives_the_example_of_its_paper() -> None:
    """Collins and Dent (1988), table 6: 1-4, 4-7, 8-9, 10 beside 1-4, 3-7, 8-10.

    Never together 32 and 27 of 45 pairs, once 13 and 17, twice 0 and 1; 39 pairs agree.
    """
    first = [{0}, {0}, {0}, {0, 1}, {1}, {1}, {1}, {2}, {2}, {3}]
    second = [{0}, {0}, {0, 1}, {0, 1}, {1}, {1}, {1}, {2}, {2}, {2}]
    by_chance = 32 * 27 + 13 * 17

    assert pairwise_omega(first, second) == pytest.approx(
        (45 * 39 - by_chance) / (45**2 - by_chance)
    )


def test_bcubed_and_omega_equal_their_definitions() -> None:
    random = np.random.default_rng(3)
    themes = [
        {int(each) for each in random.choice(6, size=random.integers(1, 4), replace=False)}
        for _ in range(40)
    ]
    groups = random.integers(5, size=40).tolist()

    found = measured(groups, themes)

    single = [{group} for group in groups]
    bcubed = (found["bcubed_precision"], found["bcubed_recall"])
    assert bcubed == pytest.approx(pairwise_bcubed(single, themes))
    assert found["omega"] == pytest.approx(pairwise_omega(single, themes))


def test_omega_index_worked_by_hand() -> None:
    """Ten passages in the groups 1-4, 5-7, 8-9, 10 and the overlapping themes of the same table.

    Pairs together once by groups: 6 + 3 + 1 = 10 of 45, never: 35. By themes: 6 + 10 + 3 less the
    pair 3-4, which is together twice: 17 once, 1 twice, 27 never. Agreed once: 5 of 1-4 (not 3-4),
    3 of 5-7, 1 of 8-9 = 9. Agreed never: of the 27, none is together by groups = 27.
    """
    groups = [0, 0, 0, 0, 1, 1, 1, 2, 2, 3]
    themes = [{0}, {0}, {0, 1}, {0, 1}, {1}, {1}, {1}, {2}, {2}, {2}]

    expected = (10 * 17 + 35 * 27) / 45**2

    assert measured(groups, themes)["omega"] == pytest.approx(
        ((9 + 27) / 45 - expected) / (1 - expected)
    )


def test_omega_is_the_adjusted_rand_index_when_nothing_overlaps() -> None:
    random = np.random.default_rng(4)
    groups = random.integers(4, size=50).tolist()
    found = measured(groups, [{int(theme)} for theme in random.integers(3, size=50)])

    assert found["omega"] == pytest.approx(found["adjusted_rand"])


def test_the_same_partition_twice_agrees_fully() -> None:
    found = measured([0, 0, 1, 1, 2, 2], [{2}, {2}, {0}, {0}, {1}, {1}])

    assert {name: round(found[name], 9) for name in MEASURES} == dict.fromkeys(MEASURES, 1.0)


def test_chance_corrected_measures_are_nothing_on_unrelated_labels() -> None:
    random = np.random.default_rng(11)
    themes = [{int(theme)} for theme in random.integers(6, size=3000)]

    found = measured(random.integers(8, size=3000).tolist(), themes)

    for name in ("adjusted_mutual_information", "adjusted_rand", "omega"):
        assert abs(found[name]) < 0.01


def test_a_passage_without_a_group_is_not_counted() -> None:
    tables = count_tables(np.array([[0, -1, 1]]), np.array([0, 0, 1]), 2, 2)

    assert tables.tolist() == [[[1, 0], [0, 1]]]
