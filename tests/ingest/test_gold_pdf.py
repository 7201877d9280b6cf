"""Documents chosen for their oddities, read by hand: every block's label, first and last words.

The files of gold/ were written from the pages as printed (and, for verbatim records, from the
source's lines), not from what the reader gives. `section` is the innermost heading, or the speaker.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipeline.ingest.readers import read_file

GOLD = Path(__file__).parent / "gold"
DOCUMENTS = {
    "S-2002-80-Corr-1": "report",  # one page, no numbers
    "A-79-19": "report",  # cover pages, contents, chapters, footnotes
    "A-79-923-S-2025-341": "other",  # two symbols, a letter, numbered headings in an annex
    "S-RES-2773-2025-pdf": "resolution",  # preamble, paragraphs cut by a page
    "S-2000-53": "report",  # old letterhead, one type, headings known by their place
    "S-PV-8728": "verbatim_record",  # roles, displaced "(spoke in French)", a bar for I
    "S-PV-8765": "verbatim_record",  # the President for his country, two speeches in a row
}


@pytest.mark.mirror
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_block_is_as_a_person_read_it(name, mirror, limits):
    kind = DOCUMENTS[name]
    suffix, folder = (
        (".txt", "reports-txt") if kind == "verbatim_record" else (".pdf", "reports-pdf")
    )
    with (GOLD / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))

    content = (mirror / folder / f"{name}{suffix}").read_bytes()
    blocks = read_file(content, kind, suffix, limits).blocks

    found = [
        {
            "role": block.role,
            "label": block.label,
            "section": block.section[-1] if block.section else "",
            "first": block.text[: len(row["first"])],
            "last": block.text[len(block.text) - len(row["last"]) :],
        }
        for block, row in zip(blocks, expected, strict=False)
    ]
    assert found == expected[: len(found)]
    assert len(blocks) == len(expected)
