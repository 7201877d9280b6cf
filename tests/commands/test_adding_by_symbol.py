"""Documents are added by symbol, however it is pasted; what the corpus cites is listed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.acquire.verifying import Pin, read_pins, write_pins
from pipeline.commands.corpus import cited_table
from pipeline.ingest.corpus import corpus_of
from pipeline.ingest.readers import read_file
from pipeline.run.settings import load_settings
from pipeline.run.tables.table import write_table
from pipeline.run.tables.texts import BLOCKS, DOCUMENTS, NOTES
from pipeline.study.manifest import read_manifest
from tests.commands.test_adding import entry_of, files, peacetext


@pytest.mark.parametrize(
    "pasted",
    [
        "https://documents.un.org/api/symbol/access?s=S/2031/8/Add.1&l=en&t=pdf",
        "docs.un.org/en/s/2031/8/add.1?direct=true",
        "https://undocs.org/Home/Mobile?FinalSymbol=S%2F2031%2F8%2FAdd.1&Language=E",
    ],
)
def test_a_pasted_address_is_its_symbol(project: Path, pasted: str) -> None:
    assert peacetext("add", pasted).exit_code == 0
    assert entry_of("s-2031-8-add-1").symbol == "S/2031/8/Add.1"


def test_a_year_that_is_not_that_of_a_resolution_is_refused_and_a_missing_one_added(
    project: Path,
) -> None:
    before = files(project)
    done = peacetext("add", "S/RES/2434 (2019)")
    assert done.exit_code == 2
    assert "S/RES/2434 is of 2018" in done.output
    assert files(project) == before

    peacetext("add", "s/res/2434")
    assert entry_of("s-res-2434-2018").source_url == "https://docs.un.org/en/S/RES/2434(2018)"


@pytest.mark.parametrize("name", ["A-12.txt", "interview S-3.txt"])
def test_an_interview_is_no_un_document_because_of_its_name(
    project: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("We stayed in the camp.\n\nThe mandate did not say why.\n")

    done = peacetext("add", tmp_path / name)

    (entry,) = [entry for entry in read_manifest() if entry.path.startswith("inbox/")]
    assert (entry.symbol, entry.source_url, entry.licence) == ("", "", "")
    assert ("--symbol A/12" in done.output) == (name == "A-12.txt")
    peacetext("remove", entry.document_id)
    peacetext("add", tmp_path / name, "--symbol", "a/12")
    assert entry_of("a-12").symbol == "A/12"


def test_three_reports_that_the_manifest_knows_join_the_core_by_their_symbols(
    project: Path,
) -> None:
    before = len(read_manifest())
    symbols = ("S/2018/541", "docs.un.org/en/S/2019/207", "s/2019/454")

    done = peacetext("add", *symbols)

    assert done.exit_code == 0, done.output
    entry = entry_of("s-2018-541")
    assert (entry.profiles, entry.missions) == (("core", "reports"), ("MINUSMA",))
    assert entry.title == "Report of the Secretary-General on the situation in Mali"
    assert len(read_manifest()) == before
    assert "is in the corpus already" in peacetext("add", "S/2019/207").output


def test_all_reports_on_a_mission_join_the_core(project: Path) -> None:
    before = files(project)
    assert peacetext("add", "--mission", "MINUSMA", "--kind", "report", "--dry-run").exit_code == 0
    assert files(project) == before

    done = peacetext("add", "--mission", "MINUSMA", "--kind", "report")

    assert done.exit_code == 0, done.output
    on_mali = [e for e in read_manifest() if e.kind == "report" and "MINUSMA" in e.missions]
    assert len(on_mali) >= 29
    assert all("core" in entry.profiles for entry in on_mali)
    assert (
        "nothing on MINUSMA is left"
        in peacetext("add", "--mission", "MINUSMA", "--kind", "report").output
    )


def test_a_reissue_takes_the_place_of_the_file_of_then_only_when_told(project: Path) -> None:
    peacetext("add", "S/2031/8")
    place = project / "corpus" / "un" / "added" / "s-2031-8.txt"
    place.parent.mkdir(parents=True)
    place.write_text("S/2031/8\n\nas it was\n")
    write_pins([Pin("S/2031/8", "a" * 64, "https://docs.un.org/x", "2031-03-06", 20)])

    assert peacetext("add", "S/2031/8").exit_code == 2
    assert place.is_file()
    assert peacetext("add", "S/2031/8", "--replace").exit_code == 0

    assert not place.is_file()
    assert read_pins() == {}
    assert entry_of("s-2031-8").profiles == ("core", "full")


def test_what_the_corpus_cites_and_does_not_hold_is_listed_and_added(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {
        "s-2031-1": "Recalling resolution 9001 (2031) and my report S/2031/40.",
        "s-2031-2": "In S/2031/40 I reported on S/2031/1, and again in S/2031/40.",
        "gilder-2026": "See A/RES/72/199 and S/2031/40, and S/RES/2423(2018).",
    }
    limits = load_settings().ingest
    readings = []
    for document_id, text in texts.items():
        symbol = "" if document_id == "gilder-2026" else document_id.upper().replace("-", "/")
        entry = replace(read_manifest()[0], document_id=document_id, symbol=symbol)
        readings.append((entry, read_file(text.encode(), "other", ".txt", limits)))
    corpus = corpus_of(readings)
    for table, frame in (
        (DOCUMENTS, corpus.documents),
        (BLOCKS, corpus.blocks),
        (NOTES, corpus.notes),
    ):
        write_table(table, frame)

    found = cited_table()

    assert found.select("symbol", "cited_by").rows() == [
        ("S/2031/40", 3), ("A/RES/72/199", 1), ("S/RES/2423 (2018)", 1), ("S/RES/9001 (2031)", 1),
    ]  # fmt: skip
    assert found["who"][0] == "S/2031/1, S/2031/2, gilder-2026"
    assert found["in_manifest"].to_list()[2] == "core, full"
    done = peacetext("cited", "--rows", "1", "--add")
    assert "S/2031/40" in done.output
    assert entry_of("s-2031-40").kind == "report"
