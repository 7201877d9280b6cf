"""A document that was read before is not read again, and nothing else changes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from pipeline.ingest import readers
from pipeline.ingest.readers import KnownReadings, read_file
from pipeline.ingest.reading import Reading, UnreadableError
from pipeline.run.settings import IngestSettings
from pipeline.segment.passages import KnownSentences

DOCUMENTS = [
    (Path("tests/ingest/documents/S-RES-9001-2031.xml"), "resolution"),
    (Path("tests/ingest/documents/S-PRST-9031-1.xml"), "presidential_statement"),
    (Path("corpus/article/gilder-2026.txt"), "article"),
]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PEACETEXT_CACHE", str(tmp_path))
    return tmp_path


def _read_all(limits: IngestSettings) -> list[Reading]:
    known = KnownReadings(limits)
    return [known.read(file.read_bytes(), kind, file.suffix, limits) for file, kind in DOCUMENTS]


def test_a_kept_reading_is_the_reading(
    limits: IngestSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = [read_file(file.read_bytes(), kind, file.suffix, limits) for file, kind in DOCUMENTS]
    assert _read_all(limits) == fresh

    def refuse(*_: object) -> Reading:
        raise AssertionError("read again")

    monkeypatch.setattr(readers, "read_file", refuse)
    assert _read_all(limits) == fresh
    # a kind that the same reader reads is the same question, as when a document is added
    xml = DOCUMENTS[0][0].read_bytes()
    assert KnownReadings(limits).read(xml, "other", ".xml", limits) == fresh[0]
    # another reader, or other limits, are another question
    with pytest.raises(AssertionError, match="read again"):
        KnownReadings(limits).read(DOCUMENTS[2][0].read_bytes(), "other", ".txt", limits)
    lower = limits.model_copy(update={"max_pages": 7})
    with pytest.raises(AssertionError, match="read again"):
        _read_all(lower)


def test_other_code_reads_again(limits: IngestSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    _read_all(limits)
    monkeypatch.setattr(readers, "code_hash", lambda *_: "0" * 16)
    monkeypatch.setattr(readers, "read_file", lambda *_: Reading(()))
    assert _read_all(limits) == [Reading(())] * 3


def test_a_damaged_entry_is_made_again(limits: IngestSettings, cache: Path) -> None:
    fresh = _read_all(limits)
    (file,) = cache.glob("readings-*.sqlite")
    with sqlite3.connect(file) as connection:
        connection.execute(
            "UPDATE entries SET result = CAST(replace(result, 'Decides', 'Advises') AS BLOB)"
        )
    connection.close()
    assert _read_all(limits) == fresh


def test_a_refused_document_is_refused_each_time(limits: IngestSettings) -> None:
    known = KnownReadings(limits)
    for _ in range(2):
        with pytest.raises(UnreadableError, match="is empty"):
            known.read(b" ", "other", ".txt", limits)


def test_only_the_sentences_of_new_texts_are_looked_for() -> None:
    asked: list[list[str]] = []

    def split(texts: list[str]) -> list[list[tuple[int, int]]]:
        asked.append(texts)
        return [[(0, len(text))] for text in texts]

    first = list(KnownSentences().split(["One.", "Two", "One."], split))
    again = list(KnownSentences().split(["Two", "Three", "One."], split))
    assert first == [[(0, 4)], [(0, 3)], [(0, 4)]]
    assert again == [[(0, 3)], [(0, 5)], [(0, 4)]]
    assert asked == [["One.", "Two"], ["Three"]]
