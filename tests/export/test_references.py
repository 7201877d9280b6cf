"""The corpus as references: what a person wrote in the manifest cannot break the file."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from pipeline.export.__main__ import BibliographyEntry, bibtex, ris
from pipeline.study.symbols import address
from tests.export.conftest import Project

RESOLUTION = BibliographyEntry(
    key="s-res-1-2031",
    is_article=False,
    author="United Nations Security Council",
    journal="",
    title="Mali: 50% & more {x} \\ a_b",
    day=date(2031, 3, 4),
    symbol="S/RES/1 (2031)",
    doi="",
    url="https://docs.un.org/en/S/RES/1(2031)",
    note="two\nlines",
)


def entries(text: str) -> list[tuple[str, dict[str, str]]]:
    """Each entry's key with its fields, read with braces that must balance."""
    found = []
    for entry in re.split(r"(?m)^(?=@)", text)[1:]:
        without_escapes = re.sub(r"\\[{}]", "", entry)
        assert without_escapes.count("{") == without_escapes.count("}"), entry
        key = re.match(r"@\w+\{([^,]+),", entry)
        fields = re.findall(r"(?m)^  (\w+) = \{(.*)\},$", entry)
        assert key
        found.append((key[1], dict(fields)))
    return found


def test_special_characters_are_escaped() -> None:
    ((key, fields),) = entries(bibtex([RESOLUTION]))
    assert fields["title"] == r"{Mali: 50\% \& more \{x\} \textbackslash{} a\_b}"
    assert key == "s-res-1-2031"
    assert fields["author"] == "{United Nations Security Council}"
    assert fields["number"] == "S/RES/1 (2031)"
    assert fields["note"] == "two lines"


def test_the_article_has_its_author_journal_and_doi(exported: Project) -> None:
    text = (exported.exported / "corpus.bib").read_text(encoding="utf-8")
    first = dict(entries(text))["gilder-2026"]
    assert text.startswith("@article{gilder-2026,")
    assert first["author"] == "Gilder, Alexander"
    assert first["journal"] == "Journal of Intervention and Statebuilding"
    assert first["doi"] == "10.1080/17502977.2026.2626205"
    assert first["year"] == "2026"


def test_a_un_document_is_a_report_of_its_organ_with_symbol_and_address(exported: Project) -> None:
    text = (exported.exported / "corpus.bib").read_text(encoding="utf-8")
    fields = dict(entries(text))["s-res-9001-2031"]
    assert "@techreport{s-res-9001-2031," in text
    assert fields["author"] == "{United Nations Security Council}"
    assert fields["url"] == "https://docs.un.org/en/S/RES/9001(2031)"


def test_ris_has_a_type_first_and_an_end_last_in_every_record(exported: Project) -> None:
    text = (exported.exported / "corpus.ris").read_bytes().decode("utf-8")
    records = [record.split("\r\n") for record in text.split("\r\n\r\n") if record]
    assert [record[0] for record in records] == ["TY  - JOUR", "TY  - RPRT"]
    assert [record[-1] for record in records] == ["ER  - "] * 2
    for line in (line for record in records for line in record):
        assert re.fullmatch(r"[A-Z][A-Z0-9]  - .*", line), line
    assert "DO  - 10.1080/17502977.2026.2626205" in records[0]
    assert "SN  - S/RES/9001 (2031)" in records[1]


def test_a_note_of_two_lines_stays_on_one_in_ris() -> None:
    assert "N1  - two lines\r\n" in ris([RESOLUTION])


def test_addresses_of_symbols_are_those_of_the_un_and_safe() -> None:
    assert address("S/PRST/2018/10") == "https://docs.un.org/en/S/PRST/2018/10"
    assert address('A/1"><') == "https://docs.un.org/en/A/1%22%3E%3C"


def test_an_organ_is_one_author_of_endnote_and_persons_are_several() -> None:
    article = replace(RESOLUTION, is_article=True, author="Gilder, Alexander and Curran, David")

    lines = ris([article, RESOLUTION]).splitlines()

    assert [line for line in lines if line.startswith("AU")] == [
        "AU  - Gilder, Alexander",
        "AU  - Curran, David",
        "AU  - United Nations Security Council,",
    ]
