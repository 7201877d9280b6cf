"""The numbers that Word gives to paragraphs by itself, counted as Word counts them."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from docx.document import Document
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list is numbered: its format, its text such as (%1), its first number."""

    form: str
    text: str
    start: int


@dataclass
class Numbering:
    """The lists of a document and how far each has been counted."""

    levels: dict[tuple[str, int], _Level] = field(default_factory=dict)
    counts: defaultdict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))

    @classmethod
    def of(cls, document: Document) -> Numbering:
        """The lists that the document defines; none where it has no numbering part."""
        numbering = cls()
        try:
            root = document.part.numbering_part.element
        except (KeyError, NotImplementedError):
            return numbering
        abstract = {
            item.get(qn("w:abstractNumId")): item for item in root.iter(qn("w:abstractNum"))
        }
        for number in root.iter(qn("w:num")):
            pointer = number.find(qn("w:abstractNumId"))
            source = abstract.get(pointer.get(qn("w:val"))) if pointer is not None else None
            for level in source.iter(qn("w:lvl")) if source is not None else ():
                key = (number.get(qn("w:numId")), int(level.get(qn("w:ilvl"))))
                numbering.levels[key] = _level(level)
        return numbering

    def next_number(self, paragraph: Paragraph) -> tuple[str, int]:
        """The number of this paragraph and its depth; empty for none and for a bullet."""
        place = _place(paragraph)
        level = self.levels.get(place) if place else None
        if place is None or level is None:
            return "", 0
        number_id, depth = place
        counts = self.counts[number_id]
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper in [other for other in counts if other > depth]:
            del counts[deeper]
        if level.form in ("bullet", "none"):
            return "", depth
        return self._written(number_id, level, counts), depth

    def _written(self, number_id: str, level: _Level, counts: dict[int, int]) -> str:
        def value(found: re.Match[str]) -> str:
            at = int(found.group(1)) - 1
            other = self.levels.get((number_id, at), level)
            return _formatted(counts.get(at, other.start), other.form)

        return re.sub(r"%(\d)", value, level.text).strip()


def _level(level: Any) -> _Level:
    def value(name: str, default: str) -> str:
        found = level.find(qn(name))
        return default if found is None else str(found.get(qn("w:val"), default))

    start = value("w:start", "1")
    return _Level(
        value("w:numFmt", "decimal"),
        value("w:lvlText", ""),
        int(start) if start.isdigit() else 1,
    )


def _place(paragraph: Paragraph) -> tuple[str, int] | None:
    """List and level of a paragraph, its own or its style's."""
    styles = [paragraph.style] if paragraph.style is not None else []
    for holder in (paragraph._p.pPr, *(style.element.pPr for style in styles)):
        number = holder.find(qn("w:numPr")) if holder is not None else None
        if number is None:
            continue
        identity, level = number.find(qn("w:numId")), number.find(qn("w:ilvl"))
        if identity is None or identity.get(qn("w:val")) == "0":
            return None
        return identity.get(qn("w:val")), int(level.get(qn("w:val"))) if level is not None else 0
    return None


def _formatted(number: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter") and 1 <= number <= 702:
        repeats, letter = divmod(number - 1, 26)
        text = chr(97 + letter) * (repeats + 1)
    elif form in ("lowerRoman", "upperRoman") and 1 <= number < 40:
        text, rest = "", number
        for value, numeral in ROMAN:
            text += numeral * (rest // value)
            rest %= value
    else:
        return str(number)
    return text.upper() if form.startswith("upper") else text
