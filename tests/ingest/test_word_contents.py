"""What Word shows of a file: controls, changes, boxes, inserted parts, headers, signs, titles."""

from __future__ import annotations

import base64
from io import BytesIO

import pytest
from docx import Document

from pipeline.ingest.reading import Reading, UnreadableError
from pipeline.ingest.word.reader import read_word
from tests.ingest.word_files import box, control, packed, paragraph, row, run, table, word_file


def _texts(body: str, limits, **parts: str) -> list[str]:
    return [block.text for block in read_word(word_file(body, parts), limits).blocks]


# Content controls ------------------------------------------------------------------------------


def test_controls_in_controls_keep_every_cell_row_and_word(limits):
    cell = f"<w:tc>{paragraph('Gao')}</w:tc>"
    inner = f"<w:tc>{paragraph(run('Am') + control(run('bush')))}</w:tc>"
    in_xml = f"<w:customXml w:element='x'><w:customXmlPr/>{cell}</w:customXml>"
    rows = (
        control(f"<w:tr>{control(control(cell))}{in_xml}{inner}</w:tr>"),
        control(control(row("a", "b", "c"))),
    )
    body = control(table(*rows)) + control(control(paragraph("After.")))
    assert _texts(body, limits) == ["Gao | Gao | Ambush", "a | b | c", "After."]


def test_the_request_of_an_empty_field_is_no_text_but_keeps_its_cell(limits):
    asks = run("Click to enter a date.", '<w:rStyle w:val="Platzhaltertext"/>')
    styles = (
        '<w:style w:type="character" w:styleId="Platzhaltertext">'
        '<w:name w:val="Placeholder Text"/></w:style>'
    )
    empty = control(f"<w:tc>{paragraph(asks)}</w:tc>", "<w:showingPlcHdr/><w:date/>")
    filled = control(run("12 May"), "<w:showingPlcHdr/>")
    body = table(f"<w:tr>{empty}<w:tc>{paragraph('Kidal')}</w:tc></w:tr>", row("13 May", "Gao"))
    assert _texts(body + paragraph(filled), limits, styles=styles) == [
        *(" | Kidal", "13 May | Gao", "12 May")
    ]


def test_a_table_of_contents_is_left_out_in_a_control_or_not(limits):
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
        for key, name in (("V1", "toc 1"), ("VH", "TOC Heading"))
    )
    gallery = '<w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj>'
    body = (
        control(paragraph("Introduction 2"), gallery)
        + paragraph("Contents", '<w:pStyle w:val="VH"/>')
        + paragraph("1. Security 3", '<w:pStyle w:val="V1"/>')
        + paragraph("1. Patrols went out.")
    )
    assert _texts(body, limits, styles=styles) == ["Patrols went out."]


def test_nested_tables_have_rows_of_their_own_and_a_frame_is_read_as_text(limits):
    inner = table(row("Chad", "7"), row("Mali", "2"))
    cells = f"<w:tc>{paragraph('Troops')}</w:tc><w:tc>{inner}{paragraph()}</w:tc>"
    frame = f"<w:tr><w:tc>{paragraph('1. One.')}{paragraph('2. Two.')}{inner}</w:tc></w:tr>"
    shifted = f'<w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr>{row("x", "y")[6:]}'
    body = table(f"<w:tr>{cells}</w:tr>", shifted) + table(frame)
    reading = read_word(word_file(body), limits)
    assert [(block.label, block.text) for block in reading.blocks] == [
        *(("", "Troops | "), ("", "Chad | 7"), ("", "Mali | 2"), ("", " | x | y")),
        *(("1", "One."), ("2", "Two."), ("", "Chad | 7"), ("", "Mali | 2")),
    ]


# Changes and comments --------------------------------------------------------------------------


WHO = 'w:id="1" w:author="x"'


def _changed(name: str, content: str) -> str:
    return f"<w:{name} {WHO}>{content}</w:{name}>"


def test_changes_are_accepted_and_comments_left_out(limits):
    remark = run('<w:commentReference w:id="0"/>')
    old = _changed("pPrChange", '<w:pPr><w:outlineLvl w:val="0"/></w:pPr>')
    words = (
        run("We ")
        + _changed("del", "<w:r><w:delText>never</w:delText></w:r>")
        + _changed("ins", run("always"))
        + f'<w:commentRangeStart w:id="0"/>{run(" patrol")}<w:commentRangeEnd w:id="0"/>{remark}'
        + _changed("moveFrom", run(" at night"))
        + run(".")
    )
    body = (
        paragraph(words)
        + paragraph("One half", f"<w:rPr>{_changed('del', '')}</w:rPr>")
        + '<w:bookmarkStart w:id="3" w:name="here"/>'
        + paragraph(" and the other.", old)
        + table(row("a", "b"), f"<w:tr><w:trPr>{_changed('del', '')}</w:trPr>{row('c', 'd')[6:]}")
        + paragraph(_changed("moveTo", run("At night.")))
    )
    comments = f'<w:comment w:id="0">{paragraph("Really?")}</w:comment>'
    reading = read_word(word_file(body, {"comments": comments}), limits)
    assert [(block.role, block.text) for block in reading.blocks] == [
        ("paragraph", "We always patrol."),
        ("paragraph", "One half and the other."),
        ("annex", "a | b"),
        ("paragraph", "At night."),
    ]


# Text boxes and alternatives -------------------------------------------------------------------


def test_a_text_box_is_read_once(limits):
    inside = paragraph("In the box.")
    twice = box(inside, inside)
    body = paragraph(run("Anchor.") + twice) + table(row("Chad", run("Seven.") + twice))
    assert _texts(body, limits) == ["Anchor.", "In the box.", "Chad | Seven. In the box."]


def test_of_alternatives_the_one_with_words_is_read(limits):
    emoji = '<w16se:symEx w16se:font="Segoe UI Emoji" w16se:char="1F60F"/>'
    either = (
        f'<mc:Choice Requires="w16se">{emoji}</mc:Choice><mc:Fallback><w:t>☺</w:t></mc:Fallback>'
    )
    alone = f'<mc:Choice Requires="wpsCustomData">{run("kept")}</mc:Choice>'
    body = paragraph(
        run("A ") + run(f"<mc:AlternateContent>{either}</mc:AlternateContent>") + run(" ")
        + f"<mc:AlternateContent>{alone}</mc:AlternateContent>"
    )  # fmt: skip
    assert _texts(body, limits) == ["A ☺ kept"]


# Inserted parts --------------------------------------------------------------------------------


def _inserting(content: bytes, limits, name: str = "chunk.bin") -> Reading:
    body = paragraph("1. Before.") + f'<w:altChunk r:id="{name}"/>' + paragraph("4. After.")
    return read_word(word_file(body, chunks={name: content}), limits)


def _archive(page: bytes) -> bytes:
    head = (
        b'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="x"\n\n--x\n'
        b'Content-Type: text/html; charset="windows-1252"\nContent-Transfer-Encoding: base64\n\n'
    )
    return head + base64.b64encode(page) + b"\n--x--\n"


def _saved(*texts: str) -> bytes:
    document = Document()
    for text in texts:
        document.add_paragraph(text)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"<html><body><p>2. The caf\xc3\xa9.</p><p>3. Here.</p></body></html>",
        b"<p>2. The caf\xc3\xa9.</p><p>3. Here.</p>",
        _archive("<p>2. The café.</p><p>3. Here.</p>".encode("cp1252")),
        _saved("2. The café.", "3. Here."),
        "2. The café.\n\n3. Here.\n".encode(),
        "<html><p>2. The café.</p><p>3. Here.</p></html>".encode("utf-16"),
    ],
    ids=["page", "part of a page", "web archive", "Word", "text", "page in UTF-16"],
)
def test_an_inserted_part_of_any_format_goes_on_with_the_numbers(limits, content):
    reading = _inserting(content, limits)
    assert [f"{block.label} {block.text}" for block in reading.blocks] == [
        *("1 Before.", "2 The café.", "3 Here.", "4 After.")
    ]
    assert not reading.remarks


def test_an_inserted_part_in_a_control_or_cell_is_read_with_its_notes(limits):
    noted = word_file(
        paragraph(run("Inserted.") + run('<w:footnoteReference w:id="5"/>')),
        {"footnotes": f'<w:footnote w:id="5">{paragraph("Its note.")}</w:footnote>'},
    )
    cell = '<w:tc><w:altChunk r:id="page"/><w:p/></w:tc>'
    body = control('<w:altChunk r:id="noted"/>') + table(row("a", "b"), f"<w:tr>{cell * 1}</w:tr>")
    chunks = {"noted": noted, "page": b"<p>In a cell.</p>"}
    reading = read_word(word_file(body, chunks=chunks), limits)
    assert [block.text for block in reading.blocks] == ["Inserted.", "a | b", "In a cell."]
    assert [(note.number, note.text) for note in reading.notes] == [("1", "Its note.")]


def test_an_inserted_part_that_cannot_be_read_is_named_with_what_to_do(limits):
    reading = _inserting(b"{\\rtf1 Forty paragraphs.}", limits, "afchunk.rtf")
    assert [block.text for block in reading.blocks] == ["Before.", "4. After."]
    (remark,) = reading.remarks
    assert remark == (
        "the text inserted from afchunk.rtf is not read: open the file in Word and save it again"
    )
    alone = word_file('<w:altChunk r:id="a.rtf"/>', chunks={"a.rtf": b"{\\rtf1 All of it.}"})
    with pytest.raises(UnreadableError, match=r"without text; .*a\.rtf is not read: open"):
        read_word(alone, limits)
    with pytest.raises(UnreadableError, match="a part that is not in the file"):
        read_word(word_file('<w:altChunk r:id="nothing"/>'), limits)


def test_an_inserted_file_may_hold_no_bomb_and_no_third_file(limits):
    bomb = packed({"word/document.xml": b"0" * 30_000_000})
    assert "zip bomb" in _inserting(bomb, limits).remarks[0]
    third = word_file('<w:altChunk r:id="c"/>' + paragraph("2. Second."), chunks={"c": _saved("x")})
    reading = _inserting(third, limits)
    assert [block.text for block in reading.blocks] == ["Before.", "Second.", "4. After."]
    assert "c is not read" in reading.remarks[0]
