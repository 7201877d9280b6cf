"""The topics as a BERTopic (Grootendorst 2022) with our parts in its slots, fitted and saved.

BERTopic takes seconds to import: only the stage and its tests import this module.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.run.arrays import Floats, Integers, Vectors
from pipeline.run.settings import TopicSettings
from pipeline.run.stage import heavy_imports
from pipeline.run.tables.topics import OUTLIER
from pipeline.topics.fitting import (
    Stability,
    clustering,
    fitting_settings,
    projection,
    refits,
    stability,
    steadiest,
)
from pipeline.topics.labels import make_labels
from pipeline.topics.masking import MaskedTexts
from pipeline.topics.selection import TopicMaterial
from pipeline.topics.terms import (
    Vocabulary,
    count_terms,
    counter,
    typical_rows,
    typicality,
    weighted_terms,
)
from pipeline.vectors.encoder import Encoder

with heavy_imports("torch", "transformers"):
    from bertopic import BERTopic
    from bertopic.backend import BaseEmbedder
    from bertopic.representation._base import BaseRepresentation
    from bertopic.vectorizers import ClassTfidfTransformer

if TYPE_CHECKING:
    import pandas as pd

LABEL = "Label"
"""The aspect of a topic that is its label."""


class OurEncoder(BaseEmbedder):  # type: ignore[misc]
    """Our encoder where BERTopic looks for one."""

    def __init__(self, encoder: Encoder) -> None:
        """Take the encoder."""
        super().__init__()
        self.encoder = encoder

    def embed(self, documents: Sequence[str], verbose: bool = False) -> Vectors:  # noqa: ARG002
        """float32 [documents, dimension]."""
        return self.encoder.encode(list(documents))


class TypicalTerms(BaseRepresentation):  # type: ignore[misc]
    """Of the terms that class-based TF-IDF picks, those first that run through a topic alone."""

    def __init__(self, vocabulary: Vocabulary, n_terms: int) -> None:
        """Take how often each fitted text holds each term, and how many terms a topic has."""
        self.vocabulary = vocabulary
        self.n_terms = n_terms

    def extract_topics(
        self,
        topic_model: BERTopic,  # noqa: ARG002
        documents: pd.DataFrame,
        c_tf_idf: Any,
        topics: Mapping[int, Any],
    ) -> dict[int, list[tuple[str, float]]]:
        """Terms and their Jaccard by topic; texts not among the documents are in no topic."""
        topic = np.full(self.vocabulary.counts.shape[0], OUTLIER)
        topic[documents["ID"].to_numpy(dtype=np.int64)] = documents["Topic"].to_numpy(
            dtype=np.int64
        )
        weights = typicality(self.vocabulary, topic, c_tf_idf)
        found = weighted_terms(weights, self.vocabulary.terms, self.n_terms)
        return dict(zip(sorted(topics), found, strict=True))


class NounPhrases(BaseRepresentation):  # type: ignore[misc]
    """A label of one or two noun phrases for each topic."""

    def __init__(
        self,
        masked: MaskedTexts,
        vectors: Vectors,
        vocabulary: Vocabulary,
        encoder: Encoder,
        n: int,
    ) -> None:
        """Take the fitted texts, their vectors and terms, and of how many texts labels are made."""
        self.masked = masked
        self.vectors = vectors
        self.vocabulary = vocabulary
        self.encoder = encoder
        self.n = n

    def extract_topics(
        self,
        topic_model: BERTopic,  # noqa: ARG002
        documents: pd.DataFrame,
        c_tf_idf: Any,
        topics: Mapping[int, Any],
    ) -> dict[int, list[tuple[str, float]]]:
        """The label of each topic, with weight 1; outliers have none."""
        topic = documents["Topic"].to_numpy(dtype=np.int64)
        typical = typical_rows(self.vectors, topic, self.n)
        weights = np.asarray(c_tf_idf.todense())[len(topics) - len(typical) :]
        labels = make_labels(self.masked, typical, self.vocabulary, weights, self.encoder)
        return {OUTLIER: [("", 0.0)]} | {n: [(label, 1.0)] for n, label in enumerate(labels)}


@dataclass(frozen=True)
class FittedTopics:
    """A BERTopic and what it says of every text.

    Attributes:
        model: the BERTopic; its documents are the texts of ``rows``.
        topic: int [n]; topics are numbered from 0, largest first; -1 is an outlier.
        agreement: float [n], of the texts that fits put in one group with this one, the share that
            is in its topic.
        labels: of the topics.
        stability: beside refits.
        settings: those that were used, which for a small corpus differ from those asked for.
        rows: of the texts, those that were fitted; the model gave the others their topics.
        reloaded: share of the fitted texts to which the model, saved and loaded, gives their topic.
    """

    model: BERTopic
    topic: Integers
    agreement: Floats
    labels: list[str]
    stability: Stability
    settings: TopicSettings
    rows: Integers
    reloaded: float

    @property
    def n_topics(self) -> int:
        """How many topics there are."""
        return len(self.labels)


def fit_topics(
    material: TopicMaterial, encoder: Encoder, settings: TopicSettings, seed: int
) -> FittedTopics:
    """Topics of all texts, from a BERTopic fitted on those that were drawn for it.

    Args:
        material: texts and vectors in an order that does not depend on that of the corpus.
        encoder: of the model that made the vectors.
        settings: see `fitting_settings`.
        seed: of all that is drawn.

    Raises:
        StageError: no term stands in enough passages.
    """
    rows = material.rows
    masked, vectors = material.masked.of(rows), material.vectors[rows]
    used = fitting_settings(settings, *vectors.shape)
    vocabulary = count_terms(
        masked.counted, max_ngram=used.max_ngram, fewest_passages=used.min_term_passages
    )
    made = refits(vectors, used, seed)
    n_topics, by_number = steadiest(made)
    model = fitted_model(masked, vectors, vocabulary, encoder, used, n_topics=n_topics, seed=seed)
    fitted = np.asarray(model.topics_)
    topic, agreement = fitted, model.hdbscan_model.agreement_
    if len(rows) < len(material.vectors):
        topic = topics_of(model, material.masked, material.vectors)
        places = model.umap_model.transform(material.vectors.astype(np.float64))
        agreement = model.hdbscan_model.agreement(places)
    labels = model.topic_aspects_[LABEL]
    return FittedTopics(
        model=model,
        topic=topic,
        agreement=agreement,
        labels=[labels[number][0][0] for number in range(int(fitted.max()) + 1)],
        stability=stability(fitted, made, n_topics, by_number),
        settings=used,
        rows=rows,
        reloaded=reloaded_share(model, vectors, fitted),
    )


def fitted_model(
    masked: MaskedTexts,
    vectors: Vectors,
    vocabulary: Vocabulary,
    encoder: Encoder,
    settings: TopicSettings,
    *,
    n_topics: int,
    seed: int,
) -> BERTopic:
    """A BERTopic fitted on texts and their vectors.

    Args:
        masked: of the texts to be fitted; what is counted are its documents.
        vectors: float32 [n, dimension] of the same.
        vocabulary: of the same.
        encoder: that made the vectors.
        settings: those that fit the corpus.
        n_topics: topics to be found.
        seed: of the clustering.
    """
    model = BERTopic(
        embedding_model=OurEncoder(encoder),
        umap_model=projection(settings),
        hdbscan_model=clustering(settings, n_topics, seed),
        vectorizer_model=counter(max_ngram=settings.max_ngram, vocabulary=vocabulary.terms),
        ctfidf_model=ClassTfidfTransformer(reduce_frequent_words=True),
        representation_model={
            "Main": TypicalTerms(vocabulary, settings.n_terms),
            LABEL: NounPhrases(masked, vectors, vocabulary, encoder, settings.n_label_passages),
        },
        top_n_words=settings.n_terms,
    )
    model.fit_transform(masked.counted, vectors.astype(np.float64))
    model.set_topic_labels(
        {topic: name[0][0] for topic, name in model.topic_aspects_[LABEL].items()}
    )
    return model


def topics_of(model: BERTopic, masked: MaskedTexts, vectors: Vectors) -> Integers:
    """What the fitted model gives to texts, int [n]."""
    found, _ = model.transform(masked.counted, vectors.astype(np.float64))
    return np.asarray(found, dtype=np.int64)


def saved_files(fitted: FittedTopics, labels: Sequence[str], encoder: str) -> dict[str, bytes]:
    """The files that `BERTopic.load` reads (safetensors and JSON, no pickle), and README.md.

    Args:
        fitted: the topics.
        labels: of the topics, as a person may have changed them.
        encoder: name of the model that made the vectors.
    """
    fitted.model.set_topic_labels(dict(enumerate(labels)))
    with tempfile.TemporaryDirectory() as folder:
        _save(fitted.model, folder)
        files = {
            one.relative_to(folder).as_posix(): one.read_bytes()
            for one in sorted(Path(folder).rglob("*"))
            if one.is_file()
        }
    return files | {"README.md": _card(fitted, encoder).encode()}


def reloaded_share(model: BERTopic, vectors: Vectors, topic: Integers) -> float:
    """How often the model, saved and loaded, gives a fitted text its topic.

    A loaded BERTopic has no clustering: it takes the topic whose mean vector is nearest.
    """
    with tempfile.TemporaryDirectory() as folder:
        _save(model, folder)
        loaded = BERTopic.load(folder, embedding_model=model.embedding_model)
    found, _ = loaded.transform([""] * len(vectors), vectors.astype(np.float64))
    return float((np.asarray(found) == topic).mean())


def _save(model: BERTopic, folder: str) -> None:
    from bertopic._utils import MyLogger

    MyLogger().configure("ERROR")  # that no encoder is saved is meant so
    model.save(folder, serialization="safetensors", save_ctfidf=True, save_embedding_model=False)
    MyLogger().configure("WARNING")


def _card(fitted: FittedTopics, encoder: str) -> str:
    used, stability = fitted.settings, fitted.stability
    return f"""# A topic model of this corpus

A BERTopic {version("bertopic")} with {fitted.n_topics} topics, fitted by the stage `topics` of
peacetext. Load it with

    from bertopic import BERTopic
    model = BERTopic.load("outputs/topics/model")

**Fitted on** {len(fitted.rows):,} texts of {len(fitted.topic):,}: one of each group of
near-duplicates, names taken out. Their vectors come from {encoder}; the mean of each kind of
document is taken away. What was clustered: {used.n_components} principal components,
{used.fits} k-means of {used.n_groups} groups, each of half of the texts, joined to
{fitted.n_topics} topics. No text is in here.

**How stable it is.** Adjusted Rand index of whole models with other seeds
{stability.between_seeds:.2f}, of models of 90% of the texts {stability.between_samples:.2f}.

**What it is good for.** Its topics, their words, its pictures. `outputs/topics/assignments.parquet`
says which passage is in which topic. A loaded BERTopic has no clustering any more: `transform`
takes the topic whose mean vector is nearest. Given the vectors of the fitted texts that is the
topic that they have for {fitted.reloaded:.1%} of them. Without an encoder it needs vectors; those
of texts with names in them, or without the mean of their kind taken away, will fit less well.
"""
