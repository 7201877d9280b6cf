"""Documents added to the corpus, and taken out again, row by row of the manifest.

A file is read first: what cannot be read is refused, and nothing has changed. Then it is copied
into corpus/inbox under a name of our own making, and its row is written into the manifest.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from pipeline.acquire.verifying import read_pins, write_pins
from pipeline.commands.additions import (
    Addition,
    Corrections,
    addition_lines,
    addition_of,
    check_for_one,
)
from pipeline.commands.checking import check_not_article, check_not_coded
from pipeline.commands.printing import checked_filters
from pipeline.run.errors import InputError
from pipeline.run.files import MARK, sheet_bytes, write_bytes
from pipeline.run.sheet import parse_sheet
from pipeline.run.stage import only_run
from pipeline.study.manifest import (
    COLUMNS,
    MANIFEST_FILE,
    Entry,
    cells_of,
    line_of,
    located,
    named,
    parse_manifest,
    read_manifest,
)
from pipeline.study.symbols import is_same


def add_row(entry: Entry, file: Path = MANIFEST_FILE) -> None:
    """Append a document to the manifest.

    Raises:
        InputError: the manifest with this row could not be read again; it stays as it was.
    """
    lines = _lines(file)
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += _line_end(lines)
    _write_manifest([*lines, line_of(entry) + _line_end(lines)], file)


def replace_row(row: int, entry: Entry, file: Path = MANIFEST_FILE) -> None:
    """Put a document in place of the one whose row starts on line ``row``.

    Raises:
        InputError: as for `add_row`.
    """
    lines = _lines(file)
    last = _last_line(lines, row)
    _write_manifest([*lines[: row - 1], line_of(entry) + _line_end(lines), *lines[last:]], file)


def join_core(entries: Iterable[Entry], file: Path = MANIFEST_FILE) -> None:
    """Put documents that the manifest knows into the core too, in one writing.

    Raises:
        InputError: as for `add_row`.
    """
    lines = _lines(file)
    for entry in sorted(entries, key=lambda entry: -entry.row):
        row = line_of(replace(entry, profiles=("core", *entry.profiles))) + _line_end(lines)
        lines[entry.row - 1 : _last_line(lines, entry.row)] = [row]
    _write_manifest(lines, file)


def remove_row(row: int, file: Path = MANIFEST_FILE) -> None:
    """Take out the document whose row starts on line ``row``.

    Raises:
        InputError: as for `add_row`.
    """
    lines = _lines(file)
    _write_manifest([*lines[: row - 1], *lines[_last_line(lines, row) :]], file)


def own_form(file: Path = MANIFEST_FILE) -> None:
    """Write the manifest anew where a spreadsheet saved it otherwise than we do.

    Rows are changed line by line afterwards, so that the others stay as they are.
    """
    content = file.read_bytes() if file.is_file() else b""
    entries = parse_manifest(content, file)
    sheet = parse_sheet(content, file, COLUMNS)
    if not sheet.plain or sheet.columns != COLUMNS:
        rows = [tuple(cells_of(entry).values()) for entry in entries]
        write_bytes(file, sheet_bytes([COLUMNS, *rows]))


def _lines(file: Path) -> list[str]:
    """Lines with their ends as they are."""
    return list(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline=""))


def _line_end(lines: list[str]) -> str:
    return "\r\n" if lines and lines[0].endswith("\r\n") else "\n"


def _last_line(lines: list[str], row: int) -> int:
    """The last line of the row that starts on line ``row``: a cell may hold line breaks."""
    reader = csv.reader(lines[row - 1 :], strict=True)
    try:
        next(reader)
    except (StopIteration, csv.Error):
        raise InputError(MANIFEST_FILE, "no such row", "see: peacetext check", row) from None
    return row - 1 + reader.line_num


def _write_manifest(lines: list[str], file: Path) -> None:
    """Write the manifest, once it is known that it can be read again."""
    content = (MARK + "".join(lines)).encode()
    parse_manifest(content, file)
    write_bytes(file, content)


CORPUS = MANIFEST_FILE.parent
INBOX = "inbox"
REQUESTED = "un/added"
"""Below corpus/: where a document goes that was added by its symbol, once it is fetched."""


_PATIENCE = 30.0  # seconds that a command waits for another one that changes the manifest


def add_all(
    sources: Sequence[Path | str], corrections: Corrections, *, may_replace: bool, dry_run: bool
) -> Iterator[str | InputError]:
    """Add one after the other: of each what was found in it, or why it was refused.

    Raises:
        InputError: a correction fits one document only, and there are several.
    """
    check_for_one(corrections, len(sources))
    for source in sources:
        try:
            addition = addition_of(source, corrections)
            with only_run("manifest", _PATIENCE):
                own_form()
                entry = add(addition, may_replace=may_replace, dry_run=dry_run)
        except InputError as error:
            yield error
        else:
            yield "\n".join([*addition_lines(addition, entry), ""])


def add_known(mission: str, kind: str, *, dry_run: bool = False) -> Iterator[str]:
    """All that the manifest knows of a mission and a kind (empty: any) joins the core; a line each.

    Raises:
        InputError: there is nothing of the kind, or nothing that is not in the core already.
    """
    mission, kind = checked_filters(mission, kind)
    with only_run("manifest", _PATIENCE):
        own_form()
        found = [
            entry
            for entry in read_manifest()
            if mission in entry.missions
            and kind in ("", entry.kind)
            and not {"core", "readers"} & set(entry.profiles)
        ]
        if not found:
            fix = "see what there is: peacetext list --profile reports, or --profile full"
            raise InputError("--mission", f"nothing on {mission} is left to add", fix)
        if not dry_run:
            join_core(found)
    for entry in found:
        yield f"{entry.document_id}  {entry.date or '–'}  {entry.title or entry.symbol}"


def add(addition: Addition, *, may_replace: bool, dry_run: bool = False) -> Entry:
    """Copy the file into the inbox and write the row; the row as it then stands.

    Args:
        addition: what to add.
        may_replace: whether a document with the same bytes or symbol may be put out.
        dry_run: find out what would be written, and write nothing.

    Raises:
        InputError: the same file or symbol is in the corpus already and may not be replaced, or
            codings name what would be replaced.
    """
    entries = read_manifest()
    old = _same_document(addition.entry, entries)
    if old is not None and addition.content is None:
        return _ask_for(old, addition, may_replace=may_replace, dry_run=dry_run)
    if old is not None and not may_replace:
        raise _refusal(addition.entry, old)
    if old is not None:
        check_not_article(old)
        if old.sha256 not in ("", addition.entry.sha256):
            check_not_coded(old)
    entry = _with_place(addition, entries, old)
    if not dry_run:
        _write(entry, addition.content, old)
    return entry


def _ask_for(old: Entry, addition: Addition, *, may_replace: bool, dry_run: bool) -> Entry:
    """A document that the manifest knows, asked for by its symbol, joins the core.

    One that the network gave before is forgotten when it may be replaced: what comes next is
    pinned instead.
    """
    may_forget = may_replace and old.by_symbol and not old.sha256
    if may_replace and not may_forget:
        fix = "replace it by a file, or remove it first"
        raise InputError(old.document_id, "a symbol alone says less than its row", fix)
    if "core" in old.profiles and not may_replace:
        raise _refusal(addition.entry, old)
    if not dry_run and may_forget:
        (CORPUS / located(old, CORPUS).path).unlink(missing_ok=True)
        write_pins(pin for pin in read_pins().values() if pin.symbol != old.symbol)
    entry = replace(
        _as_known(addition.entry, old, addition.corrections),
        **{name: getattr(old, name) for name in _OF_ROW},
    )
    if "core" not in entry.profiles:
        entry = replace(entry, profiles=("core", *entry.profiles))
    if not dry_run and entry != old:
        replace_row(old.row, entry)
    return entry


_OF_ROW = ("document_id", "themes", "profiles", "required", "path", "sha256", "row")
"""What a row keeps whatever a person says of its document."""


def _write(entry: Entry, content: bytes | None, old: Entry | None) -> None:
    """The file first: a row never stands for a file that is not there."""
    file = CORPUS / entry.path
    is_new = content is not None and not file.exists()
    if content is not None:
        write_bytes(file, content)
    try:
        if old is None:
            add_row(entry)
        else:
            replace_row(old.row, entry)
    except BaseException:
        if is_new:
            file.unlink(missing_ok=True)
        raise
    if old is not None:
        _delete_own_file(old, kept=entry.path)


def remove(name: str) -> Entry:
    """Take a document, named by id or symbol, out of the manifest; its file out of the inbox.

    Raises:
        InputError: no such document, or codings name it.
    """
    with only_run("manifest", _PATIENCE):
        own_form()
        entry = named(read_manifest(), name)
        check_not_coded(entry)
        remove_row(entry.row)
        _delete_own_file(entry)
    return entry


def _same_document(entry: Entry, entries: Sequence[Entry]) -> Entry | None:
    """The document of the manifest with the same bytes, or else with the same symbol."""
    for other in entries:
        if entry.sha256 and other.sha256 == entry.sha256:
            return other
    for other in entries:
        if entry.symbol and other.symbol and is_same(entry.symbol, other.symbol):
            return other
    return None


def _refusal(entry: Entry, old: Entry) -> InputError:
    same = "the same file" if entry.sha256 and entry.sha256 == old.sha256 else old.symbol
    named = "it" if entry.sha256 else "its file"
    fix = f"add {named} with --replace, or leave it"
    if not set(old.profiles) & {"core"}:
        fix = f"add {old.symbol or 'it with --replace'}: it joins the core; or {fix}"
    problem = f"{same} is in the corpus already, as {old.document_id}"
    return InputError(MANIFEST_FILE, problem, fix, old.row)


def _with_place(addition: Addition, entries: Sequence[Entry], old: Entry | None) -> Entry:
    """The entry with an id that is free (or that of the one replaced) and the path of its file."""
    entry = addition.entry
    if old is not None:
        if old.sha256 == entry.sha256:
            entry = _as_known(entry, old, addition.corrections)
        profiles = tuple(dict.fromkeys([*entry.profiles, *old.profiles]))
        entry = replace(entry, document_id=old.document_id, profiles=profiles, themes=old.themes)
    else:
        taken = {other.document_id for other in entries}
        taken |= _unlisted(entries, addition)
        entry = replace(entry, document_id=_free(entry.document_id, taken))
    folder = REQUESTED if addition.content is None else INBOX
    return replace(entry, path=f"{folder}/{entry.document_id}{entry.path}")


def _as_known(entry: Entry, old: Entry, corrections: Corrections) -> Entry:
    """Of the same bytes its row knows more than the reader finds; what is corrected now changes."""
    said = {
        "kind": corrections.kind,
        "symbol": corrections.symbol,
        "source_url": corrections.symbol,
        "licence": corrections.symbol,
        "title": corrections.title,
        "date": corrections.day,
        "missions": corrections.missions,
    }
    return replace(entry, **{name: getattr(old, name) for name in said if not said[name]})


def _unlisted(entries: Sequence[Entry], addition: Addition) -> set[str]:
    """Names in the inbox that other files have which no row lists: they are not written over."""
    listed = {entry.path for entry in entries}
    return {
        file.stem
        for file in (CORPUS / INBOX).glob(f"*{addition.entry.path}")
        if f"{INBOX}/{file.name}" not in listed
        and not (file.is_file() and file.read_bytes() == addition.content)
    }


def _free(name: str, taken: Collection[str]) -> str:
    number = 2
    free = name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free


def _delete_own_file(entry: Entry, kept: str = "") -> None:
    """Files of the inbox are a document's own; fetched ones belong to the acquire stage."""
    if entry.path != kept and PurePosixPath(entry.path).parts[0] == INBOX:
        (CORPUS / entry.path).unlink(missing_ok=True)
