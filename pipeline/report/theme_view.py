"""Themes: how well the machine recognises them, beside guesses and beside the coders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline import tables
from pipeline.report.elements import (
    Cell,
    Chart,
    Figure,
    Grid,
    Key,
    Section,
    grid,
    passages_link,
    said,
)
from pipeline.report.material import Material
from pipeline.report.numbers import count_cell, interval_cell, rounded, score_cell
from pipeline.report.prevalence_view import prevalence_figures

MACRO = "macro"
CODER = "coder"
CHANCE = "majority"
WORDS = "tfidf"
SETTINGS = {
    "article": (
        "In the article itself",
        "Trained and tested on hand-coded sentences of the article; whole paragraphs are left out.",
    ),
    "un": (
        "In UN documents",
        "Trained on the article and on hand-coded UN paragraphs, whole documents left out.",
    ),
    "transfer": (
        "From the article to UN documents",
        "Trained on the article alone, tested on hand-coded UN paragraphs: the loss on the way.",
    ),
}
MODEL_NAMES = {
    "majority": "Guess by frequency",
    "definitions": "Definitions alone",
    "tfidf": "Words alone (TF-IDF)",
    "embeddings": "Sentence embeddings",
    "combined": "Words and embeddings",
    "coder": "One coder against another",
}
Scores = Mapping[tuple[str, str, str], Mapping[str, Any]]


def section(material: Material) -> Section:
    """Scores by theme in each setting, models compared, coders, prevalence."""
    return Section(
        "themes",
        "Themes",
        "How well the themes are recognised",
        (
            said(
                "Readers coded sentences of the article and paragraphs of UN documents by hand. "
                "From these a classifier learnt to recognise each theme. It is judged only on text "
                "it never saw, and never better than the coders agree among themselves."
            ),
        ),
        (
            *(_setting_figure(material, setting) for setting in SETTINGS),
            _models_figure(material),
            _coder_figure(material),
            *prevalence_figures(material),
        ),
    )


def scores_of(material: Material, setting: str) -> Scores:
    """Rows of the evaluation by model, theme and measure."""
    rows = material.frame(tables.EVALUATION).filter(pl.col("setting").cast(pl.String) == setting)
    return {
        (row["model"], row["theme_id"], str(row["measure"])): row
        for row in rows.iter_rows(named=True)
    }


def model_in_use(material: Material) -> str:
    """The model that scores the passages."""
    return material.settings.themes.model


def _setting_figure(material: Material, setting: str) -> Figure:
    title, shows = SETTINGS[setting]
    scores = scores_of(material, setting)
    model = model_in_use(material)
    theme_ids = [theme for theme in material.theme_names if (model, theme, "f1") in scores]
    theme_ids.sort(key=lambda theme: -scores[model, theme, "f1"]["value"])
    absent = material.why_absent(tables.EVALUATION)
    if not absent and not theme_ids:
        absent = "Not computed in this run: nothing was coded by hand for this setting."
    return Figure(
        f"themes-{setting}",
        f"{title}: F1 by theme",
        f"{shows} F1 is 1 when every passage on the theme is found and nothing else; faint rows "
        "have too few coded units to be learnt.",
        "With few coded units the intervals are wide: a difference inside them is no difference.",
        Chart(
            "intervals",
            {
                "axes": ["F1"],
                "formats": ["score"],
                "panels": [["model", "ceiling", "chance", "baseline"]],
                "domains": [[0, 1]],
                "rows": [
                    _score_row(material, scores, theme_id, setting)
                    for theme_id in ([MACRO] if (model, MACRO, "f1") in scores else []) + theme_ids
                ],
            },
        ),
        _setting_grid(material, scores, theme_ids, setting),
        _score_keys(material, scores),
        absent,
    )


def _score_keys(material: Material, scores: Scores) -> tuple[Key, ...]:
    model = model_in_use(material)
    present = {name for name, _, _ in scores}
    keys = [Key(f"{_model_name(model)}, with interval", "model")]
    if CODER in present:
        keys.append(Key(_model_name(CODER), "ceiling"))
    if CHANCE in present:
        keys.append(Key(_model_name(CHANCE), "chance"))
    if WORDS in present and model != WORDS:
        keys.append(Key(_model_name(WORDS), "baseline"))
    return tuple(keys)


def _score_row(material: Material, scores: Scores, theme_id: str, setting: str) -> dict[str, Any]:
    model = model_in_use(material)
    link = "" if theme_id == MACRO else _coded_link(theme_id, setting)
    drawn = [("ceiling", CODER), ("model", model), ("chance", CHANCE)]
    if model != WORDS:
        drawn.append(("baseline", WORDS))
    marks = []
    for series, name in drawn:
        row = scores.get((name, theme_id, "f1"))
        if row is not None:
            whole = series in ("model", "ceiling")
            marks.append(
                {
                    "series": series,
                    "name": _model_name(name),
                    "value": rounded(row["value"]),
                    "low": rounded(row["low"]) if whole else None,
                    "high": rounded(row["high"]) if whole else None,
                    "link": link,
                }
            )
    own = scores[model, theme_id, "f1"]
    name = "All learnable themes, mean" if theme_id == MACRO else material.theme_name(theme_id)
    return {
        "name": name if own["learnable"] else f"{name} (too few to learn: {own['support']})",
        "link": link,
        "faint": not own["learnable"],
        "strong": theme_id == MACRO,
        "marks": marks,
    }


def _coded_link(theme_id: str, setting: str) -> str:
    return passages_link(code=theme_id, kind="article" if setting == "article" else "un")


def _model_name(model: str) -> str:
    return MODEL_NAMES.get(model, model.replace("_", " ").capitalize())


def _setting_grid(
    material: Material, scores: Scores, theme_ids: Sequence[str], setting: str
) -> Grid:
    model = model_in_use(material)
    rows = []
    for theme_id in (*theme_ids, MACRO, "micro"):
        own = scores.get((model, theme_id, "f1"))
        if own is None:
            continue
        pooled = theme_id in (MACRO, "micro")
        link = "" if pooled else _coded_link(theme_id, setting)
        measured = [scores.get((model, theme_id, name)) for name in ("precision", "recall")]
        precise = scores.get((model, theme_id, "average_precision")) or {}
        rows.append(
            (
                Cell(
                    f"All learnable themes, {theme_id}" if pooled else material.theme_name(theme_id)
                ),
                count_cell(own["support"], link),
                Cell("yes" if own["learnable"] else "no, too few"),
                score_cell(own["value"]),
                interval_cell(own["low"], own["high"], shares=False),
                *(score_cell((row or {}).get("value")) for row in measured),
                score_cell(precise.get("value")),
                interval_cell(precise.get("low"), precise.get("high"), shares=False),
                *(
                    score_cell((scores.get((name, theme_id, "f1")) or {}).get("value"))
                    for name in (CHANCE, WORDS, CODER)
                ),
            )
        )
    return grid(
        [
            "Theme",
            "Coded units",
            "Learnable",
            "F1",
            "F1, interval",
            "Precision",
            "Recall",
            "Average precision",
            "AP, interval",
            "F1 of a guess",
            "F1 of words alone",
            "F1 of a coder",
        ],
        rows,
    )


def _models_figure(material: Material) -> Figure:
    rows = []
    for setting, (title, _) in SETTINGS.items():
        scores = scores_of(material, setting)
        for model in sorted(
            {name for name, theme, _ in scores if theme == MACRO}, key=_model_order
        ):
            f1 = scores.get((model, MACRO, "f1")) or {}
            precise = scores.get((model, MACRO, "average_precision")) or {}
            micro = scores.get((model, "micro", "f1")) or {}
            mark = " (in use)" if model == model_in_use(material) else ""
            rows.append(
                (
                    Cell(title),
                    Cell(_model_name(model) + mark),
                    score_cell(f1.get("value")),
                    interval_cell(f1.get("low"), f1.get("high"), shares=False),
                    score_cell(precise.get("value")),
                    interval_cell(precise.get("low"), precise.get("high"), shares=False),
                    score_cell(micro.get("value")),
                )
            )
    return Figure(
        "themes-models",
        "The models that were compared",
        "Means over the learnable themes (macro) and over all decisions (micro), each setting on "
        "its own: figures of different settings rest on different texts.",
        grid=grid(
            [
                "Setting",
                "Model",
                "Macro F1",
                "interval",
                "Macro average precision",
                "AP interval",
                "Micro F1",
            ],
            rows,
        ),
        absent=material.why_absent(tables.EVALUATION),
    )


def _model_order(model: str) -> tuple[int, str]:
    known = list(MODEL_NAMES)
    return (known.index(model) if model in known else len(known), model)


def _coder_figure(material: Material) -> Figure:
    agreement = material.frame(tables.CODER_AGREEMENT)
    found = {
        (str(row["unit_set"]), row["theme_id"]): row for row in agreement.iter_rows(named=True)
    }
    theme_ids = [theme for theme in material.theme_names if any(theme == key[1] for key in found)]
    sets = (("article", "Article sentences"), ("un", "UN paragraphs"))
    return Figure(
        "themes-coders",
        "How far the coders agree",
        "Krippendorff’s alpha by theme: 1 is full agreement, 0 is what chance gives. It is the "
        "ceiling of what a classifier can be asked to reach.",
        "These passes were made for this project from the codebook, not by the article’s author, "
        "and by readers of the same schooling: independent coders would agree less.",
        Chart(
            "intervals",
            {
                "axes": ["Krippendorff’s alpha"],
                "formats": ["score"],
                "panels": [["un", "article"]],
                "rows": [
                    {
                        "name": material.theme_name(theme_id),
                        "link": passages_link(code=theme_id),
                        "faint": False,
                        "marks": [
                            {
                                "series": unit_set,
                                "name": name,
                                "value": rounded(
                                    (found.get((unit_set, theme_id)) or {}).get("alpha")
                                ),
                                "link": _coded_link(theme_id, unit_set),
                            }
                            for unit_set, name in sets
                        ],
                    }
                    for theme_id in theme_ids
                ],
            },
        ),
        grid(
            [
                "Theme",
                "Units",
                "Coders",
                "Alpha, article",
                "Used, article",
                "Alpha, UN",
                "Used, UN",
            ],
            [
                _coder_row(material, theme_id, found)
                for theme_id in (*theme_ids, *(["all"] if theme_ids else []))
            ],
        ),
        (Key("Article sentences", "article"), Key("UN paragraphs", "un")),
        material.why_absent(tables.CODER_AGREEMENT),
    )


def _coder_row(
    material: Material, theme_id: str, found: Mapping[tuple[str, str], Any]
) -> tuple[Cell, ...]:
    article, un = found.get(("article", theme_id)) or {}, found.get(("un", theme_id)) or {}
    everything = theme_id == "all"
    n_units = article.get("n_units", 0) + un.get("n_units", 0)
    n_coders = max(article.get("n_coders", 0), un.get("n_coders", 0))
    return (
        Cell("Mean of the themes in use" if everything else material.theme_name(theme_id)),
        count_cell(n_units),
        count_cell(n_coders),
        score_cell(article.get("alpha")),
        count_cell(
            article.get("support", 0), "" if everything else _coded_link(theme_id, "article")
        ),
        score_cell(un.get("alpha")),
        count_cell(un.get("support", 0), "" if everything else _coded_link(theme_id, "un")),
    )
