"""Nearest passages of large corpora: how long they take, and how many of the true ones are found.

A larger corpus is the vectors of the core corpus and others between two that are near each other,
as in `benchmarks.scaling`. What is found is held against a search through everything, for a sample.
The core corpus itself is compared whole; cut into parts nonetheless, it shows what is lost there.

Example: python -m benchmarks.nearest --passages 91122 365195
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from pathlib import Path

import numpy as np
from sklearn.neighbors import NearestNeighbors

from benchmarks.figures import Row, present
from benchmarks.scaling import NEAR, between
from pipeline.report import explorer
from pipeline.run.arrays import Integers, Vectors

_ASKED = 1000
_KILOBYTES_A_GIGABYTE = 1e6


def main() -> None:
    """Measure the core corpus whole and in parts, then each larger one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--project", type=Path, default=Path(), help="with a finished run")
    parser.add_argument("--passages", type=int, nargs="*", default=[91_122, 365_195])
    wanted = parser.parse_args()
    known = np.unique(np.load(wanted.project / "outputs/embed/vectors.npy"), axis=0)
    rows = [_measured("core", known)]
    largest, explorer.COMPARED_WHOLE = explorer.COMPARED_WHOLE, 1
    rows.append(_measured("core, in parts", known))
    explorer.COMPARED_WHOLE = largest
    search = NearestNeighbors(n_neighbors=NEAR, algorithm="brute").fit(known)
    near = search.kneighbors(return_distance=False).astype(np.int32)
    for n in wanted.passages:
        more = between(known, near, n - len(known), seed=1)
        rows.append(_measured(f"grown to {n:,}", np.vstack([known, more])))
    present("nearest", rows)


def _measured(what: str, vectors: Vectors) -> Row:
    texts = [str(row) for row in range(len(vectors))]
    wall, used = time.perf_counter(), os.times()
    found = explorer.nearest_passages(vectors, texts)
    now = os.times()
    row = {
        "what": what,
        "different texts": len(vectors),
        "seconds": time.perf_counter() - wall,
        "processor seconds": now.user + now.system - used.user - used.system,
        "peak GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KILOBYTES_A_GIGABYTE,
        "found": _recall(vectors, found),
    }
    print(row, flush=True)
    return row


def _recall(vectors: Vectors, found: Integers) -> float:
    """Share of the true neighbours of a sample that are among those found."""
    n = min(_ASKED, len(vectors))
    shares = []
    for row in np.random.default_rng(9).choice(len(vectors), n, replace=False):
        likeness = vectors @ vectors[row]
        likeness[row] = -2
        true = np.argpartition(likeness, -found.shape[1])[-found.shape[1] :]
        shares.append(np.isin(true, found[row]).mean())
    return float(np.mean(shares))


if __name__ == "__main__":
    main()
