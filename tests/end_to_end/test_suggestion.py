"""A suggestion that a person fills in and puts back teaches the classifiers."""

from __future__ import annotations

import io
import shutil
from contextlib import chdir
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from tests.end_to_end.conftest import Project

pytestmark = pytest.mark.slow


def test_what_was_suggested_and_coded_is_learnt_from_and_the_next_draw_is_another(
    finished: tuple[Project, Project], tmp_path: Path
) -> None:
    # given a finished run, of which three passages are suggested
    shutil.copytree(finished[0].folder, tmp_path / "project", symlinks=True)
    project = Project(tmp_path / "project")
    study = project.folder / "configs" / "study.yaml"
    short = study.read_text(encoding="utf-8").replace("words: [18, 160]", "words: [4, 160]")
    study.write_text(short, encoding="utf-8")  # the small documents have short paragraphs
    suggested = _suggest(project)
    # when a person codes two of them, puts the file back, and runs the stage again
    given = suggested.with_columns(codes=pl.Series(["leadership;training", "", "?"]))
    given.write_csv(project.folder / "corpus" / "coding" / "suggested-coder-maria.csv")
    before = project.outputs()
    again = project.python("-m", "pipeline.themes")
    # then these two are coded units with their labels, and the third is not
    assert again.returncode == 0, again.stderr
    units = pl.read_parquet(project.folder / "outputs" / "themes" / "units.parquet")
    coded = units.filter(pl.col("unit_set") == "suggested").sort(pl.col("labels").list.len())
    assert coded["labels"].to_list() == [[], ["leadership", "training"]]
    assert set(coded["text"]) == set(suggested["text"][:2])
    # and passages are scored by what was learnt, while nothing is judged by the two
    scores, evaluation = "outputs/themes/scores.parquet", "outputs/themes/evaluation.parquet"
    after = project.outputs()
    assert after[scores] != before[scores]
    judged = [
        pl.read_parquet(io.BytesIO(outputs[evaluation])).select("setting", "theme_id", "support")
        for outputs in (before, after)
    ]
    assert judged[0].equals(judged[1])
    # and a later suggestion is another draw
    assert set(_suggest(project)["draw"]).isdisjoint(suggested["draw"])


def _suggest(project: Project) -> pl.DataFrame:
    (project.folder / "to-code.csv").unlink(missing_ok=True)  # no sheet is written over
    with chdir(project.folder), pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEACETEXT_CACHE", project.environment["PEACETEXT_CACHE"])
        done = CliRunner().invoke(app, ["suggest", "--rows", "3", "--out", "to-code.csv"])
    assert done.exit_code == 0, done.output
    return pl.read_csv(project.folder / "to-code.csv", infer_schema=False)
