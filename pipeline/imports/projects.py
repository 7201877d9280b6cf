"""Codings of projects of other programs: REFI-QDA (.qdpx), whichever wrote it, and QualCoder.

What is coded besides words (cases, pictures, recordings, areas of a PDF, whole documents) is named,
coding by coding. XML that declares entities is refused; a database is opened for reading only.
"""

from __future__ import annotations

import sqlite3
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from pipeline.imports import Found, FoundCoding, NotTaken
from pipeline.imports.archive import BROKEN, EXPORT_AGAIN, Archive, open_archive
from pipeline.imports.counting import ProgramText, Stretch
from pipeline.imports.placing import placed_codings
from pipeline.run.errors import InputError

_BY = ("creatingUser", "modifyingUser")
_TWINS = ("richTextPath", "path", "guid")
_OF_NO_WORDS = {
    "PictureSelection": "picture",
    "PDFSelection": "pdf_area",
    "AudioSelection": "recording",
    "VideoSelection": "recording",
    "TranscriptSelection": "recording",
}


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
            archive = open_archive(file, opened)
            project = _parsed(file, archive.project_file())
            return _found(archive, project)
    except BROKEN as error:
        raise InputError(file, f"is no .qdpx archive ({error})", EXPORT_AGAIN) from None


def _parsed(file: Path, content: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise InputError(file, f"its XML is broken ({error})", EXPORT_AGAIN) from None
    if root.getroottree().docinfo.internalDTD is not None:
        fix = "delete the line that begins with <!DOCTYPE"
        raise InputError(file, "its XML declares a document type or entities", fix)
    if _local(root) != "Project":
        raise InputError(file, f"its root is {_local(root)}, not Project", EXPORT_AGAIN)
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


def _found(archive: Archive, root: etree._Element) -> Found:
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
        elif _local(one.source) == "Note":
            found.append(one.not_taken("memo"))
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
    for source in (child for each in root.iter("{*}Sources", "{*}Notes") for child in each):
        for coding in _all(source, "Coding"):
            part = coding.getparent()
            part = source if part is None else part
            by = (each.get(name) for name in _BY for each in (coding, part))
            user = users.get(_guid(next(filter(None, by), "")), "")
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


def _placed(archive: Archive, coded: Sequence[_Coded]) -> Found:
    """Codings of selections of a text, with the words that they hold."""
    stored = {
        _guid(one.get("guid")): _stored_words(one)
        for source in {each.source for each in coded}
        for one in _all(source, "PDFSelection")
    }
    texts: dict[etree._Element, ProgramText | str] = {}
    wanted: dict[etree._Element, list[tuple[FoundCoding, Stretch]]] = {}
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
            what = f"{one.document}: {text}"
            not_taken.append(NotTaken("no_text", what, one.coder, one.code))
        else:
            wanted.setdefault(holder, []).append((one.found("", text), selection))
    read = {holder: text for holder, text in texts.items() if isinstance(text, ProgramText)}
    placed = placed_codings(read, wanted)
    return Found(placed.codings, [*not_taken, *placed.not_taken], placed.remarks)


def _selection(part: etree._Element, words: str) -> Stretch | tuple[str, str]:
    given = (part.get("startPosition", ""), part.get("endPosition", ""))
    try:
        start, end = int(given[0]), int(given[1])
    except ValueError:
        return "no_place", f"no numbers: {given}"
    if start == end:
        return "empty", ""
    return Stretch(start, end, words, part.get("name", ""))


def _stored_words(selection: etree._Element) -> str:
    """The words that lie beside an area of a PDF, as ATLAS.ti writes them."""
    contents = [one.text or "" for one in _all(selection, "PlainTextContent")]
    return contents[0] if contents else ""


def _text(archive: Archive, holder: etree._Element) -> ProgramText | str:
    """The text that a source's selections count in; in words, why there is none."""
    inline = next(holder.iterchildren("{*}PlainTextContent"), None)
    if inline is not None:
        return ProgramText(inline.text or "")
    paths = [holder.get("plainTextPath", "")]
    for one in (holder, holder.getparent()):  # a text may lie beside its PDF or its Word twin
        named = [] if one is None else [one.get(name, "") for name in _TWINS]
        paths += [f"{path.rpartition('.')[0] or path}.txt" for path in named if path]
    return archive.text(list(filter(None, paths)))


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
            return _of_database(connection, list(_without_words(connection)))
    except (sqlite3.Error, UnicodeDecodeError) as error:
        fix = "open it in QualCoder once, which brings it up to date"
        raise InputError(file, f"is no QualCoder project ({error})", fix) from None


def _without_words(connection: sqlite3.Connection) -> Iterator[NotTaken]:
    """Codings of parts of pictures, pages and recordings."""
    there = {name for (name,) in connection.execute("select name from sqlite_master")}
    for table, kind in _KINDS.items():
        if table in there:
            for owner, name, code in connection.execute(_OTHERS.format(table=table)):
                of_pdf = str(name).casefold().endswith(_PDF)
                what = name or "a file that is gone"
                yield NotTaken("pdf_area" if of_pdf else kind, what, owner or "", code or "")


def _of_database(connection: sqlite3.Connection, not_taken: list[NotTaken]) -> Found:
    texts: dict[str, ProgramText] = {}
    coded: dict[str, list[tuple[FoundCoding, Stretch]]] = {}
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
            selection = Stretch(start, end, str(words or ""))
            coded.setdefault(document, []).append((coding, selection))
    found = placed_codings(texts, coded)
    return Found(found.codings, [*not_taken, *found.not_taken], found.remarks)
