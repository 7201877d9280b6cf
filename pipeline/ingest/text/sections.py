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
    | {"author contributions", "competing interests", "declaration of competing interest"}
    | {"data availability", "ethics statement", "ethical approval", "informed consent"}
    | {"supplementary material", "supplemental material"}
)
_ALSO_TEXT = frozenset({"literature", "sources", "funding", "contents"})
"""Of these names, those that a section of the text may have as well."""
_APPENDIX = re.compile(r"(?:appendix|appendices|annex)\b")
BESIDE = re.compile(r"CONTACT\b|© ?\d{4}\b|(?i:key ?words?) ?[:—–]")  # a paragraph like these
_AUTHOR = re.compile(r"(?:[A-Z]\. ?)+[A-Z][\w’'-]+(?:,.*)?$")
_RUN_IN = re.compile(r"(?i:abstract|summary) ?[:.—–]")
_NUMBER = re.compile(r"(\d{1,2}(?:\.\d{1,2})*)(\.?)\s+(?=\S)|([IVXL]+)(\.)\s+(?=\S)")
ENDS = re.compile(r"[.?!…][’”'\")\]]*$|\)$")
_WHOLE = re.compile(rf"[.?!…][’”'\")\]]*(?:\[\d{{1,3}}\]|\d{{1,3}}|[{SUPERSCRIPTS}]+)?$|\)$")
_PROSE = 20  # words of a paragraph that is no line of front matter
_ENTRY = re.compile(r"\b(?:1[5-9]|20)\d\d\b|https?://|\bforthcoming\b|\bn\.d\.|[^,.]{2,40}, [A-Z]")
_SAYING = frozenset(
    "that is are was were be been it this these those there which who they their we i my our has "
    "have had not but so when where how do does did".split()
)
_SAID = 0.05  # share of such words that running prose has at least; a list of titles has fewer
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

    @property
    def reads(self) -> bool:
        """Does it hold whole sentences, be it in short paragraphs?"""
        whole = [block.text for block in self.blocks if _WHOLE.search(block.text)]
        many = len(" ".join(whole).split()) >= _PROSE // 2
        return self.prose is not None or (many and 2 * len(whole) > len(self.blocks))

    @property
    def is_numbered(self) -> bool:
        """Has its heading a number, in figures?"""
        return self.heading is not None and self.heading.label[:1].isdecimal()


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
        headed = section.heading and not _is_title(section.heading, sections, title)
        opens = section.name in OPENING or numbered or section.prose is not None
        if (section.name in ASIDE and not numbered) or not (opens or (headed and section.reads)):
            continue
        if headed:
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
    """Body, sections of notes, and a remark on each part that was left out, with its headings.

    The list of references or an appendix ends the body; notes may come after it. A section that is
    named as one of these but is text, or goes on with the numbers of a text around it, is body.
    """
    body: list[Section] = []
    noted: list[Section] = []
    left: list[list[Section]] = []
    kept, outer, end = body, 0, False
    for place, section in enumerate(sections):
        own = section.name in NOTES | REFERENCES or bool(section.heading and section.heading.label)
        if kept is body or section.depth <= outer or own:
            outer = section.depth
            ends = _ends(sections, place)
            if section.name in NOTES:
                kept = noted
            elif not end and not ends and not _is_aside(sections, place, body):
                kept = body
            else:
                if not (end and left):
                    left.append([])
                kept, end = left[-1], end or ends
        kept.append(section)
    return body, noted, [said for parts in left for said in remark(parts, _under(parts))]


def _under(sections: Sequence[Section]) -> str:
    names = (section.heading.text for section in sections if section.heading)
    return f"under {', '.join(dict.fromkeys(names))}"


def _ends(sections: Sequence[Section], place: int) -> bool:
    """Does the text end here: at an appendix, or at a list of references with no text after it?"""
    section = sections[place]
    if section.name not in REFERENCES:
        return _APPENDIX.match(section.name) is not None
    part, after = _part(sections, place)
    following, listed = _text_in(after)
    if not _is_list(part):
        return not (following or section.name in _ALSO_TEXT)
    in_series = section.is_numbered and any(one.is_numbered for one in following)
    return not (following and (listed or in_series))


def _is_aside(sections: Sequence[Section], place: int, body: Sequence[Section]) -> bool:
    """Is this no text: named as what stands beside it, and not in the midst of its sections?"""
    section = sections[place]
    part, after = _part(sections, place)
    if section.name in REFERENCES:
        return _is_list(part)
    if section.name not in ASIDE:
        return False
    begun = [one for one in body if one.reads and one.name not in ABSTRACT]
    numbered = any(one.is_numbered for one in begun)
    in_series = section.is_numbered if numbered else section.name in _ALSO_TEXT
    amid = begun and in_series and _text_in(after)[0]
    return not (amid and any(one.reads for one in part))


def _part(sections: Sequence[Section], place: int) -> tuple[Sequence[Section], Sequence[Section]]:
    """A section with those that stand under it, and what comes after them."""
    above = sections[place].heading
    end = place + 1
    while end < len(sections):
        below = sections[end].heading
        if not (above and below and is_above(above, below)):
            break
        end += 1
    return sections[place:end], sections[end:]


def _text_in(sections: Sequence[Section]) -> tuple[list[Section], bool]:
    """Sections of text up to a list of references or an appendix, and whether such a list comes."""
    text: list[Section] = []
    for place, section in enumerate(sections):
        if _APPENDIX.match(section.name):
            break
        if section.name in REFERENCES and _is_list(_part(sections, place)[0]):
            return text, True
        if section.reads and section.name not in NOTES | REFERENCES | ASIDE:
            text.append(section)
    return text, False


def _is_list(sections: Sequence[Section]) -> bool:
    """Is this a list of works and no running prose?"""
    blocks = [block for section in sections for block in section.blocks]
    entries = [
        block
        for block in blocks
        if not _is_prose(block) or block.label or _ENTRY.search(block.text)
    ]
    words = re.findall(r"[a-z]+", " ".join(block.text for block in blocks).casefold())
    said = sum(word in _SAYING for word in words)
    return 2 * len(entries) >= len(blocks) and said <= _SAID * len(words)


def text_of(sections: Sequence[Section]) -> str:
    """Headings and blocks, one a line."""
    headed = ((part.heading, *part.blocks) for part in sections)
    return "\n".join(block.text for blocks in headed for block in blocks if block)


def remark(sections: Sequence[Section], place: str) -> list[str]:
    """That these sections were left out, with their length; nothing where they are empty."""
    words = len(text_of(sections).split())
    return [f"left out: {words} word{'s' * (words > 1)} {place}"] if words else []


def before_text(front: Sequence[Section]) -> str:
    """What front matter is, and the headings in it other than the first."""
    named = [section for section in front[1:] if section.heading and section.blocks]
    others = f"; {_under(named)}" if named else ""
    return f"before the text: title, authors, keywords{others}"


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
