"""Topics and passages beside what the codebook says of each theme."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.codebook import Theme
from pipeline.compare.frames import empty, fitted
from pipeline.compare.measures import Floats, Integers, RealNumbers
from pipeline.tables.compare import SemanticAlignment


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
    words are of one field, not that the topic says what the theme says. As some definitions are
    near to everything, themes are ranked with the mean topic and the mean definition taken off.

    Args:
        topic_ids: topics.
        group: int [n], the topic of each passage.
        vectors: float [n, dimension], of length 1.
        theme_ids: themes, in the order of ``definitions``.
        definitions: float [themes, dimension], of length 1.
    """
    found = [topic_id for topic_id in topic_ids if (group == topic_id).any()]
    if not found:
        return empty(SemanticAlignment)
    means = np.array([vectors[group == topic_id].astype(np.float64).mean(0) for topic_id in found])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    similarity = np.clip(means @ definitions.T, -1, 1).round(4)
    relative = np.clip(_directions(means) @ _directions(definitions).T, -1, 1).round(4)
    rank = np.argsort(np.argsort(-relative, axis=1, kind="stable"), axis=1, kind="stable") + 1
    n_themes = len(theme_ids)
    frame = {
        "topic_id": np.repeat(found, n_themes),
        "theme_id": list(theme_ids) * len(found),
        "similarity": similarity.reshape(-1),
        "relative": relative.reshape(-1),
        "rank": rank.reshape(-1),
    }
    return fitted(SemanticAlignment, pl.DataFrame(frame).sort("topic_id", "rank"))
