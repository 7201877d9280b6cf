"""Texts and Markdown of which users of other programs complained, and others like them."""

from __future__ import annotations

import datetime
from dataclasses import replace
from io import BytesIO

import pytest
from docx import Document

from pipeline.ingest.readers import read_file
from pipeline.ingest.reading import NoteMark, Reading, UnreadableError, as_seen, decoded
from tests.ingest.conftest import MOVED, SENT, notes_of, short_of, texts_of


@pytest.fixture
def markdown(limits):
    return lambda text: read_file(text.encode(), "other", ".md", limits)


@pytest.fixture
def plain(limits):
    return lambda content: read_file(content, "other", ".txt", limits)


# Encodings


def test_a_page_that_says_latin_1_and_means_windows_has_its_quotation_marks(read_case):
    (block,) = read_case("33-*/*.html").blocks
    assert block.text == (
        "“We don’t leave the camp – not at night,” the commander said. Côte d’Ivoire’s contingent "
        "agreed… It cost € 3 million."
    )


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("iso-8859-1", "utf-8"),
        ("us-ascii", "cp1252"),
        ("utf-8", "cp1252"),
        ("utf-16", "utf-8"),
        ("windows-1252", "mac_roman"),
        ("utf-16", "utf-16"),
        ("utf-16", "utf-16-le"),
        ("no-such-thing", "utf-8"),
        ("rot13", "cp1252"),
    ],
)
def test_a_charset_that_is_not_the_pages_own_does_no_harm(page, declared, encoding):
    text = f'<html><head><meta charset="{declared}"></head><p>“Don’t – Café”</p></html>'
    assert texts_of(page(text.encode(encoding))) == ["“Don’t – Café”"]


def test_a_charset_is_found_late_in_the_head_but_not_in_a_comment(page):
    late = f"<!-- {'x' * 5000} <meta charset=koi8-r> --><meta charset=windows-1251>"
    text = f"<html><head>{late}</head><p>The word мир was said.</p>"
    assert texts_of(page(text.encode("cp1251"))) == ["The word мир was said."]


def test_numbers_of_windows_for_quotation_marks_are_quotation_marks(page):
    assert texts_of(page("<p>&#147;Don&#146;t&#148; &#150; no&#133;")) == ["“Don’t” – no…"]


ENGLISH = {
    "cp1252": "“We don’t leave the café – not yet,” he said… Côte d’Ivoire’s share is € 3 million.",
    "mac_roman": "“We don’t leave the café – not yet,” he said… São Tomé’s share is € 3 million.",
    "cp1250": "Mrs. Plavšić and Mr. Izetbegović met Tuđman – so the ‘Post’ of Łódź says.",
    "cp850": "José and the Père Noël of Peña came à la carte.",
    "cp1251": "The word of the day was peace (мир), said Ivanov (Иванов).",
}


@pytest.mark.parametrize("encoding", ENGLISH)
def test_a_text_without_utf_8_is_read_in_the_code_page_in_which_its_marks_have_places(
    plain, encoding
):
    reading = plain(ENGLISH[encoding].encode(encoding))
    assert texts_of(reading) == [ENGLISH[encoding]]
    assert len(reading.remarks) == 1
    assert reading.remarks[0].startswith("not UTF-8; read as ")


@pytest.mark.parametrize("encoding", ["cp1251", "koi8_r", "utf-8", "utf-16"])
def test_a_text_in_russian_is_refused_as_russian_whatever_its_encoding(plain, encoding):
    text = "Совет Безопасности напоминает о своих резолюциях и призывает стороны к миру. " * 8
    with pytest.raises(UnreadableError, match="is in Russian"):
        plain(text.encode(encoding))


@pytest.mark.parametrize("encoding", ["gb18030", "big5"])
def test_what_no_code_page_fits_is_refused(plain, encoding):
    text = "The café – a “résumé” of Mr. Ndiaye’s says so.".translate({233: "電", 8211: "—"})
    with pytest.raises(UnreadableError, match="unknown encoding; save it as UTF-8"):
        plain(text.encode(encoding, "ignore") + "電話".encode(encoding))


def test_stray_bytes_in_utf_8_are_read_with_their_places(plain):
    content = (
        "“Café” isn’t open – ever.\n\n".encode() + b"The camp\x92s gate.\n\nLost \xe2\x80 here."
    )
    reading = plain(content)
    assert texts_of(reading) == [
        "“Café” isn’t open – ever.",
        "The camp’s gate.",
        "Lost \ufffd here.",
    ]
    (remark,) = reading.remarks
    assert remark == (
        "not all of it is UTF-8: byte 92 in line 3, after “The camp”, read as ’; "
        "byte E2 80 in line 5, after “Lost”, read as \ufffd; check these"
    )


@pytest.mark.parametrize(
    ("stray", "read"),
    [(b"camp\x92s", "camp’s"), (b"caf\xe9", "café"), (b"\xff", "\ufffd"), (b"a\x9d", "a\ufffd")],
)
def test_one_stray_byte_in_plain_english_is_read_with_its_place(plain, stray, read):
    reading = plain(f"{MOVED}\n{SENT}\n".encode() + stray + b" end.")
    assert reading.blocks[-1].text.endswith(f" {read} end.")
    assert "in line 3" in reading.remarks[0]


def test_a_file_put_together_from_two_encodings_is_read_in_both(plain):
    content = "It isn’t so. ".encode("cp1252") * 9 + "“Café”".encode()
    (text,) = texts_of(plain(content))
    assert text == "It isn’t so. " * 9 + "“Café”"


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\u2028", "\x85"])
def test_lines_end_as_any_program_ends_them(plain, end):
    text = f"First line{end}goes on.{end}{end}Second."
    assert texts_of(plain(text.encode())) == ["First line goes on.", "Second."]


def test_a_page_that_ends_within_a_sentence_does_not_end_it(plain):
    text = "It moved to the north of\fthe town.\fIt stayed.\u2029There."
    assert texts_of(plain(text.encode())) == [
        "It moved to the north of the town.",
        "It stayed.",
        "There.",
    ]


# What cannot be seen


UNSEEN = "MINU\u00adSMA rarely pa\u00adtrols; see S/2031\u200b/5\u2060 and \ufeffthe log.\u200e"


def _document(suffix: str) -> bytes:
    """A file of this format whose only paragraph is UNSEEN."""
    if suffix == ".docx":
        document, packed = Document(), BytesIO()
        document.add_paragraph(UNSEEN)
        document.save(packed)
        return packed.getvalue()
    akoma = '<akomaNtoso xmlns="http://docs.oasis-open.org/legaldocml/ns/akn/3.0"><statement>'
    around = {
        ".html": "<p>{}</p>",
        ".xml": f"{akoma}<mainBody><p>{{}}</p></mainBody></statement></akomaNtoso>",
    }
    broken = UNSEEN.replace("pa\u00ad", "pa\u00ad\n") if suffix in (".md", ".txt") else UNSEEN
    return around.get(suffix, "{}").format(broken).encode()


@pytest.mark.parametrize("suffix", [".html", ".md", ".txt", ".docx", ".xml"])
def test_soft_hyphens_and_characters_of_no_width_are_in_no_text(limits, suffix):
    (block,) = read_file(_document(suffix), "other", suffix, limits).blocks
    assert block.text == "MINUSMA rarely patrols; see S/2031/5 and the log."


def test_a_symbol_with_a_character_of_no_width_is_a_symbol(plain):
    reading = plain("S/2031\u200b/5\n6 April\u200b 2031\n\nText.".encode())
    assert (reading.symbol, reading.date) == ("S/2031/5", datetime.date(2031, 4, 6))


def test_marks_of_notes_stay_at_their_words_when_what_is_unseen_goes(markdown):
    (block,) = markdown("\u200bPa\u00adtrols \u200b[^1] went[^2].\n\n[^1]: One.\n[^2]: Two.").blocks
    assert block.text == "Patrols went."
    assert block.marks == (NoteMark("1", 7), NoteMark("2", 12))
    unseen = replace(block, text="Pa\u00adtrols\u200b  went.", marks=(NoteMark("1", 9),))
    assert as_seen(Reading((unseen,))).blocks[0].text == "Patrols went."
    assert as_seen(Reading((unseen,))).blocks[0].marks == (NoteMark("1", 7),)


# Markdown


def test_notes_of_one_word_are_notes(read_case):
    reading = read_case("40-*/notes.md")
    assert texts_of(reading)[1:] == ["The mandate was renewed, see the report and the interviews."]
    assert notes_of(reading) == {
        "1": "S/RES/2423(2018)",
        "2": "https://docs.un.org/en/S/2018/541",
        "3": "Interviews 4 and 7, Gao.",
    }
    assert [mark.number for mark in reading.blocks[1].marks] == ["1", "2", "3"]


def test_a_note_of_several_paragraphs_one_in_a_quotation_and_one_without_a_mark(markdown):
    reading = markdown(
        "Text[^long] and *more[^*] so*.^[See the *log*.]\n\n[^long]:\n    First.\n\n"
        "    Second *part*.\n\n[^*]: Star\n[^unused]: Never marked.\n\n> Said.[^q]\n>\n"
        "> [^q]: S/2018/541\n"
    )
    assert short_of(reading) == [
        ("paragraph", "", "Text and more so."),
        ("quotation", "", "Said."),
    ]
    assert notes_of(reading) == {
        "long": "First. Second part.",
        "*": "Star",
        "unused": "Never marked.",
        "q": "S/2018/541",
        "1": "See the log.",
    }
    assert [mark.number for mark in reading.blocks[0].marks] == ["long", "*", "1"]


def test_numbers_in_brackets_are_marks_where_a_line_defines_them_and_links_stay_links(markdown):
    reading = markdown(
        "The mandate [1] was renewed [2], see [the site][3].\n\n[1]: S/RES/2423(2018)\n"
        "[2]: Interview 4, Gao.\n[3]: https://x.org\n"
    )
    assert texts_of(reading) == ["The mandate was renewed, see the site."]
    assert notes_of(reading) == {"1": "S/RES/2423(2018)", "2": "Interview 4, Gao."}


@pytest.mark.parametrize(
    "front",
    [
        "\ufeff---\r\ntitle: Force\r\ndate: 2031-04-06\r\n...\r\n",
        "---\ntitle: >-\n  Force\ndate: 6 April 2031\n---  \n",
        "---\n# of Hugo\nTitle: 'Force'\nDate: 2031-04-06T10:00:00Z\n---\n",
        "% Force\n% A. Author\n% 6 April 2031\n",
    ],
)
def test_front_matter_gives_title_and_date_in_every_usual_form(markdown, front):
    reading = markdown(f"{front}\nText.\n")
    assert (reading.title, reading.date) == ("Force", datetime.date(2031, 4, 6))
    assert texts_of(reading) == ["Text."]


def test_a_title_with_a_colon_is_read_and_lines_of_hyphens_alone_are_no_front_matter(markdown):
    assert markdown("---\ntitle: Force: a study\n---\nText.").title == "Force: a study"
    assert texts_of(markdown("---\n\nA break above.\n\n---\n\nText.")) == [
        "A break above.",
        "Text.",
    ]


def test_html_in_markdown_is_read_as_html_and_code_as_it_stands(markdown):
    reading = markdown(
        "One<br>two <b>three</b>\n\n<div><p>First</p><p>Second &amp; third</p>\n<!-- no -->\n"
        "</div>\n\n<style>p{}</style>\n\n<table><tr><th>Base</th><th>Men</th></tr>\n"
        "<tr><td>Kidal</td><td>450</td></tr></table>\n\n    if x < 5 and y > 3\n"
    )
    assert short_of(reading) == [
        ("paragraph", "", "One two three"),
        ("paragraph", "", "First"),
        ("paragraph", "", "Second & third"),
        ("annex", "", "Base | Men"),
        ("annex", "", "Kidal | 450"),
        ("paragraph", "", "if x < 5 and y > 3"),
    ]


def test_headings_may_be_underlined_or_carry_attributes_but_are_no_long_paragraphs(markdown):
    long = f"{MOVED} {SENT} That was all."
    reading = markdown(f"Title\n=====\n\n## Two {{#sec:two .x}}\n\n{long}\n---\n\nText.")
    assert [(block.role, block.text) for block in reading.blocks] == [
        ("heading", "Title"),
        ("heading", "Two"),
        ("paragraph", long),
        ("paragraph", "Text."),
    ]


# Verbatim records


def test_speakers_in_the_capitals_of_older_records_are_known(read_case):
    sections = [block.section[0] for block in read_case("42-*/*.txt", "verbatim_record").blocks
                if block.section]  # fmt: skip
    assert [speaker.casefold() for speaker in sections] == [
        "the president",
        "mr. martel (france)",
        "the president",
        "mr. vega (ecuador)",
        "the president",
        "mr. orlenko (russian federation)",
        "mr. wei lan (china)",
        "the secretary-general",
    ]


@pytest.mark.parametrize(
    ("opening", "speaker"),
    [
        ("THE PRESIDENT:", "THE PRESIDENT"),
        ("MR. VAN DER STOEL (Netherlands):", "MR. VAN DER STOEL (Netherlands)"),
        ("The\u00a0PRESIDENT\u00a0(interpretation from Spanish)\u00a0:", "The PRESIDENT"),
        ("Mr. de LA SABLIÈRE (France) (spoke in French):", "Mr. de LA SABLIÈRE (France)"),
        ("Mrs. AL\u00adBRIGHT (United States of America):",
         "Mrs. ALBRIGHT (United States of America)"),
        ("The ACTING PRESIDENT (interpretation from Arabic):", "The ACTING PRESIDENT"),
    ],
)  # fmt: skip
def test_a_speech_opens_however_its_speaker_is_set(limits, opening, speaker):
    text = f"The President: I open the meeting.\n\n{opening} We agree: it is time.\n"
    blocks = read_file(text.encode(), "verbatim_record", ".txt", limits).blocks
    assert (blocks[-1].section, blocks[-1].text) == ((speaker,), "We agree: it is time.")


def test_utf_8_is_never_taken_for_another_encoding():
    text = "Don’t – “Café” × ¿ § Иванов 電話"
    assert decoded(text.encode()) == (text, ())
