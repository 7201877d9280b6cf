"""A REFI-QDA project and codebook: users, codes, texts, and what each user coded where."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from lxml import etree

from pipeline.study.codebook import Codebook, CodeGroup, Theme
from pipeline.study.codings import Coding
from pipeline.study.refi import (
    CODEBOOK_NAMESPACE,
    INTERNAL,
    MACHINE,
    ORIGIN,
    PROJECT_FILE,
    PROJECT_NAMESPACE,
    SOURCES_FOLDER,
    DocumentText,
    guid,
    ranges,
    user_of,
)

_NO_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold: a file of this project has no time of its own."""


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files by their names in the archive, in the order given."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, value in files.items():
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # as on Unix, wherever it is made
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, value)
    return content.getvalue()


@dataclass(frozen=True, slots=True)
class CodedSelection:
    """A range of a document's text to which one coder gave codes.

    Attributes:
        start: first character in the document's text; `end` is one past the last.
        name: what is coded: a unit_id, or a passage_id.
        codes: theme_ids, in the order of the codebook.
        remark: what else is known, such as the classifier's probabilities; may be empty.
    """

    document_id: str
    start: int
    end: int
    coder: str
    name: str
    codes: tuple[str, ...]
    remark: str = ""


def coded_selections(
    coding: Coding,
    anchors: pl.DataFrame,
    texts: Mapping[str, DocumentText],
    theme_ids: Sequence[str],
) -> list[CodedSelection]:
    """One selection a coder and unit that they gave a code, in the order of the units.

    Args:
        coding: the codings of one set of units.
        anchors: unit_id, block_id, start, end of its units.
        texts: by document_id.
        theme_ids: all codes, in the order of the codebook.
    """
    places = ranges(anchors.rename({"unit_id": "name"}), texts)
    given = _given(coding.codes.rename({"unit_id": "name"}), theme_ids, ["coder", "name"])
    rows = places.join(given, on="name", maintain_order="left").sort("coder", maintain_order=True)
    columns = ("document_id", "start", "end", "coder", "name", "codes")
    return [
        CodedSelection(document_id, start, end, coder, name, tuple(codes))
        for document_id, start, end, coder, name, codes in rows.select(columns).iter_rows()
    ]


def machine_selections(
    scores: pl.DataFrame,
    passages: pl.DataFrame,
    texts: Mapping[str, DocumentText],
    theme_ids: Sequence[str],
) -> list[CodedSelection]:
    """One selection a passage of these documents to which the classifier assigned a theme.

    The remark gives each theme's probability and says when it comes from a model that had learnt
    from this passage (its paragraph or document).
    """
    anchors = passages.select(pl.col("passage_id").alias("name"), "block_id", "start", "end")
    assigned = scores.filter("assigned").rename({"passage_id": "name"})
    given = _given(assigned, theme_ids, ["name"])
    rows = ranges(anchors, texts).join(given, on="name", maintain_order="left")
    columns = ("document_id", "start", "end", "name", "codes", "probability", "out_of_fold")
    return [
        CodedSelection(
            document, start, end, MACHINE, name, tuple(codes), _said(codes, shares, unseen)
        )
        for document, start, end, name, codes, shares, unseen in rows.select(columns).iter_rows()
    ]


def _given(codes: pl.DataFrame, theme_ids: Sequence[str], keys: list[str]) -> pl.DataFrame:
    """One row for each of the keys, with lists of the other columns in the codebook's order."""
    order = pl.DataFrame({"theme_id": list(theme_ids)}, schema={"theme_id": pl.String})
    numbered = codes.join(order.with_row_index("number"), on="theme_id").sort(*keys, "number")
    others = [name for name in codes.columns if name not in {*keys, "theme_id"}]
    return numbered.group_by(keys, maintain_order=True).agg(
        pl.col("theme_id").alias("codes"), *others
    )


def _said(codes: Sequence[str], probabilities: Sequence[float], unseen: Sequence[bool]) -> str:
    parts = zip(codes, probabilities, unseen, strict=True)
    return "; ".join(
        f"{theme_id} {probability:.2f}" + ("" if out_of_fold else " (learnt from it)")
        for theme_id, probability, out_of_fold in parts
    )


_COLOURS = ("#0B6AA8", "#C14A00", "#2E7D52", "#7A4FA3", "#8A6D00", "#A3284B", "#3B6E8F", "#5C5850")
"""One a code_group, repeated when there are more; they can be told apart in print too."""


def codebook_file(codebook: Codebook) -> bytes:
    """The bytes of a .qdc file, valid against Codebook.xsd of REFI-QDA 1.5."""
    root = element_in(CODEBOOK_NAMESPACE, "CodeBook")
    root.set("origin", ORIGIN)
    root.append(codes_element(codebook, CODEBOOK_NAMESPACE))
    return xml_bytes(root)


def codes_element(codebook: Codebook, namespace: str) -> etree._Element:
    """The element Codes, which codebook and project share but for their namespace."""
    codes = element_in(namespace, "Codes")
    for place, code_group in enumerate(codebook.code_groups):
        colour = _COLOURS[place % len(_COLOURS)]
        parent = _code(
            codes,
            guid("code_group", code_group.code_group_id),
            code_group.name,
            colour,
            codable=False,
        )
        _describe(parent, _code_group_text(code_group))
        for theme in code_group.themes:
            code = _code(parent, guid("code", theme.theme_id), theme.name, colour, codable=True)
            _describe(code, theme_text(theme))
    return codes


def element_in(namespace: str, name: str) -> etree._Element:
    """An element of this namespace, written without a prefix."""
    return etree.Element(_named_code(namespace, name), nsmap={None: namespace})  # type: ignore[dict-item]


def theme_text(theme: Theme) -> str:
    """All that the codebook says of a theme, with its id, which files of codings use."""
    parts = [theme.definition]
    parts += [f"Include: {theme.include}"] if theme.include else []
    parts += [f"Exclude: {theme.exclude}"] if theme.exclude else []
    return "\n".join([*parts, f"Id: {theme.theme_id}"])


def xml_bytes(root: etree._Element) -> bytes:
    """The document with its declaration, indented, so that a person can read it."""
    etree.indent(root, space=" ")
    return etree.tostring(root, xml_declaration=True, encoding="utf-8") + b"\n"


def _code_group_text(code_group: CodeGroup) -> str:
    return (
        f"Sections: {', '.join(code_group.article_sections)}" if code_group.article_sections else ""
    )


def _code(
    parent: etree._Element, identity: str, name: str, colour: str, *, codable: bool
) -> etree._Element:
    code = etree.SubElement(parent, _beside(parent, "Code"), guid=identity, name=name)
    code.set("isCodable", str(codable).lower())
    code.set("color", colour)
    return code


def _describe(code: etree._Element, text: str) -> None:
    if text:
        etree.SubElement(code, _beside(code, "Description")).text = text


def _named_code(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}"


def _beside(element: etree._Element, name: str) -> str:
    return _named_code(str(etree.QName(element).namespace), name)


_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class ProjectSource:
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
    sources: Sequence[ProjectSource],
    selections: Sequence[CodedSelection],
) -> dict[str, bytes]:
    """The files of a .qdpx archive by their names in it.

    Args:
        name: of the project.
        description: what a person who opens it must know.
        codebook: its code_groups become parents of its codes.
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
        by_document: dict[str, list[CodedSelection]] = {}
        for selection in selections:
            by_document.setdefault(selection.document_id, []).append(selection)
        for source in sources:
            places.append(_source(source, by_document.get(source.document_id, [])))
    etree.SubElement(root, _named("Description")).text = _clean(description)
    texts = {f"{SOURCES_FOLDER}/{_text_file(source)}": source.text.encode() for source in sources}
    return {PROJECT_FILE: xml_bytes(root), **texts}


def _source(source: ProjectSource, selections: Sequence[CodedSelection]) -> etree._Element:
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


def _add_selection(source: etree._Element, selection: CodedSelection) -> None:
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


def _text_file(source: ProjectSource) -> str:
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
