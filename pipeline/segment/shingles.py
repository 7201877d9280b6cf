"""Texts as sets of three consecutive words (shingles; Broder 1997), the rarest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

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
