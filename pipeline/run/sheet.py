"""Tables as people have them: CSV of any program, tabs, or a workbook of Excel or LibreOffice.

All who read a table that a person may have saved read it here, so that every command takes the same
ones. What is ambiguous is refused with what was seen. What `pipeline.run.files` does to a table for
the sake of spreadsheets, its mark and the apostrophe before a formula, is undone.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path

from pipeline.run.errors import InputError
from pipeline.run.files import MARK, as_meant
from pipeline.run.wording import counted

SUFFIXES = (".csv", ".tsv", ".tab", ".xlsx", ".xlsm", ".xlsb", ".ods", ".xls")
"""What the name of a table may end in; what it holds is found out from its bytes."""

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_NO_DELIMITER = "\x1f"  # of a table of one column, whose lines hold none
_AS_UTF8 = "save it as CSV UTF-8, or as .xlsx"
_LARGEST, _MOST_CELLS = 500_000_000, 5_000_000  # bytes of a workbook unpacked, and its cells
_ARCHIVE, _OLD_WORKBOOK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LETTER = r"[^\W\d_]"
_STRANGE = re.compile(
    rf"{_LETTER}[^\w\s!-/:-@\[-`{{-~ªº°´·‘’“–—…\xad-]{{1,9}}{_LETTER}|[¹³][a-z]|\ufffd"
    r"|[a-zß-öø-ÿœšž][À-ÖØ-ÞŠŒŽŸ]|[À-ÖØ-öø-ÿŠŒŽšœžŸƒ]{4}"
)
"""A word that no Western language has: other encodings look so when read as Windows-1252."""
_BLANK = f" \t\r\n\xa0\u200b{MARK}"


def _said(cell: str) -> str:
    return cell.strip(_BLANK)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of text.

    Attributes:
        columns: names in the first row, each one once.
        rows: of each row that is not blank the line on which it starts, and its cells by column.
        plain: whether it is UTF-8 with commas between the cells, as we write it ourselves.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]
    plain: bool = True


_Grid = list[tuple[int, list[str]]]  # line and cells of each row


def read_sheet(file: Path, known: Collection[str], *, may_be_empty: bool = False) -> Sheet:
    """Read a table from a file.

    Args:
        file: named in every message.
        known: columns that are looked for, in any case; they decide between two ways to read it,
            and a row that ends before one of them is refused.
        may_be_empty: whether a table without rows is in order.

    Raises:
        InputError: it is not there, is no table, can be read in two ways, or has no row.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        said = "is missing" if not file.exists() else f"cannot be read ({error.strerror})"
        raise InputError(file, said, "name a table that exists") from None
    sheet = parse_sheet(content, file, known)
    if not sheet.rows and not may_be_empty:
        problem = "has no row under its header" if sheet.columns else "is empty"
        raise InputError(file, problem, "name a table with a row for each unit, text or coding")
    return sheet


def parse_sheet(content: bytes, file: Path, known: Collection[str]) -> Sheet:
    """The table in these bytes; as `read_sheet`.

    Raises:
        InputError: they hold no table, or can be read in two ways.
    """
    names = {name.casefold(): name for name in known}
    if content.startswith(_OLD_WORKBOOK):
        problem = "is a workbook of Excel 97, or locked by a password"
        raise InputError(file, problem, "save it as .xlsx without a password")
    if content.startswith(_ARCHIVE):
        return _sheet(_of_workbook(content, file, names), file, names, plain=False)
    text, encoding = _decoded(content, file)
    grid, mark = _of_text(text, file, names)
    return _sheet(grid, file, names, plain=(encoding, mark) == ("utf-8", ","))


def _sheet(grid: _Grid, file: Path, known: Mapping[str, str], *, plain: bool) -> Sheet:
    meant = [(line, [as_meant(cell) for cell in cells]) for line, cells in grid]
    filled = [(line, cells) for line, cells in meant if any(map(_said, cells))]
    if not filled:
        return Sheet((), (), plain)
    (first, header), body = filled[0], filled[1:]
    width = max(place for place, name in enumerate(header, 1) if _said(name))
    used = max((_width(cells) for _, cells in body), default=0)
    width = used if width < used <= len(header) else width  # a column may have no name
    columns = _named(header[:width], file, first, known)
    needed = max((n for n, name in enumerate(columns, 1) if name.casefold() in known), default=0)
    for line, cells in body:
        if _width(cells) > width or len(cells) < (needed or width):
            raise _ragged(file, line, cells, columns, body)
    rows = tuple(
        (line, dict(zip(columns, [*cells[:width], *[""] * width], strict=False)))
        for line, cells in body
    )
    return Sheet(tuple(columns), rows, plain)


def _named(header: Sequence[str], file: Path, row: int, known: Mapping[str, str]) -> list[str]:
    """The names of the columns, each once."""
    columns: dict[str, str] = {}
    for place, cell in enumerate(header, 1):
        name = cell.strip(_BLANK) or f"column {place}"
        key = name.casefold()
        if key in columns and key in known:
            raise InputError(file, f"column {name} is there twice", "delete or rename one", row)
        if key in columns:
            name = key = f"{name} ({place})"
        columns[key] = known.get(key, name)
    return list(columns.values())


def _ragged(
    file: Path, line: int, cells: Sequence[str], columns: Sequence[str], body: _Grid
) -> InputError:
    """Why a row has more or fewer cells than the header."""
    problem = f"has {counted(len(cells), 'cell')}, and the first row names {len(columns)}"
    fix = "give every column a cell, and put a cell that holds a separator in quotation marks"
    if len(body) > 1 and all(len(each) == len(columns) + 1 for _, each in body):
        problem = f"like every row has {len(cells)} cells, and the first row names {len(columns)}"
        fix = "name the first column too (R: write.csv with row.names = FALSE)"
    return InputError(file, problem, fix, line)


def _width(cells: Sequence[str]) -> int:
    """Cells up to the last one that is not blank."""
    return max((place for place, cell in enumerate(cells, 1) if _said(cell)), default=0)


def _decoded(content: bytes, file: Path) -> tuple[str, str]:
    """The text, and its encoding: that of its mark, UTF-8, UTF-16 without a mark, Windows-1252."""
    mark, encoding = next((each for each in _MARKS if content.startswith(each[0])), (b"", "utf-8"))
    body = content.removeprefix(mark)
    if not mark and body.count(b"\0") > len(body) / 8:
        even, odd = body[::2].count(b"\0"), body[1::2].count(b"\0")
        encoding = "utf-16-le" if odd > 9 * even else "utf-16-be" if even > 9 * odd else "utf-8"
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        row = len(re.findall(rb"\r\n?|\n", body[: error.start])) + 1
        if encoding != "utf-8" or mark or re.search("[^\0-\x7f]", body.decode(errors="ignore")):
            problem = f"is {encoding.upper()} but for some bytes, the first of them here"
            raise InputError(file, problem, _AS_UTF8, row) from None
        text, encoding = _western(body, file), "cp1252"
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        raise InputError(file, "holds a byte that no text holds (NUL)", _AS_UTF8, row)
    return text.removeprefix(MARK), encoding


def _western(body: bytes, file: Path) -> str:
    """Text in Windows-1252, which Excel writes in the West; refused where no word would be so.

    Every other encoding of one byte could be read so too, only wrongly.
    """
    if strange := _STRANGE.search(text := body.decode("cp1252", errors="replace")):
        start, end = strange.span()
        before, after = (
            re.split(r"\W", text[:start])[-1],
            re.split(r"\W", text[end:], maxsplit=1)[0],
        )
        row = len(re.findall(r"\r\n?|\n", text[:start])) + 1
        word = f"{before}{strange[0]}{after}"[:40]
        problem = f"is not UTF-8, and not Windows-1252 either, where it would say {word!r}"
        raise InputError(file, problem, _AS_UTF8, row)
    return text


def _of_text(text: str, file: Path, known: Collection[str]) -> tuple[_Grid, str]:
    """The rows, and the mark between cells: the one that the file names, or that fits."""
    csv.field_size_limit(max(len(text), 131_072))
    text = text.replace("\r\r\n", "\r\n")
    declared = re.match(r'"?sep=([^\r\n"])"?[,;\t|]*(?:\r\n?|\n|\Z)', text, re.IGNORECASE)
    if declared:
        below = _rows(text[declared.end() :], declared[1], file)
        return [(line + 1, cells) for line, cells in below], "sep="
    marks = _marks(text, known)
    if not marks:
        _refuse_hidden_marks(text, file)
        return _rows(text, _NO_DELIMITER, file), ","
    if len(marks) == 1:
        return _rows(text, marks[0], file), marks[0]
    read: dict[str, _Grid] = {}
    for mark in marks:
        grid, problem = _strict(text, mark)
        if not problem and len({len(cells) for _, cells in grid if any(map(_said, cells))}) == 1:
            read[mark] = grid
    if len(read) != 1:
        seen = " or ".join(_DELIMITERS[mark] for mark in marks)
        problem = f"its cells may be separated by {seen}: {text.lstrip(_BLANK).splitlines()[0]!r}"
        raise InputError(file, problem, "put a line before it that says which: sep=;", 1)
    ((mark, grid),) = read.items()
    return grid, mark


def _marks(text: str, known: Collection[str]) -> list[str]:
    """The marks that separate cells of the first row; those that give most known names."""
    n_known: dict[str, int] = {}
    for mark in _DELIMITERS:
        lines = io.StringIO(text.lstrip("\r\n"), newline="")
        cells = next(csv.reader(lines, delimiter=mark), [])
        unwrapped = _unwrapped(cells, mark)
        n = sum(_said(cell).casefold() in known for cell in unwrapped)
        if len(cells) > 1 or (len(unwrapped) > 1 and n):
            n_known[mark] = n
    return [mark for mark, n in n_known.items() if n == max(n_known.values())]


def _unwrapped(cells: list[str], mark: str) -> list[str]:
    """The cells of a row that a spreadsheet with another separator took for one cell."""
    wrapped = len(cells) == 1 and mark in cells[0] and not re.search("[\r\n]", cells[0])
    return next(csv.reader(cells, delimiter=mark)) if wrapped else cells


def _refuse_hidden_marks(text: str, file: Path) -> None:
    """One column, and rows that all fall into as many cells: perhaps there are more columns."""
    for mark, said in _DELIMITERS.items():
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
        widths = [len(cells) for cells in rows if any(map(_said, cells))][1:]
        if len(set(widths)) == 1 and widths[0] > 1:
            problem = f"names one column, and all other rows have {widths[0]} cells by {said}"
            raise InputError(file, problem, "name every column, or put texts in quotation marks", 1)


def _rows(text: str, mark: str, file: Path) -> _Grid:
    """Rows with quotation marks doubled inside a cell, or with backslashes before them.

    Raises:
        InputError: neither, or both and they differ.
    """
    grid, problem = _strict(text, mark)
    if '\\"' in text:
        doubled = re.sub(r'(?<!\\)((?:\\\\)*)\\"', r'\1""', text)
        escaped, no_escape = _strict(doubled, mark)
        if not problem and not no_escape and grid != escaped:
            fix = "double the quotation marks inside cells instead"
            raise InputError(file, 'a backslash before " may stand for itself or not', fix)
        if problem and not no_escape:
            return [(line, _unescaped(cells, text)) for line, cells in escaped]
    if problem and mark == _NO_DELIMITER:
        problem = "its cells are not separated by commas, semicolons or tabs"
        raise InputError(file, problem, "save it with commas between the cells", grid[-1][0])
    if problem:
        fix = "close every quotation mark, and double those inside a cell"
        raise InputError(file, f"is not CSV ({problem})", fix, grid[-1][0])
    return grid


def _strict(text: str, mark: str) -> tuple[_Grid, str]:
    """Rows with the lines on which they start; and what is wrong in the last of them, if any."""
    grid: _Grid = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    line = 1
    try:
        for cells in reader:
            grid.append((line, _unwrapped(cells, mark)))
            line = reader.line_num + 1
    except csv.Error as error:
        return [*grid, (line, [])], str(error)
    return grid, ""


def _unescaped(cells: Sequence[str], text: str) -> list[str]:
    r"""Cells of a file that writes \" for "; where it writes \\ for \ too, that is undone."""
    if re.search(r'(?<!\\)(?:\\\\)*\\(?![\\"N\n])', text):
        return list(cells)
    return [re.sub(r"\\([\\\n])", r"\1", cell) for cell in cells]


def _of_workbook(content: bytes, file: Path, known: Collection[str]) -> _Grid:
    """Rows of the one sheet that can be meant: visible, filled, and with most known columns."""
    sheets = _sheets(content, file)
    n_known: dict[str, int] = {}
    for name, grid in sheets.items():
        if header := next((cells for _, cells in grid if any(map(_said, cells))), None):
            n_known[name] = sum(_said(cell).casefold() in known for cell in header)
    best = [name for name, n in n_known.items() if n == max(n_known.values())]
    if len(best) > 1:
        seen = f"any of its sheets may be meant: {', '.join(best)}"
        raise InputError(file, seen, "save the one that is meant as CSV UTF-8")
    return sheets[best[0]] if best else []


def _sheets(content: bytes, file: Path) -> dict[str, _Grid]:
    """The visible sheets by name."""
    from python_calamine import CalamineWorkbook, SheetVisibleEnum

    values: Mapping[str, Sequence[Sequence[object]]] | None = None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked < _LARGEST:
            book = CalamineWorkbook.from_filelike(io.BytesIO(content))
            visible = (m for m in book.sheets_metadata if m.visible == SheetVisibleEnum.Visible)
            sheets = [book.get_sheet_by_name(one.name) for one in visible]
            if sum(one.total_height * one.total_width for one in sheets) < _MOST_CELLS:
                values = {one.name: one.to_python(skip_empty_area=False) for one in sheets}
    except BaseException as error:  # a library in Rust that gives up raises no Exception
        if isinstance(error, KeyboardInterrupt | MemoryError):
            raise
        problem = f"is a workbook that cannot be read ({error})"
        raise InputError(file, problem, "save it as CSV UTF-8") from None
    if values is None:
        raise InputError(file, "is too large a workbook", "delete what is not the table")
    return {
        name: [(line, [*map(_as_text, row)]) for line, row in enumerate(rows, 1)]
        for name, rows in values.items()
    }


def _as_text(value: object) -> str:
    """A cell as CSV would have it: whole numbers without a point, dates as 2026-11-26."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, date | time):
        return value.isoformat().removesuffix("T00:00:00")
    return str(value).replace("_x000D_", "")
