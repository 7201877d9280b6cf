"""The coding as a person works at it: the codebook, agreement, what to code next, other texts."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import polars as pl

from pipeline.run.arrays import Vectors
from pipeline.run.errors import InputError, StageError
from pipeline.run.files import MARK
from pipeline.run.settings import load_settings
from pipeline.run.sheet import read_sheet
from pipeline.run.tables.table import read_table
from pipeline.run.tables.texts import DOCUMENTS, NEAR_DUPLICATES, PASSAGES
from pipeline.run.tables.themes import SCORES, UNITS
from pipeline.run.wording import counted, has_words
from pipeline.study.anchors import NO_PROSE
from pipeline.study.checks import load_study
from pipeline.study.codebook import Codebook, load_codebook
from pipeline.study.codings import UNREAD, codes_by_unit, read_codings
from pipeline.study.manifest import Entry
from pipeline.themes.samples import Floats, Integers

_TINY = 1e-12


def uncertainty(probability: Floats) -> Floats:
    """How little is known of each text's themes, in bits, float [n].

    The sum over themes of the entropy of "has it, has it not": 0 when all is sure, one bit for
    each theme that might as well be there as not (uncertainty sampling; Settles 2009, "Active
    learning literature survey", section 3.1).

    Args:
        probability: float [n, themes].
    """
    there = np.clip(probability, _TINY, 1 - _TINY)
    bits = -(there * np.log2(there) + (1 - there) * np.log2(1 - there))
    total: Floats = bits.sum(axis=1)
    return total


def most_telling(doubt: Floats, vectors: Vectors, known: Vectors, n: int) -> Integers:
    """Rows of the n texts to be coded next, in that order, int [at most n].

    Each is the one with the most doubt times distance, where distance is 1 - cosine with the
    nearest text that is coded already or chosen before (a product in the place of the difference
    of Carbonell and Goldstein 1998, so that no weight needs to be set). So one subject does not
    fill the list, however doubtful it is.

    Args:
        doubt: of each candidate, at least 0, float [n].
        vectors: of the candidates, each of length 1, float32 [n, dimension].
        known: of the texts that are coded already, float32 [m, dimension].
        n: how many are asked for.
    """
    nearest = np.full(len(doubt), -1.0)
    for one in known:
        nearest = np.maximum(nearest, vectors @ one)
    chosen: list[int] = []
    while len(chosen) < min(n, len(doubt)):
        worth = doubt * (1 - np.clip(nearest, 0, 1))
        worth[chosen] = -1.0
        best = int(np.argmax(worth))
        chosen.append(best)
        nearest = np.maximum(nearest, vectors @ vectors[best])
    return np.array(chosen, dtype=np.int64)


_WIDTH = 88
_FEWEST_WORDS = 8


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
        for coding in read_codings(theme_ids, load_study().coded_sets)
        for unit, group in coding.units.select("unit_id", column[coding.unit]).rows()
    }


def suggested_passages(n: int) -> pl.DataFrame:
    """The passages of documents whose coding would teach most, as a file to be filled in.

    Near-duplicates of what is coded are left out, and of several near-duplicates all but one.

    Returns:
        document_id, block_id, start, end, codes (all "?"), label, text.

    Raises:
        InputError: the themes stage has not run.
    """
    from pipeline.vectors.stored import read_vectors

    passages = read_table(PASSAGES).with_row_index("row")
    vectors = read_vectors(passages.height)
    coded = _coded_passages()
    scores = read_table(SCORES).group_by("passage_id").agg("probability")
    open_ones = _open_passages(passages, coded).join(
        scores, on="passage_id", how="left", maintain_order="left"
    )
    if open_ones["probability"].null_count():
        raise InputError(SCORES.path, "are of other passages than this run's", "run: make")
    doubt = uncertainty(np.array(open_ones["probability"].to_list(), dtype=np.float64))
    rows = open_ones["row"].to_numpy()
    known = passages.filter(pl.col("passage_id").is_in(coded.to_list()))["row"].to_numpy()
    chosen = most_telling(doubt, vectors[rows], vectors[known], n)
    return open_ones[chosen].select(
        "document_id", "block_id", "start", "end", pl.lit(UNREAD).alias("codes"), "label", "text"
    )


def _coded_passages() -> pl.Series:
    units = read_table(UNITS)
    return units["passage_ids"].explode().drop_nulls().unique().sort()


def _open_passages(passages: pl.DataFrame, coded: pl.Series) -> pl.DataFrame:
    """Passages of documents that say something and are no near-duplicate of a coded one."""
    kinds = read_table(DOCUMENTS).select("document_id", pl.col("kind").cast(pl.String))
    near_duplicates = read_table(NEAR_DUPLICATES).select("passage_id", "near_duplicate_group")
    joined = passages.join(kinds, on="document_id", maintain_order="left").join(
        near_duplicates, on="passage_id", maintain_order="left"
    )
    known = joined.filter(pl.col("passage_id").is_in(coded.to_list()))[
        "near_duplicate_group"
    ].unique()
    return joined.filter(
        (pl.col("kind") != "article")
        & ~pl.col("role").cast(pl.String).is_in(NO_PROSE)
        & ~pl.col("procedural")
        & (pl.col("n_words") >= _FEWEST_WORDS)
        & ~pl.col("near_duplicate_group").is_in(known.to_list())
    ).unique("near_duplicate_group", keep="first", maintain_order=True)


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
    for coding in read_codings(load_codebook().theme_ids, load_study().coded_sets):
        if coding.unit == "paragraph" and entry.symbol:
            coded = int((coding.units["symbol"] == entry.symbol).sum())
            if coded:
                problem = f"{coded} paragraphs of {entry.document_id} are coded"
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
