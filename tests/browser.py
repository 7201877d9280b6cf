"""The page in a real browser, opened from disk: what tests of it share."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


PATIENCE = 120_000
"""Milliseconds that a test waits for what must come, also on a busy machine."""

_LENGTH = """[
    document.documentElement.scrollHeight,
    [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
        .filter((each) => each.tabIndex >= 0 && !each.disabled && each.checkVisibility({
            visibilityProperty: true })).length,
]"""


def wait_until(page: Any, expression: str, arg: object = None) -> None:
    """Wait until an expression holds; Playwright's own way needs eval, which the page forbids."""
    end = time.monotonic() + PATIENCE / 1000
    while not _holds(page, expression, arg):
        if time.monotonic() > end:
            raise TimeoutError(expression)
        time.sleep(0.02)


def _holds(page: Any, expression: str, arg: object) -> bool:
    """Whether it holds now; not while the page is left for another."""
    try:
        return bool(page.evaluate(expression, arg))
    except Exception as error:
        if "context was destroyed" in str(error) or "Cannot find context" in str(error):
            return False
        raise


class Visit:
    """A page with everything that it logged and asked for."""

    def __init__(self, browser: Any, folder: Path, name: str = "index", **context: Any) -> None:
        self.folder = folder / "outputs/report"
        self.context = browser.new_context(**context)
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.open(name)

    def open(self, name: str) -> None:
        """Go to one of the pages, with what follows its name in the address, if anything."""
        self.page.goto(self.address(name), wait_until="commit")
        self.ready()

    def ready(self) -> None:
        """Wait until the scripts of the page have begun.

        The browser's own word that a page is loaded is sometimes lost where pages follow quickly.
        """
        self.page.wait_for_selector("html[data-ready=yes]")

    def address(self, name: str) -> str:
        """Of a page, with what follows its name, if anything."""
        stem, mark, place = name.partition("#")
        return f"{(self.folder / f'{stem}.html').as_uri()}{mark}{place}"

    def length(self) -> tuple[int, int]:
        """Pixels from top to bottom, and how many things the Tab key stops at."""
        height, stops = self.page.evaluate(_LENGTH)
        return int(height), int(stops)

    def _heard(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def go(self, address: str) -> None:
        """Show passages in the explorer."""
        self.page.evaluate("delete document.body.dataset.shown")
        self.open(f"explorer{address}")

    def said(self, text: str) -> None:
        """Wait until the explorer says so many passages, and has listed them."""
        wait_until(
            self.page,
            "text => document.getElementById('explorer-said')?.textContent.startsWith(text)"
            " && document.body.dataset.shown !== undefined",
            arg=text,
        )

    @property
    def hash(self) -> str:
        """What stands in the address after its page, from # on, as the page itself knows it."""
        return str(self.page.evaluate("location.hash"))

    @property
    def outside(self) -> list[str]:
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]


def scroll_through(visit: Visit) -> None:
    """Show every part of the page once, as a reader who scrolls does, until all is drawn.

    A chart gets its role last.
    """
    visit.page.evaluate(
        """async () => {
            const frame = () => new Promise((done) =>
                requestAnimationFrame(() => setTimeout(done, 20)));
            for (let at = 0; at < document.body.scrollHeight; at += window.innerHeight) {
                window.scrollTo(0, at);
                await frame();
            }
        }"""
    )
    wait_until(
        visit.page,
        "[...document.querySelectorAll('[data-chart]')]"
        ".every(each => each.matches('[role]') || !each.checkVisibility())",
    )


def violations(visit: Visit, *rules: str) -> list[str]:
    """What axe-core finds wrong with the page as it is shown now: rule, why, and where.

    Without ``rules`` all of them are tried.
    """
    from axe_playwright_python.sync_playwright import Axe

    # what passes need not be listed, and style sheets need not be read again from disk
    options: dict[str, object] = {"resultTypes": ["violations"], "preload": False}
    if rules:
        options["runOnly"] = list(rules)
    found = Axe().run(visit.page, options=options).response["violations"]
    return [
        f"{one['id']} ({one['help']}): {node['html'][:160]}"
        for one in found
        for node in one["nodes"]
    ]
