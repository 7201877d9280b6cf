"""The coding as a person works at it: the codebook, agreement, and other texts."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import polars as pl

from pipeline.run.errors import InputError, StageError
from pipeline.run.files import MARK
from pipeline.run.settings import load_settings
from pipeline.run.sheet import read_sheet
from pipeline.run.wording import counted, has_words
from pipeline.study.checks import load_study
from pipeline.study.codebook import Codebook, load_codebook
from pipeline.study.codings import codes_by_unit, read_codings
from pipeline.study.manifest import Entry

_WIDTH = 88


def codebook_lines(codebook: Codebook) -> Iterator[str]:
    """Code groups and codes with all that decides whether a unit takes a code."""
    if codebook.title:
        yield codebook.title
        yield ""
    for group in codebook.code_groups:
        yield f"{group.name.upper()} ({group.code_group_id})"
        for theme in group.themes:
            yield ""
            yield f"  {theme.theme_id}: {theme.name}"
            for heading, text in (
                ("", theme.definition),
                ("include: ", theme.include),
                ("exclude: ", theme.exclude),
            ):
                if text:
                    said = f"{heading}{' '.join(text.split())}"
                    yield textwrap.fill(
                        said, _WIDTH, initial_indent="    ", subsequent_indent="    "
                    )
        yield ""


def agreement_found(files: Sequence[Path]) -> tuple[str, pl.DataFrame, pl.DataFrame]:
    """How many units both coders have read; agreement a code, and the confusions between codes.

    Intervals resample units that depend on each other: those of a paragraph of an article, or of
    a document.

    Raises:
        InputError: a file cannot be read, or there is no unit that both have read.
    """
    from pipeline.themes.agreement import agreement_table, confusion_table

    theme_ids = load_codebook().theme_ids
    read = [codes_by_unit(file, theme_ids) for file in files]
    (one, _), (other, _) = read
    units = sorted(one.keys() & other.keys())
    n_named = len(set().union(*(given.keys() | set(unread) for given, unread in read)))
    if not units:
        problem = f"has read no unit that {files[0]} has read"
        raise InputError(files[1], problem, "name two codings over the same units")
    given = np.array(
        [
            [[theme in codes[unit] for theme in theme_ids] for unit in units]
            for codes in (one, other)
        ]
    )
    groups = _groups(theme_ids)
    settings = load_settings()
    agreement = agreement_table(
        "both",
        given,
        theme_ids,
        [groups.get(unit, unit) for unit in units],
        settings.themes.confidence,
        settings.themes.bootstrap,
        settings.seed,
    )
    confusions = confusion_table("both", given, theme_ids)
    said = f"{len(units)} of {counted(n_named, 'unit')} were read by both"
    return said, agreement.drop("unit_set", "n_units", "n_coders"), confusions.drop("unit_set")


def _groups(theme_ids: Sequence[str]) -> dict[str, str]:
    """What each unit of corpus/coding depends on."""
    column = {"sentence": "paragraph", "paragraph": "symbol", "range": "document_id"}
    return {
        unit: str(group)
        for coding in read_codings(theme_ids, load_study().coded_sets, every_unit=True)
        for unit, group in coding.units.select("unit_id", column[coding.unit]).rows()
    }


def check_not_article(entry: Entry) -> None:
    """An article is what everything is compared with.

    Raises:
        InputError: this is it.
    """
    if PurePosixPath(entry.path).parts[0] == "article":
        raise InputError(entry.document_id, "is a coded article", "leave it in the corpus")


def check_not_coded(entry: Entry) -> None:
    """A coding whose text is gone could not be used any more.

    Raises:
        InputError: units of this document are coded.
    """
    check_not_article(entry)
    theme_ids, sets = load_codebook().theme_ids, load_study().coded_sets
    for coding in read_codings(theme_ids, sets, every_unit=True):
        if coding.unit == "paragraph" and entry.symbol:
            coded = int((coding.units["symbol"] == entry.symbol).sum())
            if coded:
                problem = f"{coded} paragraphs of {entry.document_id} are coded or to be coded"
                fix = "take their rows out of this file and of the coders' files first"
                raise InputError(coding.file, problem, fix)
        elif coding.unit == "range":
            for document_id, file, row in coding.units.select("document_id", "file", "row").rows():
                if document_id == entry.document_id:
                    raise InputError(file, f"codes {document_id}", "take it out there first", row)


_DECIMALS = 6
REMARK = "themes_remark"
EMPTY = "empty"


def read_texts(file: Path, text_column: str) -> pl.DataFrame:
    """A table with all cells as text.

    Raises:
        InputError: it is no table, or has no such column.
    """
    sheet = read_sheet(file, (text_column,))
    if text_column not in sheet.columns:
        fix = f"--text-column, one of: {', '.join(sheet.columns)}"
        raise InputError(file, f"has no column {text_column!r}", fix, 1)
    rows = [list(cells.values()) for _, cells in sheet.rows]
    return pl.DataFrame(rows, schema=dict.fromkeys(sheet.columns, pl.String), orient="row")


def classified(frame: pl.DataFrame, text_column: str) -> pl.DataFrame:
    """The frame with a column ``themes`` (those assigned, separated by ;) and one a theme.

    Texts without words have no theme and no score; ``themes_remark`` says that they are empty.

    Raises:
        InputError: the themes stage has not run, or a theme has the name of a column.
        StageError: the classifiers are damaged, or were trained with other vectors.
    """
    from pipeline.themes.scoring import load_themes
    from pipeline.vectors.encoder import load_encoder

    saved = load_themes()
    for name in ("themes", REMARK, *saved.theme_ids):
        if name in frame.columns:
            raise InputError("the texts", f"have a column {name!r} already", "rename it")
    encoder = load_encoder(load_settings().embed)
    if encoder.card.fingerprint != saved.encoder:
        raise StageError("the classifiers were trained with other vectors; run: dvc repro themes")
    numbered = frame.with_row_index("_row")
    worded = pl.Series([has_words(text) for text in frame[text_column]], dtype=pl.Boolean)
    texts = frame[text_column].filter(worded).to_list()
    probability = saved.fitted.probability(saved.fitted.evidence(texts, encoder.encode(texts)))
    named = [
        ";".join(theme for theme, said in zip(saved.theme_ids, row, strict=True) if said)
        for row in probability >= saved.thresholds
    ]
    scores = pl.DataFrame(probability.round(_DECIMALS), schema=list(saved.theme_ids), orient="row")
    found = (
        numbered.select("_row")
        .filter(worded)
        .with_columns(pl.Series("themes", named, dtype=pl.String), *scores.iter_columns())
    )
    remark = pl.when(worded).then(None).otherwise(pl.lit(EMPTY)).alias(REMARK)
    joined = numbered.with_columns(remark).join(found, on="_row", how="left", maintain_order="left")
    return joined.select(*frame.columns, "themes", REMARK, *saved.theme_ids)


def scored_line(scores: pl.DataFrame) -> str:
    """How many texts were scored, and how many rows hold none."""
    n_empty = scores.height - scores[REMARK].null_count()
    empty = f"; {counted(n_empty, 'row')} without words, marked as {EMPTY}" if n_empty else ""
    return f"{counted(scores.height - n_empty, 'text')} scored{empty}"


def texts_of(lines: Iterable[str]) -> pl.DataFrame:
    """One text a line, blank lines passed over: a frame with the column ``text``.

    Raises:
        InputError: a line is not UTF-8.
    """
    texts = [line.strip() for line in _decoded(lines) if line.strip()]
    return pl.DataFrame({"text": texts}, schema={"text": pl.String})


def _decoded(lines: Iterable[str]) -> Iterator[str]:
    """The lines, however the terminal's settings treat bytes that are no text."""
    fix = "save them as UTF-8"
    try:
        for number, line in enumerate(lines, 1):
            if not line.isascii() and line.encode(errors="replace").decode() != line:
                raise InputError("the texts", "are not UTF-8", fix, number)
            yield line.removeprefix(MARK)
    except UnicodeDecodeError:  # raised for a whole block of lines
        raise InputError("the texts", "are not UTF-8", fix) from None
