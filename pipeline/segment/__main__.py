"""Read blocks, cut them into passages, find near-duplicates, write both."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.run.settings import load_settings
from pipeline.run.stage import Memory, run_stage, write_metrics
from pipeline.run.tables.table import read_table, write_table
from pipeline.run.tables.texts import BLOCKS, DOCUMENTS, NEAR_DUPLICATES, NOTES, PASSAGES
from pipeline.segment.passages import (
    KnownSentences,
    Span,
    cut_passages,
    load_splitter,
    split_sentences,
)

Integers = npt.NDArray[np.int64]

_WORD = r"[\p{L}\p{N}]+"
_N_WORDS = 3
_NO_WORD = 0
"""Stands where a text has fewer than three words."""


def shingle(texts: Sequence[str]) -> tuple[list[Integers], int]:
    """The shingles of each text as numbers; equal ones have equal numbers in all texts.

    Case does not count, nor does what stands between words. Those in few texts have low numbers,
    and each text's are sorted, so that its rarest come first.

    Args:
        texts: any texts, also empty ones.

    Returns:
        For each text int64 [different shingles], at least one, ascending; and the lowest number
        of a shingle that is in more than one text.

    >>> shingle(["Decides to extend the mandate", "decides: to extend", ""])
    ([array([1, 2, 3]), array([3]), array([0])], 3)
    """
    words, counts = _numbered_words(texts)
    owners = np.repeat(np.arange(len(counts)), counts)
    whole = np.zeros(len(words), dtype=bool)
    # a shingle begins at a word that has two more behind it in its text
    whole[: -_N_WORDS + 1] = owners[_N_WORDS - 1 :] == owners[: -_N_WORDS + 1]
    begins = np.flatnonzero(whole)
    shingles = words[begins]
    for step in range(1, _N_WORDS):
        shingles = _numbered(shingles * (words.max(initial=0) + 1) + words[begins + step])
    return _rarest_first(owners[begins], shingles, len(texts))


def _numbered_words(texts: Sequence[str]) -> tuple[Integers, Integers]:
    """All words of all texts in a row as numbers from 1, and how many each text has."""
    found = pl.Series(texts, dtype=pl.String).str.to_lowercase().str.extract_all(_WORD)
    lengths = found.list.len().to_numpy().astype(np.int64)
    different = found.explode().drop_nulls().cast(pl.Categorical).to_physical().to_numpy()
    counts = np.maximum(lengths, _N_WORDS)
    before = counts.cumsum() - counts - (lengths.cumsum() - lengths)  # words that stand for none
    words = np.full(counts.sum(), _NO_WORD, dtype=np.int64)
    words[np.arange(len(different)) + np.repeat(before, lengths)] = different + np.int64(1)
    return words, counts


def _numbered(values: Integers) -> Integers:
    """Values as numbers from 0 without gaps, so that the next product stays within 64 bits."""
    numbers: Integers = np.unique(values, return_inverse=True)[1]
    return numbers


def _rarest_first(owners: Integers, shingles: Integers, n_texts: int) -> tuple[list[Integers], int]:
    """Number shingles again by how many texts have them, and cut them into texts."""
    n_different = int(shingles.max(initial=-1)) + 1
    pairs = np.sort(owners * n_different + shingles)
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]  # np.unique hashes here: twenty times slower
    owners, shingles = np.divmod(pairs, max(n_different, 1))
    n_texts_with = np.bincount(shingles, minlength=n_different)
    ranks = np.empty(n_different, dtype=np.int64)
    ranks[np.argsort(n_texts_with, kind="stable")] = np.arange(n_different)
    ranked: npt.NDArray[Any] = np.sort(owners * n_different + ranks[shingles])
    ends = np.bincount(owners, minlength=n_texts).cumsum()[:-1]
    of_texts = list(np.split(ranked % max(n_different, 1), ends)) if n_texts else []
    return of_texts, int((n_texts_with == 1).sum())


_ROUNDING = 1e-9
"""So that .55 times 100, which is a little more than 55 to a computer, does not ask for 56."""


def find_near_duplicates(
    passages: pl.DataFrame,
    documents: pl.DataFrame,
    threshold: float,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> pl.DataFrame:
    """Put every passage into the group of the earliest passage that it is a near-duplicate of.

    Passages are taken by date of their documents, then in the order of the text. A passage joins
    the group whose first member is most like it (of equals, the earliest), or else begins its
    own. Members are compared with the first of the group only, so that small changes over the
    years never chain texts that have little in common.

    Args:
        passages: tables.Passages.
        documents: tables.Documents; those without a date come last.
        threshold: least similarity with the first of the group, above 0 and at most 1.
        progress: wraps the numbers of the different texts, for a bar.

    Returns:
        tables.NearDuplicates, one row a passage, in the order of ``passages``.
    """
    if passages.is_empty():
        return _table(passages, [], [], [])
    ordered = _by_date(passages, documents)
    texts = ordered["text"].unique(maintain_order=True).to_list()
    firsts, similarities = _leaders(texts, threshold, progress)
    return _table(ordered, texts, firsts, similarities).join(
        passages.select("passage_id"), on="passage_id", how="right", maintain_order="right"
    )


def _by_date(passages: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    dates = documents.select("document_id", "date")
    return passages.join(dates, on="document_id", how="left", maintain_order="left").sort(
        "date", "document_id", "order", nulls_last=True
    )


def _leaders(
    texts: Sequence[str], threshold: float, progress: Callable[[Iterable[int]], Iterable[int]]
) -> tuple[list[int], list[float]]:
    """For each text the number of the first text of its group, and the similarity with it."""
    shingles, lowest_shared = shingle(texts)
    leaders: dict[int, frozenset[int]] = {}
    leaders_with: dict[int, list[int]] = {}
    firsts: list[int] = []
    similarities: list[float] = []
    for number in progress(range(len(texts))):
        rarest = shingles[number][: _n_rarest(len(shingles[number]), threshold)]
        rarest = rarest[rarest.searchsorted(lowest_shared) :].tolist()
        candidates = {one for each in rarest for one in leaders_with.get(each, ())}
        own = frozenset(shingles[number].tolist()) if candidates else frozenset()
        for one in candidates:  # most leaders are never compared with
            if one not in leaders:
                leaders[one] = frozenset(shingles[one].tolist())
        alike = [(_jaccard(own, leaders[one]), -one) for one in candidates]
        similarity, first = max(alike, default=(0.0, 0))
        if similarity < threshold:
            similarity, first = 1.0, -number
            for each in rarest:
                leaders_with.setdefault(each, []).append(number)
        firsts.append(-first)
        similarities.append(similarity)
    return firsts, similarities


def _jaccard(left: frozenset[int], right: frozenset[int]) -> float:
    """Shared shingles over all shingles of two texts."""
    return len(left & right) / len(left | right)


def _n_rarest(size: int, threshold: float) -> int:
    """Among how many of its rarest shingles a near-duplicate of a set must have one.

    It shares at least ``threshold`` of them all, so it may lack the rest and not one more.
    """
    return size - math.ceil(threshold * size - _ROUNDING) + 1


def _table(
    ordered: pl.DataFrame, texts: list[str], firsts: list[int], similarities: list[float]
) -> pl.DataFrame:
    """From texts back to passages; a near-duplicate group is named by its first passage."""
    facts = pl.DataFrame(
        {"text": texts, "near_duplicates": firsts, "similarity": similarities},
        schema={"text": pl.String, "near_duplicates": pl.Int64, "similarity": pl.Float64},
    )
    members = ordered.join(facts, on="text", how="left", maintain_order="left")
    return members.select(
        "passage_id",
        near_duplicate_group=pl.col("passage_id").first().over("near_duplicates"),
        similarity=pl.col("similarity").round(6),
        n_members=pl.len().over("near_duplicates").cast(pl.Int64),
    )


def main() -> None:
    """Cut every block but headings, and link the passages that are near-duplicates."""
    from tqdm import tqdm

    whole = load_settings()
    blocks = read_table(BLOCKS).filter(pl.col("role") != "heading")
    sentences = KnownSentences().split(blocks["text"].to_list(), _split(whole.executor))
    passages = cut_passages(blocks, read_table(NOTES), sentences, whole.segment)
    near_duplicates = find_near_duplicates(
        passages,
        read_table(DOCUMENTS),
        whole.segment.near_duplicate,
        lambda numbers: tqdm(numbers, desc="near-duplicates", unit="text"),
    )
    write_table(PASSAGES, passages)
    write_table(NEAR_DUPLICATES, near_duplicates)
    write_metrics("segment", _metrics(passages, near_duplicates))


def _split(executor: str) -> Callable[[list[str]], Iterator[list[Span]]]:
    if executor == "ray":
        from pipeline.segment.passages import split_on_ray

        return split_on_ray
    return _split_here


def _split_here(texts: list[str]) -> Iterator[list[Span]]:
    from tqdm import tqdm

    return split_sentences(load_splitter(), tqdm(texts, desc="segment", unit="block"))


def _metrics(passages: pl.DataFrame, near_duplicates: pl.DataFrame) -> dict[str, object]:
    words = passages["n_words"]
    return {
        "passages": passages.height,
        "documents": passages["document_id"].n_unique(),
        "procedural": int(passages["procedural"].sum()),
        "with_speakers": int((passages["speaker_groups"].list.len() > 0).sum()),
        "repeated_texts": passages.height - passages["text"].n_unique(),
        "near_duplicate_groups": near_duplicates["near_duplicate_group"].n_unique(),
        "near_duplicates": passages.height - near_duplicates["near_duplicate_group"].n_unique(),
        "largest_group": near_duplicates["n_members"].max() or 0,
        "words": {"mean": round(words.mean() or 0, 1), "most": words.max() or 0},  # type: ignore[arg-type]
    }


MEMORY = Memory(a_row=6_500, besides=400_000_000, table=BLOCKS.path)

if __name__ == "__main__":
    run_stage(
        "segment",
        "Cut blocks into passages of whole sentences, and find near-duplicates.",
        main,
        MEMORY,
    )
