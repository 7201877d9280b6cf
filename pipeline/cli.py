"""The `peacetext` command: look at the corpus and at what a run has found."""

from __future__ import annotations

import io
import sys
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands import STARTED_IN, app, closing_pipes, command, from_here
from pipeline.commands.people import (
    Rows,
    agreement,
    check_sheets,
    classify,
    codebook,
    explore,
    findings,
    gap,
    score_sheets,
    themes,
    topics,
)
from pipeline.run.errors import InputError
from pipeline.run.stage import say

__all__ = [
    "agreement",
    "app",
    "check_sheets",
    "classify",
    "codebook",
    "explore",
    "findings",
    "gap",
    "main",
    "score_sheets",
    "themes",
    "topics",
]

Kinds = Annotated[str, typer.Option("--kind", help="Such as report, where it is not found.")]


@command
def check() -> None:
    """Say what is still to be filled in, or name the first mistake. Example: peacetext check"""
    from pipeline.commands.corpus import check_inputs
    from pipeline.commands.new_study import to_fill_in

    left = list(to_fill_in())
    if left:
        typer.echo("\n".join(left))
        say(f"peacetext: still to be filled in: {len(left)}")
        raise typer.Exit(2)
    for line in check_inputs():
        typer.echo(line)


@command
def new_study(
    folder: Annotated[Path, typer.Argument(resolve_path=True, help="A new or an empty folder.")],
) -> None:
    """Write a new project for another study, to be filled in. Example: peacetext new-study radio"""
    from pipeline.commands.new_study import new_study as write

    typer.echo("\n".join(write(folder)))
    say(f"{folder}: a new study; README.md there says what to fill in, in which order")


@command
def version(
    out: Annotated[str, typer.Option(help="A JSON file, with a hash of each part of it.")] = "",
) -> None:
    """Print which version of the program is installed. Example: peacetext version"""
    from pipeline.commands.new_study import installed_code
    from pipeline.run.files import write_json

    code = installed_code()
    typer.echo(code["version"])
    if out:
        write_json(Path(out), code)


@command
def list_(
    profile: Annotated[str, typer.Option(help="core, reports, full or readers.")] = "core",
    kind: Annotated[str, typer.Option(help="Only this kind, such as report.")] = "",
    mission: Annotated[str, typer.Option(help="Only this mission, such as UNFICYP.")] = "",
) -> None:
    """List the documents of the corpus. Example: peacetext list --mission UNFICYP --kind report"""
    from pipeline.commands.corpus import documents_table
    from pipeline.commands.printing import print_table

    print_table(documents_table(profile, kind, mission))


@command
def show(
    document: Annotated[str, typer.Argument(help="Its id, as `list` prints it, or symbol.")],
) -> None:
    """Show a document and its blocks. Example: peacetext show s-res-2423-2018"""
    from pipeline.commands.corpus import document_lines

    typer.echo("\n".join(document_lines(document)))


@command
def read(
    file: Annotated[str, typer.Argument(help="XML, PDF, Word, HTML, Markdown or plain text.")],
    kind: Kinds = "",
    json: Annotated[bool, typer.Option("--json", help="A JSON object a block.")] = False,
) -> None:
    """Read any file into blocks; the corpus stays as it is. Example: peacetext read report.pdf"""
    from pipeline.commands.additions import Corrections, addition_of
    from pipeline.commands.corpus import read_lines

    addition = addition_of(Path(from_here(file)), Corrections(kind=kind))
    typer.echo("\n".join(read_lines(addition.recognition, as_json=json)))


@command
def add(
    sources: Annotated[list[str] | None, typer.Argument(help="Files, folders, symbols.")] = None,
    mission: Annotated[str, typer.Option(help="All that the manifest knows of a mission.")] = "",
    kind: Kinds = "",
    symbol: Annotated[str, typer.Option(help="Its UN symbol, where it is not found.")] = "",
    title: Annotated[str, typer.Option(help="Its title.")] = "",
    date: Annotated[str, typer.Option(help="Its date, as 2018-06-06.")] = "",
    missions: Annotated[str, typer.Option(help="Acronyms: UNFICYP;UNIFIL, or none.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Replace the one there.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show it.")] = False,
) -> None:
    """Add documents to the corpus. Example: peacetext add report.pdf S/2018/541

    Kind, symbol, title, date and missions are found in the document; an option corrects them.
    With --mission UNFICYP --kind report the reports on a mission that the manifest knows join the
    core. Then run: make. Taken back by: peacetext remove ID
    """
    from pipeline.commands.adding import add_all, add_known
    from pipeline.commands.additions import Corrections, named_sources

    found = list(named_sources(map(from_here, sources or ()), nothing_else=not mission))
    how = Corrections(kind, symbol, title, date, missions)
    known = add_known(mission, kind, dry_run=dry_run) if mission else ()
    added = refused = 0
    for one in chain(known, add_all(found, how, may_replace=replace, dry_run=dry_run)):
        if isinstance(one, InputError):
            say(f"peacetext: {one}")
            refused += 1
        else:
            typer.echo(one)
            added += 1
    done = "would be added" if dry_run else "added; now run: make" if added else "added"
    say(f"{added} of {added + refused} {done}")
    if refused:
        raise typer.Exit(2)


@command
def cited(
    rows: Rows = 20,
    take: Annotated[bool, typer.Option("--add", help="Add those that are printed.")] = False,
) -> None:
    """List what the corpus cites and does not hold. Example: peacetext cited --rows 10 --add"""
    from pipeline.commands.corpus import cited_table
    from pipeline.commands.printing import print_table

    print_table(found := cited_table().head(rows))
    if take:
        add(found["symbol"].to_list())


@command
def remove(
    documents: Annotated[list[str], typer.Argument(help="Ids, as `list` prints, or symbols.")],
) -> None:
    """Take documents out of the corpus. Example: peacetext remove s-2018-541"""
    from pipeline.commands.adding import remove as take_out

    for entry in map(take_out, documents):
        typer.echo(f"removed {entry.document_id}: {entry.title or entry.symbol}")


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
    from pipeline.commands.printing import check_free, codebook_sheet, coding_sheet, write_sheets
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
    seed: Annotated[int | None, typer.Option(help="Of the draw; else one not used yet.")] = None,
    out: Annotated[str, typer.Option(help="The CSV to be filled in.")] = "to-code.csv",
) -> None:
    """Draw paragraphs that would teach most, by doubt. Example: peacetext suggest --n 50

    In the CSV put codes of `peacetext codebook`, separated by semicolons, in the place of each ?;
    leave the cell empty where no code fits, and the ? where you have not read. Then
    `peacetext import to-code.csv --coder YOURNAME`, and run: make. Where every row was read, shares
    are estimated with it, too.
    """
    from pipeline.commands.drawing import suggest as drawn_by_doubt
    from pipeline.commands.printing import check_new, write_csv

    check_new(STARTED_IN.get() / out)
    suggested = drawn_by_doubt(n, set_id, seed)
    write_csv(suggested, STARTED_IN.get() / out)
    say(f"{suggested.height} paragraphs: {out}; fill in, then: peacetext import {out} --coder NAME")


@command
def import_(
    file: Annotated[
        Path, typer.Argument(resolve_path=True, help="A .qdpx, .qda, .csv or .xlsx file.")
    ],
    coder: Annotated[str, typer.Option(help="Name of the coding, if not as in the file.")] = "",
    user: Annotated[str, typer.Option(help="Only the codings of this user of the file.")] = "",
    codes: Annotated[
        list[str] | None,
        typer.Option(
            "--codes",
            "--code",
            help='Which themes codes are: "Force=use_of_force;Other=-" (- leaves out), or a table.',
        ),
    ] = None,
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="Take what fits and say what does not.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a coding that is there.")
    ] = False,
) -> None:
    """Take codings of NVivo, ATLAS.ti, MAXQDA, QualCoder or a table as another coder's coding.

    Units without a code count as read. What cannot be taken is listed, all of it, and no coding is
    written unless it may be left out. Example: peacetext import project.qdpx --coder ada
    """
    from pipeline.commands.importing import ImportOptions, import_codings

    renamed = [one if "=" in one else from_here(one) for one in codes or ()]
    options = ImportOptions(coder, user, renamed, leave_out, replace)
    for line in import_codings(file, options):
        typer.echo(line)


@command
def dictionary() -> None:
    """Print what every table and column means. Example: peacetext dictionary | less"""
    from pipeline.run.tables.dictionary import dictionary_text

    typer.echo(dictionary_text(), nl=False)


@command
def open_() -> None:
    """Print where the report lies and open it in the browser. Example: peacetext open"""
    from pipeline.commands.new_study import PUBLISHED, is_unrun

    page = (PUBLISHED if is_unrun() else Path()) / "outputs/report/index.html"
    if not page.is_file():
        raise InputError(page, "is missing", "run: make")
    typer.echo(page.resolve())
    typer.launch(page.resolve().as_uri())


@command
def verify() -> None:
    """Hold your run against the reference run. Example: peacetext verify

    Table by table: identical, the same within what another processor does, or different, with the
    first rows that differ and what went in otherwise. It leaves with 1 where a table is different,
    or a file of a replication package, where before a run of yours it holds the published tables.
    """
    from pipeline.commands.packaging import checked_files, outs_and_behind
    from pipeline.commands.running import verified

    lines, is_right = verified(*checked_files(), outs_and_behind)
    typer.echo("\n".join(lines))
    raise typer.Exit(0 if is_right else 1)


@command
def reference() -> None:
    """Keep your run in outputs/ as the reference run. Example: peacetext reference"""
    from pipeline.commands.verifying import write_reference

    files = write_reference()
    size = sum(file.stat().st_size for file in files)
    say(
        f"{files[0].parent}: {len(files)} files, {size / 1e6:.1f} MB; no text of a document in them"
    )


@command
def package(
    out: Annotated[Path, typer.Argument(resolve_path=True, help="The zip to be written.")],
    with_texts: Annotated[
        bool,
        typer.Option("--with-texts", help="Documents and their texts too, if you may share them."),
    ] = False,
) -> None:
    """Pack the run for others to replicate, as an RO-Crate. Example: peacetext package OUT.zip

    Code, settings, codings, manifest, tables, figures, report, versions and checksums. Texts of UN
    documents are the UN's: they stay out unless you say --with-texts. Unpacked, `peacetext verify`
    checks it, and after `make` it holds the fresh run against the published one.
    """
    from pipeline.commands.packaging import package as packed

    if with_texts:
        say(
            "peacetext: with the texts of the documents: UN documents are © United Nations; "
            "pass the package on only where you may"
        )
    say(packed(out, with_texts=with_texts))


def main() -> None:
    """Run the command; a closed pipe (as in `peacetext list | head`) is no error."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # a file or pipe has an older one on Windows
    with closing_pipes():
        app()
