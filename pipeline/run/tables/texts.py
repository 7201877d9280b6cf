"""What acquire, ingest, segment and embed write: documents, blocks, passages, vectors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import dataframely as dy

from pipeline.run.errors import InputError, StageError
from pipeline.run.files import write_json, write_whole
from pipeline.run.tables.table import table
from pipeline.run.wording import Kind, Role

if TYPE_CHECKING:
    from pipeline.run.arrays import Vectors


class Acquired(dy.Schema):
    """One row a document of the profile: is it on disk, and if not, why not.

    It says how things stand, not how they came about, so that two clones that end with the same
    files have the same table whether these came from a mirror, the network or an earlier run.
    """

    document_id = dy.String(primary_key=True)
    status = dy.Enum(["present", "unavailable", "corrupt"])
    required = dy.Bool(description="is it an error of the manifest when nobody has pinned it")
    origin = dy.Enum(["project", "fetched"], description="part of the project, or under corpus/un")
    bytes = dy.Int64(min=0, description="size on disk; 0 when not present")
    sha256 = dy.String(description="of the file on disk; empty when not present")
    address = dy.String(
        description="which address gave the document; empty for a mirror's, unpinned"
    )
    reason = dy.String(description="why the document is not present; empty when it is")


ACQUIRED = table("acquire/acquired", Acquired)


KINDS: tuple[str, ...] = get_args(Kind)
ROLES: tuple[str, ...] = get_args(Role)


class Documents(dy.Schema):
    """One row a document that was read."""

    document_id = dy.String(primary_key=True)
    kind = dy.Enum(KINDS)
    symbol = dy.String(description="UN symbol such as S/RES/2423 (2018); empty when there is none")
    title = dy.String()
    date = dy.Date(nullable=True)
    year = dy.Int32(nullable=True)
    missions = dy.List(dy.String(), description="acronyms, the one most concerned first")
    themes = dy.List(dy.String(), description="agenda themes of the manifest; not a coding")
    source_url = dy.String()
    n_blocks = dy.Int64(min=0)
    n_words = dy.Int64(min=0)
    remarks = dy.List(
        dy.String(), description="what a person should know: recovered markup, dates that disagree"
    )


class SetAside(dy.Schema):
    """One row a document that is on disk but was not read, with the reason."""

    document_id = dy.String(primary_key=True)
    reason = dy.String()


class Blocks(dy.Schema):
    """One row a paragraph, heading, quotation, note or table cell, in document order."""

    block_id = dy.String(primary_key=True)
    document_id = dy.String()
    order = dy.Int64(min=0, description="place in the document, from 0")
    section = dy.String(
        description="headings above it, outermost first, joined by ' > '; may be empty"
    )
    label = dy.String(description="its own number, such as 14 (b) (ii); may be empty")
    role = dy.Enum(ROLES)
    text = dy.String(min_length=1, description="white space collapsed, note markers taken out")
    notes = dy.List(dy.String(), description="numbers of the notes that its text carries, in order")
    note_offsets = dy.List(
        dy.Int64(), description="where in text each of these markers stood, in characters"
    )
    paragraph = dy.Int64(
        nullable=True,
        description="number of the paragraph it belongs to; blocks of one share it",
    )
    source_index = dy.Int64(
        nullable=True,
        description="for Akoma Ntoso: number of its p element in the file, from 1",
    )


class Notes(dy.Schema):
    """One row an endnote or footnote, with the interviewees that it names."""

    document_id = dy.String(primary_key=True)
    number = dy.String(primary_key=True)
    text = dy.String()
    speaker_groups = dy.List(
        dy.String(), description="speaker groups of the interviewees named; may be empty"
    )


DOCUMENTS = table("ingest/documents", Documents)
SET_ASIDE = table("ingest/set_aside", SetAside)
BLOCKS = table("ingest/blocks", Blocks)
NOTES = table("ingest/notes", Notes)


class Passages(dy.Schema):
    """One row a passage: whole sentences of one block. Row i has vector i."""

    passage_id = dy.String(primary_key=True)
    document_id = dy.String()
    block_id = dy.String()
    order = dy.Int64(min=0, description="place in the document, from 0")
    section = dy.String()
    label = dy.String()
    role = dy.Enum(ROLES)
    text = dy.String(min_length=1)
    start = dy.Int64(min=0, description="first character in the text of its block")
    end = dy.Int64(min=1, description="one past its last character in the text of its block")
    n_words = dy.Int64(min=1)
    speaker_groups = dy.List(
        dy.String(), description="speaker groups of the interviews that it cites"
    )
    procedural = dy.Bool(description="an adoption line, a recital that only cites, or the like")


class NearDuplicates(dy.Schema):
    """One row a passage: the near-identical passages, over all documents, that it belongs to."""

    passage_id = dy.String(primary_key=True)
    near_duplicate_group = dy.String(
        description="the earliest passage of the group; itself for most"
    )
    similarity = dy.Float64(
        min=0, max=1, description="Jaccard similarity of word triples with that passage"
    )
    n_members = dy.Int64(min=1, description="passages in the group")


PASSAGES = table("segment/passages", Passages)
NEAR_DUPLICATES = table("segment/near_duplicates", NearDuplicates)


VECTORS = Path("outputs/embed/vectors.npy")
MODEL_CARD = Path("outputs/embed/model.json")


def write_vectors(vectors: Vectors, card: Mapping[str, object]) -> None:
    """Write the vectors, one row a passage in the order of the passages, and their model's card."""
    import numpy as np

    write_whole(VECTORS, lambda file: np.save(file, vectors, allow_pickle=False))
    write_json(MODEL_CARD, dict(card))


def read_vectors(n_passages: int) -> Vectors:
    """float32 [n_passages, dimension], row i for passage i.

    Raises:
        InputError: the embed stage has not run.
        StageError: the file does not fit the passages.
    """
    import numpy as np

    if not VECTORS.is_file():
        raise InputError(VECTORS, "is missing", "run: dvc repro embed")
    try:
        vectors: Vectors = np.load(VECTORS, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise StageError(f"{VECTORS} cannot be read ({error}); run: dvc repro -f embed") from error
    if vectors.shape[0] != n_passages:
        raise StageError(
            f"{VECTORS} has {vectors.shape[0]} rows for {n_passages} passages; run: dvc repro embed"
        )
    return vectors
