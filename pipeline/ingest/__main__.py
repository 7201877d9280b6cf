"""Read the files that are on disk, make documents and blocks of them, write the tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.ingest.corpus import CorpusTables, metrics_of, read_corpus
from pipeline.ingest.readers import KnownReadings
from pipeline.run.errors import StageError
from pipeline.run.settings import load_settings
from pipeline.run.stage import run_stage, say, write_metrics
from pipeline.run.tables.table import read_table, write_table
from pipeline.run.tables.texts import ACQUIRED, BLOCKS, DOCUMENTS, NOTES, SET_ASIDE
from pipeline.study.checks import load_study
from pipeline.study.manifest import Entry, located, read_manifest
from pipeline.study.study import load_missions

CORPUS = Path("corpus")


def main() -> None:
    """Read every document that acquire found."""
    limits = load_settings().ingest
    known = KnownReadings(limits, load_study().interviews)
    corpus = read_corpus(_files(), limits, known.read, load_missions())
    for document_id, reason in corpus.set_aside.iter_rows():
        say(f"ingest: {document_id} set aside: {reason}")
    if not corpus.documents.height:
        raise StageError("no document could be read; see outputs/acquire/metrics.json")
    _write(corpus)


def _files() -> Iterator[tuple[Entry, bytes]]:
    """Documents in the order of the manifest, so that the tables have that order too."""
    from tqdm import tqdm

    acquired = read_table(ACQUIRED)
    present = set(acquired.filter(acquired["status"] == "present")["document_id"])
    entries = [located(entry) for entry in read_manifest() if entry.document_id in present]
    for entry in tqdm(entries, desc="ingest", unit="document"):
        yield entry, (CORPUS / entry.path).read_bytes()


def _write(corpus: CorpusTables) -> None:
    write_table(DOCUMENTS, corpus.documents)
    write_table(BLOCKS, corpus.blocks)
    write_table(NOTES, corpus.notes)
    write_table(SET_ASIDE, corpus.set_aside)
    write_metrics("ingest", metrics_of(corpus))


if __name__ == "__main__":
    run_stage("ingest", "Read every document into blocks: paragraphs, headings, quotations.", main)
