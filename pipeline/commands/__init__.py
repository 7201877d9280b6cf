"""What the commands of `peacetext` do, tables in, text out; here, how one is registered."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Any

import typer

from pipeline.run.errors import InputError, StageError
from pipeline.run.stage import named_disk_errors, say

app = typer.Typer(
    name="peacetext",
    help="Read UN documents and the articles of a study: topics, themes and the gap between "
    "policy and interviews. Build everything with `make` (or `dvc repro`); then look at it with "
    "these commands.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

STARTED_IN: ContextVar[Path] = ContextVar("started_in")


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Register a command; it runs in the project's folder and leaves with an exit code."""

    @wraps(function)
    def run(*args: Any, **options: Any) -> None:
        STARTED_IN.set(Path.cwd())
        os.chdir(_project_folder())
        try:
            with named_disk_errors():
                function(*args, **options)
        except InputError as error:
            say(f"peacetext: {error}")
            raise typer.Exit(2) from None
        except StageError as error:
            say(f"peacetext: {error}")
            raise typer.Exit(1) from None

    name = function.__name__.rstrip("_").replace("_", "-")
    registered: Callable[..., None] = app.command(name)(run)
    return registered


def from_here(name: str) -> str:
    """A file as it is named from where the command was given; anything else as it is."""
    path = STARTED_IN.get() / Path(name).expanduser()
    return str(path) if path.exists() else name


def _project_folder() -> Path:
    """The nearest folder above with a dvc.yaml and a configs folder, or the one we are in."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "dvc.yaml").is_file() and (folder / "configs").is_dir():
            return folder
    return here
