"""The whole of the themes stage as one function on values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.run.errors import InputError
from pipeline.run.settings import ThemeSettings
from pipeline.run.stage import in_processes
from pipeline.run.wording import counted
from pipeline.study.codebook import Codebook
from pipeline.study.sets import SUGGESTED, CodedSet
from pipeline.study.study import STUDY_FILE, Study
from pipeline.themes.agreement import coder_agreement
from pipeline.themes.combination import ThemeText, described_theme
from pipeline.themes.evaluation import calibration_table, evaluation_table
from pipeline.themes.models import SAVED, ModelMaker, model_makers
from pipeline.themes.prevalence import prevalence_tables
from pipeline.themes.samples import Integers, Sample, sample_of, together
from pipeline.themes.scoring import (
    general_judgement,
    headed_texts,
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
    cross_validate_all,
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
    remarks: list[str]


def study_themes(
    corpus: CodedCorpus, codebook: Codebook, encoder: Encoder, settings: ThemeSettings, seed: int
) -> ThemeFindings:
    """Judge every model on every coded set, and score all passages with the one in use.

    Raises:
        StageError: no coded unit that may be learnt from is in a document of this run.
    """
    from joblib import cpu_count

    theme_ids, units = codebook.theme_ids, corpus.units
    described = tuple(described_theme(theme) for theme in codebook.themes)
    makers = model_makers(ThemeText(described, encoder.encode(described)), settings.regularisation)
    samples = _samples(corpus, encoder, theme_ids, settings)
    n_processes = cpu_count()
    judgements = judge_models(makers, samples, corpus.study, settings, seed, n_processes)
    general = general_judgement(judgements)
    judged = [judged for one in judgements.values() for judged in one.judged]
    in_use = [one for one in judged if one.model == settings.model]
    coders = coder_agreement(corpus.codings, units, theme_ids, settings, seed)
    every = [*judged, *coders.coders]
    evaluation = evaluation_table(every, theme_ids, settings, seed, n_processes)
    calibration = calibration_table(in_use, theme_ids, settings, seed)
    scores = score_corpus(corpus, judgements, settings.model, n_processes)
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
        remarks=[*_outside(corpus), *_remarks(corpus.study, judgements, prevalence)],
    )


def _samples(
    corpus: CodedCorpus, encoder: Encoder, theme_ids: Sequence[str], settings: ThemeSettings
) -> dict[str, Sample]:
    """The units of each coded set, and suggested ones, in the order of the table.

    What is learnt is how many of the codings gave a theme where most of them decide, and else what
    they decided.
    """
    unit_set = pl.col("unit_set").cast(pl.String)
    goes_with = pl.when(unit_set == SUGGESTED).then(corpus.study.set_of_documents("learnt_from"))
    sections = corpus.passages.select("passage_id", "section")
    units = (
        corpus.units.with_columns(passage_id=pl.col("passage_ids").list.first())
        .join(corpus.facts, on="document_id", how="left", maintain_order="left")
        .join(sections, on="passage_id", how="left", maintain_order="left")
        .with_columns(unit_set, goes_with=goes_with.otherwise(unit_set))
        .with_columns(pl.col("section").fill_null(""), is_article=pl.col("kind") == "article")
    )
    samples = {}
    for (name,), own in units.group_by("unit_set", maintain_order=True):
        vectors = encoder.encode(own["text"].to_list())
        rows = own.with_columns(headed_texts(own))
        coding = next(one for one in corpus.codings if one.unit_set == name)
        sample = sample_of(rows, vectors, coding.votes(), theme_ids)
        if settings.label_rule != "majority":
            sample = replace(sample, votes=sample.labels.astype(np.float64))
        samples[str(name)] = sample
    return samples


def judge_models(
    makers: Mapping[str, ModelMaker],
    samples: Mapping[str, Sample],
    study: Study,
    settings: ThemeSettings,
    seed: int,
    n_processes: int = 1,
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
        n_processes: that learn at the same time; what they find does not depend on it.

    Raises:
        InputError: all units of a set are of one group, so that none can be left out.
    """
    there = [one for one in study.coded_sets if one.id in samples]
    learnt_from = [one for one in there if "learnt_from" in one.roles]
    names = [one.id for one in learnt_from] + [SUGGESTED] * (SUGGESTED in samples)
    if not names:
        return {}
    for one in learnt_from:
        _check_groups(one, samples[one.id], alone=len(names) == 1)
    units = {name: _named(samples[name], name) for name in names}
    kinds = {one.id: one.unit for one in learnt_from} | {SUGGESTED: "paragraph"}
    teacher = _Teacher(makers, settings, seed, kinds, n_processes)
    lesson = _learnt(units, teacher)
    judgements: dict[str, Judgement] = {}
    for one in there:
        judgement = _judged_set(one, samples[one.id], lesson, study, teacher)
        judgements |= {one.id: judgement} if judgement else {}
    if SUGGESTED in names and "paragraph" not in {one.unit for one in learnt_from}:
        judgements[SUGGESTED] = lesson.judgement(SUGGESTED, "paragraph", [])
    return judgements


def _named(sample: Sample, unit_set: str) -> Sample:
    """Units that know their set; suggested ones may go with another."""
    is_named = unit_set == SUGGESTED and any(sample.unit_sets)
    return sample if is_named else replace(sample, unit_sets=(unit_set,) * len(sample))


@dataclass(frozen=True)
class _Teacher:
    """All models at once, each in a process of its own where there are several."""

    makers: Mapping[str, ModelMaker]
    settings: ThemeSettings
    seed: int
    kinds: Mapping[str, str]
    n_processes: int

    def validate(self, sample: Sample) -> dict[str, CrossValidation]:
        """Cross-validate each model."""
        common = (self.settings, self.seed, self.kinds, self.n_processes)
        return cross_validate_all(self.makers, sample, *common)

    def train(self, sample: Sample, names: Sequence[str]) -> dict[str, TrainedThemes]:
        """Train the models of these names on the whole sample."""
        return dict(zip(names, self._each(train, names, sample), strict=True))

    def _each(self, teach: Callable[..., Any], names: Iterable[str], sample: Sample) -> list[Any]:
        common = (sample, self.settings, self.seed, self.kinds)
        return in_processes(
            teach, ((self.makers[name], *common) for name in names), self.n_processes
        )


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


def _learnt(units: Mapping[str, Sample], teacher: _Teacher) -> _Lesson:
    sample = together(list(units.values()))
    ends = np.cumsum([len(one) for one in units.values()])
    parts = np.split(np.arange(len(sample)), ends[:-1])
    in_use = teacher.settings.model
    return _Lesson(
        sample=sample,
        rows_of=dict(zip(units, parts, strict=True)),
        validated=teacher.validate(sample),
        trained=teacher.train(sample, sorted({in_use, SAVED})),
        in_use=in_use,
    )


def _judged_set(
    coded: CodedSet,
    own: Sample,
    lesson: _Lesson,
    study: Study,
    teacher: _Teacher,
) -> Judgement | None:
    """None for a set that is not learnt from and of which no other set tells anything."""
    is_learnt, is_judged = "learnt_from" in coded.roles, "judged_on" in coded.roles
    before = tuple(one.id for one in study.learnt_beside(coded) if one.id in lesson.rows_of)
    models: dict[str, TrainedThemes] = {}
    others = lesson.sample.outside({*own.groups}, coded.id)
    if before and len(others) and (is_judged or not is_learnt):
        models = teacher.train(others, list(teacher.makers))
    said = {name: one.predict(own.texts, own.vectors, coded.id) for name, one in models.items()}
    after = [_judged(coded, name, own, one, before) for name, one in said.items()]
    if is_learnt:
        judged = [*lesson.held_out(coded), *after] if is_judged else []
        return lesson.judgement(coded.id, coded.unit, judged)
    if not models:
        return None
    trained = {name: models[name] for name in sorted({lesson.in_use, SAVED})}
    judged = after if is_judged else []
    return Judgement(coded.id, coded.unit, own, judged, said[lesson.in_use], None, trained)


def _judged(
    coded: CodedSet,
    model: str,
    own: Sample,
    said: Predictions,
    trained_on: tuple[str, ...] = (),
) -> Judged:
    return Judged(
        coded.id, model, own.labels, said, own.groups, unit=coded.unit, trained_on=trained_on
    )


def _check_groups(coded: CodedSet, own: Sample, *, alone: bool) -> None:
    """Units are of two groups at least, where they are judged or nothing else is learnt from."""
    if len(set(own.groups)) < 2 and ("judged_on" in coded.roles or alone):
        what = "paragraph of an article" if coded.unit == "sentence" else "document"
        problem = f"all its {len(own)} coded units are of one {what}, so none can be left out"
        raise InputError(STUDY_FILE, problem, f"code a second {what}", _key(coded.id))


def _key(unit_set: str) -> str:
    return f"coded_sets.{unit_set}"


def _outside(corpus: CodedCorpus) -> Iterator[str]:
    """Sets that hold units of documents outside what the set was drawn from."""
    placed = corpus.units.join(corpus.facts, on="document_id", how="left")
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
