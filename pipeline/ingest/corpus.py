"""From files to the tables of the corpus: documents, blocks, notes, and what was set aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

import polars as pl

from pipeline.ingest.readers import read_file
from pipeline.ingest.reading import Reading, UnreadableError
from pipeline.ingest.recognising import GUESSED_KIND, recognition_of
from pipeline.run.files import content_ids
from pipeline.run.settings import IngestSettings
from pipeline.run.tables.table import Table
from pipeline.run.tables.texts import BLOCKS, DOCUMENTS, NOTES, SET_ASIDE
from pipeline.study.manifest import Entry
from pipeline.study.study import Mission


@dataclass(frozen=True, slots=True)
class CorpusTables:
    """The four tables that ingest makes; see `pipeline.tables` for their columns."""

    documents: pl.DataFrame
    blocks: pl.DataFrame
    notes: pl.DataFrame
    set_aside: pl.DataFrame


def read_corpus(
    files: Iterable[tuple[Entry, bytes]],
    limits: IngestSettings,
    read: Callable[[bytes, str, str, IngestSettings], Reading] = read_file,
    missions: Mapping[str, Mission] = MappingProxyType({}),
) -> CorpusTables:
    """Read every file; one that cannot be read is set aside with its reason, and the others go on.

    Args:
        files: what the manifest says of a document, and the bytes of its file.
        limits: what is too large to be read.
        read: reads one file, as `read_file`.
        missions: the peace operations that may be recognised in a document added by its symbol.
    """
    readings: list[tuple[Entry, Reading]] = []
    set_aside: list[dict[str, Any]] = []
    for entry, content in files:
        try:
            suffix = PurePosixPath(entry.path).suffix
            readings.append((entry, read(content, entry.kind, suffix, limits)))
        except UnreadableError as error:
            set_aside.append({"document_id": entry.document_id, "reason": str(error)})
    return corpus_of(readings, set_aside, missions)


def corpus_of(
    readings: Iterable[tuple[Entry, Reading]],
    set_aside: Iterable[dict[str, Any]] = (),
    missions: Mapping[str, Mission] = MappingProxyType({}),
) -> CorpusTables:
    """Turn readings into tables, in the order given.

    A block's id is its document's id and a hash of its text, so that adding or removing a document
    changes no id of another.
    """
    documents: list[dict[str, Any]] = []
    blocks: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for entry, reading in readings:
        documents.append(_document(entry, reading, missions))
        blocks += _blocks(entry.document_id, reading)
        notes += _notes(entry.document_id, reading)
    return CorpusTables(
        _frame(DOCUMENTS, documents),
        _frame(BLOCKS, blocks),
        _frame(NOTES, notes),
        _frame(SET_ASIDE, list(set_aside)),
    )


def _frame(table: Table, rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=table.schema.create_empty().schema, orient="row")


def _document(entry: Entry, reading: Reading, missions: Mapping[str, Mission]) -> dict[str, Any]:
    """What the manifest says goes before what the document says; a contradiction is a remark.

    A row without a title was written before anybody had read the document (`peacetext add` with a
    symbol alone): of such a document kind and missions are found too, where the row has none.
    """
    day = entry.date or reading.date
    kind, concerned = entry.kind, entry.missions
    if not entry.title:
        found = recognition_of(reading, entry.document_id, missions)
        kind = found.kind if entry.kind == GUESSED_KIND else entry.kind
        concerned = entry.missions or found.missions
    return {
        "document_id": entry.document_id,
        "kind": kind,
        "symbol": entry.symbol or reading.symbol,
        "title": entry.title or reading.title,
        "date": day,
        "year": day.year if day else None,
        "missions": list(concerned),
        "themes": list(entry.themes),
        "source_url": entry.source_url,
        "n_blocks": len(reading.blocks),
        "n_words": sum(len(block.text.split()) for block in reading.blocks),
        "remarks": [*reading.remarks, *_contradictions(entry, reading)],
    }


def _contradictions(entry: Entry, reading: Reading) -> list[str]:
    found = []
    if entry.symbol and reading.symbol and entry.symbol != reading.symbol:
        found.append(f"symbol of the manifest taken; the document says {reading.symbol}")
    if entry.date and reading.date and entry.date != reading.date:
        found.append(f"date of the manifest taken; the document says {reading.date}")
    return found


def _blocks(document_id: str, reading: Reading) -> list[dict[str, Any]]:
    ids = content_ids(document_id, [block.text for block in reading.blocks])
    return [
        {
            "block_id": block_id,
            "document_id": document_id,
            "order": order,
            "section": " > ".join(block.section),
            "label": block.label,
            "role": block.role,
            "text": block.text,
            "notes": [mark.number for mark in block.marks],
            "note_offsets": [mark.offset for mark in block.marks],
            "paragraph": block.paragraph,
            "source_index": block.source_index,
        }
        for order, (block_id, block) in enumerate(zip(ids, reading.blocks, strict=True))
    ]


def _notes(document_id: str, reading: Reading) -> list[dict[str, Any]]:
    return [
        {
            "document_id": document_id,
            "number": note.number,
            "text": note.text,
            "speaker_groups": list(note.speaker_groups),
        }
        for note in reading.notes
    ]


def metrics_of(corpus: CorpusTables) -> dict[str, Any]:
    """What `dvc metrics show` prints: sizes by kind, role, mission and year, and what is missing.

    A document on several missions counts under each.
    """
    documents = corpus.documents
    return {
        "documents": documents.height,
        "blocks": corpus.blocks.height,
        "words": int(documents["n_words"].sum()),
        "notes": corpus.notes.height,
        "with_remarks": int((documents["remarks"].list.len() > 0).sum()),
        "documents_by_kind": _counts(documents["kind"]),
        "words_by_kind": _words_by_kind(documents),
        "blocks_by_role": _counts(corpus.blocks["role"]),
        "documents_by_mission": _counts(documents["missions"].explode().drop_nulls()),
        "documents_by_year": _counts(documents["year"].drop_nulls()),
        "set_aside": corpus.set_aside.height,
        "set_aside_by_reason": _counts(corpus.set_aside["reason"]),
    }


def _counts(column: pl.Series) -> dict[str, int]:
    return {str(value): count for value, count in sorted(Counter(column.to_list()).items())}


def _words_by_kind(documents: pl.DataFrame) -> dict[str, int]:
    words = documents.group_by("kind").agg(pl.col("n_words").sum()).sort("kind")
    return {str(kind): int(count) for kind, count in words.iter_rows()}
