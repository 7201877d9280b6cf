"""The real article with its real codings, and a small resolution that three people coded."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from contextlib import chdir
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.export.__main__ import main
from pipeline.ingest.akoma.reader import read_akoma_ntoso
from pipeline.ingest.corpus import CorpusTables, corpus_of
from pipeline.ingest.readers import read_file
from pipeline.run.files import text_hash
from pipeline.run.settings import PARAMS_FILE, load_settings
from pipeline.run.tables.table import write_table
from pipeline.run.tables.texts import BLOCKS, DOCUMENTS, PASSAGES
from pipeline.run.tables.themes import SCORES
from pipeline.study.manifest import COLUMNS, Entry, cells_of, read_manifest

ROOT = Path(__file__).parents[2]
RESOLUTION = "s-res-9001-2031"
SYMBOL = "S/RES/9001 (2031)"
HOSTILE_TITLE = 'On <b>"peace" & 50% of $it</b>_{}\x0b#~^\\'
UN_CODES = {
    "1": {0: "host_state", 1: "protection_of_civilians;host_state"},
    "2": {1: "protection_of_civilians"},
    "3": {2: "training"},
}
"""Codes by coder and place of the paragraph."""


@dataclass(frozen=True)
class Project:
    """A project whose stages before export have run, and export too."""

    folder: Path

    @property
    def exported(self) -> Path:
        """What export wrote."""
        return self.folder / "outputs/export"

    @property
    def coding(self) -> Path:
        """The codings."""
        return self.folder / "corpus/coding"

    def codings(self) -> dict[str, str]:
        """Every coding, by the name of its file."""
        files = sorted(self.coding.glob("*-coder-*.csv"))
        return {file.name: file.read_text(encoding="utf-8-sig") for file in files}

    def run(self, *words: str) -> tuple[int, str]:
        """Run the peacetext command here: its exit code and all that it said."""
        with chdir(self.folder):
            done = CliRunner().invoke(app, list(words))
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, " ".join(done.output.split())

    def export(self) -> None:
        """Run the stage again."""
        with chdir(self.folder):
            main()


def _entries() -> tuple[Entry, Entry]:
    article = next(each for each in read_manifest(ROOT / "corpus/manifest.csv") if not each.row > 2)
    resolution = replace(
        article,
        document_id=RESOLUTION,
        symbol=SYMBOL,
        kind="resolution",
        title=HOSTILE_TITLE,
        missions=("MINUSMA",),
        path="inbox/S-RES-9001-2031.xml",
        source_url="https://example.org/{9001}",
        licence="MIT",
    )
    return article, resolution


def _corpus() -> CorpusTables:
    article, resolution = _entries()
    of_article = (ROOT / "corpus/article/gilder-2026.txt").read_bytes()
    of_resolution = (ROOT / "tests/ingest/documents/S-RES-9001-2031.xml").read_bytes()
    limits = load_settings(ROOT / PARAMS_FILE).ingest
    return corpus_of(
        [
            (article, read_file(of_article, "article", ".txt", limits)),
            (resolution, read_akoma_ntoso(of_resolution)),
        ]
    )


def _coded_paragraphs(blocks: pl.DataFrame) -> pl.DataFrame:
    operative = (pl.col("document_id") == RESOLUTION) & (pl.col("role") == "operative")
    return blocks.filter(operative & pl.col("source_index").is_not_null()).head(3)


def _write_codings(folder: Path, blocks: pl.DataFrame) -> None:
    others = shutil.ignore_patterns("un-*", "reports-*")
    shutil.copytree(ROOT / "corpus/coding", folder, ignore=others)
    paragraphs = _coded_paragraphs(blocks).select("source_index", "text").rows()
    units = ["unit_id,symbol,xml_p_index,text_sha256,inclusion_probability"]
    units += [
        f"un-{place},{SYMBOL},{index},{text_hash(text)},0.5"
        for place, (index, text) in enumerate(paragraphs)
    ]
    (folder / "un-units.csv").write_text("\n".join(units) + "\n")
    for coder, codes in UN_CODES.items():
        lines = ["unit_id,codes", *(f"un-{place},{codes.get(place, '')}" for place in range(3))]
        (folder / f"un-coder-{coder}.csv").write_text("\n".join(lines) + "\n")


def _passages(blocks: pl.DataFrame) -> pl.DataFrame:
    """Every block as one passage."""
    return blocks.select(
        pl.col("block_id").alias("passage_id"),
        "document_id",
        "block_id",
        "order",
        "section",
        "label",
        "role",
        "text",
        pl.lit(0, pl.Int64).alias("start"),
        pl.col("text").str.len_chars().cast(pl.Int64).alias("end"),
        pl.lit(1, pl.Int64).alias("n_words"),
        pl.lit([], pl.List(pl.String)).alias("speaker_groups"),
        pl.lit(False).alias("procedural"),
    )


def _drop_reports_and_milestones(study: Path) -> None:
    """Their documents are not in the small manifest."""
    text = study.read_text(encoding="utf-8")
    side = text[text.index("  - id: reports\n") : text.index("  - id: interviews\n")]
    sets, _, after = text.replace(side, "", 1).partition("\n  - id: reports\n")
    text = sets + "\n\n# The theme whose course" + after.partition("\n# The theme whose course")[2]
    before, _, after = text.partition("\nmilestones:\n")
    _, comment, rest = after.partition("\n# What no figure here can say")
    study.write_text(before + comment + rest, encoding="utf-8")


def build_project(folder: Path) -> Project:
    """The project with everything that export reads."""
    corpus = _corpus()
    shutil.copytree(ROOT / "configs", folder / "configs")
    _drop_reports_and_milestones(folder / "configs/study.yaml")
    shutil.copy(ROOT / "dvc.yaml", folder)
    _write_codings(folder / "corpus/coding", corpus.blocks)
    with (folder / "corpus/manifest.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, COLUMNS)
        rows.writeheader()
        rows.writerows(cells_of(entry) for entry in _entries())
    passages = _passages(corpus.blocks)
    scores = passages.head(9).select(
        "passage_id",
        pl.lit("host_state").alias("theme_id"),
        pl.lit(0.875).alias("probability"),
        pl.lit(True).alias("assigned"),
        pl.lit(False).alias("out_of_fold"),
    )
    with chdir(folder):
        for table, frame in (
            (DOCUMENTS, corpus.documents),
            (BLOCKS, corpus.blocks),
            (PASSAGES, passages),
            (SCORES, scores),
        ):
            write_table(table, frame)
    project = Project(folder)
    project.export()
    return project


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project; no test changes it."""
    return build_project(tmp_path_factory.mktemp("exported") / "project")


@pytest.fixture
def project(exported: Project, tmp_path: Path) -> Project:
    """A copy that a test may change."""
    shutil.copytree(exported.folder, tmp_path / "project")
    return Project(tmp_path / "project")


@pytest.fixture(scope="session")
def build() -> Callable[[Path], Project]:
    """Builds the project in another place."""
    return build_project
