"""Sentences by the workers of a Ray cluster, the same ones as here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from pipeline.ray_work import Work, spread
from pipeline.segment.sentences import BATCH, Span, load_splitter, split_sentences


def split_on_ray(texts: Sequence[str]) -> Iterator[list[Span]]:
    """As `split_sentences`; a piece is what spaCy takes at once there, so no rounding differs."""
    pieces = [list(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
    for result in spread(pieces, load_work):
        for spans in json.loads(result):
            yield [(start, end) for start, end in spans]


def load_work() -> Work:
    """A splitter for one process of the cluster."""
    splitter = load_splitter()
    return lambda texts: json.dumps(list(split_sentences(splitter, texts))).encode()
