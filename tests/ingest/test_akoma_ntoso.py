"""The Akoma Ntoso reader on small documents that are written in the UN's own vocabulary."""

from datetime import date
from pathlib import Path

import pytest

from pipeline.ingest.akoma.reader import read_akoma_ntoso
from pipeline.ingest.reading import Block, Reading, UnreadableError

DOCUMENTS = Path(__file__).parent / "documents"


def _read(name: str) -> Reading:
    return read_akoma_ntoso((DOCUMENTS / name).read_bytes())


@pytest.fixture(scope="module")
def resolution() -> Reading:
    return _read("S-RES-9001-2031.xml")


def _block(reading: Reading, start: str) -> Block:
    found = [block for block in reading.blocks if block.text.startswith(start)]
    assert len(found) == 1, start
    return found[0]


def test_every_numbered_text_has_the_label_that_one_would_cite(resolution: Reading) -> None:
    labels = [(b.label, b.text.split()[0]) for b in resolution.blocks if b.role == "operative"]
    assert labels == [
        ("1", "Decides"),
        ("2", "Decides"),
        ("2 (a) (i)", "To"),
        ("2 (a) (ii)", "To"),
        ("2 (a) (ii), bullet 1", "to"),
        ("2 (a) (ii), bullet 2", "to"),
        ("2 (a) (iii)", "To"),
        ("2 (b)", "To"),
        ("2", "and"),
        ("2 (c)", "To"),
        ("3", "Requests"),
        ("4", "Decides"),
    ]


def test_headings_make_the_section_path(resolution: Reading) -> None:
    protect = _block(resolution, "To protect civilians")
    assert protect.section == ("Mandate", "Priority tasks", "(a) Protection of civilians")
    courts = _block(resolution, "To support the courts")
    assert courts.section[-1] == "Rule of law:"
    assert _block(resolution, "To support the delivery").section == ("Mandate", "Priority tasks")
    assert _block(resolution, "To mediate").section[-1] == "(c) Good offices"
    assert _block(resolution, "Protection of civilians").label == "2 (a)"
    assert _block(resolution, "Requests").section[-1] == "Reports"
    assert _block(resolution, "Decides to remain").section == ("II",)


def test_recitals_are_preambular_wherever_the_markup_puts_them(resolution: Reading) -> None:
    cited = "Recalling all its resolutions on the protection of civilians,"
    recitals = [(b.label, b.text) for b in resolution.blocks if b.role == "preambular"]
    assert recitals == [
        ("", "The Security Council,"),
        ("", f"{cited} and the reports of the Secretary-General,"),
        ("", "Noting the progress made in:"),
        ("(a)", "the rule of law;"),
        ("(b)", "local dialogue,"),
        ("", "Acting under Chapter VII of the Charter of the United Nations,"),
        ("", "Recalling the earlier sanctions,"),
    ]


def test_a_footnote_leaves_the_sentence_and_is_kept_with_its_place(resolution: Reading) -> None:
    recital = _block(resolution, "Recalling all")
    assert [(mark.number, recital.text[: mark.offset]) for mark in recital.marks] == [
        ("1", "Recalling all its resolutions on the protection of civilians,")
    ]
    heading = _block(resolution, "Annex A")
    assert heading.text == "Annex A – Items that need approval"
    assert [(note.number, note.text) for note in resolution.notes] == [
        ("1", "Resolutions of other years."),
        ("*", "Reissued for technical reasons."),
        ("1 2", "Not for the mission itself."),
    ]
    assert [mark.number for mark in heading.marks] == ["1 2"]


def test_numbering_starts_again_in_an_annex(resolution: Reading) -> None:
    annex = [(b.label, b.text) for b in resolution.blocks if b.role == "annex"]
    assert annex == [
        ("Annex A, 1", "Radios, as follows:"),
        ("Annex A, 1 (a)", "short wave;"),
        ("Annex A, 1 (b)", "long wave;"),
        ("Annex A, Part II, 1", "Vehicles."),
        ("", "Quoted text"),
    ]
    assert _block(resolution, "Vehicles").section == (
        "Annex A – Items that need approval",
        "Part II",
    )


def test_points_of_one_paragraph_share_its_number(resolution: Reading) -> None:
    numbers = {b.label: b.paragraph for b in resolution.blocks if b.role == "operative"}
    assert numbers["2"] == numbers["2 (a) (i)"] == numbers["2 (b)"] == numbers["2 (c)"]
    assert len({numbers[label] for label in ("1", "2", "3", "4")}) == 4


def test_every_p_with_words_is_one_block_with_its_place_in_the_file(resolution: Reading) -> None:
    indices = [b.source_index for b in resolution.blocks if b.source_index is not None]
    assert indices == sorted(set(indices))
    assert _block(resolution, "The Security Council,").source_index == 1
    # 20 is the empty p of paragraph 4, 22 the three asterisks
    assert _block(resolution, "Decides to remain").source_index == 21
    assert 22 not in indices


def test_symbol_title_and_date_come_from_the_places_that_the_rules_name(
    resolution: Reading,
) -> None:
    assert resolution.symbol == "S/RES/9001 (2031)"
    assert resolution.title.startswith("Security Council resolution 9001 (2031) [on a mission")
    assert resolution.date == date(2031, 5, 29)  # three places against the misprinted line
    assert resolution.remarks == (
        "date 2031-05-29 taken; elsewhere: adoption line 2029-06-29",
        "Reissued for technical reasons.",
    )


def test_numbers_in_the_wrong_element_still_make_operative_paragraphs() -> None:
    reading = _read("S-RES-9002-2031.xml")
    labels = [block.label for block in reading.blocks if block.role == "operative"]
    assert labels == ["1", "2", "2 (a)", "2 (b)", "2 (b) (i)", "2 (b) (ii)", "3", "4"]
    assert reading.date == date(2031, 7, 8)


def test_a_statement_that_is_not_well_formed_loses_no_text() -> None:
    reading = _read("S-PRST-9031-1.xml")
    assert [(b.role, b.label, b.paragraph, b.text[:24]) for b in reading.blocks] == [
        ("heading", "", None, "Statement by the Preside"),
        ("paragraph", "", None, "At the 9001st meeting of"),
        ("paragraph", "", 1, "“The Security Council ta"),
        ("paragraph", "(a)", 1, "its Working Group to mee"),
        ("paragraph", "", 2, "“The Security Council re"),
    ]
    assert reading.date == date(2031, 1, 21)
    assert reading.remarks[0].startswith("not well-formed XML")
    assert "elsewhere: metadata 2031-03-03" in reading.remarks[1]


def test_text_that_wrong_tags_throw_out_of_the_statement_is_read_too() -> None:
    content = (DOCUMENTS / "S-PRST-9031-1.xml").read_text(encoding="utf-8")
    worse = content.replace("</docTitle></p>", "</docTitle></p></mainBody>")
    whole = read_akoma_ntoso(content.encode())
    assert [block.text for block in read_akoma_ntoso(worse.encode()).blocks] == [
        block.text for block in whole.blocks
    ]


def test_words_that_are_lost_in_a_cut_file_are_a_remark() -> None:
    content = (DOCUMENTS / "S-RES-9001-2031.xml").read_bytes()
    cut = content.replace(b"</statement>", b"</statement></akomaNtoso><p>three lost words</p>")
    assert "3 words could not be recovered" in read_akoma_ntoso(cut).remarks


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"plain text", "is not XML"),
        (b"<html><body><p>text</p></body></html>", "root is html"),
        (b"<akomaNtoso><statement><meta/></statement></akomaNtoso>", "no mainBody"),
        (
            b"<akomaNtoso><statement><mainBody><p> </p></mainBody></statement></akomaNtoso>",
            "no text",
        ),
    ],
)
def test_what_is_no_document_is_refused_with_a_reason(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        read_akoma_ntoso(content)


def test_a_file_with_entities_is_refused_and_none_is_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    content = f"""<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]>
    <akomaNtoso><statement><mainBody><p>&x; text</p></mainBody></statement></akomaNtoso>"""
    for encoding in ("utf-8", "utf-16"):
        with pytest.raises(UnreadableError, match="DTD"):
            read_akoma_ntoso(content.encode(encoding))
