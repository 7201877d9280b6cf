"""The gap measured in other ways, one column a way."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.report.charts import Tile, heat
from pipeline.report.elements import Cell, Figure, Key, grid
from pipeline.report.gap_rows import DECIDED, Gap, policy_link
from pipeline.report.material import Material
from pipeline.report.numbers import percent, points_cell
from pipeline.tables.compare import GAP_SENSITIVITY


def sensitivity_figure(material: Material, theme_ids: Sequence[str]) -> Figure:
    """Differences by theme and way; ways that could not be computed are left out."""
    other = material.frame(GAP_SENSITIVITY).drop_nulls("difference")
    ways = other["basis"].unique(maintain_order=True).to_list()
    found = {(row["theme_id"], row["basis"]): row for row in other.iter_rows(named=True)}
    themes = [Cell(material.theme_name(theme), link=policy_link(theme)) for theme in theme_ids]
    names = [way[:1].upper() + way[1:] for way in ways]

    def cells(theme: str) -> list[Cell]:
        rows = (found.get((theme, way)) or {} for way in ways)
        return [points_cell(row.get("difference")) for row in rows]

    def tile(row: int, column: int) -> Tile | None:
        return _tile(found.get((theme_ids[row], ways[column])))

    return Figure(
        "gap-sensitivity",
        "Does the gap hang on how it is measured?",
        "The same difference, measured in other ways: one column a way, one row a theme. Blue: "
        "more in policy; orange: more in interviews; a dot marks differences that are decided at "
        "the false discovery rate of this run.",
        "A way that agrees with the others is no proof: all ways share the same documents and the "
        "same interviews.",
        heat("Theme", "Way", themes, [Cell(name) for name in names], tile, "points", True),
        grid(
            ["Theme", *names],
            [
                (Cell(name.text), *cells(theme))
                for name, theme in zip(themes, theme_ids, strict=True)
            ],
        ),
        (Key("decided", "dot"),),
        material.why_absent(GAP_SENSITIVITY),
    )


def _tile(row: Gap | None) -> Tile | None:
    if row is None:
        return None
    return Tile(
        row["difference"],
        policy_link(row["theme_id"]),
        str(row["direction"]) in DECIDED,
        f"{percent(row['policy'])} in policy, {percent(row['interviews'])} in interviews",
    )
