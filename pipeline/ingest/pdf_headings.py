"""Which chunk is a heading, and the path of headings above a paragraph."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pipeline.ingest.pdf_chunks import ITEM, Chunk
from pipeline.ingest.pdf_rows import Layout

ANNEX = re.compile(
    r"((?:Annex|ANNEX|Appendix|APPENDIX|Enclosure|ENCLOSURE)(?: [IVXL]+| \d+)?)\b(?!\))"
)
MARKER = re.compile(r"(?:([IVXL]+)|([A-Z])|(\d{1,2}))\. ?(?=\S)")
MAX_WORDS = 45  # of a heading in large type
MAX_BOLD_WORDS = 30  # of a heading in bold type of the text's size; a longer one is a paragraph
MAX_ITEM_WORDS = 10  # of a heading that begins with (a)
OPEN_ENDS = (",", ";", "-")


def next_marker(text: str) -> re.Match[str] | None:
    """The number of a heading: II., B. or 3."""
    return MARKER.match(text)


def is_heading(chunk: Chunk, following: Chunk | None, layout: Layout, goes_on: bool) -> bool:
    """Is the chunk a heading, by its type (bold, large, italic) or, in old documents, its place?"""
    text = " ".join(line.text for line in chunk.lines)
    words = len(text.split())
    if words > MAX_WORDS or not any(character.isalpha() for character in text):
        return False
    if text.endswith(OPEN_ENDS):
        return False
    if chunk.first.size > layout.size + 1.5 and not layout.scattered:
        return True
    if all(line.bold for line in chunk.lines):
        limit = MAX_ITEM_WORDS if ITEM.match(text) else MAX_BOLD_WORDS
        sentence = text.endswith((".", "”", ")")) and words > 12
        return words <= limit and not sentence
    if goes_on or text.endswith((".", ":")) or ITEM.match(text):
        return False
    italic = all(line.italic for line in chunk.lines)
    return words < 25 if italic else not layout.bold and _stands_alone(chunk, following, layout)


def _stands_alone(chunk: Chunk, following: Chunk | None, layout: Layout) -> bool:
    """In type of one kind: centred capitals, or a short line with space around it."""
    first = chunk.first
    text = " ".join(line.text for line in chunk.lines)
    capitals = sum(character.isupper() for character in text)
    small = sum(character.islower() for character in text)
    if capitals > 3 * small and capitals > 5 and first.x0 > layout.left + 30:
        return True
    if layout.scattered or chunk.letters > 150:
        return False
    spaced = (chunk.gap is None or chunk.gap > 1.6) and chunk.below is not None
    short = chunk.lines[-1].x1 < layout.right - 60
    headed = following is not None and chunk.below is not None and chunk.below > 1.6
    return spaced and short and headed and text[:1].isupper()


def _titled(name: str) -> str:
    """ANNEX II as Annex II."""
    word, _, number = name.partition(" ")
    return f"{word.capitalize()} {number}".strip()


@dataclass
class Headings:
    """The headings that are open, outermost first.

    Attributes:
        path: their texts.
        annex: name of the annex that we are in, such as Annex II; empty in the body.
    """

    path: tuple[str, ...] = ()
    annex: str = ""
    _ranks: list[tuple[float, ...]] = field(default_factory=list)

    def open_annex(self, name: str, text: str) -> None:
        """Leave all headings and enter an annex; an appendix stays within its annex."""
        inside = name.lower().startswith(("append", "enclos")) and self.annex
        self.path = (*self.path[:1], text) if inside else (text,)
        ranks: list[tuple[float, ...]] = [(-99.0,), (-98.5,)]
        self._ranks = ranks[: len(self.path)]
        self.annex = f"{self.annex}, {_titled(name)}" if inside else _titled(name)

    def open(self, chunk: Chunk, text: str, layout: Layout) -> tuple[str, ...]:
        """Enter a heading; gives the path above it."""
        rank = self._rank(chunk, layout)
        while self._ranks and self._ranks[-1] >= rank:
            self._ranks.pop()
        above = self.path[: len(self._ranks)]
        self.path = (*above, text)
        self._ranks.append(rank)
        return above

    def lengthen(self, text: str) -> None:
        """The last heading turned out to be longer."""
        self.path = (*self.path[:-1], text)

    def _rank(self, chunk: Chunk, layout: Layout) -> tuple[float, ...]:
        """Smaller is higher: by size, then kind of number, then weight."""
        found = MARKER.match(chunk.first.text)
        number = 3
        if found:
            number = 0 if found.group(1) and not self._after_letter(found.group(1)) else 1
            number = 2 if found.group(3) else number
        elif chunk.first.text.isupper() and not layout.bold:
            number = 0
        size = 0.0 if layout.scattered else -round(chunk.first.size)
        return (size, not chunk.first.bold, number, chunk.first.italic)

    def _after_letter(self, roman: str) -> bool:
        """Is a lone I, C, ... the letter of a series, as after B. or H.?"""
        if len(roman) > 1 or roman not in "CDILMVX":
            return False
        return any(heading.startswith(f"{chr(ord(roman) - 1)}. ") for heading in self.path)
