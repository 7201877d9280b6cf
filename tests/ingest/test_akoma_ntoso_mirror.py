"""The Akoma Ntoso reader on the UN's real files: all of them, and each known oddity by name."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from pipeline.ingest.akoma.reader import read_akoma_ntoso
from pipeline.ingest.reading import Block, Reading

pytestmark = pytest.mark.mirror

_WORD = re.compile(r"\w+")
_OUTSIDE = {"meta", "coverPage", "preface", "num", "authorialNote"}
_BREAKS = {"p", "heading", "subheading", "block", "listIntroduction", "crossHeading", "paragraph"}

UNNUMBERED = {
    "S-RES-1300-2000": "(a) to (c) under an unnumbered 'Decides:'",
    "S-RES-1318-2000": "one sentence; the declaration is the annex",
    "S-RES-1661-2006": "three paragraphs, no number in the file",
    "S-RES-2072-2012": "one paragraph, no number in the file",
}
"""Resolutions without paragraph numbers: the manifest counts their paragraphs instead."""

FOOTNOTES = (
    "S-PRST-2001-19 S-PRST-2002-1 S-PRST-2005-10 S-PRST-2005-31 S-PRST-2005-49 S-PRST-2006-42"
    " S-PRST-2007-40 S-PRST-2009-1 S-PRST-2009-15 S-PRST-2009-26 S-PRST-2011-10 S-PRST-2023-4"
).split()
"""Statements in which the manifest counts one footnote ("* Reissued ...") as a paragraph."""

ANNEX_IN_BODY = ("S-PRST-2014-3", "S-PRST-2015-23", "S-PRST-2018-18")
"""Statements in which the manifest counts the aide-memoire, which stands in the body, too."""

DASHES = ("S-PRST-2005-46",)
"""Statements in which the manifest counts a list as one paragraph."""


@cache
def _read(folder: Path, name: str) -> Reading:
    return read_akoma_ntoso(_file(folder, name).read_bytes())


def _file(folder: Path, name: str) -> Path:
    return next(folder.glob(f"*/{name}.xml"))


def _labels(reading: Reading, role: str = "operative") -> list[str]:
    return [block.label for block in reading.blocks if block.role == role]


def _block(reading: Reading, label: str) -> Block:
    return next(block for block in reading.blocks if block.label == label)


def _manifest(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["path"].endswith(".xml")]


def _paragraph_numbers(reading: Reading) -> list[int]:
    roots = (
        re.match(r"\d+", block.label)
        for block in reading.blocks
        if block.role in ("operative", "heading")
    )
    return list(dict.fromkeys(int(root[0]) for root in roots if root))


@pytest.mark.slow
def test_every_resolution_has_its_paragraphs_in_order(mirror: Path) -> None:
    wrong = {}
    for row in _manifest(mirror):
        name = Path(row["path"]).stem
        if row["kind"] == "resolution" and name not in UNNUMBERED:
            found = _paragraph_numbers(_read(mirror, name))
            if found != list(range(1, int(row["n_operative"]) + 1)):
                wrong[name] = found
    assert wrong == {}


@pytest.mark.slow
def test_every_statement_has_its_paragraphs(mirror: Path) -> None:
    wrong = {}
    for row in _manifest(mirror):
        name = Path(row["path"]).stem
        if row["kind"] == "presidential_statement" and name not in (*ANNEX_IN_BODY, *DASHES):
            found = len(_labels(_read(mirror, name), "paragraph"))
            if found + (name in FOOTNOTES) != int(row["n_operative"]):
                wrong[name] = found
    assert wrong == {}


@pytest.mark.slow
def test_every_word_of_the_body_is_in_exactly_one_block(mirror: Path) -> None:
    printed: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    for row in _manifest(mirror):
        name = Path(row["path"]).stem
        root = etree.fromstring(_file(mirror, name).read_bytes(), etree.XMLParser(recover=True))
        body = Counter(_WORD.findall("".join(_strings(root))))
        read = Counter(_WORD.findall("\n".join(b.text for b in _read(mirror, name).blocks)))
        printed += body
        missing += body - read
        # numbers that stand alone between two parts ("II") are headings
        assert all(re.fullmatch(r"[IVX]+|[AB]", word) for word in read - body), name
    assert missing.total() < 0.0001 * printed.total()
    assert all(re.fullmatch(r"[a-z]|[ivx]+|\d{1,2}", word) for word in missing)


def _strings(element: etree._Element) -> Iterator[str]:
    """Text of the body as the file holds it, without numbers and footnotes; blocks are parted."""
    name = etree.QName(element).localname if isinstance(element.tag, str) else "meta"
    if name not in _OUTSIDE:
        yield element.text or ""
        for child in element:
            yield from _strings(child)
            yield child.tail or ""
        yield "\n" if name in _BREAKS else ""


@pytest.mark.slow
def test_symbols_and_dates_are_those_of_the_manifest(mirror: Path) -> None:
    for row in _manifest(mirror):
        reading = _read(mirror, Path(row["path"]).stem)
        assert (reading.symbol, str(reading.date)) == (row["symbol"], row["date"])


@pytest.mark.slow
def test_no_operative_text_of_a_numbered_resolution_is_without_label(mirror: Path) -> None:
    for row in _manifest(mirror):
        name = Path(row["path"]).stem
        if name not in UNNUMBERED:
            labels = _labels(_read(mirror, name))
            assert all(re.match(r"\d", label) for label in labels), name


def test_a_statement_that_is_not_well_formed_is_whole(mirror: Path) -> None:
    for name, n in (("S-PRST-2000-14", 6), ("S-PRST-2005-31", 6), ("S-PRST-2009-15", 7)):
        reading = _read(mirror, name)
        assert reading.remarks[0].startswith("not well-formed XML"), name
        assert len(_labels(reading, "paragraph")) == n
        assert reading.blocks[-1].text.endswith("”")


def test_paragraphs_that_are_items_of_the_preamble_are_operative(mirror: Path) -> None:
    reading = _read(mirror, "S-RES-1991-2011")
    assert _labels(reading)[:8] == ["1", "2", "3", "4", "4 (a)", "4 (b)", "4 (c)", "5"]


def test_paragraphs_that_are_points_of_a_list_are_paragraphs(mirror: Path) -> None:
    reading = _read(mirror, "S-RES-1996-2011")
    assert _labels(reading)[-26:-24] == ["3 (c) (vi)", "4"]
    assert _labels(reading)[-1] == "28"
    assert _block(reading, "4").text.startswith("Authorizes UNMISS to use all necessary means")


def test_a_number_that_stands_in_the_text_becomes_the_label(mirror: Path) -> None:
    assert _block(_read(mirror, "S-RES-2730-2024"), "11").text.startswith("Condemns disinformation")
    assert _block(_read(mirror, "S-RES-1643-2005"), "13").text.startswith("Urges all States")


def test_resolutions_without_numbers_have_operative_paragraphs(mirror: Path) -> None:
    assert _labels(_read(mirror, "S-RES-1300-2000")) == ["", "(a)", "(b)", "(c)"]
    assert _labels(_read(mirror, "S-RES-1661-2006")) == ["", "", ""]
    assert _labels(_read(mirror, "S-RES-2072-2012")) == [""]
    declaration = _read(mirror, "S-RES-1318-2000")
    assert len(_labels(declaration)) == 1
    assert len(_labels(declaration, "annex")) == 27
    assert declaration.blocks[-1].section == ("Annex", "VIII")


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("S-RES-2423-2018", date(2018, 6, 28)),
        ("S-RES-1609-2005", date(2005, 6, 24)),
        ("S-RES-1287-2000", date(2000, 1, 31)),
        ("S-RES-1288-2000", date(2000, 1, 31)),
        ("S-RES-1291-2000", date(2000, 2, 24)),
        ("S-RES-2059-2012", date(2012, 7, 20)),
        ("S-PRST-2002-1", date(2002, 1, 16)),
        ("S-PRST-2005-10", date(2005, 3, 2)),
    ],
)
def test_the_day_of_adoption_is_found_where_the_file_contradicts_itself(
    mirror: Path, name: str, day: date
) -> None:
    reading = _read(mirror, name)
    assert reading.date == day
    if name not in ("S-RES-1287-2000", "S-RES-1288-2000", "S-RES-1291-2000", "S-RES-2059-2012"):
        assert any("elsewhere:" in remark for remark in reading.remarks)


@pytest.mark.parametrize(
    "name", ["S-PRST-2009-1", "S-PRST-2014-3", "S-PRST-2015-23", "S-PRST-2018-18"]
)
def test_an_aide_memoire_is_an_annex_and_no_statement(mirror: Path, name: str) -> None:
    reading = _read(mirror, name)
    words = Counter({"annex": 0, "paragraph": 0})
    for block in reading.blocks:
        words[block.role] += len(block.text.split())
    assert words["paragraph"] < 2000
    assert words["annex"] > 15_000


@pytest.mark.parametrize("name", ["S-RES-1305-2000", "S-RES-1343-2001", "S-RES-1521-2003"])
def test_a_second_preamble_between_sections_is_preambular(mirror: Path, name: str) -> None:
    reading = _read(mirror, name)
    first = next(n for n, block in enumerate(reading.blocks) if block.role == "operative")
    sections = {b.section for b in reading.blocks[first:] if b.role == "operative"}
    late = [b for b in reading.blocks if b.role == "preambular" and b.section]
    assert late
    assert all(block.text.endswith(",") for block in late)
    assert sections in ({("I",), ("II",), ("III",)}, {("A",), ("B",)})


def test_footnotes_are_notes(mirror: Path) -> None:
    recital = _read(mirror, "S-RES-1502-2003").blocks[2]
    assert [mark.number for mark in recital.marks] == ["1", "2"]
    assert "S/PRST/2002/6" not in recital.text
    somalia = _read(mirror, "S-RES-2713-2023")
    assert [note.number for note in somalia.notes] == ["1", "*", "* 2", "* 3"]


def test_headings_inside_a_list_make_the_path_of_what_follows(mirror: Path) -> None:
    reading = _read(mirror, "S-RES-2605-2021")
    assert _block(reading, "34 (a) (iii), bullet 6").section == (
        "MINUSCA’s mandate",
        "Priority tasks",
        "(a) Protection of civilians",
    )
    assert _block(reading, "35 (f) (v)").section[-1] == "Special Criminal Court (SCC):"
    assert _block(reading, "37").section == ("Mission effectiveness",)


def test_lists_whose_markup_nests_wrongly_keep_their_letters(mirror: Path) -> None:
    haiti = _labels(_read(mirror, "S-RES-1542-2004"))
    assert haiti[haiti.index("7") + 1 :][:9:8] == ["7 I", "7 II (a)"]
    assert "7 III (b)" in haiti
    mali = _read(mirror, "S-RES-2164-2014")
    assert _block(mali, "13 (a) (i)").text.startswith("In support of the Malian authorities")
    assert "Annex II, B, 3 (h)" in _labels(_read(mirror, "S-RES-1353-2001"), "annex")
    assert "Annex C, Part II, 2 (e)" in _labels(_read(mirror, "S-RES-2607-2021"), "annex")
