"""The `peacetext` command: look at the corpus and at what a run has found."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.errors import InputError, StageError
from pipeline.stage import say

app = typer.Typer(
    name="peacetext",
    help="Peacekeeping in UN documents and as practitioners live it. Build everything with "
    "`make` (or `dvc repro`); then look at it with these commands.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Rows = Annotated[int, typer.Option("--rows", min=1, help="How many rows to print.")]


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Register a command; it runs in the project's folder and leaves with an exit code."""

    @wraps(function)
    def run(*args: Any, **options: Any) -> None:
        os.chdir(_project_folder())
        try:
            function(*args, **options)
        except InputError as error:
            say(f"peacetext: {error}")
            raise typer.Exit(2) from None
        except StageError as error:
            say(f"peacetext: {error}")
            raise typer.Exit(1) from None

    name = function.__name__.rstrip("_")
    registered: Callable[..., None] = app.command(name)(run)
    return registered


def _project_folder() -> Path:
    """The nearest folder above with a dvc.yaml and a configs folder, or the one we are in."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "dvc.yaml").is_file() and (folder / "configs").is_dir():
            return folder
    return here


@command
def check() -> None:
    """Check settings, manifest and codings, and name the first mistake. Example: peacetext check"""
    from pipeline.commands.corpus import check_inputs

    for line in check_inputs():
        typer.echo(line)


@command
def list_(
    profile: Annotated[str, typer.Option(help="core, full or readers.")] = "core",
    kind: Annotated[str, typer.Option(help="Only this kind, such as report.")] = "",
    mission: Annotated[str, typer.Option(help="Only this mission, such as MINUSMA.")] = "",
) -> None:
    """List the documents of the corpus. Example: peacetext list --mission MINUSMA --kind report"""
    from pipeline.commands.corpus import documents_table
    from pipeline.commands.printing import print_table

    print_table(documents_table(profile, kind, mission))


@command
def show(document_id: Annotated[str, typer.Argument(help="Its id, as `list` prints it.")]) -> None:
    """Show a document and its blocks. Example: peacetext show s-res-2423-2018"""
    from pipeline.commands.corpus import document_lines

    for line in document_lines(document_id):
        typer.echo(line)


@command
def topics(rows: Rows = 20) -> None:
    """Print the topics, largest first. Example: peacetext topics --rows 10"""
    from pipeline.commands.findings import topics_found
    from pipeline.commands.printing import print_table

    print_table(topics_found().head(rows))


@command
def themes(rows: Rows = 30) -> None:
    """Print how well each theme is recognised. Example: peacetext themes"""
    from pipeline.commands.findings import themes_found
    from pipeline.commands.printing import print_table

    print_table(themes_found().head(rows))


@command
def gap(rows: Rows = 30) -> None:
    """Print each theme's share in policy and in interviews. Example: peacetext gap"""
    from pipeline.commands.findings import gap_found
    from pipeline.commands.printing import print_table

    print_table(gap_found().head(rows))


@command
def explore(
    text: Annotated[str, typer.Argument(help="A sentence or a few words.")], rows: Rows = 5
) -> None:
    """Find the passages nearest in meaning. Example: peacetext explore 'staying inside the camp'"""
    from pipeline.commands.findings import nearest_passages
    from pipeline.commands.printing import print_table

    print_table(nearest_passages(text, rows))


@command
def open_() -> None:
    """Open the report in the browser. Example: peacetext open"""
    page = Path("outputs/report/index.html")
    if not page.is_file():
        raise InputError(page, "is missing", "run: make")
    typer.launch(page.resolve().as_uri())


def main() -> None:
    """Run the command; a closed pipe (as in `peacetext list | head`) is no error."""
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
