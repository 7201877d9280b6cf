"""Scores of every passage, and the trained classifiers on disk.

A passage is scored by a model that never saw its own group. The classifiers are kept as numbers in
safetensors and words in JSON, with no code in either.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.run.arrays import Vectors
from pipeline.run.errors import InputError, StageError
from pipeline.run.files import read_json, sha256_of, write_bytes, write_json
from pipeline.run.stage import in_processes
from pipeline.run.tables.table import stacked
from pipeline.run.tables.themes import UnitScores
from pipeline.themes.combination import Fitted
from pipeline.themes.samples import Booleans, Floats, Integers
from pipeline.themes.units import CodedCorpus, passages_with_groups
from pipeline.themes.validation import Judged, Judgement, Predictions, TrainedThemes
from pipeline.themes.vocabulary import ThemeVocabulary, under_heading

_DECIMALS = 6
_PASSAGES_AT_ONCE = 2_500  # parts of their words take 20 kB each


def general_judgement(judgements: Mapping[str, Judgement]) -> Judgement:
    """That of texts of which nothing is known: of the last set of paragraphs, if any.

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
    corpus: CodedCorpus, judgements: Mapping[str, Judgement], model: str, n_processes: int = 1
) -> Predictions:
    """Passages by the models of the set that their document goes with.

    Those of articles by the models of the last set of sentences, those of a document by the models
    of the set from whose population it is. Where there is no such set, or none of its units is in
    this run, by the models that have learnt from most.

    Args:
        corpus: its passages are scored, in their order.
        judgements: by coded set.
        model: name of the model in use.
        n_processes: that score at the same time.
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
    texts, groups = headed_texts(described).to_numpy(), described["group"].to_numpy()
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
            n_processes,
        )
        scores.probability[rows], scores.assigned[rows] = part.probability, part.assigned
    return scores


def headed_texts(passages: pl.DataFrame) -> pl.Series:
    """Texts that know the headings above them; those of articles do not.

    Args:
        passages: text, section, is_article.
    """
    rows = passages.select("text", "section", "is_article").iter_rows()
    headed = [
        text if of_article else under_heading(text, above) for text, above, of_article in rows
    ]
    return pl.Series("text", headed, dtype=pl.String)


def score_passages(
    texts: Sequence[str],
    vectors: Vectors,
    groups: Sequence[str],
    judgement: Judgement,
    model: str,
    n_processes: int = 1,
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
        n_processes: that score at the same time.
    """
    validated, trained = judgement.validated, judgement.trained[model]
    if validated is None:
        raise AssertionError("only what was learnt from scores passages")
    fold_of = validated.fold_of
    folds: Integers = np.array([fold_of.get(group, -1) for group in groups], dtype=np.int64)
    shape = (len(texts), judgement.sample.labels.shape[1])
    probability: Floats = np.zeros(shape)
    assigned: Booleans = np.zeros(shape, dtype=bool)
    parts = [
        (fold, of_fold[start : start + _PASSAGES_AT_ONCE])
        for fold in np.unique(folds)
        for of_fold in [np.flatnonzero(folds == fold)]
        for start in range(0, len(of_fold), _PASSAGES_AT_ONCE)
    ]
    work = (
        (
            validated.trained[fold] if fold >= 0 else trained,
            tuple(texts[int(row)] for row in rows),
            vectors[rows],
            judgement.unit_set,
        )
        for fold, rows in parts
    )
    found = in_processes(TrainedThemes.predict, work, n_processes)
    for (_, rows), part in zip(parts, found, strict=True):
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


WEIGHTS = Path("outputs/themes/model.safetensors")
CARD = Path("outputs/themes/model.json")

_AGAIN = "run: dvc repro -f themes"
_VOCABULARIES = ("words", "parts", "stems")


@dataclass(frozen=True)
class SavedThemes:
    """Classifiers that may be used on any text.

    Attributes:
        theme_ids: in the order of the columns.
        fitted: predicts probabilities from texts and vectors.
        thresholds: float [themes]; a theme is assigned from here on.
        trained_on: how many units of each set it learnt from.
        encoder: fingerprint of the model that makes the vectors.
    """

    theme_ids: tuple[str, ...]
    fitted: Fitted
    thresholds: Floats
    trained_on: dict[str, int]
    encoder: str


def save_themes(themes: SavedThemes, weights: Path = WEIGHTS, card: Path = CARD) -> None:
    """Write both files, each whole; the card names the weights by their SHA-256."""
    from safetensors.numpy import save

    fitted = themes.fitted
    vocabularies = dict(zip(_VOCABULARIES, (*fitted.words, fitted.stems), strict=True))
    arrays = {**fitted.arrays, "thresholds": themes.thresholds}
    arrays |= {f"{name}_frequencies": one.frequencies for name, one in vocabularies.items()}
    content = save({name: np.ascontiguousarray(array) for name, array in sorted(arrays.items())})
    write_bytes(weights, content)
    write_json(
        card,
        {
            "theme_ids": list(themes.theme_ids),
            "trained_on": themes.trained_on,
            "encoder": themes.encoder,
            "weights_sha256": hashlib.sha256(content).hexdigest(),
            "vocabularies": {
                name: {"settings": _plain(one.settings), "terms": list(one.terms)}
                for name, one in vocabularies.items()
            },
        },
    )


def load_themes(weights: Path = WEIGHTS, card: Path = CARD) -> SavedThemes:
    """Read both files.

    Raises:
        InputError: the themes stage has not run.
        StageError: the files are damaged or of two different runs.
    """
    for file in (weights, card):
        if not file.is_file():
            raise InputError(file, "is missing", "run: dvc repro themes")
    try:
        said = read_json(card)
        if sha256_of(weights) != said["weights_sha256"]:
            raise StageError(f"{weights} is not the file that {card} describes; {_AGAIN}")
        return _read(said, weights.read_bytes())
    except (KeyError, TypeError, ValueError, json.JSONDecodeError) as error:
        raise StageError(f"{card} cannot be used ({error}); {_AGAIN}") from error


def _read(said: dict[str, Any], content: bytes) -> SavedThemes:
    from safetensors.numpy import load

    arrays = load(content)
    words, parts, stems = (
        ThemeVocabulary(
            _tuples(said["vocabularies"][name]["settings"]),
            tuple(said["vocabularies"][name]["terms"]),
            arrays.pop(f"{name}_frequencies"),
        )
        for name in _VOCABULARIES
    )
    thresholds = arrays.pop("thresholds")
    return SavedThemes(
        theme_ids=tuple(said["theme_ids"]),
        fitted=Fitted((words, parts), stems, arrays),
        thresholds=thresholds,
        trained_on=said["trained_on"],
        encoder=said["encoder"],
    )


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """Tuples as lists, as JSON has them."""
    return {key: list(one) if isinstance(one, tuple) else one for key, one in settings.items()}


def _tuples(settings: dict[str, Any]) -> dict[str, Any]:
    """Lists as tuples, as scikit-learn asks for them."""
    return {key: tuple(one) if isinstance(one, list) else one for key, one in settings.items()}
