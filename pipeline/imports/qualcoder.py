"""Codings of a QualCoder project: the SQLite file data.qda, or the .qda folder that holds it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from pipeline.imports.found import FoundCoding, LetteredText
from pipeline.run.errors import InputError

DATABASE = "data.qda"
_QUERY = """
    select code_text.owner, source.id, source.name, source.fulltext, code_text.seltext,
           code_text.pos0, code_text.pos1, code_name.name
    from code_text
    join source on source.id = code_text.fid
    join code_name on code_name.cid = code_text.cid
    order by source.id, code_text.pos0, code_text.pos1, code_name.name, code_text.owner
"""


def read_qualcoder(file: Path) -> list[FoundCoding]:
    """Every coding of a text, by document and place; the project is opened for reading only.

    Raises:
        InputError: this is no QualCoder project, or a coding's words are not where it says.
    """
    database = file / DATABASE if file.is_dir() else file
    if not database.is_file():
        raise InputError(file, f"holds no {DATABASE}", "name the folder that ends in .qda")
    address = f"{database.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            return list(_codings(file, connection))
    except sqlite3.Error as error:
        fix = "open it in QualCoder once, which brings it up to date"
        raise InputError(file, f"is no QualCoder project ({error})", fix) from None


def _codings(file: Path, connection: sqlite3.Connection) -> Iterator[FoundCoding]:
    read: tuple[int | None, LetteredText] = (None, LetteredText(""))
    for owner, source, name, text, words, start, end, code in connection.execute(_QUERY):
        if read[0] != source:
            read = (source, LetteredText(text or ""))
        place = f"{name}, characters {start} to {end}"
        if not isinstance(text, str) or text[start:end] != words:
            fix = "open the document in QualCoder and code this place again"
            raise InputError(file, "the coded words are not in the text there", fix, place)
        yield FoundCoding(
            coder=owner or "",
            document=name,
            identity="",
            text=words,
            whole=read[1],
            before=read[1].before(start),
            code=code,
            code_identity="",
            place=place,
        )
