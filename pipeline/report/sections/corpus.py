"""What was read, what is missing, and what is cited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import polars as pl

from pipeline.report.charts import bars, columns
from pipeline.report.elements import (
    Cell,
    Fact,
    Figure,
    Notice,
    PageSection,
    count,
    count_cell,
    counted,
    grid,
    kind_name,
    listed,
    passages_link,
    percent,
    said,
)
from pipeline.report.material import PageMaterial
from pipeline.run.tables.compare import CITATIONS, QUOTATIONS
from pipeline.run.tables.texts import ACQUIRED, DOCUMENTS, KINDS, PASSAGES, SET_ASIDE
from pipeline.study.checks import uncompared


def citation_figure(material: PageMaterial) -> Figure:
    """Places where a UN document is cited, and the quotations found there."""
    texts = material.study.coded_texts
    cited = list(material.frame(CITATIONS).sort("order").iter_rows(named=True))
    read = sum(str(row["status"]) == "in the corpus" for row in cited)
    return Figure(
        "corpus-citations",
        f"UN documents cited by {texts}: {counted(len(cited), 'place')}, {read} of them to a "
        "document that was read"
        if cited
        else f"UN documents cited by {texts}",
        f"Each place in {texts} where a UN document is cited, with the paragraphs it names.",
        grid=grid(
            ["Cited as", "Document", "Paragraphs", "Status"],
            [
                (
                    Cell(row["cited_as"]),
                    Cell(
                        row["symbol"] or row["title"],
                        link=passages_link(document=row["document_id"])
                        if str(row["status"]) == "in the corpus"
                        else "",
                    ),
                    Cell(", ".join(row["paragraphs"])),
                    Cell(str(row["status"])),
                )
                for row in cited
            ],
        ),
        absent=material.why_absent(CITATIONS),
    )


def quotation_figure(material: PageMaterial) -> Figure:
    """Quotations from UN documents, looked up in the documents."""
    texts = material.study.coded_texts
    quoted = list(material.frame(QUOTATIONS).sort("order").iter_rows(named=True))
    found = sum(str(row["status"]).startswith("found") for row in quoted)
    unread = sum(str(row["status"]) == "the cited document was not read" for row in quoted)
    return Figure(
        "corpus-quotations",
        f"Quotations from UN documents: {found} of {len(quoted)} found, {unread} from documents "
        "that were not read"
        if quoted
        else f"UN documents quoted by {texts}",
        f"Words of a UN document quoted by {texts}, and the paragraph in which they stand.",
        grid=grid(
            ["Quotation", "Cited as", "Status", "Paragraph"],
            [
                (
                    Cell(row["text"]),
                    Cell(row["cited_as"]),
                    Cell(str(row["status"])),
                    Cell(
                        row["label"] or "–",
                        link=passages_link(document=row["document_id"], label=row["label"] or None)
                        if row["document_id"]
                        else "",
                    ),
                )
                for row in quoted
            ],
        ),
        absent=material.why_absent(QUOTATIONS),
    )


def facts(material: PageMaterial) -> tuple[Fact, ...]:
    """The numbers of the first screen."""
    un = material.un_documents
    years = sorted(un["year"].drop_nulls().to_list())
    passages = material.frame(PASSAGES)
    reporting = passages.filter(pl.col("speaker_groups").list.len() > 0).height
    found = [
        Fact(count(un.height), "UN documents read"),
        Fact(count(passages.height), "passages", passages_link()),
    ]
    if material.study.has_interviews:
        link = passages_link(speaker_group="any")
        found.append(Fact(count(reporting), "passages citing interviews", link))
    if years:
        found.append(Fact(_span(years[0], years[-1]), "years of UN documents"))
    return tuple(found)


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"


def notices(material: PageMaterial) -> tuple[Notice, ...]:
    """What the reader must know first: documents that are missing or were set aside."""
    found = [*_missing(material), *_set_aside(material)]
    if material.study.compares:
        found += [Notice(f"{one[0].upper()}{one[1:]}.") for one in uncompared(material.study)]
    if material.un_documents.is_empty():
        alone = f"this page rests on {material.study.coded_texts} alone"
        found.insert(0, Notice(f"No UN document was read: {alone}."))
    if material.beside:
        published = "What the published run found in UN documents stands on pages of its own:"
        found.insert(1, Notice(published, (Cell("the reference findings", link=material.beside),)))
    return tuple(found)


def _missing(material: PageMaterial) -> Iterable[Notice]:
    acquired = material.frame(ACQUIRED).filter(pl.col("status").cast(pl.String) != "present")
    for (status, reason), rows in acquired.sort("document_id").group_by(
        "status", "reason", maintain_order=True
    ):
        n = rows.height
        verb = "is" if n == 1 else "are"
        yield Notice(
            f"{counted(n, 'document')} of the manifest {verb} {status}: {reason}.",
            tuple(_named(material, document_id) for document_id in rows["document_id"]),
        )


def _set_aside(material: PageMaterial) -> Iterable[Notice]:
    set_aside = material.frame(SET_ASIDE).sort("document_id")
    for (reason,), rows in set_aside.group_by("reason", maintain_order=True):
        n = rows.height
        verb = "was" if n == 1 else "were"
        yield Notice(
            f"{counted(n, 'document')} {verb} set aside unread: {reason}.",
            tuple(_named(material, document_id) for document_id in rows["document_id"]),
        )


def _named(material: PageMaterial, document_id: str) -> Cell:
    line = material.manifest.get(document_id)
    if line is None:
        return Cell(document_id)
    return Cell(line.name, link=line.source_url if line.source_url.startswith("http") else "")


def section(material: PageMaterial) -> PageSection:
    """Documents by kind, by year and by mission."""
    documents = _counted_documents(material)
    return PageSection(
        "corpus",
        "Documents",
        "What was read",
        (said(_described(documents)),),
        (
            _by_kind(documents),
            _by_year(documents),
            _by_mission(material, documents),
        ),
        appendix=(citation_figure(material), quotation_figure(material)),
    )


def _described(documents: pl.DataFrame) -> str:
    by_kind = documents.group_by("kind").len()
    numbers = dict(by_kind.select(pl.col("kind").cast(pl.String), "len").iter_rows())
    parts = [
        counted(numbers[kind], kind_name(kind, 1), kind_name(kind))
        for kind in KINDS
        if kind in numbers
    ]
    return f"The machine read {listed(parts)}, cut into passages of a few whole sentences each."


def _counted_documents(material: PageMaterial) -> pl.DataFrame:
    passages = material.frame(PASSAGES)
    n_passages = passages.group_by("document_id").agg(pl.len().cast(pl.Int64).alias("n_passages"))
    return (
        material.frame(DOCUMENTS)
        .join(n_passages, on="document_id", how="left")
        .with_columns(pl.col("n_passages").fill_null(0), pl.col("kind").cast(pl.String))
    )


def _by_kind(documents: pl.DataFrame) -> Figure:
    totals = documents.group_by("kind").agg(
        pl.len().alias("n"), pl.col("n_passages").sum(), pl.col("n_words").sum()
    )
    rows = sorted(totals.iter_rows(), key=lambda row: (-row[2], row[0]))
    return Figure(
        "corpus-kinds",
        _kinds_title(rows),
        "Passages by kind of document. Choose a bar to read its passages.",
        chart=partial(
            bars,
            "Passages",
            [
                (_kind(kind, n), n_passages, counted(n, "document"), passages_link(kind=kind))
                for kind, n, n_passages, _ in rows
            ],
        ),
        grid=grid(
            ["Kind", "Documents", "Passages", "Words"],
            [
                (
                    Cell(_kind(kind, n)),
                    count_cell(n, passages_link(kind=kind)),
                    count_cell(n_passages, passages_link(kind=kind)),
                    count_cell(n_words),
                )
                for kind, n, n_passages, n_words in rows
            ],
        ),
    )


def _kind(kind: str, n: int) -> str:
    return kind_name(kind, n).capitalize()


def _kinds_title(rows: Sequence[tuple[str, int, int, int]]) -> str:
    if not rows:
        return "Passages by kind of document"
    kind, _, n_passages, _ = rows[0]
    share = percent(n_passages / max(1, sum(row[2] for row in rows)))
    return f"{kind_name(kind).capitalize()} hold {share} of all passages"


def _by_year(documents: pl.DataFrame) -> Figure:
    known = documents.drop_nulls("year")
    totals = known.group_by("year").agg(pl.len(), pl.col("n_passages").sum())
    found = {year: (n, n_passages) for year, n, n_passages in totals.iter_rows()}
    years = range(min(found, default=0), max(found, default=-1) + 1)
    rows = [(year, *found.get(year, (0, 0))) for year in years]
    undated = documents.height - known.height
    left = f" {counted(undated, 'document has', 'documents have')} no date." if undated else ""
    return Figure(
        "corpus-years",
        "Documents by year",
        f"How many documents of each year were read.{left}",
        "The number follows the Council’s habits and this collection, not the intensity of events.",
        chart=partial(
            columns,
            "Documents",
            "Year",
            [(str(year), n, passages_link(year=year)) for year, n, _ in rows],
        ),
        grid=grid(
            ["Year", "Documents", "Passages"],
            [
                (
                    Cell(str(year), year),
                    count_cell(n, passages_link(year=year)),
                    count_cell(n_passages, passages_link(year=year)),
                )
                for year, n, n_passages in rows
            ],
        ),
        absent="" if rows else "No document has a date.",
    )


def _by_mission(material: PageMaterial, documents: pl.DataFrame) -> Figure:
    totals = (
        documents.explode("missions")
        .drop_nulls("missions")
        .group_by("missions")
        .agg(pl.len().alias("n"), pl.col("n_passages").sum())
        .sort(["n", "missions"], descending=[True, False])
    )
    rows = list(totals.iter_rows())
    return Figure(
        "corpus-missions",
        "Documents by mission",
        "Documents by the missions that the manifest names for them; a document may name several.",
        chart=partial(
            bars,
            "Documents",
            [
                (mission, n, _host(material, mission), passages_link(mission=mission))
                for mission, n, _ in rows
            ],
        ),
        grid=grid(
            ["Mission", "Host", "Documents", "Passages"],
            [
                (
                    Cell(mission),
                    Cell(_host(material, mission)),
                    count_cell(n, passages_link(mission=mission)),
                    count_cell(n_passages, passages_link(mission=mission)),
                )
                for mission, n, n_passages in rows
            ],
        ),
        absent="" if rows else "No document names a mission.",
    )


def _host(material: PageMaterial, mission: str) -> str:
    known = material.missions.get(mission)
    return known.host if known else ""
