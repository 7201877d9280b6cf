"""Topics as tables: terms, hierarchy, likeness, years, missions, and the zero-shot view."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pipeline.run.arrays import Floats, Integers, Vectors, wilson_interval
from pipeline.run.settings import TopicSettings
from pipeline.run.tables.topics import OUTLIER
from pipeline.topics.model import FittedTopics
from pipeline.topics.selection import Selection, TopicMaterial
from pipeline.topics.terms import Vocabulary, count_terms
from pipeline.vectors.encoder import Encoder

_DECIMALS = 6  # the last bits of a library's float may wander
_WILSON_Z = 1.959964  # 95%


@dataclass(frozen=True)
class View:
    """Topics of some passages and what they came from.

    Attributes:
        topics: tables.Topics.
        assignments: tables.Assignments.
        fitted: topics of all texts.
        words: single words of the texts that were fitted, by which models are compared.
        remarks: for the person at the terminal.
    """

    topics: pl.DataFrame
    assignments: pl.DataFrame
    fitted: FittedTopics
    words: Vocabulary
    remarks: list[str]


def described(
    material: TopicMaterial, fitted: FittedTopics, drawn: Floats, asked: TopicSettings
) -> View:
    """The tables of topics: terms, labels, sizes, and who is in which.

    Args:
        material: what was fitted.
        fitted: its topics.
        drawn: float [n, 2], the place of each text on the map.
        asked: the settings asked for; where others were used, a remark says so.
    """
    used, masked = fitted.settings, material.masked.of(fitted.rows)
    words = count_terms(masked.counted, max_ngram=1, fewest_passages=used.min_term_passages)
    assignments = assignments_table(material.selection, fitted, drawn)
    topics = topics_table(material, fitted, assignments)
    return View(topics, assignments, fitted, words, _changed(asked, used) + _sampled(fitted))


def _changed(asked: TopicSettings, used: TopicSettings) -> list[str]:
    return [
        f"for a corpus of this size {name} is {value}, not {getattr(asked, name)}"
        for name, value in used.model_dump().items()
        if getattr(asked, name) != value
    ]


def _sampled(fitted: FittedTopics) -> list[str]:
    if len(fitted.rows) == len(fitted.topic):
        return []
    remark = (
        f"fitted on a sample of {len(fitted.rows)} of {len(fitted.topic)} texts "
        "(topics.most_fitted); the model gave the others their topics. Of texts that a refit has "
        f"not seen {fitted.stability.new_texts:.0%} get the topic they have"
    )
    return [remark]


def assignments_table(selection: Selection, fitted: FittedTopics, drawn: Floats) -> pl.DataFrame:
    """tables.Assignments: every selected passage, repeats with the topic of their text."""
    texts = pl.DataFrame(
        {
            "text_key": selection.passages["text_key"],
            "topic_id": fitted.topic,
            "agreement": fitted.agreement.round(_DECIMALS),
            "x": drawn[:, 0].round(4),
            "y": drawn[:, 1].round(4),
        }
    )
    return selection.members.join(texts, on="text_key", how="left").drop("text_key")


def topics_table(
    material: TopicMaterial, fitted: FittedTopics, assignments: pl.DataFrame
) -> pl.DataFrame:
    """tables.Topics: what BERTopic says of topics, their sizes and how stable they are.

    Args:
        material: the passages of which some were fitted.
        fitted: their topics.
        assignments: tables.Assignments of the same fit.
    """
    sizes = dict(assignments.group_by("topic_id").len().iter_rows())
    n_texts = np.bincount(fitted.topic[fitted.topic != OUTLIER], minlength=fitted.n_topics)
    rows = []
    for topic_id in range(fitted.n_topics):
        terms = [(term, weight) for term, weight in fitted.model.get_topic(topic_id) if term]
        label = fitted.labels[topic_id]
        stability = [
            round(float(values[topic_id]), _DECIMALS)
            for values in (
                fitted.stability.topics_between_seeds,
                fitted.stability.topics_between_samples,
            )
        ]
        representatives = _representatives(material, fitted, topic_id)
        rows.append(
            {
                "topic_id": topic_id,
                "label": label,
                "terms": [term for term, _ in terms],
                "weights": [round(float(weight), _DECIMALS) for _, weight in terms],
                "n_passages": sizes[topic_id],
                "n_texts": int(n_texts[topic_id]),
                "representatives": representatives,
                "key": representatives[0],
                "made_label": label,
                "stability": min(stability),
                "stability_seeds": stability[0],
                "stability_samples": stability[1],
                "stable": min(stability) >= fitted.settings.stable_jaccard,
            }
        )
    return pl.DataFrame(rows)


def _representatives(material: TopicMaterial, fitted: FittedTopics, topic_id: int) -> list[str]:
    """The ids of the passages that BERTopic finds representative, most typical first."""
    ids = material.selection.passages["passage_id"]
    rows = fitted.rows[fitted.topic[fitted.rows] == topic_id]
    first = {material.masked.counted[row]: ids[int(row)] for row in rows[::-1]}
    return [first[text] for text in fitted.model.get_representative_docs(topic_id)]


def topic_vectors(vectors: Vectors, topic: Integers) -> Floats:
    """The mean direction of each topic's texts, float [topics, dimension], length 1."""
    n_topics = int(topic.max()) + 1
    sums = np.zeros((n_topics, vectors.shape[1]))
    inside = topic != OUTLIER
    np.add.at(sums, topic[inside], vectors[inside])
    means: Floats = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return means


def hierarchy_table(fitted: FittedTopics, texts: Sequence[str]) -> pl.DataFrame:
    """tables.Hierarchy: BERTopic's, by average linkage on the cosine distance of mean vectors.

    Args:
        fitted: the topics.
        texts: that were counted, of the fitted rows.
    """
    from scipy.cluster.hierarchy import linkage
    from sklearn.metrics.pairwise import cosine_similarity

    schema = {"parent_id": pl.Int64, "left_id": pl.Int64, "right_id": pl.Int64}
    if fitted.n_topics < 2:
        return pl.DataFrame(schema=schema | {"distance": pl.Float64, "n_topics": pl.Int64})
    with warnings.catch_warnings(), redirect_stderr(io.StringIO()):  # pandas's, and a bar
        warnings.simplefilter("ignore")
        merges = fitted.model.hierarchical_topics(
            list(texts),
            use_ctfidf=False,
            distance_function=lambda means: np.clip(1 - cosine_similarity(means), 0, None),
            linkage_function=lambda far: linkage(far, "average"),
        ).sort_values("Distance")
    columns = zip(schema, ("Parent_ID", "Child_Left_ID", "Child_Right_ID"), strict=True)
    return pl.DataFrame(
        {
            **{name: merges[theirs].astype(int).to_numpy() for name, theirs in columns},
            "distance": merges["Distance"].clip(lower=0).round(_DECIMALS).to_numpy(),
            "n_topics": merges["Topics"].map(len).to_numpy(),
        }
    )


def similarity_table(means: Floats) -> pl.DataFrame:
    """tables.Similarity: cosine between the mean directions of topics, each pair once.

    What all topics share, that they are UN talk, is taken off first: their mean.
    """
    own = means - means.mean(axis=0)
    lengths = np.linalg.norm(own, axis=1, keepdims=True)
    own /= np.where(lengths > 0, lengths, 1)
    first, other = np.triu_indices(len(own), k=1)
    return pl.DataFrame(
        {
            "topic_id": first.astype(np.int64),
            "other_id": other.astype(np.int64),
            "similarity": np.clip((own @ own.T)[first, other], -1, 1).round(_DECIMALS),
        }
    )


def shares_table(
    assignments: pl.DataFrame, passages: pl.DataFrame, documents: pl.DataFrame, by: list[str]
) -> pl.DataFrame:
    """tables.OverTime by year and mission, or tables.ByMission by mission ('all' for any).

    A UN passage counts for each mission of its document, with a year only where it has one; shares
    are of all passages that were clustered for that year and mission, outliers included.
    """
    origins = documents.filter(pl.col("kind").cast(pl.String) != "article").select(
        "document_id", "year", pl.concat_list(pl.lit("all"), "missions").alias("mission")
    )
    rows = (
        assignments.select("passage_id", "topic_id")
        .join(passages.select("passage_id", "document_id"), on="passage_id")
        .join(origins, on="document_id")
        .explode("mission")
        .drop_nulls(by)
    )
    totals = rows.group_by(by).agg(pl.len().cast(pl.Int64).alias("n_passages"))
    counts = rows.filter(pl.col("topic_id") != OUTLIER).group_by("topic_id", *by)
    shares = (
        counts.agg(pl.len().cast(pl.Int64).alias("n"))
        .join(totals, on=by)
        .with_columns(share=pl.col("n") / pl.col("n_passages"))
        .sort("topic_id", *by)
    )
    low, high = wilson_interval(shares["share"].to_numpy(), shares["n_passages"], _WILSON_Z)
    return shares.with_columns(low=pl.Series(low), high=pl.Series(high)).with_columns(
        pl.col("share", "low", "high").round(_DECIMALS)
    )


def zero_shot_table(
    selection: Selection, vectors: Vectors, themes: Sequence[tuple[str, str]], encoder: Encoder
) -> pl.DataFrame:
    """tables.ZeroShot: zero-shot themes, by cosine with what the codebook says of them.

    Nothing is learned from codings here. ``lead`` is how much nearer the first theme is than the
    second; where it is small the theme is a guess.

    Args:
        selection: the passages.
        vectors: of the masked texts, before any centring.
        themes: theme_id and text of each theme, at least two.
        encoder: of the same model.
    """
    definitions = encoder.encode([text for _, text in themes])
    cosines = (vectors @ definitions.T).astype(np.float64)
    order = np.argsort(-cosines.round(6), axis=1, kind="stable")
    best, second = (np.take_along_axis(cosines, order[:, [place]], 1)[:, 0] for place in (0, 1))
    texts = pl.DataFrame(
        {
            "text_key": selection.passages["text_key"],
            "theme_id": [themes[place][0] for place in order[:, 0]],
            "similarity": best.round(6).clip(-1, 1),
            "lead": (best - second).round(6).clip(0, 2),
        }
    )
    return selection.members.join(texts, on="text_key", how="left").drop("text_key")


def metrics_of(selection: Selection, whole: View, article: View | None) -> dict[str, Any]:
    """What `dvc metrics show` prints of both views."""
    fitted = whole.fitted
    stability = fitted.stability
    metrics: dict[str, Any] = {
        **_view_metrics(whole),
        "passages": whole.assignments.height,
        "fitted_texts": len(fitted.rows),
        "left_out": selection.left_out,
        "ari_by_number_of_topics": {str(k): round(v, 4) for k, v in stability.by_number.items()},
        "new_texts_as_fitted": round(stability.new_texts, 4),
        "reloaded_as_fitted": round(fitted.reloaded, 4),
    }
    if len(fitted.rows) < selection.passages.height:
        metrics["assigned_texts"] = selection.passages.height - len(fitted.rows)
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
        "ari_between_seeds": round(fitted.stability.between_seeds, 4),
        "ari_between_samples": round(fitted.stability.between_samples, 4),
        "mean_stability": round(float(fitted.stability.topics.mean()), 4),
    }
