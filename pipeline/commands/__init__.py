"""What the commands of `peacetext` do, tables in, text out; here, how one is registered."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline import __version__
from pipeline.run.errors import InputError, StageError
from pipeline.run.stage import leave_uncollected, named_disk_errors, say

app = typer.Typer(
    name="peacetext",
    help="Read UN documents and the articles of a study: topics, themes and the gap between "
    "policy and interviews. Build everything with `make` (or `dvc repro`); then look at it with "
    "these commands.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Options that belong to no command."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


STARTED_IN: ContextVar[Path] = ContextVar("started_in")


_ANYWHERE = ("new-study", "version", "dictionary")
"""Commands that need no project."""


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Register a command; it runs in the project's folder and leaves with an exit code."""
    name = function.__name__.rstrip("_").replace("_", "-")

    @wraps(function)
    def run(*args: Any, **options: Any) -> None:
        STARTED_IN.set(here := Path.cwd())
        try:
            os.chdir(here if name in _ANYWHERE else project_folder(here))
            # DVC puts another stdout in its place, which `closing_pipes` takes for a broken one
            with named_disk_errors(), redirect_stdout(sys.stdout):
                function(*args, **options)
        except BrokenPipeError:
            raise typer.Exit(0) from None
        except InputError as error:
            say(f"peacetext: {error}")
            raise typer.Exit(2) from None
        except StageError as error:
            say(f"peacetext: {error}")
            raise typer.Exit(1) from None

    registered: Callable[..., None] = app.command(name)(run)
    return registered


@contextmanager
def closing_pipes() -> Iterator[None]:
    """Whoever reads what is printed may stop reading."""
    stdout = sys.stdout
    try:
        yield
    except SystemExit:
        if sys.stdout is not stdout:  # click has put something in its place that cannot break
            raise SystemExit(0) from None
        raise
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        leave_uncollected()


def from_here(name: str) -> str:
    """A file as it is named from where the command was given; anything else as it is."""
    path = STARTED_IN.get() / Path(name).expanduser()
    return str(path) if name.strip() and path.exists() else name


def project_folder(here: Path) -> Path:
    """The nearest folder, this one or above, with a dvc.yaml and a configs folder.

    Raises:
        InputError: there is none.
    """
    for folder in (here, *here.parents):
        if (folder / "dvc.yaml").is_file() and (folder / "configs").is_dir():
            return folder
    fix = "change to a project's folder, or start one: peacetext new-study FOLDER"
    raise InputError(here, "is not in a project (a folder with dvc.yaml and configs)", fix)
