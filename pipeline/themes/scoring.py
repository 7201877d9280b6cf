"""Scores of every passage, each by a model that never saw the passage's own group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import polars as pl

from pipeline.run.errors import StageError
from pipeline.run.tables.table import stacked
from pipeline.run.tables.themes import UnitScores
from pipeline.run.types import Vectors
from pipeline.themes.samples import Booleans, Floats, Integers
from pipeline.themes.units import CodedCorpus, passages_with_groups
from pipeline.themes.validation import (
    Judged,
    Judgement,
    Predictions,
)

_DECIMALS = 6
_PASSAGES_AT_ONCE = 10_000  # parts of their words take 20 kB each


def general_judgement(judgements: Mapping[str, Judgement]) -> Judgement:
    """That of the models which have learnt from most: of the last set of paragraphs, if any.

    Raises:
        StageError: no unit that may be learnt from is in a document of this run.
    """
    learnt = [one for one in judgements.values() if one.validated]
    if not learnt:
        raise StageError(
            "no coded unit that may be learnt from is in a document of this run; "
            "see coded_sets in configs/study.yaml"
        )
    return next((one for one in reversed(learnt) if one.unit == "paragraph"), learnt[-1])


def score_corpus(
    corpus: CodedCorpus, judgements: Mapping[str, Judgement], model: str
) -> Predictions:
    """Passages by the models of the set that their document goes with.

    Those of articles by the models of the last set of sentences, those of a document by the models
    of the set from whose population it is. Where there is no such set, or none of its units is in
    this run, by the models that have learnt from most.

    Args:
        corpus: its passages are scored, in their order.
        judgements: by coded set.
        model: name of the model in use.
    """
    described = passages_with_groups(corpus)
    learnt = {name: one for name, one in judgements.items() if one.validated}
    general = general_judgement(judgements)
    of_articles = [name for name, one in learnt.items() if one.unit == "sentence"][-1:]
    goes_with = described.select(
        pl.when("is_article")
        .then(pl.lit("".join(of_articles)))
        .otherwise(corpus.study.set_of_documents("learnt_from"))
    ).to_series()
    texts, groups = described["text"].to_numpy(), described["group"].to_numpy()
    shape = (len(texts), general.sample.labels.shape[1])
    scores = Predictions(np.zeros(shape), np.zeros(shape, dtype=bool))
    for name in goes_with.unique(maintain_order=True):
        rows = (goes_with == name).to_numpy()
        part = score_passages(
            texts[rows].tolist(),
            corpus.vectors[rows],
            groups[rows].tolist(),
            learnt.get(name, general),
            model,
        )
        scores.probability[rows], scores.assigned[rows] = part.probability, part.assigned
    return scores


def score_passages(
    texts: Sequence[str],
    vectors: Vectors,
    groups: Sequence[str],
    judgement: Judgement,
    model: str,
) -> Predictions:
    """Score passages out of fold.

    A passage of a coded group (a paragraph of an article, a document) is scored by the model of the
    fold in which that group was left out; all others by the model trained on everything.

    Args:
        texts: n passages.
        vectors: float32 [n, dimension].
        groups: the group of each passage, named as in the sample.
        judgement: the coded units, their cross-validation and the models of all of them.
        model: name of the model in use.
    """
    validated, trained = judgement.validated, judgement.trained[model]
    if validated is None:
        raise AssertionError("only what was learnt from scores passages")
    fold_of = validated.fold_of
    folds: Integers = np.array([fold_of.get(group, -1) for group in groups], dtype=np.int64)
    shape = (len(texts), judgement.sample.labels.shape[1])
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
        unit_ids = units.filter(unit_set == one.unit_set)["unit_id"].to_list()
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
    return stacked(frames, UnitScores)
