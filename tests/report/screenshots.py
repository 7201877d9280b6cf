"""Takes pictures of the real pages: python -m tests.report.screenshots FOLDER [PAGE ...]

README.md's docs/report.png is `top-1440-light.png`, taken anew when the story changes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from tests.browser import ARGUMENTS, CHROMIUM, Visit, scroll_through

WIDTHS = (1440, 390)
PAGES = "index corpus gap themes topics comparison speakers methods explorer".split()
PASSAGES = "#passages?theme=host_state&side=reports"


def main() -> None:
    """Every page at both widths, in light and dark, as PNG files in a folder."""
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    from playwright.sync_api import sync_playwright

    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        for width in WIDTHS:
            for colours in ("light", "dark"):
                for place in _take(browser, folder, width, colours, sys.argv[2:] or PAGES):
                    print(place)  # noqa: T201
        browser.close()


def _take(
    browser: Any,
    folder: Path,
    width: int,
    colours: Literal["light", "dark"],
    pages: Sequence[str],
) -> Iterator[Path]:
    one = Visit(browser, Path.cwd(), viewport={"width": width, "height": 900}, color_scheme=colours)
    one.page.screenshot(path=folder / f"top-{width}-{colours}.png")
    for name in pages:
        if name == "explorer":
            one.go(PASSAGES)
            one.page.wait_for_selector(".passage")
        else:
            one.open(name)
            scroll_through(one)
        if name == "topics":
            one.page.wait_for_selector("#map[data-drawn=yes]")
        # or it would lie across the picture
        one.page.add_style_tag(content=".masthead { position: static !important; }")
        place = folder / f"{name}-{width}-{colours}.png"
        one.page.screenshot(path=place, full_page=True)
        yield place
    one.context.close()


if __name__ == "__main__":
    main()
