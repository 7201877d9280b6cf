"""A corpus too large to be fitted whole: the sample is fair, and the rest goes with its topics."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.run.settings import TopicSettings, load_settings
from pipeline.topics.finding import TopicFindings
from pipeline.topics.selection import sampled_rows
from tests.topics.test_finding import SUBJECTS, corpus_of, found_in

N_PASSAGES, MOST = 240, 120


@pytest.fixture(scope="module")
def settings() -> TopicSettings:
    return load_settings().topics


@pytest.fixture(scope="module")
def sampled(settings: TopicSettings) -> TopicFindings:
    corpus = corpus_of(N_PASSAGES)
    # a sample never lacks a passage of the article, so these are made a report's
    documents = corpus.documents.with_columns(kind=pl.lit("report"))
    return found_in(replace(corpus, documents=documents), settings, most_fitted=MOST)


def test_every_stratum_has_its_share_to_within_one_text() -> None:
    random = np.random.default_rng(2)
    kind = random.choice(["report", "resolution", "letter"], 5000, p=[0.7, 0.25, 0.05])
    year = random.choice(["2013", "2014", "2015"], 5000)
    rows = sampled_rows([kind, year], np.zeros(5000, bool), 700, seed=3)
    assert len(rows) == len(set(rows.tolist())) == 700
    assert (np.diff(rows) > 0).all()
    drawn = Counter(zip(kind[rows], year[rows], strict=True))
    for stratum, n in Counter(zip(kind, year, strict=True)).items():
        assert abs(drawn[stratum] - n * 700 / 5000) < 1 + 1e-9


def test_the_seed_decides_the_draw_and_a_small_corpus_is_taken_whole() -> None:
    strata, none = [np.repeat(["a", "b"], 500)], np.zeros(1000, bool)
    one, again, other = (sampled_rows(strata, none, 100, seed) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert np.array_equal(sampled_rows(strata, none, 1000, 1), np.arange(1000))


def test_rows_that_no_sample_may_lack_are_in_it_even_when_there_are_too_many() -> None:
    always = np.arange(1000) % 4 == 0
    rows = sampled_rows([np.repeat(["a", "b"], 500)], always, 400, seed=1)
    assert len(rows) == 400
    assert set(np.flatnonzero(always)) <= set(rows)
    rows = sampled_rows([np.repeat(["a", "b"], 500)], always, 100, seed=1)
    assert np.array_equal(rows, np.flatnonzero(always))


@pytest.mark.slow
def test_texts_outside_the_sample_join_the_topic_of_their_subject(sampled: TopicFindings) -> None:
    metrics = sampled.metrics
    assert (metrics["fitted_texts"], metrics["assigned_texts"]) == (MOST, N_PASSAGES - MOST)
    assert metrics["new_texts_as_fitted"] > 0.75
    assert metrics["passages"] == N_PASSAGES == sampled.whole.assignments.height
    # each topic is of one subject, and holds texts of both sides
    subject = pl.col("passage_id").str.slice(-3).cast(pl.Int64) % len(SUBJECTS)
    inside = sampled.whole.assignments.filter(pl.col("topic_id") >= 0)
    mixed = inside.group_by("topic_id").agg(subject.n_unique().alias("n"))
    assert mixed["n"].to_list() == [1] * mixed.height
    assert inside.height > 0.8 * N_PASSAGES
    topics = sampled.whole.topics
    assert topics["topic_id"].to_list() == list(range(topics.height))
    assert sampled.whole.topics["n_passages"].sum() == inside.height
    assert any("a sample of 120 of 240 texts" in remark for remark in sampled.remarks)


@pytest.mark.slow
def test_models_are_compared_on_the_sample_alone(sampled: TopicFindings) -> None:
    fitted = sampled.whole.fitted.topic[sampled.whole.fitted.rows]
    shares = sampled.metrics["models"]
    assert shares["ours"]["outlier_share"] == round(float((fitted == -1).mean()), 4)
    assert shares["ours"]["topics"] == sampled.metrics["topics"]
