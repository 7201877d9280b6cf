"""What is seen first under a symbol is pinned, once its masthead has said that it is that one."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.acquire.sources import MirrorFolder
from pipeline.acquire.verifying import file_in, form_of, masthead_problem, read_pins
from tests.acquire.conftest import (
    API,
    COPY,
    DIRECT,
    OLD_WORD,
    OTHER,
    REPORT,
    SHELL,
    SYMBOL,
    TEXT,
    Project,
    UnitedNations,
    pdf,
)


def test_first_sight_pins_a_document_with_the_address_that_gave_it(un: UnitedNations) -> None:
    un.server.gives(DIRECT, REPORT)

    un.fetch()

    pin = read_pins(un.project.corpus / "pins.csv")[SYMBOL]
    assert pin.sha256 == hashlib.sha256(REPORT).hexdigest() == un.entry.sha256
    assert pin.address.endswith(DIRECT)
    assert pin.bytes == len(REPORT)
    assert pin.date[:2] == "20"


def test_a_reissue_is_reported_and_the_file_of_then_is_kept(un: UnitedNations) -> None:
    un.server.gives(API, REPORT)
    un.fetch()
    un.server.gives(API, pdf("United Nations S/2031/7*", "Reissued for technical reasons."))
    before = (un.project.corpus / "pins.csv").read_bytes()

    assert un.fetch().source == "disk"
    assert un.file().read_bytes() == REPORT

    un.file().unlink()  # as in a fresh clone
    found = un.fetch()
    assert found.status == "corrupt"
    assert "was issued anew" in found.reason
    assert f"peacetext add {SYMBOL} --replace" in found.reason
    assert un.project.fetched() == []
    assert (un.project.corpus / "pins.csv").read_bytes() == before


def test_what_is_pinned_is_asked_for_where_it_was_seen_first(un: UnitedNations) -> None:
    un.server.gives(COPY, TEXT)
    un.fetch()
    un.file().unlink()
    un.server.gives(API, REPORT)  # another form of it, which the pin does not know
    un.server.asked.clear()

    assert un.fetch().form == ".txt"
    assert un.asked() == [COPY]


def test_a_mirror_may_hold_it_as_text_and_pins_nothing(un: UnitedNations) -> None:
    place = un.project.mirror / "added" / "r.txt"
    place.parent.mkdir()
    place.write_bytes(TEXT)

    found = un.project.collect(MirrorFolder(un.project.mirror, 1), entries={"report": un.entry})

    assert found["report"].status == "present"
    assert un.file().name == "r.txt"
    assert not (un.project.corpus / "pins.csv").exists()


def test_a_wrong_document_in_a_mirror_is_set_aside_too(un: UnitedNations) -> None:
    place = un.project.mirror / "added" / "r.pdf"
    place.parent.mkdir()
    place.write_bytes(OTHER)

    found = un.project.collect(MirrorFolder(un.project.mirror, 1), entries={"report": un.entry})

    assert found["report"].reason == "in the mirror says S/2031/6 in its masthead, not S/2031/7"
    assert un.project.fetched() == []


def test_older_reports_may_lie_beside_the_mirror(project: Project) -> None:
    entry = replace(project.entries()["mali"], path="un/older-reports/S-1994-253.pdf")
    beside = project.mirror.parent / "older-reports"
    beside.mkdir()

    assert file_in(project.mirror, entry) == beside / "S-1994-253.pdf"


@pytest.mark.parametrize(
    ("beginning", "form"),
    [
        (REPORT[:1024], ".pdf"), (TEXT, ".txt"), (b"PK\x03\x04word", ".docx"), (SHELL, ""),
        (OLD_WORD, ""), (b"{\\rtf1 S/2031/7}", ""), (b"<?xml version='1.0'?><error/>", ""),
        (b"\x89PNG\r\n\x1a\n\x00", ""), ("S/2031/7 Côte d’Ivoire".encode(), ".txt"),
    ],
)  # fmt: skip
def test_the_form_of_a_file_is_told_by_its_bytes(beginning: bytes, form: str) -> None:
    assert form_of(beginning) == form


def test_a_masthead_says_its_symbol_as_text_and_in_word(tmp_path: Path) -> None:
    from docx import Document

    document = Document()
    document.add_paragraph("United Nations\tS/2031/7")
    document.add_paragraph("See also S/2031/9.")
    document.save(str(tmp_path / "report.docx"))
    word = (tmp_path / "report.docx").read_bytes()

    assert masthead_problem(SYMBOL, word, ".docx") == ""
    assert masthead_problem("S/2031/9", word, ".docx").startswith("says S/2031/7")
    assert masthead_problem(SYMBOL, TEXT, ".txt") == ""
    assert masthead_problem("A/70/95-S/2031/7", TEXT, ".txt") == ""
    assert "(a scan?)" in masthead_problem(SYMBOL, b"PK\x03\x04 damaged", ".docx")


@pytest.mark.mirror
def test_mastheads_of_real_documents_say_their_symbols_and_no_others(mirror: Path) -> None:
    """All but scans whose noisy text has lost the symbol; never that of its neighbour."""
    from pipeline.study.manifest import read_manifest

    checked, agree, neighbours = 0, 0, 0
    for entry in read_manifest():
        if not entry.fetched:
            continue
        file = file_in(mirror, entry)
        if file.suffix == ".pdf" and file.is_file():
            content = file.read_bytes()
            checked += 1
            agree += masthead_problem(entry.symbol, content, ".pdf") == ""
            if "(" not in entry.symbol and "-" not in entry.symbol:
                neighbours += masthead_problem(f"{entry.symbol}1", content, ".pdf") == ""
    assert checked >= 32
    assert agree >= 0.93 * checked
    assert neighbours == 0
