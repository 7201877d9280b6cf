"""A second view: passages by the theme of the codebook whose definition is nearest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.encoder import Encoder
from pipeline.topics.selection import Selection
from pipeline.vector_cache import Vectors


def guided_table(
    selection: Selection, vectors: Vectors, themes: Sequence[tuple[str, str]], encoder: Encoder
) -> pl.DataFrame:
    """tables.Guided: zero-shot themes, by cosine with what the codebook says of them.

    Nothing is learned from codings here. ``lead`` is how much nearer the first theme is than the
    second; where it is small the theme is a guess.

    Args:
        selection: the passages.
        vectors: of their matter, before any centring.
        themes: theme_id and text of each theme, at least two.
        encoder: of the same model.
    """
    definitions = encoder.encode([text for _, text in themes])
    cosines = (vectors @ definitions.T).astype(np.float64)
    order = np.argsort(-cosines.round(6), axis=1, kind="stable")
    best, second = (np.take_along_axis(cosines, order[:, [place]], 1)[:, 0] for place in (0, 1))
    texts = pl.DataFrame(
        {
            "text_key": selection.passages["text_key"],
            "theme_id": [themes[place][0] for place in order[:, 0]],
            "similarity": best.round(6).clip(-1, 1),
            "lead": (best - second).round(6).clip(0, 2),
        }
    )
    return selection.members.join(texts, on="text_key", how="left").drop("text_key")
