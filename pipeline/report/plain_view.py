"""The half-page in plain words that the comparison wrote, with its caveats."""

from __future__ import annotations

import re

from pipeline.report.elements import Section, Sentence, said
from pipeline.report.material import Material


def section(material: Material) -> Section:
    """The paragraphs as they stand in outputs/compare/findings.md."""
    paragraphs = material.plain_words or ("Not computed in this run.",)
    return Section(
        "plain-words",
        "At length",
        "The same at more length",
        tuple(_with_head(paragraph) for paragraph in paragraphs),
    )


def _with_head(paragraph: str) -> Sentence:
    """A paragraph whose first words are emphasised has them as its head, with a stop of its own."""
    found = re.match(r"\*\*(.+?)\*\*\s*(.*)", paragraph, re.DOTALL)
    if found is None:
        return said(paragraph)
    head, text = found.groups()
    return Sentence(said(text).pieces, head if head.endswith(("?", ".", ":")) else f"{head}.")


def paragraphs_of(markdown: str) -> tuple[str, ...]:
    """Paragraphs without headings."""
    parts = [part.strip() for part in markdown.split("\n\n")]
    return tuple(part for part in parts if part and not part.startswith("#"))
