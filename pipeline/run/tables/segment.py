"""Passages, and which of them are near-duplicates."""

from __future__ import annotations

import dataframely as dy

from pipeline.run.tables.ingest import ROLES
from pipeline.run.tables.table import table


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
