"""How common each theme is in UN documents, by kind, mission and year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.report.charts import Tile, heat
from pipeline.report.elements import Cell, Figure, Key, grid, passages_link
from pipeline.report.material import Material
from pipeline.report.numbers import count, kind_name, percent, share_cell
from pipeline.tables.themes import PREVALENCE

POLICY = "policy"
ALL = "all"
_CORRECTED = (
    "A dot marks shares that are corrected for the classifier’s error from hand-coded paragraphs; "
    "the others are as classified, because too few paragraphs there were coded."
)
_UNCORRECTED = "All are as classified, uncorrected: too few paragraphs of each place were coded."
Rows = Mapping[tuple[str, str], Mapping[str, Any]]


def prevalence_figures(material: Material) -> tuple[Figure, ...]:
    """By kind of document, by mission and by year."""
    shares = _one_a_place(material.frame(PREVALENCE))
    whole = shares.filter((pl.col("mission") == ALL) & pl.col("year").is_null())
    by_mission = shares.filter((pl.col("kind") == POLICY) & (pl.col("mission") != ALL))
    by_year = shares.filter((pl.col("mission") == ALL) & pl.col("year").is_not_null())
    return (
        _figure(material, "kinds", "Themes by kind of document", "Kind", whole, "kind"),
        _figure(material, "missions", "Themes by mission", "Mission", by_mission, "mission"),
        _figure(material, "years", "Themes over the years", "Year", by_year, "year"),
    )


def _one_a_place(prevalence: pl.DataFrame) -> pl.DataFrame:
    """The corrected share where there is one, as classified elsewhere."""
    known = prevalence.drop_nulls("share").with_columns(
        pl.col("method").cast(pl.String), corrected=pl.col("method").cast(pl.String) == "corrected"
    )
    keys = ["theme_id", "kind", "mission", "year"]
    return known.sort(*keys, "corrected", descending=[False] * 4 + [True]).unique(
        keys, keep="first", maintain_order=True
    )


def _figure(
    material: Material, name: str, title: str, across: str, shares: pl.DataFrame, column: str
) -> Figure:
    keyed = {(row["theme_id"], str(row[column])): row for row in shares.iter_rows(named=True)}
    places = _places(shares, column)
    theme_ids = [theme for theme in material.theme_names if any(theme == key[0] for key in keyed)]
    corrected = any(row["corrected"] for row in keyed.values())
    absent = material.why_absent(PREVALENCE)
    if not absent and not keyed:
        absent = "Not computed in this run: no share could be given."
    return Figure(
        f"prevalence-{name}",
        title,
        f"Share of passages on each theme. {_CORRECTED if corrected else _UNCORRECTED}",
        "A share as classified may be off by the classifier’s error in either direction; compare "
        "with care. The passages behind a cell are those that the classifier assigns.",
        heat(
            "Theme",
            across,
            [
                Cell(material.theme_name(theme), link=passages_link(theme=theme, kind="un"))
                for theme in theme_ids
            ],
            [Cell(_named(column, place)) for place in places],
            lambda theme, place: _tile(keyed.get((theme_ids[theme], places[place]))),
        ),
        grid(
            ["Theme", *(_named(column, place) for place in places)],
            [
                (
                    Cell(material.theme_name(theme)),
                    *(_grid_cell(keyed.get((theme, place))) for place in places),
                )
                for theme in theme_ids
            ],
        ),
        (Key("corrected for the classifier’s error", "dot"),) if corrected else (),
        absent,
    )


def _places(shares: pl.DataFrame, column: str) -> Sequence[str]:
    """Years in order; kinds and missions by how much there is of them."""
    if column == "year":
        return [str(year) for year in sorted(shares["year"].unique().to_list())]
    largest = shares.group_by(column).agg(pl.col("n_passages").max())
    ordered = largest.sort(["n_passages", column], descending=[True, False])
    return [str(place) for place in ordered[column]]


def _named(column: str, place: str) -> str:
    return kind_name(place).capitalize() if column == "kind" else place


def _link(row: Mapping[str, Any]) -> str:
    return passages_link(
        theme=row["theme_id"],
        kind=None if row["kind"] == ALL else row["kind"],
        mission=None if row["mission"] == ALL else row["mission"],
        year=row["year"],
    )


def _note(row: Mapping[str, Any]) -> str:
    parts = []
    if row["low"] is not None and row["high"] is not None:
        parts.append(f"{percent(row['low'])} to {percent(row['high'])}")
    parts.append("corrected" if row["corrected"] else "as classified")
    parts.append(f"{count(row['n_passages'])} passages, {count(row['n_coded'])} coded by hand")
    return "; ".join(parts)


def _tile(row: Mapping[str, Any] | None) -> Tile | None:
    if row is None:
        return None
    return Tile(row["share"], _link(row), row["corrected"], _note(row))


def _grid_cell(row: Mapping[str, Any] | None) -> Cell:
    if row is None:
        return share_cell(None)
    cell = share_cell(row["share"], _link(row))
    if row["low"] is None or row["high"] is None:
        return cell
    return Cell(
        f"{cell.text} ({percent(row['low'])} to {percent(row['high'])})", cell.value, cell.link
    )
