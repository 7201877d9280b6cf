"""Charts as Vega-Lite: what they say of a known table, and the files that are made of them."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipeline.report.charts import bars, columns, heat, intervals
from pipeline.report.elements import Cell, Figure, IntervalMark, IntervalRow, Key, Tile, grid
from pipeline.report.vega import PALETTE, distinct, for_the_page, halved, pictures, script
from pipeline.run.caches import ResultCache

LONG = "Impartiality and the principles of peacekeeping as the Council has them"
ROWS = (
    IntervalRow("Patrols", (IntervalMark("policy", 0.2, 0.1, 0.3, link="e.html#a"),
                            IntervalMark("difference", -0.05, -0.1, 0.0)), faint=True),
    IntervalRow(LONG, (IntervalMark("policy", 0.0, link="e.html#b"),
                       IntervalMark("difference", None)), strong=True),
)  # fmt: skip
KEYS = (Key("Mandates", "policy"), Key("Difference", "difference"))
gap = partial(
    intervals, ["Share", "Points"], ["percent", "points"], [["policy"], ["difference"]], ROWS, KEYS
)
TILES = {(0, 0): Tile(-0.3, "e.html#c", True, "3 of 10"), (1, 1): Tile(0.1), (1, 0): Tile(0.0, "x")}
ways = partial(
    heat,
    "Theme",
    "Way",
    [Cell("Patrols"), Cell(LONG)],
    [Cell("As classified"), Cell("As classified")],
    lambda row, column: TILES.get((row, column)),
    "points",
    True,
    "decided",
)


def data_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for rows in spec["datasets"].values() for row in rows]


def marks_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in data_of(spec) if "value" in row]


def text_of(svg: str) -> str:
    """All words of a picture, lines of one label joined."""
    return " ".join(re.sub(r"<[^>]+>", " ", svg).split())


def test_an_interval_is_a_mark_with_its_ends_and_its_passages() -> None:
    first, zero, difference = marks_of(gap().to_dict())
    assert first == {
        "row": "Patrols",
        "series": "Mandates",
        "value": 0.2,
        "low": 0.1,
        "high": 0.3,
        "faint": True,
        "shift": 0.0,
        "link": "e.html#a",
    }
    # a share of zero is drawn and leads nowhere; a difference is in points; None is not drawn
    assert zero["value"] == 0
    assert "link" not in zero
    assert (difference["value"], difference["low"], difference["high"]) == (-5, -10, 0)


def test_rows_stand_in_the_order_in_which_they_are_given() -> None:
    spec = gap().to_dict()
    y = spec["layer"][0]["encoding"]["y"]
    assert y["scale"]["domain"] == ["Patrols", LONG]
    assert y["sort"] is None


def test_a_cell_is_a_tile_with_its_note_and_its_passages() -> None:
    tiles = marks_of(ways().to_dict())
    assert tiles[0] == {
        "row": "Patrols",
        "column": "As classified",
        "value": -30,
        "note": "3 of 10",
        "dot": True,
        "link": "e.html#c",
    }
    # columns of the same name stay two, and nothing is nowhere to go
    assert tiles[1] == {"row": LONG, "column": "As classified", "value": 0}
    assert tiles[2]["column"] == "As classified (2)"


def test_colours_of_a_diverging_map_part_at_zero() -> None:
    scale = ways().to_dict()["layer"][0]["encoding"]["color"]["scale"]
    assert len(scale["range"]) == len(scale["domain"]) + 1 == 14
    assert scale["domain"][6] == 0
    assert scale["range"][6:8] == [PALETTE["minus-1"], PALETTE["plus-1"]]


def test_on_the_page_colours_follow_the_style_sheet_and_both_widths_share_their_data() -> None:
    found = for_the_page(ways)
    assert set(found) == {"datasets", "wide", "narrow"}
    assert "var(--plus-1)" in json.dumps(found)
    assert not re.search("#[0-9a-f]{6}", json.dumps(found))
    assert found["wide"]["width"] == "container"
    names = {form: set(re.findall('"name": "([^"]+)"', json.dumps(found[form]))) for form in found}
    assert names["wide"] < names["narrow"] == set(found["datasets"])


def test_a_style_sheet_has_every_colour_of_the_charts() -> None:
    assert {"ground", "ink", "policy", "plus-7", "minus-7"} <= set(PALETTE)
    assert len({PALETTE[f"{side}-{n}"] for side in ("plus", "minus") for n in range(1, 8)}) == 14


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("draw", [gap, ways])
def test_no_name_is_cut(draw: Any, narrow: bool) -> None:
    from vl_convert import vegalite_to_svg

    svg = vegalite_to_svg(draw(narrow=narrow).to_dict())
    assert LONG in text_of(svg)
    assert "…" not in svg


def test_bars_and_columns_lead_to_their_passages() -> None:
    drawn = bars("Passages", [("Resolutions", 4, "2 documents", "e.html#r"), ("None", 0, "", "x")])
    links = {row["row"]: row.get("link") for row in marks_of(drawn.to_dict())}
    assert links == {"Resolutions": "e.html#r", "None": None}
    years = marks_of(columns("Documents", "Year", [("2014", 3, "e.html#y")]).to_dict())
    assert years == [{"column": "2014", "value": 3, "link": "e.html#y"}]


def test_names_are_told_apart_and_folded_evenly() -> None:
    assert distinct(["a", "b", "a"]) == ["a", "b", "a (2)"]
    assert halved("short", 20) == ["short"]
    assert halved("one two three four", 10) == ["one two", "three four"]


def test_a_figure_leaves_the_page_with_its_title_its_source_and_its_table(tmp_path: Path) -> None:
    table = grid(["Theme", "Share"], [(Cell("=SUM(1)"), Cell("20%", 0.2)), (Cell(LONG), Cell("–"))])
    figure = Figure("gap", "What fills mandates", "Shares.", "Not more.", gap, table)
    cache = ResultCache(tmp_path / "pictures.sqlite")
    made = pictures({"gap": figure}, "Source: a study", cache)
    assert set(made) == {"gap.svg", "gap.png", "gap.csv"}
    said = text_of(made["gap.svg"].decode())
    for words in ("What fills mandates", "Shares.", "Not more.", "Source: a study", "Mandates"):
        assert words in said
    assert made["gap.png"].startswith(b"\x89PNG")
    # no cell runs as a formula, and a number is the number behind the text
    rows = list(csv.reader(io.StringIO(made["gap.csv"].decode("utf-8-sig"))))
    assert rows == [["Theme", "Share"], ["'=SUM(1)", "0.2"], [LONG, "–"]]
    # the same bytes again, with and without what was drawn before
    assert pictures({"gap": figure}, "Source: a study", cache) == made
    anew = ResultCache(tmp_path / "another.sqlite")
    assert pictures({"gap": figure}, "Source: a study", anew) == made


def test_the_script_of_vega_is_one_and_names_no_other_host(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path / "pictures.sqlite")
    bundle = script(cache)
    assert "window.vegaEmbed" in bundle
    assert "cdn" not in bundle
    # the same again, with and without what was bundled before
    assert script(cache) == bundle
    assert script(ResultCache(tmp_path / "another.sqlite")) == bundle
