"""axe-core finds nothing on any page, in light and dark, on a desk and on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from pipeline.report.page import PAGES
from tests.browser import Visit, scroll_through, violations

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true; })"


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_on_any_page(
    browser: Any, project: Path, width: int, colours: Literal["light", "dark"]
) -> None:
    one = Visit(browser, project, viewport={"width": width, "height": 900}, color_scheme=colours)
    rules = ["color-contrast"] if colours == "dark" else []  # the rest does not depend on colours
    found = {}
    for name in ("index", *PAGES, "methods"):
        one.open(name)
        if not rules:  # the tables have no colours of their own
            one.page.evaluate(OPEN_ALL)
        scroll_through(one)
        found[name] = violations(one, *rules)
    one.go("#passages?document=hostile")
    one.said("7 passages")
    found["explorer"] = violations(one, *rules)
    one.context.close()
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_axe_would_find_a_picture_without_words(visit: Visit) -> None:
    visit.page.evaluate("document.body.append(document.createElement('img'))")
    assert any(each.startswith("image-alt") for each in violations(visit))
