"""Blocks to passages: whole sentences of one block, none too long for the model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import polars as pl

from pipeline.ids import content_ids
from pipeline.segment.procedural import is_procedural
from pipeline.segment.sentences import Span
from pipeline.settings import SegmentSettings
from pipeline.tables.ingest import VOICES

_LONGEST_SENTENCE = 1.5
"""In units of max_words. A longer sentence would not fit the model's 256 tokens and is cut at a
semicolon or comma, so that no word goes unread."""

_CUT = re.compile(r"[;,:]\s+")


def cut_passages(
    blocks: pl.DataFrame,
    notes: pl.DataFrame,
    sentences: Iterable[Sequence[Span]],
    settings: SegmentSettings,
) -> pl.DataFrame:
    """The passages of all blocks but headings, in the order of documents and blocks.

    Args:
        blocks: tables.Blocks without headings.
        notes: tables.Notes.
        sentences: the sentences of each block, in the order of ``blocks``.
        settings: how long a passage is.

    Returns:
        tables.Passages.
    """
    voices = {(row["document_id"], row["number"]): row["voices"] for row in notes.to_dicts()}
    rows = []
    for block, spans in zip(blocks.iter_rows(named=True), sentences, strict=True):
        for start, end in passage_spans(block["text"], spans, settings):
            rows.append(_passage(block, start, end, voices))
    return _with_ids(rows)


def passage_spans(text: str, sentences: Sequence[Span], settings: SegmentSettings) -> list[Span]:
    """Group neighbouring sentences up to max_words; a rest under min_words joins its neighbour."""
    longest = int(settings.max_words * _LONGEST_SENTENCE)
    pieces = [piece for span in sentences for piece in _pieces(text, span, longest)]
    spans: list[Span] = []
    for start, end in pieces:
        if spans and _n_words(text, spans[-1][0], end) <= settings.max_words:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return _join_short(text, spans, settings.min_words, longest)


def _join_short(text: str, spans: list[Span], min_words: int, longest: int) -> list[Span]:
    joined: list[Span] = []
    for start, end in spans:
        short = bool(joined) and (
            _n_words(text, start, end) < min_words or _n_words(text, *joined[-1]) < min_words
        )
        if short and _n_words(text, joined[-1][0], end) <= longest:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _pieces(text: str, sentence: Span, longest: int) -> list[Span]:
    """The sentence, or its parts: cut at the mark nearest the middle until no part is too long."""
    start, end = sentence
    if _n_words(text, start, end) <= longest:
        return [sentence]
    middle = (start + end) // 2
    cuts = [match.end() for match in _CUT.finditer(text, start, end)]
    cuts = cuts or [match.end() for match in re.finditer(r"\s+", text[:end]) if match.end() > start]
    inner = [cut for cut in cuts if start < cut < end]
    if not inner:
        return [sentence]
    cut = min(inner, key=lambda place: (abs(place - middle), place))
    left = (start, start + len(text[start:cut].rstrip()))
    return [*_pieces(text, left, longest), *_pieces(text, (cut, end), longest)]


def _n_words(text: str, start: int, end: int) -> int:
    return len(text[start:end].split())


def _passage(
    block: dict[str, object], start: int, end: int, voices: dict[tuple[str, str], list[str]]
) -> dict[str, object]:
    text = str(block["text"])[start:end]
    return {
        "document_id": block["document_id"],
        "block_id": block["block_id"],
        "section": block["section"],
        "label": block["label"],
        "role": block["role"],
        "text": text,
        "start": start,
        "end": end,
        "n_words": _n_words(text, 0, len(text)),
        "voices": _voices_between(block, start, end, voices),
        "procedural": is_procedural(text),
    }


def _voices_between(
    block: dict[str, object], start: int, end: int, voices: dict[tuple[str, str], list[str]]
) -> list[str]:
    """A note's marker stands after what it is for, so it may stand at the very end."""
    numbers, offsets = block["notes"], block["note_offsets"]
    heard: set[str] = set()
    for number, offset in zip(numbers, offsets, strict=True):  # type: ignore[call-overload]
        if start < offset <= end:
            heard.update(voices.get((str(block["document_id"]), number), []))
    return [voice for voice in VOICES if voice in heard]


def _with_ids(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Add passage_id and order, document by document."""
    by_document: dict[str, list[dict[str, object]]] = {}
    for row in rows:
        by_document.setdefault(str(row["document_id"]), []).append(row)
    for document_id, passages in by_document.items():
        ids = content_ids(document_id, (str(passage["text"]) for passage in passages))
        for order, (passage, passage_id) in enumerate(zip(passages, ids, strict=True)):
            passage |= {"passage_id": passage_id, "order": order}
    schema: dict[str, pl.DataType] = {"voices": pl.List(pl.String), "procedural": pl.Boolean()}
    return pl.DataFrame(rows, schema_overrides=schema, infer_schema_length=None)
