"""The gap by mission, and the course of the documents over the years, with its milestones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import polars as pl

from pipeline.report.charts import heat
from pipeline.report.elements import (
    Cell,
    Figure,
    PageSection,
    Tile,
    count,
    grid,
    passages_link,
    percent,
    points_cell,
    policy_link,
    said,
    share_cell,
)
from pipeline.report.material import PageMaterial
from pipeline.report.sections.gap_tables import colours
from pipeline.run.tables.compare import GAP_SERIES, GAP_SIDES
from pipeline.run.wording import listed
from pipeline.study.sets import Side

ALL = "all"
Series = Mapping[str, Any]


def section(material: PageMaterial) -> PageSection:
    """The course of the documents alone, for a study that compares them with nothing."""
    documents = material.study.side_names[0]
    return PageSection(
        "gap",
        "The course",
        f"{documents} over the years".capitalize(),
        (said(f"How many passages in {documents} speak of each theme, year by year."),),
        (turns_figure(material), years_figure(material, list(material.theme_names))),
    )


def series_figure(material: PageMaterial, theme_ids: Sequence[str]) -> Figure:
    """Differences by theme and mission, and for all missions together by year."""
    series = material.frame(GAP_SERIES).drop_nulls("difference")
    rows = {(row["theme_id"], _place(row)): row for row in series.iter_rows(named=True)}
    places = _places(series)
    themes = [Cell(material.theme_name(theme), link=policy_link(theme)) for theme in theme_ids]
    absent = material.why_absent(GAP_SERIES)
    if not absent and not rows:
        absent = "Not computed in this run: no mission or year has enough coded paragraphs."

    def tile(row: int, column: int) -> Tile | None:
        return _series_tile(material, rows.get((theme_ids[row], places[column])))

    def cells(theme: str) -> list[Cell]:
        found = (rows.get((theme, place)) or {} for place in places)
        return [points_cell(row.get("difference")) for row in found]

    return Figure(
        "gap-series",
        "The gap by mission and year" if series["year"].count() else "The gap by mission",
        f"Share in {material.study.side_names[0]} of a mission or year minus the share in "
        f"{material.study.side_names[1]}, which is the same in every column. {colours(material)}; "
        "a dot marks differences whose interval leaves out zero.",
        "Interviewees speak of several missions at once, so the interview side cannot be told "
        "apart by mission.",
        partial(
            heat,
            "Theme",
            "Where",
            themes,
            [Cell(place) for place in places],
            tile,
            "points",
            True,
            "interval leaves out zero",
        ),
        grid(
            ["Theme", *places],
            [(name, *cells(theme)) for name, theme in zip(themes, theme_ids, strict=True)],
        ),
        absent,
    )


def _place(row: Series) -> str:
    if row["year"] is not None:
        return str(row["year"]) if row["mission"] == ALL else f"{row['mission']} {row['year']}"
    return "All missions" if row["mission"] == ALL else str(row["mission"])


def _places(series: pl.DataFrame) -> list[str]:
    """All missions first, then missions by size, then years of all missions together."""
    largest = series.group_by("mission", "year").agg(pl.col("n_policy").max())
    ordered = largest.sort(
        pl.col("year").is_not_null(),
        pl.col("mission") != ALL,
        "year",
        "n_policy",
        "mission",
        descending=[False, False, False, True, False],
        nulls_last=True,
    )
    together = (pl.col("mission") == ALL) | pl.col("year").is_null()
    return [_place(row) for row in ordered.filter(together).iter_rows(named=True)]


def _series_tile(material: PageMaterial, row: Series | None) -> Tile | None:
    if row is None:
        return None
    mission = None if row["mission"] == ALL else row["mission"]
    link = passages_link(theme=row["theme_id"], kind="policy", mission=mission, year=row["year"])
    decided = row["low"] is not None and (row["low"] > 0 or row["high"] < 0)
    documents, interviews = material.study.side_names
    note = (
        f"{percent(row['policy'])} of {count(row['n_policy'])} passages in {documents}, "
        f"{row['method']}; {percent(row['interviews'])} in {interviews}"
    )
    return Tile(
        row["difference"], link, decided, note + (f"; {row['mark']}" if row["mark"] else "")
    )


def ways_figure(material: PageMaterial, side: Side) -> Figure:
    """A further side minus each other one, measured in other ways and by mission."""
    rows = material.frame(GAP_SIDES).filter(
        (pl.col("question").cast(pl.String) == "parts")
        & pl.any_horizontal(pl.col("side") == side.id, pl.col("other") == side.id)
    )
    name_of = {one.id: one.name for one in material.study.sides}
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in rows.drop_nulls("difference").sort(pl.col("side") == side.id).iter_rows(named=True):
        other = row["other"] if row["side"] == side.id else row["side"]
        place = row["basis"] if row["mission"] == ALL else row["mission"]
        found[row["theme_id"], f"{name_of[other].capitalize()}: {place}"] = row
    columns = list(dict.fromkeys(column for _, column in found))
    theme_ids = [theme for theme in material.theme_names if any(theme == one for one, _ in found)]
    themes = [Cell(material.theme_name(theme)) for theme in theme_ids]
    heads = [Cell(name) for name in columns]

    def tile(row: int, column: int) -> Tile | None:
        one = found.get((theme_ids[row], columns[column]))
        if one is None:
            return None
        decided = one["larger"] in (one["side"], one["other"])
        note = f"{percent(one['share'])} against {percent(one['other_share'])}"
        return Tile(worth(one), "", decided, note)

    def worth(one: Mapping[str, Any]) -> float:
        return float(one["difference"] if one["side"] == side.id else -one["difference"])

    def cells(theme: str) -> list[Cell]:
        rows_of = (found.get((theme, column)) for column in columns)
        return [points_cell(worth(one) if one else None) for one in rows_of]

    enough = material.settings.themes.min_coded
    return Figure(
        f"gap-{side.id}-ways",
        f"The same, measured in other ways and by mission: {side.name}",
        f"Of all mentions of themes, the part in {side.name} minus that of the side that a column "
        f"names: corrected as above, in other ways, and on each mission of which {enough} or "
        f"more paragraphs are coded. Blue: more in {side.name}; a dot marks what is decided.",
        "Interviewees speak of several missions at once: their side is the same in every column.",
        partial(heat, "Theme", "Where", themes, heads, tile, "points", True, "decided"),
        grid(
            ["Theme", *columns],
            [(name, *cells(theme)) for name, theme in zip(themes, theme_ids, strict=True)],
        ),
    )


Course = Mapping[str, Any]
_JUMPS = (
    "It shows where a share rises and falls, not how large it is, and a year with few documents "
    "jumps about."
)
CORRECTED = "corrected"


def _method(found: Mapping[tuple[str, int], Course]) -> str:
    """Which years are corrected by coded paragraphs and which are as the classifier has them."""
    years = sorted({row["year"] for row in found.values() if row["method"] == CORRECTED})
    if not years:
        return f"As classified, not corrected: a year has too few coded paragraphs. {_JUMPS}"
    return (
        "As classified, not corrected, where a year has too few coded paragraphs. For all missions "
        f"together {listed([str(year) for year in years])} have enough and are corrected, so that "
        f"a step to or from these years may come from the correction alone. {_JUMPS}"
    )


def years_figure(material: PageMaterial, theme_ids: Sequence[str]) -> Figure:
    """Every theme by year, all missions together."""
    rows = _rows(material, pl.col("mission") == ALL)
    found = {(row["theme_id"], row["year"]): row for row in rows}
    themes = [Cell(material.theme_name(theme_id)) for theme_id in theme_ids]
    return _figure(
        material,
        "gap-years",
        f"{material.study.side_names[0].capitalize()} over the years, theme by theme",
        f"Share of the year’s passages in {material.study.side_names[0]} on each theme, all "
        "missions together; a dot marks a year with a milestone for all of them.",
        ("Theme", themes, theme_ids),
        found,
    )


def turns_figure(material: PageMaterial) -> Figure:
    """The study's theme by mission and year, with each mission's milestones."""
    course = material.study.course
    theme_id = "" if course is None else course.theme
    rows = _rows(material, pl.col("theme_id") == theme_id)
    found = {(row["mission"], row["year"]): row for row in rows}
    names = sorted({row["mission"] for row in rows}, key=lambda name: (name != ALL, name))
    missions = [Cell("All missions" if name == ALL else name) for name in names]
    return _figure(
        material,
        "gap-turns",
        f"“{material.theme_name(theme_id)}” by mission and year"
        if theme_id
        else "A theme’s course",
        "Share of the passages on each mission, in the kinds of document from which paragraphs "
        "were drawn to be coded (else in all of this side); a dot "
        f"marks a year with {_marked(material)}: rest the pointer on it to read what happened. The "
        "table has the names.",
        ("Mission", missions, names),
        found,
    )


def _marked(material: PageMaterial) -> str:
    course = material.study.course
    return "a milestone" if course is None else course.milestone


def _rows(material: PageMaterial, chosen: pl.Expr) -> list[dict[str, Any]]:
    course = material.study.course
    first_year = 0 if course is None else course.first_year
    series = material.frame(GAP_SERIES).filter(
        chosen & (pl.col("year") >= first_year).fill_null(value=False)
    )
    return list(series.iter_rows(named=True))


def _figure(
    material: PageMaterial,
    figure_id: str,
    title: str,
    shows: str,
    down: tuple[str, Sequence[Cell], Sequence[str]],
    found: Mapping[tuple[str, int], Course],
) -> Figure:
    name, cells, keys = down
    years = sorted({year for _, year in found})
    columns = list(range(years[0], years[-1] + 1)) if years else []
    absent = material.why_absent(GAP_SERIES)
    if not absent and not found:
        absent = "Not computed in this run: no dated document was scored."

    def tile(row: int, column: int) -> Tile | None:
        return _tile(found.get((keys[row], columns[column])))

    return Figure(
        figure_id,
        title,
        shows,
        _method(found),
        partial(
            heat,
            name,
            "Year",
            cells,
            [Cell(str(year)) for year in columns],
            tile,
            dot=_marked(material),
        ),
        grid(
            [name, *(str(year) for year in columns)],
            [
                (cell, *(_cell(found.get((key, year))) for year in columns))
                for cell, key in zip(cells, keys, strict=True)
            ],
        ),
        absent,
    )


def _link(row: Course) -> str:
    mission = None if row["mission"] == ALL else row["mission"]
    return passages_link(theme=row["theme_id"], kind="policy", mission=mission, year=row["year"])


def _tile(row: Course | None) -> Tile | None:
    if row is None:
        return None
    method = CORRECTED if row["method"] == CORRECTED else "as classified"
    note = f"of {count(row['n_policy'])} passages, {method}"
    if row["policy_low"] is not None:
        note += f"; {percent(row['policy_low'])} to {percent(row['policy_high'])}"
    note += f"; {row['mark']}" if row["mark"] else ""
    return Tile(row["policy"], _link(row), bool(row["mark"]), note)


def _cell(row: Course | None) -> Cell:
    if row is None:
        return share_cell(None)
    shown = share_cell(row["policy"], _link(row))
    if not row["mark"]:
        return shown
    return Cell(f"{shown.text} ({row['mark']})", shown.value, shown.link)
