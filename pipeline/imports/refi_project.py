"""Codings of a REFI-QDA project (.qdpx), whichever program wrote it.

The archive is read in memory, never unpacked onto the disk; what is too large, names a place
outside the archive, or declares XML entities is refused.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lxml import etree

from pipeline.imports.found import FoundCoding, LetteredText
from pipeline.run.errors import InputError
from pipeline.study.refi import INTERNAL, PROJECT_FILE

MAX_BYTES = 200_000_000
"""Of one file in the archive, unpacked; a project of text is a few MB."""
MAX_ENTRIES = 20_000
_EXPORT_AGAIN = "export the project again as REFI-QDA (.qdpx)"


@dataclass(frozen=True)
class _Project:
    """What the codings of a project refer to, by GUID in capitals without braces."""

    file: Path
    archive: zipfile.ZipFile
    names: Mapping[str, str]
    codes: Mapping[str, str]
    users: Mapping[str, str]


def read_refi_project(file: Path) -> list[FoundCoding]:
    """Every coding of a text, in the order of the file.

    Raises:
        InputError: the file is not a project, is unsafe, or a coding in it cannot be understood.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            names = _safe_names(file, archive)
            root = _parsed(file, _bytes(file, archive, _project_entry(file, names)))
            project = _Project(
                file,
                archive,
                {name.casefold(): name for name in names},
                {_guid(code.get("guid")): code.get("name", "") for code in _all(root, "Code")},
                {_guid(user.get("guid")): user.get("name", "") for user in _all(root, "User")},
            )
            return [coding for source in _sources(root) for coding in _codings(project, source)]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise InputError(file, f"is no .qdpx archive ({error})", _EXPORT_AGAIN) from None


def _safe_names(file: Path, archive: zipfile.ZipFile) -> list[str]:
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        problem = f"packs {len(entries)} files, more than {MAX_ENTRIES}"
        raise InputError(file, problem, _EXPORT_AGAIN)
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            problem = f"packs a file that leaves the archive: {entry.filename!r}"
            raise InputError(file, problem, "do not trust it; ask for another export")
    return [entry.filename for entry in entries]


def _project_entry(file: Path, names: list[str]) -> str:
    """project.qde, or the one .qde file at the root: ATLAS.ti names it after the project."""
    found = [name for name in names if name.casefold().endswith(".qde") and "/" not in name]
    if PROJECT_FILE in found:
        return PROJECT_FILE
    if len(found) != 1:
        raise InputError(file, f"holds no {PROJECT_FILE}", _EXPORT_AGAIN)
    return found[0]


def _bytes(file: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    """An entry's content; what it unpacks to is counted, since its header may lie."""
    with archive.open(name) as entry:
        content = entry.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        problem = f"{name} unpacks to more than {MAX_BYTES // 1_000_000} MB"
        raise InputError(file, problem, "leave media out of the export")
    return content


def _parsed(file: Path, content: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise InputError(file, f"its XML is broken ({error})", _EXPORT_AGAIN) from None
    if root.getroottree().docinfo.internalDTD is not None:
        fix = "delete the line that begins with <!DOCTYPE"
        raise InputError(file, "its XML declares a document type or entities", fix)
    if _local(root) != "Project":
        raise InputError(file, f"its root is {_local(root)}, not Project", _EXPORT_AGAIN)
    return root


def _sources(root: etree._Element) -> Iterator[etree._Element]:
    """Everything that codings lie in: texts, and the text beside a PDF, a picture, a recording."""
    for parent in _all(root, "Sources"):
        yield from parent


def _codings(project: _Project, source: etree._Element) -> Iterator[FoundCoding]:
    name = source.get("name", "") or source.get("guid", "")
    lettered: tuple[LetteredText, str] | None = None
    for coding in _all(source, "Coding"):
        selection = coding.getparent()
        if selection is None or _local(selection) != "PlainTextSelection":
            kind = "nothing" if selection is None else _local(selection)
            problem = f"in {name!r}, a coding of a {kind}, not of a stretch of text"
            raise InputError(project.file, problem, "code the words, and export again")
        if lettered is None:
            text = _text(project, selection.getparent(), name)
            lettered = (LetteredText(text), text)
        yield _coding(project, source, name, coding, selection, *lettered)


def _coding(
    project: _Project,
    source: etree._Element,
    name: str,
    coding: etree._Element,
    selection: etree._Element,
    letters: LetteredText,
    text: str,
) -> FoundCoding:
    start, end = _range(project.file, name, selection, len(text))
    reference = next(_all(coding, "CodeRef"), None)
    code = _guid(None if reference is None else reference.get("targetGUID"))
    place = f"{name}, characters {start} to {end}"
    if code not in project.codes:
        raise InputError(project.file, f"a code that is not defined: {code}", _EXPORT_AGAIN, place)
    user = coding.get("creatingUser") or selection.get("creatingUser")
    return FoundCoding(
        coder=project.users.get(_guid(user), ""),
        document=name,
        identity=_guid(source.get("guid")),
        text=text[start:end],
        whole=letters,
        before=letters.before(start),
        code=project.codes[code],
        code_identity=code,
        place=place,
    )


def _range(file: Path, name: str, selection: etree._Element, length: int) -> tuple[int, int]:
    given = (selection.get("startPosition", ""), selection.get("endPosition", ""))
    try:
        start, end = int(given[0]), int(given[1])
    except ValueError:
        raise InputError(file, f"no numbers: {given}", _EXPORT_AGAIN, name) from None
    if not 0 <= start < end <= length:
        problem = f"characters {start} to {end} are not in its text of {length} characters"
        raise InputError(file, problem, _EXPORT_AGAIN, name)
    return start, end


def _text(project: _Project, source: etree._Element | None, name: str) -> str:
    """The text that a source's selections count in."""
    if source is None:
        raise InputError(project.file, "a selection outside of a source", _EXPORT_AGAIN, name)
    inline = next((child for child in source if _local(child) == "PlainTextContent"), None)
    if inline is not None:
        return inline.text or ""
    path = source.get("plainTextPath", "")
    if not path.startswith(INTERNAL):
        problem = f"its text is not in the archive ({path or 'no plainTextPath'})"
        raise InputError(project.file, problem, "export with the sources inside", name)
    wanted = path.removeprefix(INTERNAL).lstrip("/").casefold()
    entry = project.names.get(f"sources/{wanted}", project.names.get(wanted))
    if entry is None:
        raise InputError(project.file, f"{path} is not in the archive", _EXPORT_AGAIN, name)
    try:
        return _bytes(project.file, project.archive, entry).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(project.file, f"{entry} is not UTF-8", _EXPORT_AGAIN, name) from None


def _all(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return element.iter(f"{{*}}{name}")


def _local(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def _guid(value: str | None) -> str:
    return (value or "").strip("{}").upper()
