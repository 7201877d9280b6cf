"""PDFs in the form of UN documents, made on the spot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.ingest.pdf.reader import read_pdf
from pipeline.ingest.reading import UnreadableError

FULL = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"


@pytest.fixture
def letterhead(ink):
    return [
        ink(123, 734, "United Nations", size=14),
        ink(503, 735, "S/2031/7"),
        ink(123, 705, "Security Council", "bold", 20),
        ink(397, 705, "Distr.: General"),
        ink(397, 693, "24 January 2031"),
        ink(397, 669, "Original: English"),
        ink(123, 567, "Situation in Freedonia", "bold", 14),
        ink(123, 543, "Report of the Secretary-General", "bold", 12),
        ink(65, 44, "31-00448 (E) 040231"),
        ink(65, 30, "*3100448*", size=12),
    ]


@pytest.fixture
def head(ink):
    def of_page(number: int):
        return [
            ink(60, 733, "S/2031/7", "bold", 8.5),
            ink(60, 37, f"{number}/9", "bold", 8.5),
            ink(524, 38, "31-00448", size=7),
        ]

    return of_page


def _body(reading):
    return [(block.role, block.label, block.text) for block in reading.blocks]


def test_symbol_title_and_date_come_from_the_letterhead(small_pdf, letterhead, lines_of, limits):
    reading = read_pdf(small_pdf(letterhead + lines_of(490, f"1. {FULL}", "end.")), limits)

    assert reading.symbol == "S/2031/7"
    assert reading.title == "Situation in Freedonia: Report of the Secretary-General"
    assert str(reading.date) == "2031-01-24"
    assert _body(reading) == [("paragraph", "1", f"{FULL} end.")]


def test_a_paragraph_goes_on_over_the_page_and_nothing_of_head_and_foot_is_in_it(
    small_pdf, letterhead, head, lines_of, limits
):
    first = letterhead + lines_of(490, f"1. {FULL}", FULL)
    second = head(2) + lines_of(707, "and the end.") + lines_of(689, f"2. {FULL}", "more.")

    reading = read_pdf(small_pdf(first, second), limits)

    assert _body(reading) == [
        ("paragraph", "1", f"{FULL} {FULL} and the end."),
        ("paragraph", "2", f"{FULL} more."),
    ]
    assert [block.paragraph for block in reading.blocks] == [1, 2]


def test_a_year_at_the_start_of_a_line_is_no_paragraph_number(
    small_pdf, letterhead, lines_of, limits
):
    page = letterhead + lines_of(490, f"1. {FULL}", f"2. {FULL} in", "2004. The rest.")

    texts = _body(read_pdf(small_pdf(page), limits))

    assert texts == [("paragraph", "1", f"{FULL} 2. {FULL} in 2004. The rest.")]


def test_a_number_far_out_of_order_is_not_believed(small_pdf, letterhead, lines_of, limits):
    page = letterhead + lines_of(490, f"1. {FULL}", "end.") + lines_of(450, "117. June saw more.")

    texts = _body(read_pdf(small_pdf(page), limits))

    assert texts[1:] == [("paragraph", "", "117. June saw more.")]


def test_headings_make_the_path_of_the_paragraphs_below_them(
    small_pdf, letterhead, ink, lines_of, limits
):
    page = [
        *letterhead,
        ink(102, 510, "I. Security", "bold", 14),
        ink(102, 485, "A. Military aspects", "bold", 12),
        *lines_of(460, f"1. {FULL}", "end."),
        ink(102, 415, "II. Observations", "bold", 14),
        *lines_of(390, f"2. {FULL}", "end."),
    ]

    reading = read_pdf(small_pdf(page), limits)

    assert [(b.role, b.section) for b in reading.blocks] == [
        ("heading", ()),
        ("heading", ("I. Security",)),
        ("paragraph", ("I. Security", "A. Military aspects")),
        ("heading", ()),
        ("paragraph", ("II. Observations",)),
    ]


def test_items_get_the_labels_of_what_they_stand_under_though_all_hang_at_one_indent(
    small_pdf, letterhead, ink, limits
):
    items = ["(a) Alpha:", "(i) one;", "(ii) two;", "(b) Beta:", "(i) three."]
    page = [*letterhead, ink(123, 490, f"1. {FULL}:")]
    page += [ink(147, 470 - 18 * n, text) for n, text in enumerate(items)]

    labels = [block.label for block in read_pdf(small_pdf(page), limits).blocks]

    assert labels == ["1", "1 (a)", "1 (a) (i)", "1 (a) (ii)", "1 (b)", "1 (b) (i)"]


def test_a_footnote_is_a_note_and_its_mark_no_part_of_the_text(
    small_pdf, letterhead, ink, lines_of, limits
):
    page = [
        *letterhead,
        *lines_of(490, f"1. {FULL}"),
        ink(123, 478, "a claim."),
        ink(158, 481.5, "3", size=6),
        ink(163, 478, "It stands."),
        ink(100, 100, "__________________", size=8),
        ink(117, 88, "3", size=5.5),
        ink(123, 85, "See the other report,", size=8.5),
        ink(123, 75, "page 5.", size=8.5),
    ]

    reading = read_pdf(small_pdf(page), limits)

    (block,) = reading.blocks
    assert block.text == f"{FULL} a claim. It stands."
    (mark,) = block.marks
    assert (mark.number, block.text[: mark.offset][-8:]) == ("3", "a claim.")
    assert [(note.number, note.text) for note in reading.notes] == [
        ("3", "See the other report, page 5.")
    ]


def test_an_annex_restarts_the_numbers_and_names_itself_in_them(
    small_pdf, letterhead, ink, lines_of, limits
):
    first = letterhead + lines_of(490, f"1. {FULL}", "end.") + lines_of(454, f"2. {FULL}", "end.")
    annex = [
        ink(60, 733, "S/2031/7", "bold", 8.5),
        ink(60, 700, "Annex II", "bold", 14),
        ink(123, 660, "Benchmarks", "bold", 12),
        *lines_of(630, f"1. {FULL}", "annexed."),
    ]

    blocks = read_pdf(small_pdf(first, annex), limits).blocks

    assert [(b.role, b.label, b.section) for b in blocks[2:]] == [
        ("heading", "", ()),
        ("heading", "", ("Annex II",)),
        ("annex", "Annex II, 1", ("Annex II", "Benchmarks")),
    ]


def test_rows_of_a_table_are_marked_and_do_not_cut_the_paragraph_around_them(
    small_pdf, letterhead, ink, lines_of, limits
):
    first = letterhead + lines_of(490, f"1. {FULL}", FULL)
    table = [
        ink(x, 700 - 14 * row, text, size=8.5)
        for row, texts in enumerate((("Country", "Men"), ("Chad", "7"), ("Mali", "36")))
        for x, text in zip((123, 350), texts, strict=True)
    ]
    second = [ink(60, 37, "2/9", "bold", 8.5), *table, *lines_of(640, "after the table.")]

    blocks = read_pdf(small_pdf(first, second), limits).blocks

    assert [(b.role, b.text) for b in blocks] == [
        ("paragraph", f"{FULL} {FULL} after the table."),
        ("annex", "Country | Men"),
        ("annex", "Chad | 7"),
        ("annex", "Mali | 36"),
    ]


def test_a_resolution_has_preambular_and_operative_paragraphs(small_pdf, ink, lines_of, limits):
    page = [
        ink(440, 735, "S/RES/2999 (2031)"),
        ink(397, 705, "Distr.: General"),
        ink(123, 567, "Resolution 2999 (2031)", "bold", 14),
        ink(147, 500, "Recalling its previous resolutions,"),
        ink(147, 480, "1. Decides to extend the mandate;"),
        ink(147, 460, "2. Decides to remain seized of the matter."),
    ]

    reading = read_pdf(small_pdf(page), limits)

    assert reading.symbol == "S/RES/2999 (2031)"
    assert [(b.role, b.label) for b in reading.blocks] == [
        ("preambular", ""),
        ("operative", "1"),
        ("operative", "2"),
    ]


def test_the_hyphen_of_a_compound_stays_at_the_end_of_a_line(
    small_pdf, letterhead, lines_of, limits
):
    page = letterhead + lines_of(
        490, f"1. {FULL} troop-", "contributing countries and short-", "and long-term plans."
    )

    (block,) = read_pdf(small_pdf(page), limits).blocks

    assert block.text.endswith("troop-contributing countries and short- and long-term plans.")


def test_a_map_is_left_out_and_that_is_said(small_pdf, letterhead, ink, lines_of, limits):
    names = [ink(60 + (37 * n) % 450, 700 - 17 * n, f"Town{n}", size=7) for n in range(35)]
    chart = [*names, ink(200, 60, "Map No. 4242 Rev. 1", size=6)]

    reading = read_pdf(small_pdf(letterhead + lines_of(490, f"1. {FULL}", "end."), chart), limits)

    assert len(reading.blocks) == 1
    assert reading.remarks == ("page 2: a map or chart; 40 words were left out",)


def test_a_scan_is_refused_with_the_advice_to_recognise_its_text(small_pdf, limits):
    with pytest.raises(UnreadableError, match=r"scan without a text layer.*ocrmypdf"):
        read_pdf(small_pdf([], [], picture=True), limits)


def test_a_locked_pdf_is_refused(small_pdf, ink, limits):
    with pytest.raises(UnreadableError, match="is encrypted"):
        read_pdf(small_pdf([ink(100, 500, FULL)], password=True), limits)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"PK\x03\x04 a Word file with another name", "is not a PDF"),
        (b"%PDF-1.7\nand then nothing of the kind", "is a broken PDF"),
    ],
)
def test_what_is_no_pdf_is_refused_with_its_reason(content, reason, limits):
    with pytest.raises(UnreadableError, match=reason):
        read_pdf(content, limits)


def test_a_pdf_of_too_many_pages_is_refused(small_pdf, ink, limits):
    few = limits.model_copy(update={"max_pages": 2})
    with pytest.raises(UnreadableError, match=r"has 3 pages, more than ingest\.max_pages"):
        read_pdf(small_pdf(*[[ink(100, 500, FULL)]] * 3), few)


def test_a_pdf_that_was_cut_short_is_refused_in_one_line(small_pdf, limits):
    content = small_pdf([])
    with pytest.raises(UnreadableError, match=r"^is a [^\n]+$"):
        read_pdf(content[: len(content) // 3], limits)


def test_a_verbatim_record_is_read_column_by_column(small_pdf, ink, lines_of, limits):
    cover = [
        ink(500, 735, "S/PV.9999"),
        ink(397, 705, "Provisional"),
        ink(123, 640, "9999th meeting", "bold"),
        ink(123, 625, "Monday, 3 March 2031, 10 a.m."),
        ink(123, 600, "Agenda", "bold"),
        ink(123, 585, "The situation in Freedonia"),
        ink(123, 560, "This record contains the text of speeches delivered in English."),
    ]
    left = [f"left column line number {n} of the long record of the day" for n in range(24)]
    right = [f"right column line number {n} of the long record of the day" for n in range(24)]
    left[0] = "The President: I now give the floor to Mr. Diop, Head of the"
    left[1] = "Office, who is with us. I thank him for his inter-"
    left[2] = "national efforts and international spirit today."
    left[3] = "Mr. Diop (spoke in"
    left[4] = "French): I thank you."
    left[23] = "and at the foot of the left column goes on"
    right[0] = "at the head of the right column."
    right[1] = "Ms. King (Saint Lucia): We are grateful."
    right[23] = "The meeting rose at 11.55 a.m."
    page = [ink(60, 745, "S/PV.9999"), ink(60, 38, "2/15")]
    page += [
        ink(72 if n in (0, 3) else 60, 700 - 14 * n, text, size=8.5) for n, text in enumerate(left)
    ]
    page += [ink(320, 700 - 14 * n, text, size=8.5) for n, text in enumerate(right)]

    reading = read_pdf(small_pdf(cover, page), limits)

    assert (reading.symbol, str(reading.date)) == ("S/PV.9999", "2031-03-03")
    assert reading.title == "The situation in Freedonia"
    speakers = [block.section for block in reading.blocks]
    assert ("Mr. Diop, Head of the Office",) in speakers
    assert ("Ms. King (Saint Lucia)",) in speakers
    assert reading.blocks[0].text.endswith("international efforts and international spirit today.")
    whole = " ".join(block.text for block in reading.blocks)
    assert "goes on at the head of the right column." in whole
    assert whole.index("left column line number 22") < whole.index("right column line number 2 ")
    assert (reading.blocks[-1].section, reading.blocks[-1].text) == (
        (),
        "The meeting rose at 11.55 a.m.",
    )


def test_a_report_in_two_columns_is_read_one_column_after_the_other(
    small_pdf, letterhead, lines_of, limits
):
    short = "one two three four five six seven eight"
    left = lines_of(480, *[f"{short} left"] * 15, x=60)
    left[0] = replace(left[0], text="1. The left column begins here with some words")
    right = lines_of(474, *[f"{short} right"] * 15, x=320)
    right[0] = replace(right[0], text="and ends at the head of the right column.")
    right[2] = replace(right[2], text="2. The right column has a paragraph of its own")
    right[1] = replace(right[1], text="")
    page = letterhead + left + [ink for ink in right if ink.text]

    blocks = read_pdf(small_pdf(page), limits).blocks

    assert [block.label for block in blocks] == ["1", "2"]
    assert blocks[0].text.endswith("left and ends at the head of the right column.")
    assert "left" not in blocks[1].text


def test_recognised_text_has_its_paragraphs_though_margins_jump_and_numbers_are_misread(
    small_pdf, ink, limits
):
    numbers = ["1.", "2,", "l3,", "4 .", "5.", "A.", "7.", "8.", "9.", "1O.", "11.", "17."]
    pages = []
    for sheet in range(3):
        page = []
        for index, number in enumerate(numbers[4 * sheet : 4 * sheet + 4]):
            y = 700 - 60 * index
            jump = 9 * sheet + 0.3 * index
            page.append(ink(60 + jump, y - 0.5, number.replace("l3", "3")))
            page.append(ink(85 + jump, y, "The situation was calm in the whole area."))
            page.append(ink(270 + jump, y, "It has stayed so"))
            page += [
                ink(60 + jump + 0.37 * row, y - 12 * row, f"{FULL} and more of the same.")
                for row in (1, 2)
            ]
        pages.append(page)

    reading = read_pdf(small_pdf(*pages), limits)

    assert [b.label for b in reading.blocks] == [str(number) for number in range(1, 13)]
    assert reading.blocks[0].text.startswith("The situation was calm in the whole area. It has")
    assert "paragraph number 6 misread; known by its place in the order" in reading.remarks


def test_quotation_marks_that_old_software_wrote_as_letters_are_quotation_marks(
    small_pdf, letterhead, lines_of, limits
):
    page = letterhead + lines_of(490, f"1. {FULL}", "the Missionís ìmandateî and the Councilís.")

    (block,) = read_pdf(small_pdf(page), limits).blocks

    assert block.text.endswith("the Mission’s “mandate” and the Council’s.")


def test_an_accent_that_is_struck_over_a_letter_belongs_to_it(
    small_pdf, letterhead, ink, lines_of, limits
):
    page = [*letterhead, *lines_of(490, f"1. {FULL}", "President Plavsic")]
    page += [ink(123 + 66, 478, "´"), ink(123 + 80, 478, "and more.")]

    (block,) = read_pdf(small_pdf(page), limits).blocks

    assert block.text.endswith("President Plavsić and more.")
