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
from pipeline.themes.samples import Integers, Sample, sample_of, together
from pipeline.themes.scoring import (
    general_judgement,
    score_corpus,
    scores_table,
    unit_scores_table,
)
from pipeline.themes.units import CodedCorpus
from pipeline.themes.validation import (
    CrossValidation,
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
        classifies: the coded set as whose units these texts are taken.
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
    classifies: str
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
    samples = _samples(corpus, encoder, theme_ids, settings)
    judgements = judge_models(makers, samples, corpus.study, settings, seed)
    judged = [judged for one in judgements.values() for judged in one.judged]
    in_use = [one for one in judged if one.model == settings.model]
    coders = coder_agreement(corpus.codings, units, theme_ids, settings, seed)
    evaluation = evaluation_table([*judged, *coders.coders], theme_ids, settings, seed)
    calibration = calibration_table(in_use, theme_ids, settings, seed)
    scores, general = (
        score_corpus(corpus, judgements, settings.model),
        general_judgement(judgements),
    )
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
        classifiers=general.trained[SAVED],
        classifies=general.unit_set,
        metrics={"model_in_use": settings.model}
        | _metrics(evaluation, calibration, coders.agreement, units),
        remarks=[*_outside(corpus), *_remarks(corpus.study, judgements, prevalence)],
    )


def _samples(
    corpus: CodedCorpus, encoder: Encoder, theme_ids: Sequence[str], settings: ThemeSettings
) -> dict[str, Sample]:
    """The units of each coded set, and suggested ones, in the order of the table.

    What is learnt is how many of the codings gave a theme where most of them decide, and else what
    they decided.
    """
    facts = corpus.documents.select("document_id", pl.col("kind").cast(pl.String), "missions")
    unit_set = pl.col("unit_set").cast(pl.String)
    goes_with = pl.when(unit_set == SUGGESTED).then(corpus.study.set_of_documents("learnt_from"))
    units = corpus.units.join(facts, on="document_id", how="left", maintain_order="left")
    units = units.with_columns(unit_set, goes_with=goes_with.otherwise(unit_set))
    samples = {}
    for (name,), rows in units.group_by("unit_set", maintain_order=True):
        vectors = encoder.encode(rows["text"].to_list())
        coding = next((one for one in corpus.codings if one.unit_set == name), None)
        votes = coding.votes() if coding and settings.label_rule == "majority" else None
        samples[str(name)] = sample_of(rows, vectors, votes, theme_ids)
    return samples


def judge_models(
    makers: Mapping[str, ModelMaker],
    samples: Mapping[str, Sample],
    study: Study,
    settings: ThemeSettings,
    seed: int,
) -> dict[str, Judgement]:
    """Judge every model on each coded set; by the id of the set, in the order of the study.

    A model learns from all sets that are learnt from and from suggested units, and each set is
    judged apart, a group left out whole. It is also judged by models of the other sets alone
    (transfer). Suggested units judge nothing; where no set of paragraphs is learnt from, they are a
    set of their own.

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
    there = [one for one in study.coded_sets if one.id in samples]
    learnt_from = [one for one in there if "learnt_from" in one.roles]
    names = [one.id for one in learnt_from] + [SUGGESTED] * (SUGGESTED in samples)
    lesson = None
    if names:
        for one in learnt_from:
            _check_groups(one, samples[one.id], alone=len(names) == 1)
        units = {name: _named(samples[name], name) for name in names}
        lesson = _learnt(makers, units, settings, seed)
    judgements: dict[str, Judgement] = {}
    for one in there:
        judgement = _judged_set(one, samples[one.id], lesson, study, makers, settings, seed)
        judgements |= {one.id: judgement} if judgement else {}
    if lesson and not any(one.unit == "paragraph" for one in learnt_from) and SUGGESTED in names:
        judgements[SUGGESTED] = lesson.judgement(SUGGESTED, "paragraph", [])
    return judgements


def _named(sample: Sample, unit_set: str) -> Sample:
    """Units that know their set; suggested ones may go with another."""
    is_named = unit_set == SUGGESTED and any(sample.unit_sets)
    return sample if is_named else replace(sample, unit_sets=(unit_set,) * len(sample))


@dataclass(frozen=True)
class _Lesson:
    """What was learnt from all sets that are learnt from.

    Attributes:
        sample: their units, and suggested ones behind them.
        rows_of: the rows of each set in the sample.
        validated: by model.
        trained: the model in use and the one that is saved, on the whole sample.
        in_use: name of the model in use.
    """

    sample: Sample
    rows_of: Mapping[str, Integers]
    validated: Mapping[str, CrossValidation]
    trained: dict[str, TrainedThemes]
    in_use: str

    def judgement(self, unit_set: str, unit: str, judged: list[Judged]) -> Judgement:
        """That of one set, whose units come before suggested ones where it is of paragraphs."""
        rows = self.rows_of[unit_set]
        if unit == "paragraph" and unit_set != SUGGESTED and SUGGESTED in self.rows_of:
            rows = np.append(rows, self.rows_of[SUGGESTED])
        validated = self.validated[self.in_use]
        said = validated.predictions.take(rows)
        sample = self.sample.take(rows)
        return Judgement(unit_set, unit, sample, judged, said, validated, self.trained)

    def held_out(self, coded: CodedSet) -> list[Judged]:
        """What each model said of the units of a set without their groups."""
        rows = self.rows_of[coded.id]
        own = self.sample.take(rows)
        return [
            _judged(coded, name, own, one.predictions.take(rows))
            for name, one in self.validated.items()
        ]


def _learnt(
    makers: Mapping[str, ModelMaker],
    units: Mapping[str, Sample],
    settings: ThemeSettings,
    seed: int,
) -> _Lesson:
    sample = together(list(units.values()))
    ends = np.cumsum([len(one) for one in units.values()])
    parts = np.split(np.arange(len(sample)), ends[:-1])
    kept = sorted({settings.model, SAVED})
    return _Lesson(
        sample=sample,
        rows_of=dict(zip(units, parts, strict=True)),
        validated={
            name: cross_validate(make, sample, settings, seed) for name, make in makers.items()
        },
        trained={name: train(makers[name], sample, settings, seed) for name in kept},
        in_use=settings.model,
    )


def _judged_set(
    coded: CodedSet,
    own: Sample,
    lesson: _Lesson | None,
    study: Study,
    makers: Mapping[str, ModelMaker],
    settings: ThemeSettings,
    seed: int,
) -> Judgement | None:
    """None for a set that is not learnt from and of which no other set tells anything."""
    is_learnt = "learnt_from" in coded.roles
    beside = study.learnt_beside(coded) if lesson else ()
    before = tuple(one.id for one in beside if lesson and one.id in lesson.rows_of)
    models: dict[str, TrainedThemes] = {}
    if lesson and before and ("judged_on" in coded.roles or not is_learnt):
        others = lesson.sample.outside({*own.groups}, coded.id)
        trains = makers.items() if len(others) else ()
        models = {name: train(make, others, settings, seed) for name, make in trains}
    said = {name: one.predict(own.texts, own.vectors, coded.id) for name, one in models.items()}
    after = [_judged(coded, name, own, one, before) for name, one in said.items()]
    if lesson and is_learnt:
        judged = [*lesson.held_out(coded), *after] if "judged_on" in coded.roles else []
        return lesson.judgement(coded.id, coded.unit, judged)
    if not models:
        return None
    judged = after if "judged_on" in coded.roles else []
    trained = {name: models[name] for name in sorted({settings.model, SAVED})}
    return Judgement(coded.id, coded.unit, own, judged, said[settings.model], None, trained)


def _judged(
    coded: CodedSet,
    model: str,
    own: Sample,
    said: Predictions,
    trained_on: tuple[str, ...] = (),
) -> Judged:
    judged = Judged(coded.id, model, own.labels, said, own.groups, unit=coded.unit)
    return replace(judged, trained_on=trained_on)


def _check_groups(coded: CodedSet, own: Sample, *, alone: bool) -> None:
    """Units are of two groups at least, where they are judged or nothing else is learnt from."""
    if len(set(own.groups)) < 2 and ("judged_on" in coded.roles or alone):
        what = "paragraph of an article" if coded.unit == "sentence" else "document"
        problem = f"all its {len(own)} coded units are of one {what}, so none can be left out"
        raise InputError(STUDY_FILE, problem, f"code a second {what}", _key(coded.id))


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
