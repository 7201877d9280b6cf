"""How far the coders agree, theme by theme."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline import tables
from pipeline.report.charts import Mark, Row, intervals
from pipeline.report.elements import Cell, Figure, Key, grid, passages_link
from pipeline.report.material import Material
from pipeline.report.numbers import count_cell, score_cell

ALL = "all"
_SETS = {"article": "Article sentences", "un": "UN paragraphs"}
Found = Mapping[tuple[str, str], Mapping[str, Any]]


def coded_link(theme_id: str, setting: str) -> str:
    """Passages coded by hand with a theme, in the texts that a setting is tested on."""
    return passages_link(code=theme_id, kind="article" if setting == "article" else "un")


def coder_figure(material: Material) -> Figure:
    """Krippendorff's alpha by theme for both sets of coded units."""
    agreement = material.frame(tables.CODER_AGREEMENT)
    found = {
        (str(row["unit_set"]), row["theme_id"]): row for row in agreement.iter_rows(named=True)
    }
    theme_ids = [theme for theme in material.theme_names if any(theme == key[1] for key in found)]
    names = ["Theme", "Units", "Coders", "Alpha, article", "Used, article", "Alpha, UN", "Used, UN"]
    shown = (*theme_ids, ALL) if theme_ids else ()
    return Figure(
        "themes-coders",
        "How far the coders agree",
        "Krippendorff’s alpha by theme: 1 is full agreement, 0 is what chance gives. What coders "
        "disagree on, no classifier can be asked to get right.",
        "These passes were made for this project from the codebook, not by the article’s author, "
        "and by readers of the same schooling: independent coders would agree less.",
        intervals(
            ["Krippendorff’s alpha"],
            ["score"],
            [["un", "article"]],
            [_drawn(material, theme_id, found) for theme_id in theme_ids],
        ),
        grid(names, [_line(material, theme_id, found) for theme_id in shown]),
        tuple(Key(name, unit_set) for unit_set, name in _SETS.items()),
        material.why_absent(tables.CODER_AGREEMENT),
    )


def _drawn(material: Material, theme_id: str, found: Found) -> Row:
    marks = tuple(
        Mark(
            unit_set,
            (found.get((unit_set, theme_id)) or {}).get("alpha"),
            name=name,
            link=coded_link(theme_id, unit_set),
        )
        for unit_set, name in _SETS.items()
    )
    return Row(material.theme_name(theme_id), marks, passages_link(code=theme_id))


def _line(material: Material, theme_id: str, found: Found) -> tuple[Cell, ...]:
    article, un = found.get(("article", theme_id)) or {}, found.get(("un", theme_id)) or {}
    whole = theme_id == ALL
    return (
        Cell("Mean of the themes in use" if whole else material.theme_name(theme_id)),
        count_cell(article.get("n_units", 0) + un.get("n_units", 0)),
        count_cell(max(article.get("n_coders", 0), un.get("n_coders", 0))),
        score_cell(article.get("alpha")),
        count_cell(article.get("support", 0), "" if whole else coded_link(theme_id, "article")),
        score_cell(un.get("alpha")),
        count_cell(un.get("support", 0), "" if whole else coded_link(theme_id, "un")),
    )
