"""The hand codings in corpus/coding as one stand-off table: coder, unit, theme.

Units are sentences of an article or paragraphs of other documents, in sets that configs/study.yaml
names. ``SET-coder-NAME.csv`` is one coder's coding of all units of its set; ``SET-adjudicated.csv``
decides; ``suggested-coder-NAME.csv`` is what `peacetext suggest` wrote, filled in.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import polars as pl

from pipeline.run.errors import InputError
from pipeline.run.sheet import SUFFIXES, read_sheet
from pipeline.run.wording import stands_for_nothing
from pipeline.study.study import STUDY_FILE, SUGGESTED, CodedSet

CODING_FOLDER = Path("corpus/coding")
ADJUDICATED = "adjudicated"

SUGGESTED_COLUMNS = ("document_id", "block_id", "start", "end", "codes")
UNREAD = "?"
"""What stands in the place of the codes of a suggested unit until a person has read it."""

Unit = Literal["sentence", "paragraph", "range"]

_ENDING = rf"\.(?i:{'|'.join(suffix[1:] for suffix in SUFFIXES)})"
_NAME = re.compile(rf"(?P<set>[^-]+)-(coder-(?!adjudicated\.)[^.].*|adjudicated){_ENDING}")
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
            document_id, block_id, start, end, and the file and row that name them first.
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
    for one in sets:
        if not (folder / one.units).is_file():
            fix = f"put the file of units there, or take {one.id} out of coded_sets"
            problem = f"{folder / one.units} is missing"
            raise InputError(STUDY_FILE, problem, fix, f"coded_sets.{one.id}")
    _refuse_misnamed(sets, folder)
    codings = [_read_coding(one, folder, theme_ids) for one in sets]
    _refuse_shared_units(codings)
    suggested = _coder_files(folder, f"{SUGGESTED}-coder-")
    if suggested:
        codings.append(read_suggested(suggested, theme_ids))
    return tuple(codings)


def _refuse_misnamed(sets: Sequence[CodedSet], folder: Path) -> None:
    """A coding under another name would be passed over in silence, or taken for another kind."""
    ids, units = [one.id for one in sets], {one.units for one in sets}
    every = [*ids, SUGGESTED]
    like = rf"(({'|'.join(every)})[-_ ].*|.*[-_ ](coder|adjudicated)\b.*){_ENDING}"
    for name in sorted(file.name for file in folder.glob("*")):
        if name in units or name.startswith("~$") or not re.fullmatch(like, name, re.IGNORECASE):
            continue
        named = _NAME.fullmatch(name)
        known = ids if Path(name).stem.endswith(f"-{ADJUDICATED}") else every
        if not named or named["set"] not in known:
            fix = f"name it {every[0]}-coder-NAME.csv ({every[0]}-adjudicated.csv if it decides); "
            fix += f"a file of units is named by `units` in {STUDY_FILE}"
            problem = f"is not the name of a coding of {', '.join(every)}"
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


def _coder_files(folder: Path, prefix: str) -> dict[str, Path]:
    """The tables whose names begin so, by the rest of the name: the coder."""
    found: dict[str, Path] = {}
    for file in sorted(folder.glob(f"{prefix}*")):
        if file.suffix.casefold() in SUFFIXES:
            coder = file.stem.removeprefix(prefix)
            if coder in found:
                problem = f"{found[coder].name} is the same coding in another form"
                raise InputError(file, problem, "delete one of the two")
            found[coder] = file
    return found


def codes_by_unit(
    file: Path, theme_ids: Collection[str]
) -> tuple[dict[str, frozenset[str]], list[str]]:
    """Codes of each unit that one coder has read, whatever set it is of; units not read (?).

    Raises:
        InputError: names the file, the row, the problem and the fix.
    """
    every = (*ID_COLUMN.values(), *SUGGESTED_COLUMNS)
    columns = read_sheet(file, every).columns
    if "block_id" in columns:
        rows = [(_range_id(row), row["codes"]) for _, row in _rows(file, SUGGESTED_COLUMNS)]
        codes = _read_suggested_pass(file, theme_ids)[1]
    else:
        column = ID_COLUMN[unit_of(columns) or "sentence"]
        rows = [(row[column], row["codes"]) for _, row in _rows(file, [column, "codes"])]
        unit_ids = [unit_id for unit_id, _ in rows]
        codes = _read_pass(file, column, unit_ids, theme_ids, all_read=False)
    given: dict[str, set[str]] = {unit: set() for unit, cell in rows if cell.strip() != UNREAD}
    for unit_id, code in codes:
        given[unit_id].add(code)
    unread = [unit_id for unit_id, _ in rows if unit_id not in given]
    return {unit_id: frozenset(said) for unit_id, said in given.items()}, unread


def _range_id(row: Mapping[str, str]) -> str:
    return f"{row['block_id']}:{row['start'].strip()}-{row['end'].strip()}"


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
    rows = _read_pass(file, ID_COLUMN[coding.unit], coding.units["unit_id"].to_list(), theme_ids)
    return pl.DataFrame(rows, schema={"unit_id": pl.String, "theme_id": pl.String}, orient="row")


def _read_coding(coded: CodedSet, folder: Path, theme_ids: Collection[str]) -> Coding:
    key, file = f"coded_sets.{coded.id}", folder / coded.units
    units = _read_units(coded.unit, file)
    if units.is_empty():
        raise InputError(STUDY_FILE, f"{file} holds no unit", "add a row a unit", key)
    unit_ids = units["unit_id"].to_list()
    column = ID_COLUMN[coded.unit]
    passes = {
        coder: _read_pass(one, column, unit_ids, theme_ids)
        for coder, one in _coder_files(folder, f"{coded.id}-coder-").items()
    }
    coders = tuple(sorted(passes))
    decided = _coder_files(folder, f"{coded.id}-{ADJUDICATED}").get("")
    if decided:
        passes[ADJUDICATED] = _read_pass(decided, column, unit_ids, theme_ids)
    if not passes:
        fix = f"add {folder}/{coded.id}-coder-NAME.csv, or take {coded.id} out of coded_sets"
        raise InputError(STUDY_FILE, "nobody has coded its units", fix, key)
    rows = [(coder, *code) for coder, given in passes.items() for code in given]
    codes = pl.DataFrame(rows, schema=_NO_ROWS, orient="row")
    return Coding(coded.id, coded.unit, units, coders, codes, adjudicated=bool(decided), file=file)


def read_suggested(files: Mapping[str, Path], theme_ids: Collection[str]) -> Coding:
    """All files of suggested units as one coding; a unit may stand in several of them."""
    frames, rows = [], []
    for coder, file in files.items():
        units, codes = _read_suggested_pass(file, theme_ids)
        frames.append(units)
        rows += [(coder, *code) for code in codes]
    every = pl.concat(frames)
    return Coding(
        SUGGESTED,
        "range",
        every.unique("unit_id", keep="first", maintain_order=True),
        tuple(sorted(files)),
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
        unit_id = _range_id(row)
        _refuse_repeat(file, line, unit_id, seen)
        if row["codes"].strip() == UNREAD:
            continue
        units.append((unit_id, row["document_id"], row["block_id"], start, end, str(file), line))
        codes += [(unit_id, code) for code in _codes(file, line, row["codes"], theme_ids)]
    names = ("unit_id", "document_id", "block_id", "start", "end", "file", "row")
    schema = {name: pl.Int64 if name in ("start", "end", "row") else pl.String for name in names}
    return pl.DataFrame(units, schema=schema, orient="row"), codes


def _read_units(unit: Unit, file: Path) -> pl.DataFrame:
    id_column = ID_COLUMN[unit]
    columns: dict[str, type[pl.DataType]] = {id_column: pl.String, **_COLUMNS[unit]}
    rows: list[dict[str, object]] = []
    seen: dict[str, int] = {}
    for line, row in _rows(file, list(columns)):
        unit_id = row[id_column]
        _refuse_repeat(file, line, unit_id, seen)
        rows.append({name: _number(file, line, name, row[name], columns[name]) for name in columns})
    schema = {"unit_id" if name == id_column else name: kind for name, kind in columns.items()}
    return pl.DataFrame([list(row.values()) for row in rows], schema=schema, orient="row")


def _number(file: Path, line: int, name: str, cell: str, kind: type[pl.DataType]) -> object:
    if kind == pl.String:
        return cell
    try:
        # a spreadsheet of Europe writes 0,25
        return int(cell) if kind == pl.Int64 else float(cell.replace(",", "."))
    except ValueError:
        raise InputError(file, f"{name} is not a number: {cell!r}", "correct it", line) from None


def _read_pass(
    file: Path,
    id_column: str,
    unit_ids: Sequence[str],
    theme_ids: Collection[str],
    *,
    all_read: bool = True,
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
        if row["codes"].strip() == UNREAD:
            if all_read:
                fix = f"put codes in the place of the {UNREAD}, or nothing where none fits"
                raise InputError(file, f"nobody has read {unit_id} ({UNREAD})", fix, line)
            continue
        codes += [(unit_id, code) for code in _codes(file, line, row["codes"], theme_ids)]
    if missing := [unit_id for unit_id in unit_ids if unit_id not in seen]:
        problem = f"{len(missing)} units have no row, the first is {missing[0]}"
        raise InputError(file, problem, "add them; a unit without a code has an empty cell")
    return codes


def _codes(file: Path, line: int, cell: str, theme_ids: Collection[str]) -> list[str]:
    is_empty = stands_for_nothing(cell) and cell.strip() not in theme_ids
    codes = [] if is_empty else [code.strip() for code in re.split("[;,\n]", cell)]
    for place, code in enumerate(codes):
        if not code:
            raise InputError(file, "an empty code between two semicolons", "delete it", line)
        if code not in theme_ids:
            fix = _nearest(code, theme_ids)
            raise InputError(file, f"no code {code!r} in codebook.yaml", fix, line)
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


def _rows(file: Path, needed: Sequence[str]) -> tuple[tuple[int, dict[str, str]], ...]:
    """Line number and cells of each row."""
    sheet = read_sheet(file, needed, may_be_empty=True)
    for name in needed:
        if name not in sheet.columns:
            raise InputError(file, f"column {name} is missing", f"add it: {','.join(needed)}", 1)
    return sheet.rows
