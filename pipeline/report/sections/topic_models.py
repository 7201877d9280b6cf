"""Topics beside other models, and topics of the article alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from pipeline.report.charts import heat, intervals
from pipeline.report.elements import (
    Cell,
    Figure,
    Grid,
    IntervalMark,
    IntervalRow,
    Key,
    Sentence,
    Tile,
    count_cell,
    counted,
    decimal,
    grid,
    passages_link,
    percent,
    rounded,
    said,
    score_cell,
    share_cell,
)
from pipeline.report.material import PageMaterial
from pipeline.run.tables.topics import ARTICLE_ASSIGNMENTS, ARTICLE_TOPICS, ASSIGNMENTS, OUTLIER

OURS, DEFAULTS = "ours", "bertopic_defaults"
MODELS = {
    OURS: "These topics",
    DEFAULTS: "BERTopic’s defaults",
}
MEASURES = {
    "npmi": "Coherence of words (NPMI)",
    "diversity": "Different words",
    "mission_nmi": "Shared with missions (lower is better)",
    "ari": "The same again with other seeds (ARI)",
    "outlier_share": "Left out as outliers",
}
_SERIES = {
    OURS: "model",
    DEFAULTS: "coding",
}
Models = Mapping[str, Mapping[str, Any]]


def stability_sentence(material: PageMaterial) -> Sentence | None:
    """How far the same machine with other seeds gives the same topics."""
    metrics = material.metrics.get("topics", {})
    models = _models(material)
    if "ari" not in models.get(OURS, {}) or "ari" not in models.get(DEFAULTS, {}):
        return None
    return said(
        "Fitted to nine in ten of the texts, and again to another nine in ten, with another seed, "
        f"topics agree with an adjusted Rand index of {decimal(metrics['ari_between_samples'])} "
        "(1 is the same, 0 chance); fitted to all texts with another seed, with one of ",
        Cell(decimal(models[OURS]["ari"]), link="#topics-models"),
        f" (BERTopic with its defaults: {decimal(models[DEFAULTS]['ari'])}). "
        f"{metrics['stable_topics']} of {metrics['topics']} are called stable, because models of "
        "both kinds find them again nearly whole; any others are fragile."
        + _sample_sentence(metrics),
    )


def _sample_sentence(metrics: Mapping[str, Any]) -> str:
    """Of a corpus too large to be fitted whole: what was fitted, and how well the rest follows."""
    if "assigned_texts" not in metrics:
        return ""
    return (
        f" The corpus is large: they were fitted on {metrics['fitted_texts']:,} of its texts, "
        "those of articles all and the others drawn by kind, mission and year; "
        f"{metrics['assigned_texts']:,} more joined the "
        "topic that the model gives them. Of texts that a model has not seen "
        f"{percent(metrics['new_texts_as_fitted'])} get the topic that they have."
    )


def models_figure(material: PageMaterial) -> Figure:
    """Every measure of every model that was fitted on the same passages."""
    models = _models(material)
    return Figure(
        "topics-models",
        "How good these topics are, against other ways of making them",
        "The same passages and the same words for all. Coherence: words of a topic stand in the "
        "same passages. Different words: topics do not repeat each other. ARI: other seeds give "
        "the same topics.",
        "Measures of words do not understand: whether a topic is a theme is for a reader to say.",
        partial(
            intervals,
            ["Value"],
            ["score"],
            [list(_SERIES.values())],
            [
                IntervalRow(
                    name,
                    tuple(
                        IntervalMark(series, models[model].get(measure), name=MODELS[model])
                        for model, series in _SERIES.items()
                        if model in models
                    ),
                )
                for measure, name in MEASURES.items()
            ],
            [Key(MODELS[model], series) for model, series in _SERIES.items() if model in models],
        ),
        _model_grid(models),
        "" if models else "Not computed in this run: the stage “topics” has not written it yet.",
    )


def _models(material: PageMaterial) -> Models:
    models: Models = material.metrics.get("topics", {}).get("models", {})
    return models


def _model_grid(models: Models) -> Grid:
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


OUTLIER_NAME = "No topic"
Counts = Mapping[tuple[int, int], int]


def article_figure(material: PageMaterial) -> Figure:
    """Where passages of each topic of the article lie in the topics of the whole corpus."""
    texts = material.study.coded_texts
    counts = _counts(material)
    own = _by_size(counts, 0)
    whole = _by_size(counts, 1)
    sizes = {topic: sum(n for pair, n in counts.items() if pair[0] == topic) for topic in own}
    names = _own_names(material)

    def tile(row: int, column: int) -> Tile | None:
        n = counts.get((own[row], whole[column]), 0)
        if not n:
            return None
        note = f"{n} of {counted(sizes[own[row]], 'passage')}"
        return Tile(n / sizes[own[row]], _link(whole[column]), note=note)

    return Figure(
        "topics-article",
        f"{texts[:1].upper()}{texts[1:]} alone, beside the whole corpus",
        f"Rows are topics that the machine finds when it reads only {texts}, columns those of the "
        "whole corpus; a cell is the part of the row’s passages that lie in the column. "
        + _summary(material),
        "With so few passages the borders between these topics move easily: read the "
        "stability in the table first.",
        partial(
            heat,
            f"Topics of {texts} alone",
            "topics of the whole corpus",
            [Cell(names[topic]) for topic in own],
            [Cell(_whole_name(material, topic), link=_link(topic)) for topic in whole],
            tile,
        ),
        _grid(material, counts, sizes),
        absent=material.why_absent(ARTICLE_TOPICS),
    )


def _counts(material: PageMaterial) -> Counts:
    """Passages of the article by their topic in each of the two models."""
    both = material.frame(ARTICLE_ASSIGNMENTS).join(
        material.frame(ASSIGNMENTS), on="passage_id", suffix="_whole"
    )
    pairs = both.group_by("topic_id", "topic_id_whole").len().sort("topic_id", "topic_id_whole")
    return {(own, whole): n for own, whole, n in pairs.iter_rows()}


def _by_size(counts: Counts, side: int) -> list[int]:
    """Topics of one of the models, most passages first, outliers last."""
    sizes: dict[int, int] = {}
    for pair, n in counts.items():
        sizes[pair[side]] = sizes.get(pair[side], 0) + n
    return sorted(sizes, key=lambda topic: (topic == OUTLIER, -sizes[topic], topic))


def _own_names(material: PageMaterial) -> dict[int, str]:
    rows = material.frame(ARTICLE_TOPICS).select("topic_id", "label").iter_rows()
    return {**dict(rows), OUTLIER: OUTLIER_NAME}


def _whole_name(material: PageMaterial, topic_id: int) -> str:
    return OUTLIER_NAME if topic_id == OUTLIER else material.topic_name(topic_id)


def _link(whole: int) -> str:
    return passages_link(kind="article", topic=whole)


def _summary(material: PageMaterial) -> str:
    alone = material.metrics.get("topics", {}).get("article_alone")
    if alone is None:
        return ""
    return (
        f"Alone it gives {counted(alone['topics'], 'topic')}, {alone['stable_topics']} of them "
        f"stable, and leaves {percent(alone['outlier_share'])} of its passages out."
    )


def _grid(material: PageMaterial, counts: Counts, sizes: Mapping[int, int]) -> Grid:
    return grid(
        [
            f"Topic of {material.study.coded_texts}",
            "Terms",
            "Passages",
            "Stability",
            "Found again",
            "In the whole corpus",
        ],
        [
            _row(row, sizes.get(row["topic_id"], 0), _nearest(material, counts, row["topic_id"]))
            for row in material.frame(ARTICLE_TOPICS).iter_rows(named=True)
        ],
    )


def _row(row: Mapping[str, Any], n: int, nearest: Cell) -> tuple[Cell, ...]:
    return (
        Cell(row["label"]),
        Cell(", ".join(row["terms"])),
        count_cell(n),
        Cell(decimal(row["stability"]), rounded(row["stability"])),
        Cell("stable" if row["stable"] else "fragile"),
        nearest,
    )


def _nearest(material: PageMaterial, counts: Counts, topic: int) -> Cell:
    """The topics of the whole corpus that hold most of its passages, with how many."""
    found = sorted(((-n, pair[1]) for pair, n in counts.items() if pair[0] == topic))[:3]
    return Cell("; ".join(f"{_whole_name(material, whole)} ({-n})" for n, whole in found))
