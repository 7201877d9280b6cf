"""What REFI-QDA export and import share: namespaces, guids, and a document as one plain text.

REFI-QDA 1.5 (www.qdasoftware.org) is the exchange format of NVivo, ATLAS.ti, MAXQDA, QualCoder
and others: a project (.qdpx) is a zip of project.qde and the texts, a codebook (.qdc) is XML.

Programs for qualitative analysis know documents as running text and codings as ranges of its
characters; our tables know blocks. Both ways lead through this text, so it must stay as it is:
a file that was exported yesterday names its places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid5

import polars as pl

PROJECT_NAMESPACE = "urn:QDA-XML:project:1.0"
CODEBOOK_NAMESPACE = "urn:QDA-XML:codebook:1.0"
ORIGIN = "peacetext"
PROJECT_FILE = "project.qde"
SOURCES_FOLDER = "Sources"
INTERNAL = "internal://"

MACHINE = "machine"
"""The user that gave the classifier's codes; never taken for a coder."""

_OURS = UUID("a6322941-1a70-5aee-b551-313ee8951a2e")
"""The namespace of our GUIDs; another one would make another project of every export."""

_CODER = "coder-"


def guid(kind: str, *names: str) -> str:
    """The same thing has the same GUID in every export (a UUID of version 5).

    >>> guid("code", "access") == guid("code", "access")
    True
    """
    return str(uuid5(_OURS, "/".join((kind, *names)))).upper()


def user_of(coder: str) -> str:
    """The user as whom a coder of corpus/coding is exported.

    >>> user_of("1")
    'coder-1'
    """
    return coder if coder == MACHINE else f"{_CODER}{coder}"


def coder_of(user: str) -> str:
    """The coder whom a user's name means.

    >>> coder_of("coder-1"), coder_of("Ada Lovelace")
    ('1', 'Ada Lovelace')
    """
    return user.removeprefix(_CODER)


@dataclass(frozen=True)
class DocumentText:
    """One document.

    Attributes:
        text: its blocks in order, one a line, each after its own number where it has one.
        starts: by block_id: where the block's text begins in ``text``, in characters.
    """

    text: str
    starts: Mapping[str, int]


def document_texts(blocks: pl.DataFrame) -> dict[str, DocumentText]:
    """The text of every document by its id.

    Args:
        blocks: `pipeline.tables.Blocks`, of any documents, in any order.
    """
    columns = ("block_id", "label", "text")
    return {
        str(document_id): _document_text(rows.select(columns).rows())
        for (document_id,), rows in blocks.sort("document_id", "order").group_by(
            "document_id", maintain_order=True
        )
    }


def _document_text(blocks: list[tuple[str, str, str]]) -> DocumentText:
    lines: list[str] = []
    starts: dict[str, int] = {}
    at = 0
    for block_id, label, text in blocks:
        before = f"{label} " if label else ""
        starts[block_id] = at + len(before)
        lines.append(f"{before}{text}\n")
        at += len(lines[-1])
    return DocumentText("".join(lines), starts)


def ranges(anchors: pl.DataFrame, texts: Mapping[str, DocumentText]) -> pl.DataFrame:
    """Where things that lie in blocks lie in the texts of their documents.

    Args:
        anchors: name, block_id, start, end (characters of the block); several rows a name where
            it runs over several blocks of one document.
        texts: by document_id.

    Returns:
        name, document_id, start, end, in the order of ``anchors``; one row a name.
    """
    places = pl.DataFrame(
        [
            (block_id, document_id, at)
            for document_id, document in texts.items()
            for block_id, at in document.starts.items()
        ],
        schema={"block_id": pl.String, "document_id": pl.String, "at": pl.Int64},
        orient="row",
    )
    return (
        anchors.join(places, on="block_id", how="inner", maintain_order="left")
        .group_by("name", maintain_order=True)
        .agg(
            pl.col("document_id").first(),
            (pl.col("at") + pl.col("start")).min().alias("start"),
            (pl.col("at") + pl.col("end")).max().alias("end"),
        )
    )
