"""The page as files: HTML by Jinja2 with autoescape, values as scripts, styles as they are."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.report.page import Page
from pipeline.report.scripts import registering_script

STATIC = "static"
DATA = "data"


@dataclass(frozen=True)
class Commit:
    """The commit at which the page was made, and whether files differed from it.

    It stands in a file of its own, outside of what DVC keeps: the page itself depends on nothing
    but documents, codings and settings. Empty where git does not know the folder.
    """

    id: str = ""
    changed: bool = False


def render(page: Page, plotly: str, commit: Commit) -> dict[str, bytes]:
    """Every file of the page by its place below the report's folder."""
    rendered = {"index.html": _html(page), f"{STATIC}/plotly.min.js": plotly}
    for file in sorted(_static_files(), key=lambda each: each.name):
        rendered[f"{STATIC}/{file.name}"] = file.read_text(encoding="utf-8")
    rendered["commit.js"] = registering_script("commit", asdict(commit))
    rendered[f"{DATA}/charts.js"] = registering_script("charts", page.charts)
    rendered[f"{DATA}/index.js"] = registering_script("index", page.shelf.index)
    rendered[f"{DATA}/map.js"] = registering_script("map", page.topic_map.points)
    for number, chunk in enumerate(page.shelf.chunks):
        name = f"passages-{number:03d}"
        rendered[f"{DATA}/{name}.js"] = registering_script(name, chunk)
    return {name: text.encode() for name, text in rendered.items()}


def _html(page: Page) -> str:
    environment = Environment(
        loader=PackageLoader("pipeline.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("index.html").render(page=page)


def _static_files() -> list[Traversable]:
    return [
        file
        for file in (files("pipeline.report") / STATIC).iterdir()
        if file.name.endswith((".css", ".js", ".svg"))
    ]
