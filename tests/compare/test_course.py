"""The course of policy and the years that are marked in it."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pipeline.compare.gap.measuring import course_table, marks_of
from pipeline.compare.material import Material
from pipeline.ingest.readers import read_file
from pipeline.run.settings import load_settings
from pipeline.study.checks import load_study
from pipeline.study.manifest import MANIFEST_FILE, read_manifest
from pipeline.study.study import Milestone


def test_every_milestone_stands_in_the_document_that_it_names(mirror: Path) -> None:
    entries = {entry.document_id: entry for entry in read_manifest()}
    for milestone in load_study().milestones:
        entry = entries[milestone.source]
        places = [MANIFEST_FILE.parent / entry.path, *mirror.rglob(Path(entry.path).name)]
        file = next(place for place in places if place.is_file())
        kind = file.suffix.removeprefix(".")
        reading = read_file(file.read_bytes(), entry.kind, f".{kind}", load_settings().ingest)
        said = [
            block.text
            for block in reading.blocks
            if not milestone.label or block.label == milestone.label
        ]
        assert any(milestone.words in text for text in said), milestone
        if entry.kind != "article":
            assert entry.date is not None
            assert entry.date.year == milestone.year


def test_two_milestones_of_one_year_share_a_mark() -> None:
    milestone = Milestone(mission="MINUSMA", year=2013, what="one", source="x", label="", words="y")

    marks = marks_of([milestone, milestone.model_copy(update={"what": "two"})])

    assert marks == {("MINUSMA", 2013): "one; two"}


def test_the_course_counts_each_mission_and_year_and_marks_the_milestone(
    plant: Callable[..., Material],
) -> None:
    """Twenty resolutions a mission, all of 2015; of its passages some half are on robust force."""
    material = plant()

    course = course_table(material, ["MINUSMA", "MONUSCO"], 0.95, {("MINUSMA", 2015): "a turn"})

    assert course["mission"].unique().to_list() == ["MINUSMA"]  # no document on MONUSCO
    row = course.filter(pl.col("theme_id") == "robust_force").row(0, named=True)
    truth = material.scores.join(
        material.passages.select("passage_id", "document_id"), on="passage_id"
    ).join(
        material.documents.filter(
            pl.col("missions").list.contains("MINUSMA") & (pl.col("kind") != "article")
        ),
        on="document_id",
    )
    of_theme = truth.filter(pl.col("theme_id") == "robust_force")["assigned"]
    assert (row["n_policy"], row["policy"]) == (120, pytest.approx(of_theme.mean(), abs=1e-6))
    assert row["policy_low"] < row["policy"] < row["policy_high"]
    assert row["mark"] == "a turn"
    assert row["difference"] is None  # uncorrected shares are not set against the interviews


def test_without_scores_there_is_no_course(
    plant: Callable[..., Material], without: Callable[..., Material]
) -> None:
    assert course_table(without(plant(), "scores"), ["MINUSMA"], 0.95, {}).is_empty()
