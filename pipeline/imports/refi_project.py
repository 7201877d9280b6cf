"""Codings of a REFI-QDA project (.qdpx), whichever program wrote it.

The archive is read in memory, never unpacked onto the disk; what is too large, names a place
outside the archive, or declares XML entities is refused. What is coded besides words (cases,
pictures, recordings, areas of a PDF, whole documents) is named, coding by coding.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from lxml import etree

from pipeline.imports import Found, FoundCoding, NotTaken
from pipeline.imports.counting import ProgramText, Selection
from pipeline.imports.placing import placed_codings
from pipeline.run.errors import InputError
from pipeline.study.refi import PROJECT_FILE

MAX_BYTES = 200_000_000
"""Of one file in the archive, unpacked; a project of text is a few MB."""
MAX_TEXT_BYTES = 20_000_000
"""Of one text: a book has one or two."""
MAX_ENTRIES = 20_000
_EXPORT_AGAIN = "export the project again as REFI-QDA (.qdpx)"
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError)
_SCHEME = re.compile(r"^[a-z]+:/+", re.IGNORECASE)
_OF_NO_WORDS = {
    "PictureSelection": "picture",
    "PDFSelection": "pdf_area",
    "AudioSelection": "recording",
    "VideoSelection": "recording",
    "TranscriptSelection": "recording",
}


@dataclass(frozen=True)
class _Archive:
    """A zip with its files by their plain names, from the folder of the project file on."""

    file: Path
    opened: zipfile.ZipFile
    entries: Mapping[str, zipfile.ZipInfo]

    def content(self, entry: zipfile.ZipInfo, most: int) -> bytes:
        """An entry's content; what it unpacks to is counted, since its header may lie."""
        with self.opened.open(entry) as packed:
            content = packed.read(most + 1)
        if len(content) > most:
            problem = f"{entry.filename} unpacks to more than {most // 1_000_000} MB"
            raise InputError(self.file, problem, "leave media out of the export")
        return content

    def text(self, path: str) -> ProgramText | str:
        """A text of the project; in words, why it cannot be read."""
        wanted = _plain(unquote(_SCHEME.sub("", path.strip())))
        entry = self.entries.get(wanted) or self.entries.get(PurePosixPath(wanted).name)
        if not path or entry is None:
            return f"{path} is not in the archive" if path else "no plain text is named"
        try:
            content = self.content(entry, MAX_TEXT_BYTES)
        except _BROKEN as error:
            return f"{path} cannot be unpacked ({error})"
        return ProgramText(decoded) if (decoded := _decoded(content)) else f"{path} is no text"


def _decoded(content: bytes) -> str:
    """UTF-8 as the format demands, else UTF-16 by its mark, else Windows-1252; empty: no text."""
    for encoding in ("utf-8", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return "" if "\0" in text else text
    return ""


def _plain(name: str) -> str:
    """A path in small letters and forward slashes, composed, without ./ and leading slashes."""
    forward = unicodedata.normalize("NFC", name.replace("\\", "/")).casefold()
    return "/".join(part for part in forward.split("/") if part not in ("", "."))


def read_refi_project(file: Path) -> Found:
    """Every coding, in the order of the file.

    Raises:
        InputError: the file is not a project, or is unsafe.
    """
    if file.is_dir():
        raise InputError(file, "is a folder", "name the .qdpx file")
    if file.suffix.casefold() == ".qdc":
        raise InputError(file, "is a codebook; it holds no coding", "name the project (.qdpx)")
    try:
        with zipfile.ZipFile(file) as opened:
            archive = _archive(file, opened)
            project = _parsed(file, archive.content(archive.entries[""], MAX_BYTES))
            return _found(archive, project)
    except _BROKEN as error:
        raise InputError(file, f"is no .qdpx archive ({error})", _EXPORT_AGAIN) from None


def _archive(file: Path, opened: zipfile.ZipFile) -> _Archive:
    """The archive; its project file has the empty name."""
    infos = [info for info in opened.infolist() if not info.is_dir()]
    if len(infos) > MAX_ENTRIES:
        problem = f"packs {len(infos)} files, more than {MAX_ENTRIES}"
        raise InputError(file, problem, _EXPORT_AGAIN)
    for info in opened.infolist():
        forward = info.filename.replace("\\", "/")
        if forward[:1] == "/" or ".." in forward.split("/") or re.match("[a-z]:", forward, re.I):
            problem = f"packs a file that leaves the archive: {info.filename!r}"
            raise InputError(file, problem, "do not trust it; ask for another export")
    ours = [info for info in infos if "__macosx" not in _plain(info.filename)]
    project = _project_entry(file, ours)
    root = PurePosixPath(_plain(project.filename)).parent
    entries: dict[str, zipfile.ZipInfo] = {}
    for info in reversed(ours):
        for name in _names(info):
            path = PurePosixPath(name)
            inside = path.relative_to(root) if path.is_relative_to(root) else path
            entries |= {path.name: info, str(inside): info}
    # paths come before mere names, and texts lie in a folder that paths do not name
    for info in ours:
        entries |= {f"sources/{PurePosixPath(name).name}": info for name in _names(info)}
    return _Archive(file, opened, {**entries, "": project})


def _names(info: zipfile.ZipInfo) -> Iterator[str]:
    """An entry's name; also as UTF-8, where a program did not say that it is."""
    yield _plain(info.filename)
    try:
        yield _plain(info.filename.encode("cp437").decode("utf-8"))
    except UnicodeError:
        return


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
    raise InputError(file, problem, _EXPORT_AGAIN)


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


@dataclass(frozen=True)
class _Coded:
    """A code on a part of a source; ``code`` is empty where the project does not define it."""

    source: etree._Element
    part: etree._Element
    coder: str
    code: str
    identity: str

    @property
    def document(self) -> str:
        """The name of the source."""
        return self.source.get("name", "") or self.source.get("guid", "")

    @property
    def place(self) -> str:
        """Where it stands, for a person."""
        start, end = self.part.get("startPosition"), self.part.get("endPosition")
        if start is not None:
            return f"{self.document}, characters {start} to {end}"
        name = self.part.get("name", "") if self.part is not self.source else ""
        page = self.part.get("page", "")
        named = [f"{name!r}" if name else "", self.document, f"page {page}" if page else ""]
        return ", ".join(filter(None, named))

    def not_taken(self, kind: str, problem: str = "") -> NotTaken:
        """The coding as one that cannot be taken."""
        what = f"{self.place}: {problem}" if problem else self.place
        return NotTaken(kind, what, self.coder, self.code)

    def found(self, words: str, text: ProgramText | None = None) -> FoundCoding:
        """The coding of these words, or of words of this text that are to be found."""
        return FoundCoding(
            coder=self.coder,
            document=self.document,
            identity=_guid(self.source.get("guid")),
            text=words,
            whole=text.lettered if text else None,
            before=0,
            code=self.code,
            code_identity=self.identity,
            place=self.place,
        )


def _found(archive: _Archive, root: etree._Element) -> Found:
    cases = {_guid(case.get("guid")): case.get("name", "") for case in _all(root, "Case")}
    coded = list(_coded(root))
    twins = {(_guid(one.part.get("guid")), one.identity) for one in coded if _of_text(one)}
    words: list[_Coded] = []
    found: list[FoundCoding | NotTaken] = [
        NotTaken("case", case.get("name", ""))
        for case in _all(root, "Case")
        for _ in case.iterchildren("{*}CodeRef")
    ]
    for one in coded:
        if one.identity in cases:
            found.append(NotTaken("case", cases[one.identity], one.coder))
        elif not one.code:
            found.append(one.not_taken("no_code", one.identity))
        elif _of_text(one):
            words.append(one)
        elif (_guid(one.part.get("guid")), one.identity) not in twins:
            found.append(_of_no_words(one))
    placed = _placed(archive, words)
    return Found(
        [*placed.codings, *(one for one in found if isinstance(one, FoundCoding))],
        [*(one for one in found if isinstance(one, NotTaken)), *placed.not_taken],
        placed.remarks,
    )


def _coded(root: etree._Element) -> Iterator[_Coded]:
    """Every code that was given, in the order of the file."""
    codes = _codes(root)
    users = {_guid(user.get("guid")): user.get("name", "") for user in _all(root, "User")}
    for source in (child for sources in _all(root, "Sources") for child in sources):
        for coding in _all(source, "Coding"):
            part = coding.getparent()
            part = source if part is None else part
            user = users.get(_guid(coding.get("creatingUser") or part.get("creatingUser")), "")
            given = [_guid(reference.get("targetGUID")) for reference in _all(coding, "CodeRef")]
            for identity in given or [""]:
                yield _Coded(source, part, user, codes.get(identity, ""), identity)


def _codes(root: etree._Element) -> dict[str, str]:
    """Names of codes by GUID; with the code above, where two have the same name."""
    every = list(_all(root, "Code"))
    counts = Counter(code.get("name", "") for code in every)
    names = {}
    for code in every:
        name, above = code.get("name", "") or code.get("guid", ""), code.getparent()
        if counts[name] > 1 and above is not None and _local(above) == "Code":
            name = f"{above.get('name', '')} > {name}"
        names[_guid(code.get("guid"))] = name
    return names


def _of_text(one: _Coded) -> bool:
    return _local(one.part) == "PlainTextSelection"


def _placed(archive: _Archive, coded: Sequence[_Coded]) -> Found:
    """Codings of selections of a text, with the words that they hold."""
    stored = {
        _guid(one.get("guid")): _stored_words(one)
        for source in {each.source for each in coded}
        for one in _all(source, "PDFSelection")
    }
    texts: dict[etree._Element, ProgramText | str] = {}
    wanted: dict[etree._Element, list[tuple[FoundCoding, Selection]]] = {}
    not_taken: list[NotTaken] = []
    for one in coded:
        holder = one.part.getparent()
        selection = _selection(one.part, stored.get(_guid(one.part.get("guid")), ""))
        if isinstance(selection, tuple) or holder is None:
            problem = selection if isinstance(selection, tuple) else ("no_text", "no source")
            not_taken.append(one.not_taken(*problem))
            continue
        if holder not in texts:
            texts[holder] = _text(archive, holder)
        text = texts[holder]
        if isinstance(text, str):
            not_taken.append(one.not_taken("no_text", text))
        else:
            wanted.setdefault(holder, []).append((one.found("", text), selection))
    read = {holder: text for holder, text in texts.items() if isinstance(text, ProgramText)}
    placed = placed_codings(read, wanted)
    return Found(placed.codings, [*not_taken, *placed.not_taken], placed.remarks)


def _selection(part: etree._Element, words: str) -> Selection | tuple[str, str]:
    given = (part.get("startPosition", ""), part.get("endPosition", ""))
    try:
        start, end = int(given[0]), int(given[1])
    except ValueError:
        return "no_place", f"no numbers: {given}"
    if start == end:
        return "empty", ""
    return Selection(start, end, words, part.get("name", ""))


def _stored_words(selection: etree._Element) -> str:
    """The words that lie beside an area of a PDF, as ATLAS.ti writes them."""
    contents = [one.text or "" for one in _all(selection, "PlainTextContent")]
    return contents[0] if contents else ""


def _text(archive: _Archive, holder: etree._Element) -> ProgramText | str:
    """The text that a source's selections count in; in words, why there is none."""
    inline = next(holder.iterchildren("{*}PlainTextContent"), None)
    if inline is not None:
        return ProgramText(inline.text or "")
    return archive.text(holder.get("plainTextPath", ""))


def _of_no_words(one: _Coded) -> FoundCoding | NotTaken:
    kind = _local(one.part)
    if kind == "PDFSelection" and (words := _stored_words(one.part)).strip():
        return one.found(words)
    return one.not_taken(_OF_NO_WORDS.get(kind, "whole_document"))


def _all(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return element.iter(f"{{*}}{name}")


def _local(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def _guid(value: str | None) -> str:
    return (value or "").strip("{}").upper()
