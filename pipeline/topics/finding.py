"""From passages and vectors to every table of the stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.run.settings import TopicSettings
from pipeline.topics.baselines import compare_models
from pipeline.topics.description import (
    View,
    by_mission_table,
    described,
    hierarchy_table,
    metrics_of,
    over_time_table,
    similarity_table,
    topic_vectors,
    zero_shot_table,
)
from pipeline.topics.sampling import fit_material
from pipeline.topics.selection import (
    TopicCorpus,
    prepare,
)
from pipeline.vectors.encoder import Encoder


@dataclass(frozen=True)
class TopicFindings:
    """Every table of the stage, its metrics, and remarks for the person at the terminal."""

    whole: View
    article: View | None
    hierarchy: pl.DataFrame
    similarity: pl.DataFrame
    over_time: pl.DataFrame
    by_mission: pl.DataFrame
    zero_shot: pl.DataFrame
    metrics: dict[str, Any]
    remarks: list[str]


def find_topics(
    corpus: TopicCorpus, encoder: Encoder, settings: TopicSettings, seed: int
) -> TopicFindings:
    """Fit topics on the whole corpus and on the article alone, and describe and judge them.

    Raises:
        StageError: there are too few passages, all say the same, or no topic was found.
    """
    material, of_article = prepare(corpus, encoder, settings, seed)
    fitted = fit_material(material, settings, seed)
    of_its_own = fit_material(of_article, settings, seed) if of_article else None
    whole = described(material, fitted, encoder, settings)
    article = None
    if of_article and of_its_own:
        article = described(of_article, of_its_own, encoder, settings)
    means = topic_vectors(material.vectors, fitted.topic)
    tables_of = (whole.assignments, corpus.passages, corpus.documents)
    return TopicFindings(
        whole=whole,
        article=article,
        hierarchy=hierarchy_table(means),
        similarity=similarity_table(means),
        over_time=over_time_table(*tables_of),
        by_mission=by_mission_table(*tables_of),
        zero_shot=zero_shot_table(material.selection, material.plain, corpus.themes, encoder),
        metrics=metrics_of(material.selection, whole, article)
        | {"models": compare_models(material, fitted, whole.words, seed)},
        remarks=whole.remarks,
    )
