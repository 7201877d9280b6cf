"""Placed codings as coders' passes: who gave which unit which theme."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.errors import InputError
from pipeline.imports.codes import Themes
from pipeline.imports.found import FoundCoding
from pipeline.imports.placing import Shelf
from pipeline.refi import MACHINE, coder_of

_SCHEMA = {"coder": pl.String, "unit_id": pl.String, "theme_id": pl.String}


@dataclass(frozen=True)
class Taken:
    """What a file's codings come to.

    Attributes:
        codes: coder, unit_id, theme_id; one row a code given, sorted.
        left_out: place in the file and reason of each coding that could not be taken.
        of_machine: codings of the user 'machine', which are no coder's.
    """

    codes: pl.DataFrame
    left_out: tuple[tuple[str, str], ...]
    of_machine: int


def take(
    file: Path,
    codings: Iterable[FoundCoding],
    shelf: Shelf,
    themes: Themes,
    name_of: Callable[[FoundCoding], str | None],
) -> Taken:
    """Find the unit and the theme of every coding.

    Args:
        file: for messages.
        codings: as read from the file.
        shelf: the documents and their units.
        themes: what the codes mean.
        name_of: the coder under whom a coding is taken; None when the person does not want it.

    Raises:
        InputError: a code that no theme has.
    """
    rows: set[tuple[str, str, str]] = set()
    left_out: list[tuple[str, str]] = []
    of_machine = 0
    for found in codings:
        if found.coder == MACHINE:
            of_machine += 1
            continue
        coder = name_of(found)
        theme_id = themes.theme_of(file, found) if coder is not None else ""
        if coder is None or not theme_id:
            continue
        units = shelf.units(found)
        if isinstance(units, str):
            left_out.append((found.place, units))
        else:
            rows |= {(coder, unit_id, theme_id) for unit_id in units}
    codes = pl.DataFrame(sorted(rows), schema=_SCHEMA, orient="row")
    return Taken(codes, tuple(left_out), of_machine)


def coder_name(name: str) -> str:
    """A person's name as part of a file name: small letters, digits and hyphens.

    >>> coder_name("coder-1"), coder_name("Zoë O'Neill")
    ('1', 'zoe-o-neill')

    Raises:
        InputError: nothing is left of it.
    """
    plain = unicodedata.normalize("NFKD", coder_of(name)).encode("ascii", "ignore").decode()
    made = re.sub(r"[^a-z0-9]+", "-", plain.casefold()).strip("-")
    if not made:
        raise InputError("--coder", f"{name!r} is no name for a file", "give one: --coder ada")
    return made
