"""The commands of people who code and check: the codes, how far they agree, and sheets."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands import STARTED_IN, command, from_here
from pipeline.run.stage import say


@command
def codebook() -> None:
    """Print the codebook: every code with its definition. Example: peacetext codebook"""
    from pipeline.commands.coding import codebook_lines
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
    from pipeline.commands.coding import agreement_found
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
    from pipeline.commands.coding import classified, read_texts, scored_line, texts_of
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
