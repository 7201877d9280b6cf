"""PDFs as people really have them: boxes anywhere, pages turned, layers, codes, languages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.ingest.readers import read_file
from pipeline.ingest.reading import UnreadableError

CASES = Path(__file__).parents[1] / "field_cases"
TEXTS = (
    "The Force went on to protect civilians in the north and the centre of the country.",
    "Armed groups attacked two convoys near the river, and no peacekeeper was killed.",
    "The Government and the movements met twice and agreed on a calendar for the return.",
)
FRENCH = (
    "La Force a continué de protéger les civils dans le nord et dans le centre du pays.",
    "Des groupes armés ont attaqué deux convois près du fleuve et la force est venue.",
    "Le Gouvernement et les mouvements se sont réunis deux fois et sont convenus du retour.",
)


@pytest.fixture
def report(ink):
    """A page with numbered paragraphs, a table at the foot and a page number."""

    def page(number: int = 1, texts=TEXTS):
        lines = [
            ink(90, 700 - 24 * index, f"{3 * number - 2 + index}. {text}")
            for index, text in enumerate(texts)
        ]
        table = [ink(90, 110, "Chad"), ink(300, 110, "12"), ink(90, 96, "Togo"), ink(300, 96, "7")]
        return [*lines, *table, ink(300, 30, str(number))]

    return page


@pytest.fixture
def same(limits):
    """What a reading says, without the remarks."""

    def said(content: bytes):
        reading = read_file(content, "report", ".pdf", limits)
        return [(block.role, block.label, block.text) for block in reading.blocks]

    return said


def _labels(reading) -> list[str]:
    return [block.label for block in reading.blocks if block.label]


# --- boxes and turns


@pytest.mark.parametrize("name", ["mediabox-offset", "mediabox-centred", "cropbox"])
def test_a_box_that_is_not_at_the_origin_changes_nothing(name, same):
    folder = CASES / "50-pdf-box-not-at-the-origin"
    control = same((folder / "control.pdf").read_bytes())
    assert len(control) == 13
    assert same((folder / f"{name}.pdf").read_bytes()) == control


@pytest.mark.parametrize(
    ("leaf", "shared", "opening"),
    [
        (b"/MediaBox [1000 2000 1612 2792]", b"", b"1 0 0 1 1000 2000 cm\n"),
        (b"/MediaBox [-612 -792 0 0]", b"", b"1 0 0 1 -612 -792 cm\n"),
        (b"", b"/MediaBox [50 50 662 842]", b"1 0 0 1 50 50 cm\n"),  # inherited
        (b"/MediaBox [612 792 0 0]", b"", b""),  # corners the other way round
        (b"/MediaBox [0 0 1224 792] /CropBox [612 0 1224 792]", b"", b"1 0 0 1 612 0 cm\n"),
        (b"/MediaBox [0 0 612 792] /CropBox [-100 -100 900 900]", b"", b""),  # larger than the page
        (b"/MediaBox [0 0 792 612] /Rotate 90", b"", b"0 1 -1 0 792 0 cm\n"),
        (b"/MediaBox [0 0 792 612] /Rotate 270", b"", b"0 -1 1 0 0 612 cm\n"),
        (b"/MediaBox [0 0 612 792] /Rotate 180", b"", b"-1 0 0 -1 612 792 cm\n"),
        (b"/MediaBox [0 0 792 612]", b"/Rotate 90", b"0 1 -1 0 792 0 cm\n"),  # inherited
        (b"/MediaBox [0 0 612 792] /Rotate 90", b"", b""),  # shown sideways, written upright
        (b"/MediaBox [0 0 792 612]", b"", b"0 1 -1 0 792 0 cm\n"),  # written sideways
        (b"/MediaBox [100 50 892 662] /Rotate 90", b"", b"0 1 -1 0 892 50 cm\n"),
    ],
)
def test_a_page_reads_the_same_wherever_its_box_lies_and_however_it_is_turned(
    leaf, shared, opening, small_pdf, report, same
):
    control = same(small_pdf(report(1), report(2)))
    assert [label for _, label, _ in control if label] == ["1", "2", "3", "4", "5", "6"]
    assert ("annex", "", "Chad | 12") in control

    moved = small_pdf(report(1), report(2), leaf=leaf, shared=shared, opening=opening)

    assert same(moved) == control


def test_text_beyond_the_edges_of_the_page_is_left_out_and_that_is_said(
    small_pdf, report, ink, limits
):
    # given a page cut out of a spread: the other page is there, but not shown
    other = [replace(run, x=run.x + 612, text=run.text.upper()) for run in report(1)]
    content = small_pdf(
        [*report(1), *other], leaf=b"/MediaBox [0 0 1224 792] /CropBox [0 0 612 792]"
    )

    reading = read_file(content, "report", ".pdf", limits)

    assert not any(block.text.isupper() for block in reading.blocks)
    assert _labels(reading) == ["1", "2", "3"]
    assert any("beyond the edges" in remark for remark in reading.remarks)


# --- layers


@pytest.mark.parametrize(
    ("aside", "mode"),
    [(0.0, 3), (0.6, 3), (2.5, 3), (0.4, 0), (0.9, 0)],
    ids=["invisible", "invisible, aside", "invisible, further aside", "bold", "shadow"],
)
def test_a_second_layer_of_the_same_text_is_read_once(aside, mode, small_pdf, report, same):
    control = same(small_pdf(report(1), report(2)))
    pages = [
        [*page, *(replace(run, x=run.x + aside, y=run.y - aside / 2, mode=mode) for run in page)]
        for page in (report(1), report(2))
    ]
    assert same(small_pdf(*pages)) == control
    first = [[*page[len(page) // 2 :], *page[: len(page) // 2]] for page in pages]
    assert same(small_pdf(*first)) == control


def test_letters_that_are_each_printed_twice_are_read_once(small_pdf, report, same, ink):
    # given a heading set letter by letter, each twice
    heading = "CONCLUSIONS AND OBSERVATIONS"
    letters = [
        ink(90 + 12 * place + twice, 740, letter, "bold", 12)
        for place, letter in enumerate(heading)
        for twice in (0, 0.5)
        if letter != " "
    ]
    text = " ".join(text for _, _, text in same(small_pdf([*letters, *report(1)])))
    assert "CC" not in text
    assert "OO" not in text


def test_a_scan_whose_only_text_is_invisible_is_read(small_pdf, report, same):
    control = same(small_pdf(report(1), report(2)))
    pages = [[replace(run, mode=3) for run in page] for page in (report(1), report(2))]
    assert same(small_pdf(*pages, picture=True)) == control


def test_a_stamp_in_ink_on_a_scan_does_not_hide_its_text(small_pdf, report, limits, ink):
    page = [replace(run, mode=3) for run in report(1)]
    stamp = [ink(90, 400, "DECLASSIFIED", "bold", 20), ink(95, 690, "RECEIVED")]
    reading = read_file(small_pdf([*page, *stamp], picture=True), "report", ".pdf", limits)
    text = " ".join(block.text for block in reading.blocks)
    assert all(sentence in text for sentence in TEXTS[:1])
    assert "Armed groups attacked two convoys" in text


# --- codes that are no letters


def _moved(text: str, step: int) -> str:
    return "".join(chr(ord(sign) + step) if sign != " " else sign for sign in text)


def test_letters_moved_on_by_a_constant_are_refused_with_what_to_do(limits):
    content = (CASES / "52-pdf-text-layer-without-unicode" / "shifted.pdf").read_bytes()
    with pytest.raises(UnreadableError, match=r"without Unicode.*ocrmypdf --force-ocr") as refused:
        read_file(content, "report", ".pdf", limits)
    assert "\n" not in str(refused.value)


CODES = {
    "moved up": lambda text: _moved(text, 3).replace("\x7f", "?"),
    "cid": lambda text: "".join(f"(cid:{ord(sign)})" for sign in text if sign != " "),
    "signs": lambda text: "".join(
        chr(33 + ord(sign) % 15) if sign != " " else " " for sign in text
    ),
}


@pytest.mark.parametrize("code", CODES)
def test_other_codes_that_are_no_letters_are_refused(code, small_pdf, report, limits):
    texts = [CODES[code](text) for text in TEXTS]
    with pytest.raises(UnreadableError, match="without Unicode"):
        read_file(small_pdf(report(1, texts), report(2, texts)), "report", ".pdf", limits)


@pytest.mark.parametrize("first", [0xE000, 0xF020, 0xFFFD])
def test_characters_for_private_use_or_replacement_are_refused(first, limits, small_pdf, report):
    # given type whose table of Unicode says so
    table = b"".join(
        b"<%02X> <%04X>\n" % (code, first if first == 0xFFFD else first + code - 32)
        for code in range(33, 127)
    )
    content = _with_table(small_pdf(report(1), report(2)), table)
    with pytest.raises(UnreadableError, match="without Unicode"):
        read_file(content, "report", ".pdf", limits)


def _with_table(content: bytes, table: bytes) -> bytes:
    """The PDF with a ToUnicode table for its plain type; its places are wrong."""
    stream = (
        b"1 begincodespacerange\n<00> <FF>\nendcodespacerange\n94 beginbfchar\n%sendbfchar\n"
        % table
    )
    body = b"/CIDInit /ProcSet findresource begin\nbegincmap\n%sendcmap\nend" % stream
    added = b"99 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\n" % (len(body), body)
    plain = content.replace(b"/BaseFont /Times-Roman", b"/ToUnicode 99 0 R /BaseFont /Times-Roman")
    head, tail = plain.split(b"xref\n", 1)
    return head + added + b"xref\n" + tail.replace(b"startxref\n", b"startxref\n9")


def test_one_bad_page_among_good_ones_is_left_out_and_named(small_pdf, report, limits):
    bad = report(2, [_moved(text, 3) for text in TEXTS])
    reading = read_file(small_pdf(report(1), bad, report(2)), "report", ".pdf", limits)
    assert _labels(reading) == ["1", "2", "3", "4", "5", "6"]
    assert any(
        remark.startswith("page 2: ") and "force-ocr" in remark for remark in reading.remarks
    )


# --- languages


def test_of_two_languages_side_by_side_the_english_is_read(limits):
    content = (CASES / "54-pdf-bilingual-columns" / "bilingual.pdf").read_bytes()
    reading = read_file(content, "other", ".pdf", limits)
    labels = _labels(reading)
    assert labels[:8] == [str(number) for number in range(1, 9)]
    assert set(labels) == set(labels[:8])
    assert not any("Mission." in block.text and "prié" in block.text for block in reading.blocks)
    assert any("French" in remark for remark in reading.remarks)


@pytest.mark.parametrize("english", [0, 1])
def test_the_english_column_is_read_on_whichever_side_it_stands(english, small_pdf, ink, limits):
    def column(x, texts):
        pieces = [
            piece for n, text in enumerate(texts, 1) for piece in [*_wrapped(f"{n}. {text}"), ""]
        ]
        return [ink(x, 650 - 12 * index, piece, size=9) for index, piece in enumerate(pieces)]

    sides = (TEXTS * 2, FRENCH * 2) if english == 0 else (FRENCH * 2, TEXTS * 2)
    page = [*column(72, sides[0]), *column(320, sides[1])]
    reading = read_file(small_pdf(page), "report", ".pdf", limits)
    assert _labels(reading) == ["1", "2", "3", "4", "5", "6"]
    assert [block.text for block in reading.blocks] == list(TEXTS * 2)
    assert any("French" in remark for remark in reading.remarks)


def test_a_column_whose_language_cannot_be_told_is_named(small_pdf, ink, limits):
    names = ["Freedonia", "Sylvania", "Ruritania", "Grand Fenwick", "Borduria", "San Marcos"] * 4
    french = [piece for text in FRENCH * 2 for piece in _wrapped(text)]
    page = [
        *(ink(72, 650 - 12 * index, name, size=9) for index, name in enumerate(names)),
        *(ink(320, 650 - 12 * index, piece, size=9) for index, piece in enumerate(french)),
        ink(72, 700, TEXTS[0]), ink(72, 688, TEXTS[1]), ink(72, 676, TEXTS[2]),
    ]  # fmt: skip
    reading = read_file(small_pdf(page), "report", ".pdf", limits)
    assert any("cannot be told" in remark for remark in reading.remarks)


def _wrapped(text: str) -> list[str]:
    words, lines = text.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > 40:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def test_paragraphs_in_french_among_english_ones_are_left_out_and_counted(
    small_pdf, report, limits
):
    mixed = (TEXTS[0], FRENCH[0], TEXTS[1])
    reading = read_file(small_pdf(report(1, mixed)), "report", ".pdf", limits)
    assert _labels(reading) == ["1", "3"]
    assert "1 of 3 paragraphs are in French and were left out" in reading.remarks


def test_a_short_french_text_is_not_taken_for_english(small_pdf, ink, limits):
    with pytest.raises(UnreadableError, match="is in French"):
        read_file(small_pdf([ink(90, 700, FRENCH[0])]), "report", ".pdf", limits)


# --- first pages


def test_a_short_first_page_is_kept(small_pdf, ink, limits):
    page = [ink(90, 700, "Note for the file", "bold", 14), ink(90, 660, TEXTS[0])]
    reading = read_file(small_pdf(page), "other", ".pdf", limits)
    assert reading.title == "Note for the file"
    assert [block.text for block in reading.blocks] == [TEXTS[0]]


def test_a_first_page_in_other_type_than_the_rest_is_kept(small_pdf, ink, report, limits):
    summary = [ink(90, 700, "Summary", "bold", 18), ink(90, 660, TEXTS[1], "italic", 12)]
    reading = read_file(small_pdf(summary, report(1), report(2)), "other", ".pdf", limits)
    assert TEXTS[1] in [block.text for block in reading.blocks]


def test_a_cover_is_left_out_and_that_is_said(small_pdf, ink, report, limits):
    cover = [ink(90, 500, "Peace in Freedonia", "bold", 24), ink(90, 300, "Geneva, 2031")]
    full = [*report(1), *(ink(90, 500 - 14 * n, text) for n, text in enumerate(TEXTS * 3))]
    reading = read_file(small_pdf(cover, full, full), "other", ".pdf", limits)
    assert reading.title == "Peace in Freedonia"
    assert not any("Geneva" in block.text for block in reading.blocks)
    assert any(remark.startswith("page 1: cover") for remark in reading.remarks)
