"""Lists and notes of Word files, numbered as Word prints them."""

from __future__ import annotations

import pytest

from pipeline.ingest.word.reader import read_word
from tests.ingest.word_files import item, level, paragraph, row, run, word_file

UN_LIST = (
    level(0, "decimal", "%1.") + level(1, "lowerLetter", "(%2)") + level(2, "lowerRoman", "(%3)")
)


def _numbering(levels: str, *numbers: str) -> str:
    """One abstract list and the w:num of it, each with what it overrides."""
    nums = "".join(
        f'<w:num w:numId="{n}"><w:abstractNumId w:val="7"/>{override}</w:num>'
        for n, override in enumerate(numbers, 1)
    )
    return f'<w:abstractNum w:abstractNumId="7">{levels}</w:abstractNum>{nums}'


def _starts(depth: int, number: int) -> str:
    return f'<w:lvlOverride w:ilvl="{depth}"><w:startOverride w:val="{number}"/></w:lvlOverride>'


def _labels(body: str, limits, **parts: str) -> list[str]:
    reading = read_word(word_file(body, parts), limits)
    return [f"{block.label}: {block.text}" for block in reading.blocks]


def test_a_list_that_was_restarted_goes_on_from_there(limits):
    body = item("One.", 1) + item("Five.", 2) + item("Six.", 2) + item("Seven.", 1)
    numbering = _numbering(UN_LIST, "", _starts(0, 5))
    assert _labels(body, limits, numbering=numbering) == [
        *("1: One.", "5: Five.", "6: Six.", "7: Seven.")
    ]


def test_items_begin_again_under_each_paragraph_and_may_be_restarted_in_one(limits):
    body = (
        item("One.", 1) + item("a", 1, 1) + item("i", 1, 2) + item("ii", 1, 2) + item("b", 1, 1)
        + item("i again", 1, 2) + item("Two.", 1) + item("a again", 1, 1) + item("e", 2, 1)
    )  # fmt: skip
    numbering = _numbering(UN_LIST, "", _starts(1, 5))
    assert _labels(body, limits, numbering=numbering) == [
        *("1: One.", "1 (a): a", "1 (a) (i): i", "1 (a) (ii): ii", "1 (b): b"),
        *("1 (b) (i): i again", "2: Two.", "2 (a): a again", "2 (e): e"),
    ]


def test_paragraphs_that_never_restart_are_counted_through_the_sections(limits):
    chapter = '<w:style w:type="paragraph" w:styleId="H"><w:name w:val="_ H_Ch"/></w:style>'
    never = '<w:lvlRestart w:val="0"/>'
    levels = level(0, "upperRoman", "%1.") + level(1, "decimal", "%2.", never)
    heading = '<w:pStyle w:val="H"/><w:numPr><w:numId w:val="1"/></w:numPr>'
    body = "".join(
        paragraph(text, heading) if text.isupper() else item(text, 1, 1)
        for text in ("SECURITY", "One.", "Two.", "OBSERVATIONS", "Three.")
    )
    assert _labels(body, limits, styles=chapter, numbering=_numbering(levels, "")) == [
        *(": I. SECURITY", "1: One.", "2: Two.", ": II. OBSERVATIONS", "3: Three.")
    ]


def test_numbers_come_from_the_styles_that_a_list_names(limits):
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{name}"/>{more}</w:style>'
        for name, more in (
            ("Chapter", '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'),
            ("Para", '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'),
            ("Mine", '<w:basedOn w:val="Para"/>'),
            (
                "Plain",
                '<w:basedOn w:val="Para"/><w:pPr><w:numPr><w:numId w:val="0"/></w:numPr></w:pPr>',
            ),
        )
    )
    levels = level(0, "decimal", "%1.", '<w:pStyle w:val="Chapter"/>') + level(
        1, "decimal", "%1.%2.", '<w:pStyle w:val="Para"/>'
    )
    body = "".join(
        paragraph(name, f'<w:pStyle w:val="{name}"/>')
        for name in ("Chapter", "Para", "Mine", "Plain", "Chapter", "Mine")
    )
    assert _labels(body, limits, styles=styles, numbering=_numbering(levels, "")) == [
        *("1: Chapter", "1.1: Para", "1.2: Mine", ": Plain", "2: Chapter", "2.1: Mine")
    ]


def test_a_list_that_links_to_a_list_style_is_that_list(limits):
    numbering = (
        '<w:abstractNum w:abstractNumId="1"><w:numStyleLink w:val="UN"/></w:abstractNum>'
        f'<w:abstractNum w:abstractNumId="2"><w:styleLink w:val="UN"/>{UN_LIST}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="2"/></w:num>'
    )
    body = item("One.", 1) + item("Two.", 2)
    assert _labels(body, limits, numbering=numbering) == ["1: One.", "2: Two."]


def test_a_level_may_be_defined_anew_and_print_roman_numbers_in_figures(limits):
    letters = f'<w:lvlOverride w:ilvl="0">{level(0, "lowerLetter", "%1)")}</w:lvlOverride>'
    levels = level(0, "upperRoman", "%1.") + level(1, "decimal", "%1.%2", "<w:isLgl/>")
    body = item("Security", 1) + item("Patrols.", 1, 1) + item("Convoys.", 2)
    assert _labels(body, limits, numbering=_numbering(levels, "", letters)) == [
        *("I: Security", "1.1: Patrols.", "1.1 (b): Convoys.")
    ]


def test_what_is_deleted_or_hidden_is_not_counted(limits):
    gone = '<w:rPr><w:del w:id="1" w:author="x"/></w:rPr>'
    hidden = "<w:rPr><w:vanish/></w:rPr>"
    place = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    deleted = '<w:del w:id="2" w:author="x"><w:r><w:delText>Gone.</w:delText></w:r></w:del>'
    body = (
        item("One.", 1)
        + paragraph(deleted, place + gone)
        + paragraph(run("Hidden.", "<w:vanish/>"), place + hidden)
        + paragraph("Half", place + gone)
        + item(" and half.", 1)
    )
    assert _labels(body, limits, numbering=_numbering(UN_LIST, "")) == [
        "1: One.",
        "2: Half and half.",
    ]


def test_capital_numbers_and_articles_stand_by_themselves(limits):
    sections = level(0, "upperLetter", "%1.") + level(1, "decimal", "%2.")
    body = item("Mandate", 1) + item("One.", 1, 1) + item("Two.", 1, 1) + item("Security", 1)
    assert _labels(body, limits, numbering=_numbering(sections, "")) == [
        *("A: Mandate", "1: One.", "2: Two.", "B: Security")
    ]
    articles = level(0, "decimal", "Article %1:") + level(1, "decimal", "%2)")
    assert _labels(body, limits, numbering=_numbering(articles, "")) == [
        *("Article 1: Mandate", "Article 1 (1): One.", "Article 1 (2): Two.", "Article 2: Security")
    ]


def test_a_number_that_is_not_shown_is_none(limits):
    levels = level(0, "none", "%1.") + level(1, "bullet", "%2") + level(2, "decimal", "–")
    body = item("References", 1) + item("First.", 1, 1) + item("Second.", 1, 2)
    assert _labels(body, limits, numbering=_numbering(levels, "")) == [
        *(": References", ": First.", ": Second.")
    ]


def test_numbers_in_a_table_are_printed_and_counted(limits):
    cell = f"<w:tc>{item('Chad', 1)}</w:tc><w:tc>{paragraph('7')}</w:tc>"
    body = item("One.", 1) + f"<w:tbl><w:tr>{cell}</w:tr></w:tbl>" + item("Three.", 1)
    assert _labels(body, limits, numbering=_numbering(UN_LIST, "")) == [
        *("1: One.", ": 2. Chad | 7", "3: Three.")
    ]


def test_an_annex_may_be_numbered_by_its_style_alone(limits):
    levels = level(0, "upperRoman", "Annex %1") + level(1, "decimal", "%2.")
    body = paragraph("1. In the report.") + item("", 1) + item("Troops.", 1, 1)
    assert _labels(body, limits, numbering=_numbering(levels, "")) == [
        *("1: In the report.", ": Annex I", "Annex I, 1: Troops.")
    ]


# Notes -----------------------------------------------------------------------------------------


def _mark(identity: int, kind: str = "footnote", custom: str = "") -> str:
    follows = ' w:customMarkFollows="1"' if custom else ""
    return run(f'<w:{kind}Reference w:id="{identity}"{follows}/>{custom}')


def _notes(*texts: str, kind: str = "footnote") -> str:
    return "".join(
        f'<w:{kind} w:id="{n}">{paragraph(text)}</w:{kind}>' for n, text in enumerate(texts, 1)
    )


def _marked(content: bytes, limits) -> list[tuple[str, list[str]]]:
    reading = read_word(content, limits)
    texts = {note.number: note.text for note in reading.notes}
    return [
        (block.text, [f"{mark.number} {texts[mark.number]}" for mark in block.marks])
        for block in reading.blocks
    ]


def test_a_mark_of_ones_own_is_no_text_and_takes_no_number(limits):
    body = "".join(
        paragraph(run(text) + mark)
        for text, mark in (
            ("Report", _mark(1, custom="<w:t>*</w:t>")),
            ("Troops", _mark(2)),
            ("Police", _mark(3, custom='<w:sym w:font="Symbol" w:char="F0B7"/>')),
            ("Civilians", _mark(4)),
        )
    )
    notes = _notes("* Reissued.", "Without police.", "Estimate.", "Ibid.")
    assert _marked(word_file(body, {"footnotes": notes}), limits) == [
        ("Report", ["* Reissued."]),
        ("Troops", ["1 Without police."]),
        ("Police", ["• Estimate."]),
        ("Civilians", ["2 Ibid."]),
    ]


def test_a_mark_of_ones_own_may_stand_in_the_next_run(limits):
    raised = '<w:vertAlign w:val="superscript"/>'
    reference = run('<w:footnoteReference w:id="1" w:customMarkFollows="1"/>')
    body = paragraph(run("Report") + reference + run("a", raised) + run(" of May"))
    assert _marked(word_file(body, {"footnotes": _notes("a Draft.")}), limits) == [
        ("Report of May", ["a Draft."])
    ]


@pytest.mark.parametrize(
    ("rules", "printed"),
    [
        ("", ["1 a", "2 b", "3 c"]),
        ('<w:numRestart w:val="eachSect"/>', ["1 a", "2 b", "1-2 c"]),
        ('<w:numFmt w:val="lowerLetter"/><w:numStart w:val="3"/>', ["c a", "d b", "e c"]),
        ('<w:numFmt w:val="chicago"/>', ["* a", "† b", "‡ c"]),
    ],
)
def test_footnotes_are_numbered_as_the_document_says(limits, rules, printed):
    section = '<w:sectPr><w:type w:val="nextPage"/></w:sectPr>'
    body = (
        paragraph(run("A") + _mark(1))
        + paragraph(run("B") + _mark(2), section)
        + paragraph(run("C") + _mark(3))
        + "<w:sectPr/>"
    )
    parts = {
        "footnotes": _notes("a", "b", "c"),
        "settings": f"<w:footnotePr>{rules}</w:footnotePr>",
    }
    assert [said for _, [said] in _marked(word_file(body, parts), limits)] == printed


def test_a_section_has_its_own_rules(limits):
    own = '<w:sectPr><w:footnotePr><w:numFmt w:val="upperRoman"/></w:footnotePr></w:sectPr>'
    body = paragraph(run("A") + _mark(1), own) + paragraph(run("B") + _mark(2)) + "<w:sectPr/>"
    assert [
        said for _, [said] in _marked(word_file(body, {"footnotes": _notes("a", "b")}), limits)
    ] == [*("I a", "2 b")]


def test_footnotes_of_each_page_end_with_the_page_or_are_counted_through_with_a_remark(limits):
    rule = '<w:footnotePr><w:numRestart w:val="eachPage"/></w:footnotePr>'
    parts = {"footnotes": _notes("a", "b"), "settings": rule}
    new_page = run("<w:lastRenderedPageBreak/>")
    bodies = [
        paragraph(run("A") + _mark(1)) + paragraph(page + run("B") + _mark(2))
        for page in (new_page, "")
    ]
    paged, unpaged = (read_word(word_file(body, parts), limits) for body in bodies)
    assert [note.number for note in paged.notes] == ["1", "1-2"]
    assert [note.number for note in unpaged.notes] == ["1", "2"]
    assert not paged.remarks
    assert unpaged.remarks[0].startswith("notes are numbered anew on each page")


def test_endnotes_are_roman_unless_the_document_says_otherwise(limits):
    body = paragraph(run("A") + _mark(1) + _mark(1, "endnote"))
    parts = {"footnotes": _notes("foot"), "endnotes": _notes("end", kind="endnote")}
    assert _marked(word_file(body, parts), limits) == [("A", ["1 foot", "i end"])]
    parts["settings"] = '<w:endnotePr><w:numFmt w:val="decimal"/></w:endnotePr>'
    assert _marked(word_file(body, parts), limits) == [("A", ["1 foot", "e1 end"])]


def test_a_deleted_mark_counts_for_nothing_and_its_note_is_not_printed(limits):
    deleted = f'<w:del w:id="9" w:author="x">{_mark(1)}</w:del>'
    body = paragraph(run("A") + deleted) + paragraph(run("B") + _mark(2))
    content = word_file(body, {"footnotes": _notes("gone", "kept")})
    assert _marked(content, limits) == [("A", []), ("B", ["1 kept"])]
    assert [note.text for note in read_word(content, limits).notes] == ["kept"]


def test_headings_and_cells_keep_their_notes(limits):
    heading = paragraph(run("Mandate") + _mark(1), '<w:outlineLvl w:val="0"/>')
    table = f"<w:tbl>{row('Chad', run('Seven') + _mark(2))}{row('Mali', 'Two')}</w:tbl>"
    notes = _notes("one", "two").replace('w:id="1"', 'w:id="1" w:type="normal"')
    reading = read_word(word_file(heading + table, {"footnotes": notes}), limits)
    assert [(b.role, b.text, [(m.number, m.offset) for m in b.marks]) for b in reading.blocks] == [
        ("heading", "Mandate", [("1", 7)]),
        ("annex", "Chad | Seven", [("2", 12)]),
        ("annex", "Mali | Two", []),
    ]
    assert [note.text for note in reading.notes] == ["one", "two"]
