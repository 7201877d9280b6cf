"""Read passages, compute the vectors that are not in the cache, write vectors and model card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial

import numpy as np

from pipeline.run.arrays import Vectors
from pipeline.run.errors import StageError
from pipeline.run.settings import EmbedSettings, load_settings
from pipeline.run.stage import Memory, Work, run_stage, say, spread, write_metrics
from pipeline.run.tables.table import read_table
from pipeline.run.tables.texts import PASSAGES, write_vectors
from pipeline.vectors import processor
from pipeline.vectors.encoder import (
    CachedEncoder,
    SentenceEncoder,
    load_encoder,
    load_sentence_encoder,
)

PIECE = 256
"""Texts that one worker takes at once: some seconds of work."""


@dataclass(frozen=True)
class RayEncoder(SentenceEncoder):
    """A sentence encoder whose calls of the model are made by the cluster."""

    settings: EmbedSettings = field(kw_only=True)

    def encode_in_parts(self, texts: Sequence[str]) -> Iterator[tuple[list[int], Vectors]]:
        """Row numbers and their vectors, piece by piece, short texts first."""
        order = sorted(range(len(texts)), key=lambda row: (len(texts[row]), row))
        pieces = [order[start : start + PIECE] for start in range(0, len(order), PIECE)]
        results = spread(
            [[texts[row] for row in rows] for rows in pieces],
            partial(load_work, self.settings, _kind(self)),
        )
        for rows, result in zip(pieces, results, strict=True):
            yield rows, np.frombuffer(result, np.float32).reshape(len(rows), self.dimension)


def on_ray(local: CachedEncoder, settings: EmbedSettings) -> CachedEncoder:
    """The same encoder and cache, with what is new computed by the cluster."""

    def load() -> SentenceEncoder:
        here = local.load()
        return RayEncoder(here.model, here.card, here.precision, settings=settings)

    return replace(local, load=load)


def _kind(encoder: SentenceEncoder) -> str:
    return processor(encoder.model.device.type, encoder.precision)


def load_work(settings: EmbedSettings, kind: str) -> Work:
    """The model, for one process of the cluster.

    Raises:
        StageError: the process runs on another kind of processor, which may round another way.
    """
    encoder = load_sentence_encoder(settings)
    if _kind(encoder) != kind:
        raise StageError(
            f"a worker of the cluster has a processor of another kind ({_kind(encoder)}) than "
            f"this machine ({kind}), so its vectors would differ in their last bits"
        )
    return lambda texts: encoder.encode(texts).tobytes()


def main() -> None:
    """Embed every passage; row i of the vectors is row i of the passages."""
    texts = read_table(PASSAGES)["text"].to_list()
    settings = load_settings()
    encoder = load_encoder(settings.embed, anew=True)
    if settings.executor == "ray":
        encoder = on_ray(encoder, settings.embed)
    vectors = encoder.encode(
        texts,
        lambda fresh: say(f"embed: {len(texts)} passages, {fresh} texts not seen before"),
    )
    tokens = encoder.count_tokens(texts)
    write_vectors(vectors, {**asdict(encoder.card), "fingerprint": encoder.card.fingerprint})
    metrics = {
        "passages": len(texts),
        "different_texts": len(set(texts)),
        "dimension": encoder.dimension,
        "cut_off": sum(count > encoder.card.max_tokens for count in tokens),
        "most_tokens": max(tokens, default=0),
    }
    write_metrics("embed", metrics)


MEMORY = Memory(a_row=3_700, besides=900_000_000)

if __name__ == "__main__":
    run_stage(
        "embed",
        "Turn passages into vectors of length 1; only new texts are computed.",
        main,
        MEMORY,
    )
