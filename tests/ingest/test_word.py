"""Word files, made with python-docx on the spot."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from pipeline.ingest.reading import UnreadableError
from pipeline.ingest.word.reader import read_word


def _saved(document) -> bytes:
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _zipped(parts: dict[str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return file.getvalue()


def test_headings_automatic_numbers_and_tables_are_read(limits):
    document = Document()
    document.core_properties.title = "Field report"
    document.add_heading("Security", 1)
    document.add_paragraph("Patrols went out.", style="List Number")
    document.add_paragraph("They came back.", style="List Number")
    document.add_heading("Staff", 2)
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Chad", "7"

    reading = read_word(_saved(document), limits)

    assert reading.title == "Field report"
    assert [(b.role, b.label, b.section, b.text) for b in reading.blocks] == [
        ("heading", "", (), "Security"),
        ("paragraph", "1", ("Security",), "Patrols went out."),
        ("paragraph", "2", ("Security",), "They came back."),
        ("heading", "", ("Security",), "Staff"),
        ("annex", "", ("Security", "Staff"), "Chad | 7"),
    ]


def test_content_controls_and_text_boxes_are_read_in_their_place(limits):
    document = Document()
    document.add_paragraph("1. Before.")
    anchor = document.add_paragraph("3. After.")
    box = "<w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent>"
    anchor.add_run()._r.append(parse_xml(f"<w:pict {nsdecls('w')}>{box}</w:pict>"))
    contents = (
        '<w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj>',
        "Before 1",
    )
    for properties, text in (contents, ("", "2. Controlled.")):
        content = f"<w:sdtContent><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:sdtContent>"
        control = f"<w:sdt {nsdecls('w')}><w:sdtPr>{properties}</w:sdtPr>{content}</w:sdt>"
        anchor._p.addprevious(parse_xml(control))

    reading = read_word(_saved(document), limits)

    assert [(block.label, block.text) for block in reading.blocks] == [
        ("1", "Before."),
        ("2", "Controlled."),
        ("3", "After."),
        ("", "In a box."),
    ]


def test_an_annex_without_the_style_of_a_heading_is_one(limits):
    document = Document()
    for text in ("1. In the report.", "Annex I", "1. In the annex."):
        document.add_paragraph(text)

    reading = read_word(_saved(document), limits)

    assert [(block.role, block.label) for block in reading.blocks] == [
        ("paragraph", "1"),
        ("heading", ""),
        ("annex", "Annex I, 1"),
    ]


def test_deleted_text_is_left_out_and_inserted_text_is_read(limits):
    document = Document()
    paragraph = document.add_paragraph("We ")
    for tag, text_tag, text in (
        ("del", "delText", "never "),
        ("moveFrom", "t", "seldom "),
        ("ins", "t", "always "),
    ):
        paragraph._p.append(
            parse_xml(
                f'<w:{tag} {nsdecls("w")} w:id="1" w:author="x"><w:r>'
                f'<w:{text_tag} xml:space="preserve">{text}</w:{text_tag}></w:r></w:{tag}>'
            )
        )
    paragraph.add_run("protect.")

    (block,) = read_word(_saved(document), limits).blocks

    assert block.text == "We always protect."


def test_what_is_no_word_file_is_refused(limits):
    for content, reason in (
        (b"%PDF-1.4", "is not a Word file"),
        (b"\xd0\xcf\x11\xe0 an old file", r"encrypted or in the old \.doc format"),
        (_zipped({"mimetype": b"something else"}), "has no word/document.xml"),
        (_zipped({"word/document.xml": b"<w:document"}), "is a broken Word file"),
    ):
        with pytest.raises(UnreadableError, match=reason):
            read_word(content, limits)


def test_a_damaged_word_file_is_refused(limits):
    saved = bytearray(_saved(Document()))
    part = zipfile.ZipFile(BytesIO(saved)).getinfo("word/document.xml")
    start = part.header_offset + 80
    saved[start : start + 40] = b"\xff" * 40
    with pytest.raises(UnreadableError, match="is a broken Word file"):
        read_word(bytes(saved), limits)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(limits):
    bomb = _zipped({"word/document.xml": b"0" * 30_000_000})
    with pytest.raises(UnreadableError, match="zip bomb"):
        read_word(bomb, limits)
    small = limits.model_copy(update={"max_unpacked_megabytes": 1})
    with pytest.raises(UnreadableError, match=r"unpacks to 30 MB, .*max_unpacked_megabytes"):
        read_word(bomb, small)


def test_a_file_of_too_many_parts_is_refused(limits):
    parts = {f"word/part{n}.xml": b"" for n in range(limits.max_entries + 1)}
    with pytest.raises(UnreadableError, match=r"ingest\.max_entries"):
        read_word(_zipped(parts), limits)


def test_entities_in_a_word_file_are_not_resolved(limits):
    saved = _saved(Document())
    parts = {
        name: zipfile.ZipFile(BytesIO(saved)).read(name)
        for name in zipfile.ZipFile(BytesIO(saved)).namelist()
    }
    parts["word/document.xml"] = (
        b'<!DOCTYPE d [<!ENTITY outside SYSTEM "file:///etc/hostname">]>'
        b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        b"<w:body><w:p><w:r><w:t>kept &outside;</w:t></w:r></w:p></w:body></w:document>"
    )

    (block,) = read_word(_zipped(parts), limits).blocks

    assert block.text == "kept"
