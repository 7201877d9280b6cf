"""The topics on the page: how stable, where and when, how alike, and beside other models."""

from __future__ import annotations

import html as html_module
import json
import re
from collections.abc import Callable
from contextlib import chdir
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from pipeline.run.tables.compare import ALIGNMENT, EXPLANATION
from tests.report.conftest import build_project, write_rows


def section_of(project: Path) -> str:
    html = (project / "outputs/report/topics.html").read_text(encoding="utf-8")
    return html[html.index('id="topics"') :]


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def figure_of(project: Path, figure_id: str) -> str:
    html = section_of(project)
    start = html.index(f'<figure id="{figure_id}"')
    return words_of(html[start : html.index("</figure>", start)])


@pytest.fixture(scope="module")
def charts(project: Path) -> dict[str, Any]:
    found: dict[str, Any] = registered(project, "charts-topics")
    return found


def test_each_topic_shows_how_much_of_it_other_runs_find_again(project: Path) -> None:
    listed = figure_of(project, "topics-terms")
    assert re.search(r"Protect, civilians, threat \d+ 3 stable 0\.90", listed)
    assert re.search(r"Host, state, authority \d+ 3 fragile 0\.40", listed)


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


def registered(project: Path, name: str) -> Any:
    script = (project / f"outputs/report/data/{name}.js").read_text(encoding="utf-8")
    return json.loads(script[script.index(",") + 1 : script.rindex(")")])


def test_every_word_of_a_topic_stands_with_its_weight(project: Path) -> None:
    first = registered(project, "topics")["topics"][0]
    assert [first["id"], first["name"]] == [0, "Protect, civilians, threat"]
    assert first["terms"] == [["protect", 0.6], ["civilians", 0.5], ["threat", 0.4]]
    assert "protect 0.60, civilians 0.50, threat 0.40" in figure_of(project, "topics-terms")


def test_topics_are_joined_in_the_order_of_the_hierarchy(project: Path) -> None:
    assert registered(project, "topics")["merges"] == [[0, 1], [2, 3]]
    steps = figure_of(project, "topics-hierarchy")
    assert "2 <b>Patrols</b>, foot, night the group of step 1 0.500 3" in html_module.unescape(
        steps
    )


def test_the_map_has_a_place_for_every_passage_that_was_clustered(project: Path) -> None:
    drawn, index = registered(project, "map"), registered(project, "index")
    places = list(accumulate(drawn["place"]))
    assert places == [place for place, topic in enumerate(index["topic"]) if topic > -2]
    assert len(drawn["x"]) == len(drawn["y"]) == len(places)
    # x of the small project grows with its topic: so it does on the map
    by_topic = [
        [x for x, place in zip(drawn["x"], places, strict=True) if index["topic"][place] == topic]
        for topic in (-1, 2)
    ]
    assert max(by_topic[0]) < min(by_topic[1])
    assert min(drawn["x"]) == 0
    assert max(drawn["x"]) == 4000


def test_counts_of_topics_and_themes_add_up_to_those_of_the_comparison(
    tmp_path: Path, rebuild: Callable[[Path], None]
) -> None:
    # given an alignment of which a topic without any theme has passages too
    folder = build_project(tmp_path / "aligned")
    pair = {"passages": "un", "reference": "codes"}
    row = {"n": 3, "n_topic": 5, "n_theme": 7, "n_passages": 40, "jaccard": 0.3, "lift": 3.4}
    row |= {"p_value": 0.001, "q_value": 0.01, "one_to_one": True, "many_to_one": True}
    rows = [pair | row | {"topic_id": topic, "theme_id": "host_state"} for topic in (-1, 1)]
    explained = [
        pair
        | {
            "topic_id": topic,
            "label": "",
            "n_topic": n,
            "theme_id": None,
            "jaccard": None,
            "explained": False,
            "reason": "few",
            "passage_ids": [],
        }
        for topic, n in ((0, 4), (1, 5))
    ]
    with chdir(folder):
        write_rows(ALIGNMENT, rows)
        write_rows(EXPLANATION, explained)
    rebuild(folder)
    # then the workbench counts what the comparison counts, outliers left out
    topics = registered(folder, "topics")
    (counted,) = topics["counted"]
    number = [theme for theme, _ in topics["themes"]].index("host_state")
    assert counted["cells"] == [[1, number, 3, 1]]
    assert counted["of_topic"] == {"0": 4, "1": 5}
    assert counted["of_theme"] == {str(number): 7}
    assert (counted["n"], counted["by"], counted["filters"]) == (40, "code", {"kind": "un"})


def cells_of(chart: dict[str, Any]) -> dict[tuple[str, str], float]:
    data = [row for rows in chart["datasets"].values() for row in rows]
    return {(row["row"], row["column"]): row["value"] for row in data if "column" in row}


def test_topics_that_the_hierarchy_joins_stand_side_by_side(charts: dict[str, Any]) -> None:
    cells = cells_of(charts["topics-likeness"])
    patrols, protect, host = dict.fromkeys(row for row, _ in cells)
    assert (patrols, protect) == ("1 <b>Patrols</b>, foot, night", "2 Protect, civilians, threat")
    assert host == "3 Host, state, authority"
    # columns have the numbers of the rows; the cell of a pair is the same on both sides of the
    # diagonal, which is empty
    assert [cell for cell in cells if cell[0].startswith(f"{cell[1]} ")] == []
    assert cells[protect, "3"] == cells[host, "2"] == 0.8


def test_the_article_alone_stands_beside_the_whole_corpus(
    project: Path, charts: dict[str, Any]
) -> None:
    cells = cells_of(charts["topics-article"])
    assert {row for row, _ in cells} == {"Protect, civilians, threat"}
    assert '"No topic"' in json.dumps(charts["topics-article"]["wide"])
    assert sum(cells.values()) == pytest.approx(1)
    assert "Alone it gives 1 topic, 1 of them stable" in figure_of(project, "topics-article")


def test_a_model_without_a_measure_has_no_mark_for_it(charts: dict[str, Any]) -> None:
    found: dict[str, list[float]] = {}
    for row in (row for rows in charts["topics-models"]["datasets"].values() for row in rows):
        if "value" in row:
            found.setdefault(row["row"], []).append(row["value"])
    assert found["Coherence of words (NPMI)"] == [0.21, -0.05]
    assert found["Different words"] == [0.8]


def test_without_topics_every_figure_says_why(bare_project: Path) -> None:
    html = section_of(bare_project)
    assert html.count('class="absent"') == html.count("<figure")
