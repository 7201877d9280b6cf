"""Footnotes of a PDF: small type below a short rule at the foot of a page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.ingest.pdf_chunks import Words, run_on
from pipeline.ingest.pdf_lines import Line
from pipeline.ingest.pdf_rows import Layout, Row
from pipeline.ingest.reading import Note

RULE = re.compile(r"[_\s]{6,}")
PRINTED = re.compile(r"(\*{1,4}|\d{1,3}/?)\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Foot:
    """The lines of one footnote; ``number`` is empty for the rest of one of the page before."""

    number: str
    lines: tuple[Line, ...]


def split_feet(rows: Sequence[Row], layout: Layout) -> tuple[list[Row], list[Foot]]:
    """The rows of a page above its footnotes, and the footnotes."""
    start = _start(rows, layout)
    if start is None:
        return list(rows), []
    feet: list[Foot] = []
    for row in rows[start:]:
        if RULE.fullmatch(row.line.text):
            continue
        number, line = _number(row.line)
        if number or not feet:
            feet.append(Foot(number, (line,)))
        else:
            feet[-1] = Foot(feet[-1].number, (*feet[-1].lines, line))
    return list(rows[:start]), feet


def notes_of(feet: Sequence[Foot], words: Words) -> tuple[Note, ...]:
    """Notes with a number each; one that comes again (an asterisk, say) gets its count."""
    whole: list[Foot] = []
    for foot in feet:
        if foot.number or not whole:
            whole.append(foot)
        else:
            whole[-1] = Foot(whole[-1].number, whole[-1].lines + foot.lines)
    seen: Counter[str] = Counter()
    notes = []
    for foot in whole:
        number = foot.number or "?"
        seen[number] += 1
        unique = number if seen[number] == 1 else f"{number}-{seen[number]}"
        text = run_on(foot.lines, words)[0]
        if text:
            notes.append(Note(unique, text))
    return tuple(notes)


def _start(rows: Sequence[Row], layout: Layout) -> int | None:
    """Index of the rule, or of the first note where no rule was printed as text."""
    for index, row in enumerate(rows):
        below = rows[index + 1 :]
        if RULE.fullmatch(row.line.text) and below and _small(below, layout):
            return index
        if _noted(row, layout) and _small(rows[index:], layout):
            return index
    return None


def _small(rows: Sequence[Row], layout: Layout) -> bool:
    return sum(row.line.size < 0.93 * layout.size for row in rows) >= 0.8 * len(rows)


def _noted(row: Row, layout: Layout) -> bool:
    line = row.line
    starred = line.text.startswith("* ") or line.text.startswith("** ")
    opened = (bool(line.marks) and line.marks[0].offset == 0) or starred
    return len(row.pieces) == 1 and opened and line.size < 0.93 * layout.size


def _number(line: Line) -> tuple[str, Line]:
    if line.marks and line.marks[0].offset == 0:
        return line.marks[0].number, replace(line, marks=line.marks[1:])
    found = PRINTED.match(line.text)
    if found:
        return found.group(1).rstrip("/"), replace(line, text=line.text[found.end() :], marks=())
    return "", line
