"""Whatever the words are: none is lost or doubled, and every offset is true."""

from __future__ import annotations

import csv
import html
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.ingest.akoma.reader import read_akoma_ntoso
from pipeline.ingest.corpus import CorpusTables, corpus_of
from pipeline.ingest.reading import Block, NoteMark, Reading, as_seen, decoded
from pipeline.ingest.text.html import read_html
from pipeline.ingest.text.markdown import read_markdown
from pipeline.ingest.text.plain import read_plain_text
from pipeline.run.settings import IngestSettings, load_settings
from pipeline.segment.passages import cut_passages, load_splitter, split_sentences
from pipeline.study.anchors import anchor_sentences
from pipeline.study.codings import read_codings
from pipeline.study.manifest import Entry
from pipeline.study.sets import CodedSet

LIMITS = IngestSettings(
    max_megabytes=50, max_pages=1000, max_unpacked_megabytes=200, max_entries=2000
)
quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

# words that a count can tell apart, with what may stand around them in a UN document
_WORD = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "", "", "“", "(", "‘"]),
    st.sampled_from(["mandate", "Patrols", "réfugiés", "FARDC", "self-defence", "o’clock"]),
    st.integers(0, 99_999).map(lambda number: f"x{number}x"),
    st.sampled_from(["", "", "", ",", ";", ".", ".”", ")", "!", ":"]),
)
_MARKER = st.sampled_from(["", "", "", "1. ", "(a) ", "12. ", "- ", "(iv) "])
_PARAGRAPH = st.builds(
    lambda marker, words: marker + " ".join(words),
    _MARKER,
    st.lists(_WORD, min_size=1, max_size=40),
)
_PARAGRAPHS = st.lists(_PARAGRAPH, min_size=1, max_size=8)
_SENTENCES = (
    "“We don’t leave the café – not yet,” he said…",
    "Côte d’Ivoire’s contingent met Mr. Müller and São Tomé’s.",
    "The Force patrolled 12 km at night; nobody saw it.",
    "‘Peace’ is the réfugiés’ word.",
)
_COUNTED = re.compile(r"x\d+x")


def _words(text: str) -> Counter[str]:
    return Counter(_COUNTED.findall(text))


def _read_words(reading: Reading) -> Counter[str]:
    texts = [block.text for block in reading.blocks] + [note.text for note in reading.notes]
    return _words("\n".join(texts))


def _corpus(reading: Reading) -> CorpusTables:
    entry = Entry(
        document_id="a", symbol="", kind="other", title="", date=date(2031, 1, 1), missions=(),
        themes=(), profiles=("core",), required=True, path="a.txt", source_url="", sha256="",
        licence="",
    )  # fmt: skip
    return corpus_of([(entry, reading)])


@quick
@given(_PARAGRAPHS, st.sampled_from(["\n\n", "\n", "\r\n\r\n", "\f"]))
def test_plain_text_loses_and_doubles_no_word(paragraphs: list[str], between: str) -> None:
    text = between.join(paragraphs)
    assert _read_words(read_plain_text(text.encode(), LIMITS)) == _words(text)


@quick
@given(_PARAGRAPHS, st.sampled_from(["p", "li", "td", "blockquote", "h2", "div"]))
def test_a_web_page_loses_and_doubles_no_word(paragraphs: list[str], tag: str) -> None:
    body = "".join(f"<{tag}>{html.escape(paragraph)}</{tag}>" for paragraph in paragraphs)
    around = {"li": "<ul>{}</ul>", "td": "<table><tr>{}</tr></table>"}.get(tag, "{}")
    page = f"<html><body>{around.format(body)}</body></html>"
    assert _read_words(read_html(page.encode(), LIMITS)) == _words(" ".join(paragraphs))


_AROUND = (
    "<form>{}</form>",
    "<main>{}</main>",
    '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">{}</html>',
    "<table><tr><td>{}</td></tr></table>",
    "<table><tr><th>No.</th><td>{}</td></tr></table>",
    "<table><tr><td>1.</td><td><table><tr><td>{}</td></tr></table></td></tr></table>",
    "<header><h1>{}</h1></header>",
    "<pre>{}</pre>",
)


@quick
@given(
    _PARAGRAPHS, st.sampled_from(_AROUND), st.sampled_from(["<br><br>", "<br>", "<p>", "</td><td>"])
)
def test_a_page_laid_out_in_any_way_loses_and_doubles_no_word(
    paragraphs: list[str], around: str, between: str
) -> None:
    page = around.format(between.join(map(html.escape, paragraphs)))
    assert _read_words(read_html(page.encode(), LIMITS)) == _words(" ".join(paragraphs))


_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman")


@quick
@given(st.lists(st.sampled_from(_SENTENCES), min_size=1, max_size=9), st.sampled_from(_ENCODINGS))
def test_a_text_is_the_same_in_every_encoding_or_refused(parts: list[str], encoding: str) -> None:
    text = "\n".join(parts)
    assert decoded(text.encode(encoding))[0] == text


@quick
@given(st.lists(st.sampled_from(_SENTENCES), min_size=1, max_size=9), st.data())
def test_a_stray_byte_spoils_nothing_but_its_place(parts: list[str], data: st.DataObject) -> None:
    # given a text in UTF-8 with a byte between two words that is none
    words = f"“Peace” {' '.join(parts)}".split()
    place = data.draw(st.integers(0, len(words)))
    before, after = " ".join(words[:place]), " ".join(words[place:])
    stray = data.draw(st.sampled_from([b"\xff", b"\x81", b"\xe2\x80", b"\xc3"]))
    # when it is read, then all the words are there, and a remark says that something was wrong
    text, remarks = decoded(f"{before} ".encode() + stray + f" {after}".encode())
    assert text == f"{before} \ufffd {after}"
    assert len(remarks) == 1


_UNSEEN = st.sampled_from(["", "", "\u00ad", "\u200b", "\ufeff", " ", "\x93"])


@quick
@given(st.lists(st.tuples(_UNSEEN, st.sampled_from("ab c")), min_size=1), st.data())
def test_what_is_unseen_goes_and_marks_stay_behind_the_same_letters(
    letters: list[tuple[str, str]], data: st.DataObject
) -> None:
    text = "x" + "".join(unseen + letter for unseen, letter in letters) + "x"
    at = data.draw(st.integers(0, len(text)))
    block = Block("paragraph", text, marks=(NoteMark("1", at),))
    (read,) = as_seen(Reading((block,))).blocks
    kept = [letter for letter in text if letter in "abcx"]
    assert [letter for letter in read.text if letter in "abcx"] == kept
    before = [letter for letter in text[:at] if letter in "abcx"]
    assert [letter for letter in read.text[: read.marks[0].offset] if letter in "abcx"] == before


@quick
@given(
    _PARAGRAPHS,
    st.sampled_from(["", "> ", "## ", "* ", "    ", "[^1]: ", "<div>\n", "[^1]:\n    "]),
)
def test_markdown_loses_and_doubles_no_word(paragraphs: list[str], mark: str) -> None:
    text = "Text.\n\n" + "\n\n".join(mark + paragraph for paragraph in paragraphs)
    assert _read_words(read_markdown(text.encode(), LIMITS)) == _words(text)


@quick
@given(
    _PARAGRAPHS,
    st.sampled_from(
        [
            '<paragraph class="SingleTxt"><content><p>{}</p></content></paragraph>',
            "<paragraph><num>1.</num><content><p>{}</p></content></paragraph>",
            "<container><p>{}</p></container>",
            "<paragraph><list><intro><p>{}</p></intro></list></paragraph>",
            "<p>{}",  # not well-formed
        ]
    ),
)
def test_un_xml_loses_and_doubles_no_word(paragraphs: list[str], form: str) -> None:
    body = "".join(form.format(html.escape(paragraph)) for paragraph in paragraphs)
    content = (
        '<akomaNtoso xmlns="http://docs.oasis-open.org/legaldocml/ns/akn/3.0"><statement>'
        f"<mainBody>{body}</mainBody></statement></akomaNtoso>"
    )
    assert _read_words(read_akoma_ntoso(content.encode())) == _words(" ".join(paragraphs))


@pytest.fixture(scope="module")
def splitter() -> object:
    return load_splitter()


@quick
@given(_PARAGRAPHS)
def test_passages_lose_and_double_no_word_and_their_offsets_are_true(
    splitter: object, paragraphs: list[str]
) -> None:
    # given the blocks of any text
    corpus = _corpus(read_plain_text("\n\n".join(paragraphs).encode(), LIMITS))
    blocks = corpus.blocks.filter(pl.col("role") != "heading")
    texts = dict(blocks.select("block_id", "text").iter_rows())
    # when they are cut
    sentences = split_sentences(splitter, blocks["text"].to_list())  # type: ignore[arg-type]
    short = load_settings().segment.model_copy(update={"max_words": 6, "min_words": 2})
    passages = cut_passages(blocks, corpus.notes, sentences, short)
    # then each passage is what stands at its offsets, they do not overlap, and all words are there
    if not texts:
        assert passages.is_empty()
        return
    ends: dict[str, int] = {}
    for row in passages.iter_rows(named=True):
        assert texts[row["block_id"]][row["start"] : row["end"]] == row["text"]
        assert row["start"] >= ends.get(row["block_id"], 0)
        ends[row["block_id"]] = row["end"]
    joined = " ".join(passages["text"].to_list())
    assert joined.split() == " ".join(texts.values()).split()


@quick
@given(_PARAGRAPHS, st.data())
def test_any_sentence_is_found_where_it_stands(paragraphs: list[str], data: st.DataObject) -> None:
    # given sentences, one after another, that a coder copied with other spaces and hyphens
    corpus = _corpus(read_plain_text("\n\n".join(paragraphs).encode(), LIMITS))
    body = corpus.blocks.filter(pl.col("role") != "heading")
    rows = []
    for text in body["text"].to_list():
        words = text.split()
        cut = data.draw(st.integers(0, len(words)))
        for part in (words[:cut], words[cut:]):
            if "".join(part).strip("*-"):
                rows.append("  ".join(part).replace("self-defence", "self- defence"))
    sentences = pl.DataFrame(
        {"sentence_id": [f"s{number}" for number in range(len(rows))], "text": rows},
        schema={"sentence_id": pl.String, "text": pl.String},
    )
    # when they are looked for, then what stands there has the words that were copied
    anchors = anchor_sentences(sentences, corpus.blocks, Path("sentences.csv"))
    texts = dict(body.select("block_id", "text").iter_rows())
    found: dict[str, str] = {}
    for sentence_id, block_id, start, end in anchors.iter_rows():
        found[sentence_id] = found.get(sentence_id, "") + texts[block_id][start:end]
    assert [_letters(found[name]) for name in sentences["sentence_id"]] == list(map(_letters, rows))


def _letters(text: str) -> str:
    return re.sub(r"[\s*-]", "", text)


_THEMES = ("robust_force", "host_state", "protection")
_SET = CodedSet(
    id="article",
    name="Sentences",
    unit="sentence",
    units="sentences.csv",
    roles=("learnt_from",),
)
_PASS = st.lists(st.sets(st.sampled_from(_THEMES)), min_size=3, max_size=3)


@quick
@given(st.lists(_PASS, min_size=1, max_size=4))
def test_codings_give_every_code_back_and_rules_are_nested(passes: list[list[set[str]]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        header = ["sentence_id", "section", "section_title", "paragraph", "text"]
        units = [[f"s{number}", "I", "Force", number, "A sentence."] for number in range(3)]
        _write(folder / "sentences.csv", header, units)
        for coder, codes in enumerate(passes, start=1):
            rows = [[f"s{number}", ";".join(sorted(one))] for number, one in enumerate(codes)]
            _write(folder / f"article-coder-{coder}.csv", ["sentence_id", "codes"], rows)
        (coding,) = read_codings(_THEMES, [_SET], folder)
    given_codes = {
        (str(coder), f"s{number}", theme)
        for coder, codes in enumerate(passes, start=1)
        for number, one in enumerate(codes)
        for theme in one
    }
    assert set(coding.codes.select("coder", "unit_id", "theme_id").iter_rows()) == given_codes
    strict, half, loose = (
        set(coding.labels(rule).select("unit_id", "theme_id").iter_rows())
        for rule in ("all", "majority", "any")
    )
    assert strict <= half <= loose
    assert loose == {(unit, theme) for _, unit, theme in given_codes}


def _write(file: Path, header: list[str], rows: Sequence[Sequence[object]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([header, *rows])
