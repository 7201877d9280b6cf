"""Scores of every passage, each by a model that never saw the passage's own group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl

from pipeline.themes.evaluation import Judged
from pipeline.themes.samples import Booleans, Floats, Integers, Sample
from pipeline.themes.validation import CrossValidation, Predictions, TrainedThemes
from pipeline.vectors.cache import Vectors

_DECIMALS = 6
_PASSAGES_AT_ONCE = 10_000  # parts of their words take 20 kB each


def score_passages(
    texts: Sequence[str],
    vectors: Vectors,
    groups: Sequence[str],
    sample: Sample,
    validated: CrossValidation,
    trained: TrainedThemes,
) -> Predictions:
    """Score passages out of fold.

    A passage of a coded group (a paragraph of the article, a UN document) is scored by the model
    of the fold in which that group was left out; all others by the model trained on everything.

    Args:
        texts: n passages.
        vectors: float32 [n, dimension].
        groups: the group of each passage, named as in the sample.
        sample: the coded units of the cross-validation.
        validated: their cross-validation.
        trained: the model of all units, for passages of groups that nobody coded.
    """
    fold_of = dict(zip(sample.groups, validated.fold.tolist(), strict=True))
    folds: Integers = np.array([fold_of.get(group, -1) for group in groups], dtype=np.int64)
    shape = (len(texts), sample.labels.shape[1])
    probability: Floats = np.zeros(shape)
    assigned: Booleans = np.zeros(shape, dtype=bool)
    for fold in np.unique(folds):
        themes = validated.trained[fold] if fold >= 0 else trained
        of_fold = np.flatnonzero(folds == fold)
        for start in range(0, len(of_fold), _PASSAGES_AT_ONCE):
            rows = of_fold[start : start + _PASSAGES_AT_ONCE]
            part = themes.predict(tuple(texts[int(row)] for row in rows), vectors[rows])
            probability[rows], assigned[rows] = part.probability, part.assigned
    return Predictions(probability, assigned)


def scores_table(
    passage_ids: Sequence[str], predictions: Predictions, theme_ids: Sequence[str]
) -> pl.DataFrame:
    """tables.Scores: a row a passage and theme."""
    n_themes = len(theme_ids)
    return pl.DataFrame(
        {
            "passage_id": np.repeat(np.array(passage_ids, dtype=object), n_themes),
            "theme_id": list(theme_ids) * len(passage_ids),
            "probability": predictions.probability.ravel().round(_DECIMALS),
            "assigned": predictions.assigned.ravel(),
            "out_of_fold": np.ones(predictions.assigned.size, dtype=bool),
        },
        schema_overrides={"passage_id": pl.String, "theme_id": pl.String},
    )


def unit_scores_table(
    judged: Iterable[Judged], units: pl.DataFrame, theme_ids: Sequence[str]
) -> pl.DataFrame:
    """tables.UnitScores: a row a setting, coded unit and theme.

    Args:
        judged: held-out predictions, in each setting in the order of its units.
        units: tables.Units.
        theme_ids: names of the themes.
    """
    unit_set = pl.col("unit_set").cast(pl.String)
    frames = []
    for one in judged:
        of_setting = "article" if one.setting == "article" else "un"
        unit_ids = units.filter(unit_set == of_setting)["unit_id"].to_list()
        said = one.predictions
        columns = {
            "setting": [one.setting] * one.truth.size,
            "unit_id": np.repeat(np.array(unit_ids, dtype=object), len(theme_ids)),
            "theme_id": list(theme_ids) * len(unit_ids),
            "coded": one.truth.ravel(),
            "probability": said.probability.ravel().round(_DECIMALS),
            "assigned": said.assigned.ravel(),
        }
        frames.append(pl.DataFrame(columns, schema_overrides={"unit_id": pl.String}))
    return pl.concat(frames)
