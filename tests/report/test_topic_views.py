"""The topics on the page: how stable, where and when, how alike, and beside other models."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest


def section_of(project: Path) -> str:
    return (project / "outputs/report/topics.html").read_text(encoding="utf-8")


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def figure_of(project: Path, figure_id: str) -> str:
    html = section_of(project)
    start = html.index(f'<figure id="{figure_id}"')
    return words_of(html[start : html.index("</figure>", start)])


@pytest.fixture(scope="module")
def charts(project: Path) -> dict[str, Any]:
    script = (project / "outputs/report/data/charts-topics.js").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(script[script.index(",") + 1 : script.rindex(")")])
    return found


def test_each_topic_shows_how_much_of_it_other_runs_find_again(project: Path) -> None:
    listed = words_of(section_of(project))
    assert re.search(r"Protect, civilians, threat \d+ passages, stable 0\.90", listed)
    assert re.search(r"Host, state, authority \d+ passages, fragile 0\.40", listed)


def test_the_text_says_how_stable_the_model_is_beside_the_defaults(project: Path) -> None:
    said = words_of(section_of(project))
    assert "an adjusted Rand index of 0.72 (1 is the same, 0 chance)" in said
    assert "with one of 0.81 (BERTopic with its defaults: 0.52)" in said
    assert "1 of 3 are called stable, because" in said


def test_of_a_sample_the_text_says_how_large_it_is_and_how_well_the_rest_follows(
    project: Path,
) -> None:
    said = words_of(section_of(project))
    assert "fitted on 40,000 of its texts" in said
    assert "21,000 more joined the topic" in said
    assert "89% get the topic that they have" in said


def test_shares_by_mission_stand_with_their_intervals(project: Path) -> None:
    table = figure_of(project, "topics-missions")
    assert re.search(r"\d+% \(0\.0%–90%\)", table)
    assert "0.0% to 90%" in figure_of(project, "topics-places")


def test_every_word_of_a_topic_has_a_bar(charts: dict[str, Any]) -> None:
    first = charts["topics-terms"]["topics"][0]
    assert first["terms"] == [["protect", 0.6], ["civilians", 0.5], ["threat", 0.4]]


def test_topics_that_the_hierarchy_joins_stand_side_by_side(charts: dict[str, Any]) -> None:
    likeness = charts["topics-likeness"]
    names = [row["name"] for row in likeness["rows"]]
    patrols, protect, host = names
    assert (patrols, protect) == ("<b>Patrols</b>, foot, night", "Protect, civilians, threat")
    assert host == "Host, state, authority"
    # the cell of a pair is the same on both sides of the diagonal, which is empty
    cells = likeness["cells"]
    assert [row[at] for at, row in enumerate(cells)] == [None, None, None]
    assert cells[1][2][0] == cells[2][1][0] == 0.8


def test_the_article_alone_stands_beside_the_whole_corpus(
    project: Path, charts: dict[str, Any]
) -> None:
    chart = charts["topics-article"]
    assert [row["name"] for row in chart["rows"]] == ["Protect, civilians, threat"]
    assert chart["columns"][-1]["name"] == "No topic"
    assert sum(cell[0] for cell in chart["cells"][0]) == pytest.approx(1)
    assert "Alone it gives 1 topic, 1 of them stable" in figure_of(project, "topics-article")


def test_a_model_without_a_measure_has_no_mark_for_it(charts: dict[str, Any]) -> None:
    rows = {row["name"]: row["marks"] for row in charts["topics-models"]["rows"]}
    assert [mark["value"] for mark in rows["Coherence of words (NPMI)"]] == [0.21, -0.05]
    assert [mark["value"] for mark in rows["Different words"]] == [0.8, None]


def test_without_topics_every_figure_says_why(bare_project: Path) -> None:
    html = section_of(bare_project)
    assert html.count('class="absent"') == html.count("<figure")
