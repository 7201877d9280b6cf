"""From passages and vectors to every table of the stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.run.settings import TopicSettings
from pipeline.run.tables.topics import OUTLIER
from pipeline.study.missions import Mission
from pipeline.topics import baselines, description
from pipeline.topics.baselines import ModelTopics
from pipeline.topics.description import zero_shot_table
from pipeline.topics.fitting import FEWEST_PASSAGES, FittedTopics, fit_topics, fitting_settings
from pipeline.topics.labels import make_labels
from pipeline.topics.masking import MaskedTexts, masked_texts
from pipeline.topics.measures import Integers, Strings
from pipeline.topics.projection import project_map, without_group_means
from pipeline.topics.renaming import rename
from pipeline.topics.selection import Selection, sampled_rows, select_passages, spread
from pipeline.topics.terms import Vocabulary, class_tfidf, count_terms, typicality, weighted_terms
from pipeline.vectors.cache import Vectors
from pipeline.vectors.encoder import Encoder


@dataclass(frozen=True)
class TopicCorpus:
    """What topics are found in.

    Attributes:
        passages: tables.Passages.
        near_duplicates: tables.NearDuplicates.
        documents: tables.Documents.
        vectors: float32 [passages, dimension], of the original texts.
        missions: the peace operations, whose names are taken out.
        themes: theme_id and definition of the codebook's themes.
        labels: a person's labels by key (`renaming`).
    """

    passages: pl.DataFrame
    near_duplicates: pl.DataFrame
    documents: pl.DataFrame
    vectors: Vectors
    missions: Mapping[str, Mission]
    themes: list[tuple[str, str]]
    labels: dict[str, str]


@dataclass(frozen=True)
class View:
    """Topics of some passages and what they came from.

    Attributes:
        topics: tables.Topics.
        assignments: tables.Assignments.
        fitted: topics of all texts.
        rows: of the texts, those that topics were fitted on.
        as_fitted: see `Spread`; None where topics were fitted on all texts.
    """

    topics: pl.DataFrame
    assignments: pl.DataFrame
    fitted: FittedTopics
    rows: Integers
    as_fitted: float | None


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
        InputError: two labels of a person name the same topic.
    """
    selection = select_passages(corpus.passages, corpus.near_duplicates, corpus.vectors, settings)
    fitting_settings(settings, selection.passages.height)  # too few: say so before the long part
    texts = selection.passages["text"].to_list()
    masked = (
        masked_texts(texts, corpus.missions) if settings.neutralise else MaskedTexts(texts, texts)
    )
    plain = encoder.encode(masked.embedded) if settings.neutralise else selection.vectors
    origins = origins_of(selection.passages, corpus.documents)
    kind, mission = origins["kind"], origins["mission"]
    vectors = without_group_means(plain, kind, settings.kind_shrinkage)
    rows = sampled_rows(list(origins.values()), kind == "article", settings.most_fitted, seed)
    whole = _view(selection, masked, vectors, rows, encoder, settings, seed)
    whole, remarks = _renamed(whole, corpus.labels)
    article = _article_view(selection, masked, plain, kind, encoder, settings, seed)
    means = description.topic_vectors(vectors, whole.fitted.topic)
    tables_of = (whole.assignments, corpus.passages, corpus.documents)
    return TopicFindings(
        whole=whole,
        article=article,
        hierarchy=description.hierarchy_table(means),
        similarity=description.similarity_table(means),
        over_time=description.over_time_table(*tables_of),
        by_mission=description.by_mission_table(*tables_of),
        zero_shot=zero_shot_table(selection, plain, corpus.themes, encoder),
        metrics=_metrics(selection, whole, article)
        | {"models": _models(selection, masked, whole, mission, seed)},
        remarks=_changed(settings, whole.fitted.settings) + _sampled(whole) + remarks,
    )


def origins_of(passages: pl.DataFrame, documents: pl.DataFrame) -> dict[str, Strings]:
    """Of each passage's document: kind, the mission most concerned ("" for none), and year."""
    mission = pl.col("missions").list.first().fill_null("")
    origins = passages.select("document_id").join(
        documents.select(
            "document_id",
            pl.col("kind").cast(pl.String),
            # the article speaks of missions but belongs to none
            mission=pl.when(pl.col("kind").cast(pl.String) == "article")
            .then(pl.lit(""))
            .otherwise(mission),
            year=pl.col("year").cast(pl.String).fill_null(""),
        ),
        on="document_id",
        how="left",
        maintain_order="left",
    )
    return {name: np.array(origins[name].to_list()) for name in ("kind", "mission", "year")}


def _view(
    selection: Selection,
    masked: MaskedTexts,
    vectors: Vectors,
    rows: Integers,
    encoder: Encoder,
    settings: TopicSettings,
    seed: int,
) -> View:
    fitted = fit_topics(vectors[rows], settings, seed)
    used = fitted.settings
    coordinates = project_map(vectors[rows], used, seed)
    as_fitted = None
    if len(rows) < len(vectors):
        whole = spread(fitted, coordinates, vectors, rows)
        fitted, coordinates, as_fitted = whole.fitted, whole.coordinates, whole.as_fitted
    vocabulary = count_terms(
        masked.counted, max_ngram=used.max_ngram, fewest_passages=used.min_term_passages
    )
    weights = class_tfidf(vocabulary, fitted.topic)
    typical = description.typical_rows(vectors, fitted.topic, used.n_label_passages)
    labels = make_labels(masked, typical, vocabulary, weights, encoder)
    typical_terms = typicality(vocabulary, fitted.topic)
    terms = weighted_terms(typical_terms, vocabulary.terms, used.n_terms)
    assignments = description.assignments_table(selection, fitted, coordinates)
    topics = description.topics_table(selection, fitted, assignments, terms, labels, typical)
    return View(topics, assignments, fitted, rows, as_fitted)


def _article_view(
    selection: Selection,
    masked: MaskedTexts,
    vectors: Vectors,
    kind: Strings,
    encoder: Encoder,
    settings: TopicSettings,
    seed: int,
) -> View | None:
    """Topics of the article's passages alone; none when it has too few."""
    rows = np.flatnonzero(kind == "article")
    if len(rows) < FEWEST_PASSAGES:
        return None
    part, of_article = selection.of(rows), masked.of(rows)
    return _view(part, of_article, vectors[rows], np.arange(len(rows)), encoder, settings, seed)


def _renamed(view: View, labels: Mapping[str, str]) -> tuple[View, list[str]]:
    topic_of = dict(view.assignments.select("passage_id", "topic_id").iter_rows())
    renaming = rename(labels, topic_of)
    given = pl.Series(
        [renaming.labels.get(topic_id) for topic_id in view.topics["topic_id"]], dtype=pl.String
    )
    topics = view.topics.with_columns(label=given.fill_null(view.topics["made_label"]))
    return replace(view, topics=topics), renaming.remarks


def _changed(asked: TopicSettings, used: TopicSettings) -> list[str]:
    return [
        f"for a corpus of this size {name} is {value}, not {getattr(asked, name)}"
        for name, value in used.model_dump().items()
        if getattr(asked, name) != value
    ]


def _sampled(view: View) -> list[str]:
    if view.as_fitted is None:
        return []
    remark = (
        f"fitted on a sample of {len(view.rows)} of {len(view.fitted.topic)} texts "
        "(topics.most_fitted); the others have the topic of their neighbours, which for "
        f"{view.as_fitted:.0%} of the sample is the topic that they have"
    )
    return [remark]


def _metrics(selection: Selection, whole: View, article: View | None) -> dict[str, Any]:
    metrics: dict[str, Any] = {
        **_view_metrics(whole),
        "passages": whole.assignments.height,
        "different_texts": len(selection.all_vectors),
        "fitted_texts": len(whole.rows),
        "left_out": selection.left_out,
        "reassigned": 0,  # outliers stay outliers
        "min_cluster_size_used": whole.fitted.settings.min_cluster_size,
    }
    if whole.as_fitted is not None:
        metrics["assigned_texts"] = selection.passages.height - len(whole.rows)
        metrics["assigned_as_fitted"] = round(whole.as_fitted, 4)
    if article is not None:
        metrics["article_alone"] = _view_metrics(article)
    return metrics


def _view_metrics(view: View) -> dict[str, Any]:
    outliers = view.assignments.filter(pl.col("topic_id") == OUTLIER).height
    fitted = view.fitted
    return {
        "topics": fitted.n_topics,
        "stable_topics": int(view.topics["stable"].sum()),
        "outlier_share": round(outliers / view.assignments.height, 4),
        "ari_of_single_fits": round(fitted.single.ari, 4),
        "ari_of_halves": round(fitted.halves.ari, 4),
        "mean_stability": round(float(fitted.stability.mean()), 4),
    }


def _models(
    selection: Selection, masked: MaskedTexts, whole: View, mission: Strings, seed: int
) -> dict[str, Any]:
    """Ours beside BERTopic's defaults, NMF, LDA and nothing, on the same passages and words.

    All are of the texts that topics were fitted on.
    """
    selection, masked, mission = (
        selection.of(whole.rows),
        masked.of(whole.rows),
        mission[whole.rows],
    )
    fitted, topic = whole.fitted, whole.fitted.topic[whole.rows]
    words = count_terms(
        masked.counted, max_ngram=1, fewest_passages=fitted.settings.min_term_passages
    )
    ours = ModelTopics(topic, baselines.words_of(topic, words), fitted.single)
    share = float((topic == OUTLIER).mean())
    defaults = baselines.bertopic_defaults(selection.all_vectors, selection.fitted_rows, seed)
    as_many_outliers = [baselines.reassigned(one, selection.vectors, share) for one in defaults]
    groupings = {
        "ours": ours,
        "bertopic_defaults": baselines.of_fits(defaults, words),
        "bertopic_defaults_reassigned": baselines.of_fits(as_many_outliers, words),
        "nmf": baselines.nmf(words, fitted.n_topics, share, seed),
        "lda": baselines.lda(words, fitted.n_topics, share, seed),
        "shuffled_topics": baselines.shuffled(topic, words, seed),
    }
    dealt = ModelTopics(topic, ours.words)
    null: Vocabulary = baselines.shuffled_words(words, seed)
    return {name: baselines.score(one, words, mission) for name, one in groupings.items()} | {
        "shuffled_words": baselines.score(dealt, null, mission)
    }
