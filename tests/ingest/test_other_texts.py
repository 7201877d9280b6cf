"""HTML, Markdown, plain text, their encodings, and languages other than English."""

from __future__ import annotations

import pytest

from pipeline.ingest.identity import foreign_language
from pipeline.ingest.readers import read_file
from pipeline.ingest.reading import UnreadableError
from pipeline.ingest.text.html import read_html
from pipeline.ingest.text.markdown import read_markdown
from pipeline.ingest.text.plain import read_plain_text

FRENCH = "Le Conseil de sécurité rappelle ses résolutions sur la situation et prie les parties. "
SPANISH = (
    "El Consejo de Seguridad recuerda que las partes en el conflicto deben cumplir con la ley. "
)
ENGLISH = "The Security Council recalls its resolutions on the situation and calls on the parties. "
RUSSIAN = "Совет Безопасности напоминает о своих резолюциях и призывает стороны к миру. "


def _short(reading):
    return [(block.role, block.label, block.text) for block in reading.blocks]


def test_a_web_page_gives_its_text_without_scripts_and_menus(limits):
    page = (
        b"<title>A page</title><script>bad()</script><style>p{}</style><nav>Menu</nav>"
        b"<h1>One</h1><p>Bold<b>er</b> &amp; more<br>here</p>tail"
        b"<ol start=3><li>third<li>fourth</ol><table><tr><th>H<td><p>x</table>"
        b"<blockquote><p>Said.</blockquote>"
    )

    reading = read_html(page, limits)

    assert reading.title == "A page"
    assert _short(reading) == [
        ("heading", "", "One"),
        ("paragraph", "", "Bolder & more here"),
        ("paragraph", "", "tail"),
        ("paragraph", "3", "third"),
        ("paragraph", "4", "fourth"),
        ("annex", "", "H | x"),
        ("quotation", "", "Said."),
    ]


def test_of_a_web_page_with_a_main_part_that_alone_is_read_and_lists_are_labelled_as_shown(limits):
    page = (
        b"<title>A report</title><header>Site header</header><main><ol><li>first"
        b"<ol type=a><li>to patrol<li>to report<ol type=i><li>at night</ol></ol></ol></main>"
        b"<footer>Copyright</footer>"
    )
    assert _short(read_html(page, limits)) == [
        ("paragraph", "1", "first"),
        ("paragraph", "1 (a)", "to patrol"),
        ("paragraph", "1 (b)", "to report"),
        ("paragraph", "1 (b) (i)", "at night"),
    ]


def test_a_web_page_is_read_in_the_charset_that_it_names(limits):
    page = '<meta charset="iso-8859-1"><p>Caf\xe9</p>'.encode("iso-8859-1")
    assert read_html(page, limits).blocks[0].text == "Café"


def test_a_deeply_nested_web_page_is_no_crash(limits):
    page = b"<div>" * 20_000 + b"deep" + b"</div>" * 20_000
    try:
        reading = read_html(page, limits)
    except UnreadableError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert "deep" in reading.blocks[0].text


def test_markdown_gives_lists_tables_quotations_and_footnotes(limits):
    text = (
        b"---\ntitle: Field notes\n---\n# Patrols\n\nWe *saw* [it](x).[^a] Then\nrain.\n\n"
        b"2. Second\n   1. inner\n\n> Said.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
        b"[^a]: See the log.\n"
    )

    reading = read_markdown(text, limits)

    assert reading.title == "Field notes"
    assert _short(reading) == [
        ("heading", "", "Patrols"),
        ("paragraph", "", "We saw it. Then rain."),
        ("paragraph", "2", "Second"),
        ("paragraph", "2 1", "inner"),
        ("quotation", "", "Said."),
        ("annex", "", "a | b"),
        ("annex", "", "1 | 2"),
    ]
    (mark,) = reading.blocks[1].marks
    assert (mark.number, mark.offset) == ("a", len("We saw it."))
    assert [(note.number, note.text) for note in reading.notes] == [("a", "See the log.")]


def test_plain_text_joins_wrapped_lines_and_reads_typed_numbers(limits):
    text = (
        b"S/2031/5\r\n26 January 2031\r\n\r\nI. Introduction\r\n\r\n1. The present report is\r\n"
        b"on non-\r\ngovernmental aid:\r\n(a) one;\r\n(b) two.\r\n\r\n2. The end."
    )

    reading = read_plain_text(text, limits)

    assert (reading.symbol, str(reading.date)) == ("S/2031/5", "2031-01-26")
    assert _short(reading)[1:] == [
        ("heading", "", "I. Introduction"),
        ("paragraph", "1", "The present report is on non-governmental aid:"),
        ("paragraph", "1 (a)", "one;"),
        ("paragraph", "1 (b)", "two."),
        ("paragraph", "2", "The end."),
    ]


def test_an_annex_in_plain_text_has_its_own_numbers(limits):
    reading = read_plain_text(b"1. Body.\n\nAnnex II\n\n1. Annexed.", limits)

    assert _short(reading) == [
        ("paragraph", "1", "Body."),
        ("heading", "", "Annex II"),
        ("annex", "Annex II, 1", "Annexed."),
    ]


def test_windows_1252_is_read_with_a_remark_and_a_byte_order_mark_is_no_text(limits):
    reading = read_plain_text("Café – closed".encode("cp1252"), limits)
    assert reading.blocks[0].text == "Café – closed"
    assert reading.remarks == ("not UTF-8; read as Windows-1252",)
    assert read_plain_text("\ufeffCafé".encode(), limits).blocks[0].text == "Café"


@pytest.mark.parametrize("content", [b"\x81\x8d\xff" * 20, b"\x00\x01\x02" * 20])
def test_bytes_in_no_known_encoding_are_refused(content, limits):
    with pytest.raises(UnreadableError, match=r"unknown encoding|is not text"):
        read_plain_text(content, limits)


@pytest.mark.parametrize(
    ("text", "language"),
    [(FRENCH, "French"), (SPANISH, "Spanish"), (RUSSIAN, "Russian"), (ENGLISH, "")],
)
def test_the_language_of_a_text_is_told(text, language):
    assert foreign_language(text * 8) == language


def test_a_short_or_mixed_text_is_not_called_foreign():
    assert foreign_language("Le Conseil") == ""
    assert foreign_language(ENGLISH * 8 + FRENCH * 4) == ""


def test_a_document_in_french_is_set_aside_with_the_reason(limits):
    with pytest.raises(UnreadableError, match="is in French; only documents in English"):
        read_file((FRENCH * 8).encode(), "other", ".txt", limits)
