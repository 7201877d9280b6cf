"""A REFI-QDA archive as it comes: from whichever program, packed again by whichever other one.

It is read in memory, never unpacked onto the disk; what is too large or names a place outside the
archive is refused.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from pipeline.imports.counting import ProgramText
from pipeline.run.errors import InputError
from pipeline.study.refi import PROJECT_FILE

MAX_BYTES = 200_000_000
"""Of the project file, unpacked; a project of text has a few MB."""
MAX_TEXT_BYTES = 20_000_000
"""Of one text: a book has one or two."""
MAX_ENTRIES = 20_000
EXPORT_AGAIN = "export the project again as REFI-QDA (.qdpx)"
BROKEN = (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, ValueError, OSError)
"""What unpacking a damaged, encrypted or otherwise unreadable archive raises."""
_SCHEME = re.compile(r"^[a-z]+:/+", re.IGNORECASE)


@dataclass(frozen=True)
class Archive:
    """A zip with its files by their plain names, from the folder of the project file on."""

    file: Path
    opened: zipfile.ZipFile
    project: zipfile.ZipInfo
    entries: Mapping[str, zipfile.ZipInfo]

    def project_file(self) -> bytes:
        """The XML of the project.

        Raises:
            InputError: it is too large.
        """
        content = self._content(self.project, MAX_BYTES)
        if content is None:
            problem = f"{self.project.filename} unpacks to more than {_mb(MAX_BYTES)}"
            raise InputError(self.file, problem, EXPORT_AGAIN)
        return content

    def _content(self, entry: zipfile.ZipInfo, most: int) -> bytes | None:
        """An entry's content; what it unpacks to is counted, since its header may lie."""
        with self.opened.open(entry) as packed:
            content = packed.read(most + 1)
        return content if len(content) <= most else None

    def text(self, paths: Sequence[str]) -> ProgramText | str:
        """The first of these that is a text; in words, why there is none."""
        why = ""
        for path in paths:
            wanted = _plain(unquote(_SCHEME.sub("", path.strip())))
            found = self._called(wanted) if wanted else []
            if len(found) != 1:
                why = why or f"{path} is {'several times' if found else 'not'} in the archive"
                continue
            try:
                content = self._content(found[0], MAX_TEXT_BYTES)
            except BROKEN as error:
                return f"{path} cannot be unpacked ({error})"
            if content is None:
                return f"{path} unpacks to more than {_mb(MAX_TEXT_BYTES)}"
            if (text := _decoded(content)) is not None:
                return ProgramText(text)
            why = f"{path} is no text"
        return why or "no text is named"

    def _called(self, wanted: str) -> list[zipfile.ZipInfo]:
        """Files of this path: exactly, or from some folder on, or of this name in any folder."""
        for path in (f"sources/{wanted}", wanted):
            if path in self.entries:
                return [self.entries[path]]
        for end in (f"/{wanted}", f"/{PurePosixPath(wanted).name}"):
            found = {
                info.filename: info
                for name, info in self.entries.items()
                if f"/{name}".endswith(end)
            }
            if found:
                return list(found.values())
        return []


def _mb(n_bytes: int) -> str:
    return f"{n_bytes // 1_000_000} MB"


def _decoded(content: bytes) -> str | None:
    """UTF-8 as the format demands, else UTF-16 by its mark, else Windows-1252; None: no text."""
    if content.startswith((b"%PDF", b"PK\3\4", b"{\\rtf")):
        return None
    for encoding in ("utf-8", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text
    return None


def _plain(name: str) -> str:
    """A path in small letters and forward slashes, composed, without ./ and leading slashes."""
    forward = unicodedata.normalize("NFC", name.replace("\\", "/")).casefold()
    return "/".join(part for part in forward.split("/") if part not in ("", "."))


def open_archive(file: Path, opened: zipfile.ZipFile) -> Archive:
    """Find the project file of an archive and the names of the others.

    Raises:
        InputError: it is unsafe, or holds no project or several.
    """
    infos = [info for info in opened.infolist() if not info.is_dir()]
    if len(infos) > MAX_ENTRIES:
        problem = f"packs {len(infos)} files, more than {MAX_ENTRIES}"
        raise InputError(file, problem, EXPORT_AGAIN)
    for info in opened.infolist():
        forward = info.filename.replace("\\", "/")
        if forward[:1] == "/" or ".." in forward.split("/") or re.match("[a-z]:", forward, re.I):
            problem = f"packs a file that leaves the archive: {info.filename!r}"
            raise InputError(file, problem, "do not trust it; ask for another export")
    ours = [info for info in infos if "__macosx" not in _plain(info.filename)]
    project = _project_entry(file, ours)
    root = PurePosixPath(_plain(project.filename)).parent
    entries: dict[str, zipfile.ZipInfo] = {}
    for info in reversed(ours):  # of two of the same name the later one is meant
        for name in _names(info):
            path = PurePosixPath(name)
            inside = path.relative_to(root) if path.is_relative_to(root) else path
            entries.setdefault(str(inside), info)
    return Archive(file, opened, project, entries)


def _names(info: zipfile.ZipInfo) -> Iterator[str]:
    """An entry's name; also in the encodings that programs use without saying so."""
    yield _plain(info.filename)
    for encoding in ("utf-8", "cp1252"):
        with suppress(UnicodeError):
            yield _plain(info.filename.encode("cp437").decode(encoding))


def _project_entry(file: Path, infos: Sequence[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """project.qde, or the one .qde file: ATLAS.ti names it after the project."""
    named = {_plain(info.filename): info for info in infos}
    found = [
        name for name in named if name.endswith(".qde") and PurePosixPath(name).name[:2] != "._"
    ]
    depth = min((name.count("/") for name in found), default=0)
    found = [name for name in found if name.count("/") == depth]
    exact = [name for name in found if PurePosixPath(name).name == PROJECT_FILE]
    if len(exact or found) == 1:
        return named[(exact or found)[0]]
    packed = next((info.filename for info in infos if info.filename.endswith(".qdpx")), None)
    if packed:
        raise InputError(file, f"packs another archive, {packed}", "unpack it, and name that one")
    problem = f"holds {len(found)} projects" if found else f"holds no {PROJECT_FILE}"
    raise InputError(file, problem, EXPORT_AGAIN)
