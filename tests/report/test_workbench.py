"""The workbench of topics in a real browser: choosing, filtering, joining, naming, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs

import pytest

from pipeline.run.arrays import wilson_share
from pipeline.topics.finding import load_labels
from tests.browser import Visit, scroll_through, violations, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROWS = "#topic-list label"
NAMES = f"{ROWS} .name"


def begin(browser: Any, project: Path, place: str = "topics", **context: Any) -> Visit:
    one = Visit(browser, project, place, **context)
    one.page.wait_for_selector("#map[data-drawn=yes]")
    return one


@pytest.fixture
def bench(browser: Any, project: Path) -> Iterator[Visit]:
    one = begin(browser, project, viewport={"width": 1440, "height": 900})
    yield one
    assert one.errors == []
    assert one.outside == []
    one.context.close()


def choose(bench: Visit, topic: int) -> str:
    """What stands beside the map once a topic is chosen."""
    bench.page.locator(f"#topic-list input[value='{topic}']").check(force=True)
    bench.page.wait_for_selector(f"#topics-places[data-topic='{topic}']")
    return " ".join(bench.page.inner_text("#topics-places").split())


def said(bench: Visit, text: str) -> None:
    wait_until(
        bench.page,
        "text => document.getElementById('bench-said').textContent.startsWith(text)",
        arg=text,
    )


def test_map_list_and_detail_stand_on_one_screen(bench: Visit) -> None:
    scroll_through(bench)  # a chart above it that is drawn later would move it
    bench.page.evaluate("document.getElementById('topic-map').scrollIntoView()")
    box = bench.page.locator(".bench").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 900
    for part in ("#topic-list", "#map", "#topics-places"):
        assert bench.page.locator(part).is_visible()


def test_a_chosen_topic_shows_all_that_is_known_of_it(bench: Visit) -> None:
    shown = choose(bench, 0)
    assert shown.startswith("Protect, civilians, threat")
    assert "3 different texts" in shown
    assert "Stable. Other runs of the machine find 0.90 of it again" in shown
    assert "protect 0.60 civilians 0.50 threat 0.40" in shown
    assert re.search(r"Over the years .* Highest: 20\d\d, \d+%", shown)
    assert re.search(r"By mission .* MIN\w+ \d+%", shown)
    assert "S/RES/9001 (2014), paragraph" in shown or "Title of gilder-2026" in shown


def test_the_intervals_of_its_years_are_those_of_wilson(bench: Visit) -> None:
    choose(bench, 0)
    note = str(bench.page.locator(".course li").first.get_attribute("title"))
    n, of = map(int, re.findall(r"(\d+) of (\d+) passages", note)[0])
    share = wilson_share(n / of, of, 0.95)
    assert share.low is not None
    assert share.high is not None
    assert f"({100 * share.low:.0f}% to {100 * share.high:.0f}%)" in note


def test_its_passages_are_one_choice_away(bench: Visit) -> None:
    choose(bench, 1)
    bench.page.get_by_role("link", name="Read all").click()
    bench.said("")
    assert "of topic “Host, state, authority”" in bench.page.inner_text("#explorer-said")


def test_filters_leave_the_passages_that_match_and_the_list_counts_them(bench: Visit) -> None:
    said(bench, "157 of 157 passages, in 3 topics")
    bench.page.select_option("#bench-filters [name=kind]", "resolution")
    said(bench, "60 of 157")
    bench.page.select_option("#bench-filters [name=mission]", "MINUSMA")
    said(bench, "30 of 157")
    counts = bench.page.locator(f"{ROWS} .number").all_inner_texts()
    assert sum(int(each.split()[0]) for each in counts[1:]) == 30
    bench.page.fill("#bench-filters [name=q]", '"robust posture"')
    said(bench, "5 of 157")
    bench.page.click("#bench-clear")
    said(bench, "157 of 157")


def test_the_course_of_a_topic_follows_the_filters(bench: Visit) -> None:
    choose(bench, 0)
    assert bench.page.locator(".course li").count() == 3
    bench.page.select_option("#bench-filters [name=mission]", "MINUSMA")
    wait_until(bench.page, "document.querySelectorAll('.course li').length === 1")
    assert "that match the filters" in bench.page.inner_text("#bench-topic")


def test_topics_join_and_part_along_the_hierarchy(bench: Visit) -> None:
    # given three topics, of which the hierarchy joins 0 and 1 first
    assert "Host, state, authority" in bench.page.locator(NAMES).all_inner_texts()
    choose(bench, 1)
    # when only two groups are left
    bench.page.locator("#bench-groups").focus()
    bench.page.keyboard.press("ArrowLeft")
    wait_until(bench.page, "document.getElementById('bench-n').textContent === '2'")
    # then the chosen one is part of a group that has the name of its largest topic
    names = bench.page.locator(NAMES).all_inner_texts()
    joined = [each for each in names if each.endswith("+ 1 more")]
    assert len(joined) == 1
    wait_until(
        bench.page, "document.getElementById('bench-title').textContent.endsWith('+ 1 more')"
    )
    assert not bench.page.locator("#bench-naming").is_visible()
    # and back again
    bench.page.keyboard.press("ArrowRight")
    wait_until(
        bench.page,
        "document.getElementById('bench-title').textContent === 'Host, state, authority'",
    )


@pytest.mark.parametrize(
    "name", ["Host states", "Who guards: the guards #1", "no", "“Ça” & 'co'", '- "a"\\b']
)
def test_a_name_becomes_a_line_for_the_file_of_labels(
    bench: Visit, tmp_path: Path, name: str
) -> None:
    choose(bench, 1)
    bench.page.fill("#bench-name", name)
    assert name in bench.page.locator(NAMES).all_inner_texts()
    lines = bench.page.input_value("#bench-lines textarea")
    (tmp_path / "labels.yaml").write_text(lines, encoding="utf-8")
    assert load_labels(tmp_path / "labels.yaml") == {"Host, state, authority": name}
    # and it is still there when the reader comes back from the passages
    bench.page.reload(wait_until="commit")
    bench.page.wait_for_selector("#map[data-drawn=yes]")
    assert name in bench.page.locator(NAMES).all_inner_texts()


def test_the_list_is_walked_by_arrow_keys(bench: Visit) -> None:
    bench.page.locator("#topic-list input").first.focus()
    bench.page.keyboard.press("ArrowDown")
    bench.page.wait_for_selector("#topics-places[data-topic]:not([data-topic=''])")
    first = bench.page.inner_text("#bench-title")
    bench.page.keyboard.press("ArrowDown")
    wait_until(
        bench.page,
        "first => document.getElementById('bench-title').textContent !== first",
        arg=first,
    )
    assert bench.page.evaluate("document.activeElement.name") == "topic"


def test_a_dot_says_its_topic_and_shows_its_passage(bench: Visit) -> None:
    canvas = bench.page.locator("#map canvas")
    box = canvas.bounding_box()
    assert box is not None
    for x in range(40, int(box["width"]), 12):
        canvas.hover(position={"x": x, "y": box["height"] / 2})
        # the page hears of the pointer with its next frame
        bench.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        if bench.page.locator("#map .tip").is_visible():
            break
    bench.page.mouse.down()
    bench.page.mouse.up()
    wait_until(
        bench.page,
        "document.getElementById('bench-topic').textContent.includes('The dot that you chose')",
    )
    assert bench.page.locator("#topic-list input:checked").get_attribute("value") != ""


def test_an_address_opens_the_workbench_as_it_was(browser: Any, project: Path) -> None:
    one = begin(browser, project, "topics#topic-map?topic=1&mission=MINUSCA")
    one.page.wait_for_selector("#topics-places[data-topic='1']")
    assert one.page.input_value("#bench-filters [name=mission]") == "MINUSCA"
    one.page.select_option("#bench-filters [name=mission]", "MINUSMA")
    wait_until(one.page, "location.hash.includes('MINUSMA')")
    assert parse_qs(one.hash.partition("?")[2]) == {"mission": ["MINUSMA"], "topic": ["1"]}
    assert one.errors == []
    one.context.close()


def test_text_of_a_document_or_a_label_stays_text(bench: Visit) -> None:
    choose(bench, 2)
    assert bench.page.inner_text("#bench-title") == "<b>Patrols</b>, foot, night"
    bench.page.fill("#bench-name", "<img src=x onerror=\"document.title='run'\">")
    assert bench.page.locator("#topic-map img, #topic-map b").count() == 0
    assert bench.page.title() != "run"


@pytest.mark.parametrize("kind", ["PNG", "CSV"])
def test_the_map_is_taken_away_as(bench: Visit, kind: str) -> None:
    with bench.page.expect_download() as download:
        bench.page.locator("#topic-map .take").get_by_text(kind, exact=True).click()
    content = Path(download.value.path()).read_bytes()
    if kind == "PNG":
        assert content.startswith(b"\x89PNG")
    else:
        lines = content.decode("utf-8-sig").splitlines()
        assert lines[0] == "Passage,x,y,Topic,Label"
        assert len(lines) == 1 + 157


@pytest.mark.parametrize(("width", "colours"), [(1440, "light"), (1440, "dark"), (390, "light")])
def test_axe_finds_nothing_in_the_workbench(
    browser: Any, project: Path, width: int, colours: Literal["light", "dark"]
) -> None:
    one = begin(browser, project, viewport={"width": width, "height": 900}, color_scheme=colours)
    scroll_through(one)
    choose(one, 0)
    one.page.fill("#bench-name", "Civilians")
    assert violations(one) == []
    assert one.page.evaluate("document.documentElement.scrollWidth") <= width
    one.context.close()


def test_without_topics_the_workbench_says_why(browser: Any, bare_project: Path) -> None:
    one = Visit(browser, bare_project, "topics")
    assert "Not computed in this run" in one.page.inner_text("#topic-map")
    assert one.errors == []
    one.context.close()
