"""Topics and passages beside what the codebook says of each theme."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.codebook import Theme
from pipeline.compare.frames import from_rows
from pipeline.compare.measures import Floats, Integers, RealNumbers
from pipeline.tables import OUTLIER, SemanticAlignment


def definition_text(theme: Theme) -> str:
    """What is embedded for a theme: its name and definition, not its lists of cases."""
    return f"{theme.name}. {theme.definition}"


def nearest_definitions(vectors: RealNumbers, definitions: RealNumbers) -> Integers:
    """The definition nearest to each passage, int [n]; a classifier that was never trained.

    The mean of the definitions is taken from them, and that of the passages from the passages:
    definitions share a tone, and so do passages, and the difference in tone is not a theme.
    """
    passages = vectors - vectors.mean(0)
    nearest: Integers = (passages @ _directions(definitions).T).round(6).argmax(1)
    return nearest


def _directions(vectors: RealNumbers) -> Floats:
    centred = vectors - vectors.mean(0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    directions: Floats = centred / np.where(lengths > 0, lengths, 1)
    return directions


def semantic_table(
    topic_ids: Sequence[int],
    group: Integers,
    vectors: RealNumbers,
    theme_ids: Sequence[str],
    definitions: RealNumbers,
) -> pl.DataFrame:
    """tables.SemanticAlignment: cosine of a topic's mean vector with each theme's definition.

    No coding is used, so this covers topics without a coded passage. A similarity says that the
    words are of one field, not that the topic says what the theme says.

    Args:
        topic_ids: topics.
        group: int [n], the topic of each passage.
        vectors: float [n, dimension], of length 1.
        theme_ids: themes, in the order of ``definitions``.
        definitions: float [themes, dimension], of length 1.
    """
    rows = []
    for topic_id in topic_ids:
        if topic_id == OUTLIER or not (group == topic_id).any():
            continue
        mean = vectors[group == topic_id].astype(np.float64).mean(0)
        similarity = (definitions @ mean / np.linalg.norm(mean)).round(4)
        order = np.argsort(-similarity, kind="stable")
        for rank, column in enumerate(order, start=1):
            rows.append(
                {
                    "topic_id": topic_id,
                    "theme_id": theme_ids[column],
                    "similarity": float(np.clip(similarity[column], -1, 1)),
                    "rank": rank,
                }
            )
    return from_rows(SemanticAlignment, rows)
