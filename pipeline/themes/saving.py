"""The trained classifiers on disk: numbers in safetensors, words in JSON, no code in either."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.run.errors import InputError, StageError
from pipeline.run.files import read_json, sha256_of, write_bytes, write_json
from pipeline.themes.combination import Fitted, ThemeVocabulary
from pipeline.themes.samples import Floats

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
