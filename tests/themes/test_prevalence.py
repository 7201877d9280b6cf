"""Corrected shares are worked by hand, and their intervals cover what they promise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.run.settings import ThemeSettings, load_settings
from pipeline.study.sets import DocumentFilter, Population
from pipeline.themes.prevalence import (
    CodedPassages,
    corrected_shares,
    prevalence_table,
    survey_interval,
)
from pipeline.themes.units import Frame, frame_of
from tests.studies import paragraphs, sentences, study_of

FRAME = Frame(
    DocumentFilter(kinds=("resolution", "report")),
    (Population(kinds=("resolution",), missions=("UNFICYP",), words=(18, 160)),),
)


@pytest.fixture(scope="module")
def settings() -> ThemeSettings:
    return load_settings().themes.model_copy(update={"bootstrap": 200, "confidence": 0.9})


def _coded(truth: list[int], said: list[int], weights: list[float]) -> CodedPassages:
    documents = [f"d{place}" for place in range(len(truth))]
    columns = [np.array(values, dtype=bool)[:, None] for values in (truth, said)]
    return CodedPassages(columns[0], columns[1], np.array(weights, float), documents)


def test_a_corrected_share_worked_by_hand(settings: ThemeSettings) -> None:
    # given four coded units of weights 1, 1, 2 and 4, of which the classifier finds one of two:
    # truth 1 1 0 0, said 1 0 0 1; weighted means of truth 2/8, of said 5/8, of both 1/8;
    # covariance 1/8 - 2/8 * 5/8 < 0, so the classifier gets no weight
    useless = _coded([1, 1, 0, 0], [1, 0, 0, 1], [1, 1, 2, 4])
    assert corrected_shares(np.array([0.9]), useless, settings, 1).share[0] == pytest.approx(2 / 8)
    # and with said 1 1 0 0 it is perfect, so the share is what it assigns
    perfect = _coded([1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 2, 4])
    assert corrected_shares(np.array([0.3]), perfect, settings, 1).share[0] == pytest.approx(0.3)


def test_a_theme_that_no_coded_unit_has_still_has_an_interval(settings: ThemeSettings) -> None:
    none = _coded([0] * 50, [0] * 50, [1.0] * 50)
    shares = corrected_shares(np.array([0.0]), none, settings, 1)
    assert (shares.share[0], shares.low[0]) == (0, 0)
    # the exact 95% bound for 0 of 50
    assert shares.high[0] == pytest.approx(1 - 0.05 ** (1 / 50), abs=1e-6)


def test_the_interval_of_equal_weights_is_clopper_and_pearson() -> None:
    share = np.array([0.3])
    low, high = survey_interval(share, share * (1 - share) / 20, np.ones(20), 0.95)
    # 6 of 20, from tables
    assert low[0] == pytest.approx(0.1189, abs=1e-4)
    assert high[0] == pytest.approx(0.5428, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("true_share", [0.02, 0.2])
@pytest.mark.parametrize("accuracy", [0.5, 0.9])
def test_intervals_of_90_percent_cover_at_least_85_percent(
    settings: ThemeSettings, true_share: float, accuracy: float
) -> None:
    """300 surveys: documents of 1 to 200 passages, two drawn from each of 150, as ours."""
    random = np.random.default_rng(7)
    covered = 0
    for _ in range(300):
        sizes = random.integers(2, 200, size=150)
        tendency = random.beta(2 * true_share, 2 * (1 - true_share), size=150)
        truth = [random.random(size) < share for size, share in zip(sizes, tendency, strict=True)]
        said = [t ^ (random.random(len(t)) > accuracy) for t in truth]
        drawn = [random.choice(size, size=1) for size in sizes]
        coded = CodedPassages(
            np.concatenate([t[d] for t, d in zip(truth, drawn, strict=True)])[:, None],
            np.concatenate([s[d] for s, d in zip(said, drawn, strict=True)])[:, None],
            sizes.astype(float),
            [f"d{place}" for place in range(150)],
        )
        assigned = np.array([np.concatenate(said).mean()])
        shares = corrected_shares(assigned, coded, settings, seed=1)
        population = np.concatenate(truth).mean()
        covered += bool(shares.low[0] <= population <= shares.high[0])
    assert covered / 300 >= 0.85


def test_shares_are_withheld_where_too_few_paragraphs_are_coded(settings: ThemeSettings) -> None:
    # given ten passages of a resolution, and fewer coded units than are needed
    passages = pl.DataFrame(
        {
            "kind": ["resolution"] * 10,
            "missions": [["UNFICYP"]] * 10,
            "year": [2014] * 10,
            "n_words": [40] * 10,
            "near_duplicate_group": [f"p{place}" for place in range(10)],
        }
    )
    documents = passages.head(4)
    coded = _coded([1, 0, 0, 0], [1, 0, 0, 0], [1.0] * 4)
    assigned = np.zeros((10, 1), dtype=bool)
    assigned[:3] = True
    table = prevalence_table(passages, assigned, documents, coded, FRAME, ["escorts"], settings, 1)
    # then the share as assigned is there, and the corrected one is not
    of_all = table.filter((pl.col("kind") == "policy") & (pl.col("mission") == "all"))
    of_all = of_all.filter(pl.col("year").is_null())
    by_method = {row["method"]: row for row in of_all.iter_rows(named=True)}
    assert by_method["assigned"]["share"] == pytest.approx(0.3)
    assert by_method["corrected"]["share"] is None
    assert by_method["corrected"]["n_coded"] == 4


def test_near_duplicate_count_once_when_groups_are_asked_for(settings: ThemeSettings) -> None:
    # given eight near-duplicates that say the theme, two passages that do not, four of them coded
    passages = pl.DataFrame(
        {
            "kind": ["resolution"] * 10,
            "missions": [["UNFICYP"]] * 10,
            "year": [2014] * 10,
            "n_words": [40] * 10,
            "near_duplicate_group": ["copied"] * 8 + ["one", "two"],
        }
    )
    rows = [0, 1, 8, 9]
    assigned = np.array([[True]] * 8 + [[False]] * 2)
    coded = _coded([1, 1, 0, 0], [1, 1, 0, 0], [4.0, 4.0, 1.0, 1.0])
    eager = settings.model_copy(update={"min_coded": 1})

    def share(*, once: bool) -> dict[str, object]:
        table = prevalence_table(
            passages, assigned, passages[rows], coded, FRAME, ["escorts"], eager, 1, once=once
        )
        chosen = table.filter((pl.col("kind") == "policy") & (pl.col("mission") == "all"))
        return chosen.filter((pl.col("method") == "corrected") & pl.col("year").is_null()).row(
            0, named=True
        )

    # then as they stand the theme is in 8 of 10 passages, and counted once in 1 of 3
    assert share(once=False)["share"] == pytest.approx(0.8)
    assert share(once=True)["share"] == pytest.approx(1 / 3, abs=1e-6)
    assert share(once=True)["n_passages"] == 3


def test_each_kind_is_estimated_by_what_was_drawn_from_it(settings: ThemeSettings) -> None:
    # given mandates of one mission and reports of all, drawn apart, and doctrine, never drawn
    frame = frame_of(
        study_of(
            paragraphs("mandates", population={"kinds": ["resolution"], "missions": ["UNFICYP"]}),
            paragraphs("reports", population={"kinds": ["report"], "words": [30, 90]}),
        )
    )
    passages = pl.DataFrame(
        {
            "kind": ["resolution"] * 4 + ["report"] * 6 + ["doctrine"] * 2,
            "missions": [["UNFICYP"]] * 3 + [["UNMISS"]] * 9,
            "year": [2014] * 12,
            "n_words": [20] * 4 + [40] * 5 + [20] + [40] * 2,
            "near_duplicate_group": [f"p{place}" for place in range(12)],
        }
    )
    assigned = np.array([[True]] * 3 + [[False]] * 9)
    rows = [0, 1, 4, 5]
    coded = _coded([1, 1, 0, 0], [1, 1, 0, 0], [1.5, 1.5, 2.5, 2.5])
    eager = settings.model_copy(update={"min_coded": 1})
    # when shares are made
    table = prevalence_table(
        passages, assigned, passages[rows], coded, frame, ["escorts"], eager, 1
    ).filter(pl.col("year").is_null() & (pl.col("mission") == "all"))
    found = {(r["kind"], r["method"]): r for r in table.iter_rows(named=True)}
    # then each kind counts its own population, and the side both of them
    n = {kind: found[kind, "corrected"]["n_passages"] for kind, _ in found}
    assert n == {"policy": 8, "resolution": 3, "report": 5, "doctrine": 2}
    assert found["resolution", "corrected"]["share"] == 1
    assert found["report", "corrected"]["share"] == 0
    assert found["policy", "corrected"]["share"] == pytest.approx(3 / 8)
    assert found["doctrine", "corrected"]["share"] is None


def test_without_a_drawn_set_all_of_the_side_is_counted_as_classified() -> None:
    frame = frame_of(study_of(sentences("quotes")))
    assert frame.populations == (Population(kinds=("resolution", "report")),)


@pytest.mark.parametrize("n_documents", [1, 2])
def test_few_documents_never_count_for_more_than_their_paragraphs(n_documents: int) -> None:
    # given 60 paragraphs of one document or two, some of them drawn by doubt
    random = np.random.default_rng(5)
    truth = random.random((60, 1)) < 0.1
    assigned = truth ^ (random.random((60, 1)) < 0.05)
    names = [f"d{place % n_documents}" for place in range(60)]
    plain = CodedPassages(truth, assigned, np.ones(60), names)
    by_doubt = replace(plain, by_doubt=np.arange(60) < 20)
    settings = load_settings().themes
    # then the interval is there, and is that of a plain draw
    found, same = (
        corrected_shares(np.array([0.12]), one, settings, 1) for one in (by_doubt, plain)
    )
    assert (found.low, found.high) == (same.low, same.high)
    assert 0 < found.low[0] < found.share[0] < found.high[0] < 1
    # and with many documents a draw by doubt counts for more
    many = replace(by_doubt, documents=[f"d{place}" for place in range(60)])
    assert not many.is_bounded
    assert replace(many, by_doubt=None).is_bounded
