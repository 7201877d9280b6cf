"""Seconds until the page can be read, and milliseconds a filter takes, with many passages.

Run it after `make`: it takes the page of outputs/report and gives its explorer more passages.
Example: python -m benchmarks.page --passages 50000 --json page.json
"""

from __future__ import annotations

import argparse
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.run.files import write_json
from tests.browser import ARGUMENTS, CHROMIUM, Visit
from tests.report.large_index import write_large_index

REPORT = Path("outputs/report")
FIRST_VIEW_SECONDS = 2.0
FILTER_MILLISECONDS = 200.0
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
        write_large_index(folder / REPORT / "data", arguments.passages)
        browser = running.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        visits = [measure(browser, folder) for _ in range(arguments.repeats)]
        maps = [measure_map(browser, folder) for _ in range(arguments.repeats)]
        browser.close()
    figures = summarised(visits) | {"passages": float(arguments.passages)}
    figures |= {"map_seconds": statistics.median(seconds for seconds, _ in maps)}
    figures |= {"map_filter_milliseconds": statistics.median(max(times) for _, times in maps)}
    print_table(figures)
    if arguments.json:
        write_json(arguments.json, {"machine": platform.platform(), **figures})


def measure(browser: Any, folder: Path) -> tuple[float, float, list[float]]:
    """Seconds to the story, seconds to the explorer's first list, milliseconds of each filter."""
    start = time.perf_counter()
    one = Visit(browser, folder, viewport={"width": 1440, "height": 900})
    story = time.perf_counter() - start
    start = time.perf_counter()
    one.go("#passages")
    one.page.wait_for_selector(".passage")
    explorer = time.perf_counter() - start
    filters: list[float] = one.page.evaluate(_TIMED, list(STATES))
    one.context.close()
    return story, explorer, filters


def measure_map(browser: Any, folder: Path) -> tuple[float, list[float]]:
    """Seconds to the topics page with its map drawn, milliseconds of each of its filters."""
    start = time.perf_counter()
    one = Visit(browser, folder, "topics", viewport={"width": 1440, "height": 900})
    one.page.evaluate("document.getElementById('topic-map').scrollIntoView()")
    one.page.wait_for_selector("#map[data-drawn=yes]")
    drawn = time.perf_counter() - start
    filters: list[float] = one.page.evaluate(_WORKBENCH)
    one.context.close()
    return drawn, filters


def summarised(visits: Sequence[tuple[float, float, list[float]]]) -> dict[str, float]:
    """Medians over the visits; of the filters the slowest."""
    return {
        "first_view_seconds": statistics.median(story for story, _, _ in visits),
        "explorer_seconds": statistics.median(explorer for _, explorer, _ in visits),
        "slowest_filter_milliseconds": statistics.median(max(times) for _, _, times in visits),
    }


def print_table(figures: dict[str, float]) -> None:
    """One line a figure, with its target."""
    slowest = f"slowest of {len(STATES)} filters"
    for name, figure in (
        ("passages in the explorer", f"{figures['passages']:,.0f}"),
        ("first view", _against(figures["first_view_seconds"], FIRST_VIEW_SECONDS, "s")),
        ("explorer's first list", _against(figures["explorer_seconds"], FIRST_VIEW_SECONDS, "s")),
        (slowest, _against(figures["slowest_filter_milliseconds"], FILTER_MILLISECONDS, "ms")),
        ("topics with their map", _against(figures["map_seconds"], FIRST_VIEW_SECONDS, "s")),
        (
            "slowest filter of the map",
            _against(figures["map_filter_milliseconds"], FILTER_MILLISECONDS, "ms"),
        ),
    ):
        print(f"{name:<26}{figure}")


def _against(figure: float, target: float, unit: str) -> str:
    return f"{figure:.3g} {unit} (target {target:g} {unit})"


if __name__ == "__main__":
    main()
