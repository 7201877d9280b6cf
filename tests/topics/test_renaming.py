"""A person's labels follow their passages, and mistakes are told in a line."""

from pathlib import Path

import polars as pl
import pytest

from pipeline.run.errors import InputError
from pipeline.topics.finding import check_labels, load_labels, renamed


def labels_given(entries: dict[str, str], topic_of: dict[str, int]) -> tuple[list[str], list[str]]:
    """Labels of the topics “Voters” and “Patrols”, numbered 0 and 1, and remarks."""
    made = ["Voters", "Patrols"]
    topics = pl.DataFrame({"topic_id": [0, 1], "label": made, "made_label": made})
    schema = {"passage_id": pl.String, "topic_id": pl.Int64}
    assignments = pl.DataFrame(list(topic_of.items()), schema, orient="row")
    given, remarks = renamed(topics, assignments, entries)
    assert given["made_label"].to_list() == made
    return given["label"].to_list(), remarks


def test_a_label_goes_to_the_topic_that_now_holds_its_passage() -> None:
    entries = {"d.a": "Elections"}
    assert labels_given(entries, {"d.a": 0}) == (["Elections", "Patrols"], [])
    assert labels_given(entries, {"d.a": 1}) == (["Voters", "Elections"], [])


@pytest.mark.parametrize(("topics", "why"), [({}, "not in the corpus"), ({"d.a": -1}, "outlier")])
def test_a_label_without_a_topic_is_told_and_not_used(topics: dict[str, int], why: str) -> None:
    labels, remarks = labels_given({"d.a": "Elections"}, topics)
    assert labels == ["Voters", "Patrols"]
    assert why in remarks[0]


def test_two_labels_for_one_topic_are_refused() -> None:
    with pytest.raises(InputError, match="already called “Elections”"):
        labels_given({"d.a": "Elections", "d.b": "Votes"}, {"d.a": 1, "d.b": 1})


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
