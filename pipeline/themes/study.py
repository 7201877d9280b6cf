"""The whole of the themes stage as one function on values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.run.errors import InputError
from pipeline.run.settings import ThemeSettings
from pipeline.run.wording import counted
from pipeline.study.codebook import Codebook
from pipeline.study.sets import SUGGESTED, CodedSet
from pipeline.study.study import STUDY_FILE, Study
from pipeline.themes.agreement import coder_agreement
from pipeline.themes.combination import ThemeText, described_theme
from pipeline.themes.evaluation import (
    ALL,
    MACRO,
    calibration_error,
    calibration_table,
    evaluation_table,
)
from pipeline.themes.models import SAVED, ModelMaker, model_makers
from pipeline.themes.prevalence import prevalence_tables
from pipeline.themes.samples import Sample, together
from pipeline.themes.scoring import (
    general_judgement,
    score_corpus,
    scores_table,
    unit_scores_table,
)
from pipeline.themes.units import CodedCorpus
from pipeline.themes.validation import (
    Judged,
    Judgement,
    Predictions,
    TrainedThemes,
    cross_validate,
    train,
)
from pipeline.vectors.encoder import Encoder


@dataclass(frozen=True)
class ThemeFindings:
    """What the stage found.

    Attributes:
        agreement, confusions, evaluation, calibration, scores, unit_scores: tables so named.
        prevalence, prevalence_deduplicated: None when there are no documents beside the articles.
        classifiers: the combination trained on everything, to be used on other texts.
        metrics: what `dvc metrics show` prints.
        remarks: what could not be had, for the person at the terminal.
    """

    agreement: pl.DataFrame
    confusions: pl.DataFrame
    evaluation: pl.DataFrame
    calibration: pl.DataFrame
    scores: pl.DataFrame
    unit_scores: pl.DataFrame
    prevalence: pl.DataFrame | None
    prevalence_deduplicated: pl.DataFrame | None
    classifiers: TrainedThemes
    metrics: dict[str, Any]
    remarks: list[str]


def study_themes(
    corpus: CodedCorpus, codebook: Codebook, encoder: Encoder, settings: ThemeSettings, seed: int
) -> ThemeFindings:
    """Judge every model on every coded set, and score all passages with the one in use.

    Raises:
        StageError: no coded unit that may be learnt from is in a document of this run.
    """
    theme_ids, units = codebook.theme_ids, corpus.units
    described = tuple(described_theme(theme) for theme in codebook.themes)
    makers = model_makers(ThemeText(described, encoder.encode(described)), settings.regularisation)
    samples = _samples(units, encoder, theme_ids)
    judgements = judge_models(makers, samples, corpus.study, settings, seed)
    judged = [judged for one in judgements.values() for judged in one.judged]
    in_use = [one for one in judged if one.model == settings.model]
    coders = coder_agreement(corpus.codings, units, theme_ids, settings, seed)
    evaluation = evaluation_table([*judged, *coders.coders], theme_ids, settings, seed)
    calibration = calibration_table(in_use, theme_ids, settings, seed)
    scores = score_corpus(corpus, judgements, settings.model)
    prevalence, deduplicated = prevalence_tables(
        corpus, scores.assigned, judgements, theme_ids, settings, seed
    )
    return ThemeFindings(
        agreement=coders.agreement,
        confusions=coders.confusions,
        evaluation=evaluation,
        calibration=calibration,
        scores=scores_table(corpus.passages["passage_id"].to_list(), scores, theme_ids),
        unit_scores=unit_scores_table(in_use, units, theme_ids),
        prevalence=prevalence,
        prevalence_deduplicated=deduplicated,
        classifiers=general_judgement(judgements).trained[SAVED],
        metrics={"model_in_use": settings.model}
        | _metrics(evaluation, calibration, coders.agreement, units),
        remarks=[*_outside(corpus), *_remarks(corpus.study, judgements, prevalence)],
    )


def _samples(units: pl.DataFrame, encoder: Encoder, theme_ids: Sequence[str]) -> dict[str, Sample]:
    """The units of each coded set, and suggested ones, in the order of the table."""
    samples = {}
    for (unit_set,), rows in units.group_by(
        pl.col("unit_set").cast(pl.String), maintain_order=True
    ):
        texts = rows["text"].to_list()
        labels = [[theme in given for theme in theme_ids] for given in rows["labels"].to_list()]
        samples[str(unit_set)] = Sample(
            tuple(texts), encoder.encode(texts), np.array(labels), tuple(rows["group"])
        )
    return samples


@dataclass(frozen=True)
class _Lesson:
    """A set of units and what is learnt from with it.

    Attributes:
        own: the units of the set.
        beside: suggested units, for a set of paragraphs.
        before: the sets above it that are learnt from.
        kin: their units where they are of the same kind; these may be of the same groups.
        extra: their units where they are of the other kind.
    """

    unit_set: str
    unit: str
    roles: Sequence[str]
    own: Sample
    beside: Sample | None
    before: tuple[str, ...]
    kin: Sample | None
    extra: Sample | None

    @property
    def sample(self) -> Sample:
        """The units of the set and those beside them."""
        return self.own.plus(self.beside)


def judge_models(
    makers: Mapping[str, ModelMaker],
    samples: Mapping[str, Sample],
    study: Study,
    settings: ThemeSettings,
    seed: int,
) -> dict[str, Judgement]:
    """Judge every model on each coded set; by the id of the set, in the order of the study.

    Settings are never mixed. A set that is learnt from is judged by models of itself and of the
    sets above it, a group left out whole; and it is judged by models of the sets above it alone
    (transfer). Suggested units are learnt from beside each set of paragraphs and judge nothing;
    where no such set is learnt from, they are a set of their own.

    Args:
        makers: the models, by name.
        samples: the units of this run by coded set, and suggested ones; a set without units is
            left out.
        study: which sets there are, and what each serves for.
        settings: folds, and the model in use.
        seed: of the folds.

    Raises:
        InputError: all units of a set are of one group, so that none can be left out.
    """
    judgements: dict[str, Judgement] = {}
    for lesson in _lessons(samples, study):
        judgement = _judge(lesson, makers, settings, seed)
        judgements |= {lesson.unit_set: judgement} if judgement else {}
    return judgements


def _lessons(samples: Mapping[str, Sample], study: Study) -> list[_Lesson]:
    suggested = samples.get(SUGGESTED)
    there = [coded for coded in study.coded_sets if coded.id in samples]
    lessons = [
        _lesson(
            coded,
            samples,
            [one for one in study.learnt_before(coded) if one.id in samples],
            suggested if coded.unit == "paragraph" else None,
        )
        for coded in there
    ]
    learnt = [one for one in there if "learnt_from" in one.roles]
    if suggested is not None and not any(one.unit == "paragraph" for one in learnt):
        extra = together(samples[one.id] for one in learnt)
        before = tuple(one.id for one in learnt)
        lessons.append(
            _Lesson(SUGGESTED, "paragraph", ("learnt_from",), suggested, None, before, None, extra)
        )
    return lessons


def _lesson(
    coded: CodedSet,
    samples: Mapping[str, Sample],
    before: Sequence[CodedSet],
    suggested: Sample | None,
) -> _Lesson:
    return _Lesson(
        unit_set=coded.id,
        unit=coded.unit,
        roles=coded.roles,
        own=samples[coded.id],
        beside=suggested if "learnt_from" in coded.roles else None,
        before=tuple(one.id for one in before),
        kin=together(samples[one.id] for one in before if one.unit == coded.unit),
        extra=together(samples[one.id] for one in before if one.unit != coded.unit),
    )


def _judge(
    lesson: _Lesson, makers: Mapping[str, ModelMaker], settings: ThemeSettings, seed: int
) -> Judgement | None:
    """None for a set that is not learnt from and that has none above it either."""
    own, is_learnt = lesson.own, "learnt_from" in lesson.roles
    is_judged = "judged_on" in lesson.roles
    models = {} if is_learnt and not is_judged else _transferred(lesson, makers, settings, seed)
    said = {name: model.predict(own.texts, own.vectors) for name, model in models.items()}
    after = [_judged(lesson, name, one, lesson.before) for name, one in said.items()]
    kept = sorted({settings.model, SAVED})
    if not is_learnt:
        judged = after if is_judged else []
        trained = {name: models[name] for name in kept if models}
        in_use = said.get(settings.model)
        return Judgement(lesson.unit, own, judged, in_use, None, trained) if in_use else None
    sample, others = _checked(lesson), together([lesson.extra, lesson.kin])
    validated = {
        name: cross_validate(make, sample, lesson.extra, settings, seed, lesson.kin)
        for name, make in makers.items()
    }
    judged = [_judged(lesson, name, one.predictions) for name, one in validated.items()] + after
    held_out = validated[settings.model]
    return Judgement(
        unit=lesson.unit,
        sample=sample,
        judged=judged if is_judged else [],
        said=held_out.predictions,
        validated=held_out,
        trained={name: train(makers[name], sample, others, settings, seed) for name in kept},
    )


def _transferred(
    lesson: _Lesson, makers: Mapping[str, ModelMaker], settings: ThemeSettings, seed: int
) -> dict[str, TrainedThemes]:
    """Models of the sets above alone, without units that share a group with those judged."""
    kin = lesson.kin.outside({*lesson.own.groups}) if lesson.kin else None
    sample, extra = (kin, lesson.extra) if kin else (lesson.extra, None)
    if not sample:
        return {}
    return {name: train(make, sample, extra, settings, seed) for name, make in makers.items()}


def _judged(
    lesson: _Lesson, model: str, said: Predictions, trained_on: tuple[str, ...] = ()
) -> Judged:
    """Predictions of the units of the set; those beside them are not to be judged by."""
    sample = lesson.sample
    every = Judged(lesson.unit_set, model, sample.labels, said, sample.groups)
    return replace(every, unit=lesson.unit, trained_on=trained_on).first(len(lesson.own))


def _checked(lesson: _Lesson) -> Sample:
    """The units: of two groups at least, where they are judged or nothing else is learnt from."""
    sample = lesson.sample
    alone = not (lesson.extra or lesson.kin)
    if len(set(sample.groups)) < 2 and ("judged_on" in lesson.roles or alone):
        what = "paragraph of an article" if lesson.unit == "sentence" else "document"
        problem = f"all its {len(sample)} coded units are of one {what}, so none can be left out"
        raise InputError(STUDY_FILE, problem, f"code a second {what}", _key(lesson.unit_set))
    return sample


def _key(unit_set: str) -> str:
    return f"coded_sets.{unit_set}"


def _metrics(
    evaluation: pl.DataFrame,
    calibration: pl.DataFrame,
    agreement: pl.DataFrame,
    units: pl.DataFrame,
) -> dict[str, Any]:
    macro = evaluation.filter(
        (pl.col("theme_id") == MACRO)
        & pl.col("measure").cast(pl.String).is_in(["f1", "average_precision", "brier"])
    )
    found: dict[str, Any] = {}
    for row in macro.iter_rows(named=True):
        name = f"macro_{row['measure']}"
        found.setdefault(row["setting"], {}).setdefault(row["model"], {})[name] = row["value"]
    alphas = agreement.filter(pl.col("theme_id") == ALL).select("unit_set", "alpha")
    curves = calibration.filter(pl.col("theme_id") == ALL).partition_by("setting")
    return {
        "calibration_error": {curve["setting"][0]: calibration_error(curve) for curve in curves},
        "evaluation": found,
        "coder_alpha": dict(alphas.iter_rows()),
        "coded_units": dict(units["unit_set"].cast(pl.String).value_counts(sort=True).iter_rows()),
    }


def _outside(corpus: CodedCorpus) -> Iterator[str]:
    """Sets that hold units of documents outside what the set was drawn from."""
    facts = corpus.documents.select("document_id", pl.col("kind").cast(pl.String), "missions")
    placed = corpus.units.join(facts, on="document_id", how="left")
    for one in corpus.study.sets_of("paragraph", "estimated_with"):
        own = placed.filter(pl.col("unit_set").cast(pl.String) == one.id)
        n = own.height - own.filter(one.drawn_units).height
        if n:
            units = counted(n, "unit")
            yield f"{one.name}: {units} of documents outside its population estimate nothing"


def _remarks(
    study: Study, judgements: Mapping[str, Judgement], prevalence: pl.DataFrame | None
) -> list[str]:
    """What could not be had, in the words of the study."""
    remarks = []
    for coded in study.coded_sets:
        if coded.id not in judgements:
            remarks.append(f"{coded.name}: nothing is judged or estimated with this set")
    if not any(one.judged for one in judgements.values()):
        remarks.append("no classifier is judged, since no set of this run is judged on")
    if not any(one.unit == "sentence" for one in judgements.values()):
        remarks.append("passages of articles are scored by what was learnt from documents")
    if prevalence is None:
        remarks.append("no shares, since there is no document beside the articles")
    elif not study.sets_of("paragraph", "estimated_with"):
        remarks.append("shares are as classified: no set of paragraphs is estimated with")
    return remarks
