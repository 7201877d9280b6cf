"""From another program's codes to the themes of the codebook."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.imports.found import FoundCoding
from pipeline.refi import guid


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
        mend = (
            f'{meant}say which theme it is: --code "{found.code}=THEME_ID" (or = to leave it out)'
        )
        raise InputError(file, f"no theme is called {found.code!r}", mend, found.place)


def read_renamed(options: list[str], codebook: Codebook) -> dict[str, str]:
    """theme_id by the other program's name, from options such as 'Use of force=robust_force'.

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
            mend = f"did you mean {near[0]}?" if near else "see corpus/coding/codebook.yaml"
            raise InputError("--code", f"no theme {theme_id.strip()!r}", mend)
        renamed[name.strip()] = theme_id.strip()
    return renamed
