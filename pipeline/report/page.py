"""The pages: the story and its sections composed, rendered to files, with what they rest on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.report.elements import (
    Cell,
    Fact,
    Figure,
    Notice,
    PageSection,
    Sentence,
    lowered,
)
from pipeline.report.explorer import ExplorerIndex, explorer_index
from pipeline.report.material import (
    Commit,
    Exports,
    PageMaterial,
    RunFacts,
    check_passages,
    exports,
    run_facts,
)
from pipeline.report.sections import comparison, corpus, course, gap, themes, topics
from pipeline.report.sections.agreement import agreement_figure
from pipeline.report.sections.gap_tables import part_figure
from pipeline.report.sections.themes import models_figure
from pipeline.report.sections.topic_shares import sizes_figure
from pipeline.report.sections.topics import TopicMap
from pipeline.report.vega import for_the_page
from pipeline.run.tables.compare import SENTENCES
from pipeline.study.codebook import Codebook
from pipeline.study.sets import WhoCoded
from pipeline.study.study import Study

_ABOUT = {
    "The same structure?": "comparison",
    "Which themes, which topics": "comparison",
    "Speaker groups": "speakers",
    "Sources": "corpus",
    "Limits": "",
}
"""The page on which a longer paragraph of the findings stands; all others are of the sides."""


def in_short(material: PageMaterial) -> tuple[Sentence, ...]:
    """What was found, in the sentences of the story; who coded stands above them."""
    found = _paragraphs(material, "short").get("", [])
    return tuple(each for each in found if each.text != material.who.sentence)


def _paragraphs(material: PageMaterial, length: str) -> dict[str, list[Sentence]]:
    """Paragraphs of the findings by what they are about."""
    wanted = material.frame(SENTENCES).filter(pl.col("length").cast(pl.String) == length)
    found: dict[str, list[Sentence]] = {}
    for _, rows in wanted.sort("paragraph", "piece").group_by("paragraph", maintain_order=True):
        about = rows["about"][0]
        pieces = (Cell(text, link=link) for text, link in rows.select("text", "link").iter_rows())
        found.setdefault(about, []).append(Sentence(tuple(pieces), _head(about)))
    return found


def _head(about: str) -> str:
    """A heading that runs in has a stop of its own."""
    return about if not about or about.endswith(("?", ".", ":")) else f"{about}."


_UNSAFE = {
    "<": "\\u003c",  # no </script> and no <!-- wherever the script ends up
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",  # line ends in old JavaScript
    "\u2029": "\\u2029",
}


def script_json(value: Any) -> str:
    """JSON that is safe as a script and inside a script element, on one line."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character, escape in _UNSAFE.items():
        text = text.replace(character, escape)
    return text


def registering_script(name: str, value: Any) -> str:
    """A script that hands ``value`` to the page under ``name``."""
    return f"peacetext.register({script_json(name)},{script_json(value)});\n"


@dataclass(frozen=True)
class ReportPage:
    """What the templates show.

    Attributes:
        study: its title, its articles and what it cannot say.
        who: who gave the codes.
        facts: numbers of the first screen.
        notices: what is missing.
        findings: what was found, in plain sentences.
        story: the figures of the first page, each with the way to all of it.
        sections: the other pages with figures, in the order of the navigation.
        of_reference: these are the reference findings, not those of one's own run.
        beside: where the reference findings stand, if they are shown beside this run.
    """

    study: Study
    who: WhoCoded
    facts: tuple[Fact, ...]
    notices: tuple[Notice, ...]
    findings: tuple[Sentence, ...]
    story: tuple[Figure, ...]
    sections: tuple[PageSection, ...]
    topic_map: TopicMap
    codebook: Codebook
    exports: Exports
    run_facts: RunFacts
    index: ExplorerIndex
    n_listed: int
    max_words: int
    of_reference: bool
    beside: str

    @property
    def menu(self) -> dict[str, str]:
        """What each page is called in the navigation, by its file's stem."""
        named = {section.section_id: section.short for section in self.sections}
        beside = {self.beside.removesuffix(".html"): "Reference findings"} if self.beside else {}
        last = {"methods": "Methods", "explorer": "All passages"}
        return {"index": "Story", **named, **last, **beside}

    @property
    def figures(self) -> dict[str, tuple[Figure, ...]]:
        """The figures of each page that has any."""
        of_sections = {one.section_id: (*one.figures, *one.appendix) for one in self.sections}
        return {"index": self.story, **of_sections}

    @cached_property
    def charts(self) -> dict[str, dict[str, Any]]:
        """The specification of every chart that is drawn, by page and figure."""
        return {name: _specs(figures) for name, figures in self.figures.items()}

    @property
    def pictured(self) -> dict[str, Figure]:
        """The figures that leave the page as files, by their id."""
        every = (figure for figures in self.figures.values() for figure in figures)
        return {figure.figure_id: figure for figure in every if not figure.absent}

    @property
    def absent(self) -> tuple[str, ...]:
        """The figures that this run could not draw."""
        every = (figure for figures in self.figures.values() for figure in figures)
        return tuple(figure.figure_id for figure in every if figure.absent)


def _specs(figures: Iterable[Figure]) -> dict[str, Any]:
    return {
        figure.figure_id: for_the_page(figure.chart)
        for figure in figures
        if figure.chart is not None and not figure.absent
    }


def compose(material: PageMaterial) -> ReportPage:
    """Everything that the pages say, from the tables of a run.

    Raises:
        StageError: tables of different runs are mixed.
    """
    check_passages(material)
    index = explorer_index(material)
    return ReportPage(
        study=material.study,
        who=material.who,
        facts=corpus.facts(material),
        notices=corpus.notices(material),
        findings=in_short(material),
        story=_story(material),
        sections=_sections(material),
        topic_map=topics.topic_map(material, _places(index)),
        codebook=material.codebook,
        exports=exports(material),
        run_facts=run_facts(material),
        index=index,
        n_listed=material.settings.report.n_passages_listed,
        max_words=material.settings.segment.max_words,
        of_reference=material.of_reference,
        beside=material.beside,
    )


def _story(material: PageMaterial) -> tuple[Figure, ...]:
    """One picture of each thing that was found; what this run could not draw is left out."""
    documents, interviews = material.study.side_names
    every = (
        replace(
            part_figure(material),
            figure_id="story-gap",
            title=f"What {documents} and {interviews} speak of, theme by theme",
            more=Cell("The gap in full", link="#gap"),
        ),
        replace(sizes_figure(material), more=Cell("All topics", link="#topics")),
        replace(
            agreement_figure(material, [material.study.article_set_id]),
            figure_id="story-agreement",
            title="How near the topics come to the themes, beside other ways of sorting",
            shows=f"Each row is a way of sorting the passages of {material.study.coded_texts}; its "
            "mark says how far the groups match the themes that were coded, from 0 for chance to 1 "
            "for the same groups. Whiskers are 95% intervals. A way that lies left of its grey "
            "tick does no better than groups that were shuffled.",
            caveat="Better than chance is not the same as good.",
            more=Cell("The comparison in full", link="#comparison"),
        ),
        replace(
            models_figure(material),
            figure_id="story-quality",
            title="How well the classifier recognises the themes, on text that it never saw",
            more=Cell("Theme by theme", link="#themes"),
        ),
    )
    return tuple(figure for figure in every if not figure.absent)


def _sections(material: PageMaterial) -> tuple[PageSection, ...]:
    """The pages of the sections, each with what the findings say of it at more length."""
    at_length: dict[str, list[Sentence]] = {}
    for about, paragraphs in _paragraphs(material, "long").items():
        at_length.setdefault(_ABOUT.get(about, "gap"), []).extend(paragraphs)
    of_study = (
        corpus.section(material),
        gap.section(material) if material.study.compares else course.section(material),
        themes.section(material),
        topics.section(material),
        comparison.section(material),
        *([gap.speakers_section(material)] if material.study.has_interviews else []),
    )
    return tuple(replace(one, words=tuple(at_length.get(one.section_id, ()))) for one in of_study)


def _places(index: ExplorerIndex) -> pl.DataFrame:
    passage_ids = [passage_id for chunk in index.chunks for passage_id in chunk["id"]]
    return pl.DataFrame(
        {"passage_id": passage_ids}, schema={"passage_id": pl.String}
    ).with_row_index("place")


STATIC = "static"
DATA = "data"


def render(page: ReportPage, libraries: Mapping[str, str], commit: Commit) -> dict[str, bytes]:
    """Every file of the report by its place below the report's folder.

    Args:
        page: what it says.
        libraries: the scripts that others wrote, by the name of their file below static.
        commit: at which it was made.
    """
    rendered = _pages(page)
    rendered |= {f"{STATIC}/{name}": script for name, script in sorted(libraries.items())}
    for file in sorted(_static_files(), key=lambda each: each.name):
        rendered[f"{STATIC}/{file.name}"] = file.read_text(encoding="utf-8")
    rendered["commit.js"] = registering_script("commit", asdict(commit))
    for name, specs in page.charts.items():
        rendered[f"{DATA}/charts-{name}.js"] = registering_script("charts", specs)
    rendered[f"{DATA}/index.js"] = registering_script("index", page.index.index)
    rendered[f"{DATA}/map.js"] = registering_script("map", page.topic_map.points)
    rendered[f"{DATA}/topics.js"] = registering_script("topics", page.topic_map.topics)
    for number, chunk in enumerate(page.index.chunks):
        name = f"passages-{number:03d}"
        rendered[f"{DATA}/{name}.js"] = registering_script(name, chunk)
    return {name: text.encode() for name, text in rendered.items()}


PAGES = ("corpus", "gap", "themes", "topics", "comparison", "speakers")
"""Pages of sections: always written, since DVC wants every file."""

_PLACE = re.compile(r'<(?:section|figure|div|details) id="([^"]+)"')
_LINK = re.compile(r'href="#([^"?]+)"')


def _pages(page: ReportPage) -> dict[str, str]:
    """All pages, links to what stands on another one resolved; where what stands, for old links."""
    environment = Environment(
        loader=PackageLoader("pipeline.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["lowered"] = lowered
    sections = {section.section_id: section for section in page.sections}
    html = {}
    for name in ("index", *PAGES, "methods", "explorer"):
        template = environment.get_template("section.html" if name in PAGES else f"{name}.html")
        html[name] = template.render(page=page, name=name, section=sections.get(name))
    places: dict[str, str] = {}
    for name, text in html.items():
        for place in _PLACE.findall(text):
            places.setdefault(place, name)
    pages = {f"{name}.html": _linked(text, name, places) for name, text in html.items()}
    return {**pages, f"{DATA}/places.js": registering_script("places", places)}


def _linked(html: str, name: str, places: Mapping[str, str]) -> str:
    """A page whose links to places on other pages name these pages."""

    def placed(link: re.Match[str]) -> str:
        page = places.get(link[1], name)
        return link[0] if page == name else f'href="{page}.html#{link[1]}"'

    return _LINK.sub(placed, html)


def _static_files() -> list[Traversable]:
    return [
        file
        for file in (files("pipeline.report") / STATIC).iterdir()
        if file.name.endswith((".css", ".js", ".svg"))
    ]
