"""Fitting topics: once for good, and again with other seeds and on samples to see what stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.run.arrays import Booleans, Floats, Integers, Vectors
from pipeline.run.settings import TopicSettings
from pipeline.run.tables.topics import OUTLIER
from pipeline.topics.clustering import (
    WIDEST,
    ConsensusClustering,
    agreement_of,
    best_match_jaccard,
    matched,
)
from pipeline.topics.projection import project_map
from pipeline.topics.selection import TopicMaterial
from pipeline.topics.terms import count_terms
from pipeline.vectors.encoder import Encoder

if TYPE_CHECKING:
    from bertopic import BERTopic

REFITTED = 0.9
"""Part of the texts in the sample that a refit sees."""
_PASSAGES_A_TOPIC = 12  # a small corpus gets one topic for so many passages


@dataclass(frozen=True)
class Refit:
    """One more model: with another seed, or with another seed and on a sample.

    Attributes:
        seen: boolean [n], the texts that it was fitted on.
        topics: int [n] by number of topics; of texts not seen what it gives to new texts.
    """

    seen: Booleans
    topics: Mapping[int, Integers]

    def fitted(self, n_topics: int) -> Integers:
        """Its topics of the texts that it saw, and `NOT_SEEN` for the others."""
        return np.where(self.seen, self.topics[n_topics], NOT_SEEN)


NOT_SEEN = OUTLIER - 1


@dataclass(frozen=True)
class Stability:
    """How far models agree that share nothing but the texts, or nine in ten of them.

    Attributes:
        between_seeds: mean pairwise adjusted Rand index of whole models with other seeds.
        between_samples: the same of models of samples, on the texts that both saw.
        topics_between_seeds: float [topics], mean best-match Jaccard (Hennig 2007).
        topics_between_samples: the same with models of samples, on the texts that these saw.
        new_texts: share of the texts left out of a sample that its model gives the topic they have.
        by_number: between_samples for every number of topics that was tried.
    """

    between_seeds: float
    between_samples: float
    topics_between_seeds: Floats
    topics_between_samples: Floats
    new_texts: float
    by_number: Mapping[int, float]

    @property
    def topics(self) -> Floats:
        """The harder of the two figures of each topic."""
        return np.minimum(self.topics_between_seeds, self.topics_between_samples)


def fitting_settings(settings: TopicSettings, n_texts: int, dimension: int) -> TopicSettings:
    """The settings that fit so many texts and so long vectors: a small corpus gets fewer topics."""
    most = max(2, n_texts // _PASSAGES_A_TOPIC)
    n_groups = min(settings.n_groups, most)
    n_topics = settings.n_topics if settings.n_topics == "auto" else min(settings.n_topics, most)
    return settings.model_copy(
        update={
            "n_groups": n_groups,
            "n_topics": n_topics,
            "n_components": min(settings.n_components, n_texts // 2, dimension),
            "min_term_passages": min(settings.min_term_passages, max(1, n_texts // (6 * n_groups))),
        }
    )


def projection(settings: TopicSettings) -> Any:
    """First principal components of vectors, rows then of length 1: a scikit-learn pipeline."""
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import Normalizer

    return make_pipeline(PCA(settings.n_components, svd_solver="covariance_eigh"), Normalizer())


def clustering(settings: TopicSettings, n_topics: int, seed: int, n_jobs: int = -1) -> Any:
    """The clustering that settings name, not fitted yet."""
    return ConsensusClustering(
        n_topics=n_topics,
        n_groups=settings.n_groups,
        n_fits=settings.fits,
        min_agreement=settings.min_agreement,
        seed=seed,
        n_jobs=n_jobs,
    )


def numbers_of_topics(settings: TopicSettings) -> list[int]:
    """The numbers of topics that are tried: the one that was set, or all near that of one fit."""
    if settings.n_topics != "auto":
        return [settings.n_topics]
    fewest = max(2, round((2 - WIDEST) * settings.n_groups))
    return list(range(fewest, max(fewest, int(WIDEST * settings.n_groups)) + 1))


def refits(vectors: Vectors, settings: TopicSettings, seed: int) -> list[Refit]:
    """``settings.refits`` models with other seeds, and as many on samples, side by side.

    Args:
        vectors: float32 [n, dimension].
        settings: those that fit the corpus.
        seed: of the model that these stand beside; no refit has it.
    """
    from joblib import Parallel, delayed

    tasks = list(_refits_to_make(len(vectors), settings.refits, seed))
    numbers = numbers_of_topics(settings)
    n_jobs = -1 if len(vectors) >= 3_000 else 1
    found = Parallel(n_jobs=n_jobs)(
        delayed(_refit)(vectors, settings, one, seen, numbers) for one, seen in tasks
    )
    return [Refit(seen, topics) for (_, seen), topics in zip(tasks, found, strict=True)]


def _refits_to_make(n_texts: int, n_refits: int, seed: int) -> Iterator[tuple[int, Booleans]]:
    for number in range(1, n_refits + 1):
        yield seed + number, np.ones(n_texts, dtype=np.bool_)
    for number in range(n_refits + 1, 2 * n_refits + 1):
        seen = np.ones(n_texts, dtype=np.bool_)
        left_out = round((1 - REFITTED) * n_texts)
        seen[np.random.default_rng(seed + number).permutation(n_texts)[:left_out]] = False
        yield seed + number, seen


def _refit(
    vectors: Vectors, settings: TopicSettings, seed: int, seen: Booleans, numbers: Sequence[int]
) -> dict[int, Integers]:
    places = projection(settings).fit(vectors[seen].astype(np.float64))
    model = clustering(settings, numbers[0], seed, n_jobs=1).fit(places.transform(vectors[seen]))
    others = places.transform(vectors[~seen]) if not seen.all() else None
    found = {}
    for number in numbers:
        topic = np.empty(len(vectors), dtype=np.int64)
        topic[seen] = model.join(number).labels_
        if others is not None:
            topic[~seen] = model.predict(others)
        found[number] = topic
    return found


def steadiest(made: Sequence[Refit]) -> tuple[int, dict[int, float]]:
    """The number of topics on which models of samples agree most, and how far for each number.

    Of numbers that are equal to three decimals the smallest.
    """
    samples = [one for one in made if not one.seen.all()]
    agreement = {
        number: agreement_of([one.fitted(number) for one in samples])
        for number in sorted(made[0].topics)
    }
    return max(agreement, key=lambda number: (round(agreement[number], 3), -number)), agreement


def stability(topic: Integers, made: Sequence[Refit], n_topics: int) -> Stability:
    """How far the topics [n] are those of the refits."""
    seeds = [one.fitted(n_topics) for one in made if one.seen.all()]
    samples = [one.fitted(n_topics) for one in made if not one.seen.all()]
    again = [
        (matched(topic, one.topics[n_topics]) == topic)[~one.seen].mean()
        for one in made
        if not one.seen.all()
    ]
    return Stability(
        between_seeds=agreement_of([topic, *seeds]),
        between_samples=agreement_of(samples),
        topics_between_seeds=best_match_jaccard(topic, seeds),
        topics_between_samples=best_match_jaccard(topic, samples),
        new_texts=float(np.mean(again)),
        by_number=steadiest(made)[1],
    )


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
        coordinates: float [n, 2], of each text on the map.
        settings: those that were used, which for a small corpus differ from those asked for.
        rows: of the texts, those that were fitted; the model gave the others their topics.
        reloaded: share of the fitted texts to which the model, saved and loaded, gives their topic.
    """

    model: BERTopic
    topic: Integers
    agreement: Floats
    labels: list[str]
    stability: Stability
    coordinates: Floats
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
    from pipeline.topics.model import LABEL, fitted_model, reloaded_share, topics_of

    rows = material.rows
    masked, vectors = material.masked.of(rows), material.vectors[rows]
    used = fitting_settings(settings, *vectors.shape)
    vocabulary = count_terms(
        masked.counted, max_ngram=used.max_ngram, fewest_passages=used.min_term_passages
    )
    made = refits(vectors, used, seed)
    n_topics, _ = steadiest(made)
    model = fitted_model(masked, vectors, vocabulary, encoder, used, n_topics=n_topics, seed=seed)
    fitted = np.asarray(model.topics_)
    places = model.umap_model.transform(material.vectors.astype(np.float64))
    whole = len(rows) == len(material.vectors)
    topic = fitted if whole else topics_of(model, material.masked, material.vectors)
    labels = model.topic_aspects_[LABEL]
    return FittedTopics(
        model=model,
        topic=topic,
        agreement=model.hdbscan_model.agreement(places),
        labels=[labels[number][0][0] for number in range(int(fitted.max()) + 1)],
        stability=stability(fitted, made, n_topics),
        coordinates=project_map(material.vectors, seed, rows),
        settings=used,
        rows=rows,
        reloaded=reloaded_share(model, vectors, fitted),
    )
