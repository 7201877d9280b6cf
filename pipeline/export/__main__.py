"""Read documents, codings and all tables; write them in the formats of other programs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

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
from pipeline.run.stage import Memory, run_stage, say, write_metrics
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
from pipeline.study.symbols import address

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


_DOI = re.compile(r"https?://(?:dx\.)?doi\.org/(?P<doi>10\.\S+)")
_AUTHOR_OF_SYMBOL = (
    ("S/RES/", "United Nations Security Council"),
    ("S/PRST/", "United Nations Security Council"),
    ("S/PV.", "United Nations Security Council"),
    ("A/RES/", "United Nations General Assembly"),
)
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)


@dataclass(frozen=True)
class BibliographyEntry:
    """One document as a bibliography needs it; what is not known is empty or None."""

    key: str
    is_article: bool
    author: str
    journal: str
    title: str
    day: date | None
    symbol: str
    doi: str
    url: str
    note: str


def references(
    documents: pl.DataFrame, licences: Mapping[str, str], articles: Sequence[Article]
) -> tuple[BibliographyEntry, ...]:
    """One reference a document, articles first, then by id.

    Args:
        documents: `pipeline.tables.Documents`.
        licences: the licence of each document_id, as the manifest gives it.
        articles: the study's, with their authors and journals.
    """
    is_article = pl.col("kind").cast(pl.String) == "article"
    rows = documents.sort(~is_article, "document_id", maintain_order=True)
    article_of = {article.document_id: article for article in articles}
    return tuple(
        _reference(row, licences, article_of.get(row["document_id"]))
        for row in rows.iter_rows(named=True)
    )


def _reference(
    row: dict[str, object], licences: Mapping[str, str], article: Article | None
) -> BibliographyEntry:
    url, symbol = str(row["source_url"]), str(row["symbol"])
    is_article = str(row["kind"]) == "article"
    licence = licences.get(str(row["document_id"]), "")
    found = _DOI.match(url)
    day = row["date"]
    return BibliographyEntry(
        key=str(row["document_id"]),
        is_article=is_article,
        author=(article.author if article else "") if is_article else _author(symbol),
        journal=article.journal if article else "",
        title=str(row["title"]),
        day=day if isinstance(day, date) else None,
        symbol=symbol,
        doi=found["doi"] if found else "",
        url=url if is_article or not symbol else address(symbol),
        note=licence if is_article or not url else f"{licence}; read from {url}",
    )


def _author(symbol: str) -> str:
    for start, author in _AUTHOR_OF_SYMBOL:
        if symbol.startswith(start):
            return author
    return "United Nations"


def bibtex(all_references: Iterable[BibliographyEntry]) -> str:
    """The references as BibTeX in UTF-8; braces keep names of organs and capitals as they are."""
    return "\n".join(_bibtex_entry(reference) for reference in all_references)


def _bibtex_entry(reference: BibliographyEntry) -> str:
    kind = "article" if reference.is_article else "techreport"
    author = _latex(reference.author)
    fields = {
        "author": author if reference.is_article else f"{{{author}}}",
        "title": f"{{{_latex(reference.title)}}}",
        "journal": _latex(reference.journal),
        "institution": "" if reference.is_article else "United Nations",
        "type": "" if reference.is_article else "Document",
        "number": _latex(reference.symbol),
        "year": str(reference.day.year) if reference.day else "",
        "month": reference.day.strftime("%b").lower() if reference.day else "",
        "day": str(reference.day.day) if reference.day else "",
        "doi": _latex(reference.doi),
        "url": _url(reference.url),
        "note": _latex(reference.note),
    }
    lines = [
        f"  {name} = {value}," if name == "month" else f"  {name} = {{{value}}},"
        for name, value in fields.items()
        if value
    ]
    return "\n".join([f"@{kind}{{{reference.key},", *lines, "}", ""])


def _latex(text: str) -> str:
    return " ".join(text.translate(_LATEX).split())


def _url(place: str) -> str:
    """As it is but for what would close or open a brace, which an address writes as %7B."""
    return place.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C")


def ris(all_references: Iterable[BibliographyEntry]) -> str:
    """The references as RIS: a tag, two blanks, a dash and a value on each line, ended by ER."""
    return "".join(f"{line}\r\n" for each in all_references for line in _ris_lines(each))


def _ris_lines(reference: BibliographyEntry) -> Sequence[str]:
    fields = (
        ("TY", "JOUR" if reference.is_article else "RPRT"),
        ("ID", reference.key),
        # a comma at the end keeps EndNote from taking an organ for a person's names
        ("AU", f"{reference.author}," if reference.author and not reference.is_article else ""),
        *(("AU", name) for name in reference.author.split(" and ") if reference.is_article),
        ("TI", reference.title),
        ("T2", reference.journal),
        ("PB", "" if reference.is_article else "United Nations"),
        ("SN", reference.symbol),
        ("PY", str(reference.day.year) if reference.day else ""),
        ("DA", reference.day.strftime("%Y/%m/%d") if reference.day else ""),
        ("DO", reference.doi),
        ("UR", reference.url),
        ("N1", reference.note),
    )
    lines = [f"{tag}  - {' '.join(value.split())}" for tag, value in fields if value]
    return [*lines, "ER  - ", ""]


MEMORY = Memory(a_row=7_500, besides=700_000_000)

if __name__ == "__main__":
    run_stage(
        "export", "Write project, codebook, references and tables for other programs.", main, MEMORY
    )
