"""The commands of people who code and check: what is drawn for them, and what comes of it."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.commands import STARTED_IN, command
from pipeline.run.stage import say


@command
def draw(
    set_id: Annotated[str, typer.Argument(help="A coded set of configs/study.yaml.")],
    n: Annotated[int, typer.Option("--n", min=1, help="How many paragraphs to draw.")] = 100,
    by: Annotated[str, typer.Option(help="Spread over these: kind,mission,year.")] = "",
    seed: Annotated[int | None, typer.Option(help="Of the draw; else one not used yet.")] = None,
    out: Annotated[str, typer.Option(help="The sheets, without ending: SET-sheet.")] = "",
) -> None:
    """Draw what is to be coded, and write a sheet for it. Example: peacetext draw un --n 300

    Paragraphs of the set's population (read by: dvc repro ingest) at random, each with its
    probability, which a later draw is joined with; of a set of sentences all. Put x in the sheet
    where a code fits, and then: peacetext import SHEET --coder YOURNAME
    """
    from pipeline.commands.drawing import draw as draw_units
    from pipeline.commands.sheets import check_free, codebook_sheet, coding_sheet, write_sheets
    from pipeline.study.codebook import load_codebook

    stem = STARTED_IN.get() / (out or f"{set_id}-sheet")
    check_free(stem)
    codebook = load_codebook()
    units = draw_units(set_id, n, [name for name in by.split(",") if name], seed)
    sheet = coding_sheet(units.iter_rows(), codebook)
    files = write_sheets(stem, sheet, {"codebook": codebook_sheet(codebook)})
    say(f"{units.height} units to be coded: {', '.join(file.name for file in files)}")


@command
def suggest(
    set_id: Annotated[str, typer.Argument(help="From its population; else all sets'.")] = "",
    n: Annotated[int, typer.Option("--n", "--rows", min=1, help="How many paragraphs.")] = 50,
    seed: Annotated[int | None, typer.Option(help="Of the draw; else by the files there.")] = None,
    out: Annotated[str, typer.Option(help="The CSV to be filled in.")] = "to-code.csv",
) -> None:
    """Draw paragraphs that would teach most, by doubt. Example: peacetext suggest --n 50

    In the CSV put codes of `peacetext codebook`, separated by semicolons, in the place of each ?;
    leave the cell empty where no code fits, and the ? where you have not read. Then
    `peacetext import to-code.csv --coder YOURNAME`, and run: make. Where every row was read, shares
    are estimated with it, too.
    """
    from pipeline.commands.drawing import suggest as drawn_by_doubt
    from pipeline.commands.printing import write_csv

    suggested = drawn_by_doubt(n, set_id, seed)
    write_csv(suggested, STARTED_IN.get() / out)
    say(f"{suggested.height} paragraphs: {out}; fill in, then: peacetext import {out} --coder NAME")


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
