"""Coded sets of any number and kind: what each learns from, and what it is judged by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from pipeline.run.errors import InputError, StageError
from pipeline.run.settings import ThemeSettings, load_settings
from pipeline.study.sets import SUGGESTED
from pipeline.themes.models import Majority
from pipeline.themes.samples import ANY_SET, Sample, together
from pipeline.themes.scoring import general_judgement
from pipeline.themes.study import judge_models
from pipeline.themes.validation import Judgement, cross_validate, train
from tests.studies import paragraphs, sentences, study_of

MODELS = ("majority", "combined")


@pytest.fixture(scope="module")
def settings() -> ThemeSettings:
    return load_settings().themes.model_copy(update={"folds": 3, "model": "majority"})


def _sample(name: str, n: int = 30, groups: Iterable[str] = ()) -> Sample:
    """Units with a text that names them, three a group."""
    labels = np.arange(n) % 3 == 0
    return Sample(
        tuple(f"{name} {place}" for place in range(n)),
        np.ones((n, 2), np.float32),
        np.column_stack([labels, ~labels]),
        tuple(groups) or tuple(f"{name}-{place // 3}" for place in range(n)),
    )


class Watched(Majority):
    """A guess that remembers which sets it was fitted on, and refuses a group on both sides."""

    fits: list[tuple[str, ...]] = []  # noqa: RUF012

    def fit(self, sample: Sample) -> None:
        self.fits.append(tuple(sorted({text.split()[0] for text in sample.texts})))
        super().fit(sample)


@pytest.fixture
def makers() -> dict[str, type[Majority]]:
    Watched.fits = []
    return dict.fromkeys(MODELS, Watched)


def _told(judgements: dict[str, Judgement]) -> dict[str, list[str]]:
    """Settings in which the first model was judged, by set."""
    return {
        name: [each.setting for each in one.judged if each.model == MODELS[0]]
        for name, one in judgements.items()
    }


def test_sentences_and_paragraphs_learn_from_each_other_and_are_judged_by_the_other_alone_too(
    settings: ThemeSettings, makers: dict[str, type[Majority]]
) -> None:
    study = study_of(sentences("quotes"), paragraphs("papers"))
    judgements = judge_models(
        makers, {"quotes": _sample("quotes"), "papers": _sample("papers")}, study, settings, 1
    )
    assert _told(judgements) == {
        "quotes": ["quotes", "papers to quotes"],
        "papers": ["papers", "quotes to papers"],
    }
    assert set(Watched.fits) == {("quotes",), ("papers",), ("papers", "quotes")}
    assert general_judgement(judgements) is judgements["papers"]


def test_two_sets_of_paragraphs_are_judged_each_by_itself_and_by_the_others(
    settings: ThemeSettings, makers: dict[str, type[Majority]]
) -> None:
    study = study_of(sentences("quotes"), paragraphs("mandates"), paragraphs("reports", "report"))
    samples = {name: _sample(name) for name in ("quotes", "mandates", "reports")}
    judgements = judge_models(makers, samples, study, settings, 1)
    assert _told(judgements)["reports"] == ["reports", "quotes and mandates to reports"]
    assert _told(judgements)["mandates"] == ["mandates", "quotes and reports to mandates"]
    assert judgements["reports"].judged[0].truth.shape == (30, 2)
    assert ("mandates", "quotes", "reports") in Watched.fits
    # and with one set of paragraphs only, that one is learnt from and judged
    alone = judge_models(
        makers, {"papers": _sample("papers")}, study_of(paragraphs("papers")), settings, 1
    )
    assert _told(alone) == {"papers": ["papers"]}


def test_a_group_that_two_sets_share_is_left_out_of_both(settings: ThemeSettings) -> None:
    # given a report that repeats a mandate's paragraph, so that both are of one group
    shared = [f"g{place // 3}" for place in range(30)]
    seen: list[set[str]] = []

    class Remembering(Majority):
        def fit(self, sample: Sample) -> None:
            seen.append({*sample.groups})
            super().fit(sample)

    mandates = _sample("mandates", groups=[*shared[:27], "elsewhere", "elsewhere", "elsewhere"])
    reports = _sample("reports", groups=shared)
    both = [
        replace(one, unit_sets=(name,) * 30)
        for name, one in (("mandates", mandates), ("reports", reports))
    ]
    # when both are cross-validated together
    found = cross_validate(Remembering, together(both), settings, 1)
    # then a fold holds no unit of its groups, whichever set they are of, and units of each set
    everything = {*shared, "elsewhere"}
    for fold in range(3):
        left_out = {group for group, place in found.fold_of.items() if place == fold}
        assert everything - left_out in seen
        assert {both[row // 30].unit_sets[0] for row in np.flatnonzero(found.fold == fold)} == {
            "mandates",
            "reports",
        }
    assert set(found.fold_of) == everything


def test_each_set_has_the_thresholds_of_its_own_units(settings: ThemeSettings) -> None:
    # given a theme that one set has in each unit, and another in every third
    rare, common = _sample("rare"), _sample("common")
    always = np.ones_like(common.labels)
    sample = together(
        [
            replace(rare, unit_sets=("rare",) * 30),
            replace(common, labels=always, votes=1.0 * always, unit_sets=("common",) * 30),
        ]
    )
    trained = train(Majority, sample, settings, 1)
    # then what is said of the same texts depends on the set that they are taken to be of
    assert trained.predict(rare.texts, rare.vectors, "common").assigned.all()
    assert not np.array_equal(trained.thresholds_of("rare"), trained.thresholds_of("common"))
    assert np.array_equal(trained.thresholds_of("third"), trained.thresholds[ANY_SET])


def test_a_set_that_is_not_learnt_from_is_judged_by_the_others_alone(
    settings: ThemeSettings, makers: dict[str, type[Majority]]
) -> None:
    study = study_of(paragraphs("papers"), paragraphs("test", "report", roles=("judged_on",)))
    samples = {name: _sample(name) for name in ("papers", "test")}
    judgements = judge_models(makers, samples, study, settings, 1)
    assert _told(judgements)["test"] == ["papers to test"]
    assert not any("test" in fitted for fitted in Watched.fits)
    assert general_judgement(judgements) is judgements["papers"]


def test_suggested_units_alone_are_learnt_from_and_judge_nothing(
    settings: ThemeSettings, makers: dict[str, type[Majority]]
) -> None:
    judgements = judge_models(makers, {SUGGESTED: _sample("any")}, study_of(), settings, 1)
    assert _told(judgements) == {SUGGESTED: []}
    assert general_judgement(judgements).unit == "paragraph"
    # beside drawn paragraphs they are learnt from, and the drawn ones alone are judged
    samples = {SUGGESTED: _sample("any"), "papers": _sample("papers")}
    beside = judge_models(makers, samples, study_of(paragraphs("papers")), settings, 1)
    assert [len(one.truth) for one in beside["papers"].judged] == [30] * len(MODELS)
    assert len(beside["papers"].sample) == 60


def test_units_of_one_document_cannot_be_judged_and_nothing_cannot_be_learnt_from(
    settings: ThemeSettings, makers: dict[str, type[Majority]]
) -> None:
    one = {"papers": _sample("papers", groups=["same"] * 30)}
    with pytest.raises(InputError, match=r"coded_sets\.papers: all its 30 coded units are of one"):
        judge_models(makers, one, study_of(paragraphs("papers")), settings, 1)
    with pytest.raises(StageError, match="no coded unit that may be learnt from"):
        general_judgement(judge_models(makers, {}, study_of(paragraphs("papers")), settings, 1))
