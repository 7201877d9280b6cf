"""What each stage costs at 1, 4 and 16 times the core corpus: seconds and peak memory.

One time is the core profile, as it is. Larger ones begin with all real documents (the profile
`full`) and go on with copies of them that bear other names: in a copy every third word is exchanged
for another word of the corpus, so that no text repeats and no copy is a near-duplicate, while the
vocabulary stays as it is.

Embedding costs the same for each text, so it is measured on a part of the texts. The others get a
vector between those of two real passages that are near each other, and so do the texts that the
stages after it ask for.

Example: PEACETEXT_MIRROR=... python -m benchmarks.scaling --times 1 4
"""

from __future__ import annotations

import argparse
import runpy
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import chdir
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.neighbors import NearestNeighbors

from benchmarks.figures import Row, present
from benchmarks.incremental import LEFT_OUT
from benchmarks.whole_run import STAGES, measured
from pipeline.run.arrays import Vectors
from pipeline.run.tables.table import read_table, write_table
from pipeline.run.tables.texts import BLOCKS, DOCUMENTS, PASSAGES
from pipeline.vectors.encoder import CachedEncoder

COMPUTED = 2000
"""Texts whose vectors embed really computes."""

_AT_ONCE = 400  # stand-ins, as many as computed vectors are kept at once
NEAR = 50  # neighbours of a passage, one of which a stand-in lies between
_EXCHANGED = 3  # every third word, so that no three consecutive words stay
_KNOWN, _NEIGHBOURS = Path("known-vectors.npy"), Path("known-neighbours.npy")
_READING = ("acquire", "ingest")


def main() -> None:
    """Make the corpora, run the stages on each, and print what they cost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--project", type=Path, default=Path(), help="with a finished run")
    parser.add_argument("--times", type=int, nargs="*", default=[1, 4, 16])
    parser.add_argument("--stages", nargs="*", default=STAGES, choices=STAGES)
    wanted = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        for times in wanted.times:
            folder = Path(name) / f"times-{times}"
            shutil.copytree(wanted.project.resolve(), folder, symlinks=True, ignore=LEFT_OUT)
            _keep_known(folder)
            if times > 1:
                rows += _grown(folder, times)
            for stage in wanted.stages:
                if times == 1 or stage not in _READING:
                    rows.append(_measured(folder, times, stage))
                    print(rows[-1], flush=True)
            shutil.rmtree(folder)
    present("scaling", rows)


def _keep_known(folder: Path) -> None:
    """The different vectors of the core corpus, and the rows of each one's nearest others."""
    known = np.unique(np.load(folder / "outputs/embed/vectors.npy"), axis=0)
    search = NearestNeighbors(n_neighbors=NEAR, algorithm="brute").fit(known)
    np.save(folder / _KNOWN, known)
    np.save(folder / _NEIGHBOURS, search.kneighbors(return_distance=False).astype(np.int32))


def _grown(folder: Path, times: int) -> list[Row]:
    """All real documents, then copies until the words are ``times`` those of the core corpus."""
    core = _n_words(folder)
    settings = folder / "configs" / "params.yaml"
    text = settings.read_text(encoding="utf-8").replace("profile: core", "profile: full")
    settings.write_text(text, encoding="utf-8")
    rows = [_measured(folder, times, stage) for stage in _READING]
    with chdir(folder):
        blocks, documents = read_table(BLOCKS), read_table(DOCUMENTS)
        copied = _copies(blocks, documents, times * core - _n_words(folder))
        write_table(BLOCKS, pl.concat([blocks, copied[0]]))
        write_table(DOCUMENTS, pl.concat([documents, copied[1]]))
    return [{**row, "times": f"{row['times']} (all real documents)"} for row in rows]


def _copies(
    blocks: pl.DataFrame, documents: pl.DataFrame, n_words: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Blocks and documents under other names that together have about so many words."""
    random = np.random.default_rng(8)
    words = np.array(sorted({word for text in blocks["text"] for word in text.split()}))
    more_blocks, more_documents = [blocks.clear()], [documents.clear()]
    number = 0
    while n_words > 0:
        number += 1
        exchange = dict(zip(words, random.permutation(words), strict=True))
        for document in documents.filter(pl.col("kind") != "article").iter_slices(1):
            if n_words <= 0:
                break
            of = pl.col("document_id") == document["document_id"][0]
            own = blocks.filter(of)
            texts = [_exchanged(text, exchange) for text in own["text"]]
            n_words -= sum(len(text.split()) for text in texts)
            other = f"copy-{number}-" + pl.col("document_id")
            more_documents.append(document.with_columns(document_id=other, symbol=pl.lit("")))
            more_blocks.append(
                own.with_columns(
                    document_id=other,
                    block_id=f"copy-{number}-" + pl.col("block_id"),
                    text=pl.Series(texts),
                    notes=pl.lit([], dtype=own.schema["notes"]),
                    note_offsets=pl.lit([], dtype=own.schema["note_offsets"]),
                )
            )
    return pl.concat(more_blocks), pl.concat(more_documents)


def _exchanged(text: str, exchange: dict[str, str]) -> str:
    words = text.split()
    words[::_EXCHANGED] = [str(exchange[word]) for word in words[::_EXCHANGED]]
    return " ".join(words)


def _n_words(folder: Path) -> int:
    with chdir(folder):
        return int(read_table(BLOCKS)["text"].str.count_matches(r"\S+").sum())


def _measured(folder: Path, times: int, stage: str) -> Row:
    """One stage with an empty cache; embed computes the vectors of COMPUTED texts only."""
    cache = folder / f"cache-of-{stage}"
    call = f"from benchmarks.scaling import run_stage; run_stage({stage!r})"
    row = measured(stage, folder, cache, "-c", call)
    with chdir(folder):
        passages = 0 if stage in _READING else read_table(PASSAGES).height
    return {"times": str(times), "passages": passages, **row}


def run_stage(stage: str) -> None:
    """Run a stage as usual, except that most vectors are stand-ins."""
    known, neighbours = np.load(_KNOWN), np.load(_NEIGHBOURS)
    compute = CachedEncoder._compute

    def stand_in(
        self: CachedEncoder, hashes: Sequence[str], texts: Sequence[str]
    ) -> Iterator[tuple[list[int], Vectors]]:
        n_computed = COMPUTED if stage == "embed" else 0
        yield from compute(self, hashes[:n_computed], texts[:n_computed])
        for start in range(n_computed, len(hashes), _AT_ONCE):
            keys = list(hashes[start : start + _AT_ONCE])
            vectors = between(known, neighbours, len(keys), seed=start)
            self._keep([(keys, vectors)])
            yield list(range(start, start + len(keys))), vectors

    CachedEncoder._compute = stand_in  # type: ignore[method-assign]
    sys.argv = [stage]
    runpy.run_module(f"pipeline.{stage}", run_name="__main__")


def between(known: Vectors, neighbours: npt.NDArray[np.int32], n: int, seed: int) -> Vectors:
    """Vectors on the way from a real one to one of those near it (as SMOTE; Chawla et al. 2002)."""
    random = np.random.default_rng(seed)
    rows = random.integers(0, len(known), n)
    near = neighbours[rows, random.integers(0, neighbours.shape[1], n)]
    way = random.random((n, 1), dtype=np.float32)
    vectors = (1 - way) * known[rows] + way * known[near]
    between: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return between


if __name__ == "__main__":
    main()
