"""Families of near-identical passages: what mandates repeat from year to year.

Two passages are near copies when the Jaccard similarity of their sets of three consecutive words
(shingles; Broder 1997) reaches a threshold. Candidates come from MinHash with locality-sensitive
hashing (datasketch); each is then compared exactly, so that hashing decides speed and never which
passages are alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import polars as pl

_WORD = re.compile(r"[^\W_]+")
_SHINGLE_WORDS = 3
_BANDS, _ROWS = 32, 4
"""Of the hashing: a pair with similarity .7 becomes a candidate with probability .9998."""

_CHUNK = 2048  # passages whose signatures are in memory at once

Shingles = frozenset[str]


def find_families(
    passages: pl.DataFrame,
    documents: pl.DataFrame,
    threshold: float,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> pl.DataFrame:
    """Put every passage into the family of the earliest passage that it is a near copy of.

    Passages are taken by date of their documents, then in the order of the text. A passage joins
    the family whose first member is most like it (of equals, the earliest), or else begins its
    own. Members are compared with the first of the family only, so that small changes over the
    years never chain texts that have little in common.

    Args:
        passages: tables.Passages.
        documents: tables.Documents; those without a date come last.
        threshold: least similarity with the first of the family, above 0 and at most 1.
        progress: wraps the numbers of the different texts, for a bar.

    Returns:
        tables.Families, one row a passage, in the order of ``passages``.
    """
    if passages.is_empty():
        return _table(passages, [], [], [])
    ordered = _by_date(passages, documents)
    texts = ordered["text"].unique(maintain_order=True).to_list()
    firsts, similarities = _leaders(texts, threshold, progress)
    return _table(ordered, texts, firsts, similarities).join(
        passages.select("passage_id"), on="passage_id", how="right", maintain_order="right"
    )


def shingles(text: str) -> Shingles:
    """The sets of consecutive words that two texts are compared by; case does not count.

    >>> sorted(shingles("Decides to extend the mandate"))
    ['decides to extend', 'extend the mandate', 'to extend the']
    """
    words = _WORD.findall(text.lower())
    last = max(1, len(words) - _SHINGLE_WORDS + 1)
    return frozenset(" ".join(words[start : start + _SHINGLE_WORDS]) for start in range(last))


def jaccard(left: Shingles, right: Shingles) -> float:
    """Shared shingles over all shingles of two texts.

    >>> jaccard(frozenset("abc"), frozenset("bcd"))
    0.5
    """
    return len(left & right) / len(left | right)


def _by_date(passages: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    dates = documents.select("document_id", "date")
    return passages.join(dates, on="document_id", how="left", maintain_order="left").sort(
        "date", "document_id", "order", nulls_last=True
    )


def _leaders(
    texts: Sequence[str], threshold: float, progress: Callable[[Iterable[int]], Iterable[int]]
) -> tuple[list[int], list[float]]:
    """For each text the number of the first text of its family, and the similarity with it."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(num_perm=_BANDS * _ROWS, params=(_BANDS, _ROWS))
    sets: list[Shingles] = []
    signatures: list[MinHash] = []
    firsts: list[int] = []
    similarities: list[float] = []
    for number in progress(range(len(texts))):
        if number % _CHUNK == 0:
            part = [shingles(text) for text in texts[number : number + _CHUNK]]
            sets += part
            signatures = MinHash.bulk(
                [[shingle.encode() for shingle in sorted(one)] for one in part],
                num_perm=_BANDS * _ROWS,
            )
        signature = signatures[number % _CHUNK]
        alike = [(jaccard(sets[number], sets[one]), -one) for one in index.query(signature)]
        similarity, first = max(alike, default=(0.0, 0))
        if similarity < threshold:
            similarity, first = 1.0, -number
            index.insert(number, signature)
        firsts.append(-first)
        similarities.append(similarity)
    return firsts, similarities


def _table(
    ordered: pl.DataFrame, texts: list[str], firsts: list[int], similarities: list[float]
) -> pl.DataFrame:
    """From texts back to passages; a family is named by its first passage."""
    facts = pl.DataFrame(
        {"text": texts, "family": firsts, "similarity": similarities},
        schema={"text": pl.String, "family": pl.Int64, "similarity": pl.Float64},
    )
    members = ordered.join(facts, on="text", how="left", maintain_order="left")
    return members.select(
        "passage_id",
        family_id=pl.col("passage_id").first().over("family"),
        similarity=pl.col("similarity").round(6),
        n_members=pl.len().over("family").cast(pl.Int64),
    )
