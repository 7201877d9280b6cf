"""The whole of the themes stage as one function on values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pipeline.run.errors import StageError
from pipeline.run.settings import ThemeSettings
from pipeline.study.codebook import Codebook
from pipeline.study.codings import SUGGESTED, Coding
from pipeline.themes.agreement import agreement_table, code_matrices, coder_ceiling, confusion_table
from pipeline.themes.combination import Combination, ThemeText, described_theme
from pipeline.themes.evaluation import (
    ALL,
    MACRO,
    Judged,
    calibration_error,
    calibration_table,
    evaluation_table,
)
from pipeline.themes.models import ModelMaker, model_makers
from pipeline.themes.prevalence import CodedPassages, prevalence_table
from pipeline.themes.samples import Floats, Sample
from pipeline.themes.scoring import score_passages, scores_table, unit_scores_table
from pipeline.themes.units import passages_with_groups
from pipeline.themes.validation import (
    CrossValidation,
    Predictions,
    TrainedThemes,
    cross_validate,
    train,
)
from pipeline.vectors.cache import Vectors
from pipeline.vectors.encoder import Encoder


@dataclass(frozen=True)
class CodedCorpus:
    """What the study works on: tables of earlier stages, vectors, coded units, codings."""

    passages: pl.DataFrame
    documents: pl.DataFrame
    blocks: pl.DataFrame
    near_duplicates: pl.DataFrame
    vectors: Vectors
    units: pl.DataFrame
    codings: Sequence[Coding]


@dataclass(frozen=True)
class ThemeFindings:
    """What the study found.

    Attributes:
        agreement, confusions, evaluation, calibration, scores, unit_scores: tables so named.
        prevalence, prevalence_deduplicated: None when there are no UN documents.
        classifiers: the combination trained on everything, to be used on other texts, and the
            threshold of each theme.
        metrics: what `dvc metrics show` prints.
    """

    agreement: pl.DataFrame
    confusions: pl.DataFrame
    evaluation: pl.DataFrame
    calibration: pl.DataFrame
    scores: pl.DataFrame
    unit_scores: pl.DataFrame
    prevalence: pl.DataFrame | None
    prevalence_deduplicated: pl.DataFrame | None
    classifiers: tuple[Combination, Floats]
    metrics: dict[str, Any]


@dataclass(frozen=True)
class _Bench:
    """One set of coded units, and what each model made of it under cross-validation."""

    sample: Sample
    judged: list[Judged]
    validated: CrossValidation


def study_themes(
    corpus: CodedCorpus, codebook: Codebook, encoder: Encoder, settings: ThemeSettings, seed: int
) -> ThemeFindings:
    """Judge every model on article and UN documents, and score all passages with the one in use.

    Three settings are never mixed. article: trained and tested on sentences of the article, by
    paragraph. un: trained on the article and UN paragraphs, tested on UN paragraphs, by document.
    transfer: trained on the article alone, tested on UN paragraphs.

    Raises:
        StageError: no sentence of the article is coded.
    """
    theme_ids = codebook.theme_ids
    described = tuple(described_theme(theme) for theme in codebook.themes)
    themes = ThemeText(described, encoder.encode(described))
    makers = model_makers(themes, settings.regularisation)
    samples = _samples(corpus.units, encoder, theme_ids)
    if "article" not in samples:
        raise StageError("no sentence of the article is coded, so there is nothing to learn from")
    article = _bench("article", makers, samples["article"], None, settings, seed)
    benches = {"article": article}
    judged = list(article.judged)
    if "un" in samples:
        benches["un"] = _bench("un", makers, samples["un"], article.sample, settings, seed)
        of_un = [
            *benches["un"].judged,
            *_transferred(makers, article.sample, samples["un"], settings, seed),
        ]
        n_drawn = int((corpus.units["unit_set"].cast(pl.String) == "un").sum())
        judged += [one.first(n_drawn) for one in of_un if n_drawn]
    agreements, confusions, ceilings = _coders(corpus, theme_ids, settings, seed)
    tables = [
        evaluation_table(one, theme_ids, _fewest(one, settings), settings, seed)
        for one in [*judged, *ceilings]
    ]
    evaluation = pl.concat(tables).sort("setting", "model", "theme_id", "measure")
    in_use = [one for one in judged if one.model == settings.model]
    calibration = pl.concat(
        calibration_table(one, theme_ids, _fewest(one, settings), settings, seed) for one in in_use
    )
    trained = _trained(benches, makers[settings.model], settings, seed)
    predictions = _score(corpus, benches, trained)
    prevalence, deduplicated = (
        _prevalence(corpus, benches, predictions, theme_ids, settings, seed, once=once)
        for once in (False, True)
    )
    return ThemeFindings(
        agreement=pl.concat(agreements),
        confusions=pl.concat(confusions),
        evaluation=evaluation,
        calibration=calibration.sort("setting", "theme_id", "bin"),
        scores=scores_table(corpus.passages["passage_id"].to_list(), predictions, theme_ids),
        unit_scores=unit_scores_table(in_use, corpus.units, theme_ids),
        prevalence=prevalence,
        prevalence_deduplicated=deduplicated,
        classifiers=_classifiers(benches, trained, themes, settings, seed),
        metrics=_metrics(evaluation, calibration, agreements, corpus.units, settings),
    )


def _samples(units: pl.DataFrame, encoder: Encoder, theme_ids: Sequence[str]) -> dict[str, Sample]:
    """Units of the article, and of UN documents: first those that were drawn, then suggested."""
    samples = {}
    unit_set = pl.col("unit_set").cast(pl.String)
    for setting, rows in (
        ("article", units.filter(unit_set == "article")),
        ("un", units.filter(unit_set != "article").sort(unit_set != "un", maintain_order=True)),
    ):
        if rows.height:
            texts = rows["text"].to_list()
            labels = [[theme in given for theme in theme_ids] for given in rows["labels"].to_list()]
            samples[setting] = Sample(
                tuple(texts), encoder.encode(texts), np.array(labels), tuple(rows["group"])
            )
    return samples


def _bench(
    setting: str,
    makers: dict[str, ModelMaker],
    sample: Sample,
    extra: Sample | None,
    settings: ThemeSettings,
    seed: int,
) -> _Bench:
    validated = {
        name: cross_validate(make, sample, extra, settings, seed) for name, make in makers.items()
    }
    judged = [
        Judged(setting, name, sample.labels, one.predictions, sample.groups)
        for name, one in validated.items()
    ]
    return _Bench(sample, judged, validated[settings.model])


def _transferred(
    makers: dict[str, ModelMaker], article: Sample, un: Sample, settings: ThemeSettings, seed: int
) -> list[Judged]:
    judged = []
    for name, make in makers.items():
        predictions = train(make, article, None, settings, seed).predict(un.texts, un.vectors)
        judged.append(Judged("transfer", name, un.labels, predictions, un.groups))
    return judged


def _coders(
    corpus: CodedCorpus, theme_ids: Sequence[str], settings: ThemeSettings, seed: int
) -> tuple[list[pl.DataFrame], list[pl.DataFrame], list[Judged]]:
    """Agreement and confusions of each set of units, and coders judged as if models."""
    agreements, confusions, ceilings = [], [], []
    for coding in corpus.codings:
        unit_set = coding.unit_set
        if unit_set == SUGGESTED:
            continue  # few of them are read by two coders, and they are the hard ones
        rows = corpus.units.filter(pl.col("unit_set").cast(pl.String) == unit_set)
        if not rows.height:
            continue
        given = code_matrices(coding, rows["unit_id"].to_list(), theme_ids)
        groups = rows["group"].to_list()
        resampled = (settings.confidence, settings.bootstrap, seed)
        agreements.append(agreement_table(unit_set, given, theme_ids, groups, *resampled))
        confusions.append(confusion_table(unit_set, given, theme_ids))
        ceiling = coder_ceiling(unit_set, given, groups)
        ceilings += [ceiling] if ceiling else []
    return agreements, confusions, ceilings


def _fewest(judged: Judged, settings: ThemeSettings) -> int:
    return settings.min_positives if judged.setting == "article" else settings.min_positives_un


def _trained(
    benches: dict[str, _Bench], make: ModelMaker, settings: ThemeSettings, seed: int
) -> dict[str, TrainedThemes]:
    """The models of everything, for texts that nobody coded: of the article, and of UN texts.

    Where no UN paragraph is coded, the model of the article serves for UN texts too.
    """
    article = benches["article"].sample
    trained = {"article": train(make, article, None, settings, seed)}
    un = benches.get("un")
    trained["un"] = train(make, un.sample, article, settings, seed) if un else trained["article"]
    return trained


def _classifiers(
    benches: dict[str, _Bench],
    trained: dict[str, TrainedThemes],
    themes: ThemeText,
    settings: ThemeSettings,
    seed: int,
) -> tuple[Combination, Floats]:
    """The combination, whatever model scores the passages: it alone can be saved."""
    made = trained["un"]
    if not isinstance(made.model, Combination):
        made = _trained(benches, lambda: Combination(themes), settings, seed)["un"]
    if not isinstance(made.model, Combination):
        raise TypeError("a combination was asked for")
    return made.model, made.thresholds


def _score(
    corpus: CodedCorpus, benches: dict[str, _Bench], trained: dict[str, TrainedThemes]
) -> Predictions:
    """Article passages by the article's models, UN passages by those of the UN documents."""
    described = passages_with_groups(
        corpus.passages, corpus.documents, corpus.blocks, corpus.units, corpus.near_duplicates
    )
    is_article = described["is_article"].to_numpy()
    texts, groups = described["text"].to_numpy(), described["group"].to_numpy()
    n_themes = benches["article"].sample.labels.shape[1]
    scores = Predictions(
        np.zeros((len(texts), n_themes)), np.zeros((len(texts), n_themes), dtype=bool)
    )
    for setting, rows in (("article", is_article), ("un", ~is_article)):
        bench = benches.get(setting, benches["article"])
        part = score_passages(
            texts[rows].tolist(),
            corpus.vectors[rows],
            groups[rows].tolist(),
            bench.sample,
            bench.validated,
            trained[setting],
        )
        scores.probability[rows], scores.assigned[rows] = part.probability, part.assigned
    return scores


def _prevalence(
    corpus: CodedCorpus,
    benches: dict[str, _Bench],
    predictions: Predictions,
    theme_ids: Sequence[str],
    settings: ThemeSettings,
    seed: int,
    *,
    once: bool,
) -> pl.DataFrame | None:
    facts = corpus.documents.select(
        "document_id", pl.col("kind").cast(pl.String), "missions", "year"
    )
    near_duplicates = corpus.near_duplicates.select("passage_id", "near_duplicate_group")
    passages = corpus.passages.join(
        facts, on="document_id", how="left", maintain_order="left"
    ).join(near_duplicates, on="passage_id", how="left", maintain_order="left")
    of_un = (passages["kind"] != "article").to_numpy()
    if not of_un.any():
        return None
    units = corpus.units.filter(pl.col("unit_set").cast(pl.String) == "un")
    coded_documents = (
        units.join(facts, on="document_id", how="left", maintain_order="left")
        .with_columns(passage_id=pl.col("passage_ids").list.first())
        .join(near_duplicates, on="passage_id", how="left", maintain_order="left")
    )
    return prevalence_table(
        passages.filter(pl.Series(of_un)),
        predictions.assigned[of_un],
        coded_documents,
        _coded(benches, units, len(theme_ids)),
        theme_ids,
        settings,
        seed,
        once=once,
    )


def _coded(benches: dict[str, _Bench], units: pl.DataFrame, n_themes: int) -> CodedPassages:
    if "un" not in benches:
        none = np.zeros((0, n_themes), dtype=bool)
        return CodedPassages(none, none, np.zeros(0), [])
    bench = benches["un"]
    drawn = units["inclusion_probability"].fill_null(1.0).to_numpy()
    labels, assigned = bench.sample.labels, bench.validated.predictions.assigned
    n = units.height  # suggested units come after those that were drawn
    return CodedPassages(labels[:n], assigned[:n], 1 / drawn, units["group"].to_list())


def _metrics(
    evaluation: pl.DataFrame,
    calibration: pl.DataFrame,
    agreements: list[pl.DataFrame],
    units: pl.DataFrame,
    settings: ThemeSettings,
) -> dict[str, Any]:
    macro = evaluation.filter(
        (pl.col("theme_id") == MACRO)
        & pl.col("measure").cast(pl.String).is_in(["f1", "average_precision", "brier"])
    )
    found: dict[str, Any] = {}
    for row in macro.iter_rows(named=True):
        name = f"macro_{row['measure']}"
        found.setdefault(row["setting"], {}).setdefault(row["model"], {})[name] = row["value"]
    alphas = {
        frame["unit_set"][0]: frame.filter(pl.col("theme_id") == "all")["alpha"].item()
        for frame in agreements
    }
    curves = calibration.filter(pl.col("theme_id") == ALL).partition_by("setting")
    return {
        "model_in_use": settings.model,
        "calibration_error": {curve["setting"][0]: calibration_error(curve) for curve in curves},
        "evaluation": found,
        "coder_alpha": alphas,
        "coded_units": dict(units["unit_set"].cast(pl.String).value_counts(sort=True).iter_rows()),
    }
