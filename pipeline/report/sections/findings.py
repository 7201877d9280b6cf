"""What was found, in the sentences that the comparison wrote."""

from __future__ import annotations

import polars as pl

from pipeline.report.elements import Cell, Section, Sentence, said
from pipeline.report.material import PageMaterial
from pipeline.run.tables.compare import SENTENCES


def in_short(material: PageMaterial) -> tuple[Sentence, ...]:
    """What is said first."""
    return _paragraphs(material, "short")


def half_page(material: PageMaterial) -> Section:
    """The same with all figures, as outputs/compare/findings.md has it."""
    paragraphs = _paragraphs(material, "long") or (said("Not computed in this run."),)
    return Section("plain-words", "At length", "The same at more length", paragraphs)


def _paragraphs(material: PageMaterial, length: str) -> tuple[Sentence, ...]:
    wanted = material.frame(SENTENCES).filter(pl.col("length").cast(pl.String) == length)
    return tuple(
        Sentence(
            tuple(Cell(text, link=link) for text, link in rows.select("text", "link").iter_rows()),
            _head(rows["about"][0]),
        )
        for _, rows in wanted.sort("paragraph", "piece").group_by("paragraph", maintain_order=True)
    )


def _head(about: str) -> str:
    """A heading that runs in has a stop of its own."""
    return about if not about or about.endswith(("?", ".", ":")) else f"{about}."
