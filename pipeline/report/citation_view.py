"""What the article cites and quotes from the UN, and whether it was read."""

from __future__ import annotations

from pipeline.report.elements import Cell, Figure, grid, passages_link
from pipeline.report.material import Material
from pipeline.report.numbers import counted
from pipeline.tables.compare import CITATIONS, QUOTATIONS


def citation_figure(material: Material) -> Figure:
    """Places where the article cites a UN document, and the quotations found there."""
    cited = list(material.frame(CITATIONS).sort("order").iter_rows(named=True))
    read = sum(str(row["status"]) == "in the corpus" for row in cited)
    return Figure(
        "corpus-citations",
        f"UN documents cited by the article: {counted(len(cited), 'place')}, {read} of them to a "
        "document that was read"
        if cited
        else "What the article cites from the UN",
        "Each place in the article where a UN document is cited, with the paragraphs it names.",
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


def quotation_figure(material: Material) -> Figure:
    """Quotations from UN documents, looked up in the documents."""
    quoted = list(material.frame(QUOTATIONS).sort("order").iter_rows(named=True))
    found = sum(str(row["status"]).startswith("found") for row in quoted)
    unread = sum(str(row["status"]) == "the cited document was not read" for row in quoted)
    return Figure(
        "corpus-quotations",
        f"Quotations from UN documents: {found} of {len(quoted)} found, {unread} from documents "
        "that were not read"
        if quoted
        else "What the article quotes from the UN",
        "Words that the article quotes from a UN document, and the paragraph in which they stand.",
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
