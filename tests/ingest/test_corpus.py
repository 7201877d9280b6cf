"""Readings become tables with ids that stay, and what cannot be read does not stop the rest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipeline.ingest.corpus import CorpusTables, metrics_of, read_corpus
from pipeline.run.settings import load_settings
from pipeline.run.tables.table import read_table, write_table
from pipeline.run.tables.texts import ACQUIRED, BLOCKS, DOCUMENTS, NOTES, SET_ASIDE
from pipeline.study.manifest import COLUMNS, Entry, line_of
from pipeline.study.study import load_missions

FILES = Path(__file__).parent / "documents"
PROJECT = Path(__file__).parents[2]
LIMITS = load_settings().ingest


def _entry(name: str, kind: str, **changes: object) -> Entry:
    values: dict[str, object] = {
        "document_id": Path(name).stem.lower(),
        "symbol": "",
        "kind": kind,
        "title": "",
        "date": None,
        "missions": ("UNMISS",),
        "themes": (),
        "profiles": ("core",),
        "required": False,
        "path": f"inbox/{name}",
        "source_url": "",
        "sha256": "",
        "licence": "",
    }
    return Entry(**{**values, **changes})  # type: ignore[arg-type]


ARTICLE = _entry("article.txt", "article", missions=())
FIRST = _entry("S-RES-9001-2031.xml", "resolution", missions=("UNMISS", "MINUSCA"))
SECOND = _entry("S-RES-9002-2031.xml", "resolution")
STATEMENT = _entry("S-PRST-9031-1.xml", "presidential_statement", date=date(2031, 1, 22))


def _corpus(*entries: Entry) -> CorpusTables:
    files = ((entry, (FILES / Path(entry.path).name).read_bytes()) for entry in entries)
    return read_corpus(files, LIMITS)


def test_another_document_changes_no_id() -> None:
    alone = _corpus(FIRST)
    together = _corpus(ARTICLE, SECOND, FIRST, STATEMENT)
    ids = together.blocks.filter(pl.col("document_id") == FIRST.document_id)["block_id"]
    assert ids.to_list() == alone.blocks["block_id"].to_list()
    assert together.blocks["block_id"].is_unique().all()
    assert all(ids.str.starts_with(f"{FIRST.document_id}."))


def test_the_tables_keep_their_schema_when_written_and_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    corpus = _corpus(ARTICLE, FIRST, STATEMENT)
    frames = (corpus.documents, corpus.blocks, corpus.notes, corpus.set_aside)
    for table, frame in zip((DOCUMENTS, BLOCKS, NOTES, SET_ASIDE), frames, strict=True):
        write_table(table, frame)
        assert read_table(table).rows() == frame.rows()


def test_what_the_manifest_says_goes_before_what_the_document_says() -> None:
    document = _corpus(STATEMENT).documents.row(0, named=True)
    assert document["symbol"] == "S/PRST/9031/1"
    assert document["date"] == date(2031, 1, 22)
    assert "date of the manifest taken; the document says 2031-01-21" in document["remarks"]


def test_a_document_that_cannot_be_read_is_set_aside_and_the_others_go_on() -> None:
    broken = _entry("broken.xml", "resolution")
    empty = _entry("empty.xml", "resolution")
    unknown = _entry("recording.ogg", "other")
    large = _entry("large.xml", "resolution")
    limits = LIMITS.model_copy(update={"max_megabytes": 1})
    first = (FILES / "S-RES-9001-2031.xml").read_bytes()
    files = [
        (broken, b"\x00\x01 not a document"),
        (empty, b" \n"),
        (unknown, b"OggS"),
        (large, first + b" " * 2_000_000),
        (FIRST, first),
    ]
    corpus = read_corpus(files, limits)
    assert corpus.documents["document_id"].to_list() == [FIRST.document_id]
    assert dict(corpus.set_aside.rows()) == {
        "broken": "is not XML",
        "empty": "is empty",
        "recording": "no reader for .ogg of kind other",
        "large": "is 2 MB; ingest.max_megabytes is 1",
    }


def test_metrics_count_documents_under_each_of_their_missions() -> None:
    metrics = metrics_of(_corpus(ARTICLE, FIRST, SECOND, STATEMENT))
    assert metrics["documents"] == 4
    assert metrics["documents_by_kind"] == {
        "article": 1,
        "presidential_statement": 1,
        "resolution": 2,
    }
    assert metrics["documents_by_mission"] == {"MINUSCA": 1, "UNMISS": 3}
    assert metrics["documents_by_year"] == {"2031": 4}
    assert metrics["blocks"] == sum(metrics["blocks_by_role"].values())
    assert metrics["words"] == sum(metrics["words_by_kind"].values())


def _project(folder: Path, entries: list[Entry]) -> None:
    """A project in which acquire has run and found these documents."""
    shutil.copytree(PROJECT / "configs", folder / "configs")
    (folder / "corpus/inbox").mkdir(parents=True)
    rows = []
    for entry in entries:
        content = (FILES / Path(entry.path).name).read_bytes()
        (folder / "corpus" / entry.path).write_bytes(content)
        row = (entry.document_id, "present", False, "project", len(content), "0" * 64, "", "")
        rows.append(row)
    lines = [",".join(COLUMNS), *(line_of(entry) for entry in entries)]
    (folder / "corpus/manifest.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    schema = ACQUIRED.schema.create_empty().schema
    write_table(ACQUIRED, pl.DataFrame(rows, schema=list(schema), orient="row"))


def _run(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline.ingest"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_stage_goes_on_without_what_it_cannot_read_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = _entry("article.txt", "resolution", path="inbox/notes.wpd", document_id="notes")
    _project(tmp_path, [FIRST])
    (tmp_path / "corpus/inbox/notes.wpd").write_bytes(b"\xffWPC")
    with (tmp_path / "corpus/manifest.csv").open("a", encoding="utf-8") as manifest:
        manifest.write(line_of(wrong) + "\n")
    present = read_table(ACQUIRED)
    write_table(ACQUIRED, pl.concat([present, present.with_columns(document_id=pl.lit("notes"))]))
    outcome = _run(tmp_path)
    assert outcome.returncode == 0
    assert "notes set aside: no reader for .wpd of kind resolution" in outcome.stderr
    assert read_table(DOCUMENTS)["document_id"].to_list() == [FIRST.document_id]
    assert read_table(SET_ASIDE)["document_id"].to_list() == ["notes"]


def test_the_stage_fails_when_nothing_could_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _project(tmp_path, [FIRST])
    (tmp_path / "corpus" / FIRST.path).write_bytes(b"")
    outcome = _run(tmp_path)
    assert outcome.returncode == 1
    assert outcome.stderr.splitlines()[-1].startswith("ingest: no document could be read")
    assert not (tmp_path / BLOCKS.path).exists()


def test_a_row_written_before_anybody_read_the_document_takes_kind_and_missions_from_it() -> None:
    # given two rows for a text on MINUSMA, one with a symbol alone, one with a title
    text = b"S/2031/7\n\nLetter dated 3 May 2031\n\n" + b"MINUSMA patrols. " * 3
    bare = _entry("s-2031-7.txt", "report", missions=())
    titled = _entry("s-2031-8.txt", "report", missions=(), title="A letter")
    # when both are read
    corpus = read_corpus([(bare, text), (titled, text)], LIMITS, missions=load_missions())
    # then only the first is told what it is
    rows = corpus.documents.select("kind", "missions").rows()
    assert rows == [("other", ["MINUSMA"]), ("report", [])]
