"""The half-page in plain words that the comparison wrote, with its caveats."""

from __future__ import annotations

from pipeline.report.elements import Section, said
from pipeline.report.material import Material


def section(material: Material) -> Section:
    """The paragraphs as they stand in outputs/compare/findings.md."""
    paragraphs = material.plain_words or ("Not computed in this run.",)
    return Section(
        "plain-words",
        "In words",
        "What was found, in plain words",
        tuple(said(paragraph) for paragraph in paragraphs),
    )


def paragraphs_of(markdown: str) -> tuple[str, ...]:
    """Paragraphs without headings and marks of emphasis."""
    parts = [part.strip() for part in markdown.split("\n\n")]
    return tuple(part.replace("**", "") for part in parts if part and not part.startswith("#"))
