"""How far codings agree, and how common each theme is by kind, mission and year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import polars as pl

from pipeline.report.charts import heat, intervals
from pipeline.report.elements import (
    Cell,
    Figure,
    IntervalMark,
    IntervalRow,
    Key,
    Tile,
    count,
    count_cell,
    grid,
    interval_cell,
    kind_name,
    listed,
    lowered,
    passages_link,
    percent,
    score_cell,
    share_cell,
)
from pipeline.report.material import PageMaterial
from pipeline.run.tables.themes import CALIBRATION, CODER_AGREEMENT, CODER_CONFUSIONS, PREVALENCE
from pipeline.study.sets import CodedSet
from pipeline.study.study import Study, transfer_name

ALL, SETS = "all", "sets"
_POOLED = {ALL: "Mean of the themes in use", SETS: "Whole sets of codes (MASI)"}
_SERIES = {"sentence": ("article",), "paragraph": ("un", "further")}
"""The marks of coded sets in a chart, by their unit; further sets of a unit share the last."""
Found = Mapping[tuple[str, str], Mapping[str, Any]]


def coded_link(material: PageMaterial, theme_id: str, setting: str) -> str:
    """Passages coded with a theme, in the texts that a setting is tested on."""
    tested = setting.rpartition(" to ")[2]
    return passages_link(code=theme_id, kind=material.kind_of(tested))


def set_marks(study: Study) -> dict[str, str]:
    """The mark of each coded set in a chart, by its id."""
    marks = {}
    for unit, series in _SERIES.items():
        for place, one in enumerate(study.sets_of(unit)):
            marks[one.id] = series[min(place, len(series) - 1)]
    return marks


def coder_figure(material: PageMaterial) -> Figure:
    """Krippendorff's alpha by theme for both sets of coded units."""
    agreement = material.frame(CODER_AGREEMENT)
    found = {
        (str(row["unit_set"]), row["theme_id"]): row for row in agreement.iter_rows(named=True)
    }
    theme_ids = [theme for theme in material.theme_names if any(theme == key[1] for key in found)]
    names = ["Theme", "Units", "Codings"]
    for place in (lowered(one.name) for one in material.study.coded_sets):
        names += [f"Alpha, {place}", f"Interval, {place}", f"Agree, {place}", f"Used, {place}"]
    shown = (*theme_ids, *_POOLED) if theme_ids else ()
    marks = set_marks(material.study)
    return Figure(
        "themes-coders",
        f"How far the {material.who.codings} agree",
        "Krippendorff’s alpha by theme, with interval: 1 is full agreement, 0 what chance gives. "
        f"What {material.who.codings} disagree on, no classifier can be asked to get right.",
        material.who.sentence,
        partial(
            intervals,
            ["Krippendorff’s alpha"],
            ["score"],
            [list(dict.fromkeys(marks.values()))],
            [_drawn(material, theme_id, found) for theme_id in theme_ids],
            tuple(Key(one.name, marks[one.id]) for one in material.study.coded_sets),
        ),
        grid(names, [_line(material, theme_id, found) for theme_id in shown]),
        material.why_absent(CODER_AGREEMENT),
    )


def _drawn(material: PageMaterial, theme_id: str, found: Found) -> IntervalRow:
    series, marks = set_marks(material.study), []
    for one in material.study.coded_sets:
        row = found.get((one.id, theme_id)) or {}
        link = coded_link(material, theme_id, one.id)
        alpha, low, high = (row.get(name) for name in ("alpha", "low", "high"))
        marks.append(IntervalMark(series[one.id], alpha, low, high, one.name, link))
    return IntervalRow(material.theme_name(theme_id), tuple(marks), passages_link(code=theme_id))


def _line(material: PageMaterial, theme_id: str, found: Found) -> tuple[Cell, ...]:
    sets = {one.id: found.get((one.id, theme_id)) or {} for one in material.study.coded_sets}
    cells: list[Cell] = []
    for name, row in sets.items():
        link = "" if theme_id in _POOLED else coded_link(material, theme_id, name)
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


def confusion_figure(material: PageMaterial) -> Figure:
    """Pairs of codes that one coding took for another, most frequent first."""
    name_of = {one.id: one.name for one in material.study.coded_sets}
    rows = [
        (
            Cell(name_of.get(row["unit_set"], row["unit_set"])),
            Cell(material.theme_name(row["theme_id"])),
            Cell(material.theme_name(row["other_id"])),
            count_cell(row["n"]),
        )
        for row in material.frame(CODER_CONFUSIONS).iter_rows(named=True)
    ]
    return Figure(
        "themes-confusions",
        f"Where one {material.who.reader} took one theme for another",
        f"How often one {material.who.reader} gave the first theme and not the second where "
        "another gave the second and not the first: pairs whose definitions should be sharpened.",
        grid=grid(["Units", "Theme", "Other theme", "Times"], rows),
        absent=material.why_absent(CODER_CONFUSIONS)
        if CODER_CONFUSIONS in material.not_made
        else ("" if rows else "No coding took one theme for another in this run."),
    )


POLICY = "policy"
_CORRECTED = (
    "A dot marks shares that are corrected for the classifier’s error from coded paragraphs; "
    "the others are as classified, because too few paragraphs there were coded."
)
_UNCORRECTED = "All are as classified, uncorrected: too few paragraphs of each place were coded."
Rows = Mapping[tuple[str, str], Mapping[str, Any]]


def prevalence_figures(material: PageMaterial) -> tuple[Figure, ...]:
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
    material: PageMaterial, name: str, title: str, across: str, shares: pl.DataFrame, column: str
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
        partial(
            heat,
            "Theme",
            across,
            [
                Cell(material.theme_name(theme), link=passages_link(theme=theme, kind="un"))
                for theme in theme_ids
            ],
            [Cell(_named(material, column, place)) for place in places],
            lambda theme, place: _tile(keyed.get((theme_ids[theme], places[place]))),
            dot="corrected for the classifier’s error",
        ),
        grid(
            ["Theme", *(_named(material, column, place) for place in places)],
            [
                (
                    Cell(material.theme_name(theme)),
                    *(_grid_cell(keyed.get((theme, place))) for place in places),
                )
                for theme in theme_ids
            ],
        ),
        absent,
    )


def _places(shares: pl.DataFrame, column: str) -> Sequence[str]:
    """Years in order; kinds and missions by how much there is of them."""
    if column == "year":
        return [str(year) for year in sorted(shares["year"].unique().to_list())]
    largest = shares.group_by(column).agg(pl.col("n_passages").max())
    ordered = largest.sort(["n_passages", column], descending=[True, False])
    return [str(place) for place in ordered[column]]


def _named(material: PageMaterial, column: str, place: str) -> str:
    if column != "kind":
        return place
    if place == POLICY:
        return f"All of {material.study.side_names[0]}"
    return kind_name(place).capitalize()


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
    parts.append(f"{count(row['n_passages'])} passages, {count(row['n_coded'])} coded")
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


def setting_names(study: Study) -> dict[str, str]:
    """What each setting of the evaluation is called: a coded set, or the others alone."""
    names = {one.id: one.name for one in study.judged_sets}
    for setting, (one, before) in transfers(study).items():
        names[setting] = f"From {listed(before)} to {lowered(one.name)}"
    return names


def transfers(study: Study) -> dict[str, tuple[CodedSet, list[str]]]:
    """Settings in which a set is judged by models of the other sets, with their names."""
    found = {}
    for one in study.judged_sets:
        before = study.learnt_beside(one)
        if before:
            setting = transfer_name([each.id for each in before], one.id)
            found[setting] = one, [lowered(each.name) for each in before]
    return found


def calibration_figure(material: PageMaterial) -> Figure:
    """Share that says the theme, by the probability that was given, in each setting."""
    curve = material.frame(CALIBRATION)
    name_of = setting_names(material.study)
    rows = [
        row
        for setting in name_of
        for row in curve.filter(
            (pl.col("theme_id") == ALL) & (pl.col("setting").cast(pl.String) == setting)
        )
        .sort("bin")
        .iter_rows(named=True)
    ]
    names = ["Setting", "Mean probability", "Decisions", "Share that says it", "Interval"]
    return Figure(
        "themes-calibration",
        "Is a probability what it says?",
        "Decisions (a unit and a theme) with like probabilities are put together; among them the "
        "share that was given the theme should be the probability. Learnable themes only.",
        "Most probabilities are near 0, since most texts do not say a given theme; where few "
        "decisions stand together the interval is wide.",
        partial(
            intervals,
            ["share that says the theme"],
            ["score"],
            [["model", "baseline"]],
            [_curves_drawn(name_of[str(row["setting"])], row) for row in rows],
            (
                Key("Share that says the theme, with interval", "model"),
                Key("Probability", "baseline"),
            ),
            (0, 1),
        ),
        grid(names, [_curve_line(name_of[str(row["setting"])], row) for row in rows]),
        material.why_absent(CALIBRATION),
    )


def _curves_drawn(setting: str, row: Mapping[str, Any]) -> IntervalRow:
    observed = IntervalMark("model", row["observed"], row["low"], row["high"], "Share that says it")
    said = IntervalMark("baseline", row["predicted"], name="Mean probability")
    name = f"{setting}, {row['predicted']:.2f} (n = {row['n']})"
    return IntervalRow(name, (observed, said), "")


def _curve_line(setting: str, row: Mapping[str, Any]) -> tuple[Cell, ...]:
    return (
        Cell(setting),
        score_cell(row["predicted"]),
        count_cell(row["n"]),
        score_cell(row["observed"]),
        interval_cell(row["low"], row["high"], shares=False),
    )
