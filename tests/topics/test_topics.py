"""Topics find what was planted, say so when they cannot, and give the same answer twice."""

import numpy as np
import polars as pl
import pytest

from pipeline.errors import StageError
from pipeline.settings import TopicSettings, load_settings
from pipeline.topics.description import (
    assignments_table,
    hierarchy_table,
    over_time_table,
    topic_label,
    topic_vectors,
    topics_table,
)
from pipeline.topics.fitting import FittedTopics, fit_topics, fitting_settings
from pipeline.topics.selection import Selection, select_passages

SUBJECTS = {
    "patrols": "Patrols of the mission reach distant villages",
    "courts": "Courts and prosecutors try grave crimes",
    "convoys": "Humanitarian convoys bring food and medicine",
}
EACH = 30


@pytest.fixture(scope="module")
def settings() -> TopicSettings:
    return load_settings().topics


@pytest.fixture(scope="module")
def planted() -> tuple[pl.DataFrame, np.ndarray]:
    """Passages on three subjects with vectors in three directions; every tenth is procedure."""
    random = np.random.default_rng(0)
    rows, vectors = [], []
    for place, (subject, text) in enumerate(SUBJECTS.items()):
        for number in range(EACH):
            rows.append(
                {
                    "passage_id": f"d.{subject}-{number:02}",
                    "document_id": f"d{number % 2}",
                    "text": f"{text}, as seen in sector {number}",
                    "role": "operative",
                    "procedural": number % 10 == 0,
                    "n_words": 12,
                }
            )
            centre = np.zeros(16)
            centre[place] = 1
            vector = centre + random.normal(scale=0.05, size=16)
            vectors.append(vector / np.linalg.norm(vector))
    return pl.DataFrame(rows), np.array(vectors, dtype=np.float32)


@pytest.fixture(scope="module")
def selection(planted: tuple[pl.DataFrame, np.ndarray], settings: TopicSettings) -> Selection:
    return select_passages(*planted, settings)


@pytest.fixture(scope="module")
def fitted(selection: Selection, settings: TopicSettings) -> FittedTopics:
    return fit_topics(selection.passages["text"].to_list(), selection.vectors, settings, seed=1)


def test_what_is_left_out_is_counted_by_reason(selection: Selection) -> None:
    assert selection.left_out == {"procedural": 9}
    assert selection.passages.height == 81


def test_a_repeated_text_is_fitted_once_and_assigned_each_time(
    planted: tuple[pl.DataFrame, np.ndarray], settings: TopicSettings
) -> None:
    # given a corpus in which a passage stands twice
    passages, vectors = planted
    again = passages[1:2].with_columns(passage_id=pl.lit("z.again"))
    # when passages are selected
    selection = select_passages(
        pl.concat([passages, again]), np.vstack([vectors, vectors[1]]), settings
    )
    # then it is fitted once, and both are members of the same text
    assert selection.passages.height == 81
    keys = dict(selection.members.iter_rows())
    assert keys["z.again"] == keys["d.patrols-01"]


def test_the_order_of_the_corpus_does_not_matter(
    planted: tuple[pl.DataFrame, np.ndarray], settings: TopicSettings, selection: Selection
) -> None:
    passages, vectors = planted
    turned = select_passages(passages.reverse(), vectors[::-1].copy(), settings)
    assert turned.passages.equals(selection.passages)
    assert np.array_equal(turned.vectors, selection.vectors)


@pytest.mark.slow
def test_planted_subjects_are_found(selection: Selection, fitted: FittedTopics) -> None:
    subjects = selection.passages["passage_id"].str.extract(r"d\.(\w+)-")
    table = pl.DataFrame({"subject": subjects, "topic": fitted.topic}).filter(pl.col("topic") >= 0)
    assert table.height >= 75
    assert table["topic"].n_unique() == 3
    assert table.group_by("subject").agg(pl.col("topic").n_unique())["topic"].to_list() == [1, 1, 1]


@pytest.mark.slow
def test_topics_are_described_by_the_words_of_their_subject(
    selection: Selection, fitted: FittedTopics
) -> None:
    assignments = assignments_table(selection, fitted, np.zeros((81, 2)))
    topics = topics_table(selection, fitted, assignments)
    of_patrols = assignments.filter(pl.col("passage_id") == "d.patrols-01")["topic_id"].item()
    row = topics.filter(pl.col("topic_id") == of_patrols)
    assert {"patrols", "villages"} & set(" ".join(row["terms"].item()).split())
    assert all("patrols" in passage for passage in row["representatives"].item())
    assert topics["n_passages"].sum() == assignments.filter(pl.col("topic_id") >= 0).height


@pytest.mark.slow
def test_fitting_twice_gives_the_same_answer(
    selection: Selection, fitted: FittedTopics, settings: TopicSettings
) -> None:
    again = fit_topics(selection.passages["text"].to_list(), selection.vectors, settings, seed=1)
    assert np.array_equal(again.topic, fitted.topic)
    assert np.array_equal(again.probability, fitted.probability)
    assert again.terms == fitted.terms


@pytest.mark.slow
def test_the_hierarchy_joins_all_topics_in_one(selection: Selection, fitted: FittedTopics) -> None:
    merges = hierarchy_table(topic_vectors(selection.vectors, fitted))
    assert merges["parent_id"].to_list() == [3, 4]
    assert merges["n_topics"].to_list() == [2, 3]


def test_shares_over_time_are_of_the_passages_of_that_year_and_mission() -> None:
    # given four passages of one year, three on MINUSMA, of which two in topic 0
    passages = pl.DataFrame({"passage_id": list("abcd"), "document_id": ["m", "m", "m", "n"]})
    assignments = pl.DataFrame({"passage_id": list("abcd"), "topic_id": [0, 0, -1, 0]})
    documents = pl.DataFrame(
        {
            "document_id": ["m", "n"],
            "kind": ["resolution", "resolution"],
            "year": [2014, 2014],
            "missions": [["MINUSMA"], ["MONUSCO"]],
        }
    )
    # when they are counted
    shares = over_time_table(assignments, passages, documents)
    # then the outlier is in the denominator
    found = {row["mission"]: (row["n"], row["n_passages"]) for row in shares.to_dicts()}
    assert found == {"all": (3, 4), "MINUSMA": (2, 3), "MONUSCO": (1, 1)}
    assert shares.filter(pl.col("mission") == "MINUSMA")["share"].item() == pytest.approx(
        2 / 3, abs=1e-6
    )


def test_too_few_passages_are_refused_with_a_mend(settings: TopicSettings) -> None:
    with pytest.raises(StageError, match=r"at least 20 .* add documents"):
        fit_topics(["one"] * 19, np.ones((19, 4), np.float32), settings, seed=1)


def test_a_small_corpus_gets_small_clusters(settings: TopicSettings) -> None:
    assert fitting_settings(settings, 150).min_cluster_size == 10
    assert fitting_settings(settings, 20_000) == settings


def test_a_label_does_not_say_a_word_twice() -> None:
    terms = ["armed groups", "groups", "armed", "disarmament", "militias", "militia"]
    assert topic_label(terms) == "Armed groups, disarmament, militias"
