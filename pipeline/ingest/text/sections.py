"""Headings of an article, and what of it is front matter, body, notes and back matter.

Numbered headings are believed in their order; a heading without a number that its format does not
mark is one when it looks like it: a few words without an end above a paragraph of prose.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.ingest.reading import SUPERSCRIPTS, Block

ABSTRACT = frozenset({"abstract", "summary"})
OPENING = frozenset({*ABSTRACT, "introduction", "background"})
NOTES = frozenset({"notes", "endnotes", "footnotes"})
REFERENCES = frozenset(
    {"references", "reference list", "list of references", "bibliography", "works cited"}
    | {"literature", "literature cited", "sources"}
)
ASIDE = frozenset(
    {"keywords", "key words", "article history", "contents", "table of contents", "orcid"}
    | {"acknowledgements", "acknowledgments", "acknowledgement", "acknowledgment", "funding"}
    | {"disclosure statement", "conflict of interest", "declaration of interest"}
    | {"declaration of conflicting interests", "data availability statement"}
    | {"notes on contributor", "notes on contributors", "about the author", "about the authors"}
)
_APPENDIX = re.compile(r"(?:appendix|appendices|annex)\b")
BESIDE = re.compile(r"CONTACT\b|© ?\d{4}\b|(?i:key ?words?) ?[:—–]")  # a paragraph like these
_AUTHOR = re.compile(r"(?:[A-Z]\. ?)+[A-Z][\w’'-]+(?:,.*)?$")
_RUN_IN = re.compile(r"(?i:abstract|summary) ?[:.—–]")
_NUMBER = re.compile(r"(\d{1,2}(?:\.\d{1,2})*)(\.?)\s+(?=\S)|([IVXL]+)(\.)\s+(?=\S)")
ENDS = re.compile(r"[.?!…][’”'\")\]]*$|\)$")
_WHOLE = re.compile(rf"[.?!…][’”'\")\]]*(?:\[\d{{1,3}}\]|\d{{1,3}}|[{SUPERSCRIPTS}]+)?$|\)$")
_PROSE = 20  # words of a paragraph that is no line of front matter
LONGEST_TITLE = 14  # words of a heading, at most, that only its look shows


@dataclass(frozen=True, slots=True)
class Section:
    """A heading (None above the first) and what stands under it up to the next one."""

    heading: Block | None
    blocks: tuple[Block, ...] = ()

    @property
    def name(self) -> str:
        """The heading's words in small letters; empty where there is none."""
        return self.heading.text.casefold().strip(" :.") if self.heading else ""

    @property
    def depth(self) -> int:
        """How many headings stand above its own."""
        return len(self.heading.section) if self.heading else 0

    @property
    def prose(self) -> int | None:
        """Place of the first paragraph that is whole sentences."""
        return next((n for n, block in enumerate(self.blocks) if _is_prose(block)), None)


def _is_prose(block: Block) -> bool:
    long = len(block.text.split()) >= _PROSE and _WHOLE.search(block.text) is not None
    return _RUN_IN.match(block.text) is not None or (long and not BESIDE.match(block.text))


def with_headings(blocks: Sequence[Block], by_look: bool) -> list[Block]:
    """The blocks, headings with their number as label, those found by their look among them."""
    found: list[Block] = []
    last = 0
    lettered = any(block.text.startswith("B. ") for block in blocks if block.role == "heading")
    for place, block in enumerate(blocks):
        if by_look and not lettered and _AUTHOR.match(block.text):
            found.append(replace(block, role="paragraph"))
            continue
        if block.role == "heading":
            heading: Block | None = _heading(block, last)
        else:
            heading = _seen(block, last, blocks[place + 1 : place + 2]) if by_look else None
            after = found[-1] if found and found[-1].role == "heading" else None
            if heading and not heading.label and after and after.text.casefold() in ASIDE:
                heading = None  # a list of keywords
        found.append(heading or block)
        if heading and heading.label[:1].isdecimal():
            last = int(heading.label.split(".")[0])
    return found


def _heading(block: Block, last: int) -> Block:
    """A heading with its number taken out of its text; ``last`` is the section before it."""
    found = _NUMBER.match(block.text)
    number = (found[1] or found[3]) if found else ""
    if not found or not (found[2] or found[4] or _follows(number, last)):
        return replace(block, label="", paragraph=None)
    cut = found.end()
    marks = tuple(replace(mark, offset=max(0, mark.offset - cut)) for mark in block.marks)
    return replace(block, text=block.text[cut:], label=number, marks=marks, paragraph=None)


def _seen(block: Block, last: int, following: Sequence[Block]) -> Block | None:
    """The block as a heading when it looks like one: a few words, no end, and its number next."""
    if block.role != "paragraph" or block.marks:
        return None
    numbered = f"{block.label}. {block.text}" if block.label.isdecimal() else block.text
    heading = _heading(replace(block, role="heading", text=numbered), last)
    text = heading.text
    titled = text[:1].isupper() and (text[-1].isalnum() or text[-1] in "?”’)")
    if not titled or len(text.split()) > LONGEST_TITLE or text[0] in '“"(—–':
        return None
    heading = replace(heading, section=("",) * heading.label.count("."))
    if heading.label:
        roman = not heading.label[0].isdecimal()
        return heading if roman or _follows(heading.label, last) else None
    known = text.casefold() in OPENING | NOTES | REFERENCES | ASIDE
    opens = any(_is_prose(after) for after in following)
    return heading if known or (opens and not block.label) else None


def _follows(number: str, last: int) -> bool:
    """Can this section come after that one? A list in a section counts from 1 again."""
    first, *rest = (int(part) for part in number.split("."))
    return first == last if rest else last < first <= last + 2


def sections_of(blocks: Sequence[Block]) -> list[Section]:
    """The blocks by the heading above them."""
    sections = [Section(None)]
    for block in blocks:
        if block.role == "heading":
            sections.append(Section(block))
        else:
            last = sections[-1]
            sections[-1] = replace(last, blocks=(*last.blocks, block))
    return sections if sections[0].blocks else sections[1:]


def split_front(sections: Sequence[Section], title: str) -> tuple[list[Section], list[Section]]:
    """What stands before the abstract, or else before the first section or paragraph of prose."""
    for place, section in enumerate(sections):
        early = sum(above.prose is not None for above in sections[:place]) < 2
        if section.name in ABSTRACT and early:
            return list(sections[:place]), list(sections[place:])
    for place, section in enumerate(sections):
        numbered = section.heading is not None and bool(section.heading.label)
        if section.name in ASIDE or not (
            section.name in OPENING or numbered or section.prose is not None
        ):
            continue
        if section.heading is not None and not _is_title(section.heading, sections, title):
            return list(sections[:place]), list(sections[place:])
        cut = section.prose or 0
        above, below = section.blocks[:cut], section.blocks[cut:]
        opened = [Section(None, below), *sections[place + 1 :]]
        return [*sections[:place], replace(section, blocks=above)], opened
    return [], list(sections)


def _is_title(heading: Block, sections: Sequence[Section], title: str) -> bool:
    """Is this heading that of the whole: the first, and above or unlike all others?"""
    headings = [section.heading for section in sections if section.heading]
    if heading is not headings[0] or heading.label or heading.text.casefold() in OPENING:
        return False
    others = headings[1:]
    alone = all(len(other.section) > len(heading.section) for other in others)
    signed = sections[0].heading is heading and bool(sections[0].prose)  # an author stands below
    unlike = alone or signed or any(other.label for other in others)
    return unlike or heading.text.casefold() == title.casefold()


def split_back(
    sections: Sequence[Section],
) -> tuple[list[Section], list[Section], list[str]]:
    """Body, sections of notes, and a remark on each section that was left out.

    The list of references or an appendix ends the body; notes may come after it.
    """
    body: list[Section] = []
    noted: list[Section] = []
    left: dict[str, list[Section]] = {}
    kept, outer, end = body, 0, ""
    for section in sections:
        heading = section.heading
        own = section.name in NOTES | REFERENCES or bool(heading and heading.label)
        if kept is body or section.depth <= outer or own:
            outer = section.depth
            name = heading.text if heading else ""
            if section.name in NOTES:
                kept = noted
            elif end or section.name in REFERENCES or _APPENDIX.match(section.name):
                end = end or name
                kept = left.setdefault(end, [])
            else:
                kept = left.setdefault(name, []) if section.name in ASIDE else body
        kept.append(section)
    remarks = [said for name, parts in left.items() for said in remark(parts, f"under {name}")]
    return body, noted, remarks


def text_of(sections: Sequence[Section]) -> str:
    """Headings and blocks, one a line."""
    headed = ((part.heading, *part.blocks) for part in sections)
    return "\n".join(block.text for blocks in headed for block in blocks if block)


def remark(sections: Sequence[Section], place: str) -> list[str]:
    """That these sections were left out, with their length; nothing where they are empty."""
    words = len(text_of(sections).split())
    return [f"left out: {words} word{'s' * (words > 1)} {place}"] if words else []


def title_of(front: Sequence[Section]) -> str:
    """The first line of the front matter; empty where it is too long for a title."""
    first = text_of(front).partition("\n")[0]
    return first if len(first.split()) <= 2 * LONGEST_TITLE else ""


def name_of(heading: Block) -> str:
    """A heading with its number, as the blocks under it name their section."""
    return f"{heading.label}. {heading.text}" if heading.label else heading.text


def is_above(above: Block, heading: Block) -> bool:
    """Does a section hold another: by their numbers, or else by the rank of their headings?"""
    if above.label[:1].isdecimal() and heading.label[:1].isdecimal():
        return heading.label.startswith(f"{above.label}.")
    return len(above.section) < len(heading.section)
