"""The article's reader, on a small article and on the real one."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from pipeline.ingest.corpus import read_corpus
from pipeline.ingest.readers import NO_INTERVIEWS, KnownReadings, read_file
from pipeline.ingest.reading import Block, Note, Reading, UnreadableError
from pipeline.run.settings import IngestSettings, load_settings
from pipeline.segment.passages import cut_passages
from pipeline.study.checks import load_study
from pipeline.study.manifest import read_manifest
from pipeline.study.study import Interviews
from tests.ingest import small_article
from tests.ingest.small_article import INLINE, PARTICIPANTS, SENTENCE

LIMITS = load_settings().ingest
STUDY = load_study().interviews
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


def _read(content: bytes | str, suffix: str, interviews: Interviews = NO_INTERVIEWS) -> Reading:
    whole = content.encode() if isinstance(content, str) else content
    return read_file(whole, "article", suffix, LIMITS, interviews)


@pytest.fixture(scope="module")
def article() -> Reading:
    return _read(ARTICLE.read_bytes(), ".txt", STUDY)


def test_a_small_article_is_read_as_a_person_would_mark_it() -> None:
    reading = _read(SMALL.read_bytes(), ".txt", STUDY)
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
    reading = _read(SMALL.read_bytes(), ".txt", STUDY)
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


def test_without_a_pattern_nobody_is_a_speaker(article: Reading) -> None:
    alone = _read(ARTICLE.read_bytes(), ".txt")
    assert {note.speaker_groups for note in alone.notes} == {()}
    assert alone.blocks == article.blocks
    assert not _read(INLINE, ".md").notes


WRITTEN = {
    ".txt": small_article.as_text,
    ".md": small_article.as_markdown,
    ".html": small_article.as_html,
    ".docx": small_article.as_word,
    ".pdf": (Path(__file__).parent / "documents" / "small-article.pdf").read_bytes,
}


@pytest.mark.parametrize("suffix", WRITTEN)
def test_one_article_is_the_same_in_each_format(suffix: str) -> None:
    # given an article that marks its participants otherwise than the study's
    content = WRITTEN[suffix]()
    # when it is read
    reading = _read(content, suffix, small_article.INTERVIEWS)
    # then sections, paragraphs, quotations, notes and speakers are what was written
    headings = [block for block in reading.blocks if block.role == "heading"]
    assert [" > ".join([*b.section, _name(b)]) for b in headings] == [*small_article.SECTIONS]
    body = [block for block in reading.blocks if block.role != "heading"]
    assert [(b.role, b.paragraph, " > ".join(b.section)) for b in body] == [*small_article.BODY]
    assert [block.text for block in body] == small_article.words()
    assert [note.text for note in reading.notes] == [*small_article.NOTES]
    assert {note.number: note.speaker_groups for note in reading.notes} == small_article.SPOKEN
    marks = [(b.text[: m.offset].split()[-1], m.number) for b in body for m in b.marks]
    assert marks == [("flooded.", "1"), ("live.", "2"), ("clinic.", "3"), ("room.", "4")]
    assert (reading.title, reading.date) == (small_article.TITLE, date(2031, 4, 6))
    assert "left out: 10 words under References" in reading.remarks


def _name(heading: Block) -> str:
    return f"{heading.label}. {heading.text}" if heading.label else heading.text


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html"])
def test_the_real_article_written_in_another_format_has_the_same_blocks_and_notes(
    article: Reading, suffix: str
) -> None:
    reading = _read(small_article.rewritten(article, suffix), suffix, STUDY)
    assert [_without_paragraph(b) for b in reading.blocks] == [
        _without_paragraph(b) for b in article.blocks
    ]
    assert reading.notes == article.notes


def _without_paragraph(block: Block) -> tuple[object, ...]:
    """A colon opens a quotation here, and closes the paragraph in the repository's text."""
    return block.role, block.label, block.section, block.text, block.marks


def test_a_citation_in_the_text_is_a_note_with_its_mark_behind_it_and_the_text_stays() -> None:
    reading = _read(INLINE, ".md", PARTICIPANTS)

    assert reading.notes == (
        Note("i1", "Interview 12, NGO worker", ("ngo",)),
        Note("i2", "Smith 2020; P7, teacher", ("school",)),
        Note("i3", "P7, teacher", ("school",)),
        Note("i4", "see Interview 12, NGO worker", ("ngo",)),
    )
    assert [[(b.text[: m.offset][-8:], m.number) for m in b.marks] for b in reading.blocks] == [
        [(" worker)", "i1"), ("teacher)", "i2")],
        [(" teacher", "i3")],
        [(" worker]", "i4")],
    ]
    assert reading.blocks[1].text == "We wait for the dark. — P7, teacher"
    assert [block.text for block in _read(INLINE, ".md").blocks] == [b.text for b in reading.blocks]


def test_passages_with_a_citation_in_the_text_report_an_interview() -> None:
    entry = next(entry for entry in read_manifest() if entry.kind == "article")

    def read(content: bytes, _kind: str, _suffix: str, _limits: IngestSettings) -> Reading:
        return _read(content, ".md", PARTICIPANTS)

    corpus = read_corpus([(entry, INLINE.encode())], LIMITS, read)
    whole = [[(0, len(text))] for text in corpus.blocks["text"]]
    passages = cut_passages(corpus.blocks, corpus.notes, whole, load_settings().segment)

    heard = corpus.notes.filter(corpus.notes["speaker_groups"].list.len() > 0)["number"]
    assert [bool(set(notes) & set(heard)) for notes in corpus.blocks["notes"]] == [True] * 3
    assert passages.height == 3


def test_plain_text_is_read_by_its_look() -> None:
    text = f"""NIGHT BOATS

R. Writer

{SENTENCE}.[1] He left.2 In 2013, 14 boats came, over 4 km² of mud,
and nobody saw them (see p.1 of the log).

What the boats carry

{SENTENCE}. "Nobody knows."[3]

A teacher on the stage put it so:

"We wait for the dark."

Endnotes

[1] P7, teacher.
[2] Smith 2020.
[3] Interview 9, NGO
worker.

Acknowledgements

We thank the boats.

Works Cited

Smith. 2020. Boats.
"""
    reading = _read(text, ".txt", PARTICIPANTS)

    assert reading.title == "NIGHT BOATS"
    assert [(b.role, b.paragraph, b.text[:22], len(b.marks)) for b in reading.blocks] == [
        ("paragraph", 1, "A boat came at night, ", 2),
        ("heading", None, "What the boats carry", 0),
        ("paragraph", 2, "A boat came at night, ", 1),
        ("paragraph", 3, "A teacher on the stage", 0),
        ("quotation", 3, '"We wait for the dark.', 0),
    ]
    assert "4 km² of mud, and nobody saw them (see p.1 of" in reading.blocks[0].text
    assert [(n.text, n.speaker_groups) for n in reading.notes] == [
        ("P7, teacher.", ("school",)),
        ("Smith 2020.", ()),
        ("Interview 9, NGO worker.", ("ngo",)),
    ]
    assert reading.remarks == (
        "left out: 4 words before the text: title, authors, keywords",
        "left out: 5 words under Acknowledgements",
        "left out: 5 words under Works Cited",
    )


WORKS = "Nobody, A. (2010) Roads. Nowhere Press.\n\nSomebody, B. 2011. The Bread of Others. Town."
THANKS = "This work was paid for by the fund for bread of the town, as grant number twelve of 2031."
SOURCES = ["Sources", "References"]
WROTE = "Much has been written about roads, but few who wrote it have asked those who bake it."


def _sections(*sections: tuple[str, str]) -> str:
    return "\n\n".join(["# Bread", *(f"## {name}\n\n{text}" for name, text in sections)])


@pytest.mark.parametrize(
    ("headings", "left_out"),
    [
        (["1. Bakers: t", "2. Literature: w", "3. Sources: w", "4. Funding: w", "5. End: t"], []),
        (["Bakers: t", "Literature: w", "Sources: w", "Funding: w", "End: t"], []),
        (["Bakers: t", "Sources: w", "References: l"], ["References"]),
        (
            ["1. Bakers: t", "2. Sources: l", "3. End: t", "References: l"],
            SOURCES,
        ),
        (["Bakers: t", "Sources: l", "End: t", "References: l"], SOURCES),
        (["1. Bakers: t", "Funding: f", "2. End: t"], ["Funding"]),
        (
            ["1. Bakers: t", "2. End: t", "3. Funding: f", "References: l"],
            ["Funding", "References"],
        ),
        (["Bakers: t", "Funding: f", "Notes: n", "Literature: l"], ["Funding", "Literature"]),
        (["Abstract: t", "Acknowledgements: f", "Bakers: t", "End: t"], ["Acknowledgements"]),
        (["Bakers: t", "Acknowledgements: f", "End: t"], ["Acknowledgements"]),
        (["Bakers: t", "References: l", "Questions: t"], ["References, Questions"]),
        (["1. Bakers: t", "References: l", "Appendix: t", "A: t"], ["References, Appendix, A"]),
    ],
)
def test_only_what_is_no_text_is_left_out_and_its_headings_are_named(
    headings: list[str], left_out: list[str]
) -> None:
    texts = {"t": f"{SENTENCE}.", "w": WROTE, "l": WORKS, "f": THANKS, "n": "1. Smith 2020."}
    parts = [heading.split(": ") for heading in headings]

    reading = _read(_sections(*((name, texts[text]) for name, text in parts)), ".md")

    named = [name.rpartition(". ")[2] for name, _ in parts]
    gone = {*", ".join(left_out).split(", "), "Notes"}
    kept = [block.text for block in reading.blocks if block.role == "heading"]
    assert kept == [name for name in named if name not in gone]
    said = [one.partition(" under ")[2] for one in reading.remarks if " under " in one]
    assert said == left_out


def test_a_first_section_of_short_paragraphs_is_no_front_matter() -> None:
    text = _sections(("One", "It is old. It leaves at six.\n\nNobody counts us."), ("Two", WROTE))
    reading = _read(text.replace("# Bread", "# Bread\n\nAnn Author, Town"), ".md")
    assert [block.text for block in reading.blocks if block.role == "heading"] == ["One", "Two"]


def test_headings_of_what_stands_before_the_text_are_named() -> None:
    text = _sections(("Ann Author", "University of Nowhere"), ("One", WROTE))
    (said,) = _read(text, ".md").remarks
    assert said.endswith("before the text: title, authors, keywords; under Ann Author")


def test_endnotes_of_word_and_notes_of_other_programs_pages_are_notes() -> None:
    page = f"""<meta name="citation_title" content="Boats"><h2>One</h2>
    <p>{SENTENCE}.<a href="#_ftn1" name="_ftnref1"><span>[1]</span></a> He left.<a href="#fn2"
    class="footnote-ref" role="doc-noteref"><sup>2</sup></a> See <a href="#end">2</a>.</p>
    <h2 id="end">Two</h2><p>{SENTENCE}.</p>
    <div id="ftn1"><p><a href="#_ftnref1" name="_ftn1">[1]</a> P7, teacher.</p></div>
    <section><ol><li id="fn2"><p>Ibid.<a href="#fnref2">↩︎</a></p></li></ol></section>"""
    reading = _read(page, ".html")
    assert [(note.number, note.text) for note in reading.notes] == [
        ("1", "P7, teacher."),
        ("2", "Ibid."),
    ]
    assert [[mark.number for mark in block.marks] for block in reading.blocks][1] == ["1", "2"]
    assert reading.blocks[1].text.endswith("He left. See 2.")
    assert reading.title == "Boats"

    word = _read(small_article.as_word(notes="endnote"), ".docx", small_article.INTERVIEWS)
    assert {note.number: note.speaker_groups for note in word.notes} == small_article.SPOKEN


def test_notes_that_no_passage_can_be_said_to_rest_on_are_named() -> None:
    reading = _read(f"# A\n\n{SENTENCE}.[^1]\n\n## Notes\n\n1. One.\n2. Two.\n", ".md")
    assert [note.text for note in reading.notes] == ["One.", "Two."]
    assert "no mark was found in the text for note 2" in reading.remarks


def test_a_mark_without_a_note_is_named() -> None:
    reading = _read(f"# A\n\n{SENTENCE}.[^1] Then.[^2]\n\n[^1]: One.\n", ".md")
    assert reading.remarks[-1] == "no note was found for the mark in the text: 2"


@pytest.mark.parametrize("printed", ["{}", "{}."])
def test_notes_at_the_foot_of_a_printed_page_are_known_by_the_marks_above_them(
    printed: str, small_pdf: Callable[..., bytes], ink: Callable[..., object]
) -> None:
    line = (
        "The wells dry up in March, when the trucks of the mission drive by with water for others"
    )
    page = [ink(72, 700 - 14 * n, line, size=11) for n in range(8)]
    page += [ink(72, 588, "Nobody waits.", size=11), ink(137.5, 592, "1", size=6)]
    page += [ink(72, 90, f"{printed.format(1)} Interview 9, NGO worker.", size=8)]
    page += [ink(72, 80, "Town.", size=8)]

    reading = _read(small_pdf(page), ".pdf", PARTICIPANTS)

    assert [(note.number, note.text) for note in reading.notes] == [
        ("1", "Interview 9, NGO worker. Town.")
    ]
    assert reading.notes[0].speaker_groups == ("ngo",)


def test_ibid_has_the_speakers_of_the_note_before_it() -> None:
    notes = ("P7, teacher.", "Ibid.", "Id., and P9, NGO worker", "Idem", "Smith 2020.", "ibid., 4.")
    marks = "".join(f" So.[^{n}]" for n in range(1, len(notes) + 1))
    listed = "\n".join(f"[^{number}]: {note}\n" for number, note in enumerate(notes, 1))

    reading = _read(f"# A\n\n{SENTENCE}.{marks}\n\n{listed}", ".md", PARTICIPANTS)

    school, both = ("school",), ("school", "ngo")
    assert [note.speaker_groups for note in reading.notes] == [school, school, both, both, (), ()]


def test_a_note_of_one_word_is_no_link_of_markdown() -> None:
    text = f"# A\n\n{SENTENCE}.[^1] Then.<sup>2</sup>\n\n## Notes\n\n2. Two.\n\n[^1]: Ibid.\n"
    reading = _read(text, ".md")
    assert [(note.number, note.text) for note in reading.notes] == [("1", "Ibid."), ("2", "Two.")]
    assert [mark.number for mark in reading.blocks[0].marks] == ["1", "2"]
    assert reading.blocks[0].text.endswith(" Then.")


def test_another_pattern_is_another_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEACETEXT_CACHE", str(tmp_path))
    content = INLINE.encode()
    first = KnownReadings(LIMITS, PARTICIPANTS).read(content, "article", ".md", LIMITS)
    other = KnownReadings(LIMITS, STUDY).read(content, "article", ".md", LIMITS)
    assert len(first.notes) == 4
    assert not other.notes
    assert KnownReadings(LIMITS, PARTICIPANTS).read(content, "article", ".md", LIMITS) == first


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfe\x00", "UTF-8"),
        (b"References\n\nSmith, A. 2020. Boats.", "holds no paragraph of an article"),
    ],
)
def test_only_what_holds_no_text_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        _read(content, ".txt")
    assert _read(b"1. Introduction\n\nText.", ".txt").blocks[1].text == "Text."
