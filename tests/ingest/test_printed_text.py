"""Text that pdftotext made from UN documents: reports and verbatim records."""

from __future__ import annotations

import re

import pytest

from pipeline.ingest.text.plain import read_plain_text
from pipeline.ingest.text.verbatim import read_verbatim_record

HEAD = "S/2031/7\n\nUnited Nations\n\nSecurity Council\n\nDistr.: General\n24 January 2031\n"
HEAD += "Original: English\n\nSituation in Freedonia\nReport of the Secretary-General\n"
FULL = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen"
FOOT = "31-00448 (E)\n\n040231\n\n*3100448*\n\n"


def _report(limits, text):
    return read_plain_text(text.encode(), limits)


def _body(reading):
    return [(block.role, block.label, block.text) for block in reading.blocks]


@pytest.mark.parametrize("feed", ["\f", "\n"], ids=["form feeds", "none"])
def test_a_paragraph_goes_on_over_the_page_and_no_furniture_is_in_it(limits, feed):
    text = (
        f"{HEAD}I. Introduction\n1.\n{FULL}\n{FULL}\n{FOOT}{feed}S/2031/7\n\n"
        f"and the end.\n2. {FULL} more.\n3.The number is glued to it.\n2/9\n\n31-00448\n{feed}"
    )

    reading = _report(limits, text)

    assert (reading.symbol, str(reading.date)) == ("S/2031/7", "2031-01-24")
    assert reading.title == "Situation in Freedonia Report of the Secretary-General"
    assert _body(reading) == [
        ("heading", "", "I. Introduction"),
        ("paragraph", "1", f"{FULL} {FULL} and the end."),
        ("paragraph", "2", f"{FULL} more."),
        ("paragraph", "3", "The number is glued to it."),
    ]


def test_headings_have_their_marks_before_them_on_a_line_or_none_at_all(limits):
    text = f"{HEAD}II. Security\nA.\n\nMine action\n1.\n{FULL}.\nRule of law\n2. {FULL}.\n{FOOT}"

    sections = [block.section for block in _report(limits, text).blocks if block.label]

    assert sections == [
        ("II. Security", "A. Mine action"),
        ("II. Security", "A. Mine action", "Rule of law"),
    ]


def test_a_year_or_a_number_out_of_order_begins_no_paragraph(limits):
    text = f"{HEAD}1.\n{FULL} in\n2004. The rest was\n17. June and more.\n2. {FULL}.\n{FOOT}"

    assert [block.label for block in _report(limits, text).blocks] == ["1", "2"]


def test_the_two_columns_of_a_layout_are_read_one_after_the_other(limits):
    left = ["1.   The left column begins here with", *["words that fill up the left column"] * 8]
    right = [*["what is on the right continues it"] * 7, "to its end.", "2.   Then the second."]
    rows = [f"{one:42}{other}" for one, other in zip(left, right, strict=True)]
    text = "\n".join([HEAD, *rows, "", FOOT])

    blocks = _report(limits, text).blocks

    assert [block.label for block in blocks] == ["1", "2"]
    assert "that fill up the left column what is on the right" in blocks[0].text
    assert blocks[0].text.endswith("continues it to its end.")
    assert blocks[1].text == "Then the second."


def test_footnotes_and_the_mark_of_a_reissue_are_notes(limits):
    text = (
        f"{HEAD}1.\n{FULL}\n__________________\n1\n\nSee the other report.\n"
        f"{FOOT}\fS/2031/7\nand the end.\n* Reissued for technical reasons.\n2/9\n"
    )

    reading = _report(limits, text)

    assert _body(reading) == [("paragraph", "1", f"{FULL} and the end.")]
    assert [(note.number, note.text) for note in reading.notes] == [
        ("1", "See the other report."),
        ("*", "Reissued for technical reasons."),
    ]


def test_a_hyphen_that_was_lost_at_the_end_of_a_line_is_put_back(limits):
    text = f"{HEAD}1.\nThe troop-contributing countries and the SecretaryGeneral and\n"
    text += f"all troopcontributing and troop-contributing countries of one view -point.\n{FOOT}"

    (block,) = _report(limits, text).blocks

    assert block.text == (
        "The troop-contributing countries and the Secretary-General and "
        "all troop-contributing and troop-contributing countries of one view-point."
    )


def test_a_pasted_text_with_a_symbol_in_it_is_no_printed_one(limits):
    reading = _report(limits, "My notes\n\nOn S/2031/7 and others.\n\nA second paragraph.\n")

    assert [block.text for block in reading.blocks][1:] == [
        "On S/2031/7 and others.",
        "A second paragraph.",
    ]


RECORD = """S/PV.9999

United Nations

Security Council

Provisional

9999th meeting

Monday, 3 March 2031, 10 a.m.

President:

Mr. Diop

Agenda
The situation in Freedonia

This record contains the text of speeches delivered in English.
31-17302 (E)

\fS/PV.9999

The meeting was called to order at 10.05 a.m.
Adoption of the agenda
The agenda was adopted.
The situation in Freedonia
The PRESIDENT (interpretation from Spanish): In accordance
with rule 37 I invite the representative of Sylvania to
participate.
I now give the floor to Mr. Annadif, who has come here to
2/9

03/03/2031

\fS/PV.9999

brief us on all of it.
Mr. ANNADIF (translated from Russian): It is always an
honour to be here.
Mr. de la Cruz (Bolivia (Plurinational State of)) (spoke in
Spanish): I agree with that.
The SECRETARY-GENERAL: I am grateful for all that was said.
The meeting rose at 10.55 a.m.

3/9
"""


@pytest.mark.parametrize("feed", ["\f", "\n"], ids=["form feeds", "none"])
def test_a_record_of_any_period_has_its_speeches_and_speakers(limits, feed):
    reading = read_verbatim_record(RECORD.replace("\f", feed).encode(), limits)

    assert (reading.symbol, str(reading.date)) == ("S/PV.9999", "2031-03-03")
    assert reading.title == "The situation in Freedonia"
    spoken = [(*block.section, block.text) for block in reading.blocks if block.section]
    assert spoken == [
        (
            "The PRESIDENT",
            "In accordance with rule 37 I invite the representative of Sylvania to participate.",
        ),
        (
            "The PRESIDENT",
            "I now give the floor to Mr. Annadif, who has come here to brief us on all of it.",
        ),
        ("Mr. ANNADIF", "It is always an honour to be here."),
        ("Mr. de la Cruz (Bolivia (Plurinational State of))", "I agree with that."),
        ("The SECRETARY-GENERAL", "I am grateful for all that was said."),
    ]
    assert [block.text for block in reading.blocks if block.role == "heading"] == [
        "Adoption of the agenda",
        "The situation in Freedonia",
    ]


CITED = {"S-2014-403": 85, "S-2016-819": 76, "S-2017-271": 74}
FURNITURE = re.compile(r"\*\d{7}\*|\d{2}-\d{5}|^\d{1,3}/\d{1,3}$|^S/\d{4}/\d+\*?$|^Page \d+$")


@pytest.mark.mirror
@pytest.mark.parametrize("feed", ["\f", "\n"], ids=["form feeds", "none"])
@pytest.mark.parametrize("name", sorted(CITED))
def test_a_report_that_the_article_cites_has_all_its_paragraphs(name, feed, mirror, limits):
    text = (mirror / "cited" / f"{name}.txt").read_text(encoding="utf-8").replace("\f", feed)

    reading = _report(limits, text)

    numbers = [int(b.label) for b in reading.blocks if b.label.isdigit() and b.role != "annex"]
    assert numbers == list(range(1, CITED[name] + 1))
    assert [b.text for b in reading.blocks if FURNITURE.search(b.text)] == []
    assert reading.symbol == name.replace("-", "/")
    assert reading.title == "Report of the Secretary-General on the situation in Mali"


@pytest.mark.mirror
@pytest.mark.parametrize("feed", ["\f", "\n"], ids=["form feeds", "none"])
def test_the_record_that_the_article_cites_has_every_speech_and_speaker(feed, mirror, limits):
    text = (mirror / "cited" / "S-PV-7975.txt").read_text(encoding="utf-8").replace("\f", feed)

    reading = read_verbatim_record(text.encode(), limits)

    speeches = {b.paragraph: b.section[0] for b in reading.blocks if b.paragraph}
    assert list(speeches.values()) == [
        "The President",
        "Mr. Annadif",
        "The President",
        "Mrs. Carrión (Uruguay)",
        "Mr. Tumysh (Kazakhstan)",
        "The President (Plurinational State of Bolivia)",
        "Mr. Diop (Mali)",
        "The President",
    ]
    assert [b.text for b in reading.blocks if FURNITURE.search(b.text) or ". . ." in b.text] == []
    assert reading.blocks[-1].text == "The meeting rose at 10.55 a.m."
    assert (reading.symbol, str(reading.date)) == ("S/PV.7975", "2017-06-16")
