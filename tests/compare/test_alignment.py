"""Topics by themes: cells, tests, matchings and recovery worked by hand, and by brute force."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import norm

from pipeline.compare.structure.alignment import (
    NO_THEME,
    LabelledPassages,
    alignment_table,
    explanation_table,
    false_discovery_rates,
    many_to_one_matching,
    one_to_one_matching,
    topic_theme_cells,
)
from pipeline.compare.structure.comparing import best_topics, recovery_table
from pipeline.run.settings import CompareSettings


def labelled(group: list[int], themes: list[str]) -> LabelledPassages:
    """Passages with these groups; each letter of ``themes`` is a theme of the passage."""
    members = np.array([[letter in each for letter in "abc"] for each in themes])
    primary = np.where(members.any(1), members.argmax(1), NO_THEME)
    return LabelledPassages(
        passages="article",
        candidate="topics",
        reference="codes",
        passage_ids=tuple(f"p{place}" for place in range(len(group))),
        group=np.array(group),
        theme_ids=("a", "b", "c"),
        members=members,
        primary=primary,
        cluster=np.arange(len(group)),
        stratum=np.zeros(len(group), dtype=np.int64),
    )


@pytest.fixture
def small() -> LabelledPassages:
    """Topic 0: a a ab; topic 1: b b (nothing); one outlier with a."""
    return labelled([0, 0, 0, 1, 1, 1, -1], ["a", "a", "ab", "b", "b", "", "a"])


def test_cells_worked_by_hand(small: LabelledPassages) -> None:
    rows = {
        (row["topic_id"], row["theme_id"]): row
        for row in alignment_table(small).iter_rows(named=True)
    }

    assert set(rows) == {(0, "a"), (0, "b"), (1, "b"), (-1, "a")}
    cell = rows[0, "a"]
    assert (cell["n"], cell["n_topic"], cell["n_theme"], cell["n_passages"]) == (3, 3, 4, 7)
    assert cell["jaccard"] == pytest.approx(3 / 4)
    assert cell["lift"] == pytest.approx(3 / (3 * 4 / 7))
    # of the 35 ways to place 4 passages with a among 7, 4 hold all three of the topic; neighbours
    # resemble each other by 47/84 in the topic and 26/84 in the theme, at the one lag of 7 / 4
    effect = 1 + 2 * (1 - 1 / 7) * (47 / 84) * (26 / 84)
    assert cell["p_value"] == pytest.approx(norm.sf(norm.isf(4 / 35) / np.sqrt(effect)))


def test_matchings_leave_outliers_out(small: LabelledPassages) -> None:
    rows = alignment_table(small)

    pairs = rows.filter("one_to_one").select("topic_id", "theme_id").rows()
    assert sorted(pairs) == [(0, "a"), (1, "b")]
    assert sorted(rows.filter("many_to_one").select("topic_id", "theme_id").rows()) == sorted(pairs)


def test_one_to_one_gives_up_the_best_pair_for_the_best_sum() -> None:
    """Topic 0 fits a (4/5) and b (3/5 less), topic 1 fits a only: 0 takes b, 1 takes a."""
    cells = topic_theme_cells(
        labelled([0, 0, 0, 0, 1, 1, 1], ["ab", "ab", "ab", "a", "a", "a", "a"])
    )

    assert one_to_one_matching(cells).tolist() == [[False, True, False], [True, False, False]]
    assert many_to_one_matching(cells).tolist() == [[False, True, False], [True, False, False]]


def test_false_discovery_rates_worked_by_hand() -> None:
    """p .01 .04 .03 of three tests: .01 * 3 = .03; .03 * 3/2 = .045, not above .04 * 3/3."""
    q_values = false_discovery_rates(
        np.array([[0.01, 0.04], [0.5, 0.03]]), np.array([[True, True], [False, True]])
    )

    assert q_values.tolist() == [
        [pytest.approx(0.03), pytest.approx(0.04)],
        [1.0, pytest.approx(0.04)],
    ]


def test_cells_of_unrelated_labels_are_no_associations() -> None:
    random = np.random.default_rng(1)
    letters = [str(each) for each in random.choice(list("abc"), size=300)]

    rows = alignment_table(labelled(random.integers(8, size=300).tolist(), letters))

    assert (rows["q_value"] > 0.05).all()


def test_topics_no_theme_explains_are_named_with_passages(small: LabelledPassages) -> None:
    """Six cells are tested; the smallest p-value, .1452 of topic 0 with a, has q = 6 * .1452."""
    rows = explanation_table(small, dict.fromkeys(range(3), "t"), false_discovery_rate=0.88).rows(
        named=True
    )

    assert [row["explained"] for row in rows] == [True, False, False]
    assert rows[0]["theme_id"] == "a"
    assert rows[1]["passage_ids"] == ["p3", "p4", "p5"]
    assert rows[1]["reason"] == "no theme is more frequent in it than by chance"
    assert rows[2]["reason"] == "it holds no passage with a theme"


def test_recovery_worked_by_hand(small: LabelledPassages, settings: CompareSettings) -> None:
    rows = {
        row["theme_id"]: row for row in recovery_table(small, settings, 1).iter_rows(named=True)
    }

    assert set(rows) == {"a", "b"}
    assert rows["a"]["topic_ids"] == [0]
    assert (rows["a"]["precision"], rows["a"]["recall"]) == (1.0, 0.75)  # the outlier is missed
    assert rows["a"]["f1"] == pytest.approx(6 / 7, abs=1e-6)
    assert rows["b"]["topic_ids"] == [1]  # topic 0 would add 1 of b and 2 others: 6 / 9 = 6 / 9
    assert rows["b"]["f1"] == pytest.approx(4 / 6, abs=1e-6)
    assert rows["b"]["q_value"] is None  # three passages with b are too few to be tested
    assert not rows["a"]["recovered"]


def test_the_best_set_of_topics_is_the_best_of_all_sets() -> None:
    random = np.random.default_rng(2)
    for _ in range(50):
        n = random.integers(0, 8, size=(1, 6, 3))
        n_topic = n[0].sum(1) + random.integers(0, 6, size=6)
        n_theme = n[0].sum(0) + random.integers(0, 6, size=3)
        found = best_topics(n, n_topic, n_theme)
        for theme in range(3):
            every = [
                2 * n[0, list(chosen), theme].sum() / (n_topic[list(chosen)].sum() + n_theme[theme])
                for size in range(1, 7)
                for chosen in combinations(range(6), size)
            ]
            assert found.f1[0, theme] == pytest.approx(max(every))


def test_no_theme_is_recovered_from_unrelated_labels(settings: CompareSettings) -> None:
    random = np.random.default_rng(4)
    letters = [str(each) for each in random.choice(list("abc"), size=200)]

    rows = recovery_table(labelled(random.integers(5, size=200).tolist(), letters), settings, 1)

    assert not rows["recovered"].any()
    assert (rows["chance"] > 0.3).all()  # the best of many sets is never near 0
