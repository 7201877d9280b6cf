"""An article in any format: its sections, numbered paragraphs, quotations, notes and interviews.

The reader of the file's format gives headings, paragraphs, block quotations and notes as far as the
format marks them. Here the body is cut out (between front matter and list of references), what the
format does not mark is told by its look, and notes and citations get the speaker groups that the
study's pattern finds in them. One layout of plain text has a reader of its own: text/repository.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from pipeline.ingest.reading import (
    SUPERSCRIPTS,
    Block,
    Note,
    NoteMark,
    Reading,
    UnreadableError,
    plain_digits,
)
from pipeline.ingest.text.repository import published, read_repository_text
from pipeline.ingest.text.sections import (
    BESIDE,
    ENDS,
    LONGEST_TITLE,
    Section,
    before_text,
    is_above,
    name_of,
    remark,
    sections_of,
    split_back,
    split_front,
    text_of,
    title_of,
    with_headings,
)
from pipeline.run.settings import IngestSettings
from pipeline.study.study import Interviews

BY_LOOK = (".txt", ".pdf")
"""Formats that do not mark headings and block quotations, or not surely."""

_NOTE = re.compile(rf"(?:\[(\d{{1,3}})\]|(\d{{1,3}})[.)]?|([{SUPERSCRIPTS}]+)\.?)\s+(?=\S)")
_RAISED = rf"[{SUPERSCRIPTS}]+(?:, ?[{SUPERSCRIPTS}]+)*"
_MARK = re.compile(
    rf"(?<!\bm)(?<!\b[kc]m)({_RAISED})|\[(\d{{1,3}})\]"
    r"|(?<=[.,;:?!’”'\")])(?<!\d[.,:])(\d{1,3})(?=\s|$)"
)
_CITATION = re.compile(r"\((?:[^()]|\([^()]*\))*\)|\[[^\[\]]*\]")
_IBID = re.compile(r"(?:see )?(?:ibid(?:em)?|id(?:em)?)(?:[.,;:)]|$)", re.IGNORECASE)
_ATTRIBUTION = re.compile(r"[—–]\s*([^—–]+)$")
FormatReader = Callable[[bytes, IngestSettings], Reading]


def read_article(
    content: bytes,
    suffix: str,
    read: FormatReader,
    limits: IngestSettings,
    interviews: Interviews,
) -> Reading:
    """Read an article.

    Args:
        content: the whole file.
        suffix: of the file's name, in small letters, with the dot.
        read: the reader of its format.
        limits: what is too large to be read.
        interviews: how the study's articles mark what an interviewee said.

    Raises:
        UnreadableError: the format's reader refuses it, or it holds no paragraph of text.
    """
    laid_out = read_repository_text(content) if suffix == ".txt" else None
    if laid_out is not None:
        return with_speakers(laid_out, interviews)
    found = read(content, limits)
    if suffix == ".txt":
        found = replace(found, title="")  # plain text has none of its own: the first line is it
    return with_speakers(article_of(found, by_look=suffix in BY_LOOK), interviews)


def with_speakers(reading: Reading, interviews: Interviews) -> Reading:
    """The reading with the speaker groups of its notes, and a note for each inline citation.

    A citation in brackets, or behind the dash that ends a quotation, in which the study's pattern
    is found becomes a note, numbered i1, i2 and so on (one for the same words), with its mark
    behind it. The text stays as it is.
    """
    notes = _with_groups(reading.notes, interviews)
    if interviews.pattern is None:
        return replace(reading, notes=tuple(notes))
    numbers: dict[str, str] = {}
    blocks = tuple(
        block if block.role == "heading" else _with_citations(block, interviews.pattern, numbers)
        for block in reading.blocks
    )
    notes += [Note(number, said, interviews.groups_of(said)) for said, number in numbers.items()]
    return replace(reading, blocks=blocks, notes=tuple(notes))


def _with_groups(notes: Sequence[Note], interviews: Interviews) -> list[Note]:
    """The notes with their speaker groups; "Ibid." has those of the note before it."""
    found: list[Note] = []
    for note in notes:
        before = found[-1].speaker_groups if found and _IBID.match(note.text) else ()
        groups = dict.fromkeys((*before, *interviews.groups_of(note.text)))
        found.append(replace(note, speaker_groups=tuple(groups)))
    return found


def _with_citations(block: Block, pattern: str, numbers: dict[str, str]) -> Block:
    cited = [(found.end(), found[0]) for found in _CITATION.finditer(block.text)]
    behind = _ATTRIBUTION.search(block.text) if block.role == "quotation" else None
    if behind and not any(end > behind.start() for end, _ in cited):
        cited.append((behind.end(), f"({behind[1]})"))
    marks = list(block.marks)
    for end, words in cited:
        said = next((text for text in (words[1:-1], words) if re.search(pattern, text)), None)
        if said is not None:
            marks.append(NoteMark(numbers.setdefault(said, f"i{len(numbers) + 1}"), end))
    return replace(block, marks=tuple(sorted(marks, key=lambda mark: mark.offset)))


def article_of(reading: Reading, *, by_look: bool) -> Reading:
    """What a format's reader found, as an article without its interviews.

    Args:
        reading: the whole document.
        by_look: whether headings and quotations are told by their look too.

    Raises:
        UnreadableError: there is no paragraph of text.
    """
    by_look = by_look or sum(block.role == "heading" for block in reading.blocks) < 2
    sections = sections_of(with_headings(reading.blocks, by_look))
    front, rest = split_front(sections, reading.title)
    body, noted, remarks = split_back(rest)
    notes, repeated = _unique([*reading.notes, *_listed(noted, by_look)])
    texts = _with_marks(body, {note.number for note in notes})
    blocks = tuple(_numbered(texts, by_look))
    if all(block.role == "heading" for block in blocks):
        raise UnreadableError("holds no paragraph of an article")
    before = remark(front, before_text(front))
    unmarked = _unmarked(blocks, notes)
    return Reading(
        blocks,
        notes,
        title=reading.title or title_of(front),
        date=(None if reading.symbol else reading.date) or published(text_of(front)),
        remarks=(*reading.remarks, *before, *remarks, *repeated, *unmarked),
    )


def _listed(sections: Sequence[Section], by_look: bool) -> list[Note]:
    """The notes of a list of notes; a paragraph without the next number goes on with the last.

    Where the format does not mark them, one paragraph may hold several.
    """
    notes: list[Note] = []
    for block in (block for section in sections for block in section.blocks):
        text = f"{block.label}. {block.text}" if block.label.isdecimal() else block.text
        if block.marks and block.marks[0].offset == 0:
            text = f"{block.marks[0].number}. {block.text}"
        found = _NOTE.match(text)
        number = plain_digits(next(filter(None, found.groups()))) if found else ""
        last = int(notes[-1].number) if notes else 0
        if found and (not notes or int(number) == 1 or last < int(number) <= last + 3):
            said = text[found.end() :]
            notes += _apart(int(number), said) if by_look else (Note(number, said),)
        elif notes:
            notes[-1] = replace(notes[-1], text=f"{notes[-1].text} {text}")
    return notes


def _apart(number: int, text: str) -> Iterator[Note]:
    """The notes from this number on that run on in one text."""
    opens = r"(?<=[.)”]) (?:{0}[.)]?|\[{0}\]) (?=[A-Z“‘\"])"
    while following := re.search(opens.format(number + 1), text):
        yield Note(str(number), text[: following.start()])
        number, text = number + 1, text[following.end() :]
    yield Note(str(number), text)


def _unique(notes: Sequence[Note]) -> tuple[tuple[Note, ...], list[str]]:
    """Notes with a number each, and a remark on numbers that more than one of them has."""
    seen: Counter[str] = Counter()
    unique = []
    for note in notes:
        seen[note.number] += 1
        again = seen[note.number] > 1
        number = f"{note.number}-{seen[note.number]}" if again else note.number
        unique.append(replace(note, number=number))
    repeated = [number for number, n in seen.items() if n > 1]
    said = f"more than one note {', '.join(repeated)}: their marks were taken for the first"
    return tuple(unique), [said] if repeated else []


def _unmarked(blocks: Sequence[Block], notes: Sequence[Note]) -> list[str]:
    """Remarks on notes that no passage can be said to rest on, and on marks without a note."""
    marked = dict.fromkeys(mark.number for block in blocks for mark in block.marks)
    numbers = [note.number for note in notes]
    unmarked = [number for number in numbers if number not in marked]
    alone = [number for number in marked if number not in numbers]
    said = [f"no mark was found in the text for note {', '.join(unmarked)}"] if unmarked else []
    lost = "no note was found for the mark in the text"
    return [*said, f"{lost}: {', '.join(alone)}"] if alone else said


def _with_marks(sections: Sequence[Section], numbers: Collection[str]) -> list[Section]:
    """Typed marks of notes that are there taken out of the text: ¹, [1], or 1 behind a stop.

    Digits behind a stop are a mark only where the number is the next one.
    """
    last = 0
    marked = []
    for section in sections:
        blocks: list[Block] = []
        for block in section.blocks:
            whole, last = _marked(block, numbers, last)
            if whole.text.strip():
                blocks.append(whole)
            elif blocks:  # a line with nothing but a mark
                end = len(blocks[-1].text)
                moved = tuple(replace(mark, offset=end) for mark in whole.marks)
                blocks[-1] = replace(blocks[-1], marks=(*blocks[-1].marks, *moved))
        marked.append(replace(section, blocks=tuple(blocks)))
    return marked


def _marked(block: Block, numbers: Collection[str], last: int) -> tuple[Block, int]:
    text, end = "", 0
    marks: list[NoteMark] = []
    given = list(block.marks)
    for found in _MARK.finditer(block.text):
        typed = [plain_digits(part) for part in re.split(", ?", found[1] or found[2] or found[3])]
        known = all(number in numbers for number in typed)
        if not known or (found[3] and int(typed[0]) != last + 1):
            continue
        text += block.text[end : found.start()]
        while given and given[0].offset <= found.start():
            mark = given.pop(0)
            marks.append(replace(mark, offset=mark.offset - found.start() + len(text)))
        end = found.end()
        marks += [NoteMark(number, len(text)) for number in typed]
        last = max(last, *map(int, typed))
    cut = end - len(text)
    marks += [replace(mark, offset=mark.offset - cut) for mark in given]
    last = max([last, *(int(mark.number) for mark in marks if mark.number.isdecimal())])
    return replace(block, text=text + block.text[end:], marks=tuple(marks)), last


def _numbered(sections: Sequence[Section], by_look: bool) -> Iterator[Block]:
    """The blocks with the headings above them and the number of their paragraph."""
    path: list[Block] = []
    paragraph = 0
    for section in sections:
        if section.heading:
            path = [above for above in path if is_above(above, section.heading)]
            yield replace(section.heading, section=tuple(map(name_of, path)))
            path.append(section.heading)
        before: Block | None = None
        for block in _grouped(section.blocks, by_look):
            counted = block.role in ("paragraph", "quotation")
            paragraph += counted and not _shares(block, before)
            number = paragraph if counted else None
            yield replace(block, section=tuple(map(name_of, path)), paragraph=number)
            before = block


def _shares(block: Block, before: Block | None) -> bool:
    """Does a quotation belong to the paragraph before it, which leads to it and is open?"""
    if block.role != "quotation" or before is None:
        return False
    return before.role == "quotation" or not ENDS.search(before.text)


def _grouped(blocks: Sequence[Block], by_look: bool) -> list[Block]:
    """Paragraphs and quotations, parts that belong together joined."""
    texts: list[Block] = []
    for block in blocks:
        before = texts[-1] if texts else None
        if BESIDE.match(block.text):
            continue
        if before and by_look and _quotes(block, before):
            texts.append(replace(block, role="quotation"))
        elif before and (_attributes(block, before) or (by_look and _goes_on(block, before))):
            texts[-1] = _joined(before, block)
        else:
            texts.append(block)
    return texts


def _attributes(block: Block, before: Block) -> bool:
    """Does the block only say whose the quotation before it is?"""
    short = before.role == "quotation" and len(block.text.split()) <= 2 * LONGEST_TITLE
    return short and re.match(r"[—–]|\([^()]*\)\.?$", block.text) is not None


def _goes_on(block: Block, before: Block) -> bool:
    """Does the block go on with a sentence that a page cut?"""
    both = before.role == block.role == "paragraph" and not block.label
    return both and block.text[0].islower() and not re.search(r"[.?!:…)”]$", before.text)


def _quotes(block: Block, before: Block) -> bool:
    """Does an open sentence lead to a block that looks like a quotation?"""
    if block.role != "paragraph" or before.role != "paragraph" or ENDS.search(before.text):
        return False
    noted = len(block.marks) == 1 and block.marks[0].offset == len(block.text)
    places = [found.span() for found in _CITATION.finditer(block.text)]
    cited = len(places) == 1 and not block.marks and not block.text[places[0][1] :].strip(".")
    named = _ATTRIBUTION.search(block.text) is not None and not ENDS.search(block.text)
    after_comma = before.text.endswith(",") and block.text[0].isupper()
    return noted or cited or named or after_comma or block.text[0] in '“"‘'


def _joined(before: Block, block: Block) -> Block:
    shift = len(before.text) + 1
    moved = tuple(replace(mark, offset=mark.offset + shift) for mark in block.marks)
    return replace(before, text=f"{before.text} {block.text}", marks=(*before.marks, *moved))
