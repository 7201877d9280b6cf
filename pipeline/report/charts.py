"""The charts of the page in Vega-Lite, by Altair: functions on values that a notebook can call too.

Every function takes ``narrow``: the same chart for a phone, with its names above the rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from pipeline.report.elements import Cell, IntervalRow, Key, Tile, rounded
from pipeline.report.vega import (
    PALETTE,
    VALUES,
    WIDTH,
    Rows,
    distinct,
    folded,
    heads,
    inline,
    numbers,
    tones_of,
    tones_told,
)

_TICK = "M0,-1.3L0,1.3"
_LOOKS = {
    "policy": ("circle", "policy"),
    "model": ("circle", "policy"),
    "un": ("circle", "policy"),
    "interviews": ("diamond", "interviews"),
    "coding": ("diamond", "interviews"),
    "article": ("diamond", "interviews"),
    "further": ("square", "further"),
    "difference": ("circle", "ink"),
    "nearer": ("circle", "ink"),
    "baseline": ("circle", ""),
    "chance": (_TICK, ""),
}
"""The shape and the colour of each series; without a colour only its outline is drawn."""
_OUTLINES = {"baseline": "ink", "chance": "soft"}


def intervals(
    axes: Sequence[str],
    formats: Sequence[str],
    panels: Sequence[Sequence[str]],
    rows: Sequence[IntervalRow],
    keys: Sequence[Key] = (),
    domain: tuple[float, float] | None = None,
    narrow: bool = False,
) -> alt.LayerChart:
    """Rows of values with intervals, in panels side by side.

    Args:
        axes: the name of each panel's axis.
        formats: of each panel's numbers: percent, points or score.
        panels: the series that each panel shows.
        rows: from top to bottom.
        keys: the names of the series in the legend.
        domain: ends of every axis; None to fit the values.
        narrow: for a phone.
    """
    strong = [place for place, row in enumerate(rows) if row.strong]
    down = Rows([row.name for row in rows], [row.link for row in rows], narrow, strong)
    ends = [(0.0, 1.0)] if len(panels) == 1 else [(0.0, 0.53), (0.58, 1.0)]
    letters = (26, 21) if narrow else (46, 34)
    layers: list[alt.Chart | alt.LayerChart] = [down.guides()]
    for place, panel in enumerate(panels):
        marks = [
            mark
            for name, row in zip(down.names, rows, strict=True)
            for mark in _marks(name, row, panel, keys, formats[place])
        ]
        title = axes[place] if len(panels) == 1 else folded(axes[place], letters[place])
        across = _Across(title, formats[place], domain or _ends(marks), ends[place])
        layers.append(_panel(marks, across, keys, down))
    resolve = alt.Resolve(scale={"x": "independent"})
    layers += down.over()
    return alt.LayerChart(layer=layers, resolve=resolve, width=WIDTH, height=down.height(30, 28))


@dataclass(frozen=True)
class _Across:
    """The axis of a panel; ``part`` gives its ends as parts of the width."""

    title: str | list[str]
    number: str
    domain: tuple[float, float]
    part: tuple[float, float]

    def scale(self) -> alt.Scale:
        ends = [alt.expr(f"width*{end}") for end in self.part]
        return alt.Scale(domain=list(self.domain), nice=False, range=ends)


def _marks(
    name: str, row: IntervalRow, panel: Sequence[str], keys: Sequence[Key], number: str
) -> list[dict[str, Any]]:
    """The marks of a row in a panel, set apart where they would lie on each other."""
    called = {key.mark: key.name for key in reversed(keys)}
    named = {key.name.lower(): key.name for key in keys}
    kept = [mark for mark in row.marks if mark.series in panel and mark.value is not None]
    moved = [mark for mark in kept if mark.series not in _OUTLINES]
    spread = 8 if len(kept) > 2 else 10
    return [
        {
            "row": name,
            "series": named.get(mark.name.lower()) or called.get(mark.series) or mark.name,
            "value": _worth(mark.value, number),
            "low": _worth(mark.low, number),
            "high": _worth(mark.high, number),
            "note": mark.name if mark.name.lower() not in named else None,
            "shift": (moved.index(mark) - (len(moved) - 1) / 2) * spread if mark in moved else None,
            "faint": row.faint,
            "link": mark.link if mark.value else None,
        }
        for mark in kept
    ]


def _worth(value: float | None, number: str) -> float | None:
    """As it is drawn: differences of shares in percentage points."""
    return rounded(None if value is None else 100 * value if number == "points" else value)


def _ends(marks: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Zero and every value and interval."""
    values = [mark[key] for mark in marks for key in ("value", "low", "high")]
    low, high = (end([0.0, *(each for each in values if each is not None)]) for end in (min, max))
    return low, high if high > low else low + 1


def _panel(
    marks: Sequence[Mapping[str, Any]], across: _Across, keys: Sequence[Key], down: Rows
) -> alt.LayerChart:
    """Whiskers and symbols of one panel."""
    base = alt.Chart(inline(marks)).encode(y=down.y(), href="link:N")
    few = 3 if down.narrow else 5 if len(keys) > 3 else 8
    axis = numbers("top", across.number, across.title, few)
    shift = alt.expr("datum.shift || 0")
    tones = {key.name: PALETTE[_LOOKS[key.mark][1] or "soft"] for key in keys}
    tone = f"{json.dumps(tones, ensure_ascii=False)}[datum.series] || '{PALETTE['soft']}'"
    whiskers = base.mark_rule(
        color=alt.expr(tone), strokeWidth=3, strokeCap="round", yOffset=shift
    ).encode(
        x=alt.X("low:Q", scale=across.scale(), axis=axis),
        x2="high:Q",
        opacity=alt.condition("datum.faint", alt.value(0.3), alt.value(0.55)),
    )
    form = VALUES[across.number]
    interval = f"format(datum.low, '{form}') + ' to ' + format(datum.high, '{form}')"
    symbols = base.transform_calculate(
        interval=f"isValid(datum.low) ? {interval} : 'none'"
    ).mark_point(yOffset=shift, size=105, strokeWidth=1.8)
    return alt.LayerChart(
        layer=[
            whiskers,
            symbols.encode(
                x="value:Q",
                opacity=alt.condition("datum.faint", alt.value(0.5), alt.value(1)),
                tooltip=[
                    alt.Tooltip("row:N", title="title"),
                    alt.Tooltip("series:N", title="of"),
                    alt.Tooltip("value:Q", title="value", format=form),
                    alt.Tooltip("interval:N", title="interval"),
                ],
                **_looks(keys, down.narrow),
            ),
        ]
    )


def _looks(keys: Sequence[Key], narrow: bool) -> dict[str, Any]:
    """Shape, colour and outline of each series, in one legend."""
    if not keys:
        return {"fill": alt.value(PALETTE["ink"]), "stroke": alt.value(PALETTE["ground"])}
    legend = alt.Legend(
        title=None, columns=_columns([key.name for key in keys], narrow), symbolOpacity=1
    )
    shapes = [_LOOKS[key.mark][0] for key in keys]
    fills = [PALETTE.get(_LOOKS[key.mark][1], "transparent") for key in keys]
    strokes = [PALETTE[_OUTLINES.get(key.mark, "ground")] for key in keys]
    names = [key.name for key in keys]

    def scale(range_: Sequence[str]) -> alt.Scale:
        return alt.Scale(domain=names, range=list(range_))

    return {
        "shape": alt.Shape("series:N", scale=scale(shapes), legend=legend),
        "fill": alt.Fill("series:N", scale=scale(fills), legend=legend),
        "stroke": alt.Stroke("series:N", scale=scale(strokes), legend=legend),
    }


def _columns(names: Sequence[str], narrow: bool) -> int:
    """Of a legend: one on a phone, two where the names are long, else as many as there are."""
    if narrow:
        return 1
    return 2 if sum(map(len, names)) > 100 else len(names)


def heat(
    down: str,
    across: str,
    rows: Sequence[Cell],
    columns: Sequence[Cell],
    tile: Callable[[int, int], Tile | None],
    number: str = "percent",
    diverging: bool = False,
    dot: str = "",
    narrow: bool = False,
) -> alt.LayerChart:
    """A heat map of seven tones a direction.

    Args:
        down: what the rows are.
        across: what the columns are.
        rows: their names and links, from top to bottom.
        columns: their names, from left to right.
        tile: gives the cell of a row and a column, by their numbers, or None.
        number: the format of the values: percent, points or score.
        diverging: whether values below zero have tones of their own.
        dot: what a dot stands for, in the legend.
        narrow: for a phone.
    """
    named = Rows([row.text for row in rows], [row.link for row in rows], narrow)
    names = distinct([column.text for column in columns])
    cells = [
        _cell(name, head, found, number)
        for row, name in enumerate(named.names)
        for column, head in enumerate(names)
        if (found := tile(row, column)) is not None
    ]
    scale = tones_of(max((abs(cell["value"]) for cell in cells), default=0) or 1.0, diverging)
    base = alt.Chart(inline(cells)).encode(href="link:N")
    tones = alt.Color("value:Q", scale=scale, legend=tones_told(scale, number))
    boxes = _boxes(base, tones, across, number, _noted(cells)).encode(
        x=heads(names, f"{down} ↓   {across} →", narrow),
        y=named.named(0),
        y2=alt.Y2("row:N", bandPosition=1),
    )
    dots = (
        [_dots(base, dot, narrow).encode(x="column:N", y=named.y())]
        if any(cell["dot"] for cell in cells)
        else []
    )
    layers = [boxes, *dots, *named.over()]
    return alt.LayerChart(layer=layers, width=WIDTH, height=named.height(22, 18))


def _noted(rows: Sequence[Mapping[str, Any]]) -> list[alt.Tooltip]:
    """What the pointer says of counts, where a row has any."""
    return [alt.Tooltip("note:N", title="of")] if any(row["note"] for row in rows) else []


def _boxes(
    base: alt.Chart, tones: alt.Color, across: str, number: str, noted: Sequence[alt.Tooltip]
) -> alt.Chart:
    """A box a cell, with what the pointer says, and the tones in the legend."""
    told = [alt.Tooltip("row:N", title="title"), alt.Tooltip("column:N", title=across.lower())]
    told += [alt.Tooltip("value:Q", title="value", format=VALUES[number]), *noted]
    boxes = base.mark_rect(stroke=PALETTE["ground"], strokeWidth=1)
    drawn: alt.Chart = boxes.encode(color=tones, tooltip=told)
    return drawn


def _cell(row: str, column: str, tile: Tile, number: str) -> dict[str, Any]:
    return {
        "row": row,
        "column": column,
        "value": _worth(tile.value, number) or 0.0,
        "note": tile.note or None,
        "dot": tile.marked,
        "link": tile.link if tile.value else None,  # nothing is nowhere to go
    }


def _dots(base: alt.Chart, dot: str, narrow: bool) -> alt.Chart:
    """Dots on the marked cells, with what they stand for in the legend."""
    ground, ink = alt.value(PALETTE["ground"]), alt.value(PALETTE["ink"])
    legend = alt.Legend(title=None, symbolSize=40, orient="bottom" if narrow else "top")
    scale = alt.Scale(domain=[dot], range=["circle"])
    marked = base.transform_filter("datum.dot").transform_calculate(dot=json.dumps(dot))
    points = marked.mark_point(size=22, opacity=1, strokeWidth=1).encode(fill=ground, stroke=ink)
    drawn: alt.Chart = points.encode(shape=alt.Shape("dot:N", scale=scale, legend=legend))
    return drawn


def bars(
    axis: str, rows: Sequence[tuple[str, int, str, str]], narrow: bool = False
) -> alt.LayerChart:
    """Horizontal bars under their names; a row is a name, a count, a note and a link."""
    names = distinct([name for name, *_ in rows])
    drawn = [
        {
            "row": name,
            "label": f"{name}, {note}" if note else name,
            "value": n,
            "note": note,
            "link": link if n else None,
        }
        for name, (_, n, note, link) in zip(names, rows, strict=True)
    ]
    most = max((n for _, n, *_ in rows), default=1)
    x = alt.X("value:Q", scale=alt.Scale(domain=[0, 1.25 * most], nice=False), axis=None)
    base = alt.Chart(inline(drawn)).encode(
        y=alt.Y("row:N", sort=None, scale=alt.Scale(domain=names, padding=0), axis=None),
        href="link:N",
        tooltip=[
            alt.Tooltip("row:N", title="title"),
            alt.Tooltip("value:Q", title=axis.lower(), format=",d"),
            *_noted(drawn),
        ],
    )
    number = base.mark_text(align="left", dx=5, yOffset=9, fontSize=12, color=PALETTE["soft"])
    name = base.mark_text(align="left", yOffset=-8).encode(x=alt.value(0), text="label:N")
    layers = [
        base.mark_bar(size=12, yOffset=8).encode(x=x),
        number.encode(x=x, text=alt.Text("value:Q", format=",d")),
        name,
    ]
    width, height = 360 if narrow else WIDTH, 40 * max(1, len(rows))
    return alt.LayerChart(layer=layers, width=width, height=height)


def columns(
    axis: str, across: str, rows: Sequence[tuple[str, int, str]], narrow: bool = False
) -> alt.Chart:
    """Upright columns; a row is a name, a count and a link."""
    values = [{"column": name, "value": n, "link": link if n else None} for name, n, link in rows]
    left = numbers("left", "count", axis, 4)
    left.tickMinStep = 1
    below = alt.Axis(labelAngle=0, labelOverlap="greedy", titleAnchor="end", title=across)
    height = 200 if narrow else 220
    upright = alt.Chart(inline(values), width=WIDTH, height=height).mark_bar()
    drawn: alt.Chart = upright.encode(
        x=alt.X("column:O", sort=None, axis=below),
        y=alt.Y("value:Q", axis=left),
        href="link:N",
        tooltip=[
            alt.Tooltip("column:O", title="title"),
            alt.Tooltip("value:Q", title=axis.lower(), format=",d"),
        ],
    )
    return drawn
