"""Codings find the text that was coded, or say which row does not."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipeline.ingest.akoma.reader import read_akoma_ntoso
from pipeline.ingest.corpus import CorpusTables, corpus_of
from pipeline.ingest.readers import read_file
from pipeline.run.errors import InputError
from pipeline.run.files import text_hash
from pipeline.run.settings import load_settings
from pipeline.study.anchors import anchor_paragraphs, anchor_sentences, anchor_units
from pipeline.study.checks import load_study
from pipeline.study.codebook import load_codebook
from pipeline.study.codings import read_codings
from pipeline.study.manifest import Entry, read_manifest
from pipeline.study.unit_files import fingerprint, likeness

CODING = Path("corpus/coding")
SENTENCES = CODING / "article-sentences.csv"
UNITS = CODING / "un-units.csv"
THEMES = load_codebook().theme_ids


def _entry(document_id: str, symbol: str = "", kind: str = "article") -> Entry:
    return Entry(
        document_id=document_id,
        symbol=symbol,
        kind=kind,
        title="",
        date=date(2031, 1, 1),
        missions=(),
        themes=(),
        profiles=("core",),
        required=True,
        path=f"{document_id}.txt",
        source_url="",
        sha256="",
        licence="",
    )


@pytest.fixture(scope="module")
def article() -> CorpusTables:
    content = Path("corpus/article/gilder-2026.txt").read_bytes()
    reading = read_file(content, "article", ".txt", load_settings().ingest)
    return corpus_of([(_entry("gilder-2026"), reading)])


@pytest.fixture(scope="module")
def resolution() -> CorpusTables:
    content = Path("tests/ingest/documents/S-RES-9001-2031.xml").read_bytes()
    entry = _entry("s-res-9001-2031", "S/RES/9001 (2031)", "resolution")
    return corpus_of([(entry, read_akoma_ntoso(content))])


def _sentences() -> pl.DataFrame:
    return pl.read_csv(SENTENCES, infer_schema=False)


def _cut(anchors: pl.DataFrame, blocks: pl.DataFrame) -> pl.DataFrame:
    """Each anchor with the text that it marks out."""
    return anchors.join(
        blocks.select("block_id", "text"), on="block_id", maintain_order="left"
    ).select(
        pl.exclude("text"),
        cut=pl.struct("text", "start", "end").map_elements(
            lambda row: row["text"][row["start"] : row["end"]], pl.String
        ),
    )


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalpha())


def test_every_coded_sentence_of_the_article_is_found_word_for_word(article: CorpusTables) -> None:
    sentences = _sentences()
    anchors = anchor_sentences(sentences, article.blocks, SENTENCES)
    found = _cut(anchors, article.blocks).group_by("sentence_id", maintain_order=True).agg("cut")
    assert found.height == 282
    for (_, pieces), coded in zip(found.rows(), sentences["text"], strict=True):
        assert _letters("".join(pieces)) == _letters(coded)


def test_a_sentence_that_leads_to_a_quotation_has_both_blocks(article: CorpusTables) -> None:
    anchors = _cut(anchor_sentences(_sentences(), article.blocks, SENTENCES), article.blocks)
    pieces = anchors.filter(pl.col("sentence_id") == "g26-s035")["cut"].to_list()
    assert pieces[0] == "Labuda (2015) explains,"
    assert pieces[1].startswith("Robust peacekeeping implies")


def test_equal_sentences_have_different_places() -> None:
    blocks = pl.DataFrame(
        {
            "block_id": ["a", "b"],
            "document_id": ["one", "one"],
            "order": [0, 1],
            "role": ["paragraph", "paragraph"],
            "text": ["It failed. It failed.", "It failed."],
        }
    )
    sentences = pl.DataFrame({"sentence_id": ["1", "2", "3"], "text": ["It failed."] * 3})
    assert anchor_sentences(sentences, blocks, SENTENCES).rows() == [
        ("1", "a", 0, 10),
        ("2", "a", 11, 21),
        ("3", "b", 0, 10),
    ]


def test_sentences_of_two_articles_are_found_in_whatever_order_these_come() -> None:
    blocks = pl.DataFrame(
        {
            "block_id": ["a.1", "b.1", "b.2"],
            "document_id": ["a", "b", "b"],
            "order": [0, 0, 1],
            "role": ["paragraph"] * 3,
            "text": ["It failed. Nobody came.", "It worked.", "It failed."],
        }
    )
    texts = ["It worked.", "It failed.", "It failed.", "Nobody came."]
    sentences = pl.DataFrame({"sentence_id": list("1234"), "text": texts})
    found = anchor_sentences(sentences, blocks, SENTENCES)
    assert found["block_id"].to_list() == ["b.1", "b.2", "a.1", "a.1"]


def test_a_sentence_that_is_not_there_is_named_with_its_line(article: CorpusTables) -> None:
    sentences = _sentences().with_columns(
        text=pl.when(pl.col("sentence_id") == "g26-s007")
        .then(pl.lit("Nobody wrote this."))
        .otherwise("text")
    )
    with pytest.raises(InputError) as error:
        anchor_sentences(sentences, article.blocks, SENTENCES)
    assert str(error.value).startswith("corpus/coding/article-sentences.csv: row 8: g26-s007")


def test_a_row_of_a_table_that_was_coded_as_a_sentence_is_named_with_a_fix() -> None:
    blocks = pl.DataFrame(
        {
            "block_id": ["a.1", "a.2", "a.3"],
            "document_id": ["a"] * 3,
            "order": [0, 1, 2],
            "role": ["paragraph", "annex", "paragraph"],
            "text": ["It failed.", "Nobody came. | It rained.", "It worked."],
        }
    )
    sentences = pl.DataFrame({"sentence_id": ["1", "2"], "text": ["It failed.", "It worked."]})
    assert anchor_sentences(sentences, blocks, SENTENCES)["block_id"].to_list() == ["a.1", "a.3"]

    row = pl.DataFrame({"sentence_id": ["t"], "text": ["Nobody came. |"]})
    with pytest.raises(
        InputError, match=r"row 3: t is in a heading or a table: .*; to fix: delete"
    ):
        anchor_sentences(pl.concat([sentences[:1], row]), blocks, SENTENCES)


Row = tuple[str, str, int | None, str | None, str, str | None]


def _units(*rows: Row) -> pl.DataFrame:
    schema = {
        "unit_id": pl.String,
        "symbol": pl.String,
        "xml_p_index": pl.Int64,
        "paragraph": pl.String,
        "text_sha256": pl.String,
        "fingerprint": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_a_coded_paragraph_is_found_by_its_place_and_checked_by_its_text(
    resolution: CorpusTables,
) -> None:
    symbol = "S/RES/9001 (2031)"
    with_number = "3 Requests the Secretary-General to report every ninety days;"
    units = _units(
        ("un-1", symbol, 1, None, text_hash("The Security Council,"), None),
        # its number stood in the text, and the reader moved it to the label
        ("un-2", symbol, 19, None, text_hash(with_number), None),
        ("un-3", "S/RES/9009 (2031)", 5, None, text_hash("of a document not here"), None),
    )
    found = anchor_paragraphs(units, resolution.documents, resolution.blocks, UNITS)
    assert _cut(found.anchors, resolution.blocks)["cut"].to_list() == [
        "The Security Council,",
        "Requests the Secretary-General to report every ninety days;",
    ]
    (lost,) = found.lost
    assert not lost.has_document
    assert str(lost) == (
        "corpus/coding/un-units.csv: row 4: un-3 (S/RES/9009 (2031), paragraph 5): "
        "its document is not in this corpus"
    )


REPORT = (
    "The situation in the north deteriorated during the reporting period.",
    "Decision -making in the mission was slow, and its patrols rarely left the camp at night.",
    "On 3 May, armed men attacked a convoy of the mission near the town and wounded two drivers.",
    "On 3 May, armed men attacked a convoy of the mission near the town and wounded two drivers.",
)
"""Four numbered paragraphs, as one reader joins their lines; the last two say the same."""


@pytest.fixture(scope="module")
def report() -> CorpusTables:
    lines = [f"{number}. {text}\n" for number, text in enumerate(REPORT, 1)]
    reading = read_file("\n".join(lines).encode(), "report", ".txt", load_settings().ingest)
    return corpus_of([(_entry("s-2031-7", "S/2031/7", "report"), reading)])


def _in_report(number: str, text: str, *, printed: bool = True) -> Row:
    return ("re-1", "S/2031/7", None, number, text_hash(text), fingerprint(text) if printed else "")


def test_a_paragraph_of_any_format_is_found_with_another_join_of_lines(
    report: CorpusTables,
) -> None:
    coded = (
        "Decision-making in the mission was slow, and its patrols rarely left the camp at night."
    )
    units = _units(_in_report("2", coded))
    found = anchor_paragraphs(units, report.documents, report.blocks, UNITS)
    assert _cut(found.anchors, report.blocks)["cut"].to_list() == [REPORT[1]]
    # even where a later edition gave it another number, and with the foot of a page in the middle
    for number, text in (("9", coded), ("2", coded.replace("slow", "slow * Reissued slow"))):
        units = _units(_in_report(number, text))
        found = anchor_paragraphs(units, report.documents, report.blocks, UNITS)
        assert _cut(found.anchors, report.blocks)["cut"].to_list() == [REPORT[1]]


def test_of_two_equal_paragraphs_the_number_tells_which(report: CorpusTables) -> None:
    blocks = dict(report.blocks.select("label", "block_id").iter_rows())
    for number in ("3", "4"):
        units = _units(_in_report(number, REPORT[2]))
        found = anchor_paragraphs(units, report.documents, report.blocks, UNITS)
        assert found.anchors["block_id"].to_list() == [blocks[number]]


def test_other_words_under_the_same_number_are_not_taken_for_the_coded_ones(
    report: CorpusTables,
) -> None:
    other = "Decisions of the Council were awaited, and the patrols of police left for the south."
    units = _units(
        _in_report("2", other),
        _in_report("2", other, printed=False),
        _in_report("1", REPORT[0]),
    )
    found = anchor_paragraphs(units, report.documents, report.blocks, UNITS)
    assert _cut(found.anchors, report.blocks)["cut"].to_list() == [REPORT[0]]
    for lost, row in zip(found.lost, (2, 3), strict=True):
        assert lost.has_document
        assert str(lost).startswith(
            f"corpus/coding/un-units.csv: row {row}: re-1 (S/2031/7, paragraph 2): "
            "no paragraph of its document has the words that were coded"
        )


def test_a_fingerprint_tells_likeness_and_nothing_of_the_text() -> None:
    words = [f"word{number}" for number in range(200)]
    whole = fingerprint(" ".join(words))
    assert likeness(whole, fingerprint(" ".join(words).upper().replace(" ", " - "))) == 1
    # a fifth is new: about two thirds of all pieces are in both (160 of 240 words)
    changed = [*words[:160], *(f"other{number}" for number in range(40))]
    assert abs(likeness(whole, fingerprint(" ".join(changed))) - 160 / 240) < 3 * 0.09
    strange = " ".join(f"nothing{number}" for number in range(200))
    assert likeness(whole, fingerprint(strange)) < 0.2
    assert len(whole) == len(fingerprint("")) == 128
    with pytest.raises(ValueError, match="not a fingerprint of 128 digits"):
        likeness(whole, whole[:8])


@pytest.mark.mirror
def test_all_coded_paragraphs_of_the_project_are_found(mirror: Path) -> None:
    files = {
        file.stem: file
        for folder in sorted(os.scandir(mirror), key=lambda f: f.name)
        if folder.is_dir()
        for file in Path(folder.path).iterdir()
    }
    codings = [
        one for one in read_codings(THEMES, load_study().coded_sets) if "symbol" in one.units
    ]
    coded = {symbol for one in codings for symbol in one.units["symbol"]}
    entries = [entry for entry in read_manifest() if entry.symbol in coded]
    readings = []
    for entry in (one for one in entries if {*one.profiles} & {"core", "reports"}):
        file = files[Path(entry.path).stem]
        content, limits = file.read_bytes(), load_settings().ingest
        readings.append((entry, read_file(content, entry.kind, file.suffix, limits)))
    corpus = corpus_of(readings)
    for coding, n in zip(codings, (591, 360), strict=True):
        found = anchor_units(coding, corpus.blocks, corpus.documents)
        assert found.lost == ()
        assert found.anchors["unit_id"].to_list() == coding.units["unit_id"].to_list()
        assert found.anchors["block_id"].n_unique() == n
