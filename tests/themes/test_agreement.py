"""Agreement of coders, worked by hand; and where two coders part."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import numpy as np
import pytest

from pipeline.themes.agreement import (
    _codes,
    _sets,
    agreement_table,
    coders_as_models,
    confusion_table,
    krippendorff_alphas,
    masi_distance,
    nominal_distances,
)
from pipeline.themes.samples import Booleans, Floats, Integers

RESAMPLING = (0.95, 200, 1)


def _given(n_coders: int = 3, n_units: int = 40, seed: int = 2) -> Booleans:
    """Coders who mostly agree on four themes."""
    random = np.random.default_rng(seed)
    truth = random.random((n_units, 4)) < [0.4, 0.3, 0.2, 0.1]
    given: Booleans = truth ^ (random.random((n_coders, n_units, 4)) < 0.1)
    return given


def _nominal_alpha(observers: Sequence[str]) -> float:
    """Alpha of observers who each gave units a letter or a digit, or none (a dot)."""
    values = sorted(set("".join(observers)) - {"."})
    units = list(zip(*observers, strict=True))
    counts = np.array([[unit.count(value) for value in values] for unit in units])
    as_they_are = np.ones((1, len(counts)), dtype=np.int64)
    return float(krippendorff_alphas(counts, nominal_distances(len(values)), as_they_are)[0])


@pytest.mark.parametrize(
    ("observers", "alpha"),
    [
        (["0100000010", "1110010000"], 0.095),
        (["aabbdcccedda", "babbbccceddd"], 0.692),
        (["123321412...", "1233224125.3", ".3332342251.", "12332441251."], 0.743),
    ],
    ids=["two values", "five values", "units that some observers skipped"],
)
def test_alpha_is_that_of_published_worked_examples(observers: list[str], alpha: float) -> None:
    # Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", examples A, B and C
    assert _nominal_alpha(observers) == pytest.approx(alpha, abs=0.0005)


@pytest.mark.parametrize("observers", [["aaaa", "aaaa"], ["abab"], ["ab..", "..ab"]])
def test_alpha_is_not_defined_where_nothing_varies_or_no_unit_is_coded_twice(
    observers: list[str],
) -> None:
    assert np.isnan(_nominal_alpha(observers))


def test_agreement_of_equal_coders_is_one_and_rare_codes_stay_out_of_the_mean() -> None:
    given = np.zeros((2, 20, 2), dtype=bool)
    given[:, :6, 0] = True
    given[0, 0, 1] = True
    groups = [f"g{unit // 2}" for unit in range(20)]
    table = agreement_table("article", given, ["often", "once"], groups, *RESAMPLING)
    found = {row["theme_id"]: row for row in table.iter_rows(named=True)}
    assert found["often"]["alpha"] == found["often"]["low"] == found["all"]["alpha"] == 1
    assert found["once"]["alpha"] <= 0
    # 19 of 20 units have the same codes from both
    assert found["sets"]["percent"] == pytest.approx(0.95)
    assert found["often"]["percent"] == 1


def test_intervals_hold_the_estimate_and_shrink_with_more_units() -> None:
    themes = ["a", "b", "c", "d"]
    small, large = (
        agreement_table(
            "un", _given(n_units=n), themes, [f"g{unit}" for unit in range(n)], *RESAMPLING
        )
        for n in (40, 400)
    )
    for table in (small, large):
        assert (table["low"] <= table["alpha"]).all()
        assert (table["alpha"] <= table["high"]).all()
    assert (large["high"] - large["low"] < small["high"] - small["low"]).all()


def test_one_coder_alone_has_no_agreement() -> None:
    table = agreement_table("un", _given(1), ["a", "b", "c", "d"], ["g"] * 40, *RESAMPLING)
    assert table["alpha"].null_count() == table["percent"].null_count() == table.height


def _by_pairs(counts: Integers, distances: Floats) -> float:
    """Alpha as Krippendorff defines it, by walking over all pairs of codings."""
    units = [np.repeat(np.arange(len(row)), row).tolist() for row in counts]
    everything = [value for unit in units for value in unit]
    observed = sum(
        distances[pair] / (len(unit) - 1) for unit in units for pair in permutations(unit, 2)
    )
    expected = sum(distances[pair] for pair in permutations(everything, 2)) / (len(everything) - 1)
    return 1 - float(observed / expected)


@pytest.mark.parametrize("values", [lambda given: _codes(given[:, :, 0]), _sets])
def test_alphas_of_resamples_are_those_of_the_pairs_in_each(values) -> None:  # type: ignore[no-untyped-def]
    counts, distances = values(_given())
    random = np.random.default_rng(5)
    weights = random.multinomial(40, np.full(40, 1 / 40), size=5)
    ours = krippendorff_alphas(counts, distances, weights)
    for row, weight in enumerate(weights):
        theirs = _by_pairs(np.repeat(counts, weight, axis=0), distances)
        assert ours[row] == pytest.approx(theirs)


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [
        # Passonneau (2006): equal, one in the other, overlapping, nothing shared
        ([1, 1, 0], [1, 1, 0], 0),
        ([1, 1, 0], [1, 0, 0], 1 - 1 / 2 * 2 / 3),
        ([1, 1, 0], [0, 1, 1], 1 - 1 / 3 * 1 / 3),
        ([1, 0, 0], [0, 1, 0], 1),
        ([0, 0, 0], [0, 0, 0], 0),
        ([0, 0, 0], [0, 1, 0], 1),
    ],
)
def test_distances_of_sets_of_codes(one: list[int], other: list[int], distance: float) -> None:
    found = masi_distance(np.array(one, dtype=bool), np.array(other, dtype=bool))
    assert found == pytest.approx(distance)


def test_a_code_given_in_place_of_another_is_counted_and_one_given_beside_it_is_not() -> None:
    given = np.zeros((2, 3, 3), dtype=bool)
    given[0, 0, 0] = given[1, 0, 1] = True  # a against b
    given[0, 1, 1] = given[1, 1, 0] = True  # b against a
    given[0, 2, 0] = given[0, 2, 2] = given[1, 2, 0] = True  # both say a, one also c
    table = confusion_table("un", given, ["a", "b", "c"])
    assert table.rows() == [("un", "a", "b", 2)]


def test_a_coder_says_nothing_of_units_that_were_not_read() -> None:
    # given two coders of all units, and a third who read the first half and sees nothing else
    given = _given()
    read = np.ones(given.shape[:2], dtype=bool)
    read[2, 20:] = False
    given[2, 20:] = False
    groups, names = [str(unit) for unit in range(40)], ["a", "b", "c", "d"]
    table = agreement_table("un", given, names, groups, *RESAMPLING, read)
    as_no = agreement_table("un", given, names, groups, *RESAMPLING)
    both = [agreement_table("un", given[:, :20], names, groups[:20], *RESAMPLING)]
    both += [agreement_table("un", given[:2, 20:], names, groups[20:], *RESAMPLING)]
    # then alpha lies where both halves do, and not where silence is taken for a no
    alphas = [float(one["alpha"][0]) for one in (*both, table)]
    assert min(alphas[:2]) - 0.1 <= alphas[2] <= max(alphas[:2]) + 0.1
    assert alphas[2] > as_no["alpha"][0] + 0.05
    judged = coders_as_models("un", given, groups, read)
    assert judged is not None
    assert len(judged.truth) == len(judged.groups) == 2 * 40 + 4 * 20
    # nor does it part from those who gave a code there
    none = np.zeros((2, 40), dtype=bool)
    assert confusion_table("un", given[:2], names, none).is_empty()


def test_each_coder_is_judged_by_each_other() -> None:
    given = np.zeros((2, 4, 1), dtype=bool)
    given[0, :2], given[1, 1:3] = True, True
    judged = coders_as_models("article", given, ["a", "b", "c", "d"])
    assert judged is not None
    assert judged.truth.shape == (8, 1)
    assert (judged.truth & judged.predictions.assigned).sum() == 2
    assert coders_as_models("article", given[:1], ["a"] * 4) is None
