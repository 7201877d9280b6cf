"""What the styles of a Word file say, and how Word counts its lists and notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeline.ingest.word.package import Package, is_on, qn, value_of

QUOTATIONS = {"quote", "intense quote", "block text", "quotations", "block quotation"}
"""Styles of block quotations: Word's two, its older one, LibreOffice's, and a common one."""
UN_HEADINGS = {"ch": 1, "m": 1, "1": 2, "2": 3, "4": 4, "5": 5}
"""Levels of the UN's own styles, named "_ H_Ch", "_ H_1", "_ H_2/3" and so on."""
CONTENTS = re.compile(r"toc (?:\d|heading)|table of figures")
LONGEST_HEADING = 30  # words; an outline level alone makes no heading of a longer paragraph


class Styles:
    """The styles of a document, each with those on which it is based."""

    def __init__(self, package: Package) -> None:
        """Read them; a document may have none."""
        self._styles: dict[str, Any] = {}
        self._default = ""
        self._chains: dict[str, tuple[Any, ...]] = {}
        for root in package.parts("styles"):
            for style in root.iter(qn("w:style")):
                name = style.get(qn("w:styleId"), "")
                self._styles[name] = style
                is_default = style.get(qn("w:default")) in ("1", "true", "on")
                if is_default and style.get(qn("w:type")) == "paragraph":
                    self._default = name

    def chain(self, name: str) -> tuple[Any, ...]:
        """A style and those that it is based on, nearest first."""
        if name not in self._chains:
            chain: list[Any] = []
            based: str | None = name
            while based in self._styles and self._styles[based] not in chain:
                chain.append(self._styles[based])
                based = value_of(chain[-1], "w:basedOn")
            self._chains[name] = tuple(chain)
        return self._chains[name]

    def of_paragraph(self, properties: Any) -> tuple[Any, ...]:
        """The styles of a paragraph with these properties (or none)."""
        return self.chain(value_of(properties, "w:pStyle") or self._default)

    def names(self, properties: Any) -> list[str]:
        """The names of a paragraph's styles, nearest first, in small letters."""
        return [
            (value_of(style, "w:name") or "").lower() for style in self.of_paragraph(properties)
        ]

    def level(self, properties: Any, text: str) -> int:
        """The rank of a heading, from 1; 0 for what is none."""
        said = value_of(properties, "w:outlineLvl")
        outlines = [] if said is None else [said]
        names = self.names(properties)
        for name, style in zip(names, self.of_paragraph(properties), strict=True):
            if found := re.fullmatch(r"heading (\d)", name):
                return int(found[1])
            if found := re.match(r"_ ?h ?_ ?(ch|m|\d)", name):
                return UN_HEADINGS.get(found[1], 5)
            if (said := value_of(style, "w:pPr/w:outlineLvl")) is not None:
                outlines.append(said)
        if names[:1] == ["title"]:
            return 1
        is_short = len(text.split()) <= LONGEST_HEADING
        return int(outlines[0]) + 1 if outlines and outlines[0] in "012345678" and is_short else 0

    def hides(self, run: Any, paragraph: Any) -> bool:
        """Is a run hidden, by itself or by a style?"""
        said = is_on(run, "w:vanish")
        styles = (*self.chain(value_of(run, "w:rStyle") or ""), *self.of_paragraph(paragraph))
        by_style = (is_on(style, "w:rPr/w:vanish") for style in styles)
        return bool(
            said if said is not None else next((on for on in by_style if on is not None), 0)
        )

    def asks(self, run: Any) -> bool:
        """Does a run show the request of an empty form field?"""
        name = value_of(run, "w:rStyle") or ""
        names = [(value_of(style, "w:name") or "").lower() for style in self.chain(name)]
        return "placeholder text" in names or name.lower() == "placeholdertext"

    def is_raised(self, run: Any) -> bool:
        """Is a run set as a superscript?"""
        said = [value_of(run, "w:vertAlign")]
        styles = self.chain(value_of(run, "w:rStyle") or "")
        said += [value_of(style, "w:rPr/w:vertAlign") for style in styles]
        return next(filter(None, said), "") == "superscript"


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list is numbered.

    Attributes:
        form: the format of its number.
        text: what is printed, such as (%1).
        start: its first number.
        restart: it begins again after this level or one above, from 1; 0 for never.
        plain: are the numbers of other levels printed in Arabic figures?
        style: the paragraph style that numbers by it.
    """

    form: str
    text: str
    start: int
    restart: int
    plain: bool
    style: str


@dataclass
class _List:
    """One w:num: whose numbers it goes on with, its levels, and where it begins anew."""

    abstract: str
    levels: dict[int, _Level] = field(default_factory=dict)
    restarts: dict[int, int] = field(default_factory=dict)


class Lists:
    """The lists of a document and how far each has been counted."""

    def __init__(self, package: Package, styles: Styles) -> None:
        """Read them; a document may have none."""
        self._styles = styles
        self._lists: dict[str, _List] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._headings: dict[str, set[int]] = {}  # levels that number headings
        for root in package.parts("numbering"):
            definitions = _definitions(root)
            for number in root.iter(qn("w:num")):
                name = value_of(number, "w:abstractNumId") or ""
                if name in definitions:
                    self._lists[number.get(qn("w:numId"), "")] = _list_of(number, definitions[name])

    def next_number(self, properties: Any, *, heading: bool = False) -> tuple[str, int]:
        """The printed number of the next paragraph, empty for none and a bullet, and its depth.

        Levels above that number headings, or as headings are (I, A), make it no deeper.
        """
        name, depth = self._place(properties)
        found = self._lists.get(name)
        level = found.levels.get(depth) if found else None
        if found is None or level is None:
            return "", 0
        counts = self._counts.setdefault(found.abstract, {})
        for shallower in range(depth):
            if shallower in found.restarts:
                counts[shallower] = found.restarts.pop(shallower)
        begun = counts[depth] + 1 if depth in counts else level.start
        counts[depth] = found.restarts.pop(depth, begun)
        for deeper, other in found.levels.items():
            if deeper > depth and depth < other.restart:
                counts.pop(deeper, None)
        headings = self._headings.setdefault(found.abstract, set())
        if heading or level.form in ("upperRoman", "upperLetter"):
            headings.add(depth)
        above = [other for other in counts if other < depth and other not in headings]
        return _written(found, level, counts), len(above)

    def _place(self, properties: Any) -> tuple[str, int]:
        """List and level of a paragraph, its own or its styles'."""
        name, said = value_of(properties, "w:numPr/w:numId"), value_of(properties, "w:numPr/w:ilvl")
        styles = self._styles.of_paragraph(properties)
        for style in styles:
            name = name or value_of(style, "w:pPr/w:numPr/w:numId")
        levels = self._lists[name].levels if name in self._lists else {}
        if said is None:
            linked = {level.style: str(depth) for depth, level in levels.items() if level.style}
            ids = (style.get(qn("w:styleId"), "") for style in styles)
            said = next((linked[one] for one in ids if one in linked), None)
        for style in styles:
            said = said or value_of(style, "w:pPr/w:numPr/w:ilvl")
        return name or "", int(said or 0)


def _definitions(root: Any) -> dict[str, Any]:
    """The abstract lists by id; one that only links to a list style is the list of that style."""
    found = {item.get(qn("w:abstractNumId"), ""): item for item in root.iter(qn("w:abstractNum"))}
    styled = {value_of(item, "w:styleLink"): item for item in found.values()}
    return {
        name: styled.get(value_of(item, "w:numStyleLink") or "", item)
        for name, item in found.items()
    }


def _list_of(number: Any, definition: Any) -> _List:
    one = _List(definition.get(qn("w:abstractNumId"), ""))
    for level in definition.iter(qn("w:lvl")):
        one.levels[_depth(level)] = _level_of(level)
    for override in number.iter(qn("w:lvlOverride")):
        for level in override.iter(qn("w:lvl")):
            one.levels[_depth(override)] = _level_of(level)
        start = value_of(override, "w:startOverride")
        if start is not None:
            one.restarts[_depth(override)] = _number(start)
    return one


def _depth(element: Any) -> int:
    return _number(element.get(qn("w:ilvl"), "0"))


def _number(text: str | None, otherwise: int = 1) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else otherwise


def _level_of(level: Any) -> _Level:
    form = level.find(qn("w:numFmt"))
    said = "decimal" if form is None else form.get(qn("w:val"), "decimal")
    if said == "custom":  # such as 001, 002, 003, ...
        said = (form.get(qn("w:format")) or "").split(",")[0]
    return _Level(
        form=said,
        text=(value_of(level, "w:lvlText") or "")[:80],
        start=_number(value_of(level, "w:start")),
        restart=_number(value_of(level, "w:lvlRestart"), 99),
        plain=bool(is_on(level, "w:isLgl")),
        style=value_of(level, "w:pStyle") or "",
    )


def _written(found: _List, level: _Level, counts: dict[int, int]) -> str:
    """The number as it is printed; empty for a bullet."""

    def value(place: re.Match[str]) -> str:
        at = int(place[1]) - 1
        other = found.levels.get(at, level)
        plain = level.plain and other is not level
        return formatted(counts.get(at, other.start), "decimal" if plain else other.form)

    has_number = level.form != "bullet" and "%" in level.text
    written = re.sub(r"%([1-9])", value, level.text).strip() if has_number else ""
    return written if written.strip(".()- ") else ""


def cited(written: str, depth: int) -> str:
    """A number as one cites it: "a." and "i)" are written (a) and (i), "1)" of a first level 1.

    >>> [cited(number, 1) for number in ("a.", "ii)", "1)", "(b)", "2.1.", "A.")]
    ['(a)', '(ii)', '(1)', '(b)', '2.1', 'A']
    """
    bare = written.rstrip(".)") if "(" not in written else written
    if re.fullmatch(r"[a-z]{1,2}|[ivxl]+", bare) or (depth and bare.isdecimal()):
        return f"({bare})"
    return bare.rstrip(".:")


_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_SYMBOLS = "*†‡§"


def formatted(number: int, form: str) -> str:
    """A number in one of Word's formats; in Arabic figures where it is none of ours.

    >>> [formatted(28, form) for form in ("decimal", "upperRoman", "lowerLetter", "0001", "none")]
    ['28', 'XXVIII', 'bb', '0028', '']
    """
    if form == "none":
        return ""
    if form in ("lowerLetter", "upperLetter") and 1 <= number <= 702:
        repeats, letter = divmod(number - 1, 26)
        text = chr(97 + letter) * (repeats + 1)
    elif form in ("lowerRoman", "upperRoman") and 1 <= number < 4000:
        text, rest = "", number
        for value, numeral in _ROMAN:
            text += numeral * (rest // value)
            rest %= value
    elif form in ("chicago", "symbol") and 1 <= number <= 40:
        repeats, place = divmod(number - 1, len(_SYMBOLS))
        text = _SYMBOLS[place] * (repeats + 1)
    elif form == "ordinal":
        endings = {1: "st", 2: "nd", 3: "rd"}
        text = f"{number}{'th' if number % 100 in (11, 12, 13) else endings.get(number % 10, 'th')}"
    elif form == "decimalZero":
        text = f"{number:02}"
    else:
        text = str(number).zfill(len(form)) if form.isdecimal() and len(form) < 9 else str(number)
    return text.upper() if form.startswith("upper") else text


NOTES = {qn("w:footnoteReference"): "footnote", qn("w:endnoteReference"): "endnote"}
EACH_PAGE = "notes are numbered anew on each page, and the file does not say where its pages end"


def note_numbers(body: Any, settings: Any) -> tuple[dict[str, str], list[str]]:
    """The printed number of each note whose mark Word counts, by kind and id, and remarks.

    A mark of one's own is not counted. Pages end where Word last ended them.
    """
    numbers: dict[str, str] = {}
    counts: dict[str, int] = {}
    last: dict[str, int] = {}
    sections = list(body.iter(qn("w:sectPr")))
    paged = next(body.iter(qn("w:lastRenderedPageBreak")), None) is not None
    unsure = False
    for mark, section, page in _marks(body):
        kind = NOTES[mark.tag]
        if is_custom(mark):
            continue
        holders = [*sections[section : section + 1], settings]
        rule = {name: _rule(holders, kind, name) for name in ("numFmt", "numStart", "numRestart")}
        place = {"eachSect": section, "eachPage": page}.get(rule["numRestart"] or "", 0)
        unsure |= rule["numRestart"] == "eachPage" and not paged
        anew = last.get(kind) != place
        counts[kind] = _number(rule["numStart"]) if anew else counts[kind] + 1
        last[kind] = place
        form = rule["numFmt"] or ("decimal" if kind == "footnote" else "lowerRoman")
        numbers[f"{kind} {mark.get(qn('w:id'))}"] = formatted(counts[kind], form)
    return numbers, [EACH_PAGE] if unsure else []


def is_custom(mark: Any) -> bool:
    """Has the author set a mark of their own, such as *, in place of a number?"""
    return mark.get(qn("w:customMarkFollows")) in ("1", "true", "on")


def _marks(body: Any) -> Iterator[tuple[Any, int, int]]:
    """The marks of notes in order, each with its section and page, from 0."""
    section = page = 0
    for element in body:
        for one in element.iter(*NOTES, qn("w:lastRenderedPageBreak")):
            if one.tag in NOTES:
                yield one, section, page
            else:
                page += 1
        section += element.find(f"{qn('w:pPr')}/{qn('w:sectPr')}") is not None


def _rule(holders: list[Any], kind: str, name: str) -> str | None:
    """What the first of section and document that says it says of a kind's numbers."""
    said = (value_of(holder, f"w:{kind}Pr/w:{name}") for holder in holders)
    return next((one for one in said if one is not None), None)
