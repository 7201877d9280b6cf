"""Files of units: what was coded, a sentence of an article or a paragraph of a document a row.

A paragraph is named by the symbol of its document (or the document_id, where it has none), by its
number where one is known, by the SHA-256 of its words and by their fingerprint, without its text.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal

import polars as pl

from pipeline.run.errors import InputError
from pipeline.run.sheet import SUFFIXES, read_sheet
from pipeline.run.wording import stands_for_nothing

N_MINIMA = 32
"""Numbers in a fingerprint; the likeness that two give is right to within .09 (standard error)."""
UNREAD = "?"
"""What stands in the place of the codes of a unit until somebody has read it."""
SUGGESTED_COLUMNS = ("document_id", "block_id", "start", "end", "codes")
DRAW_COLUMNS = ("draw", "n_drawn", "inclusion_probability")
"""Of suggested units that were drawn: which draw, how many it had, and the chance of each."""
_N_LETTERS = 12
_BYTES = 8 * N_MINIMA
Unit = Literal["sentence", "paragraph", "range"]

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
        "text_sha256": pl.String,
        "inclusion_probability": pl.Float64,
    },
}
_PLACES: dict[str, type[pl.DataType]] = {
    "xml_p_index": pl.Int64,
    "paragraph": pl.String,
    "fingerprint": pl.String,
    "draw": pl.Int64,
}
"""Columns of a file of paragraphs that may be left out, or empty, as the document allows."""


def read_units(unit: Unit, file: Path) -> pl.DataFrame:
    """unit_id and what else the file must have, in its order; of paragraphs their places too.

    Raises:
        InputError: names the row, the problem and the fix.
    """
    id_column = ID_COLUMN[unit]
    columns: dict[str, type[pl.DataType]] = {id_column: pl.String, **_COLUMNS[unit]}
    places = _PLACES if unit == "paragraph" else {}
    rows: list[list[object]] = []
    seen: dict[str, int] = {}
    for line, row in rows_of(file, list(columns), [*places]):
        refuse_repeat(file, line, row[id_column], seen)
        values = [number(file, line, name, row[name], kind) for name, kind in columns.items()]
        for name, kind in places.items():
            cell = row.get(name, "").strip()
            values.append(number(file, line, name, cell, kind) if cell else None)
        rows.append(values)
        if unit == "paragraph":
            _check_drawn(file, line, row)
    names = ["unit_id", *_COLUMNS[unit], *places]
    kinds = [*columns.values(), *places.values()]
    return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row")


def _check_drawn(file: Path, line: int, row: Mapping[str, str]) -> None:
    """A probability is one, and a fingerprint is of the right length."""
    chance_in(file, line, row["inclusion_probability"])
    mark = row.get("fingerprint", "").strip()
    if mark and not re.fullmatch(f"[0-9a-f]{{{4 * N_MINIMA}}}", mark):
        fix = f"empty the cell, or restore its {4 * N_MINIMA} digits"
        raise InputError(file, "fingerprint is not one", fix, line)


def chance_in(file: Path, line: int, cell: str) -> float:
    """The probability with which a unit was drawn.

    Raises:
        InputError: it is none.
    """
    name = "inclusion_probability"
    chance = float(str(number(file, line, name, cell.strip(), pl.Float64)))
    if not 0 < chance <= 1:
        fix = "write the probability with which it was drawn, above 0 and at most 1"
        raise InputError(file, f"{name} is {cell.strip().replace(',', '.')}", fix, line)
    return chance


def unit_of(header: Collection[str]) -> Unit | None:
    """What a file with these columns codes; None when it is no coding with a row a unit."""
    for unit, column in ID_COLUMN.items():
        if {column, "codes"} <= set(header):
            return unit
    return None


def rows_of(
    file: Path, needed: Sequence[str], known: Sequence[str] = ()
) -> tuple[tuple[int, dict[str, str]], ...]:
    """Line number and cells of each row of a table, ``known`` columns among them where it has them.

    Raises:
        InputError: it cannot be read, or a column of ``needed`` is missing.
    """
    sheet = read_sheet(file, [*needed, *known], may_be_empty=True)
    for name in needed:
        if name not in sheet.columns:
            raise InputError(file, f"column {name} is missing", f"add it: {','.join(needed)}", 1)
    return sheet.rows


def number(file: Path, line: int, name: str, cell: str, kind: type[pl.DataType]) -> object:
    """A cell as its column has it.

    Raises:
        InputError: a number was needed.
    """
    if kind == pl.String:
        return cell
    try:
        # a spreadsheet of Europe writes 0,25
        return int(cell) if kind == pl.Int64 else float(cell.replace(",", "."))
    except ValueError:
        raise InputError(file, f"{name} is not a number: {cell!r}", "correct it", line) from None


def refuse_repeat(file: Path, line: int, unit_id: str, seen: dict[str, int]) -> None:
    """Remember the row of a unit.

    Raises:
        InputError: it had one before.
    """
    if unit_id in seen:
        raise InputError(file, f"{unit_id} stands in row {seen[unit_id]} too", "delete one", line)
    seen[unit_id] = line


def fingerprint(text: str) -> str:
    """What a text can be recognised by, word for word or nearly, but not read: 128 digits.

    MinHash (Broder 1997, "On the resemblance and containment of documents"): of 32 hashes of every
    12 consecutive letters and digits the least, and of that the last 16 bits. Spaces, hyphens,
    punctuation and capitals do not count, so that another join of lines changes nothing.

    >>> fingerprint("decision-making, at last") == fingerprint("decision -making at LAST")
    True
    """
    import numpy as np

    letters = "".join(letter for letter in text.casefold() if letter.isalnum())
    pieces = {letters[at : at + _N_LETTERS] for at in range(max(len(letters) - _N_LETTERS, 0) + 1)}
    hashed = b"".join(hashlib.shake_128(piece.encode()).digest(_BYTES) for piece in sorted(pieces))
    least = np.frombuffer(hashed, dtype="<u8").reshape(-1, N_MINIMA).min(axis=0)
    return str((least & 0xFFFF).astype(">u2").tobytes().hex())


def likeness(one: str, other: str) -> float:
    """Which part of the pieces of either text is in both, 0 to 1, as two fingerprints tell.

    Raises:
        ValueError: one of them is no fingerprint.
    """
    import numpy as np

    numbers = [np.frombuffer(bytes.fromhex(each), dtype=">u2") for each in (one, other)]
    if {len(each) for each in numbers} != {N_MINIMA}:
        raise ValueError(f"is not a fingerprint of {4 * N_MINIMA} digits")
    return float((numbers[0] == numbers[1]).mean())


def codes_in(file: Path, line: int, cell: str, theme_ids: Collection[str]) -> list[str]:
    """The codes of a cell, which semicolons, commas or lines separate.

    Raises:
        InputError: one is not in the codebook, is there twice, or is empty.
    """
    is_empty = stands_for_nothing(cell) and cell.strip() not in theme_ids
    codes = [] if is_empty else [code.strip() for code in re.split("[;,\n]", cell)]
    for place, code in enumerate(codes):
        if not code:
            raise InputError(file, "an empty code between two semicolons", "delete it", line)
        if code not in theme_ids:
            problem = f"no code {code!r} in codebook.yaml"
            raise InputError(file, problem, nearest(code, theme_ids), line)
        if code in codes[:place]:
            raise InputError(file, f"{code} is there twice", "delete one", line)
    return codes


def nearest(word: str, known: Collection[str]) -> str:
    """What a person may have meant, as a question, or some of what they may write."""
    near = difflib.get_close_matches(word, sorted(known), n=1)
    return f"did you mean {near[0]}?" if near else f"use one of {', '.join(sorted(known)[:5])} ..."


def coder_files(folder: Path, prefix: str) -> dict[str, Path]:
    """The tables whose names begin so, by the rest of the name: the coder.

    Raises:
        InputError: one coding is there in two forms.
    """
    found: dict[str, Path] = {}
    for file in sorted(folder.glob(f"{prefix}*")):
        if file.suffix.casefold() in SUFFIXES:
            coder = file.stem.removeprefix(prefix)
            if coder in found:
                problem = f"{found[coder].name} is the same coding in another form"
                raise InputError(file, problem, "delete one of the two")
            found[coder] = file
    return found


def codes_of(
    file: Path, id_column: str, unit_ids: Collection[str], theme_ids: Collection[str]
) -> tuple[list[tuple[str, str]], list[str]]:
    """unit_id and theme_id of every code that one coder gave, and the units that were read.

    A unit without a row, or with `UNREAD` in the place of its codes, was not.

    Raises:
        InputError: names the row, the problem and the fix.
    """
    known, seen = set(unit_ids), dict[str, int]()
    codes: list[tuple[str, str]] = []
    read: list[str] = []
    for line, row in rows_of(file, [id_column, "codes"]):
        unit_id = row[id_column]
        if unit_id not in known:
            raise InputError(file, f"no unit {unit_id!r}", nearest(unit_id, known), line)
        refuse_repeat(file, line, unit_id, seen)
        if row["codes"].strip() != UNREAD:
            read.append(unit_id)
            codes += [(unit_id, code) for code in codes_in(file, line, row["codes"], theme_ids)]
    return codes, read


def of_whole_draws(units: pl.DataFrame, uncoded: Collection[str], record: Path) -> pl.DataFrame:
    """The paragraphs to be used of a set of which nobody has coded some.

    The probability on file is that of being in any of the draws, which holds once all are coded.
    Until then the draws before the first unfinished one count, with the probability of being in
    any of these by the record of draws, and what is coded of later ones waits. Where that is not
    known, all that is coded is used, and without a probability: nothing is estimated with it.

    Args:
        units: as `read_units` gives them.
        uncoded: the ids of those that nobody has coded.
        record: the file of draws, a row a draw and document; it may be missing.
    """
    draw, is_coded = pl.col("draw").fill_null(0), ~pl.col("unit_id").is_in(list(uncoded))
    unfinished = units.filter(~is_coded).select(draw.min()).item()
    whole = units.filter(draw < unfinished)
    missed: dict[str, float] = dict.fromkeys(whole["symbol"], 1.0)
    if record.is_file():
        for line, row in rows_of(record, ("draw", "document", "inclusion_probability")):
            number_of_draw = int(str(number(record, line, "draw", row["draw"], pl.Int64)))
            if number_of_draw < unfinished and row["document"] in missed:
                cell = row["inclusion_probability"]
                missed[row["document"]] *= 1 - chance_in(record, line, cell)
    if whole.is_empty() or 1.0 in missed.values():
        none = pl.lit(None, pl.Float64).alias("inclusion_probability")
        return units.filter(is_coded).with_columns(none)
    chances = [1 - missed[symbol] for symbol in whole["symbol"]]
    return whole.with_columns(pl.Series("inclusion_probability", chances))


def range_id(row: Mapping[str, str]) -> str:
    """The name of a suggested unit, by its place and the draw that it is of."""
    draw = row.get("draw", "").strip()
    place = f"{row['block_id']}:{row['start'].strip()}-{row['end'].strip()}"
    return f"{place}@{draw}" if draw else place


def suggested_of(
    file: Path, theme_ids: Collection[str]
) -> tuple[pl.DataFrame, list[tuple[str, str]]]:
    """The units of one file of suggested ones that somebody has read, and the codes of each.

    Returns:
        unit_id, document_id, block_id, start, end, file, row, inclusion_probability, draw, n_drawn;
        and unit_id and theme_id of every code.

    Raises:
        InputError: names the row, the problem and the fix.
    """
    seen: dict[str, int] = {}
    units: list[tuple[object, ...]] = []
    codes: list[tuple[str, str]] = []
    for line, row in rows_of(file, SUGGESTED_COLUMNS, DRAW_COLUMNS):
        start, end = (number(file, line, name, row[name], pl.Int64) for name in ("start", "end"))
        draw, unit_id = row.get("draw", ""), range_id(row)
        refuse_repeat(file, line, unit_id, seen)
        if row["codes"].strip() == UNREAD:
            continue
        is_drawn = draw and {*DRAW_COLUMNS} <= row.keys()
        chance = chance_in(file, line, row["inclusion_probability"]) if is_drawn else None
        n_drawn = number(file, line, "n_drawn", row["n_drawn"], pl.Int64) if is_drawn else None
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
    return pl.DataFrame(units, schema=schema, orient="row"), codes


def whole_suggestions(read: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """The units that anybody has read, and a line a draw: whether all of it was read.

    A draw of which a part was read, chosen by who read it, is learnt from, not estimated with.

    Args:
        read: of all files, as `suggested_of` gives them.
    """
    known = pl.col("inclusion_probability").max().over("unit_id")
    units = read.with_columns(known).unique("unit_id", keep="first", maintain_order=True)
    n_drawn = pl.col("n_drawn").max().over("draw")
    is_whole = pl.len().over("draw") == n_drawn
    drawn = units.filter(n_drawn > 0).with_columns(n_drawn, whole=is_whole)
    counts = drawn.group_by("draw", "n_drawn", "whole", maintain_order=True).len()
    said = {True: "estimated with", False: "not estimated with until all are"}
    lines = [
        f"draw {draw}: {n} of {of} were read; {said[whole]}"
        for draw, of, whole, n in counts.iter_rows()
    ]
    chance = pl.when(is_whole).then("inclusion_probability").alias("inclusion_probability")
    return units.with_columns(chance).drop("draw", "n_drawn"), lines
