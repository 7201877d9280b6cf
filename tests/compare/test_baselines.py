"""Baselines, definitions, curves, labels and speaker_groups: each on a case worked by hand."""

import numpy as np
import polars as pl
import pytest

from pipeline.compare.gap.measuring import speaker_table
from pipeline.compare.material import code_group_labels
from pipeline.compare.structure.agreement import merged_topics
from pipeline.compare.structure.alignment import label_passages, primary_themes
from pipeline.compare.structure.baselines import (
    groups_by_text,
    kmeans_groups,
    nearest_definitions,
    nmf_groups,
    semantic_table,
)
from pipeline.run.settings import CompareSettings

THEME_IDS = ("a", "b", "c")


def test_the_primary_theme_is_the_one_of_most_units_then_the_rarer_then_the_first() -> None:
    labels = pl.DataFrame(
        [
            ("most", "a", 1.0), ("most", "b", 2.0),
            ("rarer", "a", 1.0), ("rarer", "c", 1.0),
            ("first", "b", 1.0), ("first", "c", 1.0),
            ("only", "b", 1.0),
        ],
        schema=["passage_id", "theme_id", "weight"], orient="row",
    )  # fmt: skip

    assert dict(primary_themes(labels, THEME_IDS).rows()) == {
        "first": "c",
        "most": "b",  # although b stands in three passages and a in two
        "only": "b",
        "rarer": "a",  # a and c stand in two passages each: the first of the codebook
    }
    once_more = pl.concat([labels, labels.head(1).with_columns(passage_id=pl.lit("more"))])
    assert dict(primary_themes(once_more, THEME_IDS).rows())["rarer"] == "c"


def test_passages_without_theme_or_topic_are_counted_not_lost() -> None:
    placed = pl.DataFrame(
        {
            "passage_id": ["p1", "p2", "p3"],
            "group": [4, None, -1],
            "cluster": ["x", "x", "y"],
            "stratum": ["s", "s", "s"],
        }
    )
    labels = pl.DataFrame(
        {"passage_id": ["p1", "p2"], "theme_id": ["a", "b"], "weight": [1.0, 1.0]}
    )

    found = label_passages(placed, labels, THEME_IDS, passages="article", reference="codes")

    assert found.passage_ids == ("p1", "p3")
    assert found.themed().passage_ids == ("p1",)
    assert found.without_outliers().passage_ids == ("p1",)


def test_near_duplicates_add_the_units_of_their_themes() -> None:
    labels = pl.DataFrame(
        {"passage_id": ["p", "p", "p"], "theme_id": ["a", "b", "c"], "weight": [1.0, 2.0, 1.0]}
    )

    near_duplicates = code_group_labels(labels, {"a": "first", "b": "first", "c": "second"})

    assert near_duplicates.sort("theme_id")["weight"].to_list() == [3.0, 1.0]


def test_k_means_finds_two_clouds_and_the_same_twice() -> None:
    random = np.random.default_rng(0)
    vectors = np.concatenate([random.normal(0, 0.1, (20, 3)), random.normal(5, 0.1, (20, 3))])

    groups = kmeans_groups(vectors, 2, seed=1)

    assert len(set(groups[:20])) == len(set(groups[20:])) == 1
    assert groups[0] != groups[20]
    assert (groups == kmeans_groups(vectors, 2, seed=1)).all()


def test_factorisation_separates_vocabularies_and_leaves_out_what_has_none() -> None:
    patrols = [f"patrols convoys escorts armed village {word}" for word in ("north", "south")] * 5
    courts = [f"courts judges prosecutors trials justice {word}" for word in ("old", "new")] * 5

    groups = nmf_groups([*patrols, *courts, "zzz"], 2, seed=1)

    assert len(set(groups[:10])) == len(set(groups[10:20])) == 1
    assert groups[0] != groups[10]
    assert groups[20] == -1


def test_repeats_of_a_text_have_its_group() -> None:
    passages = pl.DataFrame({"passage_id": ["p2", "p1", "p3"], "text": ["x", "y", "x"]})

    # different texts in the order of their first passage: p1 (y), p2 (x)
    assert groups_by_text(passages, np.array([7, 8])) == {"p1": 7, "p2": 8, "p3": 8}


def test_the_nearest_definition_is_found_although_all_share_a_tone() -> None:
    tone = np.array([0.0, 0.0, 0.9])
    definitions = np.array([[0.4, 0, 0], [0, 0.4, 0]]) + tone
    passages = np.array([[0.9, 0.1, 0], [0.1, 0.9, 0], [0.8, 0.0, 0]])

    assert nearest_definitions(passages, definitions).tolist() == [0, 1, 0]


def test_topics_rank_definitions_by_what_sets_them_apart() -> None:
    vectors = np.array([[1.0, 0, 0], [0, 1.0, 0], [0, 0.6, 0.8]])
    table = semantic_table([0, 1], np.array([0, 1, -1]), vectors, ("a", "b"), np.eye(3)[:2])

    assert table.filter(pl.col("rank") == 1).select("topic_id", "theme_id").rows() == [
        (0, "a"),
        (1, "b"),
    ]
    assert table["similarity"].to_list() == [1.0, 0.0, 1.0, 0.0]


def test_topics_merge_along_the_hierarchy() -> None:
    merges = pl.DataFrame({"parent_id": [3, 4], "left_id": [0, 1], "right_id": [2, 3]})

    steps = [step.tolist() for step in merged_topics(np.array([0, 1, 2, -1]), merges)]

    assert steps == [[0, 1, 2, -1], [3, 1, 3, -1], [4, 4, 4, -1]]


def test_speaker_groups_worked_by_hand(settings: CompareSettings) -> None:
    """Of three military passages two are on a; of two others (one NGO, one police) none is."""
    spoken = pl.DataFrame(
        {
            "passage_id": ["p1", "p2", "p3", "p4", "p5"],
            "cluster": ["1", "2", "3", "4", "5"],
            "speaker_groups": [
                ["military"],
                ["military", "ngo"],
                ["military"],
                ["ngo"],
                ["police"],
            ],
        }
    )
    labels = pl.DataFrame({"passage_id": ["p1", "p3"], "label": ["a", "a"]})

    groups = ("military", "ngo", "police")
    rows = speaker_table(groups, spoken, labels, "themes", {"military": 4}, settings)

    military = rows.row(0, named=True)
    assert (military["n"], military["n_speaker_group"], military["n_notes"]) == (2, 3, 4)
    assert military["share"] == pytest.approx(2 / 3, abs=1e-6)
    assert military["share_others"] == 0
    assert military["low"] < 0.3  # three passages bear little
    assert rows["speaker_group"].to_list() == ["military", "ngo", "police"]
    assert (rows["q_value"] > 0.5).all()
