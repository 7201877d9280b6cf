"""Where coded sentences and paragraphs stand: codings as character ranges of blocks.

Codings are stand-off: they name an exact sentence of an article, or a paragraph of a document of
any format by symbol, number, and hash and fingerprint of its words. A sentence that can no longer
be found is an error with its row; a paragraph that cannot is named with the reason and left out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.run.errors import InputError
from pipeline.run.files import text_hash
from pipeline.study.codings import Coding
from pipeline.study.unit_files import fingerprint, likeness

NO_PROSE = ("heading", "note", "annex")
"""Roles of blocks that are no paragraph; in an article an annex is a row of a table."""

_ANCHOR_SCHEMA = {"block_id": pl.String, "start": pl.Int64, "end": pl.Int64}
_IGNORED = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹*-\u00ad\u2010\u2011")
"""Note markers, marks of emphasis, and hyphens, which may stand where a line was broken."""

_MOVED_NUMBERS = ("{0}. {1}", "{0} {1}", "– {1}", "• {1}", "— {1}", "{2}) {1}")
"""How a number that the reader moved from the text to the label stood in the text."""


LEAST_LIKENESS = 0.7
"""From which the words are the coded ones in another reading. Of 951 coded paragraphs no other of
the same document comes above .47, repeats aside; one with the foot of a page in it has .94."""

_NO_DOCUMENT = "its document is not in this corpus"


@dataclass(frozen=True, slots=True)
class LostUnit:
    """A coded unit that is not in this run, with the row that names it.

    Attributes:
        unit_id, file, row: where it is named.
        document: its symbol or document_id.
        paragraph: its number, where the file has one.
        why: in a few words.
    """

    unit_id: str
    file: Path
    row: int
    document: str
    paragraph: str
    why: str = _NO_DOCUMENT

    @property
    def has_document(self) -> bool:
        """Whether its document was read, so that the unit should have been found."""
        return self.why != _NO_DOCUMENT

    def __str__(self) -> str:
        """All that is known of it, in a line."""
        number = f", paragraph {self.paragraph}" if self.paragraph else ""
        return f"{self.file}: row {self.row}: {self.unit_id} ({self.document}{number}): {self.why}"


@dataclass(frozen=True, slots=True)
class UnitAnchors:
    """Anchors of coded units.

    Attributes:
        anchors: unit_id, block_id, start, end; one row a unit.
        lost: units that were not found, and why.
    """

    anchors: pl.DataFrame
    lost: tuple[LostUnit, ...] = ()


def anchor_units(coding: Coding, blocks: pl.DataFrame, documents: pl.DataFrame) -> UnitAnchors:
    """Find every unit of a coding, sentences or paragraphs.

    Args:
        coding: its units are found.
        blocks: `pipeline.tables.Blocks` of this run.
        documents: `pipeline.tables.Documents` of this run.

    Raises:
        InputError: a sentence or a suggested unit is no longer where the coding says.
    """
    if coding.unit == "paragraph":
        return anchor_paragraphs(coding.units, documents, blocks, coding.file)
    if coding.unit == "range":
        return anchor_suggested(coding.units, blocks)
    articles = documents.filter(pl.col("kind").cast(pl.String) == "article")["document_id"]
    of_article = blocks.filter(pl.col("document_id").is_in(articles.to_list()))
    sentences = coding.units.select(pl.col("unit_id").alias("sentence_id"), "text")
    anchors = anchor_sentences(sentences, of_article, coding.file)
    return UnitAnchors(anchors.rename({"sentence_id": "unit_id"}))


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
        blocks: the articles' blocks (tables.Blocks); headings and tables hold no sentence.
        file: the coding file, for the message.

    Returns:
        sentence_id, block_id, start, end: characters of the block's text, end exclusive; several
        rows, in order, where a sentence runs over several blocks.

    Raises:
        InputError: a sentence is in no article; names the line of the file.
    """
    is_prose = ~pl.col("role").cast(pl.String).is_in(NO_PROSE)
    body = blocks.filter(is_prose).sort("document_id", "order")
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
            tables = blocks.filter(~is_prose)["text"].to_list()
            in_table = bool(needle) and needle in _characters(tables).letters
            raise _not_found(file, line, sentence_id, text, in_table=in_table)
        after[current] = found + len(needle)
        block_ids, haystack = articles[current]
        for block, start, end in _ranges(haystack, found, after[current]):
            rows.append((sentence_id, block_ids[block], start, end))
    return pl.DataFrame(rows, schema={"sentence_id": pl.String, **_ANCHOR_SCHEMA}, orient="row")


def _not_found(file: Path, line: int, sentence_id: str, text: str, *, in_table: bool) -> InputError:
    place = "is not in the article after the sentence before it"
    fix = "copy the sentence from the article's text"
    if in_table:
        place = "is in a heading or a table"
        fix = "delete its row here and in the files of the coders"
    return InputError(file, f"{sentence_id} {place}: {text[:40]!r}", fix, line)


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


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """A block that may be a coded paragraph; ``place`` as by `paragraph_places`."""

    block_id: str
    place: int
    label: str
    text: str

    def has_number(self, place: int | None, label: str | None) -> bool:
        """Whether it stands where a coding says."""
        return self.place == place or (label is not None and self.label.strip(" .") == label)

    def has_words(self, digest: str) -> bool:
        """Whether it is word for word what was coded, with its number or without."""
        forms = (self.text, *_as_printed(self.label, self.text))
        return any(text_hash(form) == digest for form in forms)


def anchor_paragraphs(
    units: pl.DataFrame, documents: pl.DataFrame, blocks: pl.DataFrame, file: Path
) -> UnitAnchors:
    """Find every coded paragraph: where its number says, else where its words are.

    The words decide: those with the coded hash, first at the number and then anywhere in the
    document; else the likest, if it is like enough (`LEAST_LIKENESS`).

    Args:
        units: unit_id, symbol (or document_id), text_sha256 (of the text, white space collapsed);
            and xml_p_index (place of `paragraph_places`), paragraph (the printed number) and
            fingerprint, each of which may be missing.
        documents: the documents of this run (`pipeline.tables.Documents`).
        blocks: their blocks; ``source_index`` tells which ``p`` of the file a block is.
        file: the coding file, for what is said of a paragraph that is not found.
    """
    there = _paragraphs(documents, blocks)
    prints: dict[str, str] = {}
    rows: list[tuple[str, str, int, int]] = []
    lost: list[LostUnit] = []
    for line, unit in enumerate(units.iter_rows(named=True), 2):
        candidates = there.get(unit["symbol"], [])
        place, label = unit.get("xml_p_index"), unit.get("paragraph")
        number = str(label or place or "")
        # the sort is stable: those at the number come first, the others in the order of the text
        candidates = sorted(candidates, key=lambda one: not one.has_number(place, label))
        found = _found(candidates, unit["text_sha256"], unit.get("fingerprint"), prints)
        if isinstance(found, _Paragraph):
            rows.append((unit["unit_id"], found.block_id, 0, len(found.text)))
        else:
            lost.append(LostUnit(unit["unit_id"], file, line, unit["symbol"], number, found))
    schema = {"unit_id": pl.String, **_ANCHOR_SCHEMA}
    return UnitAnchors(pl.DataFrame(rows, schema=schema, orient="row"), tuple(lost))


def _found(
    candidates: Sequence[_Paragraph], digest: str, coded: str | None, prints: dict[str, str]
) -> _Paragraph | str:
    """The coded paragraph, or why none is; ``prints`` keeps fingerprints by block."""
    if not candidates:
        return _NO_DOCUMENT
    for one in candidates:
        if one.has_words(digest):
            return one
    if not coded:
        return "no paragraph of its document has the words that were coded"
    for one in candidates:
        prints.setdefault(one.block_id, "")
        prints[one.block_id] = prints[one.block_id] or fingerprint(one.text)
    best = max(candidates, key=lambda one: likeness(prints[one.block_id], coded))
    alike = likeness(prints[best.block_id], coded)
    if alike >= LEAST_LIKENESS:
        return best
    where = f"the nearest, {best.label or best.place}, shares {alike:.0%} of them"
    return f"no paragraph of its document has the words that were coded ({where})"


def _paragraphs(documents: pl.DataFrame, blocks: pl.DataFrame) -> dict[str, list[_Paragraph]]:
    """The paragraphs of each document, by its symbol and by its document_id."""
    there: dict[str, list[_Paragraph]] = {}
    columns = ("document_id", "symbol", "block_id", "place", "label", "text")
    for document_id, symbol, *rest in paragraph_places(documents, blocks).select(columns).rows():
        for name in {document_id, symbol} - {""}:
            there.setdefault(name, []).append(_Paragraph(*rest))
    return there


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
    lost: list[LostUnit] = []
    columns = ("unit_id", "document_id", "block_id", "start", "end", "file", "row")
    for unit, document, block, start, end, file, row in units.select(columns).iter_rows():
        if not block.startswith(f"{document}."):
            raise InputError(
                file, f"{block} is not a block of {document!r}", "restore the row", row
            )
        if document not in read:
            lost.append(LostUnit(unit, Path(file), row, document, ""))
            continue
        if block not in lengths:
            problem = f"{document} no longer has the text that was coded"
            raise InputError(file, problem, "delete the row, or code the text anew", row)
        if not 0 <= start < end <= lengths[block]:
            problem = f"characters {start} to {end} are not in a block of {lengths[block]}"
            raise InputError(file, problem, "restore start and end", row)
        rows.append((unit, block, start, end))
    schema = {"unit_id": pl.String, **_ANCHOR_SCHEMA}
    return UnitAnchors(pl.DataFrame(rows, schema=schema, orient="row"), tuple(lost))


def paragraph_places(documents: pl.DataFrame, blocks: pl.DataFrame) -> pl.DataFrame:
    """How a coding may name each paragraph.

    Returns:
        name, place, document_id, symbol, block_id, label, text: in a file that numbers its
        paragraphs itself (``source_index``) the name is the document's symbol and the place that
        number; in any other they are document_id and the block's place, from 1.
    """
    is_numbered = pl.col("source_index").is_not_null().any().over("document_id")
    has_symbol = is_numbered & (pl.col("symbol") != "")
    placed = blocks.join(
        documents.select("document_id", "symbol"), on="document_id", maintain_order="left"
    ).select(
        pl.when(has_symbol).then("symbol").otherwise("document_id").alias("name"),
        pl.when(is_numbered).then("source_index").otherwise(pl.col("order") + 1).alias("place"),
        "document_id",
        "symbol",
        "block_id",
        "label",
        "text",
    )
    return placed.filter(pl.col("place").is_not_null())


def _as_printed(label: str, text: str) -> list[str]:
    last = label.rsplit(maxsplit=1)[-1] if label else ""
    return [form.format(last, text, last.strip("()")) for form in _MOVED_NUMBERS]
