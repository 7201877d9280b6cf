"""What a reader can take away: the files of the export stage, which lie beside the page."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.report.elements import Cell, Sentence, said
from pipeline.report.material import Material
from pipeline.report.numbers import count, counted

FOLDER = "../export"
"""Seen from the page."""


@dataclass(frozen=True)
class Exports:
    """What is there to take.

    Attributes:
        offers: a sentence a file, which begins with the link to it.
        absent: why there is nothing; empty when there is something.
    """

    offers: tuple[Sentence, ...]
    absent: str = ""


def exports(material: Material) -> Exports:
    """The files of outputs/export in the order in which a reader is likely to want them."""
    counts = material.metrics.get("export")
    if counts is None:
        return Exports((), "Not exported in this run: the stage “export” has not written it yet.")
    documents = counted(int(counts["documents_in_project"]), "document")
    by_hand = count(int(counts["selections_by_hand"]))
    by_machine = count(int(counts["selections_by_machine"]))
    references = counted(int(counts["references"]), "reference")
    return Exports(
        (
            said(
                _file("peacetext.qdpx", "The project as REFI-QDA"),
                f", which NVivo, ATLAS.ti, MAXQDA and QualCoder open: {documents} with the "
                f"codebook, {by_hand} places coded by hand, each coder a user, and {by_machine} "
                "by the classifier as the user “machine”. Code further, export, and take the "
                "result back with peacetext import.",
            ),
            said(_file("codebook.qdc", "The codebook as REFI-QDA"), ", for a project of your own."),
            said(
                _file("corpus.bib", "The corpus as BibTeX"),
                " and ",
                _file("corpus.ris", "as RIS"),
                f": {references}, UN documents by symbol and organ.",
            ),
            said(
                _file("tables/", "All tables as CSV"),
                " (the same as Parquet in outputs/), and ",
                _file("data-dictionary.md", "what each column means"),
                ".",
            ),
        )
    )


def _file(name: str, text: str) -> Cell:
    return Cell(text, link=f"{FOLDER}/{name}")
