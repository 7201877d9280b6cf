"""Vega-Lite as this page uses it: one look, scripts for the browser, pictures without one."""

from __future__ import annotations

import csv
import io
import json
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Literal

import altair as alt
from altair.utils.schemapi import debug_mode
from vl_convert import javascript_bundle, svg_to_png, vegalite_to_svg

from pipeline.report.elements import Cell, Drawing, Figure, Grid, rounded
from pipeline.run.caches import ResultCache
from pipeline.run.files import neutral

_STYLE = (files("pipeline.report") / "static" / "style.css").read_text(encoding="utf-8")
PALETTE = dict(re.findall(r"--([a-z]+(?:-\d)?): (#[0-9a-f]{6});", _STYLE.partition("@media")[0]))
"""The light colours by their names in the style sheet. Blue and orange can be told apart with every
common kind of colour blindness, and shapes differ too."""

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
"""The first comes with vl-convert, so that a picture is the same on every machine."""
VALUES = {"percent": ".1%", "points": "+.1f", "score": ".2f", "count": ",d"}
TICKS = {"percent": "~%", "points": "+~f", "score": "~f", "count": ",d"}
"""The formats of values and of the marks of an axis, by the kind of number."""
WIDTH = 640
"""Pixels of a chart without the names of its rows, where the page does not set it."""
_BESIDE, _OVER = 48, 54
"""Letters of a line of a name beside its row, and over it."""
_DRAWN_BY = f"vl-convert-python {version('vl-convert-python')}"
_TOP = 0.5
"""Where the marks of a row begin under its name, as a part of the row's height."""


@alt.theme.register("peacetext", enable=True)
def theme() -> alt.theme.ThemeConfig:
    """One visual language for every chart, those of a notebook too."""
    ink, soft, rule = PALETTE["ink"], PALETTE["soft"], PALETTE["rule"]
    names: dict[str, Any] = {"labelFontSize": 12, "labelLimit": 0, "titleLimit": 0}
    names |= {"titleFontSize": 12, "titleColor": soft, "aria": False}
    config = {
        "font": FONT,
        "background": PALETTE["ground"],
        "lineBreak": "\n",
        "view": {"stroke": None},
        "mark": {"aria": False},
        "title": {
            "color": ink,
            "subtitleColor": soft,
            "anchor": "start",
            "frame": "bounds",
            "fontSize": 16,
            "subtitleFontSize": 12,
            "subtitleLineHeight": 16,
            "subtitlePadding": 6,
            "offset": 14,
        },
        "axis": {
            **names,
            "domain": False,
            "ticks": False,
            "gridColor": rule,
            "labelColor": soft,
            "labelPadding": 6,
            "titleFontWeight": 600,
            "maxExtent": 600,
        },
        "legend": {
            **names,
            "orient": "top",
            "direction": "horizontal",
            "labelColor": ink,
            "labelFontSize": 13,
            "offset": 14,
            "padding": 2,
            "columnPadding": 18,
        },
        "bar": {"color": PALETTE["bar"]},
        "text": {"color": ink, "fontSize": 13},
    }
    return {"config": config}  # type: ignore[typeddict-item]


def inline(rows: Iterable[Mapping[str, Any]]) -> alt.InlineData:
    """Rows as the data of a chart, without what they leave empty."""
    kept = [{key: each for key, each in row.items() if _is_said(each)} for row in rows]
    return alt.InlineData(values=kept)


def _is_said(value: object) -> bool:
    return not (value is None or value is False or value == "")


def distinct(names: Sequence[str]) -> list[str]:
    """The names with a number behind those that came before: a row of a chart is its name."""
    return [
        f"{name} ({names[:place].count(name) + 1})" if name in names[:place] else name
        for place, name in enumerate(names)
    ]


def folded(name: str, letters: int) -> list[str]:
    """A name on lines of at most so many letters; none of it is cut."""
    return textwrap.wrap(name, letters, break_long_words=False) or [name]


def halved(name: str, letters: int) -> list[str]:
    """A name on one line, or on two of about the same length where it has more letters."""
    if len(name) <= letters:
        return [name]
    return next(
        lines
        for longest in range(len(name) // 2, len(name) + 1)
        if len(lines := folded(name, longest)) <= 2
    )


def labels(lines: Mapping[str, Sequence[str]]) -> str:
    """An expression that gives the label of an axis on its lines."""
    return f"({json.dumps(lines, ensure_ascii=False)}[datum.value])"


def in_the_middle(label: str, line: float) -> Any:
    """Moves a label of several lines half of its height up, so that its middle is at its place."""
    return alt.condition(
        f"length({label}) > 1",
        alt.value(-line / 2),
        alt.value(0),
    )


class Rows:
    """The rows of a chart: named beside them, or over them where it is narrow."""

    def __init__(
        self, names: Sequence[str], links: Sequence[str], narrow: bool, strong: Sequence[int] = ()
    ) -> None:
        """Names and links from top to bottom; ``strong`` are the places of those in bold."""
        self.names, self.links, self.narrow = distinct(names), links, narrow
        self.strong = [self.names[place] for place in strong]
        self.lines = max(
            (len(folded(name, _OVER if narrow else _BESIDE)) for name in names), default=1
        )

    def height(self, beside: int, under: int) -> int:
        """Of all rows, whose marks need so many pixels beside a name, or under it."""
        row = 14 * self.lines + (8 + under) if self.narrow else max(beside, 14 * self.lines + 4)
        return row * max(1, len(self.names))

    def y(self, part: float = 0.5) -> alt.Y:
        """A place in each row, from 0 at its top to 1; under the name in a narrow chart."""
        return alt.Y("row:N", bandPosition=_TOP + part * (1 - _TOP) if self.narrow else part)

    def named(self, part: float = 0.5) -> alt.Y:
        """The same with the names; for the first layer of a chart, which gives it to the others."""
        label = labels({name: folded(name, _BESIDE) for name in self.names})
        is_strong = f"indexof({json.dumps(self.strong, ensure_ascii=False)}, datum.value) >= 0"
        axis = alt.Axis(
            title=None,
            labels=not self.narrow,
            labelExpr=label,
            labelLineHeight=14,
            labelOffset=in_the_middle(label, 14),
            labelColor=PALETTE["ink"],
            labelFontSize=13,
            labelFontWeight=alt.condition(is_strong, alt.value("bold"), alt.value("normal")),
            labelOverlap=False,
            grid=False,
        )
        scale = alt.Scale(domain=self.names, padding=0)
        return self.y(part).copy().sort(None).scale(scale).axis(axis)

    def over(self) -> list[alt.Chart]:
        """The names over their marks, in a narrow chart."""
        if not self.narrow:
            return []
        rows = [
            {"row": name, "label": "\n".join(folded(name, _OVER)), "link": link}
            for name, link in zip(self.names, self.links, strict=True)
        ]
        text = alt.Chart(inline(rows)).mark_text(
            align="left", baseline="top", fontSize=12, lineHeight=14, yOffset=5
        )
        y = alt.Y("row:N", bandPosition=0)
        return [text.encode(x=alt.value(0), y=y, text="label:N", href="link:N")]

    def guides(self) -> alt.Chart:
        """A faint line through the middle of each row."""
        rules = alt.Chart(inline({"row": name} for name in self.names)).mark_rule(
            color=PALETTE["rule"], strokeDash=[1, 3]
        )
        drawn: alt.Chart = rules.encode(x=alt.value(0), x2=alt.value("width"), y=self.named())
        return drawn


def numbers(
    side: Literal["top", "left"], number: str, title: str | list[str], ticks: int
) -> alt.Axis:
    """An axis of numbers whose zero stands out."""
    is_zero = "datum.value == 0"
    rule, zero = alt.value(PALETTE["rule"]), alt.value(PALETTE["soft"])
    return alt.Axis(
        orient=side,
        title=title,
        titleAnchor="start",
        titleAlign="left",
        labelExpr=f"{is_zero} ? '0' : format(datum.value, '{TICKS[number]}')",
        tickCount=ticks,
        grid=True,
        gridColor=alt.condition(is_zero, zero, rule),
        gridWidth=alt.condition(is_zero, alt.value(1.5), alt.value(1)),
    )


def heads(names: Sequence[str], title: str, narrow: bool) -> alt.X:
    """The columns, named above them: level where the names are short."""
    longest = max(map(len, names), default=0)
    room = (320 if narrow else WIDTH) / max(1, len(names))
    level = 6.5 * longest + 6 < room
    on_two_lines = not level and room > 31
    label = labels({head: halved(head, 36) if on_two_lines else [head] for head in names})
    axis = alt.Axis(
        orient="top",
        title=title,
        titleAnchor="start",
        titleAlign="left",
        labelAngle=0 if level else -90 if narrow or on_two_lines else -60,
        labelAlign="center" if level else "left",
        labelExpr=label,
        labelFontSize=10 if room < 13 else 11 if on_two_lines else 12,
        labelLineHeight=12,
        labelOffset=in_the_middle(label, 14),
        labelPadding=12 if on_two_lines else 6,
        labelOverlap=False,
        grid=False,
    )
    return alt.X("column:N", sort=None, scale=alt.Scale(domain=list(names), padding=0), axis=axis)


PLUS = [PALETTE[f"plus-{n}"] for n in range(1, 8)]
MINUS = [PALETTE[f"minus-{n}"] for n in range(7, 0, -1)]


def tones_of(most: float, diverging: bool) -> alt.Scale:
    """Tones by steps; shares go by square root, so that small ones can be told apart."""
    if diverging:
        breaks = [rounded(most * step / 7) for step in range(-6, 7)]
        return alt.Scale(type="threshold", domain=breaks, range=[*MINUS, *PLUS])
    breaks = [rounded(most * (step / 7) ** 2) for step in range(1, 7)]
    return alt.Scale(type="threshold", domain=breaks, range=PLUS)


def tones_told(scale: alt.Scale, number: str) -> alt.Legend:
    """The legend of tones: numbers between them, every second one where they are many."""
    breaks = scale.to_dict()["domain"]
    said = breaks[::2] if len(breaks) > 7 else breaks
    return alt.Legend(
        title=None,
        format=VALUES[number].replace("+.1f", "+.0f"),
        labelOverlap="greedy",
        labelSeparation=5,
        labelExpr=f"indexof({said}, datum.value) < 0 ? '' : datum.value == 0 ? '0' : datum.label",
    )


def script(cache: ResultCache) -> str:
    """Vega, Vega-Lite and vegaEmbed as one classic script, for pages opened from disk.

    vegaEmbed draws under a policy without 'unsafe-eval' when it is given ``ast: true``. Bundling
    takes seconds; what was bundled before comes from ``cache``.
    """
    wanted = "window.vega = vega; window.vegaEmbed = vegaEmbed;"
    key = sha256(f"{_DRAWN_BY} {wanted}".encode()).hexdigest()
    found = cache.find([key]) or {key: javascript_bundle(wanted).encode()}
    cache.add(found.items())
    return f'"use strict";(() => {{{found[key].decode()}}})();\n'


def for_the_page(draw: Drawing) -> dict[str, Any]:
    """A chart as the page draws it: wide and narrow on the same data, in the page's colours."""
    with debug_mode(False):  # Altair's own check of every part takes ten times as long
        both = {name: _fluid(draw(narrow=name == "narrow")) for name in ("wide", "narrow")}
    datasets = {key: rows for spec in both.values() for key, rows in spec.pop("datasets").items()}
    text = json.dumps({"datasets": datasets, **both}, ensure_ascii=False)
    for name, colour in PALETTE.items():
        text = text.replace(colour, f"var(--{name})")
    found: dict[str, Any] = json.loads(text)
    return found


def _fluid(chart: alt.Chart | alt.LayerChart) -> dict[str, Any]:
    """As wide as the page leaves room, in the page's letters."""
    spec: dict[str, Any] = chart.properties(width="container").to_dict(validate=False)
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    spec["config"] |= {"background": None, "font": "system-ui, sans-serif"}
    return spec


def pictures(figures: Mapping[str, Figure], source: str, cache: ResultCache) -> dict[str, bytes]:
    """Figures for a paper as SVG, as PNG and their tables as CSV, by the name of the file.

    They are drawn without a browser; those that were drawn before come from ``cache``.
    """
    files: dict[str, bytes] = {}
    for name, figure in figures.items():
        if figure.chart is not None:
            drawn = _picture(_titled(figure, figure.chart, source), cache)
            files |= {f"{name}.{end}": content for end, content in drawn.items()}
        if figure.grid is not None:
            files[f"{name}.csv"] = table(figure.grid).encode("utf-8-sig")
    return files


def _titled(figure: Figure, draw: Drawing, source: str) -> str:
    """A chart that leaves the page: with its title, what it shows and its source."""
    told = [line for text in (figure.shows, figure.caveat, source) for line in folded(text, 120)]
    title = alt.TitleParams(text=folded(figure.title, 85), subtitle=[line for line in told if line])
    with debug_mode(False):
        return draw().properties(title=title).to_json(validate=False, indent=None)


def _picture(spec: str, cache: ResultCache) -> dict[str, bytes]:
    keys = {end: sha256(f"{_DRAWN_BY} {end} {spec}".encode()).hexdigest() for end in ("svg", "png")}
    found = cache.find(list(keys.values()))
    if len(found) < len(keys):
        svg = vegalite_to_svg(spec)
        found = {keys["svg"]: svg.encode(), keys["png"]: svg_to_png(svg, scale=2)}
        cache.add(found.items())
    return {end: found[key] for end, key in keys.items()}


def table(grid: Grid) -> str:
    """A table as CSV, with the numbers behind the cells; no cell can run as a formula."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(neutral(column.name) for column in grid.columns)
    writer.writerows([neutral(_held(cell)) for cell in row] for row in grid.rows)
    return file.getvalue()


def _held(cell: Cell) -> str:
    return str(cell.text if cell.value is None else cell.value)
