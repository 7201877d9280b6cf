"""corpus/manifest.csv as checked values: one entry a document.

Light on purpose (no table library), since `python -m pipeline.acquire.pending` and the command
line read it at every start.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from os.path import islink
from pathlib import Path, PurePosixPath
from typing import get_args
from urllib.parse import urlsplit

from pipeline.run.errors import InputError
from pipeline.run.files import sheet_line
from pipeline.run.settings import Profile, way_back
from pipeline.run.sheet import parse_sheet
from pipeline.run.wording import Kind
from pipeline.study.study import MISSIONS_FILE, load_missions
from pipeline.study.symbols import address, is_same, parse_symbol

MANIFEST_FILE = Path("corpus/manifest.csv")
COLUMNS = (
    "document_id",
    "symbol",
    "kind",
    "title",
    "date",
    "missions",
    "themes",
    "profiles",
    "required",
    "path",
    "source_url",
    "sha256",
    "licence",
)
FETCHED_FOLDER = "un"
"""Documents under corpus/un are fetched; all others are part of the project."""

FORMS = (".pdf", ".docx", ".txt")
"""In which a document that is asked for by its symbol is welcome, the likeliest first."""

_ID = re.compile(r"[a-z0-9][a-z0-9.-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of the manifest.

    Attributes:
        document_id: fit as part of a file name; unique.
        kind: one of settings.Kind.
        date: of adoption, issue or meeting; None when nobody knows it.
        missions: acronyms of configs/missions.yaml, the one most concerned first.
        required: False for a document that nobody has pinned yet and that may be missing.
        path: below corpus/, with forward slashes; unique.
        source_url: where it can be had; may be empty.
        sha256: of its bytes; empty only when not required (then the first file seen is trusted).
        row: the line of the manifest on which it starts.
    """

    document_id: str
    symbol: str
    kind: str
    title: str
    date: date | None
    missions: tuple[str, ...]
    themes: tuple[str, ...]
    profiles: tuple[str, ...]
    required: bool
    path: str
    source_url: str
    sha256: str
    licence: str
    row: int = 0

    @property
    def fetched(self) -> bool:
        """Does the file come from outside (corpus/un), or is it part of the project?"""
        return PurePosixPath(self.path).parts[0] == FETCHED_FOLDER

    @property
    def by_symbol(self) -> bool:
        """Is it asked for by its symbol, wherever the United Nations keep it, in any form?"""
        return self.fetched and bool(self.symbol) and self.source_url == address(self.symbol)


def read_manifest(
    file: Path = MANIFEST_FILE, missions: Collection[str] | None = None
) -> tuple[Entry, ...]:
    """Read and check every row, in the order of the file.

    Args:
        file: the manifest; the paths in it are relative to its folder.
        missions: the acronyms that rows may use; None for those of configs/missions.yaml.

    Raises:
        InputError: the first row that cannot be used, with its line number.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise InputError(file, "is missing", way_back(file)) from None
    return parse_manifest(content, file, missions)


def parse_manifest(
    content: bytes, file: Path, missions: Collection[str] | None = None
) -> tuple[Entry, ...]:
    """As `read_manifest`, from the bytes that the file holds or is about to hold."""
    known = load_missions() if missions is None else missions
    seen: dict[str, int] = {}
    entries = []
    sheet = parse_sheet(content, file, COLUMNS)
    _check_columns(file, sheet.columns)
    within = cache(partial(_is_within, file.parent.resolve()))  # many documents share a folder
    for row, cells in sheet.rows:
        entry = _entry(file, row, cells, known)
        _check_place(file, entry, within)
        _check_unique(file, entry, seen)
        entries.append(entry)
    return tuple(entries)


def named(entries: Iterable[Entry], name: str) -> Entry:
    """The document of this id, or else of this symbol.

    Raises:
        InputError: there is none.
    """
    by_id = {entry.document_id: entry for entry in entries}
    symbol = parse_symbol(name) or name
    of_symbol = (one for one in by_id.values() if one.symbol and is_same(one.symbol, symbol))
    found = by_id.get(name.strip().lower()) or next(of_symbol, None)
    if found is None:
        near = difflib.get_close_matches(name.lower(), by_id, n=1, cutoff=0.85)
        fix = f"did you mean {near[0]}?" if near else "see: peacetext list"
        raise InputError(MANIFEST_FILE, f"no document {name!r}", fix)
    return found


def of_profile(entries: Iterable[Entry], profile: str) -> tuple[Entry, ...]:
    """The entries of one profile, in order; `reports` are added to the core."""
    wanted = {profile, "core"} if profile == "reports" else {profile}
    return tuple(entry for entry in entries if wanted & set(entry.profiles))


def located(entry: Entry, corpus: Path = MANIFEST_FILE.parent) -> Entry:
    """The entry with the path at which its file lies; unchanged when there is none.

    A document that is asked for by its symbol comes in one of `FORMS`, whatever its row says.
    """
    path = PurePosixPath(entry.path)
    suffixes = (path.suffix, *FORMS) if entry.by_symbol else ()
    paths = (str(path.with_suffix(suffix)) for suffix in suffixes)
    return replace(entry, path=next((p for p in paths if (corpus / p).is_file()), entry.path))


def cells_of(entry: Entry) -> dict[str, str]:
    """The entry as the manifest writes it: one cell a column, in the order of COLUMNS."""
    cells = {}
    for column in COLUMNS:
        value = getattr(entry, column)
        if isinstance(value, tuple):
            value = ";".join(value)
        elif isinstance(value, bool):
            value = "yes" if value else "no"
        cells[column] = "" if value is None else str(value)
    return cells


def line_of(entry: Entry) -> str:
    """The entry as one line of CSV, without the line end."""
    return sheet_line(cells_of(entry).values())


def _check_columns(file: Path, columns: Collection[str]) -> None:
    for column in COLUMNS:
        if column not in columns:
            fix = f"the first line must be: {','.join(COLUMNS)}"
            raise InputError(file, f"column {column} is missing", fix, 1)
    unknown = [column for column in columns if column not in COLUMNS]
    if unknown:
        raise InputError(file, f"column {unknown[0]!r} is not known", "delete it", 1)


def _entry(file: Path, row: int, cells: Mapping[str, str], missions: Collection[str]) -> Entry:
    """One row as an entry; every cell is checked by itself."""
    for column, fits, problem, fix in _CELL_CHECKS:
        if not fits(cells[column]):
            raise InputError(file, f"{column} {cells[column]!r} {problem}", fix, row)
    required = cells["required"] == "yes"
    if required and not cells["sha256"]:
        fix = "give the 64 digits that sha256sum prints, or write required as no"
        raise InputError(file, "sha256 is empty", fix, row)
    fix = f"correct it, or add it to {MISSIONS_FILE}"
    _check_known(file, row, "profiles", cells["profiles"], known=get_args(Profile))
    _check_known(file, row, "missions", cells["missions"], known=missions, fix=fix)
    return Entry(
        document_id=cells["document_id"],
        symbol=cells["symbol"],
        kind=cells["kind"],
        title=cells["title"],
        date=_date(cells["date"]),
        missions=_parts(cells["missions"]),
        themes=_parts(cells["themes"]),
        profiles=_parts(cells["profiles"]),
        required=required,
        path=cells["path"],
        source_url=cells["source_url"],
        sha256=cells["sha256"],
        licence=cells["licence"],
        row=row,
    )


def _check_known(
    file: Path,
    row: int,
    column: str,
    cell: str,
    *,
    known: Collection[str],
    fix: str = "",
) -> None:
    """Every part of a cell is one of the known words."""
    for part in _parts(cell):
        if part not in known:
            advice = fix or f"use one of: {', '.join(known)}"
            raise InputError(file, f"{column} {part!r} is not known", advice, row)


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def _date(cell: str) -> date | None:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
        return None
    try:
        return date.fromisoformat(cell)
    except ValueError:
        return None


def _is_web_address(address: str) -> bool:
    """Is it http(s) with a host, or empty? White space and control characters are refused."""
    if not address:
        return True
    try:
        parts = urlsplit(address)
        return (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and re.search(r"[\s\x00-\x1f\x7f]", address) is None
        )
    except ValueError:
        return False


_CELL_CHECKS: tuple[tuple[str, Callable[[str], object], str, str], ...] = (
    ("document_id", _ID.fullmatch, "is not fit for a file name", "use a-z, 0-9, '.' and '-'"),
    (
        "kind",
        lambda cell: cell in get_args(Kind),
        "is not known",
        f"use one of: {', '.join(get_args(Kind))}",
    ),
    (
        "date",
        lambda cell: not cell or _date(cell),
        "is not a date",
        "write it as 2026-04-06, or leave it empty",
    ),
    ("profiles", _parts, "names no profile", f"use: {', '.join(get_args(Profile))}"),
    ("required", lambda cell: cell in {"yes", "no"}, "is neither yes nor no", "write yes or no"),
    ("source_url", _is_web_address, "is not an http or https address", "correct or empty it"),
    (
        "sha256",
        lambda cell: not cell or _SHA256.fullmatch(cell),
        "is not a SHA-256",
        "give the 64 digits that sha256sum prints",
    ),
)
"""Column, what its cell must pass, the problem if it does not, and the fix."""


def _check_place(file: Path, entry: Entry, within: Callable[[Path], bool]) -> None:
    """The path stays below the manifest's folder, as written and when links are followed."""
    path = entry.path
    if not path.isprintable() or "\\" in path or path != str(PurePosixPath(path)) or path == ".":
        fix = "write it as un/resolutions/S-RES-2423.xml"
        raise InputError(file, f"path {path!r} is not a plain path", fix, entry.row)
    leaves = PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts
    place = file.parent / path
    is_link = islink(place)  # noqa: PTH114 - raises nothing, however long the name is
    if leaves or not within(place if is_link else place.parent):
        fix = "copy the file into corpus/inbox and give that path"
        raise InputError(file, f"path {path!r} leaves {file.parent}/", fix, entry.row)


def _is_within(corpus: Path, place: Path) -> bool:
    """Is a file or folder below the corpus, when links are followed?

    DVC may keep the files of corpus/un as links into the project's own .dvc folder; these pass.
    """
    try:
        real = place.resolve()
    except (OSError, RuntimeError):  # a loop of links
        return False
    return any(real.is_relative_to(folder) for folder in (corpus, corpus.parent / ".dvc"))


def _check_unique(file: Path, entry: Entry, seen: dict[str, int]) -> None:
    """No id and no path is there twice; paths may not differ by case alone (macOS, Windows)."""
    for column, value in (("document_id", entry.document_id), ("path", entry.path.casefold())):
        first = seen.setdefault(f"{column} {value}", entry.row)
        if first != entry.row:
            problem = f"{column} {getattr(entry, column)!r} stands in row {first} already"
            raise InputError(file, problem, "delete one of the two rows, or rename one", entry.row)
