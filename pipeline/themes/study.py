"""The whole of the themes stage as one function on values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.run.settings import ThemeSettings
from pipeline.run.wording import counted
from pipeline.study.codebook import Codebook
from pipeline.study.sets import SUGGESTED
from pipeline.study.study import Study
from pipeline.themes.agreement import coder_agreement
from pipeline.themes.combination import ThemeText, described_theme
from pipeline.themes.evaluation import (
    ALL,
    MACRO,
    calibration_error,
    calibration_table,
    evaluation_table,
)
from pipeline.themes.judging import judge_models
from pipeline.themes.models import SAVED, model_makers
from pipeline.themes.prevalence import prevalence_tables
from pipeline.themes.samples import Sample, sample_of
from pipeline.themes.scoring import (
    general_judgement,
    score_corpus,
    scores_table,
    unit_scores_table,
)
from pipeline.themes.units import CodedCorpus
from pipeline.themes.validation import (
    Judgement,
    TrainedThemes,
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
