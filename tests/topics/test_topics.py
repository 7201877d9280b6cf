"""Topics find what was planted, say so when they cannot, and give the same answer twice."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.run.errors import StageError
from pipeline.run.settings import TopicSettings, load_settings
from pipeline.topics.description import (
    shares_table,
    similarity_table,
)
from pipeline.topics.fitting import (
    fitting_settings,
    numbers_of_topics,
    one_beside,
    project_map,
    remembered,
)
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


def near_duplicates_of(passages: pl.DataFrame, **first_of: str) -> pl.DataFrame:
    """Every passage in a group with passages of the same text, or in that of the one named."""
    named = pl.col("passage_id").is_in(list(first_of))
    return passages.select(
        "passage_id",
        near_duplicate_group=pl.when(named)
        .then(pl.col("passage_id").replace(first_of))
        .otherwise(pl.col("passage_id").min().over("text")),
    )


@pytest.fixture(scope="module")
def selection(planted: tuple[pl.DataFrame, np.ndarray], settings: TopicSettings) -> Selection:
    passages, vectors = planted
    return select_passages(passages, near_duplicates_of(passages), vectors, settings)


def test_what_is_left_out_is_counted_by_reason(selection: Selection) -> None:
    assert selection.left_out == {"procedural": 9}
    assert selection.passages.height == 81


def test_a_repeated_text_is_fitted_once_and_assigned_each_time(
    planted: tuple[pl.DataFrame, np.ndarray], settings: TopicSettings
) -> None:
    # given a corpus in which a passage is there twice
    passages, vectors = planted
    twice = pl.concat([passages, passages[1:2].with_columns(passage_id=pl.lit("z.again"))])
    # when passages are selected
    selection = select_passages(
        twice, near_duplicates_of(twice), np.vstack([vectors, vectors[1]]), settings
    )
    # then it is fitted once, and both are members of the same text
    assert selection.passages.height == 81
    keys = dict(selection.members.iter_rows())
    assert keys["z.again"] == keys["d.patrols-01"]


def test_the_order_of_the_corpus_does_not_matter(
    planted: tuple[pl.DataFrame, np.ndarray], settings: TopicSettings, selection: Selection
) -> None:
    passages, vectors = planted
    turned = select_passages(
        passages.reverse(), near_duplicates_of(passages), vectors[::-1].copy(), settings
    )
    assert turned.passages.equals(selection.passages)
    assert np.array_equal(turned.vectors, selection.vectors)


def with_near_duplicate(
    planted: tuple[pl.DataFrame, np.ndarray], copy_id: str, of_id: str
) -> tuple[pl.DataFrame, pl.DataFrame, np.ndarray]:
    """The planted passages and one more, in the group of one of them; near_duplicates; vectors."""
    passages, vectors = planted
    copy = passages[1:2].with_columns(passage_id=pl.lit(copy_id), text=pl.lit("Nearly the same"))
    both = pl.concat([passages, copy])
    return both, near_duplicates_of(both, **{copy_id: of_id}), np.vstack([vectors, vectors[1]])


def test_the_earliest_of_a_group_stands_for_its_near_duplicate(
    planted: tuple[pl.DataFrame, np.ndarray], settings: TopicSettings
) -> None:
    # given a near-duplicate of a passage, whose id comes before that of the passage
    selection = select_passages(*with_near_duplicate(planted, "a.near", "d.patrols-01"), settings)
    # then the earliest is fitted, and the copy has its text
    assert "a.near" not in selection.passages["passage_id"]
    assert selection.passages.height == 81
    keys = dict(selection.members.iter_rows())
    assert keys["a.near"] == keys["d.patrols-01"]


def test_a_copy_stands_for_a_group_whose_earliest_is_left_out(
    planted: tuple[pl.DataFrame, np.ndarray], settings: TopicSettings
) -> None:
    # given a near-duplicate of a passage that is procedure
    selection = select_passages(*with_near_duplicate(planted, "z.near", "d.patrols-00"), settings)
    assert "z.near" in selection.passages["passage_id"]


def test_near_duplicates_of_another_run_are_refused(
    planted: tuple[pl.DataFrame, np.ndarray], settings: TopicSettings
) -> None:
    passages, vectors = planted
    with pytest.raises(StageError, match="dvc repro segment"):
        select_passages(passages, near_duplicates_of(passages[:50]), vectors, settings)


def test_passages_all_alike_are_refused_with_a_fix(
    planted: tuple[pl.DataFrame, np.ndarray], settings: TopicSettings
) -> None:
    passages, vectors = planted
    alike = passages.select("passage_id", near_duplicate_group=pl.lit("d.patrols-00"))
    with pytest.raises(StageError, match=r"all 81 passages say the same.*segment\.near_duplicate"):
        select_passages(passages, alike, vectors, settings)


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
    shares = shares_table(assignments, passages, documents, ["year", "mission"])
    # then the outlier is in the denominator
    found = {row["mission"]: (row["n"], row["n_passages"]) for row in shares.to_dicts()}
    assert found == {"all": (3, 4), "MINUSMA": (2, 3), "MONUSCO": (1, 1)}
    assert shares.filter(pl.col("mission") == "MINUSMA")["share"].item() == pytest.approx(
        2 / 3, abs=1e-6
    )


def test_wilson_intervals_by_hand() -> None:
    # given 2 of 4: Wilson's centre is .5 and its half width 1.96 * sqrt(.0625 + .0600) / 1.9604
    shares = shares_table(
        pl.DataFrame({"passage_id": list("abcd"), "topic_id": [0, 0, -1, -1]}),
        pl.DataFrame({"passage_id": list("abcd"), "document_id": ["m"] * 4}),
        pl.DataFrame(
            {"document_id": ["m"], "kind": ["report"], "year": [None], "missions": [["M"]]}
        ),
        ["mission"],
    )
    row = shares.filter(pl.col("mission") == "M").to_dicts()[0]
    assert (row["low"], row["high"]) == pytest.approx((0.1500, 0.8500), abs=1e-3)


def test_likeness_is_counted_from_what_all_topics_share() -> None:
    # given three topics that share a direction and have one more each, two of them the same
    means = np.array([[0.8, 0.6, 0], [0.8, 0.6, 0], [0.8, 0, 0.6]])
    # then the two are the same, and the third is their opposite, though its plain cosine is .64
    pairs = {(one, other): value for one, other, value in similarity_table(means).iter_rows()}
    assert pairs == {(0, 1): 1, (0, 2): -1, (1, 2): -1}


def test_too_few_passages_are_refused_with_a_fix(
    planted: tuple[pl.DataFrame, np.ndarray], settings: TopicSettings
) -> None:
    passages, vectors = planted[0][1:20], planted[1][1:20]  # one of them is procedure
    with pytest.raises(StageError, match=r"at least 20 .* there are 18; add documents"):
        select_passages(passages, near_duplicates_of(passages), vectors, settings)


def test_a_small_corpus_gets_fewer_topics(settings: TopicSettings) -> None:
    small = fitting_settings(settings, 150, 384)
    assert (small.n_groups, small.n_topics, small.n_components) == (12, 12, 50)
    assert fitting_settings(settings, 20_000, 384) == settings
    assert fitting_settings(settings, 60, 16).n_components == 16


def test_a_number_of_topics_that_was_left_open_stays_open(settings: TopicSettings) -> None:
    asked = settings.model_copy(update={"n_topics": "auto"})
    assert fitting_settings(asked, 150, 384).n_topics == "auto"
    assert numbers_of_topics(fitting_settings(asked, 150, 384)) == list(range(9, 16))
    assert numbers_of_topics(asked) == list(range(30, 51))
    assert numbers_of_topics(settings) == [settings.n_topics]


def test_an_array_is_made_once_and_again_when_anything_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEACETEXT_CACHE", str(tmp_path))
    made: list[int] = []

    def make(seeds: list[int]) -> list[np.ndarray]:
        made.extend(seeds)
        return [np.full((2, 3), seed) for seed in seeds]

    vectors = np.eye(4, dtype=np.float32)
    assert [one.sum() for one in remembered("map", [vectors], [1, 2], make)] == [6, 12]
    assert [one.sum() for one in remembered("map", [vectors], [2, 3, 1], make)] == [12, 18, 6]
    assert made == [1, 2, 3]
    remembered("other", [vectors], [1], make)
    remembered("map", [vectors[:3]], [1], make)
    assert made == [1, 2, 3, 1, 1]


def test_a_text_that_was_not_drawn_lies_amid_its_nearest_on_the_map(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given two heaps of vectors, of which two in three are drawn
    monkeypatch.setenv("PEACETEXT_CACHE", str(tmp_path))
    random = np.random.default_rng(4)
    vectors = np.repeat(np.eye(8)[:2], 60, axis=0) + random.normal(scale=0.05, size=(120, 8))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    rows = np.flatnonzero(np.arange(120) % 3)
    places = project_map(vectors, 1, rows)
    # then the others lie in the heap of their own
    means = np.array([places[rows[rows < 60]].mean(axis=0), places[rows[rows >= 60]].mean(axis=0)])
    others = np.setdiff1d(np.arange(120), rows)
    far = np.linalg.norm(places[others][:, None] - means, axis=2)
    assert far.argmin(axis=1).tolist() == (others >= 60).astype(int).tolist()


def test_a_process_beside_the_fits_has_one_thread_and_few_texts_need_none() -> None:
    with one_beside(n_texts=100) as few, one_beside(n_texts=10_000) as many:
        assert few.submit(os.getpid).result() == os.getpid()
        assert many.submit(os.getpid).result() != os.getpid()
        assert many.submit(os.getenv, "OMP_NUM_THREADS").result() == "1"
    with pytest.raises(ZeroDivisionError), one_beside(n_texts=10_000) as many:
        many.submit(divmod, 1, 0).result()
