"""The article's links to UN documents: citations resolved, quotations found or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.compare import placing
from pipeline.compare.frames import from_rows
from pipeline.compare.quotations import (
    FEWEST_WORDS,
    Found,
    Quotation,
    find_quotation,
    quotations,
    unified,
)
from pipeline.compare.references import Citation, citations, symbol_key, un_references
from pipeline.tables.compare import Citations, Quotations


@dataclass(frozen=True)
class Shelf:
    """The UN documents that were read, as text to look in.

    Attributes:
        document_of: document_id by symbol, as by `symbol_key`.
        blocks: block_id, document_id, label, text of their blocks, in order.
        texts: the same texts, as by `unified`.
        known: symbols that the manifest lists, whether they were read or not.
    """

    document_of: Mapping[str, str]
    blocks: pl.DataFrame
    texts: list[str]
    known: frozenset[str]


def shelf_of(documents: pl.DataFrame, blocks: pl.DataFrame, known: list[str]) -> Shelf:
    """Put UN documents on the shelf.

    Args:
        documents: Documents.
        blocks: Blocks.
        known: symbols of the manifest.
    """
    un = documents.filter(pl.col("kind").cast(pl.String) != placing.ARTICLE)
    held = blocks.join(un.select("document_id"), on="document_id", how="semi")
    held = held.sort("document_id", "order").select("block_id", "document_id", "label", "text")
    symbols = un.filter(pl.col("symbol") != "").select("symbol", "document_id").sort("document_id")
    return Shelf(
        document_of={symbol_key(symbol): found for symbol, found in symbols.iter_rows()},
        blocks=held,
        texts=[unified(text) for text in held["text"]],
        known=frozenset(symbol_key(symbol) for symbol in known if symbol),
    )


def link_tables(
    article_text: str, article_blocks: pl.DataFrame, shelf: Shelf
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Citations and Quotations of the article.

    Args:
        article_text: with its list of references.
        article_blocks: its blocks, in order.
        shelf: where to look.
    """
    cited: list[dict[str, Any]] = []
    quoted: list[dict[str, Any]] = []
    text_of = dict(article_blocks.select("block_id", "text").iter_rows())
    role_of = dict(article_blocks.select("block_id", pl.col("role").cast(pl.String)).iter_rows())
    for citation in citations(article_blocks, un_references(article_text)):
        cited.append(_citation_row(len(cited), citation, shelf))
        whole = role_of[citation.block_id] == "quotation"
        for quotation in quotations(text_of[citation.block_id], citation, whole=whole):
            quoted.append(_quotation_row(len(quoted), quotation, shelf))
    return from_rows(Citations, cited), from_rows(Quotations, quoted)


def _citation_row(order: int, citation: Citation, shelf: Shelf) -> dict[str, Any]:
    reference = citation.reference
    key = symbol_key(reference.symbol)
    document_id = shelf.document_of.get(key)
    if document_id:
        status = "in the corpus"
    elif not key:
        status = "without a symbol"
    else:
        status = "in the manifest, not read" if key in shelf.known else "not in the manifest"
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


def _quotation_row(order: int, quotation: Quotation, shelf: Shelf) -> dict[str, Any]:
    reference = quotation.citation.reference
    document_id = shelf.document_of.get(symbol_key(reference.symbol))
    found, status = _looked_for(quotation, document_id, shelf)
    block = shelf.blocks.row(found.place, named=True) if found else {}
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
    quotation: Quotation, document_id: str | None, shelf: Shelf
) -> tuple[Found | None, str]:
    """First in the cited document, then, when it is long enough, in all others."""
    if document_id:
        rows = [row for row, held in enumerate(shelf.blocks["document_id"]) if held == document_id]
        found = find_quotation(quotation.text, [shelf.texts[row] for row in rows])
        if found:
            return Found(rows[found.place], found.likeness, found.text), "found"
    if quotation.n_words >= FEWEST_WORDS:
        found = find_quotation(quotation.text, shelf.texts)
        if found:
            return found, "found in another document"
    return None, "not found" if document_id else "the cited document was not read"
