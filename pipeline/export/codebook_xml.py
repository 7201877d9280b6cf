"""The codebook as REFI-QDA: families as parents that hold no text, themes as their codes."""

from __future__ import annotations

from lxml import etree

from pipeline.codebook import Codebook, Family, Theme
from pipeline.refi import CODEBOOK_NAMESPACE, ORIGIN, guid

_COLOURS = ("#0B6AA8", "#C14A00", "#2E7D52", "#7A4FA3", "#8A6D00", "#A3284B", "#3B6E8F", "#5C5850")
"""One a family, repeated when there are more; they can be told apart in print too."""


def codebook_file(codebook: Codebook) -> bytes:
    """The bytes of a .qdc file, valid against Codebook.xsd of REFI-QDA 1.5."""
    root = element_in(CODEBOOK_NAMESPACE, "CodeBook")
    root.set("origin", ORIGIN)
    root.append(codes_element(codebook, CODEBOOK_NAMESPACE))
    return xml_bytes(root)


def codes_element(codebook: Codebook, namespace: str) -> etree._Element:
    """The element Codes, which codebook and project share but for their namespace."""
    codes = element_in(namespace, "Codes")
    for place, family in enumerate(codebook.families):
        colour = _COLOURS[place % len(_COLOURS)]
        parent = _code(codes, guid("family", family.family_id), family.name, colour, codable=False)
        _describe(parent, _family_text(family))
        for theme in family.themes:
            code = _code(parent, guid("code", theme.theme_id), theme.name, colour, codable=True)
            _describe(code, theme_text(theme))
    return codes


def element_in(namespace: str, name: str) -> etree._Element:
    """An element of this namespace, written without a prefix."""
    return etree.Element(_named(namespace, name), nsmap={None: namespace})  # type: ignore[dict-item]


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


def _family_text(family: Family) -> str:
    return f"Sections of the article: {', '.join(family.article_sections)}"


def _code(
    parent: etree._Element, identity: str, name: str, colour: str, *, codable: bool
) -> etree._Element:
    code = etree.SubElement(parent, _beside(parent, "Code"), guid=identity, name=name)
    code.set("isCodable", str(codable).lower())
    code.set("color", colour)
    return code


def _describe(code: etree._Element, text: str) -> None:
    etree.SubElement(code, _beside(code, "Description")).text = text


def _named(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}"


def _beside(element: etree._Element, name: str) -> str:
    return _named(str(etree.QName(element).namespace), name)
