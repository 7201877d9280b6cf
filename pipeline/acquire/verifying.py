"""Is a file the document that the manifest means, what pins it, and where does a mirror keep it?"""

from __future__ import annotations

import csv
import io
import re
import threading
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields, replace
from html import unescape
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import quote

from pipeline.run.errors import InputError
from pipeline.run.files import sha256_of, write_text
from pipeline.run.settings import PARAMS_FILE, AcquireSettings, way_back
from pipeline.run.sheet import read_sheet
from pipeline.study.manifest import FETCHED_FOLDER, FORMS, MANIFEST_FILE, Entry
from pipeline.study.symbols import is_same, symbols_of_masthead

MEGABYTE = 1_000_000
Status = Literal["present", "unavailable", "corrupt"]

NOT_IN_MIRROR = "not in the mirror"
SILENT = "did not answer"
NETWORK_SILENT = f"the network {SILENT}"
"""The reason that a later run with a network may fix; pending.py looks for it."""

_WEB_PAGE = (b"<!doctype html", b"<html")
_NEVER_WEB_PAGES = {".xml", ".pdf", ".docx", ".txt"}
_SIGNATURES = {".pdf": b"%PDF-", ".docx": b"PK\x03\x04"}
"""What stands in the first kilobyte of every file of this kind."""
_OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a]")


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found where a document should be.

    Attributes:
        status: present: the document itself; unavailable: no file; corrupt: another file.
        reason: why it is not present; empty when it is.
        bytes: size of the file; 0 when not present.
        sha256: of the file; empty when not present.
        source: where it came from this time (disk, mirror, network); for messages only, since
            it changes from run to run.
        form: its suffix, which for a document by symbol may be another than that of its row.
        address: which address of the network gave it; empty when it came from elsewhere.
    """

    status: Status
    reason: str = ""
    bytes: int = 0
    sha256: str = ""
    source: str = ""
    form: str = ""
    address: str = ""


def examine(entry: Entry, file: Path, max_megabytes: int, source: str = "disk") -> Finding:
    """Hold a file against its entry: size, then SHA-256, or, without a pin, the look of it.

    An entry without a pin trusts the first file seen, unless it is a web page or lacks the
    signature of its format; one that is asked for by its symbol may have any of `FORMS`.
    """
    if not file.is_file():
        return Finding("unavailable", "no such file")
    try:
        size = file.stat().st_size
        if size > max_megabytes * MEGABYTE:
            return Finding("corrupt", f"is larger than {max_megabytes} MB")
        digest = sha256_of(file)
        with file.open("rb") as content:
            beginning = content.read(1024)
    except OSError as error:
        return Finding("unavailable", f"cannot be read ({error.strerror})")
    form = form_of(beginning) if entry.by_symbol else PurePosixPath(entry.path).suffix
    problem = unlike(beginning, form if form in FORMS or not entry.by_symbol else ".pdf")
    if entry.sha256 == digest or not (entry.sha256 or problem):
        return Finding("present", "", size, digest, source, form)
    return Finding("corrupt", problem or OTHER_FILE)


OTHER_FILE = "is not the pinned file (its SHA-256 differs)"


def form_of(beginning: bytes) -> str:
    """The suffix that fits these first bytes, whatever the file is called; empty for none of ours.

    >>> form_of(b"%PDF-1.4"), form_of(b"S/2014/403"), form_of(b"<html>")
    ('.pdf', '.txt', '')
    """
    for suffix, signature in _SIGNATURES.items():
        if signature in beginning:
            return suffix
    is_text = not _NOT_TEXT.search(beginning) and not beginning.startswith((b"{\\rtf", b"<"))
    return ".txt" if is_text and not unlike(beginning, ".txt") else ""


def unlike(beginning: bytes, suffix: str) -> str:
    """Why these first bytes cannot be a file with that suffix; empty when they can."""
    text = beginning.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not text:
        return "is empty"
    if suffix in _NEVER_WEB_PAGES and text.startswith(_WEB_PAGE):
        return f"is a web page, not {suffix[1:].upper()}"
    if beginning.startswith(_OLD_WORD):
        return "is an old Word file (.doc), which is not read: save it as .docx and add that"
    if _SIGNATURES.get(suffix, b"") not in beginning:
        return f"is not {suffix[1:].upper()}"
    return ""


_pdf_lock = threading.Lock()  # PDFium is not made for threads
_LINES = 40  # of the first page in which a masthead stands
_EDGE = 4  # lines at the top and at the bottom of the second page, where running heads stand
_LARGEST_PART = 20_000_000
_PARAGRAPH = re.compile(r"<w:p[ >].*?</w:p>", re.DOTALL)


def masthead_problem(symbol: str, content: bytes, form: str) -> str:
    """Why a document is not the one with this symbol; empty when its masthead says that it is.

    A server may answer with another document, and the first page may cite the one that was asked
    for: only lines that consist of a symbol count, on the first page or in a running head.
    """
    lines = [line for line in _opening(content, form) if line.strip()]
    if not lines:
        return "has no text on its first page, so its symbol cannot be checked (a scan?)"
    said = tuple(dict.fromkeys(symbols_of_masthead(_pieces(lines))))
    if any(is_same(symbol, other) for other in said) or (not said and _is_misread(symbol, lines)):
        return ""
    return f"says {said[0] if said else 'no symbol'} in its masthead, not {symbol}"


def _is_misread(symbol: str, lines: Iterable[str]) -> bool:
    """Does a line of an old scan end in the symbol's digits, as W23766 does for S/23766?"""
    digits = re.sub(r"\D", "", symbol)
    return len(digits) >= 5 and any(
        line.strip().endswith(digits) and len(line.strip()) <= len(digits) + 3 for line in lines
    )


def _pieces(lines: Iterable[str]) -> Iterator[str]:
    """Lines, and what is left of them without a masthead's other words and numbers of pages."""
    for printed in lines:
        line = re.sub(r"\b(Add|Corr|Rev)\.[lI]\b", r"\1.1", printed)  # as scans are misread
        yield line
        yield re.sub(
            r"^(?:(?:\S+ )*?(?:Nations|NATIONS|GENERAL|General) |\d+/\d+ )", "", line.strip()
        )


def _opening(content: bytes, form: str) -> list[str]:
    """The lines among which a masthead or a running head stands."""
    if form == ".pdf":
        return _pdf_opening(content)
    text = _word_text(content) if form == ".docx" else content.decode("utf-8", "replace")
    return text.lstrip("\ufeff").splitlines()[: 2 * _LINES]


def _pdf_opening(content: bytes) -> list[str]:
    import pypdfium2

    with _pdf_lock:
        try:
            with pypdfium2.PdfDocument(content) as document:
                pages: list[list[str]] = [
                    document[number].get_textpage().get_text_bounded().splitlines()
                    for number in range(min(2, len(document)))
                ]
        except pypdfium2.PdfiumError:
            return []
    first, *second = pages or [[]]
    return first[:_LINES] + [line for page in second for line in page[:_EDGE] + page[-_EDGE:]]


def _word_text(content: bytes) -> str:
    """A line a paragraph of the headers and of the body, read without unpacking anything large."""
    lines: list[str] = []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            for part in sorted(parts.infolist(), key=lambda one: "header" not in one.filename):
                if not re.fullmatch(r"word/(?:header\d*|document)\.xml", part.filename):
                    continue
                if part.file_size < _LARGEST_PART:
                    text = parts.read(part).decode("utf-8", "replace")
                    lines += _PARAGRAPH.findall(re.sub(r"<w:(?:tab|br)/>", "\t", text))
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError):
        return ""
    return "\n".join(unescape(re.sub(r"<[^>]+>", "", line)) for line in lines)


PINS_FILE = MANIFEST_FILE.with_name("pins.csv")


@dataclass(frozen=True, slots=True)
class Pin:
    """What was seen first under a symbol; as in corpus/pins.csv.

    Attributes:
        address: which of the symbol's addresses gave it.
        date: the day on which it was seen, as 2026-11-26.
    """

    symbol: str
    sha256: str
    address: str
    date: str
    bytes: int


_PIN_COLUMNS = tuple(field.name for field in fields(Pin))


def read_pins(file: Path = PINS_FILE) -> dict[str, Pin]:
    """Pins by symbol; none when there is no such file.

    Raises:
        InputError: a row that cannot be used.
    """
    if not file.is_file():
        return {}
    pins = {}
    fix = f"{way_back(file)}; its columns are {', '.join(_PIN_COLUMNS)}"
    sheet = read_sheet(file, _PIN_COLUMNS, may_be_empty=True)
    if sheet.columns and not set(_PIN_COLUMNS) <= set(sheet.columns):
        raise InputError(file, "its columns are not those of pins", fix, 1)
    for row, cells in sheet.rows:
        if not re.fullmatch("[0-9a-f]{64}", cells["sha256"]):
            raise InputError(file, "is not a pin", fix, row)
        symbol, sha256, address, day, size = (cells[name] for name in _PIN_COLUMNS)
        pins[symbol] = Pin(symbol, sha256, address, day, int(size) if size.isdecimal() else 0)
    return pins


def write_pins(pins: Iterable[Pin], file: Path = PINS_FILE) -> None:
    """Write them whole, by symbol."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_PIN_COLUMNS)
    writer.writerows(astuple(pin) for pin in sorted(pins, key=lambda pin: pin.symbol))
    write_text(file, text.getvalue())


def pinned(entry: Entry, pins: Mapping[str, Pin]) -> Entry:
    """The entry with the SHA-256 that was seen first, unless the manifest has one."""
    pin = pins.get(entry.symbol) if entry.by_symbol and not entry.sha256 else None
    return replace(entry, sha256=pin.sha256) if pin else entry


MIRROR_VARIABLE = "PEACETEXT_MIRROR"
"""The environment variable that wins over acquire.mirror."""
USUAL_MIRRORS = (
    Path("corpus/un-documents"),
    Path("../un-documents"),
    Path("../shared/un-documents"),
)
"""Tried when nobody names a mirror: in corpus/, beside the checkout, in `shared` beside it."""
BESIDE = "older-reports"
"""A folder of the manifest that may also lie beside the mirror."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """Either a folder or an address under which documents lie.

    Attributes:
        found: nobody named the folder; it lay in one of `USUAL_MIRRORS`.
    """

    folder: Path | None = None
    address: str = ""
    found: bool = False

    def addresses_of(self, entry: Entry) -> tuple[str, ...]:
        """The addresses of a document, for a mirror that is an address."""
        path = PurePosixPath(mirror_path(entry))
        suffixes = dict.fromkeys((path.suffix, *FORMS)) if entry.by_symbol else (path.suffix,)
        start = self.address.rstrip("/")
        return tuple(f"{start}/{quote(str(path.with_suffix(suffix)))}" for suffix in suffixes)


def file_in(folder: Path, entry: Entry) -> Path:
    """Where a mirror folder keeps a document, or would; older reports lie in a folder beside it."""
    path = PurePosixPath(mirror_path(entry))
    place = folder if path.parts[0] != BESIDE or (folder / BESIDE).is_dir() else folder.parent
    suffixes = (path.suffix, *FORMS) if entry.by_symbol else (path.suffix,)
    files = [place / path.with_suffix(suffix) for suffix in suffixes]
    return next(filter(Path.is_file, files), files[0])


def mirror_path(entry: Entry) -> str:
    """Where a mirror keeps a document: its path without the leading ``un/``."""
    return str(PurePosixPath(entry.path).relative_to(FETCHED_FOLDER))


def named_mirror(settings: AcquireSettings, environment: Mapping[str, str]) -> Mirror | None:
    """The mirror of the environment, or of the settings, or one that lies where it usually does.

    Raises:
        InputError: what is named is neither a folder nor an http(s) address.
    """
    file, key, name = "environment", MIRROR_VARIABLE, environment.get(MIRROR_VARIABLE, "").strip()
    if not name:
        file, key, name = str(PARAMS_FILE), "acquire.mirror", settings.mirror.strip()
    if not name:
        usual = next(filter(Path.is_dir, USUAL_MIRRORS), None)
        return None if usual is None else Mirror(folder=usual, found=True)
    if name.lower().startswith(("http://", "https://")):
        return Mirror(address=name)
    folder = Path(name).expanduser()
    if not folder.is_dir():
        fix = "name a folder that exists or an http(s) address, or leave it empty"
        raise InputError(file, f"the mirror {name!r} is not a folder", fix, key)
    return Mirror(folder=folder)
