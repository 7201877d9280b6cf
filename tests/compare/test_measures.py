"""Measures give the values of worked examples, and nothing on labels without structure."""

from fractions import Fraction

import numpy as np
import pytest

from pipeline.compare.measures import MEASURES, count_tables, label_kinds, measure

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


def test_bcubed_equals_its_definition_pair_by_pair() -> None:
    random = np.random.default_rng(3)
    themes = [set(random.choice(6, size=random.integers(1, 4), replace=False)) for _ in range(40)]
    groups = random.integers(5, size=40).tolist()

    found = measured(groups, themes)

    precisions, recalls = [], []
    for one in range(40):
        same = [other for other in range(40) if groups[other] == groups[one]]
        related = [other for other in range(40) if themes[one] & themes[other]]
        common = {other: len(themes[one] & themes[other]) for other in range(40)}
        precisions.append(np.mean([min(1, common[other]) for other in same]))
        recalls.append(np.mean([(other in same) / common[other] for other in related]))
    assert found["bcubed_precision"] == pytest.approx(np.mean(precisions))
    assert found["bcubed_recall"] == pytest.approx(np.mean(recalls))


def test_omega_index_worked_by_hand() -> None:
    """Ten passages in the groups 1-4, 5-7, 8-9, 10 and the overlapping themes of Collins and
    Dent (1988), table 6: 1-4, 3-7, 8-10.

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
