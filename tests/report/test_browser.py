"""The page in a real browser, opened from disk."""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from pipeline.report.page import PAGES
from tests.browser import Visit, scroll_through, wait_until
from tests.report.large_index import write_large_index

pytestmark = [pytest.mark.browser, pytest.mark.slow]


STORIES = ("index", *PAGES, "methods")


def test_every_page_opens_without_an_error_or_a_request_and_draws_its_charts(visit: Visit) -> None:
    for name in STORIES:
        visit.open(name)
        scroll_through(visit)
    visit.go("#passages")
    visit.page.wait_for_selector(".passage")
    assert visit.errors == []
    assert visit.outside == []


def test_pages_with_hardly_any_table_open_too(browser: Any, bare_project: Path) -> None:
    one = Visit(browser, bare_project)
    for name in STORIES:
        one.open(name)
        scroll_through(one)
    one.go("#passages?kind=report")
    one.said("7 passages")
    assert one.errors == []
    one.context.close()


@pytest.mark.parametrize(
    ("old", "page", "place"),
    [
        ("index#gap-chart", "gap", "gap-chart"),
        ("index#topics", "topics", "topics"),
        ("methods#gap-series", "gap", "gap-series"),
        ("gap#take", "methods", "take"),
        ("index#passages?theme=host_state", "explorer", "passages-list"),
    ],
)
def test_old_addresses_lead_to_where_the_thing_stands_now(
    visit: Visit, old: str, page: str, place: str
) -> None:
    visit.page.goto(visit.address(old), wait_until="commit")
    visit.page.wait_for_url(f"**/{page}.html#*", wait_until="commit")
    visit.ready()
    visit.page.wait_for_selector(f"#{place}", state="visible")
    assert visit.errors == []


def test_the_story_can_be_read_to_its_end(visit: Visit) -> None:
    scroll_through(visit)
    height, stops = visit.length()
    assert height <= 9000
    assert 20 < stops <= 400


def test_words_are_searched_and_marked(visit: Visit) -> None:
    visit.go("#passages")
    visit.page.fill("[name=q]", '"robust posture" proactive')
    visit.said("16 passages with the words")
    assert visit.page.inner_text(".passage mark >> nth=0").lower() in (
        "proactive",
        "robust posture",
    )
    assert "q=" in visit.hash


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
        assert part in visit.hash


def test_a_shared_address_shows_the_same_passages(browser: Any, project: Path) -> None:
    address = (project / "outputs/report/explorer.html").as_uri()
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}#passages?document=s-prst-2018-99&label=3", wait_until="commit")
    page.wait_for_selector(".passage")
    assert page.locator(".passage").count() == 1
    assert "S/PRST/2018/99, paragraph 3" in page.inner_text(".passage .source")
    assert page.get_attribute(".passage .source a", "href") == (
        "https://documents.un.org/S/PRST/2018/99"
        "#:~:text=Calls%20upon%20the%20host%20State%20to%20extend%20its"
    )
    context.close()


def test_a_theme_of_the_gap_leads_to_its_passages(visit: Visit) -> None:
    visit.open("gap#gap-chart")
    link = visit.page.locator("#gap-chart svg [role=link][aria-label*='Robust mandates']").first
    link.click()
    visit.said(
        "30 passages on “Robust mandates and the use of force” by the classifier, in mandates"
    )
    visit.go("#passages?code=robust_force&kind=article&speaker_group=any")
    visit.said("No passage coded as “Robust mandates")


def test_every_number_leads_to_a_passage(visit: Visit, project: Path) -> None:
    files = [
        *(project / "outputs/report").glob("*.html"),
        *(project / "outputs/report/data").glob("charts-*"),
    ]
    found = (re.findall(r'#passages\?[^"\\]+', file.read_text(encoding="utf-8")) for file in files)
    addresses = sorted({unescape(each) for every in found for each in every})
    visit.go("#passages")
    empty = visit.page.evaluate(
        """async (addresses) => {
            const filters = (href) => Object.fromEntries(new URLSearchParams(href.split("?")[1]));
            const empty = [];
            for (const href of addresses) {
                if (!(await peacetext.filters.apply(filters(href))).length) empty.push(href);
            }
            return empty;
        }""",
        addresses,
    )
    assert len(addresses) > 50
    assert [href for href in empty if not href.startswith("#passages?code=")] == []


def test_a_passage_leads_to_those_nearest_in_meaning(visit: Visit) -> None:
    visit.go("#passages?passage=hostile.p002")
    visit.said("1 passage ")
    text = visit.page.inner_text(".passage .text")
    visit.page.get_by_text("Nearest in meaning").click()
    visit.said("6 passages nearest in meaning")
    texts = visit.page.locator(".passage .text").all_inner_texts()
    assert texts[0] == text
    assert text not in texts[1:]


def test_back_returns_to_the_filter_before_and_then_to_the_page_before(visit: Visit) -> None:
    visit.open("gap")
    visit.go("#passages?kind=resolution")
    visit.said("60 passages")
    visit.page.select_option("[name=mission]", "MINUSCA")
    visit.said("30 passages")
    visit.page.go_back(wait_until="commit")
    visit.said("60 passages")
    assert visit.page.input_value("[name=mission]") == ""
    visit.page.go_back(wait_until="commit")
    visit.page.wait_for_url("**/gap.html", wait_until="commit")


def test_a_view_is_kept_by_a_name_until_it_is_forgotten(visit: Visit) -> None:
    # given a view that a reader keeps
    visit.go("#passages?side=reports")
    visit.said("7 passages")
    visit.page.fill("#view-keep input", "All reports")
    visit.page.keyboard.press("Enter")
    visit.page.get_by_text("Kept as “All reports”.").wait_for()
    # when they come back another time and choose it
    visit.go("#passages?kind=resolution")
    visit.said("60 passages")
    visit.page.get_by_role("link", name="All reports").click()
    # then it is shown again, and can be forgotten
    visit.said("7 passages in reports.")
    visit.page.get_by_role("button", name="Forget All reports").click()
    visit.open("explorer")
    assert not visit.page.is_visible("#views")
    assert visit.errors == []


def test_the_passages_of_a_view_are_downloaded_as_csv(visit: Visit) -> None:
    visit.go("#passages?side=reports")
    visit.said("7 passages")
    with visit.page.expect_download() as saved:
        visit.page.click("#passages-csv")
    lines = Path(saved.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("passage_id,symbol,title,kind,date,missions,paragraph")
    assert len(lines) == 1 + 7


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


def test_nothing_is_wider_than_a_phone(browser: Any, project: Path) -> None:
    one = Visit(browser, project, viewport={"width": 390, "height": 844})
    width = "document.documentElement.scrollWidth"
    for name in STORIES:
        one.open(name)
        scroll_through(one)
        assert one.page.evaluate(width) <= 390, name
    one.go("#passages?theme=host_state")
    one.said("52 passages")
    assert one.page.evaluate(width) <= 390
    one.context.close()


def test_the_keyboard_reaches_the_text_and_the_passages(visit: Visit) -> None:
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.textContent") == "Skip to the text"
    visit.page.keyboard.press("Enter")
    wait_until(visit.page, "document.activeElement.id === 'main'")
    visit.open("gap#gap-chart")
    # one stop a chart: arrows lead from mark to mark
    visit.page.wait_for_selector("#gap-chart svg [tabindex='0']")
    stop = visit.page.locator("#gap-chart svg [tabindex='0']")
    assert stop.count() == 1
    stop.focus()
    first = visit.page.evaluate("document.activeElement.ariaLabel")
    visit.page.keyboard.press("ArrowDown")
    wait_until(
        visit.page,
        "first => document.activeElement.ariaLabel && document.activeElement.ariaLabel !== first",
        arg=first,
    )
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector(".passage")
    wait_until(visit.page, "document.activeElement.id === 'explorer-title'")


def test_a_figure_in_the_closed_appendix_is_opened_by_its_address(visit: Visit) -> None:
    visit.open("gap")
    assert not visit.page.is_visible("#gap-series")
    visit.open("gap#gap-series")
    visit.page.wait_for_selector("#gap-series", state="visible")


def test_print_hides_the_navigation_and_shows_addresses(visit: Visit) -> None:
    visit.page.emulate_media(media="print", color_scheme="dark")
    assert not visit.page.is_visible(".masthead")
    assert visit.page.is_visible("#story-gap")
    ground = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 253, 249)"
    address = "getComputedStyle(document.querySelector('.prose a[href^=http]'), '::after').content"
    visit.open("methods")
    assert "attr(href)" in visit.page.evaluate(address) or "https" in visit.page.evaluate(address)


def test_a_table_is_sorted_by_its_head(visit: Visit) -> None:
    visit.open("gap")
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
    wait_until(one.page, "location.hash.includes('page=2')")
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
    wait_until(visit.page, "location.hash.includes('sort=reading')")
    wait_until(
        visit.page,
        "first => document.querySelector('.passage .where').textContent.trim() !== first",
        arg=newest[0].strip(),
    )
    oldest = visit.page.locator(".passage .where").all_inner_texts()
    assert newest[0].strip().startswith("2019")
    assert oldest[0].strip().startswith("2014")


def test_a_passage_of_the_reference_run_leads_to_its_document_and_paragraph(
    browser: Any, alone_project: Path
) -> None:
    one = Visit(browser, alone_project, "reference/explorer#passages?kind=resolution&label=12")
    one.page.wait_for_selector(".passage")
    first = one.page.locator(".passage").first
    link = first.locator(".source a").get_attribute("href")
    assert link.startswith("https://")
    assert re.search(r"^S/RES/\d+ \(\d{4}\), paragraph 12", first.locator(".source").inner_text())
    assert first.locator(".text").count() == 0
    assert one.errors == []
    one.context.close()
