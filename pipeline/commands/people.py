"""The commands of people who read, code and check: what was found, codes, sheets, other texts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands import STARTED_IN, command, from_here
from pipeline.run.errors import InputError, StageError
from pipeline.run.files import MARK
from pipeline.run.stage import say

if TYPE_CHECKING:
    import polars as pl


Rows = Annotated[int, typer.Option("--rows", min=1, help="How many rows to print.")]


@command
def topics(rows: Rows = 20) -> None:
    """Print the topics, largest first. Example: peacetext topics --rows 10"""
    from pipeline.commands.printing import print_table, topics_found

    print_table(topics_found().head(rows))


@command
def themes(rows: Rows = 30) -> None:
    """Print how well each theme is recognised. Example: peacetext themes"""
    from pipeline.commands.printing import print_table, themes_found

    print_table(themes_found().head(rows))


@command
def gap(rows: Rows = 30) -> None:
    """Print each theme's share in documents and interviews. Example: peacetext gap

    First its share of the passages, then its part of all that a side says of the themes.
    """
    from pipeline.commands.printing import gap_found, print_table

    for heading, table in gap_found():
        typer.echo(heading)
        print_table(table.head(rows))


@command
def findings() -> None:
    """Print what was found, on half a page of plain words. Example: peacetext findings"""
    from pipeline.commands.printing import findings_lines

    typer.echo("\n".join(findings_lines()))


@command
def explore(
    text: Annotated[str, typer.Argument(help="A sentence or a few words.")], rows: Rows = 5
) -> None:
    """Find the passages nearest in meaning. Example: peacetext explore 'staying inside the camp'"""
    from pipeline.commands.printing import nearest_passages, print_table

    print_table(nearest_passages(text, rows))


@command
def codebook() -> None:
    """Print the codebook: every code with its definition. Example: peacetext codebook"""
    from pipeline.commands.printing import codebook_lines
    from pipeline.study.codebook import load_codebook

    typer.echo("\n".join(codebook_lines(load_codebook())))


@command
def agreement(
    one: Annotated[str, typer.Argument(help="A coder's file, as those in corpus/coding.")],
    other: Annotated[str, typer.Argument(help="Another coder's file on the same units.")],
    rows: Annotated[int, typer.Option("--rows", min=1, help="How many rows to print.")] = 15,
) -> None:
    """Print how far two codings agree. Example: peacetext agreement maria.csv ahmed.csv

    Units that both have read are compared; a ? in the place of codes says that one was not. For
    each code Krippendorff's alpha with its interval; then the codes that are taken for each other
    most often, as many as --rows says.
    """
    from pipeline.commands.printing import print_table

    said, found, confusions = agreement_found([Path(from_here(file)) for file in (one, other)])
    typer.echo(f"{said}\n")
    print_table(found)
    typer.echo("\nCodes that one gave where the other gave the other one instead:")
    print_table(confusions.head(rows))


@command
def classify(
    file: Annotated[
        str, typer.Argument(help="CSV or .xlsx; without one, texts come from stdin, a line each.")
    ] = "",
    text_column: Annotated[str, typer.Option(help="The column that holds the texts.")] = "text",
    out: Annotated[str, typer.Option(help="Write the CSV here instead of printing it.")] = "",
) -> None:
    """Score texts on every theme. Example: peacetext classify notes.csv --out scores.csv"""
    from pipeline.commands.printing import write_csv
    from pipeline.run.tables.table import csv_text

    texts = read_texts(Path(from_here(file)), text_column) if file else texts_of(sys.stdin)
    scores = classified(texts, text_column if file else "text")
    if out:
        write_csv(scores, STARTED_IN.get() / out)
        say(f"{scored_line(scores)}: {out}")
    else:
        typer.echo(csv_text(scores), nl=False)


@command
def check_sheets(
    folder: Annotated[str, typer.Argument(help="A folder for the sheets.")] = "check",
    key: Annotated[str, typer.Option(help="The key; keep it from who checks.")] = "check-key.json",
    n: Annotated[int, typer.Option("--n", min=2, help="Coded units, half without codes.")] = 60,
    topics: Annotated[int, typer.Option(min=2, help="How many topics.")] = 20,
    seed: Annotated[int | None, typer.Option(help="Of the choice; else the project's.")] = None,
) -> None:
    """Write sheets for a person's check. Example: peacetext check-sheets

    Of codes and of topics, blinded; docs/human-check.md says how to fill them in. Then: peacetext
    score-sheets
    """
    from pipeline.commands.checking import write_check_sheets
    from pipeline.run.settings import load_settings

    started = STARTED_IN.get()
    used = load_settings().seed if seed is None else seed
    for file in write_check_sheets(started / folder, started / key, n, topics, used):
        typer.echo(file.relative_to(started) if file.is_relative_to(started) else file)


@command
def score_sheets(
    folder: Annotated[str, typer.Argument(help="The folder with the sheets.")] = "check",
    key: Annotated[str, typer.Option(help="Their key.")] = "check-key.json",
) -> None:
    """Print what a person's check says. Example: peacetext score-sheets check"""
    from pipeline.commands.printing import print_table
    from pipeline.commands.scoring import scored_sheets

    for name, table in scored_sheets(STARTED_IN.get() / folder, STARTED_IN.get() / key).items():
        typer.echo(f"\n{name}\n")
        print_table(table)


def agreement_found(files: Sequence[Path]) -> tuple[str, pl.DataFrame, pl.DataFrame]:
    """How many units both coders have read; agreement a code, and the confusions between codes.

    Intervals resample units that depend on each other: those of a paragraph of an article, or of
    a document.

    Raises:
        InputError: a file cannot be read, or there is no unit that both have read.
    """
    import numpy as np

    from pipeline.run.settings import load_settings
    from pipeline.run.wording import counted
    from pipeline.study.codebook import load_codebook
    from pipeline.study.codings import codes_by_unit
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
    from pipeline.study.checks import load_study
    from pipeline.study.codings import read_codings

    column = {"sentence": "paragraph", "paragraph": "symbol", "range": "document_id"}
    return {
        unit: str(group)
        for coding in read_codings(theme_ids, load_study().coded_sets, every_unit=True)
        for unit, group in coding.units.select("unit_id", column[coding.unit]).rows()
    }


_DECIMALS = 6
REMARK = "themes_remark"
EMPTY = "empty"


def read_texts(file: Path, text_column: str) -> pl.DataFrame:
    """A table with all cells as text.

    Raises:
        InputError: it is no table, or has no such column.
    """
    import polars as pl

    from pipeline.run.sheet import read_sheet

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
    import polars as pl

    from pipeline.run.settings import load_settings
    from pipeline.run.wording import has_words
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
    from pipeline.run.wording import counted

    n_empty = scores.height - scores[REMARK].null_count()
    empty = f"; {counted(n_empty, 'row')} without words, marked as {EMPTY}" if n_empty else ""
    return f"{counted(scores.height - n_empty, 'text')} scored{empty}"


def texts_of(lines: Iterable[str]) -> pl.DataFrame:
    """One text a line, blank lines passed over: a frame with the column ``text``.

    Raises:
        InputError: a line is not UTF-8.
    """
    import polars as pl

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
