"""Every chart says what it is, and can be taken away."""

from __future__ import annotations

import pytest

from pipeline.report.page import PAGES
from tests.browser import Visit, scroll_through

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("kind", ["SVG", "PNG", "CSV"])
def test_a_chart_is_taken_away_as(visit: Visit, kind: str) -> None:
    visit.open("gap")
    link = visit.page.locator("#gap-chart .take").get_by_text(kind, exact=True)
    assert link.get_attribute("download") is not None
    content = (visit.folder / str(link.get_attribute("href"))).read_bytes()
    begins = {"SVG": b"<svg", "PNG": b"\x89PNG", "CSV": "\ufeffTheme,".encode()}[kind]
    assert content.startswith(begins)
    if kind == "SVG":
        assert b"The same as shares of passages" in content


def test_every_chart_has_a_title_a_sentence_axes_and_ways_to_take_it(visit: Visit) -> None:
    lacking = []
    for name in ("index", *PAGES):
        visit.open(name)
        visit.page.evaluate(
            "document.querySelectorAll('.appendix').forEach(e => { e.open = true; })"
        )
        scroll_through(visit)
        lacking += visit.page.evaluate(_LACKING)
    assert lacking == []


_LACKING = """[...document.querySelectorAll("[data-chart]")].map((host) => {
            const figure = host.closest("figure");
            const has = {
                title: figure.querySelector("h3").textContent.trim(),
                sentence: figure.querySelector(".shows").textContent.trim().endsWith("."),
                axes: host.querySelector("svg .role-axis, svg .role-mark"),
                name: host.getAttribute("aria-label"),
                table: figure.querySelector("details table"),
                downloads: figure.querySelectorAll(".take a").length === 3,
            };
            return [host.dataset.chart, ...Object.keys(has).filter((name) => !has[name])];
        }).filter((each) => each.length > 1)"""
