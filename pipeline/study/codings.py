"""The codings in corpus/coding as one stand-off table: coder, unit, theme.

Units are sentences of an article or paragraphs of other documents, in sets that configs/study.yaml
names. ``SET-coder-NAME.csv`` is one coder's coding of units of its set; ``SET-adjudicated.csv``
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
from pipeline.run.wording import counted
from pipeline.study.sets import COUNTS, SUGGESTED, CodedSet, Coders, Maker
from pipeline.study.study import STUDY_FILE
from pipeline.study.unit_files import (
    DRAW_COLUMNS,
    ID_COLUMN,
    SUGGESTED_COLUMNS,
    UNREAD,
    Unit,
    coder_files,
    codes_of,
    of_whole_draws,
    range_id,
    read_units,
    rows_of,
    suggested_of,
    unit_of,
    whole_suggestions,
)

CODING_FOLDER = Path("corpus/coding")
ADJUDICATED = "adjudicated"

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
        units: unit_id and the other columns of the file of units, in its order, of the units that
            are used: a unit that nobody has coded is none; for suggested ones document_id,
            block_id, start, end, the file and row that name them first, and inclusion_probability
            where they were drawn with one and all of the draw was read.
        coders: names of the coders, sorted; without the adjudicated coding.
        makers: who made each coding, the adjudicated one among them.
        codes: coder, unit_id, theme_id; one row a code given. The adjudicated coding, where there
            is one, has the coder 'adjudicated'.
        adjudicated: whether there is such a coding.
        readers: which coders read a unit, the adjudicated coding among them; of a unit that is
            not named all did.
        people_decide: where people coded a unit, their codings alone are its codes.
        file: the file of units; for suggested ones their folder.
        uncoded: units of the file that nobody has coded.
        remarks: what a person should know of units and draws that are not used.
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
    uncoded: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def can_estimate(self) -> bool:
        """Whether it is known with which probability its units were drawn."""
        return self.unit != "paragraph" or not self.units["inclusion_probability"].has_nulls()

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

        Of a unit an adjudicated one counts alone, and else, where the study wants it so, those of
        people.
        """
        deciding = {unit: self._deciding(unit) for unit in self.codes["unit_id"].unique()}
        counts = [coder in deciding[unit] for coder, unit, _ in self.codes.iter_rows()]
        given = self.codes.filter(pl.Series(counts, dtype=pl.Boolean))
        given = given.group_by("unit_id", "theme_id", maintain_order=True).len("n_given")
        readers = [len(deciding[unit]) for unit in given["unit_id"]]
        vote = pl.col("n_given") / pl.Series("n_readers", readers, dtype=pl.Int64)
        return given.select("unit_id", "theme_id", vote=vote)

    def _deciding(self, unit_id: str) -> tuple[str, ...]:
        """Whose codes of a unit count."""
        readers = self.readers.get(unit_id, tuple(self.makers_of))
        if ADJUDICATED in readers:
            return (ADJUDICATED,)
        people = tuple(name for name in readers if self.makers.get(name) == "person")
        return people if people and self.people_decide else readers


def read_codings(
    theme_ids: Collection[str],
    sets: Sequence[CodedSet],
    folder: Path = CODING_FOLDER,
    coders: Coders = NOBODY,
    *,
    every_unit: bool = False,
) -> tuple[Coding, ...]:
    """Read every coding of every set of units of the study, and suggested units.

    Args:
        theme_ids: of the codebook.
        sets: of the study.
        folder: where the files are.
        coders: who made which coding; with the default it is not known.
        every_unit: whether units that nobody has coded are among those of a set, too.

    Raises:
        InputError: names the file, the row, the problem and a fix.
    """
    for one in sets:
        if not (folder / one.units).is_file():
            fix = f"say: peacetext draw {one.id}; or take {one.id} out of coded_sets"
            problem = f"{folder / one.units} is missing"
            raise InputError(STUDY_FILE, problem, fix, f"coded_sets.{one.id}")
    _refuse_misnamed(sets, folder)
    codings = [_read_coding(one, folder, theme_ids, every_unit) for one in sets]
    _refuse_shared_units(codings)
    suggested = coder_files(folder, f"{SUGGESTED}-coder-")
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
        rows = [(range_id(row), row["codes"]) for _, row in rows_of(file, SUGGESTED_COLUMNS)]
        codes = suggested_of(file, theme_ids)[1]
    else:
        column = ID_COLUMN[unit_of(columns) or "sentence"]
        rows = [(row[column], row["codes"]) for _, row in rows_of(file, [column, "codes"])]
        unit_ids = [unit_id for unit_id, _ in rows]
        codes = codes_of(file, column, unit_ids, theme_ids)[0]
    given: dict[str, set[str]] = {unit: set() for unit, cell in rows if cell.strip() != UNREAD}
    for unit_id, code in codes:
        given[unit_id].add(code)
    unread = [unit_id for unit_id, _ in rows if unit_id not in given]
    return {unit_id: frozenset(said) for unit_id, said in given.items()}, unread


def read_pass(
    file: Path, coding: Coding, theme_ids: Collection[str]
) -> tuple[pl.DataFrame, list[str]]:
    """unit_id, theme_id of every code that one coder gave to units of ``coding``; units read.

    Raises:
        InputError: as for `read_codings`.
    """
    column, unit_ids = ID_COLUMN[coding.unit], coding.units["unit_id"].to_list()
    rows, read = codes_of(file, column, unit_ids, theme_ids)
    schema = {"unit_id": pl.String, "theme_id": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row"), read


def _read_coding(
    coded: CodedSet, folder: Path, theme_ids: Collection[str], every_unit: bool
) -> Coding:
    key, file = f"coded_sets.{coded.id}", folder / coded.units
    units = read_units(coded.unit, file)
    if units.is_empty():
        raise InputError(STUDY_FILE, f"{file} holds no unit", "add a row a unit", key)
    column = ID_COLUMN[coded.unit]
    files = coder_files(folder, f"{coded.id}-coder-")
    coders = tuple(sorted(files))
    decided = coder_files(folder, f"{coded.id}-{ADJUDICATED}").get("")
    files |= {ADJUDICATED: decided} if decided else {}
    rows: list[tuple[str, str, str]] = []
    readers: dict[str, tuple[str, ...]] = dict.fromkeys(units["unit_id"], ())
    for coder, one in files.items():
        given, read = codes_of(one, column, readers, theme_ids)
        rows += [(coder, *code) for code in given]
        readers |= {unit: (*readers[unit], coder) for unit in read}
    uncoded = tuple(unit for unit, names in readers.items() if not names)
    if len(uncoded) == units.height and not every_unit:
        fix = f"code the sheet of `peacetext draw {coded.id}`, then: peacetext import SHEET "
        fix += f"--coder NAME; or take {coded.id} out of coded_sets"
        raise InputError(STUDY_FILE, "nobody has coded its units", fix, key)
    coding = Coding(
        coded.id,
        coded.unit,
        units,
        coders,
        pl.DataFrame(rows, schema=_NO_ROWS, orient="row"),
        adjudicated=bool(decided),
        readers=readers,
        file=file,
        uncoded=uncoded,
        remarks=tuple(
            f"coder {name} read {n} of {units.height} units"
            for name in files
            if (n := sum(name in names for names in readers.values())) < units.height
        ),
    )
    return coding if every_unit or not uncoded else _without_uncoded(coding)


def _without_uncoded(coding: Coding) -> Coding:
    """The units of it that are used, and what a person should know of the others."""
    units = coding.units.filter(~pl.col("unit_id").is_in(coding.uncoded))
    n = counted(len(coding.uncoded), "unit")
    said = [f"{n} that nobody has coded yet: not used"]
    if coding.unit == "paragraph":
        record = coding.file.with_name(f"draws-{coding.unit_set}.csv")
        used = of_whole_draws(coding.units, coding.uncoded, record)
        waiting = units.height - used.height
        if used["inclusion_probability"].has_nulls():
            said += ["nothing is estimated with the others until all that was drawn is coded"]
        elif waiting:
            n = counted(waiting, "coded unit waits", "coded units wait")
            said += [f"{n} for the rest of a later draw"]
        units = used
    codes = coding.codes.join(units, on="unit_id", how="semi", maintain_order="left")
    reading = {name for unit_id in units["unit_id"] for name in coding.readers[unit_id]}
    coders = tuple(name for name in coding.coders if name in reading)
    return replace(
        coding, units=units, codes=codes, coders=coders, remarks=(*coding.remarks, *said)
    )


def read_suggested(files: Mapping[str, Path], theme_ids: Collection[str]) -> Coding:
    """All files of suggested units as one coding; a unit may stand in several of them."""
    frames, rows = [], []
    readers: dict[str, list[str]] = {}
    for coder, file in files.items():
        units, codes = suggested_of(file, theme_ids)
        frames.append(units)
        for unit_id in units["unit_id"]:
            readers.setdefault(unit_id, []).append(coder)
        rows += [(coder, *code) for code in codes]
    units, remarks = whole_suggestions(pl.concat(frames))
    return Coding(
        SUGGESTED,
        "range",
        units,
        tuple(sorted(files)),
        pl.DataFrame(rows, schema=_NO_ROWS, orient="row"),
        adjudicated=False,
        readers={unit: tuple(names) for unit, names in readers.items()},
        remarks=tuple(remarks),
    )


def suggested_draws(folder: Path = CODING_FOLDER) -> set[str]:
    """The names of the draws that are in files of suggested units."""
    files = coder_files(folder, f"{SUGGESTED}-coder-").values()
    rows = (row for file in files for _, row in rows_of(file, SUGGESTED_COLUMNS, DRAW_COLUMNS))
    return {row.get("draw", "") for row in rows} - {""}
