"""The article's reader, on a small article and on the real one."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from pipeline.ingest.article import read_article, speaker_groups
from pipeline.ingest.reading import Reading, UnreadableError

SMALL = Path(__file__).parent / "documents" / "article.txt"
ARTICLE = Path("corpus/article/gilder-2026.txt")
SENTENCES = Path("corpus/coding/article-sentences.csv")

SPEAKERS = {
    "": "1",
    "military": "2 3 4 5 6 9 13 18 19 21 22 23 25 28 33 42 46 47 48 49 52 53 54 55 56 57 58 61"
    " 64 67 69",
    "un_civilian": "10 24 31 32 41 43 60",
    "ngo": "12 14 15 17 20 34 37 40 50 51 59 65 66",
    "government": "11 30",
    "police": "26",
    "anonymous": "7 27 29 35 36 38 39 44 45 63 68",
    "military un_civilian": "8",
    "anonymous military": "16",
    "police military": "62",
}
"""Speaker groups of each of the 69 endnotes, written down by hand from the notes."""


@pytest.fixture(scope="module")
def article() -> Reading:
    return read_article(ARTICLE.read_bytes())


def test_a_small_article_is_read_as_a_person_would_mark_it() -> None:
    reading = read_article(SMALL.read_bytes())
    assert [(b.role, b.label, b.paragraph, b.text) for b in reading.blocks] == [
        ("heading", "", None, "Abstract"),
        ("paragraph", "", 1, "Missions are robust on paper."),
        ("heading", "1", None, "Introduction"),
        (
            "paragraph",
            "",
            2,
            "Mandates grew. They also grew longer. They are still read by those who patrol.",
        ),
        ("heading", "2", None, "Findings"),
        ("heading", "2.1", None, "Posture"),
        ("paragraph", "", 3, "A staff officer stated,"),
        ("quotation", "", 3, "They have locked themselves in their camps. Nobody patrols."),
        ("paragraph", "", 4, "In a similar vein, others agreed. A participant was content:"),
        ("quotation", "", 5, "“We went out. We came back.”"),
        ("heading", "3", None, "Conclusion"),
        ("paragraph", "", 6, "There is a gap between text and practice on the ground."),
    ]
    assert (reading.title, reading.date) == ("Short Interviews on Peacekeeping", date(2031, 4, 6))
    assert [(n.number, n.text, n.speaker_groups) for n in reading.notes] == [
        ("1", "See other research (Writer 2030).", ()),
        (
            "2",
            "Interview with a former staff officer; Interview with a senior NGO official.",
            ("military", "ngo"),
        ),
        ("3", "Interview with an anonymous participant.", ("anonymous",)),
    ]


def test_a_note_marker_is_kept_with_its_place() -> None:
    reading = read_article(SMALL.read_bytes())
    marks = [(b.text[: m.offset][-7:], m.number) for b in reading.blocks for m in b.marks]
    assert marks == [("longer.", "1"), ("atrols.", "2"), (" back.”", "3")]


def test_the_article_has_its_sections(article: Reading) -> None:
    headings = [b.label for b in article.blocks if b.role == "heading"]
    assert headings == ["", "1", "2", "3", "4", "4.1", "4.2", "4.3", "5", "6"]
    assert {b.section[-1] for b in article.blocks if b.role == "quotation"} == {
        "2. Robustness and the need to examine experiences of robust mandates",
        "4.1. The impact of robustness",
        "4.2. Robustness and the relationship of the mission with other actors",
        "4.3. Robust units and capabilities",
    }


def test_the_article_has_the_paragraph_numbers_of_the_coding(article: Reading) -> None:
    first: dict[int, str] = {}
    with SENTENCES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            first.setdefault(int(row["paragraph"]), row["text"].replace("*", "")[:30])
    opening: dict[int, str] = {}
    for block in article.blocks:
        if block.paragraph is not None:
            opening.setdefault(block.paragraph, block.text[:30])
    assert opening == first
    assert len(first) == 74


def test_the_article_has_its_twelve_block_quotations(article: Reading) -> None:
    quotations = [(b.paragraph, b.text[:12]) for b in article.blocks if b.role == "quotation"]
    assert [paragraph for paragraph, _ in quotations] == [
        *(8, 10, 12, 30, 34, 36, 40, 41, 44, 46, 48, 58)
    ]
    assert quotations[0][1] == "the use of f"


def test_nothing_but_the_body_is_in_the_blocks(article: Reading) -> None:
    text = "\n".join(block.text for block in article.blocks)
    for stray in ("CONTACT", "Informa UK", "Creative Commons", "doi.org", "Disclosure", "KEYWORDS"):
        assert stray not in text
    assert not set(text) & set("⁰¹²³⁴⁵⁶⁷⁸⁹*")


def test_each_of_the_notes_is_cited_once_and_in_order(article: Reading) -> None:
    cited = [int(mark.number) for block in article.blocks for mark in block.marks]
    assert cited == list(range(1, 70))
    assert [int(note.number) for note in article.notes] == cited


def test_each_note_has_the_speakers_that_it_names(article: Reading) -> None:
    expected = {
        int(number): tuple(groups.split())
        for groups, numbers in SPEAKERS.items()
        for number in numbers.split()
    }
    assert {int(note.number): note.speaker_groups for note in article.notes} == expected


def test_a_note_that_is_no_interview_names_nobody() -> None:
    assert speaker_groups("See the UN police doctrine of General X.") == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfe\x00", "UTF-8"),
        (b"1. Introduction\n\nText.", "no ABSTRACT"),
        (b"ABSTRACT\n\nText.\n\nNotes\n\n1. Introduction", "laid out"),
    ],
)
def test_a_file_that_is_not_the_article_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        read_article(content)
