"""Codes of other programs as themes, and what of a project is taken and what is not."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import polars as pl

from pipeline.imports import Found, FoundCoding, NotTaken
from pipeline.imports.placing import TextIndex
from pipeline.run.errors import InputError
from pipeline.run.files import sheet_bytes
from pipeline.run.sheet import Sheet, read_sheet
from pipeline.run.wording import counted, has_words
from pipeline.study.codebook import Codebook
from pipeline.study.refi import MACHINE, coder_of, guid

LEAVE_OUT = "-"
"""In the place of a theme: the person does not want this code."""
NO_THEME = "no_theme"

KINDS: dict[str, tuple[str, str]] = {
    NO_THEME: ("of {codes} that {are} no theme", "say which themes they are: --codes"),
    "no_code": ("of a code that the project does not define", ""),
    "case": ("of a case", "leave it out; a case is a person or a document"),
    "picture": ("of a part of a picture", "leave it out; only words can be taken"),
    "recording": ("of a recording", "code the words of its transcript"),
    "pdf_area": ("of an area of a PDF without words", "code the words under it"),
    "memo": ("of a memo", "code the words that it is about"),
    "whole_document": ("of a whole document", "code the sentences that are meant"),
    "empty": ("of an empty selection", "code the words that are meant"),
    "no_text": ("in a text that is missing", "export with the sources inside"),
    "no_place": (
        "whose place cannot be believed",
        "code the words again, or import a table",
    ),
    "no_document": (
        "in a document that no coded unit is in",
        "leave it out, or name it as it is here",
    ),
    "no_words": ("whose words are not in the document", "code them in the text as it is here"),
    "several_places": ("whose words stand in several places", "code more words"),
    "no_unit": ("where no unit is coded", "nothing: these words are no part of a coded set"),
    "empty_cell": ("with an empty cell", "fill the cell, or delete the row"),
}
"""What a coding may be of, or what may be wrong with it; and what to do."""
_NAMED = 20
"""Codes that are named on a line; all of them are in the table."""


class Themes:
    """The themes of the codebook by GUID, id and name, and what the person says of other codes."""

    def __init__(self, codebook: Codebook, renamed: Mapping[str, str]) -> None:
        """Learn the names.

        Args:
            codebook: the themes.
            renamed: theme_id by the name that a code has in the other program; an empty theme_id
                leaves the code out.
        """
        self.codebook = codebook
        self._by_name: dict[str, str] = {}
        for theme in codebook.themes:
            for name in (guid("code", theme.theme_id), theme.theme_id, theme.name):
                self._by_name[_plain(name)] = theme.theme_id
        self._renamed = {_plain(name): theme_id for name, theme_id in renamed.items()}
        self._names = {_plain(theme.name): theme.theme_id for theme in codebook.themes}

    def theme_of(self, code: str, identity: str = "") -> str | None:
        """The theme_id that a code means; empty when it is to be left out, None when none does."""
        names = [_plain(name) for name in (code, identity, code.rpartition(" > ")[2]) if name]
        for known in (self._renamed, self._by_name):
            for name in names:
                if name in known:
                    return known[name]
        return None

    def nearest(self, code: str) -> str:
        """The theme whose name is most like a code's; empty when none is."""
        near = difflib.get_close_matches(_plain(code.rpartition(" > ")[2]), self._names, n=1)
        return self._names[near[0]] if near else ""


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def read_renamed(options: Sequence[str], codebook: Codebook) -> dict[str, str]:
    """theme_id by the other program's name, from 'Use of force=use_of_force;Other=' or tables.

    Raises:
        InputError: an option has no equals sign, or names no theme.
    """
    renamed = {}
    for option in options:
        pairs = _pairs(option) if "=" in option else _table(Path(option))
        for name, theme, place in pairs:
            renamed[name] = _theme_id(theme, codebook, place)
    return renamed


def _pairs(option: str) -> Iterator[tuple[str, str, str]]:
    """Codes with their themes; a semicolon may be part of a code's name."""
    before = ""
    for part in option.split(";"):
        before = f"{before};{part}" if before else part
        name, sign, theme = before.rpartition("=")
        if sign and name.strip():
            yield name.strip(), theme.strip(), "--codes"
            before = ""
    if before.strip():
        problem = f"{before.strip()!r} has no name before ="
        raise InputError("--codes", problem, "write NAME=THEME_ID, or name a table")


def _table(file: Path) -> Iterable[tuple[str, str, str]]:
    """Codes with their themes, of the rows that say one."""
    sheet = read_sheet(file, ("code", "theme_id"), may_be_empty=True)
    if not {"code", "theme_id"} <= set(sheet.columns):
        raise InputError(file, "needs the columns code and theme_id", "name them so", 1)
    return [
        (row["code"], theme, f"{file}: row {number}")
        for number, row in sheet.rows
        if (theme := row["theme_id"].strip())
    ]


def _theme_id(theme: str, codebook: Codebook, place: str) -> str:
    if theme in ("", LEAVE_OUT):
        return ""
    theme_id = Themes(codebook, {}).theme_of(theme)
    if theme_id is None:
        near = difflib.get_close_matches(theme, codebook.theme_ids, n=1)
        fix = f"did you mean {near[0]}?" if near else "see: peacetext codebook"
        raise InputError(place, f"no theme {theme!r}", fix)
    return theme_id


def codes_table(not_taken: Iterable[NotTaken], themes: Themes, before: Mapping[str, str]) -> bytes:
    """The table to fill in: every code that is no theme, how often it was given, the nearest theme.

    Args:
        not_taken: what could not be taken.
        themes: the themes.
        before: what a person has filled in already; it stays.
    """
    counts = Counter(one.code for one in not_taken if one.kind == NO_THEME)
    rows: list[tuple[object, ...]] = [("code", "theme_id", "n_codings", "nearest")]
    rows += [
        (code, before.get(code, ""), n, themes.nearest(code)) for code, n in counts.most_common()
    ]
    left = [code for code in before if code not in counts]
    rows += [(code, before[code] or LEAVE_OUT, 0, "") for code in left]
    return sheet_bytes(rows)


_SCHEMA = {"coder": pl.String, "unit_id": pl.String, "theme_id": pl.String}


@dataclass(frozen=True)
class Taken:
    """What a file's codings come to.

    Attributes:
        codes: coder, unit_id, theme_id; one row a code given, sorted.
        not_taken: each coding that could not be taken.
        n_taken: codings that were.
        alike: places of those whose words were found by likeness, in the file.
        of_machine: codings of the user 'machine', which are no coder's.
    """

    codes: pl.DataFrame
    not_taken: tuple[NotTaken, ...]
    n_taken: int
    alike: tuple[str, ...]
    of_machine: int


def take(
    found: Found, index: TextIndex, themes: Themes, name_of: Callable[[str], str | None]
) -> Taken:
    """Find the unit and the theme of every coding.

    Args:
        found: as read from the file.
        index: the documents and their units.
        themes: what the codes mean.
        name_of: the coder under whom a person's codings are taken; None when they are not wanted.
    """
    rows: set[tuple[str, str, str]] = set()
    of_people = [one for one in found.not_taken if one.coder != MACHINE]
    not_taken = [one for one in of_people if name_of(one.coder) and themes.theme_of(one.code) != ""]
    alike: list[str] = []
    n_taken = of_machine = 0
    for coding in found.codings:
        if coding.coder == MACHINE:
            of_machine += 1
            continue
        coder, theme_id = name_of(coding.coder), themes.theme_of(coding.code, coding.code_identity)
        if coder is None or theme_id == "":
            continue
        if theme_id is None:
            not_taken.append(NotTaken(NO_THEME, coding.code, coding.coder, coding.code))
            continue
        units = index.units(coding)
        if isinstance(units, NotTaken):
            not_taken.append(units)
            continue
        rows |= {(coder, unit_id, theme_id) for unit_id in units.unit_ids}
        n_taken += 1
        alike += [coding.place] * units.alike
    codes = pl.DataFrame(sorted(rows), schema=_SCHEMA, orient="row")
    return Taken(codes, tuple(not_taken), n_taken, tuple(alike), of_machine)


def report(not_taken: Sequence[NotTaken], themes: Themes, table: str, *, left: bool) -> list[str]:
    """A line a kind of what is not taken: how many, which, and what to do.

    Args:
        not_taken: all of it.
        themes: for the nearest theme.
        table: the file in which codes are mapped.
        left: whether they are left out; else they stop the import.
    """
    done = "left out" if left else "cannot be taken"
    lines = []
    for kind, (of, to_do) in KINDS.items():
        counts = Counter(_printable(one.what) for one in not_taken if one.kind == kind)
        if not counts:
            continue
        named = [f"{what} ({n})" if n > 1 else what for what, n in counts.most_common()]
        fix = to_do
        if kind == NO_THEME:
            named = [_with_nearest(what, n, themes) for what, n in counts.most_common(_NAMED)]
            named += [f"and {len(counts) - _NAMED} more"] * (len(counts) > _NAMED)
            fix = f"say which themes they are in {table}, and give it: --codes {table}"
        codes, are = counted(len(counts), "code"), "are" if len(counts) > 1 else "is"
        which = of.format(codes=codes, are=are)
        after = f"; to fix: {fix}" if fix else ""
        n_codings = counted(counts.total(), "coding")
        lines.append(f"{n_codings} {which} {done}: {'; '.join(named)}{after}")
    return lines


def _printable(name: str) -> str:
    """A name on one line, without what would command the terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in " ".join(name.split()))


def _with_nearest(code: str, n: int, themes: Themes) -> str:
    near = themes.nearest(code)
    return f"{code!r} ({n}{f', did you mean {near}?' if near else ''})"


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


COLUMNS = {
    "document": (
        *("document", "document_id", "document name", "source", "file", "filename", "file name"),
        *("symbol", "dokumentname", "dokument"),
    ),
    "text": (
        *("text", "content", "coded", "coded text", "quote", "quotation", "quotation content"),
        *("segment", "seltext", "zitatinhalt"),
    ),
    "code": ("code", "codes", "theme", "theme_id", "tag", "tags", "codename", "code name"),
    "coder": ("coder", "owner", "user", "created by"),
}
"""The columns that are read, each with the names under which it may stand."""


KNOWN = tuple(chain.from_iterable(COLUMNS.values()))


def codings_of(sheet: Sheet, file: Path) -> Found:
    """Every row as a coding.

    Raises:
        InputError: a column is missing.
    """
    names = _columns(file, sheet.columns)
    rows = list(_rows(sheet.rows, names))
    return Found(
        [row for row in rows if isinstance(row, FoundCoding)],
        [row for row in rows if isinstance(row, NotTaken)],
    )


def _columns(file: Path, header: Collection[str]) -> dict[str, str]:
    found = {
        column: name
        for column, names in COLUMNS.items()
        if (name := next((each for each in names if each in header), None))
    }
    for column in ("document", "text", "code"):
        if column not in found:
            fix = f"name one of its columns {' or '.join(COLUMNS[column][:3])}"
            raise InputError(file, f"column {column} is missing", fix, 1)
    return found


def _rows(
    rows: Sequence[tuple[int, dict[str, str]]], names: dict[str, str]
) -> Iterator[FoundCoding | NotTaken]:
    for line, row in rows:
        cells = {column: row[name].strip() for column, name in names.items()}
        said = {**cells, "text": cells["text"] if has_words(cells["text"]) else ""}
        empty = next((one for one in ("document", "text", "code") if not said[one]), None)
        if empty is not None:
            what = f"row {line}: no {empty} in this row"
            yield NotTaken("empty_cell", what, cells.get("coder", ""), cells["code"])
            continue
        for code in re.split(r"\s*[;\n]\s*", cells["code"].strip(";\n ")):
            yield FoundCoding(
                coder=cells.get("coder", ""),
                document=cells["document"],
                identity="",
                text=cells["text"],
                whole=None,
                before=0,
                code=code,
                code_identity="",
                place=f"row {line}",
            )
