"""Codes of other programs as themes, and placed codings as codings of coders."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.imports.found import FoundCoding
from pipeline.imports.placing import TextIndex
from pipeline.run.errors import InputError
from pipeline.study.codebook import Codebook
from pipeline.study.refi import MACHINE, coder_of, guid


class Themes:
    """The themes of the codebook by GUID, id and name, and what the person says of other codes."""

    def __init__(self, codebook: Codebook, renamed: Mapping[str, str]) -> None:
        """Learn the names.

        Args:
            codebook: the themes.
            renamed: theme_id by the name that a code has in the other program; an empty theme_id
                leaves the code out.
        """
        self._by_name: dict[str, str] = {}
        for theme in codebook.themes:
            for name in (guid("code", theme.theme_id), theme.theme_id, theme.name):
                self._by_name[name.casefold()] = theme.theme_id
        self._by_name |= {name.casefold(): theme_id for name, theme_id in renamed.items()}
        self._names = [theme.name for theme in codebook.themes]

    def theme_of(self, file: Path, found: FoundCoding) -> str:
        """The theme_id that a coding's code means; empty when it is to be left out.

        Raises:
            InputError: no theme has this id or name.
        """
        for name in (found.code, found.code_identity):
            if name.casefold() in self._by_name:
                return self._by_name[name.casefold()]
        near = difflib.get_close_matches(found.code, self._names, n=1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        fix = f'{meant}say which theme it is: --code "{found.code}=THEME_ID" (or = to leave it out)'
        raise InputError(file, f"no theme is called {found.code!r}", fix, found.place)


def read_renamed(options: list[str], codebook: Codebook) -> dict[str, str]:
    """theme_id by the other program's name, from options such as 'Use of force=use_of_force'.

    Raises:
        InputError: an option has no equals sign, or names no theme.
    """
    renamed = {}
    for option in options:
        name, sign, theme_id = option.rpartition("=")
        if not sign or not name.strip():
            raise InputError("--code", f"{option!r} has no name before =", "write NAME=THEME_ID")
        if theme_id.strip() and theme_id.strip() not in codebook.theme_ids:
            near = difflib.get_close_matches(theme_id, codebook.theme_ids, n=1)
            fix = f"did you mean {near[0]}?" if near else "see corpus/coding/codebook.yaml"
            raise InputError("--code", f"no theme {theme_id.strip()!r}", fix)
        renamed[name.strip()] = theme_id.strip()
    return renamed


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
    index: TextIndex,
    themes: Themes,
    name_of: Callable[[FoundCoding], str | None],
) -> Taken:
    """Find the unit and the theme of every coding.

    Args:
        file: for messages.
        codings: as read from the file.
        index: the documents and their units.
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
        units = index.units(found)
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
        raise InputError("--coder", f"{name!r} is not a file name", "give one: --coder ada")
    return made
