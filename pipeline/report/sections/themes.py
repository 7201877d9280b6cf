"""Themes: how well the machine recognises them, beside guesses and beside other codings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import polars as pl

from pipeline.report.charts import intervals
from pipeline.report.elements import (
    Cell,
    Figure,
    Grid,
    IntervalMark,
    IntervalRow,
    Key,
    PageSection,
    count_cell,
    grid,
    interval_cell,
    listed,
    lowered,
    said,
    score_cell,
)
from pipeline.report.material import PageMaterial
from pipeline.report.sections.coding import (
    calibration_figure,
    coded_link,
    coder_figure,
    confusion_figure,
    prevalence_figures,
    setting_names,
    transfers,
)
from pipeline.run.tables.themes import EVALUATION
from pipeline.study.study import Study


def _shows(study: Study, setting: str) -> str:
    """What classifiers learn from in a setting, and what is kept from them."""
    if setting in transfers(study):
        one, before = transfers(study)[setting]
        tested = lowered(one.name)
        return f"Trained on {listed(before)} alone, tested on {tested}: the loss on the way."
    one = study.coded_set(setting)
    left = {
        "sentence": "whole paragraphs are left out",
        "paragraph": "documents that share near-duplicates are left out",
    }[one.unit]
    learnt = [lowered(each.name) for each in (*study.learnt_beside(one), one)]
    return f"Trained on {listed(learnt)}, tested on others; {left}."


MACRO, MICRO = "macro", "micro"
CODER, CHANCE, WORDS = "coder", "majority", "tfidf"
"""Rows of the evaluation that are drawn beside the model in use."""

_MODELS = {
    "majority": "Guess by frequency",
    "dictionary": "Codebook’s words alone",
    "definitions": "Definitions alone",
    "tfidf": "Words alone (TF-IDF)",
    "embeddings": "Sentence embeddings",
    "combined": "Words, meaning and codebook together",
    CODER: "One coding against another",
}
Scores = Mapping[tuple[str, str, str], Mapping[str, Any]]
"""Rows of the evaluation by model, theme and measure."""


def section(material: PageMaterial) -> PageSection:
    """Scores by theme in each setting, models compared, coders, prevalence."""
    return PageSection(
        "themes",
        "Themes",
        "How well the themes are recognised",
        (
            said(
                f"Coded were {listed([lowered(one.name) for one in material.study.coded_sets])}. "
                f"{material.who.sentence} From the codes a classifier learnt to recognise each "
                "theme. It is judged only on text it never saw, beside a guess and beside "
                f"{material.who.one_against_another}."
            ),
        ),
        (
            models_figure(material),
            *(_setting_figure(material, one.id) for one in material.study.judged_sets),
            coder_figure(material),
            *prevalence_figures(material),
        ),
        appendix=(
            *(_setting_figure(material, setting) for setting in transfers(material.study)),
            calibration_figure(material),
            confusion_figure(material),
        ),
    )


def scores_of(material: PageMaterial, setting: str) -> Scores:
    """The rows of one setting."""
    rows = material.frame(EVALUATION).filter(pl.col("setting").cast(pl.String) == setting)
    return {
        (row["model"], row["theme_id"], str(row["measure"])): row
        for row in rows.iter_rows(named=True)
    }


def model_in_use(material: PageMaterial) -> str:
    """The model that scores the passages."""
    return material.settings.themes.model


def _model_name(material: PageMaterial, model: str) -> str:
    if model == CODER:
        said = material.who.one_against_another
        return said[0].upper() + said[1:]
    return _MODELS.get(model, model.replace("_", " ").capitalize())


def _setting_figure(material: PageMaterial, setting: str) -> Figure:
    title = setting_names(material.study)[setting]
    scores = scores_of(material, setting)
    model = model_in_use(material)
    theme_ids = [theme for theme in material.theme_names if (model, theme, "f1") in scores]
    theme_ids.sort(key=lambda theme: _standing(scores[model, theme, "f1"]))
    absent = material.why_absent(EVALUATION)
    if not absent and not theme_ids:
        absent = "Not computed in this run: nothing was coded for this setting."
    first = [MACRO] if (model, MACRO, "f1") in scores else []
    return Figure(
        f"themes-{setting.replace(' ', '-')}",
        f"{title}: F1 by theme",
        f"{_shows(material.study, setting)} F1 is 1 when every passage on the theme is found and "
        "nothing else; faint rows have too few coded units to be learnt.",
        "With few coded units the intervals are wide: a difference inside them is no difference.",
        partial(
            intervals,
            ["F1"],
            ["score"],
            [["model", "coding", "chance", "baseline"]],
            [_drawn(material, scores, theme, setting) for theme in (*first, *theme_ids)],
            _keys(material, model, {name for name, _, _ in scores}),
            (0, 1),
        ),
        _setting_grid(material, scores, theme_ids, setting),
        absent,
    )


def _standing(row: Mapping[str, Any]) -> tuple[bool, float]:
    """Best first, those that cannot be learnt last."""
    return (not row["learnable"], -row["value"])


def _beside(model: str) -> dict[str, str]:
    """The models that are drawn, by the mark that each gets."""
    marks = {"coding": CODER, "model": model, "chance": CHANCE}
    return marks if model == WORDS else {**marks, "baseline": WORDS}


def _keys(material: PageMaterial, model: str, present: set[str]) -> tuple[Key, ...]:
    return tuple(
        Key(_model_name(material, name) + (", with interval" if mark == "model" else ""), mark)
        for mark, name in _beside(model).items()
        if name in present
    )


def _drawn(material: PageMaterial, scores: Scores, theme_id: str, setting: str) -> IntervalRow:
    model = model_in_use(material)
    link = "" if theme_id == MACRO else coded_link(material, theme_id, setting)
    marks = []
    for series, name in _beside(model).items():
        row = scores.get((name, theme_id, "f1"))
        if row is not None:
            whole = series in ("model", "coding")  # ticks without whiskers are easier to read
            low, high = (row["low"], row["high"]) if whole else (None, None)
            marks.append(
                IntervalMark(series, row["value"], low, high, _model_name(material, name), link)
            )
    own = scores[model, theme_id, "f1"]
    name = "All learnable themes, mean" if theme_id == MACRO else material.theme_name(theme_id)
    return IntervalRow(
        name if own["learnable"] else f"{name} (only {own['support']} coded)",
        tuple(marks),
        link,
        faint=not own["learnable"],
        strong=theme_id == MACRO,
    )


def _setting_grid(
    material: PageMaterial, scores: Scores, theme_ids: Sequence[str], setting: str
) -> Grid:
    names = ["Theme", "Coded units", "Learnable", "F1", "F1, interval", "Precision", "Recall"]
    names += ["Average precision", "AP, interval", "Brier score", "F1 of a guess"]
    names += ["F1 of words", "F1 of another coding"]
    model = model_in_use(material)
    shown = [each for each in (*theme_ids, MACRO, MICRO) if (model, each, "f1") in scores]
    return grid(names, [_line(material, scores, theme_id, setting) for theme_id in shown])


def _line(material: PageMaterial, scores: Scores, theme_id: str, setting: str) -> tuple[Cell, ...]:
    def value(model: str, measure: str) -> Cell:
        return score_cell((scores.get((model, theme_id, measure)) or {}).get("value"))

    model = model_in_use(material)
    own = scores[model, theme_id, "f1"]
    ranked = scores.get((model, theme_id, "average_precision")) or {}
    pooled = theme_id in (MACRO, MICRO)
    return (
        Cell(f"All learnable themes, {theme_id}" if pooled else material.theme_name(theme_id)),
        count_cell(own["support"], "" if pooled else coded_link(material, theme_id, setting)),
        Cell("yes" if own["learnable"] else "no, too few"),
        score_cell(own["value"]),
        interval_cell(own["low"], own["high"], shares=False),
        value(model, "precision"),
        value(model, "recall"),
        value(model, "average_precision"),
        interval_cell(ranked.get("low"), ranked.get("high"), shares=False),
        value(model, "brier"),
        *(value(name, "f1") for name in (CHANCE, WORDS, CODER)),
    )


def models_figure(material: PageMaterial) -> Figure:
    """Mean F1 on each coded set beside a guess, words and codings; the table has all models."""
    model, rows = model_in_use(material), []
    for setting in setting_names(material.study):
        scores = scores_of(material, setting)
        models = {name for name, theme, _ in scores if theme == MACRO}
        rows += [_model_line(material, setting, model) for model in sorted(models, key=_order)]
    found = {one: scores_of(material, one.id) for one in material.study.judged_sets}
    judged = {one: scores for one, scores in found.items() if (model, MACRO, "f1") in scores}
    names = ["Setting", "Model", "Macro F1", "Interval", "Macro average precision", "AP, interval"]
    names += ["Micro F1", "Brier score"]
    return Figure(
        "themes-models",
        "The models that were compared",
        "F1 is 1 when every passage on a theme is found and nothing else. Drawn is its mean over "
        "the themes that can be learnt (macro); the table has all models and decisions (micro).",
        "Sets rest on different texts, so their figures cannot be held against each other.",
        partial(
            intervals,
            ["Mean F1"],
            ["score"],
            [["model", "coding", "chance", "baseline"]],
            [
                replace(_drawn(material, scores, MACRO, one.id), name=one.name, strong=False)
                for one, scores in judged.items()
            ],
            _keys(material, model, {name for scores in judged.values() for name, _, _ in scores}),
            (0, 1),
        )
        if judged
        else None,
        grid(names, rows),
        material.why_absent(EVALUATION),
    )


def _model_line(material: PageMaterial, setting: str, model: str) -> tuple[Cell, ...]:
    scores = scores_of(material, setting)
    f1 = scores.get((model, MACRO, "f1")) or {}
    ranked = scores.get((model, MACRO, "average_precision")) or {}
    return (
        Cell(setting_names(material.study)[setting]),
        Cell(
            _model_name(material, model) + (" (in use)" if model == model_in_use(material) else "")
        ),
        score_cell(f1.get("value")),
        interval_cell(f1.get("low"), f1.get("high"), shares=False),
        score_cell(ranked.get("value")),
        interval_cell(ranked.get("low"), ranked.get("high"), shares=False),
        score_cell((scores.get((model, MICRO, "f1")) or {}).get("value")),
        score_cell((scores.get((model, MACRO, "brier")) or {}).get("value")),
    )


def _order(model: str) -> tuple[int, str]:
    known = list(_MODELS)
    return (known.index(model) if model in known else len(known), model)
