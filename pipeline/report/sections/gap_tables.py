"""Rows of the gap: by theme and part, and under other choices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import polars as pl

from pipeline.report.charts import heat, intervals
from pipeline.report.elements import (
    NOTHING,
    Cell,
    Figure,
    IntervalMark,
    IntervalRow,
    Key,
    Tile,
    counted,
    grid,
    interview_link,
    listed,
    p_cell,
    passages_link,
    percent,
    points,
    points_cell,
    policy_link,
    share_cell,
)
from pipeline.report.material import PageMaterial
from pipeline.run.tables.compare import GAP, GAP_SENSITIVITY, GAP_SIDES
from pipeline.study.sets import Side

Gap = Mapping[str, Any]
Ends = tuple[float | None, float | None, float | None]
Shares = Mapping[tuple[str, str], Ends]
SIDES = ["policy", "further", "interviews"]
"""The marks of the first side, of further sides and of the interviews."""

DECIDED = ("more in policy", "more in interviews")


def points_axis(material: PageMaterial) -> str:
    """What the two ends of a difference mean."""
    documents, interviews = material.study.side_names
    return (
        f"More in {interviews} ← points →\u00a0more\u00a0in\u00a0{documents}"  # one line of a title
    )


def colours(material: PageMaterial) -> str:
    """What the colours of a difference mean."""
    documents, interviews = material.study.side_names
    return f"Blue: more in {documents}; orange: more in {interviews}"


def gap_keys(material: PageMaterial) -> tuple[Key, ...]:
    """The sides and the difference of two of them, as a chart's key names them."""
    documents, interviews = map(str.capitalize, material.study.side_names)
    further = (Key(one.name.capitalize(), "further") for one in further_with_shares(material))
    return (
        Key(documents, "policy"),
        *further,
        Key(interviews, "interviews"),
        Key(f"Difference of {documents.lower()} and {interviews.lower()}", "difference"),
    )


def sides_rows(material: PageMaterial, question: str) -> list[Gap]:
    """Every two sides theme by theme, corrected, over all missions; of one question."""
    rows = material.frame(GAP_SIDES).filter(
        (pl.col("question").cast(pl.String) == question)
        & (pl.col("basis") == "corrected")
        & (pl.col("mission") == "all")
    )
    return list(rows.iter_rows(named=True))


def side_shares(material: PageMaterial, question: str) -> dict[tuple[str, str], Ends]:
    """Share, low and high of each side and theme; of one question of tables.GapSides."""
    found = {}
    for row in sides_rows(material, question):
        first, other = (row["side"], row["theme_id"]), (row["other"], row["theme_id"])
        found[first] = row["share"], row["share_low"], row["share_high"]
        found[other] = row["other_share"], row["other_low"], row["other_high"]
    return found


def further_with_shares(material: PageMaterial) -> list[Side]:
    """Further sides of documents of which any share is known."""
    shares = side_shares(material, "passages")
    known = {side_id for (side_id, _), ends in shares.items() if ends[0] is not None}
    return [side for side in material.study.further_sides if side.id in known]


def drawn(material: PageMaterial, row: Gap, shares: Shares, part: bool = False) -> IntervalRow:
    """A theme's shares of passages, or with ``part`` its parts of all mentions."""
    theme_id, prefix = row["theme_id"], "part_" if part else ""
    policy, interviews = policy_link(theme_id), interview_link(theme_id)
    of_gap = {
        "policy": (row["policy"], row["policy_low"], row["policy_high"]),
        "interviews": (row["interviews"], row["interviews_low"], row["interviews_high"]),
    }
    if part:
        of_gap = {name: (row[f"{name}_part"], None, None) for name in of_gap}
        ours = (material.study.document_side, material.study.interview_side)
        for name, side in zip(of_gap, ours, strict=True):
            of_gap[name] = shares.get((side.id if side else "", theme_id), of_gap[name])
    documents, interviewees = material.study.side_names
    further = (
        IntervalMark(
            "further",
            *shares[side.id, theme_id],
            side.name,
            passages_link(theme=theme_id, side=side.id),
        )
        for side in further_with_shares(material)
    )
    difference = (row[f"{prefix}difference"], row[f"{prefix}low"], row[f"{prefix}high"])
    marks = (
        IntervalMark("policy", *of_gap["policy"], documents, policy),
        *further,
        IntervalMark("interviews", *of_gap["interviews"], interviewees, interviews),
        IntervalMark("difference", *difference, link=policy),
    )
    direction = row["part_direction"] if part else row["direction"]
    return IntervalRow(
        material.theme_name(theme_id), marks, policy, faint=str(direction) not in DECIDED
    )


def points_interval(low: float | None, high: float | None) -> Cell:
    """An interval of a difference of shares."""
    if low is None or high is None:
        return Cell(NOTHING)
    text = f"{points(low)} to {points(high)}"
    return Cell(text, text)


def direction_name(material: PageMaterial, direction: object) -> str:
    """Which side has more, as a table says it."""
    named = dict(zip(DECIDED, material.study.side_names, strict=True))
    name = named.get(str(direction))
    return f"More in {name}" if name else str(direction).capitalize()


def part_figure(material: PageMaterial) -> Figure:
    """Each theme's part of all mentions in documents against its part in interviews."""
    gap = material.frame(GAP).sort(
        "part_difference", "theme_id", descending=[True, False], nulls_last=True
    )
    rows = [row for row in gap.iter_rows(named=True) if row["part_difference"] is not None]
    shares = side_shares(material, "parts")
    documents, interviews = map(str.capitalize, material.study.side_names)
    further = [side.name.capitalize() for side in further_with_shares(material)]
    names = ["Theme", documents, *further, interviews]
    names += ["Difference (points)", "Interval (points)", "q"]
    absent = material.why_absent(GAP)
    return Figure(
        "gap-parts",
        f"What each side speaks of: {listed([documents, *further, interviews]).lower()}",
        "Of all mentions of the codebook’s themes on a side, how many are of this one. The "
        f"codebook was made from {material.study.coded_texts}, so nearly every theme is in more of "
        "the passages there; these parts are free of that, and sum to 100% on each side. Faint: "
        "within chance.",
        "A theme’s part can shrink only because another’s grows.",
        partial(
            intervals,
            ["Part of all mentions", points_axis(material)],
            ["percent", "points"],
            [SIDES, ["difference"]],
            [drawn(material, row, shares, part=True) for row in rows],
            gap_keys(material),
        ),
        grid([*names, "Reading"], [_part_line(material, row, shares) for row in rows]),
        absent or ("" if rows else "Not computed in this run: a side has no mention of any theme."),
    )


def _part_line(material: PageMaterial, row: Gap, shares: Shares) -> tuple[Cell, ...]:
    theme_id = row["theme_id"]
    return (
        Cell(material.theme_name(theme_id)),
        share_cell(row["policy_part"], policy_link(theme_id)),
        *(share_cell(shares[side.id, theme_id][0]) for side in further_with_shares(material)),
        share_cell(row["interviews_part"], interview_link(theme_id)),
        points_cell(row["part_difference"]),
        points_interval(row["part_low"], row["part_high"]),
        p_cell(row["part_q_value"]),
        Cell(direction_name(material, row["part_direction"])),
    )


def sensitivity_figure(material: PageMaterial, theme_ids: Sequence[str]) -> Figure:
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
        return _tile(material, found.get((theme_ids[row], ways[column])))

    return Figure(
        "gap-sensitivity",
        "Does the gap depend on how it is measured?",
        "The same difference, measured in other ways: one column a way, one row a theme. "
        f"{colours(material)}; a dot marks differences that are decided at the false discovery "
        "rate of this run.",
        "A way that agrees with the others is no proof: all ways share the same documents and the "
        "same interviews.",
        partial(
            heat,
            "Theme",
            "Way",
            themes,
            [Cell(name) for name in names],
            tile,
            "points",
            True,
            "decided",
        ),
        grid(
            ["Theme", *names],
            [
                (Cell(name.text), *cells(theme))
                for name, theme in zip(themes, theme_ids, strict=True)
            ],
        ),
        material.why_absent(GAP_SENSITIVITY),
    )


def _tile(material: PageMaterial, row: Gap | None) -> Tile | None:
    if row is None:
        return None
    documents, interviews = material.study.side_names
    return Tile(
        row["difference"],
        policy_link(row["theme_id"]),
        str(row["direction"]) in DECIDED,
        f"{percent(row['policy'])} in {documents}, {percent(row['interviews'])} in {interviews}",
    )


def sides_figures(material: PageMaterial) -> Iterator[Figure]:
    """Of each further side what it says that the first does not, and whom it is nearer to."""
    first = material.study.document_side
    if first is not None:
        yield from (_nearer_figure(material, first, each) for each in further_with_shares(material))


def _nearer_figure(material: PageMaterial, first: Side, side: Side) -> Figure:
    interviews = material.study.side_names[1]
    rows = sides_rows(material, "parts")
    between = sorted(
        (
            row
            for row in rows
            if (row["side"], row["other"]) == (first.id, side.id) and row["difference"] is not None
        ),
        key=lambda row: (row["difference"], row["theme_id"]),
    )
    near = {row["theme_id"]: row for row in rows if row["nearer"] is not None}
    names = ["Theme", f"{side.name.capitalize()} minus {first.name} (points)", "Interval (points)"]
    names += ["q", f"Nearer to {interviews} by (points)", "Interval (points)", "q", "Reading"]
    return Figure(
        f"gap-{side.id}",
        f"What {side.name} speak of that {first.name} do not, and whom they are nearer to",
        f"Left: of all mentions of themes, the part in {side.name} minus the part in {first.name}. "
        f"Right: by how much {side.name} are nearer to {interviews} than {first.name} are, for the "
        f"themes on which {first.name} and {interviews} differ beyond chance. Faint: neither is "
        "beyond chance.",
        f"Only {counted(side_size(rows, side.id), 'passage')} of {side.name} could have been drawn "
        "to be coded, and the shares are of these.",
        partial(
            intervals,
            [
                f"More in {first.name} ← points →\u00a0in\u00a0{side.name}",
                "Further ← points → nearer",
            ],
            ["points", "points"],
            [["difference"], ["nearer"]],
            [_nearer_drawn(material, side, row, near.get(row["theme_id"])) for row in between],
            (),
        ),
        grid(names, [_nearer_line(material, row, near.get(row["theme_id"])) for row in between]),
    )


def side_size(rows: Sequence[Gap], side_id: str) -> int:
    """How many passages of a side are counted."""
    sizes = [row["n_side"] for row in rows if row["side"] == side_id]
    return max([*sizes, *(row["n_other"] for row in rows if row["other"] == side_id)], default=0)


def _nearer_drawn(material: PageMaterial, side: Side, row: Gap, near: Gap | None) -> IntervalRow:
    link = passages_link(theme=row["theme_id"], side=side.id)
    more = IntervalMark(
        "difference", -row["difference"], -row["high"], -row["low"], "difference", link
    )
    ends = (None, None, None)
    if near:
        ends = (near["nearer_by"], near["nearer_low"], near["nearer_high"])
    return IntervalRow(
        material.theme_name(row["theme_id"]),
        (more, IntervalMark("nearer", *ends, "nearer by", link)),
        link,
        faint=row["larger"] == "undecided" and (not near or str(near["nearer"]) == "undecided"),
    )


def _nearer_line(material: PageMaterial, row: Gap, near: Gap | None) -> tuple[Cell, ...]:
    found = near or {}
    return (
        Cell(material.theme_name(row["theme_id"])),
        points_cell(-row["difference"]),
        points_interval(-row["high"], -row["low"]),
        p_cell(row["q_value"]),
        points_cell(found.get("nearer_by")),
        points_interval(found.get("nearer_low"), found.get("nearer_high")),
        p_cell(found.get("nearer_q")),
        Cell(str(found["nearer"]).capitalize() if near else "No difference to be nearer in"),
    )
