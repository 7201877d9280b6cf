"""Codings of a QualCoder project: the SQLite file data.qda, or the .qda folder that holds it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from pipeline.imports import Found, FoundCoding, NotTaken
from pipeline.imports.counting import ProgramText, Selection
from pipeline.imports.placing import placed_codings
from pipeline.run.errors import InputError

DATABASE = "data.qda"
_TEXTS = """
    select code_text.owner, source.id, source.name, source.fulltext, code_text.seltext,
           code_text.pos0, code_text.pos1, code_name.name, code_text.fid
    from code_text
    left join source on source.id = code_text.fid
    left join code_name on code_name.cid = code_text.cid
    order by source.id, code_text.pos0, code_text.pos1, code_name.name, code_text.owner
"""
_OTHERS = """
    select {table}.owner, source.name, code_name.name
    from {table}
    left join source on source.id = {table}.id
    left join code_name on code_name.cid = {table}.cid
    order by source.id, code_name.name
"""
_KINDS = {"code_image": "picture", "code_av": "recording"}
_PDF = ".pdf"


def read_qualcoder(file: Path) -> Found:
    """Every coding, by document and place; the project is opened for reading only.

    Raises:
        InputError: this is no QualCoder project.
    """
    database = file / DATABASE if file.is_dir() else file
    if not database.is_file():
        raise InputError(file, f"holds no {DATABASE}", "name the folder that ends in .qda")
    address = f"{database.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            return _found(connection, list(_others(connection)))
    except sqlite3.Error as error:
        fix = "open it in QualCoder once, which brings it up to date"
        raise InputError(file, f"is no QualCoder project ({error})", fix) from None


def _others(connection: sqlite3.Connection) -> Iterator[NotTaken]:
    """Codings of parts of pictures, pages and recordings."""
    there = {name for (name,) in connection.execute("select name from sqlite_master")}
    for table, kind in _KINDS.items():
        if table in there:
            for owner, name, code in connection.execute(_OTHERS.format(table=table)):
                of_pdf = str(name).casefold().endswith(_PDF)
                what = name or "a file that is gone"
                yield NotTaken("pdf_area" if of_pdf else kind, what, owner or "", code or "")


def _found(connection: sqlite3.Connection, not_taken: list[NotTaken]) -> Found:
    texts: dict[str, ProgramText] = {}
    coded: dict[str, list[tuple[FoundCoding, Selection]]] = {}
    for owner, _, name, text, words, start, end, code, source in connection.execute(_TEXTS):
        document = name or f"file {source}"
        place = f"{document}, characters {start} to {end}"

        def not_this(kind: str, what: str = place, by: str = owner, of: str = code) -> NotTaken:
            return NotTaken(kind, what, by or "", of or "")

        if not code:
            not_taken.append(not_this("no_code"))
        elif not isinstance(text, str) or not text.strip():
            not_taken.append(not_this("no_text", document))
        elif not isinstance(start, int) or not isinstance(end, int):
            not_taken.append(not_this("no_place"))
        elif start == end:
            not_taken.append(not_this("empty"))
        else:
            texts.setdefault(document, ProgramText(text))
            whole = texts[document].lettered
            coding = FoundCoding(owner or "", document, "", "", whole, 0, code, "", place)
            selection = Selection(start, end, str(words or ""))
            coded.setdefault(document, []).append((coding, selection))
    found = placed_codings(texts, coded)
    return Found(found.codings, [*not_taken, *found.not_taken], found.remarks)
