"""Web pages of which users of other programs complained, and others like them."""

from __future__ import annotations

import pytest

from pipeline.ingest.reading import NoteMark
from pipeline.ingest.recognising import recognition_of
from pipeline.study.study import load_missions
from tests.ingest.conftest import MOVED, SENT, notes_of, short_of, texts_of

BASES = "The Mission opened two bases in the east and closed one in the north, as shown beside."


# XHTML


def test_a_page_with_an_xml_declaration_is_read(read_case):
    reading = read_case("30-*/*.html")
    assert reading.title == "Council renews mandate"
    assert short_of(reading) == [
        ("heading", "", "Council renews mandate of the Mission"),
        (
            "paragraph",
            "",
            "The Security Council today decided to extend the mandate of the Mission for one year.",
        ),
        ("paragraph", "", "It asked the Force to move beyond its camps."),
    ]
    assert reading.remarks == ()


def test_xhtml_that_closes_elements_where_it_opens_them_and_names_another_encoding(page):
    reading = page(
        (
            '<?xml version="1.0" encoding="ISO-8859-1"?><html xmlns="http://www.w3.org/1999/xhtml">'
            '<head><script src="a.js"/><title>C\xf4te</title></head><body><a name="top"/>'
            '<h1>C\xf4te</h1><div class="clear"/><p>One.</p><![CDATA[ raw & text ]]></body></html>'
        ).encode("iso-8859-1")
    )
    assert reading.title == "Côte"
    assert texts_of(reading) == ["Côte", "One.", "raw & text"]


def test_xhtml_with_a_prefix_is_read(page):
    reading = page(
        '<?xml version="1.0"?><h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:head><h:title>T'
        "</h:title></h:head><h:body><h:h1>Head</h:h1><h:p>One.</h:p></h:body></h:html>"
    )
    assert (reading.title, texts_of(reading)) == ("T", ["Head", "One."])


def test_a_page_without_the_tags_that_one_may_leave_out_keeps_its_text(page):
    reading = page(f"<!doctype html><title>T</title><article><h1>One</h1><p>{MOVED}</article>")
    assert texts_of(reading) == ["One", MOVED]


# Forms


def test_a_whole_page_in_a_form_is_read(read_case):
    assert short_of(read_case("31-*/*.html")) == [
        ("heading", "", "Deployment to MONUSCO"),
        ("paragraph", "", "The battalion will be deployed to Ituri in May."),
        (
            "paragraph",
            "",
            "Its rules of engagement allow it to use force to protect civilians.",
        ),
    ]


@pytest.mark.parametrize("around", ["<form>{}</form>", "<main><form>{}</form></main>", "{}"])
def test_of_forms_only_the_one_that_is_the_page_is_text(page, around):
    controls = "<label for=q>Search</label><input id=q><select><option>French</select>"
    small = "<form><p>Get our news every week.</p><input><button>Send</button></form>"
    whole = around.format(f"<h1>T</h1>{controls}<p>{MOVED}</p><p>{SENT}</p>") + small
    assert texts_of(page(whole)) == ["T", MOVED, SENT]


# Tables


def test_a_page_in_one_cell_of_a_table_is_no_table(read_case):
    reading = read_case("32-*/one-table.html")
    assert [block.role for block in reading.blocks] == ["heading", *["paragraph"] * 4]
    assert reading.blocks[1].text.startswith("The Security Council this morning")
    assert reading.blocks[-1].text.startswith("The Council had before it")


def test_a_table_of_data_in_a_table_that_lays_out_the_page_stays_one(read_case):
    assert short_of(read_case("32-*/nested-tables.html")) == [
        (
            "paragraph",
            "14",
            BASES,
        ),
        ("annex", "", "Base | Troops"),
        ("annex", "", "Kidal | 450"),
        ("paragraph", "15", "The Force went on to patrol at night."),
    ]


def test_paragraphs_whose_numbers_stand_in_a_column_have_these_numbers(page):
    rows = [("1.", MOVED), ("2.", SENT), ("(a)", "One came back by the river at noon.")]
    cells = "".join(f"<tr><td>{number}</td><td>{text}</td></tr>" for number, text in rows)
    assert short_of(page(f"<table>{cells}</table>")) == [
        ("paragraph", "1", MOVED),
        ("paragraph", "2", SENT),
        ("paragraph", "2 (a)", "One came back by the river at noon."),
    ]


def test_a_small_table_in_a_cell_of_a_table_of_data_belongs_to_its_row(page):
    inner = (
        "<table><tr><td>Infantry</td><td>450</td></tr><tr><td>Police</td><td>12</td></tr></table>"
    )
    reading = page(
        "<table><caption>Table 1</caption><tr><th>Base</th><th>Units</th></tr>"
        f"<tr><td><p>Kidal</p><p>north</p></td><td>{inner}</td></tr></table><p>After.</p>"
    )
    assert short_of(reading) == [
        ("paragraph", "", "Table 1"),
        ("annex", "", "Base | Units"),
        ("annex", "", "Kidal north | Infantry 450 Police 12"),
        ("paragraph", "", "After."),
    ]


def test_a_heading_ends_where_its_element_does(page):
    reading = page("<table><tr><th><h3>Base</h3><th>Men</table><h2></h2><p>No heading.</p>")
    assert [block.role for block in reading.blocks] == ["annex", "paragraph"]


def test_a_column_of_links_beside_the_text_is_a_menu(page):
    menu = "<td><a href=/>Home</a><br><a href=/n>News</a></td>"
    reading = page(f"<table><tr>{menu}<td><b>Report</b><br><br>{MOVED}</td></tr></table>")
    assert texts_of(reading) == ["Report", MOVED]
    assert reading.remarks == ("menus, banners and the like left out (words: 2)",)


# What cannot be seen

MINUSMA = (
    "MINUSMA peacekeepers rarely patrol at night. MINUSMA has no helicopters. MINUSMA should leave "
    "its camps."
)


def test_a_page_is_read_without_banner_menu_and_hidden_parts(read_case):
    reading = read_case("35-*/*.html")
    assert texts_of(reading) == [
        "Protection of civilians",
        MINUSMA,
    ]
    assert recognition_of(reading, "ngo", load_missions()).missions == ("MINUSMA",)
    assert reading.remarks == (
        "hidden parts of the page left out (words: 3)",
        "menus, banners and the like left out (words: 33)",
    )


STYLE = "<style>@media print { .noprint { display: none } } .tip, #b { display:none }</style>"


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>Not seen.</p>",
        '<p style="color:red; DISPLAY : none">Not seen.</p>',
        '<p style="visibility:hidden">Not seen.</p>',
        "<p aria-hidden=true>Not seen.</p>",
        "<template><p>Not seen.</p></template>",
        "<noscript><p>Not seen.</p></noscript>",
        f"{STYLE}<p class=tip>Not</p><div id=b>seen.</div>",
        '<span class="sr-only">Not seen.</span>',
        "<dialog><p>Not seen.</p></dialog>",
    ],
)
def test_what_a_browser_does_not_show_is_not_read(page, hidden):
    whole = f"<h1>T</h1><p>{MOVED}</p>{hidden}<p class=noprint>{SENT}</p>"
    assert texts_of(page(whole)) == ["T", MOVED, SENT]


@pytest.mark.parametrize(
    "furniture",
    [
        '<div id="onetrust-sdk"><p>We use cookies to make this site work for all of you.</p></div>',
        '<section class="cookie-notice" role="dialog"><h2>Cookies</h2><p>Accept?</p></section>',
        "<div class=bar><p>This site uses cookies. Do you accept?</p><a href=#>Yes</a></div>",
        "<header><h2>The NGO</h2><ul><li><a href=/>About</a></li></ul></header>",
        '<div class="site-footer"><p>Copyright 2031, the NGO and its friends.</p></div>',
        '<ul><li><a href="/a">About us</a></li><li><a href="/d">Donate</a></li></ul>',
        '<nav aria-label="Breadcrumb"><ol><li>Home</li></ol></nav>',
        "<aside><p>Subscribe to our newsletter.</p></aside>",
        '<div class="share-buttons"><a href=#>Share</a></div>',
    ],
)
def test_what_is_around_the_text_of_a_page_is_left_out_and_counted(page, furniture):
    reading = page(f"<body>{furniture}<h1>T</h1><p>{MOVED}</p><p>{SENT}</p></body>")
    assert texts_of(reading) == ["T", MOVED, SENT]
    assert reading.remarks[0].startswith("menus, banners and the like left out (words: ")


def test_what_only_sounds_like_furniture_is_text(page):
    reading = page(
        '<header id="title-block-header"><h1>My thesis</h1><p>A. B.</p></header>'
        '<section id="sharing"><h2>Sharing</h2><p>' + MOVED + "</p></section>"
        f'<section id="social"><h2>Social</h2><blockquote><p>{SENT}</p><footer>— P7</footer>'
        '</blockquote></section><ul><li><a href="/x">S/RES/2100 (2013)</a></li></ul>'
    )
    assert texts_of(reading) == [
        *("My thesis", "A. B.", "Sharing", MOVED, "Social", SENT, "— P7", "S/RES/2100 (2013)"),
    ]


def test_an_empty_main_part_is_not_the_page(page):
    assert texts_of(page(f"<main id=app></main><h1>T</h1><p>{MOVED}</p>")) == ["T", MOVED]


# Notes and paragraphs


def test_raised_figures_without_links_are_marks_where_a_note_is_there(page):
    reading = page(
        "<p>The Force moved<sup>1</sup> north.<sup>[2]</sup> It has 12 km<sup>2</sup>.</p><hr>"
        "<p><sup>1</sup> Interview 4.</p><p><sup>[2]</sup>S/2018/541, para. 3.</p>"
    )
    (block,) = reading.blocks
    assert block.text == "The Force moved north. It has 12 km²."
    assert block.marks == (NoteMark("1", 15), NoteMark("2", 22))
    assert notes_of(reading) == {"1": "Interview 4.", "2": "S/2018/541, para. 3."}


@pytest.mark.parametrize(
    "notes",
    [
        "<h2>Notes</h2><ol><li>Interview 4.</li><li>S/2018/541.</li></ol>",
        "<p><b>Notes</b></p><p>1. Interview 4.</p><p>[2] S/2018/541.</p>",
        "<hr><p><sup>1</sup> Interview 4.<br><sup>2</sup>S/2018/541.</p>",
    ],
)
def test_raised_figures_refer_to_the_list_of_notes_however_it_is_set(page, notes):
    reading = page(
        f"<p>It moved<sup>1,2</sup> north at 10<sup>3</sup> m.</p>{notes}<p>The end.</p>"
    )
    assert (texts_of(reading)[0], texts_of(reading)[-1]) == ("It moved north at 10³ m.", "The end.")
    assert [mark.number for mark in reading.blocks[0].marks] == ["1", "2"]
    assert notes_of(reading) == {"1": "Interview 4.", "2": "S/2018/541."}


def test_raised_figures_without_a_note_stay(page):
    assert texts_of(page("<p>It moved<sup>1</sup> 5 km<sup>2</sup> off.</p>")) == [
        "It moved¹ 5 km² off.",
    ]


def test_notes_in_roman_figures_as_word_writes_endnotes(page):
    reading = page(
        '<p>It moved.<a href="#_edn1" name="_ednref1"><span class=MsoEndnoteReference>[ii]</span>'
        '</a></p><div id=edn1><p><a href="#_ednref1" name="_edn1">[ii]</a> Interview 4.</p></div>'
    )
    assert (texts_of(reading), notes_of(reading)) == (["It moved."], {"ii": "Interview 4."})


def test_a_link_to_a_note_may_name_the_whole_address_of_the_page(page):
    reading = page(
        '<p>It moved<sup><a href="https://x.org/p.html#fn1" id=r1>1</a></sup> north.</p><ol>'
        '<li id=fn1>Interview 4. <a href="https://x.org/p.html#r1">↩</a></li></ol>'
    )
    assert texts_of(reading) == ["It moved north."]
    assert notes_of(reading) == {"1": "Interview 4."}


@pytest.mark.parametrize("between", ["<br><br>", "<br>\n&nbsp;<br />", "<BR/> <br>"])
def test_two_line_breaks_part_paragraphs_and_one_does_not(page, between):
    reading = page(f"<div>One<br>goes on.{between}Two.<br>3. Three;<br>4. Four.</div>")
    assert [text for _, _, text in short_of(reading)] == ["One goes on.", "Two.", "Three;", "Four."]
    assert [label for _, label, _ in short_of(reading)] == ["", "", "3", "4"]


def test_a_page_set_as_typed_has_the_paragraphs_of_its_lines(page):
    reading = page("<pre>\nNOTE\n\n1. It moved\n   north.\n\n2. It stayed.\n</pre>")
    assert short_of(reading) == [
        ("paragraph", "", "NOTE"),
        ("paragraph", "1", "It moved north."),
        ("paragraph", "2", "It stayed."),
    ]
