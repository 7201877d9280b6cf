"""Sheets that a person filled in: taken as a coding, or what a check says of codes and topics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.commands.checking import (
    CODES,
    INTRUDER,
    NAME,
    NAMES,
    PASSAGES_OF,
    SHOWN_PASSAGES,
    SHOWN_WORDS,
    WORDS,
)
from pipeline.commands.printing import NO_CODE, REMARK
from pipeline.run.errors import InputError
from pipeline.run.files import read_json, sheet_bytes, write_bytes
from pipeline.run.settings import load_settings
from pipeline.study.checks import load_study
from pipeline.study.codebook import load_codebook
from pipeline.study.codings import ADJUDICATED, CODING_FOLDER
from pipeline.study.sets import CodedSet
from pipeline.study.study import STUDY_FILE
from pipeline.study.unit_files import ID_COLUMN, UNREAD, rows_of
from pipeline.themes.samples import Booleans, Floats


def scored_sheets(folder: Path, key_file: Path) -> dict[str, pl.DataFrame]:
    """What a person's sheets say: tables by what they are of; of an empty sheet there is none.

    Raises:
        InputError: a sheet or the key cannot be read, or nothing was filled in.
    """
    if not key_file.is_file():
        raise InputError(key_file, "is missing", "name the key of these sheets with --key")
    key = read_json(key_file)
    found = _scored_codes(_filled(folder, CODES, ("unit_id",)), key)
    intrusion = [
        row
        for name, n_shown in ((WORDS, SHOWN_WORDS + 1), (PASSAGES_OF, SHOWN_PASSAGES + 1))
        if (
            row := _scored_intrusion(_filled(folder, name, ("question",)), name, key[name], n_shown)
        )
    ]
    if intrusion:
        found["topics: who finds what is not of them"] = pl.DataFrame(intrusion)
    rows = filled_rows(_filled(folder, NAMES, ("question",)), ("question", NAME))
    named = [
        {**key[NAMES][row["question"]], "named": row[NAME]}
        for _, row in rows
        if row[NAME] and row["question"] in key[NAMES]
    ]
    if named:
        found["topics: their names"] = pl.DataFrame(named)
    if not found:
        raise InputError(folder, "holds no sheet that was filled in", "fill one in and save it")
    return found


def _filled(folder: Path, name: str, needed: Sequence[str]) -> Path:
    """The sheet as CSV or workbook: the one that holds all that the other does."""
    files = [file for end in (".csv", ".xlsx") if (file := folder / f"{name}{end}").is_file()]
    if not files:
        raise InputError(folder / f"{name}.xlsx", "is missing", "put the sheet there")
    if len(files) == 1:
        return files[0]
    text, book = (
        {
            (row, *cell)
            for row, (_, cells) in enumerate(filled_rows(file, needed))
            for cell in cells.items()
            if cell[1]
        }
        for file in files
    )
    if text >= book or text <= book:
        return files[0 if text >= book else 1]
    fix = f"leave one of {files[0].name} and {files[1].name} in the folder"
    raise InputError(files[0], f"and {files[1].name} are both filled in, differently", fix)


def _scored_intrusion(
    file: Path, name: str, answers: Mapping[str, Mapping[str, Any]], n_shown: int
) -> dict[str, Any] | None:
    """How often the intruder was found, against chance (exact binomial test, one-sided)."""
    from scipy.stats import binomtest

    from pipeline.run.arrays import wilson_share

    right = []
    for line, row in filled_rows(file, ("question", INTRUDER)):
        if not row[INTRUDER] or row["question"] not in answers:
            continue
        answer = answers[row["question"]]
        said = [option.casefold() for option in answer["options"]]
        numbers = {str(number): number for number in range(1, len(said) + 1)}
        given = row[INTRUDER].casefold().removesuffix(".0")
        number = numbers.get(given) or (said.index(given) + 1 if given in said else 0)
        if not number:
            fix = f"give a number from 1 to {len(said)}"
            raise InputError(file, f"{INTRUDER} says {row[INTRUDER]!r}", fix, line)
        right.append(number == answer["intruder"])
    if not right:
        return None
    rate = wilson_share(float(np.mean(right)), len(right), load_settings().themes.confidence)
    p_value = float(binomtest(sum(right), len(right), 1 / n_shown, alternative="greater").pvalue)
    counts = {"sheet": name, "n": len(right), "n_right": sum(right), "rate": rate.value}
    return {**counts, "low": rate.low, "high": rate.high, "chance": 1 / n_shown, "p_value": p_value}


@dataclass(frozen=True)
class _Checked:
    """Units that the person read: bool [units, codes] and what is known of each unit."""

    person: Booleans
    codes: Booleans
    passes: dict[str, Booleans]
    units: list[dict[str, Any]]
    theme_ids: tuple[str, ...]

    @property
    def groups(self) -> list[str]:
        """What each unit depends on."""
        return [unit["group"] for unit in self.units]

    @property
    def weights(self) -> Floats:
        """One over the probability of being in the sheet, among the coded units."""
        return np.array([1 / unit["chance"] for unit in self.units])


def _scored_codes(file: Path, key: Mapping[str, Any]) -> dict[str, pl.DataFrame]:
    theme_ids = load_codebook().theme_ids
    filled = filled_codes(file, theme_ids)
    units = [unit for unit in key["units"] if filled.get(unit["row"]) is not None]
    if not units:
        return {}

    def matrix(given: Sequence[Any]) -> Booleans:
        return np.array([[code in codes for code in theme_ids] for codes in given])

    coders = set.intersection(*({*unit["passes"]} for unit in units))
    checked = _Checked(
        matrix([filled[unit["row"]] for unit in units]),
        matrix([unit["labels"] for unit in units]),
        {coder: matrix([unit["passes"][coder] for unit in units]) for coder in sorted(coders)},
        units,
        theme_ids,
    )
    return {
        "codes: agreement of the person and the passes": _agreements(checked),
        "codes: by the person's reading": _by_person(checked),
        "codes: shares by the person's reading": _corrected(checked, key["shares"]),
    }


def _agreements(checked: _Checked) -> pl.DataFrame:
    """Krippendorff's alpha of the person and the label, of the person and each pass, of the passes.

    By code for the label, and for the passes alone; otherwise the mean, and whole sets of codes.
    """
    from pipeline.themes.agreement import ALL, SETS, agreement_table

    themes, seed = load_settings().themes, load_settings().seed
    resampled = (themes.confidence, themes.bootstrap, seed)
    beside = {"label": checked.codes} | {f"pass {one}": of for one, of in checked.passes.items()}
    pairs = {name: np.stack([checked.person, of]) for name, of in beside.items()}
    if len(checked.passes) > 1:
        pairs["passes alone"] = np.stack(list(checked.passes.values()))
    tables = [
        agreement_table(name, given, checked.theme_ids, checked.groups, *resampled)
        for name, given in pairs.items()
    ]
    of_codes = pl.col("person_and").is_in(["label", "passes alone"])
    return (
        pl.concat(tables)
        .rename({"unit_set": "person_and"})
        .filter(of_codes | pl.col("theme_id").is_in([ALL, SETS]))
        .drop("n_coders")
    )


def _by_person(checked: _Checked) -> pl.DataFrame:
    """Precision and recall of each code among all coded units, the person taken as right."""
    from pipeline.run.arrays import clustered_share

    clusters = np.unique(checked.groups, return_inverse=True)[1]
    confidence, weights = load_settings().themes.confidence, checked.weights
    rows = []
    for place, code in enumerate(checked.theme_ids):
        said, true = checked.codes[:, place], checked.person[:, place]
        row: dict[str, Any] = {
            "theme_id": code,
            "n_codes": int(said.sum()),
            "n_person": int(true.sum()),
        }
        for name, hits, inside in (("precision", true, said), ("recall", said, true)):
            found = clustered_share(hits[inside], clusters[inside], confidence, weights[inside])
            row |= {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
        rows.append(row)
    return pl.DataFrame(rows, infer_schema_length=None)


def _corrected(checked: _Checked, shares: Mapping[str, Mapping[str, float]]) -> pl.DataFrame:
    """Share of each code in each set, as coded and corrected by the person's reading.

    Where neither the person nor the codings gave a code to any unit of the sheet, nothing is known.
    """
    from pipeline.themes.prevalence import CodedPassages, corrected_shares

    settings, drawn = load_settings(), [unit["inclusion_probability"] for unit in checked.units]
    weights = checked.weights / np.array(drawn)
    rows = []
    for unit_set in sorted({unit["unit_set"] for unit in checked.units}):
        inside = np.array([unit["unit_set"] == unit_set for unit in checked.units])
        given = CodedPassages(checked.person, checked.codes, weights, checked.groups).take(inside)
        coded = np.array([shares[unit_set][code] for code in checked.theme_ids])
        found = corrected_shares(coded, given, settings.themes, settings.seed)
        seen = (checked.person | checked.codes)[inside].any(axis=0)
        for at, theme_id in enumerate(checked.theme_ids):
            known = [found.share[at], found.low[at], found.high[at]] if seen[at] else [None] * 3
            rows.append((unit_set, int(inside.sum()), theme_id, coded[at], *known))
    columns = ["unit_set", "n", "theme_id", "share", "corrected", "low", "high"]
    kinds = [pl.String, pl.Int64, pl.String, *[pl.Float64] * 4]
    return pl.DataFrame(rows, schema=dict(zip(columns, kinds, strict=True)), orient="row")


YES = frozenset("x 1 yes y true ✓ ✔ ja oui sí si sim да".split())
NO = frozenset(["", *"0 no n false - – nein non não нет".split()])
"""What a cell of a coding sheet says in place of a mark, in any case."""


def filled_rows(file: Path, needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Line and cells of each row of a sheet that a person filled in, CSV or workbook.

    Raises:
        InputError: it cannot be read, or lacks a column.
    """
    return [
        (line, {name: cell.strip() for name, cell in cells.items()})
        for line, cells in rows_of(file, needed)
    ]


def filled_codes(file: Path, theme_ids: Sequence[str]) -> dict[str, frozenset[str] | None]:
    """What a person put into a coding sheet: the codes of each unit, None where it was not read.

    Raises:
        InputError: names the row, a cell that is no mark, or marks that contradict each other.
    """
    columns = (*theme_ids, NO_CODE)
    found: dict[str, frozenset[str] | None] = {}
    for line, row in filled_rows(file, ("unit_id", *columns)):
        unit_id = row["unit_id"]
        if not unit_id:  # the row with the definitions
            continue
        if unit_id in found:
            raise InputError(file, f"{unit_id} is there twice", "delete one", line)
        given = {name for name in columns if _is_marked(file, line, name, row[name])}
        if NO_CODE in given and len(given) > 1:
            fix = f"empty {NO_CODE}, or the codes"
            raise InputError(file, f"{unit_id} has codes and {NO_CODE}", fix, line)
        found[unit_id] = frozenset(given - {NO_CODE}) if given else None
    return found


def _is_marked(file: Path, line: int, column: str, cell: str) -> bool:
    said = cell.casefold()
    if said not in YES and said not in NO:
        fix = f"put x, or nothing; words go under {REMARK}"
        raise InputError(file, f"{column} says {cell!r}", fix, line)
    return said in YES


def import_sheet(file: Path, coder: str, *, replace: bool) -> Iterator[str]:
    """Take a filled-in coding sheet as a coder's coding; units that were coded before stay so.

    Raises:
        InputError: nobody is named, or not a person; a unit is of no set or was coded otherwise
            before.
    """
    if not coder:
        raise InputError(file, "does not say who coded", "name the person: --coder NAME")
    filled = filled_codes(file, load_codebook().theme_ids)
    coded, unit_ids = _set_with(file, filled)
    refuse_name(file, coded.id, coder)
    target = CODING_FOLDER / f"{coded.id}-coder-{coder}.csv"
    others = [one for one in CODING_FOLDER.glob(f"{target.stem}.*") if one != target]
    if others:
        fix = "save it as CSV UTF-8 and delete it, or give another name with --coder"
        raise InputError(others[0], "is where this coder's coding is", fix)
    column = ID_COLUMN[coded.unit]
    rows = filled_rows(target, (column, "codes")) if target.is_file() else []
    before = {row[column]: row["codes"] for _, row in rows if row["codes"] != UNREAD}
    order = load_codebook().theme_ids
    now = {
        unit_id: ";".join(code for code in order if code in codes)
        for unit_id, codes in filled.items()
        if codes is not None
    }
    differs = [unit_id for unit_id in now if before.get(unit_id, now[unit_id]) != now[unit_id]]
    if differs and not replace:
        problem = f"{len(differs)} units have other codes there, the first is {differs[0]}"
        raise InputError(target, problem, "give another name with --coder, or say --replace")
    codes = before | now
    listed = [(unit_id, codes.get(unit_id, UNREAD)) for unit_id in unit_ids]
    write_bytes(target, sheet_bytes([(column, "codes"), *listed]))
    left = sum(said == UNREAD for _, said in listed)
    n_coded = sum(map(bool, now.values()))
    yield f"{target}: {len(now)} units of the sheet were read, {n_coded} have a code"
    if left:
        yield f"{target}: {left} units of {coded.id} are still to be read ({UNREAD})"
    if load_study().coders.maker(coded.id, coder) == "unknown":
        yield f"{STUDY_FILE}: say under coders whether {coder} is a person or a language model"


def refuse_name(file: Path, set_id: str, coder: str) -> None:
    """A sheet is filled in by a person, whose coding is never taken for another's.

    Raises:
        InputError: the coder is a language model by the study, or stands for several people.
    """
    fix = "name the person who filled it in: --coder NAME"
    if coder.casefold() == ADJUDICATED:
        problem = "the adjudicated coding is made by people together, not by one sheet"
        raise InputError(file, problem, fix, "--coder")
    if load_study().coders.maker(set_id, coder) == "language_model":
        problem = f"{coder!r} is a language model by {STUDY_FILE}"
        raise InputError(file, problem, fix, "--coder")


def _set_with(file: Path, unit_ids: Iterable[str]) -> tuple[CodedSet, list[str]]:
    """The coded set that units are of, and the ids of all its units."""
    wanted = list(unit_ids)
    for coded in load_study().coded_sets:
        units = CODING_FOLDER / coded.units
        column = ID_COLUMN[coded.unit]
        ids = [row[column] for _, row in filled_rows(units, (column,))] if units.is_file() else []
        if wanted and {*wanted} <= {*ids}:
            return coded, ids
    problem = f"its units are not all of one coded set, the first is {''.join(wanted[:1])!r}"
    raise InputError(file, problem, "take the sheet that `peacetext draw` wrote")
