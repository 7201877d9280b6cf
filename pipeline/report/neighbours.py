"""For each passage those that are nearest to it in meaning, for the explorer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.vector_cache import Vectors

N_NEIGHBOURS = 5
_BLOCK = 1024
_MOST_AT_ONCE = 25_000_000
"""Texts compared with all others at once, fewer of a large corpus: likenesses take 300 MB."""

_DECIMALS = 4
"""Likenesses are ordered by so many digits: further ones depend on the machine."""


def nearest_passages(
    vectors: Vectors, texts: Sequence[str], n: int = N_NEIGHBOURS
) -> npt.NDArray[np.int64]:
    """The rows nearest to each row by cosine, nearest first, int [n_passages, at most n].

    Mandates repeat paragraphs, so each text counts once, by its first row, and a passage is no
    neighbour of its own text.

    Args:
        vectors: float32 [n_passages, dimension], L2-normalised.
        texts: one a row; equal texts have equal vectors.
        n: neighbours a passage.
    """
    first: dict[str, int] = {}
    for row, text in enumerate(texts):
        first.setdefault(text, row)
    different = np.fromiter(first.values(), dtype=np.int64, count=len(first))
    number = {text: place for place, text in enumerate(first)}
    kept = min(n, len(different) - 1)
    if kept < 1:
        return np.zeros((len(texts), 0), dtype=np.int64)
    compared = np.ascontiguousarray(vectors[different])
    step = min(_BLOCK, max(1, _MOST_AT_ONCE // len(compared)))
    found = np.vstack(
        [
            _of_block(compared, slice(start, start + step), kept)
            for start in range(0, len(compared), step)
        ]
    )
    nearest: npt.NDArray[np.int64] = different[found[[number[text] for text in texts]]]
    return nearest


def _of_block(vectors: Vectors, part: slice, n: int) -> npt.NDArray[np.int64]:
    likeness = vectors[part] @ vectors.T
    rows = np.arange(len(likeness))
    likeness[rows, part.start + rows] = -2  # not its own neighbour
    candidates = np.sort(np.argpartition(likeness, -n, axis=1)[:, -n:], axis=1)
    values = np.take_along_axis(likeness, candidates, axis=1).round(_DECIMALS)
    order = np.argsort(-values, axis=1, kind="stable")
    return np.take_along_axis(candidates, order, axis=1)
