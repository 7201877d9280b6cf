"""How long each page is and how soon it can be read, and what a filter takes with many passages.

Run it after `make`: it takes the pages of outputs/report and gives their explorer more passages.
Example: python -m benchmarks.page --passages 50000 --json page.json
"""

from __future__ import annotations

import argparse
import platform
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.run.files import write_json
from tests.browser import ARGUMENTS, CHROMIUM, Visit, scroll_through
from tests.report.large_index import write_large_index

REPORT = Path("outputs/report")
WIDTHS = (1440, 390)
FIRST_VIEW_SECONDS = 2.0
FILTER_MILLISECONDS = 200.0
STORY_PIXELS, STORY_STOPS = 9000, 400
"""At 1440 pixels wide, once the charts are drawn."""
STATES = (
    {"theme": "host_state", "mission": "MINUSMA"},
    {"topic": "1", "kind": "resolution"},
    {"q": "patrol 777"},
    {"theme": "host_state", "sort": "score"},
    {"sort": "newest"},
)
"""Filters of every kind: by theme, topic, document, words, and two orders."""

_TIMED = """async (states) => {
    await peacetext.filters.apply({ q: "protect" });
    const times = [];
    for (const state of states) {
        const start = performance.now();
        await peacetext.filters.apply(state);
        times.push(performance.now() - start);
    }
    return times;
}"""

_WORKBENCH = """async () => {
    const painted = () => new Promise((done) =>
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 0))));
    const map = document.getElementById("map");
    const form = document.getElementById("bench-filters");
    const times = [];
    for (const name of ["mission", "year", "kind"]) {
        for (const at of [1, 0]) {
            if (form.elements[name].options.length < 2) continue;
            const start = performance.now();
            delete map.dataset.drawn;
            form.elements[name].selectedIndex = at;
            form.elements[name].dispatchEvent(new Event("input", { bubbles: true }));
            while (!map.dataset.drawn) await new Promise((done) => setTimeout(done, 1));
            await painted();
            times.push(performance.now() - start);
        }
    }
    return times;
}"""
"""Until the map, the list and the count follow a filter."""


def main() -> None:
    """Measure in headless Chromium and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--passages", type=int, default=50_000, help="in the explorer")
    parser.add_argument("--repeats", type=int, default=5, help="visits; the median counts")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    arguments = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name, sync_playwright() as running:
        folder = Path(name)
        shutil.copytree(REPORT, folder / REPORT)
        browser = running.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        pages = [_page(browser, folder, each, arguments.repeats) for each in _names()]
        write_large_index(folder / REPORT / "data", arguments.passages)
        visits = [_explored(browser, folder) for _ in range(arguments.repeats)]
        maps = [_mapped(browser, folder) for _ in range(arguments.repeats)]
        browser.close()
    figures = {
        "passages": float(arguments.passages),
        "explorer_seconds": statistics.median(seconds for seconds, _ in visits),
        "slowest_filter_milliseconds": statistics.median(max(times) for _, times in visits),
        "map_seconds": statistics.median(seconds for seconds, _ in maps),
        "map_filter_milliseconds": statistics.median(max(times) for _, times in maps),
    }
    print_tables(pages, figures)
    if arguments.json:
        write_json(arguments.json, {"machine": platform.platform(), "pages": pages, **figures})


def _names() -> list[str]:
    """The story first, then as in its navigation."""
    story = (REPORT / "index.html").read_text(encoding="utf-8")
    return re.findall(r'href="(\w+)\.html"', story[story.index("<nav") : story.index("</nav>")])


def _page(browser: Any, folder: Path, name: str, repeats: int) -> dict[str, Any]:
    """Seconds until a page can be read, its bytes, and how long it is at each width."""
    figures: dict[str, Any] = {"page": name}
    seconds = []
    for width in [WIDTHS[0]] * (repeats - 1) + [*reversed(WIDTHS)]:
        start = time.perf_counter()
        one = Visit(browser, folder, name, viewport={"width": width, "height": 900})
        if width == WIDTHS[0]:
            seconds.append(time.perf_counter() - start)
        if f"pixels_{width}" not in figures:
            read = {url for url in one.requests if url.startswith("file:")}
            scroll_through(one)
            figures[f"pixels_{width}"], figures[f"stops_{width}"] = one.length()
            figures["bytes"] = sum(
                Path(re.sub("^file://|#.*", "", url)).stat().st_size for url in read
            )
        one.context.close()
    return figures | {"seconds": statistics.median(seconds)}


def _explored(browser: Any, folder: Path) -> tuple[float, list[float]]:
    """Seconds to the explorer's first list, milliseconds of each filter."""
    start = time.perf_counter()
    one = Visit(browser, folder, "explorer", viewport={"width": WIDTHS[0], "height": 900})
    one.page.wait_for_selector(".passage")
    seconds = time.perf_counter() - start
    filters: list[float] = one.page.evaluate(_TIMED, list(STATES))
    one.context.close()
    return seconds, filters


def _mapped(browser: Any, folder: Path) -> tuple[float, list[float]]:
    """Seconds to the topics page with its map drawn, milliseconds of each of its filters."""
    start = time.perf_counter()
    one = Visit(browser, folder, "topics", viewport={"width": WIDTHS[0], "height": 900})
    one.page.evaluate("document.getElementById('topic-map').scrollIntoView()")
    one.page.wait_for_selector("#map[data-drawn=yes]")
    drawn = time.perf_counter() - start
    filters: list[float] = one.page.evaluate(_WORKBENCH)
    one.context.close()
    return drawn, filters


def print_tables(pages: Sequence[dict[str, Any]], figures: dict[str, float]) -> None:
    """A line a page, then the explorer's figures; targets beside them."""
    heads = ["page", *(f"{what} at {width}" for width in WIDTHS for what in ("pixels", "stops"))]
    print("  ".join(f"{head:>14}" for head in [*heads, "kB at first", "seconds"]))
    for page in pages:
        long = [page[f"{what}_{width}"] for width in WIDTHS for what in ("pixels", "stops")]
        cells = [page["page"], *(f"{n:,}" for n in long), f"{page['bytes'] / 1e3:,.0f}"]
        print("  ".join(f"{cell:>14}" for cell in [*cells, f"{page['seconds']:.2f}"]))
    print(
        f"targets: the story at most {STORY_PIXELS:,} pixels and {STORY_STOPS} stops of the Tab "
        f"key at {WIDTHS[0]}; every page in at most {FIRST_VIEW_SECONDS:g} s"
    )
    print(f"explorer with {figures['passages']:,.0f} passages")
    slowest = f"slowest of {len(STATES)} filters"
    print(f"  first list: {figures['explorer_seconds']:.2f} s (target {FIRST_VIEW_SECONDS:g} s)")
    took = figures["slowest_filter_milliseconds"]
    print(f"  {slowest}: {took:.0f} ms (target {FILTER_MILLISECONDS:g} ms)")
    print(f"map with {figures['passages']:,.0f} passages")
    print(f"  drawn: {figures['map_seconds']:.2f} s (target {FIRST_VIEW_SECONDS:g} s)")
    took = figures["map_filter_milliseconds"]
    print(f"  slowest filter: {took:.0f} ms (target {FILTER_MILLISECONDS:g} ms)")


if __name__ == "__main__":
    main()
