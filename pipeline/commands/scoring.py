"""What a person's filled-in sheets say of codes and topics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from pipeline.commands.sheets import filled_codes, filled_rows
from pipeline.run.errors import InputError
from pipeline.run.files import read_json
from pipeline.run.settings import load_settings
from pipeline.study.codebook import load_codebook
from pipeline.themes.samples import Booleans, Floats


def scored_sheets(folder: Path, key_file: Path) -> dict[str, pl.DataFrame]:
    """What a person's sheets say: tables by what they are of; of an empty sheet there is none.

    Raises:
        InputError: a sheet or the key cannot be read, or nothing was filled in.
    """
    if not key_file.is_file():
        raise InputError(key_file, "is missing", "name the key of these sheets with --key")
    key = read_json(key_file)
    found = _scored_codes(_filled(folder, CODES), key)
    intrusion = [
        row
        for name, n_shown in ((WORDS, SHOWN_WORDS + 1), (PASSAGES_OF, SHOWN_PASSAGES + 1))
        if (row := _scored_intrusion(_filled(folder, name), name, key[name], n_shown))
    ]
    if intrusion:
        found["topics: who finds what is not of them"] = pl.DataFrame(intrusion)
    rows = filled_rows(_filled(folder, NAMES), ("question", NAME))
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


def _filled(folder: Path, name: str) -> Path:
    """The sheet as CSV or workbook: the one that was saved last."""
    files = [file for end in (".csv", ".xlsx") if (file := folder / f"{name}{end}").is_file()]
    if not files:
        raise InputError(folder / f"{name}.xlsx", "is missing", "put the sheet there")
    return max(files, key=lambda file: file.stat().st_mtime_ns)


def _scored_intrusion(
    file: Path, name: str, answers: Mapping[str, Mapping[str, Any]], n_shown: int
) -> dict[str, Any] | None:
    """How often the intruder was found, against chance (exact binomial test, one-sided)."""
    from scipy.stats import binomtest

    from pipeline.compare.statistics.shares import wilson_share

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
    from pipeline.compare.statistics.shares import clustered_share

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
    """Share of each code in each set, as coded and corrected by the person's reading."""
    from pipeline.themes.prevalence import CodedPassages, corrected_shares

    settings, drawn = load_settings(), [unit["inclusion_probability"] for unit in checked.units]
    weights = checked.weights / np.array(drawn)
    rows = []
    for unit_set in sorted({unit["unit_set"] for unit in checked.units}):
        inside = np.array([unit["unit_set"] == unit_set for unit in checked.units])
        given = CodedPassages(checked.person, checked.codes, weights, checked.groups).take(inside)
        coded = np.array([shares[unit_set][code] for code in checked.theme_ids])
        found = corrected_shares(coded, given, settings.themes, settings.seed)
        values = zip(checked.theme_ids, coded, found.share, found.low, found.high, strict=True)
        rows += [(unit_set, int(inside.sum()), *each) for each in values]
    columns = ["unit_set", "n", "theme_id", "share", "corrected", "low", "high"]
    return pl.DataFrame(rows, schema=columns, orient="row")
