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
from pipeline.study.anchors import anchor_paragraphs, anchor_sentences
from pipeline.study.manifest import Entry, read_manifest

CODING = Path("corpus/coding")
SENTENCES = CODING / "article-sentences.csv"
UNITS = CODING / "un-units.csv"


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


def _units(*rows: tuple[str, str, int, str]) -> pl.DataFrame:
    columns = ["unit_id", "symbol", "xml_p_index", "text_sha256"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def test_a_coded_paragraph_is_found_by_its_place_and_checked_by_its_text(
    resolution: CorpusTables,
) -> None:
    symbol = "S/RES/9001 (2031)"
    units = _units(
        ("un-1", symbol, 1, text_hash("The Security Council,")),
        # its number stood in the text, and the reader moved it to the label
        (
            "un-2",
            symbol,
            19,
            text_hash("3 Requests the Secretary-General to report every ninety days;"),
        ),
        ("un-3", "S/RES/9009 (2031)", 5, text_hash("text of a document that is not here")),
    )
    found = anchor_paragraphs(
        units, resolution.documents, resolution.blocks, {symbol, "S/RES/9009 (2031)"}, UNITS
    )
    assert found.unavailable == ("un-3",)
    assert _cut(found.anchors, resolution.blocks)["cut"].to_list() == [
        "The Security Council,",
        "Requests the Secretary-General to report every ninety days;",
    ]


@pytest.mark.parametrize(
    ("unit", "problem"),
    [
        (("un-1", "S/RES/9001 (2031)", 1, text_hash("changed")), "is not the one that was coded"),
        (("un-1", "S/RES/9001 (2031)", 99, text_hash("any")), "no text in this place"),
        (("un-1", "S/RES/1 (1946)", 1, text_hash("any")), "no document of the manifest"),
    ],
)
def test_a_coding_row_that_fits_no_paragraph_is_named(
    resolution: CorpusTables, unit: tuple[str, str, int, str], problem: str
) -> None:
    with pytest.raises(InputError, match=problem) as error:
        anchor_paragraphs(_units(unit), resolution.documents, resolution.blocks, set(), UNITS)
    assert str(error.value).startswith("corpus/coding/un-units.csv: row 2: un-1")


@pytest.mark.mirror
def test_all_coded_paragraphs_of_the_project_are_found(mirror: Path) -> None:
    units = pl.read_csv(UNITS)
    entries = {entry.symbol: entry for entry in read_manifest() if entry.path.endswith(".xml")}
    coded = [entries[symbol] for symbol in units["symbol"].unique(maintain_order=True)]
    files = {
        file.name: file
        for folder in sorted(os.scandir(mirror), key=lambda f: f.name)
        if folder.is_dir()
        for file in Path(folder.path).iterdir()
    }
    readings = [(e, read_akoma_ntoso(files[Path(e.path).name].read_bytes())) for e in coded]
    corpus = corpus_of(readings)
    found = anchor_paragraphs(units, corpus.documents, corpus.blocks, set(entries), UNITS)
    assert found.unavailable == ()
    assert found.anchors["unit_id"].to_list() == units["unit_id"].to_list()
