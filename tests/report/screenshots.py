"""Takes pictures of the real page: python -m tests.report.screenshots FOLDER

README.md's docs/report.png is `opening-1440-light.png`, taken anew when the page changes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from tests.browser import ARGUMENTS, CHROMIUM, Visit, scroll_through

WIDTHS = (1440, 390)
PASSAGES = "#passages?theme=host_state&kind=policy"


def main() -> None:
    """Every section at both widths, in light and dark, as PNG files in a folder."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    from playwright.sync_api import sync_playwright

    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        for width in WIDTHS:
            for colours in ("light", "dark"):
                for name in _take(browser, folder, width, colours):
                    print(name)  # noqa: T201
        browser.close()


def _take(
    browser: Any, folder: Path, width: int, colours: Literal["light", "dark"]
) -> Iterator[Path]:
    one = Visit(browser, Path.cwd(), viewport={"width": width, "height": 900}, color_scheme=colours)
    name = f"{{}}-{width}-{colours}.png"
    one.page.screenshot(path=folder / name.format("opening"))
    scroll_through(one)
    one.page.wait_for_selector("#map[data-drawn=yes]")
    # or it would lie across the pictures of long sections
    one.page.add_style_tag(content=".masthead { position: static !important; }")
    for section in one.page.query_selector_all("#story > section"):
        place = folder / name.format(section.get_attribute("id"))
        section.screenshot(path=place)
        yield place
    one.go(PASSAGES)
    one.page.wait_for_selector(".passage")
    one.page.screenshot(path=folder / name.format("passages"))
    one.context.close()


if __name__ == "__main__":
    main()
