"""Where coded sentences and paragraphs stand: codings as character ranges of blocks.

Codings are stand-off: they name an exact sentence of an article, or a paragraph of another document
with a hash of its text. What can no longer be found is an error with its row, never a silent drop.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.run.errors import InputError
from pipeline.run.ids import text_hash
from pipeline.study.codings import Coding

_ANCHOR_SCHEMA = {"block_id": pl.String, "start": pl.Int64, "end": pl.Int64}
_IGNORED = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹*-\u00ad\u2010\u2011")
"""Note markers, marks of emphasis, and hyphens, which may stand where a line was broken."""

_MOVED_NUMBERS = ("{0}. {1}", "{0} {1}", "– {1}", "• {1}", "— {1}", "{2}) {1}")
"""How a number that the reader moved from the text to the label stood in the text."""


@dataclass(frozen=True, slots=True)
class UnitAnchors:
    """Anchors of coded units.

    Attributes:
        anchors: unit_id, block_id, start, end; one row a unit.
        unavailable: units whose document is known, but was not read in this run.
    """

    anchors: pl.DataFrame
    unavailable: tuple[str, ...]


def anchor_units(
    coding: Coding, blocks: pl.DataFrame, documents: pl.DataFrame, known_symbols: Collection[str]
) -> UnitAnchors:
    """Find every unit of a coding, sentences or paragraphs.

    Args:
        coding: its units are found.
        blocks: `pipeline.tables.Blocks` of this run.
        documents: `pipeline.tables.Documents` of this run.
        known_symbols: symbols and ids of the whole manifest, read in this run or not.

    Raises:
        InputError: a unit is no longer where the coding says.
    """
    if coding.unit == "paragraph":
        return anchor_paragraphs(coding.units, documents, blocks, known_symbols, coding.file)
    if coding.unit == "range":
        return anchor_suggested(coding.units, blocks)
    articles = documents.filter(pl.col("kind").cast(pl.String) == "article")["document_id"]
    of_article = blocks.filter(pl.col("document_id").is_in(articles.to_list()))
    sentences = coding.units.select(pl.col("unit_id").alias("sentence_id"), "text")
    anchors = anchor_sentences(sentences, of_article, coding.file)
    return UnitAnchors(anchors.rename({"sentence_id": "unit_id"}), ())


@dataclass(frozen=True, slots=True)
class _Characters:
    """The letters of several texts in a row, each with its text and its place in it."""

    letters: str
    texts: list[int]
    places: list[int]


def anchor_sentences(sentences: pl.DataFrame, blocks: pl.DataFrame, file: Path) -> pl.DataFrame:
    """Find every coded sentence of the articles in their blocks.

    White space, hyphens, note markers and asterisks do not count. A sentence is looked for after
    the one before it, so that two equal sentences have two places; first in the article of the
    sentence before it, then in the others.

    Args:
        sentences: sentence_id and text, in the order of each article.
        blocks: the articles' blocks (tables.Blocks); headings hold no sentence.
        file: the coding file, for the message.

    Returns:
        sentence_id, block_id, start, end: characters of the block's text, end exclusive; several
        rows, in order, where a sentence runs over several blocks.

    Raises:
        InputError: a sentence is in no article; names the line of the file.
    """
    body = blocks.filter(pl.col("role") != "heading").sort("document_id", "order")
    articles = [
        (part["block_id"].to_list(), _characters(part["text"].to_list()))
        for part in body.partition_by("document_id", maintain_order=True)
    ]
    rows: list[tuple[str, str, int, int]] = []
    after, current = [0] * len(articles), 0
    for line, (sentence_id, text) in enumerate(sentences.select("sentence_id", "text").rows(), 2):
        needle = _characters([text]).letters
        others = [place for place in range(len(articles)) if place != current]
        found = -1
        for place in [current, *others] if needle and articles else []:
            found = articles[place][1].letters.find(needle, after[place])
            if found >= 0:
                current = place
                break
        if found < 0:
            raise _not_found(file, line, sentence_id, text)
        after[current] = found + len(needle)
        block_ids, haystack = articles[current]
        for block, start, end in _ranges(haystack, found, after[current]):
            rows.append((sentence_id, block_ids[block], start, end))
    return pl.DataFrame(rows, schema={"sentence_id": pl.String, **_ANCHOR_SCHEMA}, orient="row")


def _not_found(file: Path, line: int, sentence_id: str, text: str) -> InputError:
    problem = f"{sentence_id} is not in the article after the sentence before it: {text[:40]!r}"
    return InputError(file, problem, "copy the sentence from the article's text", line)


def _characters(texts: list[str]) -> _Characters:
    letters: list[str] = []
    of_text: list[int] = []
    places: list[int] = []
    for number, text in enumerate(texts):
        for place, letter in enumerate(text):
            if not letter.isspace() and letter not in _IGNORED:
                letters.append(letter)
                of_text.append(number)
                places.append(place)
    return _Characters("".join(letters), of_text, places)


def _ranges(characters: _Characters, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Text number, first place and one past the last place, for each text in start:end."""
    while start < end:
        text = characters.texts[start]
        last = min(end, bisect_right(characters.texts, text, start, end))
        yield text, characters.places[start], characters.places[last - 1] + 1
        start = last


def anchor_paragraphs(
    units: pl.DataFrame,
    documents: pl.DataFrame,
    blocks: pl.DataFrame,
    known_symbols: Collection[str],
    file: Path,
) -> UnitAnchors:
    """Find every coded paragraph of a document and make sure that its text is the coded one.

    Args:
        units: unit_id, symbol, xml_p_index (name and place of `paragraph_places`), text_sha256 (of
            the text, white space collapsed).
        documents: the documents of this run (`pipeline.tables.Documents`).
        blocks: their blocks; ``source_index`` tells which ``p`` of the file a block is.
        known_symbols: symbols and ids of the whole manifest, read in this run or not.
        file: the coding file, for the message.

    Raises:
        InputError: a symbol that the manifest does not know, a paragraph that its document does
            not have, or a text that has changed; names the line of the file.
    """
    rows_of = paragraph_places(documents, blocks).rows()
    places: dict[tuple[str, int], _Place] = {(row[0], row[1]): row[2:] for row in rows_of}
    read = {symbol for symbol, _ in places}
    known = set(known_symbols)
    rows: list[tuple[str, str, int, int]] = []
    unavailable: list[str] = []
    columns = ("unit_id", "symbol", "xml_p_index", "text_sha256")
    for line, (unit, symbol, index, digest) in enumerate(units.select(columns).rows(), 2):
        if symbol in read:
            block_id, text = _checked(places.get((symbol, index)), digest, file, line, unit)
            rows.append((unit, block_id, 0, len(text)))
        elif symbol in known:
            unavailable.append(unit)
        else:
            problem = f"{unit}: no document of the manifest has the symbol or id {symbol!r}"
            raise InputError(file, problem, "correct the symbol, or add its document", line)
    schema = {"unit_id": pl.String, **_ANCHOR_SCHEMA}
    anchors = pl.DataFrame(rows, schema=schema, orient="row")
    return UnitAnchors(anchors, tuple(unavailable))


def anchor_suggested(units: pl.DataFrame, blocks: pl.DataFrame) -> UnitAnchors:
    """Find every suggested unit: characters of a block, whose id changes with its text.

    Args:
        units: unit_id, document_id, block_id, start, end, and the file and row that name each.
        blocks: of the documents of this run.

    Raises:
        InputError: a block that is not of its document, or that the document no longer has, or a
            range that is not inside the block; names file and row.
    """
    lengths = dict(blocks.select("block_id", pl.col("text").str.len_chars()).iter_rows())
    read = set(blocks["document_id"])
    rows: list[tuple[str, str, int, int]] = []
    unavailable: list[str] = []
    columns = ("unit_id", "document_id", "block_id", "start", "end", "file", "row")
    for unit, document, block, start, end, file, row in units.select(columns).iter_rows():
        if not block.startswith(f"{document}."):
            raise InputError(
                file, f"{block} is not a block of {document!r}", "restore the row", row
            )
        if document not in read:
            unavailable.append(unit)
            continue
        if block not in lengths:
            problem = f"{document} no longer has the text that was coded"
            raise InputError(file, problem, "delete the row, or code the text anew", row)
        if not 0 <= start < end <= lengths[block]:
            problem = f"characters {start} to {end} are not in a block of {lengths[block]}"
            raise InputError(file, problem, "restore start and end", row)
        rows.append((unit, block, start, end))
    schema = {"unit_id": pl.String, **_ANCHOR_SCHEMA}
    return UnitAnchors(pl.DataFrame(rows, schema=schema, orient="row"), tuple(unavailable))


_Place = tuple[str, str, str]
"""A block's id, label and text."""


def paragraph_places(documents: pl.DataFrame, blocks: pl.DataFrame) -> pl.DataFrame:
    """How a coding names each paragraph: columns name, place, block_id, label and text.

    In a file that numbers its paragraphs itself (``source_index``) a paragraph is named by the
    document's symbol and that number; in any other by document_id and the block's place, from 1.
    """
    is_numbered = pl.col("source_index").is_not_null().any().over("document_id")
    has_symbol = is_numbered & (pl.col("symbol") != "")
    placed = blocks.join(
        documents.select("document_id", "symbol"), on="document_id", maintain_order="left"
    ).select(
        pl.when(has_symbol).then("symbol").otherwise("document_id").alias("name"),
        pl.when(is_numbered).then("source_index").otherwise(pl.col("order") + 1).alias("place"),
        "block_id",
        "label",
        "text",
    )
    return placed.filter(pl.col("place").is_not_null())


def _checked(
    place: _Place | None, digest: str, file: Path, line: int, unit: str
) -> tuple[str, str]:
    if place is None:
        problem = f"{unit}: its document has no text in this place"
        raise InputError(file, problem, "correct xml_p_index", line)
    block_id, label, text = place
    if digest not in {text_hash(candidate) for candidate in (text, *_as_printed(label, text))}:
        problem = f"{unit}: the text of this paragraph is not the one that was coded"
        raise InputError(file, problem, "code it again, or correct xml_p_index", line)
    return block_id, text


def _as_printed(label: str, text: str) -> list[str]:
    last = label.rsplit(maxsplit=1)[-1] if label else ""
    return [form.format(last, text, last.strip("()")) for form in _MOVED_NUMBERS]
