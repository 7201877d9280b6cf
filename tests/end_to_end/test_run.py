"""A newcomer's run, from documents to page: whole, repeatable, and hard to break."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from pipeline.run.tables.dictionary import TABLES
from tests.end_to_end.conftest import Project

pytestmark = pytest.mark.slow

Finished = tuple[Project, Project]


@pytest.fixture
def project(finished: Finished, tmp_path: Path) -> Project:
    """A finished project that a test may break."""
    shutil.copytree(finished[0].folder, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")


def test_every_table_and_the_page_are_there(finished: Finished) -> None:
    made = finished[0].outputs()
    assert [table.path for table in TABLES if str(table.path) not in made] == []
    assert b"<html" in made["outputs/report/index.html"]
    metrics = json.loads(made["outputs/topics/metrics.json"])
    assert 5 <= metrics["article_alone"]["topics"] <= 15


def test_two_runs_in_two_places_give_the_same_bytes(finished: Finished) -> None:
    one, two = (project.outputs() for project in finished)
    assert set(one) == set(two)
    assert [name for name in one if one[name] != two[name]] == []


def test_a_second_run_does_nothing(finished: Finished) -> None:
    project = finished[0]
    before = project.outputs()
    done = project.python("-m", "dvc", "repro")
    assert done.returncode == 0
    assert "up to date" in done.stdout + done.stderr
    assert project.outputs() == before


def test_a_new_document_embeds_only_itself_and_changes_no_other_id(project: Project) -> None:
    # given a finished run
    name = project.folder / "outputs" / "segment" / "passages.parquet"
    before = set(pl.read_parquet(name)["passage_id"])
    # when one resolution is added and everything up to its vectors is made
    project.add_document("S-RES-9002-2031.xml")
    done = project.python("-m", "dvc", "repro", "embed")
    assert done.returncode == 0, done.stderr[-2000:]
    # then its passages are new, the others are as they were, and only new texts were computed
    after = set(pl.read_parquet(name)["passage_id"])
    new = after - before
    assert before < after
    assert all(passage_id.startswith("s-res-9002-2031.") for passage_id in new)
    counted = (done.stdout + done.stderr).split(" texts not seen before")[0].split()[-1]
    assert 0 < int(counted) <= len(new)


def _replace(project: Project, file: str, old: str, new: str) -> None:
    path = project.folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("stage", "file", "old", "new", "said"),
    [
        ("topics", "configs/params.yaml", "  min_words: 8", "  min_wrods: 8", "topics.min_wrods"),
        (
            "segment",
            "configs/params.yaml",
            "  max_words: 110",
            "  max_words: 0",
            "segment.max_words",
        ),
        ("acquire", "corpus/manifest.csv", "document_id,symbol", "id,symbol", "document_id"),
        ("acquire", "corpus/manifest.csv", ",article,", ",artikel,", "artikel"),
        ("acquire", "corpus/manifest.csv", "article/gilder-2026.txt", "../etc/passwd", "row 2"),
        (
            "themes",
            "corpus/coding/article-sentences.csv",
            "This article shows the UN's",
            "This article hides the UN's",
            "article-sentences.csv: row 2",
        ),
        ("themes", "corpus/coding/article-coder-1.csv", "robust_force", "robust_farce", "row 2"),
    ],
)
def test_bad_input_stops_its_stage_with_one_line_and_destroys_nothing(
    project: Project, stage: str, file: str, old: str, new: str, said: str
) -> None:
    # given a finished run and one mistake
    before = project.outputs()
    _replace(project, file, old, new)
    # when the stage runs
    done = project.python("-m", f"pipeline.{stage}")
    # then the last line names file, place and fix, and everything that was made is still there
    assert done.returncode == 2
    last = done.stderr.strip().splitlines()[-1]
    assert file in last
    assert said in last
    assert "fix: " in last
    assert "Traceback" not in done.stderr
    assert project.outputs() == before


def test_a_stage_that_fails_under_dvc_leaves_what_was_made(project: Project) -> None:
    before = project.outputs()
    _replace(project, "configs/params.yaml", "  n_terms: 10", "  n_terms: 0")
    assert project.python("-m", "dvc", "repro").returncode != 0
    assert project.outputs() == before


@pytest.mark.parametrize("stage", ["acquire", "ingest", "segment", "embed", "report"])
def test_every_stage_says_what_it_does(project: Project, stage: str) -> None:
    done = project.python("-m", f"pipeline.{stage}", "--help")
    assert done.returncode == 0
    assert f"python -m pipeline.{stage}" in done.stdout
    assert "Example" in done.stdout
