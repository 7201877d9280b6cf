"""Read documents, codings and all tables; write them in the formats of other programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from pipeline.export.references import bibtex, references, ris
from pipeline.export.refi_qda import (
    CodedSelection,
    ProjectSource,
    codebook_file,
    coded_selections,
    described,
    machine_selections,
    project_files,
    zipped,
)
from pipeline.run.files import write_folder
from pipeline.run.stage import run_stage, say, write_metrics
from pipeline.run.tables.dictionary import TABLES, dictionary_text
from pipeline.run.tables.table import Table, csv_of, read_table
from pipeline.run.tables.texts import BLOCKS, DOCUMENTS, PASSAGES
from pipeline.run.tables.themes import SCORES
from pipeline.study.anchors import anchor_units
from pipeline.study.checks import load_study
from pipeline.study.codebook import Codebook, load_codebook
from pipeline.study.codings import Coding, read_codings
from pipeline.study.manifest import read_manifest
from pipeline.study.refi import MACHINE, DocumentText, document_texts
from pipeline.study.sets import WhoCoded, who_coded
from pipeline.study.study import Article, Study

FOLDER = Path("outputs/export")


def main() -> None:
    """Write the project, the codebook, the references, all tables and what they mean."""
    study, codebook = load_study(), load_codebook()
    documents, blocks = read_table(DOCUMENTS), read_table(BLOCKS)
    entries = read_manifest()
    codings = read_codings(codebook.theme_ids, study.coded_sets, coders=study.coders)
    anchored = [(coding, anchor_units(coding, blocks, documents).anchors) for coding in codings]
    texts = document_texts(_of_coded_documents(blocks, [anchors for _, anchors in anchored]))
    selections = _selections(codebook, anchored, texts)
    sources = list(_sources(documents, texts))
    sets = pl.DataFrame([{"unit_set": one.unit_set} | one.counts for one in codings])
    who = who_coded(sets, study.coders) if codings else WhoCoded()
    project = project_files(study.project, _about(study, who), codebook, sources, selections)
    licences = {entry.document_id: entry.licence for entry in entries}
    listed = references(documents, licences, study.articles)
    files = {
        "peacetext.qdpx": zipped(project),
        "codebook.qdc": codebook_file(codebook),
        "corpus.bib": bibtex(listed).encode(),
        "corpus.ris": ris(listed).encode(),
        "data-dictionary.md": dictionary_text().encode(),
        **{f"tables/{_sheet(table)}.csv": csv_of(read_table(table)) for table in _made()},
    }
    write_folder(FOLDER, files)
    counts = {
        "documents_in_project": len(sources),
        "selections_coded": sum(each.coder != MACHINE for each in selections),
        "selections_by_machine": sum(each.coder == MACHINE for each in selections),
        "references": len(listed),
        "tables": len(files) - 5,
    }
    write_metrics("export", {**counts, "bytes": sum(map(len, files.values()))})
    say(
        f"export: {len(files)} files in {FOLDER}, among them peacetext.qdpx with "
        f"{len(sources)} documents and {len(selections)} coded places"
    )


def _about(study: Study, who: WhoCoded) -> str:
    """What a person reads who opens the project in another program."""
    texts = "; ".join(_cited(article) for article in study.articles)
    return (
        f"{texts or 'No article'}, and the UN documents with coded paragraphs. Each user is "
        "one coding; 'machine' holds the classifier's codes of whole passages and is none of "
        f"them. {who.sentence} The source of the documents is the United Nations; the texts are "
        "read from unofficial copies."
    )


def _cited(article: Article) -> str:
    doi = f", doi:{article.doi}" if article.doi else ""
    return article.short + doi + (f" ({article.licence})" if article.licence else "")


def _of_coded_documents(blocks: pl.DataFrame, anchors: Sequence[pl.DataFrame]) -> pl.DataFrame:
    coded = blocks.join(pl.concat(anchors), on="block_id", how="semi")
    return blocks.join(coded, on="document_id", how="semi")


def _selections(
    codebook: Codebook,
    anchored: Sequence[tuple[Coding, pl.DataFrame]],
    texts: dict[str, DocumentText],
) -> list[CodedSelection]:
    by_coders = [
        selection
        for coding, anchors in anchored
        for selection in coded_selections(coding, anchors, texts, codebook.theme_ids)
    ]
    passages = read_table(PASSAGES).filter(pl.col("document_id").is_in(list(texts)))
    scores = read_table(SCORES)
    return by_coders + machine_selections(scores, passages, texts, codebook.theme_ids)


def _sources(documents: pl.DataFrame, texts: dict[str, DocumentText]) -> Iterator[ProjectSource]:
    """Articles first, then UN documents by date."""
    is_article = pl.col("kind").cast(pl.String) == "article"
    for row in documents.sort(~is_article, "date", "document_id").iter_rows(named=True):
        if row["document_id"] in texts:
            text = texts[row["document_id"]].text
            name = row["symbol"] or row["title"]
            yield ProjectSource(row["document_id"], name, described(row), text)


def _made() -> Iterator[Table]:
    return (table for table in TABLES if table.path.is_file())


def _sheet(table: Table) -> str:
    return f"{table.stage}-{table.path.stem}"


if __name__ == "__main__":
    run_stage("export", "Write project, codebook, references and tables for other programs.", main)
