"""The whole stage on small corpora: it lowers what is too large and says so, or names the fix."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline.run.errors import StageError
from pipeline.run.settings import TopicSettings, load_settings
from pipeline.topics.finding import TopicFindings, find_topics
from pipeline.topics.selection import TopicCorpus

SUBJECTS = [
    ("patrols", "foot patrols at night", "villages"),
    ("courts", "fair trials and prosecutors", "prisons"),
    ("convoys", "relief convoys with food", "camps"),
    ("mines", "clearance of land mines", "fields"),
    ("ballots", "registration of voters", "towns"),
    ("schools", "training of young teachers", "districts"),
]


class SubjectEncoder:
    """Texts of one subject lie together; a little apart by everything else that they say."""

    dimension = 24

    def encode(self, texts: list[str]) -> np.ndarray:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for place, words in enumerate(SUBJECTS):
                vectors[row, place] = any(word in text for word in words)
            noise = np.random.default_rng(sum(map(ord, text)) + len(text)).normal(size=24)
            vectors[row] += 0.08 * noise
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def corpus_of(n_passages: int, alike: bool = False) -> TopicCorpus:
    """An article of so many passages, in turn on each subject, and nothing else."""
    rows: list[dict[str, Any]] = []
    for number in range(n_passages):
        subject, phrase, place = SUBJECTS[number % len(SUBJECTS)]
        text = f"Officers spoke of {subject}: {phrase} reached many {place} in week {number}."
        rows.append(
            {
                "passage_id": f"article.p{number:03d}",
                "document_id": "article",
                "text": "Officers spoke of patrols." if alike else text,
                "role": "paragraph",
                "procedural": False,
                "n_words": 12,
            }
        )
    passages = pl.DataFrame(rows)
    documents = {"document_id": ["article"], "kind": ["article"], "year": [2026]}
    return TopicCorpus(
        passages=passages,
        near_duplicates=passages.select(
            "passage_id", near_duplicate_group=pl.col("passage_id").min().over("text")
        ),
        documents=pl.DataFrame(documents).with_columns(missions=pl.lit([], pl.List(pl.String))),
        vectors=SubjectEncoder().encode(passages["text"].to_list()),
        missions={},
        themes=[("a", "foot patrols at night"), ("b", "fair trials and prosecutors")],
    )


def found_in(corpus: TopicCorpus, settings: TopicSettings, **changes: object) -> TopicFindings:
    quick = {"neutralise": False, "refits": 2, "fits": 60} | changes
    return find_topics(corpus, SubjectEncoder(), settings.model_copy(update=quick), 1)


@pytest.fixture(scope="module")
def settings() -> TopicSettings:
    return load_settings().topics


@pytest.fixture(scope="module")
def alone(settings: TopicSettings) -> TopicFindings:
    return found_in(corpus_of(120), settings)


@pytest.mark.slow
def test_one_document_alone_gives_five_to_fifteen_topics(alone: TopicFindings) -> None:
    topics = alone.whole.topics
    assert 5 <= topics.height <= 15
    # neither one blob nor all outliers
    assert topics["n_passages"].max() < 60
    assert alone.metrics["outlier_share"] < 0.3
    # and topics are the subjects: no topic's passages are on two
    subject = pl.col("passage_id").str.slice(-3).cast(pl.Int64) % len(SUBJECTS)
    mixed = alone.whole.assignments.filter(pl.col("topic_id") >= 0).group_by("topic_id")
    assert mixed.agg(subject.n_unique().alias("n"))["n"].to_list() == [1] * topics.height


@pytest.mark.slow
def test_settings_that_were_lowered_are_said(alone: TopicFindings) -> None:
    said = "\n".join(alone.remarks)
    assert "for a corpus of this size n_groups is 10, not 40" in said
    assert "for a corpus of this size n_topics is 10, not 38" in said


@pytest.mark.slow
def test_sizes_count_every_passage_and_texts_only_once(settings: TopicSettings) -> None:
    # given a corpus in which the first ten passages come back word for word
    corpus = corpus_of(120)
    again = corpus.passages[:10].with_columns(
        passage_id=pl.lit("z.") + pl.col("passage_id").str.slice(8)
    )
    passages = pl.concat([corpus.passages, again])
    repeated = TopicCorpus(
        passages=passages,
        near_duplicates=passages.select(
            "passage_id", near_duplicate_group=pl.col("passage_id").min().over("text")
        ),
        documents=corpus.documents,
        vectors=np.vstack([corpus.vectors, corpus.vectors[:10]]),
        missions={},
        themes=corpus.themes,
    )
    # when topics are found
    topics = found_in(repeated, settings).whole.topics
    # then repeats count in the size of a topic and not among its texts
    assert topics["n_texts"].sum() == 120
    assert topics["n_passages"].sum() == 130


@pytest.mark.parametrize(
    ("n_passages", "alike", "said"),
    [
        (12, False, r"at least 20 different passages and there are 12; add documents"),
        (40, True, r"all 40 passages say the same.*raise segment\.near_duplicate"),
        (1, False, r"at least 20 different passages and there are 1; add documents"),
    ],
)
def test_what_cannot_be_grouped_is_refused_with_the_fix(
    settings: TopicSettings, n_passages: int, alike: bool, said: str
) -> None:
    with pytest.raises(StageError, match=said):
        found_in(corpus_of(n_passages, alike), settings)


def test_a_corpus_without_passages_is_refused_with_the_fix(settings: TopicSettings) -> None:
    with pytest.raises(StageError, match=r"there are 0; add documents"):
        found_in(corpus_of(40), settings, min_words=100)
