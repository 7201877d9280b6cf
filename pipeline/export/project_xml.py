"""A REFI-QDA project: users, codebook, texts, and what each user coded where."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from pipeline.codebook import Codebook
from pipeline.export.codebook_xml import codes_element, element_in, xml_bytes
from pipeline.export.selections import Selection
from pipeline.refi import (
    INTERNAL,
    ORIGIN,
    PROJECT_FILE,
    PROJECT_NAMESPACE,
    SOURCES_FOLDER,
    guid,
    user_of,
)

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Source:
    """A document of the project.

    Attributes:
        name: as the person finds it in their program: its symbol, or its title.
        description: kind, date, missions and address.
    """

    document_id: str
    name: str
    description: str
    text: str


def project_files(
    name: str,
    description: str,
    codebook: Codebook,
    sources: Sequence[Source],
    selections: Sequence[Selection],
) -> dict[str, bytes]:
    """The files of a .qdpx archive by their names in it.

    Args:
        name: of the project.
        description: what a person who opens it must know.
        codebook: its families become parents of its codes.
        sources: in the order in which they are to be listed.
        selections: of all coders, in documents among ``sources``.
    """
    root = element_in(PROJECT_NAMESPACE, "Project")
    root.set("name", name)
    root.set("origin", ORIGIN)
    coders = dict.fromkeys(selection.coder for selection in selections)
    if coders:
        users = etree.SubElement(root, _named("Users"))
        for coder in coders:
            user = user_of(coder)
            etree.SubElement(users, _named("User"), guid=guid("user", coder), name=user, id=user)
    book = etree.SubElement(root, _named("CodeBook"))
    book.append(codes_element(codebook, PROJECT_NAMESPACE))
    if sources:
        places = etree.SubElement(root, _named("Sources"))
        by_document: dict[str, list[Selection]] = {}
        for selection in selections:
            by_document.setdefault(selection.document_id, []).append(selection)
        for source in sources:
            places.append(_source(source, by_document.get(source.document_id, [])))
    etree.SubElement(root, _named("Description")).text = _clean(description)
    texts = {f"{SOURCES_FOLDER}/{_text_file(source)}": source.text.encode() for source in sources}
    return {PROJECT_FILE: xml_bytes(root), **texts}


def _source(source: Source, selections: Sequence[Selection]) -> etree._Element:
    element = etree.Element(
        _named("TextSource"),
        guid=guid("source", source.document_id),
        name=_clean(source.name),
        plainTextPath=f"{INTERNAL}{_text_file(source)}",
    )
    etree.SubElement(element, _named("Description")).text = _clean(source.description)
    for selection in selections:
        _add_selection(element, selection)
    return element


def _add_selection(source: etree._Element, selection: Selection) -> None:
    identity = (selection.document_id, selection.coder, selection.name)
    given = {
        "guid": guid("selection", *identity),
        "name": selection.name,
        "startPosition": str(selection.start),
        "endPosition": str(selection.end),
        "creatingUser": guid("user", selection.coder),
    }
    element = etree.SubElement(source, _named("PlainTextSelection"), given)
    if selection.remark:
        etree.SubElement(element, _named("Description")).text = selection.remark
    for code in selection.codes:
        coding = etree.SubElement(
            element,
            _named("Coding"),
            guid=guid("coding", *identity, code),
            creatingUser=guid("user", selection.coder),
        )
        etree.SubElement(coding, _named("CodeRef"), targetGUID=guid("code", code))


def _text_file(source: Source) -> str:
    return f"{guid('source', source.document_id)}.txt"


def _named(name: str) -> str:
    return f"{{{PROJECT_NAMESPACE}}}{name}"


def _clean(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return _NOT_XML.sub(" ", text)


def described(row: Mapping[str, object]) -> str:
    """What a document's row of `pipeline.tables.Documents` says, on a few lines."""
    kind = str(row["kind"]).replace("_", " ")
    missions = row["missions"]
    named = ", ".join(missions) if isinstance(missions, list) else ""
    parts = (row["title"], kind, row["date"], named, row["source_url"], row["document_id"])
    return "\n".join(str(part) for part in parts if part)
