"""The article's links to UN documents: references, citations resolved, quotations looked up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import polars as pl

from pipeline.compare.material import ARTICLE, from_rows
from pipeline.run.tables.compare import Citations, Quotations
from pipeline.study.symbols import keys_of, parse_symbol, printed_symbols, symbols_in

_ENTRY = re.compile(
    r"^- (?P<author>[^.]+)\. (?P<year>\d{4}[a-z]?)\. \*(?P<title>[^*]+)\*(?P<rest>.*)$"
)
_UN_AUTHOR = re.compile(r"^(?:UN|United Nations|Department (?:of|for) Peacekeeping)\b")
_ADDRESS = re.compile(r"[^\s<>\[\]]*\bun(?:docs)?\.org/[^\s<>\[\]]+")
_MEETING = re.compile(r"^(\d+)th Meeting$", re.IGNORECASE)
_CITED_PARAGRAPH = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Reference:
    """A UN document in the article's list of references.

    Attributes:
        author: as the list writes it.
        year: with its letter, as 2017a.
        title: as the list writes it.
        symbol: UN symbol; empty when the document has none.
    """

    author: str
    year: str
    title: str
    symbol: str

    @property
    def key(self) -> str:
        """How the text cites it."""
        return f"{self.author} {self.year}"


@dataclass(frozen=True, slots=True)
class Citation:
    """One place where the article cites a UN document.

    Attributes:
        block_id: the block of the article.
        offset: where in its text the citation begins.
        reference: what is cited.
        paragraphs: paragraph numbers that it names.
    """

    block_id: str
    offset: int
    reference: Reference
    paragraphs: tuple[str, ...]


def un_references(text: str) -> list[Reference]:
    """The UN's own documents in the list of references at the end of the article's text."""
    references = []
    for line in text.splitlines():
        match = _ENTRY.match(line.strip())
        if match and _UN_AUTHOR.match(match["author"]):
            symbol = _symbol(match["title"], match["rest"])
            references.append(Reference(match["author"], match["year"], match["title"], symbol))
    return references


def _symbol(title: str, rest: str) -> str:
    """The one in an address of the UN, or in print, or of the meeting that is the title."""
    plain = rest.replace("\\", "")
    addressed = (parse_symbol(found[0]) for found in _ADDRESS.finditer(plain))
    meeting = _MEETING.match(title)
    named = [f"S/PV.{meeting[1]}"] if meeting else []
    return next(filter(None, chain(addressed, symbols_in(f"{title} {plain}"), named)), "")


def citations(blocks: pl.DataFrame, references: Sequence[Reference]) -> Iterator[Citation]:
    """Every place in the article's blocks where one of the references, or a bare symbol, is cited.

    Args:
        blocks: the article's blocks, in order.
        references: as by `un_references`.
    """
    for block_id, text in blocks.select("block_id", "text").iter_rows():
        found = [*_by_reference(block_id, text, references), *_by_symbol(block_id, text)]
        yield from sorted(found, key=lambda citation: citation.offset)


def _by_reference(block_id: str, text: str, references: Sequence[Reference]) -> Iterator[Citation]:
    for reference in references:
        pattern = rf"{re.escape(reference.author)},? {reference.year}\b(?P<rest>[^);]*)"
        for match in re.finditer(pattern, text):
            named = re.search(r"\bparas?\.? (.+)", match["rest"])
            paragraphs = tuple(_CITED_PARAGRAPH.findall(named[1])) if named else ()
            yield Citation(block_id, match.start(), reference, paragraphs)


def _by_symbol(block_id: str, text: str) -> Iterator[Citation]:
    for offset, symbol in printed_symbols(text):
        yield Citation(block_id, offset, Reference("", "", "", symbol), ())


FEWEST_WORDS = 6
"""A shorter quotation is looked for in the cited document only: it stands in many."""

SAME_WORDS = 90.0
"""Smallest likeness that counts as the same words, of 100 (rapidfuzz's partial ratio). It lets a
changed letter or hyphen pass, not another word in six."""

_QUOTED = re.compile(r"(?<!\w)['‘“\"]([^'‘’“”\"]+(?:['’]\w[^'‘’“”\"]*)*)['’”\"](?!\w)")
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?=[A-Z‘“'\"])")
_OMITTED = re.compile(r"\s*(?:\.\.\.|…|\[[^\]]*\])\s*")
_UNIFIED = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00ad": None}
)


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words that the article takes from a document.

    Attributes:
        text: without quotation marks.
        citation: where the article says from what.
    """

    text: str
    citation: Citation

    @property
    def n_words(self) -> int:
        """Number of words."""
        return len(self.text.split())


@dataclass(frozen=True, slots=True)
class FoundQuotation:
    """Where a quotation stands.

    Attributes:
        place: row of the text in which it stands.
        likeness: of its least alike part, at most 100.
        text: the words there.
    """

    place: int
    likeness: float
    text: str


def quotations(text: str, citation: Citation, *, whole: bool) -> Iterator[Quotation]:
    """What a block quotes before a citation.

    Args:
        text: the block's text.
        citation: one of its citations.
        whole: the block is a quotation as a whole; then all of it up to the citation is quoted.
    """
    before = text[: citation.offset].rstrip(" (")
    if whole:
        yield Quotation(before, citation)
        return
    sentence = _SENTENCE_END.split(before)[-1]
    since = sentence.rpartition(")")[2]  # what stands after another citation
    for match in _QUOTED.finditer(since):
        yield Quotation(match[1].strip(), citation)


def find_quotation(quotation: str, texts: Sequence[str]) -> FoundQuotation | None:
    """The text in which a quotation stands, all its parts (cut at omissions) in the same one.

    Args:
        quotation: as the article has it.
        texts: as by `unified`.

    Returns:
        The best place, the first of several; None below `SAME_WORDS`.
    """
    from rapidfuzz import fuzz, process

    parts = [part for part in _OMITTED.split(unified(quotation)) if len(part.split()) > 1]
    if not parts:
        return None
    longest = max(parts, key=len)
    roomy = {place: text for place, text in enumerate(texts) if len(text) >= len(longest)}
    hits = process.extract(
        longest, roomy, scorer=fuzz.partial_ratio, score_cutoff=SAME_WORDS, limit=None
    )
    best: FoundQuotation | None = None
    for text, _, place in sorted(hits, key=lambda hit: hit[2]):
        likeness = min(fuzz.partial_ratio(part, text) for part in parts)
        if likeness >= SAME_WORDS and (best is None or likeness > best.likeness):
            span = fuzz.partial_ratio_alignment(longest, text)
            words = text[span.dest_start : span.dest_end] if span else ""
            best = FoundQuotation(place, round(likeness, 2), words)
    return best


def unified(text: str) -> str:
    """Lower case, with one kind of quotation mark, dash and space."""
    return " ".join(text.translate(_UNIFIED).lower().split())


@dataclass(frozen=True)
class DocumentIndex:
    """The UN documents that were read, as text to look in.

    Attributes:
        document_of: document_id by symbol, as by `keys_of`.
        blocks: block_id, document_id, label, text of their blocks, in order.
        texts: the same texts, as by `unified`.
        known: symbols that the manifest lists, as by `keys_of`, whether they were read or not.
    """

    document_of: Mapping[str, str]
    blocks: pl.DataFrame
    texts: list[str]
    known: frozenset[str]

    def holds(self, symbol: str) -> str | None:
        """The document of this symbol, or of one of a joint pair."""
        held = (self.document_of.get(key) for key in sorted(keys_of(symbol)))
        return next(filter(None, held), None)


def shelf_of(documents: pl.DataFrame, blocks: pl.DataFrame, known: list[str]) -> DocumentIndex:
    """Put UN documents on the index.

    Args:
        documents: Documents.
        blocks: Blocks.
        known: symbols of the manifest.
    """
    un = documents.filter(pl.col("kind").cast(pl.String) != ARTICLE)
    held = blocks.join(un.select("document_id"), on="document_id", how="semi")
    held = held.sort("document_id", "order").select("block_id", "document_id", "label", "text")
    symbols = un.filter(pl.col("symbol") != "").select("symbol", "document_id").sort("document_id")
    return DocumentIndex(
        document_of={
            key: found for symbol, found in symbols.iter_rows() for key in keys_of(symbol)
        },
        blocks=held,
        texts=[unified(text) for text in held["text"]],
        known=frozenset(chain.from_iterable(keys_of(symbol) for symbol in known if symbol)),
    )


def link_tables(
    article_text: str, article_blocks: pl.DataFrame, index: DocumentIndex
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Citations and Quotations of the article.

    Args:
        article_text: with its list of references.
        article_blocks: its blocks, in order.
        index: where to look.
    """
    cited: list[dict[str, Any]] = []
    quoted: list[dict[str, Any]] = []
    text_of = dict(article_blocks.select("block_id", "text").iter_rows())
    role_of = dict(article_blocks.select("block_id", pl.col("role").cast(pl.String)).iter_rows())
    for citation in citations(article_blocks, un_references(article_text)):
        cited.append(_citation_row(len(cited), citation, index))
        whole = role_of[citation.block_id] == "quotation"
        for quotation in quotations(text_of[citation.block_id], citation, whole=whole):
            quoted.append(_quotation_row(len(quoted), quotation, index))
    return from_rows(Citations, cited), from_rows(Quotations, quoted)


def _citation_row(order: int, citation: Citation, index: DocumentIndex) -> dict[str, Any]:
    reference = citation.reference
    document_id = index.holds(reference.symbol)
    if document_id:
        status = "in the corpus"
    elif not reference.symbol:
        status = "without a symbol"
    elif keys_of(reference.symbol) & index.known:
        status = "in the manifest, not read"
    else:
        status = "not in the manifest"
    return {
        "order": order,
        "block_id": citation.block_id,
        "cited_as": reference.key.strip() or reference.symbol,
        "title": reference.title,
        "symbol": reference.symbol,
        "paragraphs": list(citation.paragraphs),
        "document_id": document_id,
        "status": status,
    }


def _quotation_row(order: int, quotation: Quotation, index: DocumentIndex) -> dict[str, Any]:
    reference = quotation.citation.reference
    document_id = index.holds(reference.symbol)
    found, status = _looked_for(quotation, document_id, index)
    block = index.blocks.row(found.place, named=True) if found else {}
    return {
        "order": order,
        "block_id": quotation.citation.block_id,
        "text": quotation.text,
        "cited_as": reference.key.strip() or reference.symbol,
        "status": status,
        "document_id": block.get("document_id"),
        "found_block_id": block.get("block_id"),
        "label": block.get("label", ""),
        "likeness": found.likeness if found else None,
        "found_text": found.text if found else "",
    }


def _looked_for(
    quotation: Quotation, document_id: str | None, index: DocumentIndex
) -> tuple[FoundQuotation | None, str]:
    """First in the cited document, then, when it is long enough, in all others."""
    if document_id:
        rows = [row for row, held in enumerate(index.blocks["document_id"]) if held == document_id]
        found = find_quotation(quotation.text, [index.texts[row] for row in rows])
        if found:
            return FoundQuotation(rows[found.place], found.likeness, found.text), "found"
    if quotation.n_words >= FEWEST_WORDS:
        found = find_quotation(quotation.text, index.texts)
        if found:
            return found, "found in another document"
    return None, "not found" if document_id else "the cited document was not read"
