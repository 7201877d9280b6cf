"""Word files of which users of other programs complained, each with its right result."""

from __future__ import annotations

import datetime
from pathlib import Path

from pipeline.ingest.reading import Reading
from pipeline.ingest.recognising import recognition_of
from pipeline.ingest.word.reader import read_word

CASES = Path("tests/field_cases")


def _read(case: str, limits) -> Reading:
    (file,) = CASES.glob(case)
    return read_word(file.read_bytes(), limits)


def test_lists_of_one_definition_go_on_counting_and_an_override_restarts_them(limits):
    blocks = _read("20-*/*.docx", limits).blocks
    assert [block.label for block in blocks if block.role != "heading"] == [
        *("1", "2", "3"),
        *("4", "5", "5 (a)", "5 (b)", "6"),
        *("15", "16"),
        *("Annex I, 1", "Annex I, 2"),
    ]


def test_each_paragraph_has_its_endnote(limits):
    reading = _read("21-*/*.docx", limits)
    texts = {note.number: note.text for note in reading.notes}
    assert [[texts[mark.number] for mark in block.marks] for block in reading.blocks[1:]] == [
        ["Interview with a senior UN police official, Bamako, October 2023."],
        ["Interview with an NGO official, Goma, November 2023; S/2018/541, para. 14."],
    ]


def test_cells_and_rows_in_content_controls_keep_their_place(limits):
    rows = [block.text for block in _read("23-*/*.docx", limits).blocks if block.role == "annex"]
    assert rows == [
        "Date | Place | Incident | Killed",
        "12 May 2031 | Kidal | Mortar attack | 2",
        "14 May 2031 | Gao | Ambush of a convoy | 1",
    ]


def test_symbol_and_date_are_read_from_the_page_header(limits):
    reading = _read("24-*/*.docx", limits)
    found = recognition_of(reading, "report-on-the-mission", {})
    assert (found.symbol, found.date) == ("S/2031/5", datetime.date(2031, 1, 26))
    assert found.kind == "report"


def test_an_inserted_page_is_read_where_word_would_show_it(limits):
    whole = _read("26-*/from-a-website.docx", limits)
    assert [(block.role, block.section, block.text) for block in whole.blocks] == [
        ("heading", (), "Field notes"),
        ("paragraph", ("Field notes",), "The patrol met the village elders."),
    ]
    assert [block.text for block in _read("26-*/partly.docx", limits).blocks] == [
        "Before the inserted text.",
        "Forty paragraphs of the report were inserted here.",
        "After it.",
    ]


def test_strict_open_xml_is_read(limits):
    reading = _read("27-*/*.docx", limits)
    assert [(block.role, block.text) for block in reading.blocks] == [
        ("heading", "Field notes"),
        ("paragraph", "The patrol met the village elders."),
    ]
    assert reading.title != "Word Document"
