"""The codings in corpus/coding as one stand-off table: coder, unit, theme.

Units are sentences of an article or paragraphs of other documents, in sets that configs/study.yaml
names. ``SET-coder-NAME.csv`` is one coder's coding of all units of its set; ``SET-adjudicated.csv``
decides; ``suggested-coder-NAME.csv`` is what `peacetext suggest` wrote, filled in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import polars as pl

from pipeline.run.errors import InputError
from pipeline.run.sheet import SUFFIXES, read_sheet
from pipeline.study.sets import COUNTS, SUGGESTED, CodedSet, Coders, Maker
from pipeline.study.study import STUDY_FILE
from pipeline.study.unit_files import (
    ID_COLUMN,
    Unit,
    codes_in,
    nearest,
    number,
    read_units,
    refuse_repeat,
    rows_of,
    unit_of,
)

CODING_FOLDER = Path("corpus/coding")
ADJUDICATED = "adjudicated"

SUGGESTED_COLUMNS = ("document_id", "block_id", "start", "end", "codes")
DRAW_COLUMNS = ("draw", "n_drawn", "inclusion_probability")
"""Of suggested units that were drawn: which draw, how many it had, and the chance of each."""
UNREAD = "?"
"""What stands in the place of the codes of a suggested unit until somebody has read it."""

NOBODY = Coders()
"""Nobody says who coded."""

_ENDING = rf"\.(?i:{'|'.join(suffix[1:] for suffix in SUFFIXES)})"
_NAME = re.compile(rf"(?P<set>[^-]+)-(coder-(?!adjudicated\.)[^.].*|adjudicated){_ENDING}")
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
        makers: who made each coding, the adjudicated one among them.
        codes: coder, unit_id, theme_id; one row a code given. The adjudicated coding, where there
            is one, has the coder 'adjudicated'.
        adjudicated: whether there is such a coding.
        readers: which coders read a unit, where not all did.
        people_decide: where people coded a unit, their codings alone are its codes.
        file: the file of units; for suggested ones their folder.
    """

    unit_set: str
    unit: Unit
    units: pl.DataFrame
    coders: tuple[str, ...]
    codes: pl.DataFrame
    adjudicated: bool
    readers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    file: Path = CODING_FOLDER
    makers: Mapping[str, Maker] = field(default_factory=dict)
    people_decide: bool = True

    @property
    def makers_of(self) -> dict[str, Maker]:
        """Who made each coding that there is, by coder."""
        names = [*self.coders, *([ADJUDICATED] if self.adjudicated else [])]
        return {name: self.makers.get(name, "unknown") for name in names}

    @property
    def counts(self) -> dict[str, int]:
        """How many codings people, language models and nobody knows who made, by column."""
        return {column: self.n_by(maker) for maker, column in COUNTS.items()}

    def n_by(self, maker: Maker) -> int:
        """How many of the codings people, language models, or nobody knows who, made."""
        return sum(made == maker for made in self.makers_of.values())

    def labels(self, rule: Literal["any", "majority", "all"]) -> pl.DataFrame:
        """unit_id, theme_id: codes that any coder who counts gave, at least half, or all."""
        needed = {"any": 0.0, "majority": 0.5, "all": 1.0}
        kept = self.votes().filter(pl.col("vote") >= needed[rule])
        return kept.select("unit_id", "theme_id").sort("unit_id", "theme_id")

    def votes(self) -> pl.DataFrame:
        """unit_id, theme_id, vote: the part of the codings that count which gave a unit a code.

        An adjudicated one counts alone, and else, where the study wants it so, those of people.
        """
        if self.adjudicated:
            codes = self.codes.filter(pl.col("coder") == ADJUDICATED)
            return codes.select("unit_id", "theme_id", vote=pl.lit(1.0))
        deciding = {unit: self._deciding(unit) for unit in self.codes["unit_id"].unique()}
        counts = [coder in deciding[unit] for coder, unit, _ in self.codes.iter_rows()]
        given = self.codes.filter(pl.Series(counts, dtype=pl.Boolean))
        given = given.group_by("unit_id", "theme_id", maintain_order=True).len("n_given")
        readers = [len(deciding[unit]) for unit in given["unit_id"]]
        vote = pl.col("n_given") / pl.Series("n_readers", readers, dtype=pl.Int64)
        return given.select("unit_id", "theme_id", vote=vote)

    def _deciding(self, unit_id: str) -> tuple[str, ...]:
        """Whose codes of a unit count."""
        readers = self.readers.get(unit_id, self.coders)
        people = tuple(name for name in readers if self.makers.get(name) == "person")
        return people if people and self.people_decide else readers


def read_codings(
    theme_ids: Collection[str],
    sets: Sequence[CodedSet],
    folder: Path = CODING_FOLDER,
    coders: Coders = NOBODY,
) -> tuple[Coding, ...]:
    """Read every coding of every set of units of the study, and suggested units.

    Args:
        theme_ids: of the codebook.
        sets: of the study.
        folder: where the files are.
        coders: who made which coding; with the default it is not known.

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
    return tuple(_with_makers(coding, coders) for coding in codings)


def _with_makers(coding: Coding, coders: Coders) -> Coding:
    names = (*coding.coders, ADJUDICATED)
    makers = {name: coders.maker(coding.unit_set, name) for name in names}
    return replace(coding, makers=makers, people_decide=coders.people_decide)


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
        rows = [(_range_id(row), row["codes"]) for _, row in rows_of(file, SUGGESTED_COLUMNS)]
        codes = _read_suggested_pass(file, theme_ids)[1]
    else:
        column = ID_COLUMN[unit_of(columns) or "sentence"]
        rows = [(row[column], row["codes"]) for _, row in rows_of(file, [column, "codes"])]
        unit_ids = [unit_id for unit_id, _ in rows]
        codes = _read_pass(file, column, unit_ids, theme_ids, all_read=False)
    given: dict[str, set[str]] = {unit: set() for unit, cell in rows if cell.strip() != UNREAD}
    for unit_id, code in codes:
        given[unit_id].add(code)
    unread = [unit_id for unit_id, _ in rows if unit_id not in given]
    return {unit_id: frozenset(said) for unit_id, said in given.items()}, unread


def _range_id(row: Mapping[str, str]) -> str:
    draw = row.get("draw", "").strip()
    place = f"{row['block_id']}:{row['start'].strip()}-{row['end'].strip()}"
    return f"{place}@{draw}" if draw else place


def read_pass(file: Path, coding: Coding, theme_ids: Collection[str]) -> pl.DataFrame:
    """unit_id, theme_id of every code in the coding of one coder over the units of ``coding``.

    Raises:
        InputError: as for `read_codings`.
    """
    rows = _read_pass(file, ID_COLUMN[coding.unit], coding.units["unit_id"].to_list(), theme_ids)
    return pl.DataFrame(rows, schema={"unit_id": pl.String, "theme_id": pl.String}, orient="row")


def _read_coding(coded: CodedSet, folder: Path, theme_ids: Collection[str]) -> Coding:
    key, file = f"coded_sets.{coded.id}", folder / coded.units
    units = read_units(coded.unit, file)
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
    readers: dict[str, list[str]] = {}
    for coder, file in files.items():
        units, codes = _read_suggested_pass(file, theme_ids)
        frames.append(units)
        for unit_id in units["unit_id"]:
            readers.setdefault(unit_id, []).append(coder)
        rows += [(coder, *code) for code in codes]
    every = pl.concat(frames)
    return Coding(
        SUGGESTED,
        "range",
        every.unique("unit_id", keep="first", maintain_order=True),
        tuple(sorted(files)),
        pl.DataFrame(rows, schema=_NO_ROWS, orient="row"),
        adjudicated=False,
        readers={unit: tuple(names) for unit, names in readers.items()},
    )


def _read_suggested_pass(
    file: Path, theme_ids: Collection[str]
) -> tuple[pl.DataFrame, list[tuple[str, str]]]:
    """The units of one file that somebody has read, and unit_id and theme_id of every code."""
    seen: dict[str, int] = {}
    units: list[tuple[object, ...]] = []
    codes: list[tuple[str, str]] = []
    for line, row in rows_of(file, SUGGESTED_COLUMNS, DRAW_COLUMNS):
        start, end = (number(file, line, name, row[name], pl.Int64) for name in ("start", "end"))
        draw, unit_id = row.get("draw", ""), _range_id(row)
        refuse_repeat(file, line, unit_id, seen)
        if row["codes"].strip() == UNREAD:
            continue
        chance, n_drawn = (
            number(file, line, name, row[name], kind) if draw and name in row else None
            for name, kind in (("inclusion_probability", pl.Float64), ("n_drawn", pl.Int64))
        )
        place = (unit_id, row["document_id"], row["block_id"], start, end, str(file), line)
        units.append((*place, chance, draw, n_drawn))
        codes += [(unit_id, code) for code in codes_in(file, line, row["codes"], theme_ids)]
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
    for line, row in rows_of(file, [id_column, "codes"]):
        unit_id = row[id_column]
        if unit_id not in known:
            raise InputError(file, f"no unit {unit_id!r}", nearest(unit_id, known), line)
        refuse_repeat(file, line, unit_id, seen)
        if row["codes"].strip() == UNREAD:
            if all_read:
                fix = f"put codes in the place of the {UNREAD}, or nothing where none fits"
                raise InputError(file, f"nobody has read {unit_id} ({UNREAD})", fix, line)
            continue
        codes += [(unit_id, code) for code in codes_in(file, line, row["codes"], theme_ids)]
    missing = [unit_id for unit_id in unit_ids if unit_id not in seen]
    if missing:
        problem = f"{len(missing)} units have no row, the first is {missing[0]}"
        raise InputError(file, problem, "add them; a unit without a code has an empty cell")
    return codes
