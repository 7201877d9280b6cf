"""The hand codings in corpus/coding as one stand-off table: coder, unit, theme.

A unit is a sentence of an article or a paragraph of another document; configs/study.yaml says which
sets of units there are. Every file ``SET-coder-NAME.csv`` is one coder's coding of all units of its
set; ``SET-adjudicated.csv``, where there is one, decides. A file ``suggested-coder-NAME.csv`` is
what `peacetext suggest` wrote, filled in: it names its units itself, each a range of characters of
a block, and may hold any number of them.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import polars as pl

from pipeline.run.errors import InputError
from pipeline.study.study import STUDY_FILE, SUGGESTED, CodedSet

CODING_FOLDER = Path("corpus/coding")
ADJUDICATED = "adjudicated"

SUGGESTED_COLUMNS = ("document_id", "block_id", "start", "end", "codes")
UNREAD = "?"
"""What stands in the place of the codes of a suggested unit until a person has read it."""

Unit = Literal["sentence", "paragraph", "range"]

_NAME = re.compile(r"(?P<set>[^-]+)-(coder-(?!adjudicated\.)[^.].*|adjudicated)\.csv")
ID_COLUMN: dict[Unit, str] = {"sentence": "sentence_id", "paragraph": "unit_id"}
_COLUMNS: dict[Unit, dict[str, type[pl.DataType]]] = {
    "sentence": {
        "section": pl.String,
        "section_title": pl.String,
        "paragraph": pl.Int64,
        "text": pl.String,
    },
    "paragraph": {
        "symbol": pl.String,
        "xml_p_index": pl.Int64,
        "text_sha256": pl.String,
        "inclusion_probability": pl.Float64,
    },
}
_NO_ROWS = {"coder": pl.String, "unit_id": pl.String, "theme_id": pl.String}


@dataclass(frozen=True)
class Coding:
    """All codings of one set of units.

    Attributes:
        unit_set: the id of a coded set of the study, or suggested.
        unit: sentence of an article, paragraph of a document, or range of characters (suggested).
        units: unit_id and the other columns of the file of units, in its order; for suggested ones
            document_id, block_id, start, end, the file and row that name them first, and
            inclusion_probability where they were drawn with one and all of the draw was read.
        coders: names of the coders, sorted; without the adjudicated coding.
        codes: coder, unit_id, theme_id; one row a code given. The adjudicated coding, where there
            is one, has the coder 'adjudicated'.
        adjudicated: whether there is such a coding.
        n_readers: how many coders read a unit, where not all did.
        file: the file of units; for suggested ones their folder.
    """

    unit_set: str
    unit: Unit
    units: pl.DataFrame
    coders: tuple[str, ...]
    codes: pl.DataFrame
    adjudicated: bool
    n_readers: Mapping[str, int] = field(default_factory=dict)
    file: Path = CODING_FOLDER

    def labels(self, rule: Literal["any", "majority", "all"]) -> pl.DataFrame:
        """unit_id, theme_id: what the codings together say.

        An adjudicated coding decides where there is one. Otherwise a unit takes a code that any
        coder who read it gave, that at least half of them did, or that all did.
        """
        if self.adjudicated:
            return self.codes.filter(pl.col("coder") == ADJUDICATED).select("unit_id", "theme_id")
        given = self.codes.group_by("unit_id", "theme_id").len("n_given")
        readers = [self.n_readers.get(unit, len(self.coders)) for unit in given["unit_id"]]
        counts = given.with_columns(pl.Series("n_readers", readers, dtype=pl.Int64))
        needed = {"any": pl.lit(1), "majority": pl.col("n_readers") / 2, "all": pl.col("n_readers")}
        kept = counts.filter(pl.col("n_given") >= needed[rule])
        return kept.select("unit_id", "theme_id").sort("unit_id", "theme_id")


def read_codings(
    theme_ids: Collection[str], sets: Sequence[CodedSet], folder: Path = CODING_FOLDER
) -> tuple[Coding, ...]:
    """Read every coding of every set of units of the study, and suggested units.

    Raises:
        InputError: names the file, the row, the problem and a fix.
    """
    _refuse_misnamed(sets, folder)
    codings = [_read_coding(one, folder, theme_ids) for one in sets]
    _refuse_shared_units(codings)
    suggested = sorted(folder.glob(f"{SUGGESTED}-coder-*.csv"))
    if suggested:
        codings.append(_read_suggested(suggested, theme_ids))
    return tuple(codings)


def _refuse_misnamed(sets: Sequence[CodedSet], folder: Path) -> None:
    """A coding under another name would be passed over in silence, or taken for another kind."""
    ids, units = [one.id for one in sets], {one.units for one in sets}
    like = rf"(({'|'.join([*ids, SUGGESTED])})[-_ ].*|.*[-_ ](coder|adjudicated)\b.*)\.csv"
    example = [*ids, SUGGESTED][0]
    for name in sorted(file.name for file in folder.glob("*")):
        if name in units or not re.fullmatch(like, name, re.IGNORECASE):
            continue
        named = _NAME.fullmatch(name)
        known = ids if name.endswith("-adjudicated.csv") else [*ids, SUGGESTED]
        if not named or named["set"] not in known:
            fix = f"name it as {example}-coder-NAME.csv, or {example}-adjudicated.csv if it decides"
            problem = f"is not the name of a coding of {', '.join([*ids, SUGGESTED])}"
            raise InputError(folder / name, problem, fix)


def _refuse_shared_units(codings: Sequence[Coding]) -> None:
    """Codes are found by unit_id, so that no two sets may have one in common."""
    seen: dict[str, str] = {}
    for coding in codings:
        for unit_id in coding.units["unit_id"]:
            if unit_id in seen:
                problem = f"{unit_id} is a unit of {seen[unit_id]} too"
                raise InputError(coding.file, problem, "give one of them another id")
        seen |= dict.fromkeys(coding.units["unit_id"], coding.unit_set)


def codes_by_unit(file: Path, theme_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """Codes of each unit in one coder's file, whatever set its units are of.

    Raises:
        InputError: names the file, the row, the problem and the fix.
    """
    if not file.is_file():
        raise InputError(file, "is missing", "name a coder's file that exists")
    header = next(csv.reader(_text(file).splitlines()[:1]), [])
    if "block_id" in header:
        units, codes = _read_suggested_pass(file, theme_ids)
        unit_ids = units["unit_id"].to_list()
    else:
        column = ID_COLUMN[unit_of(header) or "sentence"]
        unit_ids = [row[column] for _, row in _rows(file, [column, "codes"])]
        codes = _read_pass(file, column, unit_ids, theme_ids)
    given: dict[str, set[str]] = {unit_id: set() for unit_id in unit_ids}
    for unit_id, code in codes:
        given[unit_id].add(code)
    return {unit_id: frozenset(said) for unit_id, said in given.items()}


def unit_of(header: Collection[str]) -> Unit | None:
    """What a file with these columns codes; None when it is no coding with a row a unit."""
    for unit, column in ID_COLUMN.items():
        if {column, "codes"} <= set(header):
            return unit
    return None


def read_pass(file: Path, coding: Coding, theme_ids: Collection[str]) -> pl.DataFrame:
    """unit_id, theme_id of every code in the coding of one coder over the units of ``coding``.

    Raises:
        InputError: as for `read_codings`.
    """
    column, unit_ids = ID_COLUMN[coding.unit], coding.units["unit_id"].to_list()
    rows = _read_pass(file, column, unit_ids, theme_ids)
    return pl.DataFrame(rows, schema={"unit_id": pl.String, "theme_id": pl.String}, orient="row")


def _read_coding(coded: CodedSet, folder: Path, theme_ids: Collection[str]) -> Coding:
    key = f"coded_sets.{coded.id}"
    file = folder / coded.units
    if not file.is_file():
        fix = f"put the file of units there, or take {coded.id} out of coded_sets"
        raise InputError(STUDY_FILE, f"{file} is missing", fix, key)
    units = _read_units(coded.unit, file)
    if units.is_empty():
        raise InputError(STUDY_FILE, f"{file} holds no unit", "add a row a unit", key)
    unit_ids = units["unit_id"].to_list()
    column = ID_COLUMN[coded.unit]
    prefix = f"{coded.id}-coder-"
    passes = {
        file.stem.removeprefix(prefix): _read_pass(file, column, unit_ids, theme_ids)
        for file in sorted(folder.glob(f"{prefix}*.csv"))
    }
    coders = tuple(sorted(passes))
    decided = folder / f"{coded.id}-{ADJUDICATED}.csv"
    if decided.is_file():
        passes[ADJUDICATED] = _read_pass(decided, column, unit_ids, theme_ids)
    if not passes:
        fix = f"add a coder's file, {folder / prefix}NAME.csv, or take {coded.id} out of coded_sets"
        raise InputError(STUDY_FILE, "nobody has coded its units", fix, key)
    rows = [(coder, *code) for coder, codes in passes.items() for code in codes]
    codes = pl.DataFrame(rows, schema=_NO_ROWS, orient="row")
    return Coding(
        coded.id, coded.unit, units, coders, codes, adjudicated=decided.is_file(), file=file
    )


def _read_suggested(files: Sequence[Path], theme_ids: Collection[str]) -> Coding:
    """All files of suggested units as one coding; a unit may stand in several of them."""
    prefix = f"{SUGGESTED}-coder-"
    frames, rows = [], []
    for file in files:
        units, codes = _read_suggested_pass(file, theme_ids)
        frames.append(units)
        rows += [(file.stem.removeprefix(prefix), *code) for code in codes]
    every = pl.concat(frames)
    return Coding(
        SUGGESTED,
        "range",
        every.unique("unit_id", keep="first", maintain_order=True),
        tuple(sorted(file.stem.removeprefix(prefix) for file in files)),
        pl.DataFrame(rows, schema=_NO_ROWS, orient="row"),
        adjudicated=False,
        n_readers=dict(every["unit_id"].value_counts().iter_rows()),
    )


def _read_suggested_pass(
    file: Path, theme_ids: Collection[str]
) -> tuple[pl.DataFrame, list[tuple[str, str]]]:
    """The units of one file that a person has read, and unit_id and theme_id of every code."""
    seen: dict[str, int] = {}
    units: list[tuple[object, ...]] = []
    codes: list[tuple[str, str]] = []
    for line, row in _rows(file, SUGGESTED_COLUMNS):
        start, end = (_number(file, line, name, row[name], pl.Int64) for name in ("start", "end"))
        draw = row.get("draw", "")
        unit_id = f"{row['block_id']}:{start}-{end}" + (f"@{draw}" if draw else "")
        _refuse_repeat(file, line, unit_id, seen)
        if row["codes"].strip() == UNREAD:
            continue
        chance, n_drawn = (
            _number(file, line, name, row[name], kind) if draw and name in row else None
            for name, kind in (("inclusion_probability", pl.Float64), ("n_drawn", pl.Int64))
        )
        place = (unit_id, row["document_id"], row["block_id"], start, end, str(file), line)
        units.append((*place, chance, draw, n_drawn))
        codes += [(unit_id, code) for code in _codes(file, line, row["codes"], theme_ids)]
    names = ("unit_id", "document_id", "block_id", "start", "end", "file", "row")
    numbers = ("start", "end", "row")
    schema = {name: pl.Int64 if name in numbers else pl.String for name in names} | {
        "inclusion_probability": pl.Float64,
        "draw": pl.String,
        "n_drawn": pl.Int64,
    }
    read = pl.DataFrame(units, schema=schema, orient="row")
    # a draw of which a part was read, chosen by who read it, is learnt from and not estimated with
    whole = pl.when(pl.len().over("draw") == pl.col("n_drawn")).then("inclusion_probability")
    return read.with_columns(inclusion_probability=whole).drop("draw", "n_drawn"), codes


def _read_units(unit: Unit, file: Path) -> pl.DataFrame:
    id_column = ID_COLUMN[unit]
    columns: dict[str, type[pl.DataType]] = {id_column: pl.String, **_COLUMNS[unit]}
    rows: list[dict[str, object]] = []
    seen: dict[str, int] = {}
    for line, row in _rows(file, list(columns)):
        unit_id = row[id_column]
        _refuse_repeat(file, line, unit_id, seen)
        values = {
            name: _number(file, line, name, row[name], kind) for name, kind in columns.items()
        }
        rows.append(values)
    schema = {"unit_id" if name == id_column else name: kind for name, kind in columns.items()}
    return pl.DataFrame([list(row.values()) for row in rows], schema=schema, orient="row")


def _number(file: Path, line: int, name: str, cell: str, kind: type[pl.DataType]) -> object:
    if kind == pl.String:
        return cell
    try:
        return int(cell) if kind == pl.Int64 else float(cell)
    except ValueError:
        raise InputError(file, f"{name} is not a number: {cell!r}", "correct it", line) from None


def _read_pass(
    file: Path, id_column: str, unit_ids: Sequence[str], theme_ids: Collection[str]
) -> list[tuple[str, str]]:
    """unit_id and theme_id of every code that one coder gave."""
    known = set(unit_ids)
    seen: dict[str, int] = {}
    codes: list[tuple[str, str]] = []
    for line, row in _rows(file, [id_column, "codes"]):
        unit_id = row[id_column]
        if unit_id not in known:
            raise InputError(file, f"no unit {unit_id!r}", _nearest(unit_id, known), line)
        _refuse_repeat(file, line, unit_id, seen)
        codes += [(unit_id, code) for code in _codes(file, line, row["codes"], theme_ids)]
    missing = [unit_id for unit_id in unit_ids if unit_id not in seen]
    if missing:
        problem = f"{len(missing)} units have no row, the first is {missing[0]}"
        raise InputError(file, problem, "add them; a unit without a code has an empty cell")
    return codes


def _codes(file: Path, line: int, cell: str, theme_ids: Collection[str]) -> list[str]:
    codes = [code.strip() for code in cell.split(";")] if cell.strip() else []
    for place, code in enumerate(codes):
        if not code:
            raise InputError(file, "an empty code between two semicolons", "delete it", line)
        if code not in theme_ids:
            problem = f"no code {code!r} in codebook.yaml"
            raise InputError(file, problem, _nearest(code, theme_ids), line)
        if code in codes[:place]:
            raise InputError(file, f"{code} is there twice", "delete one", line)
    return codes


def _nearest(word: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(word, sorted(known), n=1)
    return f"did you mean {near[0]}?" if near else f"use one of {', '.join(sorted(known)[:5])} ..."


def _refuse_repeat(file: Path, line: int, unit_id: str, seen: dict[str, int]) -> None:
    if unit_id in seen:
        raise InputError(file, f"{unit_id} stands in row {seen[unit_id]} too", "delete one", line)
    seen[unit_id] = line


def _rows(file: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells of each row of a comma-separated UTF-8 file."""
    line, reader = 2, csv.DictReader(io.StringIO(_text(file)), strict=True)
    header = reader.fieldnames or []
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        raise InputError(file, "its columns are not separated by commas", "save it with commas", 1)
    for name in needed:
        if name not in header:
            raise InputError(file, f"column {name} is missing", f"add it: {','.join(needed)}", 1)
    try:
        for row in reader:
            if None in row or None in row.values():
                problem = f"a row of {len(header)} cells is needed"
                fix = "put codes in one cell, separated by ;"
                raise InputError(file, problem, fix, reader.line_num)
            yield reader.line_num, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(file, str(error), "close the quotation mark", line) from None


def _text(file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (UnicodeDecodeError, IsADirectoryError):
        text = "\0"
    if "\0" in text:  # UTF-16 without its mark reads as UTF-8
        raise InputError(file, "is not UTF-8", "save it as CSV UTF-8")
    return text
