"""Any text scored with the trained classifiers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from pipeline.encoder import load_encoder
from pipeline.errors import InputError, StageError
from pipeline.settings import load_settings
from pipeline.themes.saving import load_themes

_DECIMALS = 6


def read_texts(file: Path, text_column: str) -> pl.DataFrame:
    """A CSV file, all cells as text.

    Raises:
        InputError: it is no CSV in UTF-8, or has no such column.
    """
    try:
        frame = pl.read_csv(file, infer_schema=False).fill_null("")
    except FileNotFoundError:
        raise InputError(file, "is missing", "name a CSV file that exists") from None
    except pl.exceptions.PolarsError as error:
        problem = " ".join(str(error).split())[:200]
        raise InputError(file, f"is no CSV ({problem})", "save it as CSV UTF-8") from None
    if text_column not in frame.columns:
        mend = f"--text-column, one of: {', '.join(frame.columns)}"
        raise InputError(file, f"has no column {text_column!r}", mend, 1)
    return frame


def classified(frame: pl.DataFrame, text_column: str) -> pl.DataFrame:
    """The frame with a column ``themes`` (those assigned, parted by ;) and one a theme.

    Raises:
        InputError: the themes stage has not run, or a theme has the name of a column.
        StageError: the classifiers are damaged, or were trained with other vectors.
    """
    saved = load_themes()
    for name in ("themes", *saved.theme_ids):
        if name in frame.columns:
            raise InputError("the texts", f"have a column {name!r} already", "rename it")
    encoder = load_encoder(load_settings().embed)
    if encoder.card.fingerprint != saved.encoder:
        raise StageError("the classifiers were trained with other vectors; run: dvc repro themes")
    texts = frame[text_column].to_list()
    probability = saved.fitted.probability(saved.fitted.evidence(texts, encoder.encode(texts)))
    assigned = probability >= saved.thresholds
    named = [
        ";".join(theme for theme, said in zip(saved.theme_ids, row, strict=True) if said)
        for row in assigned
    ]
    scores = [
        pl.Series(theme, column.round(_DECIMALS))
        for theme, column in zip(saved.theme_ids, probability.T, strict=True)
    ]
    return frame.with_columns(pl.Series("themes", named, dtype=pl.String), *scores)


def texts_of(lines: Iterable[str]) -> pl.DataFrame:
    """One text a line, blank lines passed over: a frame with the column ``text``."""
    texts = [line.strip() for line in lines if line.strip()]
    return pl.DataFrame({"text": texts}, schema={"text": pl.String})
