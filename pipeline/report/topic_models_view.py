"""How good the topics are, beside other ways of making them and beside chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.report.charts import Mark, Row, intervals
from pipeline.report.elements import Cell, Figure, Grid, Key, Sentence, grid, said
from pipeline.report.material import Material
from pipeline.report.numbers import count_cell, decimal, percent, score_cell, share_cell

OURS, DEFAULTS = "ours", "bertopic_defaults"
MODELS = {
    OURS: "These topics",
    DEFAULTS: "BERTopic’s defaults",
    "bertopic_defaults_reassigned": "BERTopic’s defaults, outliers reassigned until as few as here",
    "nmf": "NMF",
    "lda": "LDA",
    "shuffled_topics": "Passages dealt out by chance",
    "shuffled_words": "Words dealt out by chance",
}
MEASURES = {
    "npmi": "Coherence of words (NPMI)",
    "c_v": "Coherence of words (c_v)",
    "diversity": "Different words",
    "mission_nmi": "Shared with missions (lower is better)",
    "ari": "The same again with other seeds (ARI)",
    "outlier_share": "Left out as outliers",
}
_SERIES = {
    OURS: "model",
    DEFAULTS: "ceiling",
    "nmf": "baseline",
    "lda": "other",
    "shuffled_topics": "chance",
}
Models = Mapping[str, Mapping[str, Any]]


def stability_sentence(material: Material) -> Sentence | None:
    """How far the same machine with other seeds gives the same topics."""
    metrics = material.metrics.get("topics", {})
    models = _models(material)
    if "ari" not in models.get(OURS, {}) or "ari" not in models.get(DEFAULTS, {}):
        return None
    return said(
        "Fitted once with one seed and once with another, topics agree with an adjusted Rand index "
        "of ",
        Cell(decimal(models[OURS]["ari"]), link="#topics-models"),
        " (1 is the same, 0 chance; BERTopic with its defaults has "
        f"{decimal(models[DEFAULTS]['ari'])}); those shown here are what several such fits agree "
        f"on. {metrics['stable_topics']} of {metrics['topics']} are called stable, because other "
        "fits find them again nearly whole; the others are fragile." + _sample_sentence(metrics),
    )


def _sample_sentence(metrics: Mapping[str, Any]) -> str:
    """Of a corpus too large to be fitted whole: what was fitted, and how well the rest follows."""
    if "assigned_texts" not in metrics:
        return ""
    return (
        f" The corpus is large: they were fitted on {metrics['fitted_texts']:,} of its texts, "
        "the article’s all and the others drawn by kind, mission and year; "
        f"{metrics['assigned_texts']:,} more joined the "
        "topic of the texts most like them. Of the texts that were fitted "
        f"{percent(metrics['assigned_as_fitted'])} would get their own topic in that way."
    )


def models_figure(material: Material) -> Figure:
    """Every measure of every model that was fitted on the same passages."""
    models = _models(material)
    return Figure(
        "topics-models",
        "How good these topics are, against other ways of making them",
        "The same passages and the same words for all. Coherence: words of a topic stand in the "
        "same passages. Different words: topics do not repeat each other. ARI: other seeds give "
        "the same topics.",
        "Measures of words do not understand: whether a topic is a theme is for a reader to say.",
        intervals(
            ["Value"],
            ["score"],
            [list(_SERIES.values())],
            [
                Row(
                    name,
                    tuple(
                        Mark(series, models[model].get(measure), name=MODELS[model])
                        for model, series in _SERIES.items()
                        if model in models
                    ),
                )
                for measure, name in MEASURES.items()
            ],
        ),
        _grid(models),
        tuple(Key(MODELS[model], series) for model, series in _SERIES.items() if model in models),
        "" if models else "Not computed in this run: the stage “topics” has not written it yet.",
    )


def _models(material: Material) -> Models:
    models: Models = material.metrics.get("topics", {}).get("models", {})
    return models


def _grid(models: Models) -> Grid:
    return grid(
        ["Model", "Topics", *MEASURES.values()],
        [
            (
                Cell(MODELS.get(model, model)),
                count_cell(values["topics"]),
                *(
                    (share_cell if measure == "outlier_share" else score_cell)(values.get(measure))
                    for measure in MEASURES
                ),
            )
            for model, values in models.items()
        ],
    )
