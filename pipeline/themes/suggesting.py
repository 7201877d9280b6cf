"""Which passages, once a person has coded them, would teach the classifiers most."""

from __future__ import annotations

import numpy as np

from pipeline.themes.samples import Floats, Integers
from pipeline.vector_cache import Vectors

_TINY = 1e-12


def uncertainty(probability: Floats) -> Floats:
    """How little is known of each text's themes, in bits, float [n].

    The sum over themes of the entropy of "has it, has it not": 0 when all is sure, one bit for
    each theme that might as well be there as not (uncertainty sampling; Settles 2009, "Active
    learning literature survey", section 3.1).

    Args:
        probability: float [n, themes].
    """
    there = np.clip(probability, _TINY, 1 - _TINY)
    bits = -(there * np.log2(there) + (1 - there) * np.log2(1 - there))
    total: Floats = bits.sum(axis=1)
    return total


def most_telling(doubt: Floats, vectors: Vectors, known: Vectors, n: int) -> Integers:
    """Rows of the n texts to be coded next, in that order, int [at most n].

    Each is the one with the most doubt times distance, where distance is 1 - cosine with the
    nearest text that is coded already or chosen before (a product in the place of the difference
    of Carbonell and Goldstein 1998, so that no weight needs to be set). So one subject does not
    fill the list, however doubtful it is.

    Args:
        doubt: of each candidate, at least 0, float [n].
        vectors: of the candidates, each of length 1, float32 [n, dimension].
        known: of the texts that are coded already, float32 [m, dimension].
        n: how many are asked for.
    """
    nearest = np.full(len(doubt), -1.0)
    for one in known:
        nearest = np.maximum(nearest, vectors @ one)
    chosen: list[int] = []
    while len(chosen) < min(n, len(doubt)):
        worth = doubt * (1 - np.clip(nearest, 0, 1))
        worth[chosen] = -1.0
        best = int(np.argmax(worth))
        chosen.append(best)
        nearest = np.maximum(nearest, vectors @ vectors[best])
    return np.array(chosen, dtype=np.int64)
