"""The page in a real browser, opened from disk."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.browser import Visit, scroll_through
from tests.report.large_index import write_large_index

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_page_opens_without_an_error_or_a_request(visit: Visit) -> None:
    scroll_through(visit)
    visit.page.wait_for_selector("#map[data-drawn=yes]")
    visit.go("#passages")
    visit.page.wait_for_selector(".passage")
    assert visit.errors == []
    assert visit.outside == []


def test_a_page_with_hardly_any_table_opens_too(browser: Any, bare_project: Path) -> None:
    one = Visit(browser, bare_project)
    scroll_through(one)
    one.go("#passages?kind=report")
    one.said("7 passages")
    assert one.errors == []
    one.context.close()


def test_every_chart_is_drawn_and_has_a_table(visit: Visit) -> None:
    scroll_through(visit)
    visit.page.wait_for_function(
        "[...document.querySelectorAll('[data-chart]')].every(host => host.querySelector('svg'))"
    )
    without = visit.page.evaluate(
        "[...document.querySelectorAll('[data-chart]')].filter("
        "host => !host.closest('figure').querySelector('table')).length"
    )
    assert without == 0


def test_words_are_searched_and_marked(visit: Visit) -> None:
    visit.go("#passages")
    visit.page.fill("[name=q]", '"robust posture" proactive')
    visit.said("16 passages with the words")
    assert visit.page.inner_text(".passage mark >> nth=0").lower() in (
        "proactive",
        "robust posture",
    )
    assert "q=" in visit.page.url


@pytest.mark.parametrize(
    "typed", ['"Cote d\'Ivoire"', "co-operation", "“the mission's co-operation”", "CÔTE"]
)
def test_what_a_keyboard_types_finds_what_is_printed(visit: Visit, typed: str) -> None:
    visit.go("#passages?kind=resolution")
    visit.said("60 passages")
    visit.page.fill("[name=q]", typed)
    visit.said("10 passages with the words")
    assert visit.page.inner_text(".passage mark >> nth=0") in (
        "Côte d’Ivoire",
        "co‑operation",
        "the mission’s co‑operation",
        "Côte",
    )


def test_filters_narrow_each_other_and_stand_in_the_address(visit: Visit) -> None:
    visit.go("#passages?kind=resolution")
    visit.said("60 passages")
    visit.page.select_option("[name=mission]", "MINUSMA")
    visit.said("30 passages")
    visit.page.select_option("[name=theme]", "host_state")
    visit.said("10 passages on “The host state” by the classifier, in resolutions, on MINUSMA")
    for part in ("kind=resolution", "mission=MINUSMA", "theme=host_state"):
        assert part in visit.page.url


def test_a_shared_address_shows_the_same_passages(browser: Any, project: Path) -> None:
    address = (project / "outputs/report/index.html").as_uri()
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}#passages?document=s-prst-2018-99&label=3")
    page.wait_for_selector(".passage")
    assert page.locator(".passage").count() == 1
    assert "S/PRST/2018/99, paragraph 3" in page.inner_text(".passage .source")
    assert page.get_attribute(".passage .source a", "href") == (
        "https://documents.un.org/S/PRST/2018/99"
    )
    context.close()


def test_a_theme_of_the_gap_leads_to_its_passages(visit: Visit) -> None:
    visit.page.locator("#gap-chart").scroll_into_view_if_needed()
    link = visit.page.locator("#gap-chart svg a[href*='theme=robust_force']").first
    link.click()
    visit.said(
        "30 passages on “Robust mandates and the use of force” by the classifier, in mandates"
    )
    visit.go("#passages?code=robust_force&kind=article&speaker_group=any")
    visit.said("No passage coded as “Robust mandates")


def test_every_number_leads_to_a_passage_and_every_place_exists(visit: Visit) -> None:
    empty = visit.page.evaluate(
        """async () => {
            const filters = (href) => Object.fromEntries(new URLSearchParams(href.split("?")[1]));
            const links = [...document.querySelectorAll("a[href^='#passages?']")];
            const charts = JSON.stringify(peacetext.values.get("charts"));
            const addresses = links.map((link) => link.getAttribute("href"));
            addresses.push(...charts.match(/#passages\\?[^"]+/g));
            const empty = [];
            for (const href of new Set(addresses)) {
                if (!(await peacetext.filters.apply(filters(href))).length) empty.push(href);
            }
            return empty;
        }"""
    )
    coded = [href for href in empty if href.startswith("#passages?code=")]
    assert [href for href in empty if href not in coded] == []
    places = visit.page.evaluate(
        "[...document.querySelectorAll(\"a[href^='#']\")].map(a => a.getAttribute('href').slice(1))"
        ".filter(id => !id.startsWith('passages') && !document.getElementById(id))"
    )
    assert places == []


def test_a_passage_leads_to_those_nearest_in_meaning(visit: Visit) -> None:
    visit.go("#passages?passage=hostile.p002")
    visit.said("1 passage ")
    text = visit.page.inner_text(".passage .text")
    visit.page.get_by_text("Nearest in meaning").click()
    visit.said("6 passages nearest in meaning")
    texts = visit.page.locator(".passage .text").all_inner_texts()
    assert texts[0] == text
    assert text not in texts[1:]


def test_back_returns_to_the_filter_before_and_then_to_the_story(visit: Visit) -> None:
    visit.page.evaluate("document.getElementById('gap').scrollIntoView()")
    visit.page.wait_for_timeout(200)
    before = visit.page.evaluate("window.scrollY")
    visit.go("#passages?kind=resolution")
    visit.said("60 passages")
    visit.page.select_option("[name=mission]", "MINUSCA")
    visit.said("30 passages")
    visit.page.go_back()
    visit.said("60 passages")
    assert visit.page.input_value("[name=mission]") == ""
    visit.page.go_back()
    visit.page.wait_for_selector("#story:not([hidden])")
    visit.page.wait_for_timeout(200)
    assert abs(visit.page.evaluate("window.scrollY") - before) < 50


def test_text_of_a_document_stays_text(visit: Visit) -> None:
    visit.go("#passages?document=hostile")
    visit.said("7 passages")
    text = visit.page.inner_text(".passage .text >> nth=0")
    assert "<script>document.title='run'</script>" in text
    assert '"><img src=x' in text
    assert visit.page.locator(".passage img, .passage script").count() == 0
    assert visit.page.locator(".passage a[href^='javascript']").count() == 0
    assert visit.page.title() != "run"
    assert visit.errors == []


def test_dark_follows_the_system_and_the_button(browser: Any, project: Path) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light = Visit(browser, project, color_scheme="light")
    dark = Visit(browser, project, color_scheme="dark")
    assert light.page.evaluate(ground) != dark.page.evaluate(ground)
    light.page.click("#appearance")
    assert light.page.evaluate(ground) == dark.page.evaluate(ground)
    light.context.close()
    dark.context.close()


@pytest.mark.parametrize("place", ["#top", "#passages?theme=host_state"])
def test_nothing_is_wider_than_a_phone(browser: Any, project: Path, place: str) -> None:
    one = Visit(browser, project, viewport={"width": 390, "height": 844})
    one.go(place)
    one.page.wait_for_timeout(300)
    if place == "#top":
        scroll_through(one)
    assert one.page.evaluate("document.documentElement.scrollWidth") <= 390
    one.context.close()


def test_the_keyboard_reaches_the_passages(visit: Visit) -> None:
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.textContent") == "Skip to the story"
    visit.page.locator("#gap-chart").scroll_into_view_if_needed()
    link = visit.page.locator("#gap-chart svg a").first
    link.focus()
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector(".passage")
    assert visit.page.evaluate("document.activeElement.id") == "explorer-title"


def test_a_table_is_sorted_by_its_head(visit: Visit) -> None:
    table = visit.page.locator("#gap-chart table")
    visit.page.locator("#gap-chart summary").click()
    table.get_by_role("button", name="Difference (points)").click()
    first = table.locator("tbody tr").first.inner_text()
    assert first.startswith("Robust mandates")


def test_fifty_thousand_passages_are_filtered_searched_and_paged(
    browser: Any, project: Path, tmp_path: Path
) -> None:
    # given an explorer of 50,000 passages (how quick it is: benchmarks/page.py)
    shutil.copytree(project / "outputs", tmp_path / "outputs")
    write_large_index(tmp_path / "outputs/report/data", 50_000)
    one = Visit(browser, tmp_path)
    one.go("#passages")
    one.said("50,000 passages")
    # then filters, words and pages find what the index holds
    one.go("#passages?theme=host_state&mission=MINUSMA")
    one.said("25,000 passages on “The host state” by the classifier, on MINUSMA")
    one.go("#passages?q=patrol 777")
    one.said("95 passages with the words")
    one.go("#passages?topic=1")
    one.said("16,667 passages of topic")
    one.page.click("#page-after")
    one.page.wait_for_function("location.hash.includes('page=2')")
    assert one.errors == []
    one.context.close()


def test_passages_are_filtered_by_each_side_of_the_study(visit: Visit) -> None:
    visit.go("#passages?side=reports")
    visit.said("7 passages in reports.")
    visit.page.select_option("[name=side]", "interviews")
    visit.said("20 passages in interviews.")
    # a link to the first side of documents says policy, whatever the study calls it
    visit.go("#passages?kind=policy")
    visit.said("90 passages in mandates.")
    assert visit.page.input_value("[name=side]") == "mandates"
    assert visit.errors == []


def test_passages_are_sorted_as_the_reader_asks(visit: Visit) -> None:
    visit.go("#passages?kind=un&sort=newest")
    visit.said("97 passages")
    newest = visit.page.locator(".passage .where").all_inner_texts()
    visit.page.select_option("[name=sort]", "reading")
    visit.page.wait_for_function("location.hash.includes('sort=reading')")
    visit.page.wait_for_function(
        "first => document.querySelector('.passage .where').textContent.trim() !== first",
        arg=newest[0].strip(),
    )
    oldest = visit.page.locator(".passage .where").all_inner_texts()
    assert newest[0].strip().startswith("2019")
    assert oldest[0].strip().startswith("2014")
