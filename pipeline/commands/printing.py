"""What a run has found, as frames and text fit for a terminal."""

from __future__ import annotations

import io
import os
import shutil
import sys
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

import polars as pl
import typer

from pipeline.run.errors import InputError
from pipeline.run.files import FINDINGS_FILE, sheet_bytes, write_bytes
from pipeline.run.tables.compare import GAP
from pipeline.run.tables.table import csv_of, read_table
from pipeline.run.tables.texts import PASSAGES
from pipeline.run.tables.themes import EVALUATION
from pipeline.run.tables.topics import TOPICS
from pipeline.run.wording import Kind
from pipeline.study.codebook import Codebook
from pipeline.study.manifest import Entry
from pipeline.study.study import load_missions

_WIDE = 200  # columns, where the output is a file or a pipe
_NARROW = "a column"  # of words is as wide as this at least
_READABLE = 88  # columns of running text


def print_table(frame: pl.DataFrame) -> None:
    """Print a frame with one line a row where it fits, wrapped where it does not."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    cells = [[_cell(value) for value in column.to_list()] for column in frame.iter_columns()]
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0))
    least = 0
    for name, column in zip(frame.columns, cells, strict=True):
        kind = frame.schema[name]
        numeric = kind.is_numeric()
        # an id or a number that is cut or broken is another one
        whole = numeric or kind == pl.Boolean or name.endswith("_id") or name == "symbol"
        widest = max(map(len, column), default=0)
        heading = name.replace("_", "\n" if whole and len(name) > widest else " ")
        justify: Literal["left", "right"] = "right" if numeric else "left"
        table.add_column(heading, justify=justify, overflow="fold", no_wrap=whole)
        least += 1 + max(map(len, [*heading.splitlines(), *column] if whole else [_NARROW]))
    for row in zip(*cells, strict=True):
        # Text, not str: what stands in a document must never be read as markup
        table.add_row(*map(Text, row))
    # where not even that fits, the terminal breaks the lines, and nothing is lost
    console = Console(width=max(_width(), least))
    with console.capture() as printed:
        console.print(table)
    typer.echo(printed.get(), nl=False)  # a console of its own makes a closed pipe an error


def _width() -> int:
    """Columns of the terminal; where the output is a file or a pipe, more."""
    known = sys.stdout.isatty() or "COLUMNS" in os.environ
    return shutil.get_terminal_size().columns if known else _WIDE


def write_csv(frame: pl.DataFrame, file: Path) -> None:
    """Write a table where a person asked for it, fit for a spreadsheet, whole or not at all.

    Raises:
        InputError: a folder is there.
    """
    if file.is_dir():
        raise InputError(file, "is a folder", "name a file in it")
    write_bytes(file, csv_of(frame))


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.2f}"
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    return str(value)


def topics_found() -> pl.DataFrame:
    """One row a topic, largest first."""
    return (
        read_table(TOPICS)
        .sort("n_passages", "topic_id", descending=[True, False])
        .select("topic_id", "label", "n_passages", pl.col("terms").list.head(8))
    )


def themes_found() -> pl.DataFrame:
    """One row a setting and theme: the model in use, its interval, and one coding against another.

    Best first within a setting; 'macro' is the mean of the themes that can be learnt.
    """
    from pipeline.run.settings import load_settings

    found = read_table(EVALUATION).with_columns(pl.col("setting", "measure").cast(pl.String))
    keys = ["setting", "theme_id"]
    f1 = found.filter(pl.col("measure") == "f1").select(
        *keys, "model", "support", "learnable", f1="value", low="low", high="high"
    )
    precision = found.filter(pl.col("measure") == "average_precision").select(
        *keys, "model", average_precision="value"
    )
    coder = f1.filter(pl.col("model") == "coder").select(*keys, coder_f1="f1")
    return (
        f1.filter(pl.col("model") == load_settings().themes.model)
        .join(precision, on=[*keys, "model"], how="left")
        .join(coder, on=keys, how="left")
        .sort("setting", "learnable", "f1", descending=[False, True, True])
        .drop("model")
    )


_BY_PASSAGES = "Share of each side's passages; it leans to the texts that the codes come from"
_BY_PARTS = "\nPart of all that each side says of these themes; the findings rest on it"


def gap_found() -> Iterator[tuple[str, pl.DataFrame]]:
    """By passages and by parts: a heading, and one row a theme, from more in policy to less."""
    found = read_table(GAP)
    for heading, start, end in ((_BY_PASSAGES, "", ""), (_BY_PARTS, "part_", "_part")):
        shares = (pl.col(f"{side}{end}").alias(side) for side in ("policy", "interviews"))
        rest = (
            pl.col(f"{start}{name}").alias(name)
            for name in ("difference", "low", "high", "q_value")
        )
        table = found.select("theme_id", *shares, *rest)
        yield heading, table.sort("difference", descending=True, nulls_last=True)


def findings_lines() -> Iterator[str]:
    """The half-page that the compare stage wrote, for a terminal: headings, wrapped paragraphs.

    Raises:
        InputError: it has not run.
    """
    if not FINDINGS_FILE.is_file():
        raise InputError(FINDINGS_FILE, "is missing", "run: dvc repro compare")
    width = min(_width(), _READABLE)
    for line in FINDINGS_FILE.read_text(encoding="utf-8").splitlines():
        heading, _, rest = line.removeprefix("**").partition("**")
        if line.startswith("**"):
            yield heading.upper()
        said = rest.strip() if line.startswith("**") else line.replace("**", "")
        if said.startswith("# "):
            yield said.removeprefix("# ").upper()
        else:
            indent = "  " if said.startswith("- ") else ""
            yield textwrap.fill(said, width, subsequent_indent=indent)


def nearest_passages(text: str, n: int) -> pl.DataFrame:
    """The ``n`` passages whose vectors are nearest to that of ``text``, nearest first.

    Raises:
        InputError: the text has no word.
    """
    if not any(letter.isalnum() for letter in text):
        raise InputError("TEXT", "has no word to look for", "give a sentence or a few words")
    from pipeline.run.settings import load_settings
    from pipeline.run.tables.texts import read_vectors
    from pipeline.vectors.encoder import load_encoder

    passages = read_table(PASSAGES)
    (query,) = load_encoder(load_settings().embed, query=True).encode([text])
    similarity = read_vectors(passages.height) @ query
    return (
        passages.select("document_id", "label", "text")
        .with_columns(similarity=pl.Series(similarity))
        .unique("text", keep="first", maintain_order=True)
        .top_k(n, by="similarity")
        .select("similarity", "document_id", "label", "text")
    )


def codebook_lines(codebook: Codebook) -> Iterator[str]:
    """Code groups and codes with all that decides whether a unit takes a code."""
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
                        said, _READABLE, initial_indent="    ", subsequent_indent="    "
                    )
        yield ""


NO_CODE, REMARK = "no_code", "remark"
"""Columns of a coding sheet beside the codes."""
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
        check_new(file)
    return files


def check_new(file: Path) -> None:
    """A file that a person may have filled in is never written over.

    Raises:
        InputError: it is there already.
    """
    if file.exists():
        raise InputError(file, "is there already", "name another file, or delete it")


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


def checked_filters(mission: str, kind: str) -> tuple[str, str]:
    """A mission and a kind by which documents are chosen, as they are written; empty: any.

    Raises:
        InputError: one is not known.
    """
    return (
        as_known("--mission", mission, tuple(load_missions())),
        as_known("--kind", kind, get_args(Kind)),
    )


def as_known(option: str, value: str, known: Collection[str]) -> str:
    """A word of a list, however its capitals were typed."""
    found = {word.casefold(): word for word in known}.get(value.strip().casefold(), "")
    if value and not found:
        raise InputError(option, f"{value!r} is not known", f"one of {', '.join(known)}")
    return found


def entry_lines(entry: Entry) -> Iterator[str]:
    """What the manifest says of a document, a line a column."""
    for name in ("document_id", "kind", "symbol", "title", "date", "missions", "path"):
        yield f"{name.replace('document_', '') + ':':<12}{said(getattr(entry, name))}"
    yield f"{'address:':<12}{said(entry.source_url)}"
    yield f"{'sha256:':<12}{entry.sha256 or 'none yet: the first file that is fetched is trusted'}"


def said(value: object) -> str:
    """A value of the manifest, or a dash."""
    return (", ".join(value) if isinstance(value, tuple) else str(value or "")) or "–"
