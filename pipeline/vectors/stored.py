"""The vectors of all passages on disk: outputs/embed/vectors.npy and the card of their model."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.run.errors import InputError, StageError
from pipeline.run.files import write_json, write_whole
from pipeline.run.types import Vectors
from pipeline.vectors.encoder import ModelCard

VECTORS = Path("outputs/embed/vectors.npy")
MODEL_CARD = Path("outputs/embed/model.json")


def write_vectors(vectors: Vectors, card: ModelCard) -> None:
    """Write the vectors, one row a passage in the order of the passages, and their model's card."""
    write_whole(VECTORS, lambda file: np.save(file, vectors, allow_pickle=False))
    write_json(MODEL_CARD, {**card.__dict__, "fingerprint": card.fingerprint})


def read_vectors(n_passages: int) -> Vectors:
    """float32 [n_passages, dimension], row i for passage i.

    Raises:
        InputError: the embed stage has not run.
        StageError: the file does not fit the passages.
    """
    if not VECTORS.is_file():
        raise InputError(VECTORS, "is missing", "run: dvc repro embed")
    try:
        vectors: Vectors = np.load(VECTORS, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise StageError(f"{VECTORS} cannot be read ({error}); run: dvc repro -f embed") from error
    if vectors.shape[0] != n_passages:
        raise StageError(
            f"{VECTORS} has {vectors.shape[0]} rows for {n_passages} passages; run: dvc repro embed"
        )
    return vectors
