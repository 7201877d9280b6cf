"""Documents chosen for their oddities, read by eye: every block's role, label, first, last words.

The files of gold/ were written from the source (pages as printed, the lines of a text file, the
markup of an XML file), not from what the reader gives. `section` is the innermost heading, or the
speaker. Where a file has a column `paragraph` or `notes` (numbers with a space between), these were
written down too. Of the reports in pact-paragraphs.csv only forty paragraphs were read, drawn at
random from the coded ones, with their first and last three words.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipeline.ingest.readers import read_file
from pipeline.ingest.reading import Block

GOLD = Path(__file__).parent / "gold"
ARTICLE = Path(__file__).parents[2] / "corpus" / "article" / "gilder-2026.txt"
RESOLUTIONS = "resolutions/{}.xml"
STATEMENTS = "presidential-statements/{}.xml"
PDFS = "reports-pdf/{}.pdf"
RECORDS = "reports-txt/{}.txt"
DOCUMENTS = {
    "S-2002-80-Corr-1": ("report", PDFS),  # one page, no numbers
    "A-79-19": ("report", PDFS),  # cover pages, contents, chapters, footnotes
    "A-79-923-S-2025-341": ("other", PDFS),  # two symbols, a letter, numbers in an annex's headings
    "S-RES-2773-2025-pdf": ("resolution", PDFS),  # preamble, paragraphs cut by a page
    "S-2000-53": ("report", PDFS),  # old letterhead, one type, headings known by their place
    "S-PV-8728": ("verbatim_record", RECORDS),  # roles, displaced "(spoke in French)", a bar for I
    "S-PV-8765": ("verbatim_record", RECORDS),  # the President for his country, two speeches in one
    "S-PRST-2000-14": ("presidential_statement", STATEMENTS),  # not well-formed around its heading
    "S-RES-1991-2011": ("resolution", RESOLUTIONS),  # 1 to 4 are items of the preamble
    "S-RES-1996-2011": ("resolution", RESOLUTIONS),  # 4 to 28 are points of 3
    "S-RES-1502-2003": ("resolution", RESOLUTIONS),  # footnotes inside a recital
    "S-RES-1343-2001": ("resolution", RESOLUTIONS),  # sections, the first with its own preamble
}


@pytest.mark.mirror
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_block_is_as_read_by_eye(name, mirror, limits):
    kind, place = DOCUMENTS[name]

    blocks = _blocks(mirror / place.format(name), kind, limits)

    _assert_as_read(blocks, name)


def test_every_block_of_the_article_is_as_read_by_eye(limits):
    _assert_as_read(_blocks(ARTICLE, "article", limits), "gilder-2026")


@pytest.mark.slow
def test_forty_coded_paragraphs_are_as_read_on_the_page(pact, read):
    expected = _gold("pact-paragraphs")

    found = []
    for row in expected:
        file = pact / "pdfs" / f"{row['report'].replace('/', '_')}.pdf"
        texts = [b.text for b in _outside_annexes(read(file)) if b.label == row["paragraph"]]
        ends = [(" ".join(text.split()[:3]), " ".join(text.split()[-3:])) for text in texts]
        found.append((row["report"], row["paragraph"], ends))

    assert len(expected) == 40
    assert found == [
        (row["report"], row["paragraph"], [(row["first"], row["last"])]) for row in expected
    ]


def _outside_annexes(reading) -> list[Block]:
    return [block for block in reading.blocks if block.role != "annex"]


def _blocks(file, kind, limits) -> tuple[Block, ...]:
    return read_file(file.read_bytes(), kind, file.suffix, limits).blocks


def _gold(name) -> list[dict[str, str]]:
    with (GOLD / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _assert_as_read(blocks, name):
    expected = _gold(name)
    found = [_as_row(block, row) for block, row in zip(blocks, expected, strict=False)]
    assert found == expected[: len(found)]
    assert len(blocks) == len(expected)


def _as_row(block, expected):
    """The block in the columns of the row; first and last as many characters as were noted."""
    row = {
        "role": block.role,
        "label": block.label,
        "section": block.section[-1] if block.section else "",
        "first": block.text[: len(expected["first"])],
        "last": block.text[len(block.text) - len(expected["last"]) :],
        "paragraph": str(block.paragraph or ""),
        "notes": " ".join(mark.number for mark in block.marks),
    }
    return {column: row[column] for column in expected}
