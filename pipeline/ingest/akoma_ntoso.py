"""Reader of the UN's Akoma Ntoso XML: Council resolutions and presidential statements.

One ``p`` becomes one block with its ``source_index``; headings and openings of lists, which are no
``p``, become blocks without one. The text of a block is the text of its ``p`` with white space
collapsed, opening quotation marks kept, footnotes taken out, and a number that stands in the text
moved to the label. Text without a letter or digit ("* * *") is no block.

Roles: ``preambular`` and ``operative`` in resolutions (also where the number stands in the
preamble, S/RES/1991, or the recital in the body, S/RES/1343), ``paragraph`` in statements,
``annex`` for everything but headings in attachments, in tables and after the heading of an annex,
``note`` for footnotes that are paragraphs of their own. Cover page and preface are no part of the
body.

A file that is not well-formed is read again with a parser that recovers; all of its text is read,
wherever the parser left it, and words that even it lost are a remark. A file with a DTD is refused:
no entity is ever resolved.
"""

from __future__ import annotations

import re
from html import unescape

from lxml import etree

from pipeline.ingest.akoma_metadata import metadata_of
from pipeline.ingest.akoma_outline import outline
from pipeline.ingest.akoma_text import Piece, local_name, pieces
from pipeline.ingest.reading import Reading, UnreadableError

_TAG = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)
_WORD = re.compile(r"\w+")


def read_akoma_ntoso(content: bytes) -> Reading:
    """Read one file.

    Raises:
        UnreadableError: it is not XML, not Akoma Ntoso, holds a DTD, or holds no text.
    """
    root, remarks = _parse(content)
    statement = _document_element(root)
    # a parser that recovers may leave text beside the statement
    items = list(pieces(root if remarks else statement))
    texts = [item.text for item in items if isinstance(item, Piece)]
    opening = next((text for text in texts if text.startswith("At the ")), "")
    metadata = metadata_of(statement, opening)
    blocks, notes = outline(items, metadata.is_resolution)
    if not blocks:
        raise UnreadableError("holds no text in its body")
    return Reading(
        blocks=tuple(blocks),
        notes=tuple(notes),
        symbol=metadata.symbol,
        title=metadata.title,
        date=metadata.date,
        remarks=(*remarks, *metadata.remarks),
    )


def _parse(content: bytes) -> tuple[etree._Element, tuple[str, ...]]:
    """The root, and remarks when the file is not well-formed."""
    remarks: tuple[str, ...] = ()
    try:
        root = etree.fromstring(content, _parser(recover=False))
    except etree.XMLSyntaxError as error:
        root, remarks = _recovered(content, " ".join(str(error.msg).split()))
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableError("holds a DTD or entities, which are never resolved")
    return root, remarks


def _recovered(content: bytes, problem: str) -> tuple[etree._Element, tuple[str, ...]]:
    try:
        root = etree.fromstring(content, _parser(recover=True))
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        raise UnreadableError("is not XML")
    remark = f"not well-formed XML ({problem}); recovered"
    printed = _WORD.findall(unescape(_TAG.sub(" ", content.decode("utf-8", "replace"))))
    lost = len(printed) - len(_WORD.findall(" ".join(str(part) for part in root.itertext())))
    return root, (remark, f"{lost} words could not be recovered") if lost > 0 else (remark,)


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )


def _document_element(root: etree._Element) -> etree._Element:
    if local_name(root) != "akomaNtoso":
        raise UnreadableError(f"is XML, but its root is {local_name(root)}, not akomaNtoso")
    for child in root:
        if child.find("{*}mainBody") is not None or child.find("{*}preamble") is not None:
            return child
    raise UnreadableError("is Akoma Ntoso, but holds no mainBody")
