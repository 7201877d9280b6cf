"""Word files: headers, names of parts, strict files, signs, hidden text, titles and headings."""

from __future__ import annotations

import datetime
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document

from pipeline.ingest.readers import read_file
from pipeline.ingest.reading import UnreadableError
from pipeline.ingest.word.reader import read_word
from tests.ingest.word_files import box, control, packed, paragraph, row, run, table, word_file


def _texts(body: str, limits, **parts: str) -> list[str]:
    return [block.text for block in read_word(word_file(body, parts), limits).blocks]


# Page headers, names of parts, strict files ----------------------------------------------------


def _header(kind: str, name: str) -> str:
    return f'<w:headerReference w:type="{kind}" r:id="{name}"/>'


def test_symbol_and_date_may_stand_in_any_header_or_footer_that_is_printed(limits):
    masthead = box(paragraph("S/2031/5") + paragraph("26 January 2031"), paragraph("S/2031/5"))
    running = paragraph(run("S/2031/5") + run("<w:tab/>") + run("Page 2"))
    footer = '<w:footerReference w:type="default" r:id="footer1"/>'
    both_sides = {"settings": "<w:evenAndOddHeaders/>"}
    shown = (
        ({"header1": paragraph(masthead)}, _header("default", "header1"), True),
        ({"header1": running}, _header("default", "header1"), False),
        ({"footer1": table(row("United Nations", "S/2031/5"))}, footer, False),
        (both_sides | {"header1": running}, _header("even", "header1"), False),
        ({"header1": control(running)}, _header("first", "header1") + "<w:titlePg/>", False),
    )  # fmt: skip
    for parts, section, dated in shown:
        body = paragraph("The patrol went out.") + f"<w:sectPr>{section}</w:sectPr>"
        reading = read_word(word_file(body, parts), limits)
        assert reading.symbol == "S/2031/5"
        assert reading.date == (datetime.date(2031, 1, 26) if dated else None)


def test_a_header_that_is_not_printed_says_nothing(limits):
    for kind in ("first", "even"):
        body = paragraph("Text.") + f"<w:sectPr>{_header(kind, 'header1')}</w:sectPr>"
        content = word_file(body, {"header1": paragraph("S/2030/1")})
        assert read_word(content, limits).symbol == ""


def test_a_header_of_another_document_is_said(limits):
    body = paragraph("S/2031/5") + f"<w:sectPr>{_header('default', 'header1')}</w:sectPr>"
    reading = read_word(word_file(body, {"header1": paragraph("S/2030/1")}), limits)
    assert reading.remarks == ("the page header says S/2030/1, the first page S/2031/5",)


def test_the_main_part_may_have_any_name(limits):
    for main in ("word/document2.xml", "Inhalt/Haupt text.xml", "main.xml"):
        assert _main_text(word_file(paragraph("Text."), main=main), limits) == "Text."
    content = zipfile.ZipFile(BytesIO(word_file(paragraph("Text."))))
    parts = {name.replace("/", "\\"): content.read(name) for name in content.namelist()}
    assert _main_text(packed(parts), limits) == "Text."
    parts = {name.upper(): content.read(name) for name in content.namelist()}
    assert _main_text(packed(parts), limits) == "Text."


def _main_text(content: bytes, limits) -> str:
    (block,) = read_word(content, limits).blocks
    return block.text


def test_a_workbook_is_no_word_file(limits):
    parts = zipfile.ZipFile(BytesIO(word_file("")))
    renamed = {n: parts.read(n).replace(b"w:body", b"w:book") for n in parts.namelist()}
    with pytest.raises(UnreadableError, match="its main part is no document"):
        read_word(packed(renamed), limits)


def test_a_relationship_that_leads_nowhere_or_outside_is_not_followed(limits):
    parts = zipfile.ZipFile(BytesIO(word_file(paragraph("Text."), {"styles": ""})))
    files = {name: parts.read(name) for name in parts.namelist()}
    for target in (b"NULL", b"../../../../etc/passwd", b"file:///etc/passwd"):
        changed = {n: c.replace(b"/word/styles.xml", target) for n, c in files.items()}
        assert _main_text(packed(changed), limits) == "Text."
    body = paragraph("Text.") + '<w:altChunk r:id="c.html"/>'
    parts = zipfile.ZipFile(BytesIO(word_file(body, chunks={"c.html": b"<p>Inserted.</p>"})))
    outside = b'Target="c.html" TargetMode="External"'
    files = {n: parts.read(n).replace(b'Target="c.html"', outside) for n in parts.namelist()}
    assert _main_text(packed(files), limits) == "Text."


def test_a_strict_file_has_its_lists_notes_and_headers(limits):
    numbering = (
        '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/>'
        '<w:lvlText w:val="%1."/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
    )
    place = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    body = (
        paragraph(run("One.") + run('<w:footnoteReference w:id="1"/>'), place)
        + '<w:altChunk r:id="chunk.html"/>'
        + f"<w:sectPr>{_header('default', 'header1')}</w:sectPr>"
    )
    parts = {
        "numbering": numbering,
        "footnotes": f'<w:footnote w:id="1">{paragraph("Ibid.")}</w:footnote>',
        "header1": paragraph("S/2031/5"),
    }
    content = word_file(body, parts, {"chunk.html": b"<p>Inserted.</p>"}, strict=True)
    reading = read_word(content, limits)
    assert [(block.label, block.text) for block in reading.blocks] == [
        *(("1", "One."), ("", "Inserted."))
    ]
    assert [note.text for note in reading.notes] == ["Ibid."]
    assert reading.symbol == "S/2031/5"


# Signs and hidden text -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (run("well") + run("<w:noBreakHyphen/>") + run("known"), "well-known"),
        (run("In ") + f'<w:smartTag w:element="place">{run("France")}</w:smartTag>', "In France"),
        (run("pro") + run("<w:softHyphen/>") + run("tect"), "protect"),
        (run("pro\u00adtect\u200bion"), "protection"),
        (run("a") + run("<w:tab/>") + run("b") + run("<w:br/>") + run("c"), "a b c"),
        (run('<w:sym w:font="Symbol" w:char="F061"/>') + run("-test"), "α-test"),
        (run('<w:sym w:font="Wingdings" w:char="F0FE"/>') + run(" yes"), "☒ yes"),
        (run("\uf0b3 5", '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>'), "≥ 5"),
        (run("about ") + "<m:oMath><m:r><m:t>x=5</m:t></m:r></m:oMath>", "about x=5"),
        (run("10") + run("2", '<w:vertAlign w:val="superscript"/>'), "10²"),
        (run("seen") + run(" unseen", "<w:vanish/>") + run(".", '<w:vanish w:val="0"/>'), "seen."),
    ],
)  # fmt: skip
def test_signs_of_word_are_what_they_show(limits, inner, text):
    assert _texts(paragraph(inner), limits) == [text]


def test_text_that_a_style_hides_is_not_read(limits):
    styles = (
        '<w:style w:type="character" w:styleId="Off"><w:name w:val="Off"/><w:rPr><w:vanish/>'
        '</w:rPr></w:style><w:style w:type="paragraph" w:styleId="Note"><w:name w:val="Note"/>'
        '<w:basedOn w:val="Base"/></w:style><w:style w:type="paragraph" w:styleId="Base">'
        '<w:name w:val="Base"/><w:rPr><w:vanish/></w:rPr></w:style>'
    )
    body = paragraph(run("Seen.") + run("Not.", '<w:rStyle w:val="Off"/>')) + paragraph(
        "Nor this.", '<w:pStyle w:val="Note"/>'
    )
    assert _texts(body + paragraph("Seen too."), limits, styles=styles) == ["Seen.", "Seen too."]


def _field(code: str, result: str) -> str:
    begin, separate, end = (
        run(f'<w:fldChar w:fldCharType="{kind}"/>') for kind in ("begin", "separate", "end")
    )
    return begin + code + separate + run(result) + end


def test_of_fields_the_results_are_read_and_no_codes(limits):
    asked, compared = (
        run(f"<w:instrText>{code}</w:instrText>") for code in ("MERGEFIELD place", "IF ")
    )
    outer = _field(compared + _field(asked, "Kidal"), "the north")
    simple = f'<w:fldSimple w:instr="DATE">{run(" in May")}</w:fldSimple>'
    left_open = run('<w:fldChar w:fldCharType="begin"/>')
    body = paragraph(run("In ") + outer + simple) + paragraph(left_open + run("Kept."))
    assert _texts(body, limits) == ["In the north in May", "Kept."]


def test_a_large_initial_belongs_to_its_word(limits):
    initial = paragraph("T", '<w:framePr w:dropCap="drop" w:lines="3"/>')
    assert _texts(initial + paragraph("he patrol went out."), limits) == ["The patrol went out."]


# Titles and headings ---------------------------------------------------------------------------

TITLED = '<w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style>'


@pytest.mark.parametrize(
    ("named", "styled", "title"),
    [
        ("Night Clinics", "", "Night Clinics"),
        ("Word Document", "", ""),
        ("Microsoft Word - draft 3.doc", "", ""),
        ("Old template", "Night Clinics", "Night Clinics"),
        (None, "", ""),
    ],
)
def test_the_title_is_the_documents_own(limits, named, styled, title):
    content = _named(named or "", styled)
    if named is None:  # as programs write it that know no properties
        parts = zipfile.ZipFile(BytesIO(content))
        content = packed({n: parts.read(n) for n in parts.namelist() if "core" not in n})
    assert read_word(content, limits).title == title


def _named(named: str, styled: str) -> bytes:
    document = Document()
    document.core_properties.title = named
    if styled:
        document.add_paragraph(styled, style="Title")
    document.add_paragraph("Text of the report.")
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def test_headings_are_known_by_style_by_what_it_is_based_on_and_by_outline_level(limits):
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/>{more}</w:style>'
        for key, name, more in (
            ("H1", "heading 1", ""),
            ("Mine", "Chapter", '<w:basedOn w:val="H1"/>'),
            ("HCh", "_ H_Ch", ""),
            ("H23", "_ H_2/3", ""),
            ("Out", "Out", '<w:pPr><w:outlineLvl w:val="1"/></w:pPr>'),
            ("Loop", "Loop", '<w:basedOn w:val="Loop"/>'),
        )
    )
    body = "".join(
        paragraph("Words " * (60 if key == "Loop" else 1), f'<w:pStyle w:val="{key}"/>')
        for key in ("H1", "Mine", "HCh", "H23", "Out", "Loop")
    ) + paragraph("Words " * 60, '<w:pStyle w:val="Out"/>')
    reading = read_word(word_file(body, {"styles": styles}), limits)
    assert [(b.role, len(b.section)) for b in reading.blocks] == [
        *(("heading", 0), ("heading", 0), ("heading", 0), ("heading", 1), ("heading", 1)),
        *(("paragraph", 2), ("paragraph", 2)),
    ]


# Other word processors -------------------------------------------------------------------------


def _libreoffice(folder: Path, command: str) -> None:
    """A program of its name and options, which does one thing with the last two arguments."""
    program = folder / "soffice"
    program.write_text(f'#!/bin/sh\nfor last; do to="$folder"; folder="$last"; done\n{command}\n')
    program.chmod(0o755)


def test_a_file_of_another_word_processor_is_read_through_libreoffice(
    limits, tmp_path, monkeypatch
):
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    made = tmp_path / "made.docx"
    made.write_bytes(word_file(paragraph("1. The patrol went out.")))
    _libreoffice(tmp_path, f'cp {made} "$to/document.docx"')
    for suffix in (".doc", ".odt", ".rtf"):
        reading = read_file(b"its own bytes", "report", suffix, limits)
        assert [(block.label, block.text) for block in reading.blocks] == [
            ("1", "The patrol went out.")
        ]
        assert reading.remarks == (f"a {suffix} file, read through LibreOffice",)


def test_without_libreoffice_or_where_it_fails_the_fix_is_said(limits, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnreadableError, match=r"not installed; install it, or save the"):
        read_file(b"its own bytes", "report", ".odt", limits)
    _libreoffice(tmp_path, "exit 1")
    with pytest.raises(UnreadableError, match=r"not opened by LibreOffice; save it as \.docx"):
        read_file(b"its own bytes", "report", ".odt", limits)
    renamed = word_file(paragraph("Text."))
    assert read_file(renamed, "report", ".doc", limits).blocks[0].text == "Text."


def test_numbers_that_fields_would_set_are_missed_with_a_remark(limits):
    field = _field(run("<w:instrText> AUTONUM </w:instrText>"), "")
    reading = read_word(word_file(paragraph(field + run("The patrol went out."))), limits)
    assert reading.remarks == ("numbers set by fields (AUTONUM, LISTNUM) are not in the file",)
