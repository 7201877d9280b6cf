"""How far the coders agree, theme by theme."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.report.charts import Mark, Row, intervals
from pipeline.report.elements import Cell, Figure, Key, grid, passages_link
from pipeline.report.material import Material
from pipeline.report.numbers import count_cell, interval_cell, score_cell, share_cell
from pipeline.tables.themes import CODER_AGREEMENT, CODER_CONFUSIONS

ALL, SETS = "all", "sets"
_POOLED = {ALL: "Mean of the themes in use", SETS: "Whole sets of codes (MASI)"}
_SETS = {"article": "Article sentences", "un": "UN paragraphs"}
Found = Mapping[tuple[str, str], Mapping[str, Any]]


def coded_link(theme_id: str, setting: str) -> str:
    """Passages coded by hand with a theme, in the texts that a setting is tested on."""
    return passages_link(code=theme_id, kind="article" if setting == "article" else "un")


def coder_figure(material: Material) -> Figure:
    """Krippendorff's alpha by theme for both sets of coded units."""
    agreement = material.frame(CODER_AGREEMENT)
    found = {
        (str(row["unit_set"]), row["theme_id"]): row for row in agreement.iter_rows(named=True)
    }
    theme_ids = [theme for theme in material.theme_names if any(theme == key[1] for key in found)]
    names = ["Theme", "Units", "Coders"]
    for place in ("article", "UN"):
        names += [f"Alpha, {place}", f"Interval, {place}", f"Agree, {place}", f"Used, {place}"]
    shown = (*theme_ids, *_POOLED) if theme_ids else ()
    return Figure(
        "themes-coders",
        "How far the coders agree",
        "Krippendorff’s alpha by theme, with interval: 1 is full agreement, 0 what chance gives. "
        "What coders disagree on, no classifier can be asked to get right.",
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
        material.why_absent(CODER_AGREEMENT),
    )


def _drawn(material: Material, theme_id: str, found: Found) -> Row:
    marks = tuple(
        Mark(
            unit_set,
            (found.get((unit_set, theme_id)) or {}).get("alpha"),
            (found.get((unit_set, theme_id)) or {}).get("low"),
            (found.get((unit_set, theme_id)) or {}).get("high"),
            name=name,
            link=coded_link(theme_id, unit_set),
        )
        for unit_set, name in _SETS.items()
    )
    return Row(material.theme_name(theme_id), marks, passages_link(code=theme_id))


def _line(material: Material, theme_id: str, found: Found) -> tuple[Cell, ...]:
    sets = {name: found.get((name, theme_id)) or {} for name in _SETS}
    cells: list[Cell] = []
    for name, row in sets.items():
        link = "" if theme_id in _POOLED else coded_link(theme_id, name)
        cells += [
            score_cell(row.get("alpha")),
            interval_cell(row.get("low"), row.get("high"), shares=False),
            share_cell(row.get("percent")),
            count_cell(row.get("support", 0), link),
        ]
    return (
        Cell(_POOLED.get(theme_id) or material.theme_name(theme_id)),
        count_cell(sum(row.get("n_units", 0) for row in sets.values())),
        count_cell(max(row.get("n_coders", 0) for row in sets.values())),
        *cells,
    )


def confusion_figure(material: Material) -> Figure:
    """Pairs of codes that one coder took for another, most frequent first."""
    rows = [
        (
            Cell(_SETS[str(row["unit_set"])]),
            Cell(material.theme_name(row["theme_id"])),
            Cell(material.theme_name(row["other_id"])),
            count_cell(row["n"]),
        )
        for row in material.frame(CODER_CONFUSIONS).iter_rows(named=True)
    ]
    return Figure(
        "themes-confusions",
        "Where coders took one theme for another",
        "How often one coder gave the first theme and not the second where another gave the second "
        "and not the first: pairs whose definitions should be sharpened.",
        grid=grid(["Units", "Theme", "Other theme", "Times"], rows),
        absent=material.why_absent(CODER_CONFUSIONS)
        or ("" if rows else "No coder took one theme for another in this run."),
    )
