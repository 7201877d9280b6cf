"""The stage as a person runs it: same files, same bytes, whatever way they came."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from pipeline.acquire.__main__ import acquire
from pipeline.acquire.sources import sources_of
from pipeline.run.errors import InputError, StageError
from pipeline.run.tables.table import read_table
from pipeline.run.tables.texts import ACQUIRED
from pipeline.study.manifest import Entry, located, read_manifest

CONFIGS = Path("configs").resolve()


@pytest.fixture(autouse=True)
def in_project(project, monkeypatch: pytest.MonkeyPatch):
    """The stage runs in the project's folder with the settings of this repository."""
    shutil.copytree(CONFIGS, project.folder / "configs")
    monkeypatch.chdir(project.folder)
    return project


def made() -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in Path("outputs/acquire").iterdir()}


def test_the_second_run_finds_everything_and_changes_no_byte(project, monkeypatch, capsys) -> None:
    monkeypatch.setenv("PEACETEXT_MIRROR", str(project.mirror))
    acquire()
    first = made()
    assert "from the mirror" in capsys.readouterr().err

    acquire()

    assert made() == first
    assert "from the mirror" not in capsys.readouterr().err
    assert set(first) == {"acquired.parquet", "metrics.json"}


def test_two_clones_with_mirrors_of_two_kinds_write_the_same_bytes(
    project, new_project, web_mirror, monkeypatch
) -> None:
    server, _ = web_mirror
    monkeypatch.setenv("PEACETEXT_MIRROR", str(project.mirror))
    acquire()
    by_folder = made()

    clone = new_project("clone")
    shutil.copytree(CONFIGS, clone.folder / "configs")
    monkeypatch.chdir(clone.folder)
    monkeypatch.setenv("PEACETEXT_MIRROR", f"{server.address}/")
    acquire()

    assert made() == by_folder


def test_a_mirror_that_cannot_help_leaves_no_trace_in_the_table(project, monkeypatch) -> None:
    (project.mirror / "cited" / "report.pdf").unlink()
    monkeypatch.setenv("PEACETEXT_MIRROR", str(project.mirror))
    acquire()
    with_mirror = made()

    monkeypatch.delenv("PEACETEXT_MIRROR")
    acquire()

    assert made() == with_mirror
    assert read_table(ACQUIRED).filter(document_id="report")["reason"].to_list() == [
        "the network did not answer"
    ]


def test_neither_table_nor_metrics_name_a_place_of_this_machine(project, monkeypatch) -> None:
    monkeypatch.setenv("PEACETEXT_MIRROR", str(project.mirror))
    acquire()

    metrics = Path("outputs/acquire/metrics.json").read_text()
    assert str(project.mirror) not in metrics
    assert str(project.mirror).encode() not in made()["acquired.parquet"]


def test_without_mirror_and_network_the_article_is_there_and_the_warning_says_what_to_do(
    project, silent_name_server, capsys
) -> None:
    start = time.monotonic()

    acquire()

    assert time.monotonic() - start < 15
    assert silent_name_server() <= 3
    table = read_table(ACQUIRED)
    assert dict(zip(table["document_id"], table["status"], strict=True)) == {
        "article": "present",
        "congo": "unavailable",
        "mali": "unavailable",
        "report": "unavailable",
    }
    assert table["document_id"].is_sorted()
    assert table.filter(status="unavailable")["reason"].unique().to_list() == [
        "the network did not answer"
    ]
    warnings = [line for line in capsys.readouterr().err.splitlines() if "WARNING" in line]
    assert len(warnings) == 1
    assert "2 of 4 documents are missing" in warnings[0]
    assert "PEACETEXT_MIRROR" in warnings[0]
    assert "make again" in warnings[0]
    assert Path("corpus/un").is_dir()  # DVC wants its output, empty or not


def test_metrics_count_by_status_kind_and_mission_and_name_what_is_missing(
    project, monkeypatch
) -> None:
    (project.mirror / "resolutions" / "congo.xml").write_bytes(b"<a>Another text.</a>")
    monkeypatch.setenv("PEACETEXT_MIRROR", str(project.mirror))

    acquire()

    metrics = json.loads(Path("outputs/acquire/metrics.json").read_text())
    assert metrics["status"] == {"present": 3, "unavailable": 0, "corrupt": 1}
    assert metrics["present"]["kind"] == {"article": 1, "report": 1, "resolution": 1}
    assert metrics["present"]["mission"] == {"MINUSMA": 3}
    assert metrics["present"]["origin"] == {"fetched": 2, "project": 1}
    assert metrics["not_pinned"] == "report"
    assert list(metrics["missing"].values()) == [{"documents": 1, "ids": "congo", "optional": 0}]


def test_a_document_that_nobody_pinned_is_printed_as_the_row_that_pins_it(
    project, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("PEACETEXT_MIRROR", str(project.mirror))
    acquire()
    line = next(line for line in capsys.readouterr().err.splitlines() if "to pin it" in line)
    manifest = Path("corpus/manifest.csv")
    rows = manifest.read_text().splitlines()
    rows[-1] = line.partition("manifest: ")[2]
    manifest.write_text("\n".join(rows) + "\n")

    acquire()

    assert "to pin it" not in capsys.readouterr().err
    assert read_table(ACQUIRED).filter(document_id="report")["status"].item() == "present"


def test_without_any_document_the_stage_fails_and_the_last_table_stays(project) -> None:
    acquire()
    before = made()
    Path("corpus/article/article.txt").unlink()

    with pytest.raises(StageError, match="nothing to read"):
        acquire()

    assert made() == before


def test_a_wrong_manifest_or_mirror_stops_before_anything_is_touched(project, monkeypatch) -> None:
    acquire()
    before = made()

    monkeypatch.setenv("PEACETEXT_MIRROR", "no-such-folder")
    with pytest.raises(InputError, match="PEACETEXT_MIRROR: the mirror 'no-such-folder' is not"):
        acquire()
    monkeypatch.setenv("PEACETEXT_MIRROR", "ftp://mirror.example")
    with pytest.raises(InputError, match="is not a folder"):
        acquire()
    monkeypatch.delenv("PEACETEXT_MIRROR")
    with Path("corpus/manifest.csv").open("a") as manifest:
        manifest.write("one,cell\n")
    with pytest.raises(InputError, match="row 6"):
        acquire()

    assert made() == before


def test_what_a_killed_run_left_is_cleared_away(project, monkeypatch) -> None:
    left = Path(".cache/acquire/tmp-half")
    left.parent.mkdir(parents=True)
    left.write_bytes(b"<akomaNtoso>")
    monkeypatch.setenv("PEACETEXT_MIRROR", str(project.mirror))

    acquire()

    assert not left.exists()


@pytest.mark.mirror
def test_the_real_documents_of_the_core_profile_are_all_in_the_mirror(
    mirror: Path, project, monkeypatch
) -> None:
    shutil.copyfile(CONFIGS.parent / "corpus/manifest.csv", "corpus/manifest.csv")
    monkeypatch.setenv("PEACETEXT_MIRROR", str(mirror))

    acquire()

    table = read_table(ACQUIRED)
    assert table.filter(status="present", origin="fetched").height == 332
    assert table.filter(status="present", origin="fetched")["address"].str.len_chars().min() > 0
    missing = table.filter(
        ~(table["status"] == "present") & (table["document_id"] != "gilder-2026")
    )
    assert not missing["required"].any()


@pytest.mark.mirror
def test_the_profiles_find_the_cited_and_the_older_reports_in_the_mirror_too(
    mirror: Path, project, monkeypatch
) -> None:
    if not (mirror.parent / "older-reports").is_dir():
        pytest.skip("the mirror has no older reports beside it")
    shutil.copyfile(CONFIGS.parent / "corpus/manifest.csv", "corpus/manifest.csv")
    monkeypatch.setenv("PEACETEXT_MIRROR", str(mirror))
    params = Path("configs/params.yaml")
    given = params.read_text()
    monkeypatch.setattr("pipeline.acquire.__main__.sources_of", mirror_alone)
    for profile, expected in (("reports", 336), ("full", 1099)):
        params.write_text(given.replace("profile: core", f"profile: {profile}", 1))

        acquire()

        table = read_table(ACQUIRED)
        assert table.filter(status="present", origin="fetched").height == expected
    assert not Path("corpus/pins.csv").exists()
    assert located(by_id()["s-2014-403"]).path == "un/cited/S-2014-403.txt"


def mirror_alone(settings, mirror, pins):
    return sources_of(settings, mirror, pins)[:1]


def by_id() -> dict[str, Entry]:
    return {entry.document_id: entry for entry in read_manifest()}


def test_a_mirror_beside_the_checkout_is_used_unnamed_and_that_is_said(
    project, monkeypatch, capsys
) -> None:
    shutil.copytree(project.mirror, project.folder.parent / "shared" / "un-documents")

    acquire()

    said = capsys.readouterr().err
    assert "no mirror is named; ../shared/un-documents, which is there, is used as one" in said
    assert read_table(ACQUIRED)["status"].unique().to_list() == ["present"]

    shutil.rmtree(project.corpus / "un")
    shutil.copytree(project.mirror, project.corpus / "un-documents")
    acquire()
    assert "no mirror is named; corpus/un-documents" in capsys.readouterr().err
