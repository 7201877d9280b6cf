"""A person's labels follow their passages, and mistakes are told in a line."""

from pathlib import Path

import polars as pl
import pytest

from pipeline.run.errors import InputError
from pipeline.topics.finding import check_labels, load_labels, rename, renamed


def test_a_label_goes_to_the_topic_that_now_holds_its_passage() -> None:
    entries = {"d.a": "Elections"}
    assert rename(entries, {"d.a": 3}).labels == {3: "Elections"}
    assert rename(entries, {"d.a": 5}).labels == {5: "Elections"}


def test_topics_without_a_label_of_a_person_keep_the_one_that_was_made() -> None:
    made = ["Voters", "Patrols"]
    topics = pl.DataFrame({"topic_id": [0, 1], "label": made, "made_label": made})
    assignments = pl.DataFrame({"passage_id": ["d.a", "d.b"], "topic_id": [0, -1]})
    given, remarks = renamed(topics, assignments, {"d.a": "Elections", "d.b": "Nothing"})
    assert given["label"].to_list() == ["Elections", "Patrols"]
    assert given["made_label"].to_list() == made
    assert [("outlier" in remark) for remark in remarks] == [True]


@pytest.mark.parametrize(("topics", "why"), [({}, "not in the corpus"), ({"d.a": -1}, "outlier")])
def test_a_label_without_a_topic_is_told_and_not_used(topics: dict[str, int], why: str) -> None:
    renaming = rename({"d.a": "Elections"}, topics)
    assert renaming.labels == {}
    assert why in renaming.remarks[0]


def test_two_labels_for_one_topic_are_refused() -> None:
    with pytest.raises(InputError, match="already called “Elections”"):
        rename({"d.a": "Elections", "d.b": "Votes"}, {"d.a": 1, "d.b": 1})


@pytest.mark.parametrize("content", [["Elections"], {"d.a": ""}, {"d.a": 3}, "Elections"])
def test_what_is_no_label_is_refused(content: object) -> None:
    with pytest.raises(InputError, match=r"topic_labels\.yaml"):
        check_labels(content)


def test_no_file_and_an_empty_file_mean_no_labels(tmp_path: Path) -> None:
    assert load_labels(tmp_path / "none.yaml") == {}
    (tmp_path / "empty.yaml").write_text("# nothing yet\n")
    assert load_labels(tmp_path / "empty.yaml") == {}


def test_broken_yaml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("a: b: c\n")
    with pytest.raises(InputError, match="is not YAML"):
        load_labels(tmp_path / "broken.yaml")
