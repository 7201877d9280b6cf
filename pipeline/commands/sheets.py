"""Sheets that a person fills in: written, read again, and taken in as a coding."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.run.errors import InputError
from pipeline.run.files import sheet_bytes, write_bytes
from pipeline.study.checks import load_study
from pipeline.study.codebook import Codebook, load_codebook
from pipeline.study.codings import CODING_FOLDER, UNREAD
from pipeline.study.study import STUDY_FILE, CodedSet
from pipeline.study.unit_files import ID_COLUMN, rows_of

YES = frozenset("x 1 yes y true ✓ ✔ ja oui sí si sim да".split())
NO = frozenset(["", *"0 no n false - – nein non não нет".split()])
"""What a cell of a coding sheet says in place of a mark, in any case."""
NO_CODE, REMARK = "no_code", "remark"
_SHEET_HEAD = "Put x under every code that fits, or under no_code where none does."
_Rows = Sequence[Sequence[str]]


def coding_sheet(units: Iterable[tuple[str, str]], codebook: Codebook) -> list[list[str]]:
    """The rows of a sheet in which a person codes: a unit a row, the codes as columns.

    Args:
        units: id and text of each, in the order in which they are to be read.
        codebook: its definitions stand in the second row.
    """
    head = ["unit_id", "text", *codebook.theme_ids, NO_CODE, REMARK]
    said = [f"{theme.name}: {' '.join(theme.definition.split())}" for theme in codebook.themes]
    blank = [""] * (len(head) - 2)
    meant = ["", _SHEET_HEAD, *said, "None of the codes fits.", "What you want to say."]
    return [head, meant, *([unit_id, text, *blank] for unit_id, text in units)]


def codebook_sheet(codebook: Codebook) -> list[list[str]]:
    """The codebook as rows."""
    parts = [
        [theme.theme_id, theme.name, theme.definition, theme.include, theme.exclude]
        for theme in codebook.themes
    ]
    return [["code", "name", "definition", "include", "exclude"], *parts]


def check_free(stem: Path) -> list[Path]:
    """The files of a sheet.

    Raises:
        InputError: one of them is there already, and may be filled in.
    """
    files = [stem.with_name(f"{stem.name}{ending}") for ending in (".csv", ".xlsx")]
    for file in files:
        if file.exists():
            raise InputError(file, "is there already", "name another with --out, or delete it")
    return files


def write_sheets(stem: Path, rows: _Rows, beside: Mapping[str, _Rows] | None = None) -> list[Path]:
    """Write rows as STEM.csv and, with other sheets beside them, as STEM.xlsx; the two files.

    Raises:
        InputError: one of the files is there already.
    """
    csv_file, workbook = check_free(stem)
    write_bytes(csv_file, sheet_bytes(rows))
    write_bytes(workbook, _workbook({stem.name: rows, **(beside or {})}))
    return [csv_file, workbook]


def _workbook(sheets: Mapping[str, _Rows]) -> bytes:
    """A workbook of Excel; every cell is text, so that none runs as a formula."""
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Alignment, Font

    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name[:31])
        for line, cells in enumerate(rows, 1):
            for column, text in enumerate(cells, 1):
                cell = sheet.cell(line, column, ILLEGAL_CHARACTERS_RE.sub("", str(text)))
                cell.data_type = "s" if text else "n"
                cell.alignment = Alignment(wrap_text=True, vertical="top")
                cell.font = Font(bold=line == 1)
        for column, head in enumerate(rows[0], 1):
            letter = sheet.cell(1, column).column_letter
            sheet.column_dimensions[letter].width = 80 if head == "text" else 22
        sheet.freeze_panes = "C2"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


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
        InputError: nobody is named, a unit is of no set or was coded otherwise before.
    """
    if not coder:
        raise InputError(file, "does not say who coded", "name the person: --coder NAME")
    filled = filled_codes(file, load_codebook().theme_ids)
    coded, unit_ids = _set_with(file, filled)
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
