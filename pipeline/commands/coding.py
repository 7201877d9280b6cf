"""The coding as a person works at it: the codebook, sheets to be filled in, and agreement."""

from __future__ import annotations

import csv
import io
import textwrap
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import polars as pl

from pipeline.commands.printing import write_csv
from pipeline.run.errors import InputError
from pipeline.run.files import write_bytes
from pipeline.run.settings import load_settings
from pipeline.run.tables.table import csv_of
from pipeline.study.checks import load_study
from pipeline.study.codebook import Codebook, load_codebook
from pipeline.study.codings import CODING_FOLDER, ID_COLUMN, UNREAD, codes_by_unit, read_codings
from pipeline.study.manifest import Entry
from pipeline.study.study import CodedSet

_WIDTH = 88


def codebook_lines(codebook: Codebook) -> Iterator[str]:
    """NearDuplicates and codes with all that decides whether a unit takes a code."""
    if codebook.title:
        yield codebook.title
        yield ""
    for group in codebook.code_groups:
        yield f"{group.name.upper()} ({group.code_group_id})"
        for theme in group.themes:
            yield ""
            yield f"  {theme.theme_id}: {theme.name}"
            for heading, text in (
                ("", theme.definition),
                ("include: ", theme.include),
                ("exclude: ", theme.exclude),
            ):
                if text:
                    said = f"{heading}{' '.join(text.split())}"
                    yield textwrap.fill(
                        said, _WIDTH, initial_indent="    ", subsequent_indent="    "
                    )
        yield ""


def agreement_found(files: Sequence[Path]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Agreement a code, and the confusions between codes, of two coders' files.

    Intervals resample units that depend on each other: those of a paragraph of an article, or of
    a document.

    Raises:
        InputError: a file cannot be read, has no unit, or the two are not of the same units.
    """
    from pipeline.themes.agreement import agreement_table, confusion_table

    theme_ids = load_codebook().theme_ids
    passes = [codes_by_unit(file, theme_ids) for file in files]
    _check_same_units(files, passes)
    settings = load_settings()
    units = sorted(passes[0])
    given = np.array(
        [[[theme in one[unit] for theme in theme_ids] for unit in units] for one in passes]
    )
    groups = _groups(theme_ids)
    agreement = agreement_table(
        "both",
        given,
        theme_ids,
        [groups.get(unit, unit) for unit in units],
        settings.themes.confidence,
        settings.themes.bootstrap,
        settings.seed,
    )
    confusions = confusion_table("both", given, theme_ids)
    return agreement.drop("unit_set", "n_units", "n_coders"), confusions.drop("unit_set")


def _check_same_units(
    files: Sequence[Path], passes: Sequence[Mapping[str, frozenset[str]]]
) -> None:
    """The first unit that one file has and the other has not, where there is one."""
    for file, units in zip(files, passes, strict=True):
        if not units:
            raise InputError(file, "has no unit that was read", "name a coding with a row a unit")
    for one, other in ((0, 1), (1, 0)):
        missing = [unit for unit in passes[one] if unit not in passes[other]]
        if missing:
            problem = f"{len(missing)} units of {files[one]} have no row, the first is {missing[0]}"
            raise InputError(files[other], problem, "name two codings over the same units")


def _groups(theme_ids: Sequence[str]) -> dict[str, str]:
    """What each unit of corpus/coding depends on."""
    column = {"sentence": "paragraph", "paragraph": "symbol", "range": "document_id"}
    return {
        unit: str(group)
        for coding in read_codings(theme_ids, load_study().coded_sets)
        for unit, group in coding.units.select("unit_id", column[coding.unit]).rows()
    }


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
    head, *body = rows
    write_bytes(csv_file, csv_of(pl.DataFrame(body, schema=list(head), orient="row")))
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


def read_sheet_rows(file: Path, needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Line and cells of each row of a sheet that a person filled in, CSV or .xlsx.

    Raises:
        InputError: it cannot be read, or lacks a column.
    """
    try:
        grid = _grid(file)
    except (OSError, ValueError, KeyError, csv.Error, zipfile.BadZipFile) as error:
        fix = "save it as CSV UTF-8, or as .xlsx"
        raise InputError(file, f"cannot be read ({error})", fix) from None
    head = grid[0] if grid else []
    for name in needed:
        if name not in head:
            raise InputError(file, f"column {name} is missing", "restore it", 1)
    cells = (row + [""] * (len(head) - len(row)) for row in grid[1:])
    return [(line, dict(zip(head, row, strict=False))) for line, row in enumerate(cells, 2)]


def _grid(file: Path) -> list[list[str]]:
    if file.suffix.casefold() == ".xlsx":
        from openpyxl import load_workbook

        sheet = load_workbook(file, read_only=True, data_only=True).worksheets[0]
        return [
            ["" if value is None else str(value).strip() for value in row]
            for row in sheet.iter_rows(values_only=True)
        ]
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return [[cell.strip() for cell in row] for row in csv.reader(lines, strict=True)]


def is_coding_sheet(file: Path) -> bool:
    """Whether a file is a coding sheet, by its columns."""
    if file.suffix.casefold() not in (".csv", ".xlsx") or not file.is_file():
        return False
    try:
        read_sheet_rows(file, ("unit_id", NO_CODE))
    except InputError:
        return False
    return True


def filled_codes(file: Path, theme_ids: Sequence[str]) -> dict[str, frozenset[str] | None]:
    """What a person put into a coding sheet: the codes of each unit, None where it was not read.

    Raises:
        InputError: names the row, a cell that is no mark, or marks that contradict each other.
    """
    columns = (*theme_ids, NO_CODE)
    found: dict[str, frozenset[str] | None] = {}
    for line, row in read_sheet_rows(file, ("unit_id", *columns)):
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
    column = ID_COLUMN[coded.unit]
    rows = read_sheet_rows(target, (column, "codes")) if target.is_file() else []
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
    write_csv(pl.DataFrame(listed, schema=[column, "codes"], orient="row"), target)
    left = sum(said == UNREAD for _, said in listed)
    n_coded = sum(map(bool, now.values()))
    yield f"{target}: {len(now)} units of the sheet were read, {n_coded} have a code"
    if left:
        yield f"{target}: {left} units of {coded.id} are still to be read ({UNREAD})"


def _set_with(file: Path, unit_ids: Iterable[str]) -> tuple[CodedSet, list[str]]:
    """The coded set that units are of, and the ids of all its units."""
    wanted = list(unit_ids)
    for coded in load_study().coded_sets:
        units = CODING_FOLDER / coded.units
        column = ID_COLUMN[coded.unit]
        ids = (
            [row[column] for _, row in read_sheet_rows(units, (column,))] if units.is_file() else []
        )
        if wanted and {*wanted} <= {*ids}:
            return coded, ids
    problem = f"its units are not all of one coded set, the first is {''.join(wanted[:1])!r}"
    raise InputError(file, problem, "take the sheet that `peacetext draw` wrote")


def check_not_article(entry: Entry) -> None:
    """An article is what everything is compared with.

    Raises:
        InputError: this is it.
    """
    if PurePosixPath(entry.path).parts[0] == "article":
        raise InputError(entry.document_id, "is a coded article", "leave it in the corpus")


def check_not_coded(entry: Entry) -> None:
    """A coding whose text is gone could not be used any more.

    Raises:
        InputError: units of this document are coded.
    """
    check_not_article(entry)
    for coding in read_codings(load_codebook().theme_ids, load_study().coded_sets):
        if coding.unit == "paragraph" and entry.symbol:
            coded = int((coding.units["symbol"] == entry.symbol).sum())
            if coded:
                problem = f"{coded} paragraphs of {entry.document_id} are coded"
                raise InputError(coding.file, problem, "take them out there first")
        elif coding.unit == "range":
            for document_id, file, row in coding.units.select("document_id", "file", "row").rows():
                if document_id == entry.document_id:
                    raise InputError(file, f"codes {document_id}", "take it out there first", row)
