"""A table is read as the person meant it who saved it, or refused with what was seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.run.errors import InputError
from pipeline.run.files import sheet_bytes
from pipeline.run.sheet import parse_sheet, read_sheet

FILE = Path("notes.csv")
WORKBOOKS = Path(__file__).parent / "field_cases" / "workbooks"
TEXTS = [["1", "geprüft, “gut”"], ["2", 'sie sagte "nein"; dann –']]


def rows_of(content: bytes | str, *known: str) -> list[list[str]]:
    body = content if isinstance(content, bytes) else content.encode()
    return [list(cells.values()) for _, cells in parse_sheet(body, FILE, known).rows]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_separators_line_ends_and_encodings_may_be_any(encoding: str, mark: str, end: str) -> None:
    rows = [["id", "text"], *TEXTS]
    quoted = [mark.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]

    content = (end.join(quoted) + end).encode(encoding)

    assert rows_of(content, "text") == TEXTS


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;", "sep=;;"])
def test_a_line_that_names_the_separator_decides(first: str) -> None:
    content = f"{first}\r\nid;text, as said\r\n1;a, b\r\n"
    assert rows_of(content) == [["1", "a, b"]]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        # a spreadsheet with another separator took whole rows for one cell
        ('"id,text"\n"1,""He said, no"""\n2,x\n', [["1", "He said, no"], ["2", "x"]]),
        # empty columns and rows that a spreadsheet adds
        ("id,text,,\n1,a,,\n,,,\n2,b,,\n", [["1", "a"], ["2", "b"]]),
        # the column of row numbers of pandas has no name
        (",text\n0,a\n1,b\n", [["0", "a"], ["1", "b"]]),
        # a spreadsheet leaves off what is empty at the end of a row
        ("id,text,remark\n1,a,x\n2,b\n", [["1", "a", "x"], ["2", "b", ""]]),
        # zeros kept by a formula, and an apostrophe before what is none
        ('id,text\n="007",\'=SUM(A1)\n', [["007", "=SUM(A1)"]]),
        # a backslash that is no escape
        ('id,text\n1,"C:\\dir\\"\n2,"x"\n', [["1", "C:\\dir\\"], ["2", "x"]]),
        # one column, so that a comma is part of a text
        ("text\nHello, world\nAnd so on\n", [["Hello, world"], ["And so on"]]),
        # blank lines and a second byte order mark before the header, blanks around names
        ("\ufeff\ufeff\n\n id , Text \n1,a\n", [["1", "a"]]),
    ],
)
def test_what_spreadsheets_and_programs_do_to_a_table_is_undone(
    content: str, rows: list[list[str]]
) -> None:
    assert rows_of(content, "text") == rows


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a;b,c\n1;2,3\n", "row 1: its cells may be separated by commas or semicolons: 'a;b,c'"),
        ("id,text\n1,naïve\n".encode("cp437"), "row 2: is not UTF-8, and not Windows-1252 either"),
        ("id,text\n1,wąską łąkę\n".encode("cp1250"), "it would say 'w¹sk¹'"),
        ("id,text\n1,caf\n".encode("utf-16")[:-1], "UTF-16-LE but for some bytes"),
        (b"id,text\n1,a\0b\n", "row 2: holds a byte that no text holds"),
        (b"\xd0\xcf\x11\xe0 and more", "is a workbook of Excel 97, or locked by a password"),
    ],
)
def test_what_is_ambiguous_or_broken_is_refused_with_what_was_seen(
    content: bytes | str, said: str
) -> None:
    with pytest.raises(InputError) as caught:
        rows_of(content)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_old_mac_is_not_taken_for_windows() -> None:
    with pytest.raises(InputError, match="not Windows-1252 either"):
        rows_of("id,text\r1,à bientôt, Zoë\r".encode("mac_roman"))


def test_a_table_without_rows_is_no_table_of_nothing(tmp_path: Path) -> None:
    file = tmp_path / "notes.csv"
    file.write_text("id,text\n\n,\n")
    with pytest.raises(InputError, match="has no row under its header"):
        read_sheet(file, ("text",))
    assert read_sheet(file, ("text",), may_be_empty=True).rows == ()


@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
def test_a_workbook_is_read_by_what_it_holds_and_not_by_its_name(suffix: str) -> None:
    content = (WORKBOOKS / f"article-coder-workbook{suffix}").read_bytes()
    known = ("sentence_id", "codes") if suffix == ".xlsx" else ()

    sheet = parse_sheet(content, Path("renamed.csv"), known)

    first = {"sentence_id": "g26-s001", "codes": "robust_force;effectiveness", "row": "1"}
    assert sheet.rows[0] == (2, first | {"day": "2026-11-26", "note": "geprüft"})


def test_two_sheets_that_may_be_meant_are_named() -> None:
    content = (WORKBOOKS / "article-coder-workbook.xlsx").read_bytes()
    with pytest.raises(InputError, match="any of its sheets may be meant: Coding, Notes"):
        parse_sheet(content, FILE, ())


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1))
def test_what_is_written_comes_back_cell_by_cell(rows: list[tuple[str, str]]) -> None:
    """But for characters that no spreadsheet keeps, and rows that are blank."""
    kept = [
        tuple(cell.replace("\0", "").encode(errors="ignore").decode() for cell in row)
        for row in rows
    ]
    sheet = parse_sheet(sheet_bytes([("one", "other"), *kept]), FILE, ("one", "other"))
    blank = " \t\r\n\xa0\u200b\ufeff"
    filled = [list(row) for row in kept if any(cell.strip(blank) for cell in row)]
    assert [list(cells.values()) for _, cells in sheet.rows] == filled
