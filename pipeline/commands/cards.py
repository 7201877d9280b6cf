"""A document as a person is shown it: its row, its blocks, what was added."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pipeline.commands.additions import Addition
from pipeline.ingest.reading import Reading
from pipeline.manifest import Entry


def addition_lines(addition: Addition, entry: Entry) -> Iterator[str]:
    """What was found in a document, and how much of it was read."""
    yield from entry_lines(entry)
    if addition.recognition is None:
        yield f"{'read:':<12}not yet; make fetches it where there is a network or a mirror"
        return
    reading = addition.recognition.reading
    words = sum(len(block.text.split()) for block in reading.blocks)
    yield f"{'read:':<12}{len(reading.blocks)} blocks, {words} words, {len(reading.notes)} notes"
    yield from (f"{'remark:':<12}{remark}" for remark in reading.remarks)


def read_lines(addition: Addition, *, as_json: bool) -> Iterator[str]:
    """The blocks of a file: a JSON object each, or lines for a person."""
    recognition = addition.recognition
    if recognition is None:
        return
    if as_json:
        for record in block_records(recognition.reading):
            yield json.dumps(record, ensure_ascii=False)
        return
    for name in ("kind", "symbol", "title", "date", "missions"):
        yield f"{name + ':':<12}{_said(getattr(recognition, name))}"
    yield from reading_lines(recognition.reading)


def entry_lines(entry: Entry) -> Iterator[str]:
    """What the manifest says of a document, a line a column."""
    for name in ("document_id", "kind", "symbol", "title", "date", "missions", "path"):
        yield f"{name.replace('document_', '') + ':':<12}{_said(getattr(entry, name))}"
    yield f"{'address:':<12}{_said(entry.source_url)}"
    yield f"{'sha256:':<12}{entry.sha256 or 'none yet: the first file that is fetched is trusted'}"


def reading_lines(reading: Reading) -> Iterator[str]:
    """Remarks, then blocks with role and label, headings set off, then the notes."""
    yield from (f"remark:     {remark}" for remark in reading.remarks)
    for block in reading.blocks:
        if block.role == "heading":
            yield ""
        label = f" {block.label}" if block.label else ""
        yield f"[{block.role}{label}] {block.text}"
    yield ""
    yield from (f"[note {note.number}] {note.text}" for note in reading.notes)


def block_records(reading: Reading) -> Iterator[dict[str, object]]:
    """Each block as `peacetext read --json` prints it; notes as number and text."""
    texts = {note.number: note.text for note in reading.notes}
    for block in reading.blocks:
        yield {
            "role": block.role,
            "label": block.label,
            "section": " > ".join(block.section),
            "text": block.text,
            "notes": [
                {"number": mark.number, "text": texts.get(mark.number, "")} for mark in block.marks
            ],
        }


def _said(value: object) -> str:
    return (", ".join(value) if isinstance(value, tuple) else str(value or "")) or "–"
