"""Chunks as blocks: headings with their paths, numbered paragraphs with items, tables, annexes.

Numbers are believed in their order only: a paragraph is 12 when it begins with "12." where a
paragraph can begin and 11 (or one of the few before) came last; "2004." at the start of a line is
text. A chunk without number at the top of a page goes on with the paragraph that was left open.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipeline.ingest.pdf.chunks import (
    ANNEX,
    BULLET,
    CELL,
    ITEM,
    PARAGRAPH,
    Chunk,
    Headings,
    WordUse,
    is_heading,
    next_marker,
    run_on,
)
from pipeline.ingest.pdf.pages import Line
from pipeline.ingest.pdf.rows import Layout
from pipeline.ingest.pdf.scans import GARBLED, MISREAD, as_meant
from pipeline.ingest.reading import Block, NoteMark
from pipeline.ingest.text.outline import Item, nested
from pipeline.run.wording import Role

BELIEF_LOST = 1000  # no paragraph's number
MAX_SKIP = 3  # numbers that may be missing between two paragraphs
CAPTION = re.compile(r"(?:Figure|Table|Map|Chart|Box)(?: [IVX]+| \d+)?\b(?! \w+ed\b)(?=$| [A-Z])")
TERMINAL = (".", "?", "!", ":", ";", ".”", ".)", "”")


@dataclass
class _Draft:
    """A block that may still grow."""

    role: Role
    label: str
    section: tuple[str, ...]
    paragraph: int | None
    lines: list[Line]
    skip: int = 0  # characters of the first line that are its number
    spaced: bool = False  # does it begin at the margin, after a gap or at the top of a page
    cells: tuple[str, ...] = ()  # of a table's row

    @property
    def last(self) -> Line:
        return self.lines[-1]


@dataclass
class _State:
    """Where in the document we are."""

    layout: Layout
    resolution: bool
    headings: Headings = field(default_factory=Headings)
    drafts: list[_Draft] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    number: int = 0  # of the last numbered paragraph
    paragraph: int = 0  # how many paragraphs there were, numbered or not
    items: list[Item] = field(default_factory=list)  # the open items, outermost first
    open: _Draft | None = None  # what a chunk without number may go on with
    current: str = ""  # label of the paragraph that items belong to
    numbered: bool = False  # has a numbered paragraph come since the last heading
    bullets: int = 0  # how many bullets came under the label `bulleted`
    bulleted: str = ""
    captioned: bool = False  # was the last chunk the caption of a table or figure


def blocks_of(
    pages: Sequence[Sequence[Chunk]], layout: Layout, resolution: bool, words: WordUse
) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """The blocks of the document, and remarks on numbers that are missing."""
    state = _State(layout, resolution)
    for chunks in pages:
        for index, chunk in enumerate(chunks):
            following = chunks[index + 1] if index + 1 < len(chunks) else None
            _take(state, chunk, following)
    blocks = [block for draft in state.drafts if (block := _block(draft, words))]
    return tuple(blocks), tuple(state.remarks)


def _take(state: _State, chunk: Chunk, following: Chunk | None) -> None:
    """Put one chunk where it belongs."""
    text = chunk.first.text
    if re.fullmatch(r"[-_\s.*/—]+", text):
        return
    if ANNEX.match(text) and _may_head(state, chunk):
        _open_annex(state, chunk)
    elif chunk.table or _is_caption(state, chunk):
        state.captioned = CAPTION.match(text) is not None
        _add_table(state, chunk)
    elif not _is_bold_paragraph(state, chunk) and is_heading(
        chunk, following, state.layout, _goes_on(state, chunk)
    ):
        _add_heading(state, chunk)
    elif (number := _number(state, chunk)) is not None:
        _add_numbered(state, chunk, number)
    elif (item := ITEM.match(text)) and not _goes_on(state, chunk, item=True):
        _add_item(state, chunk, item)
    elif (bullet := BULLET.match(text)) and not _goes_on(state, chunk):
        _add_bullet(state, chunk, bullet)
    elif _goes_on(state, chunk) and state.open:
        state.open.lines += chunk.lines
    else:
        _add_plain(state, chunk)


def _may_head(state: _State, chunk: Chunk) -> bool:
    first = chunk.first
    top = chunk.gap is None or chunk.gap > 1.4
    styled = first.bold or not state.layout.bold or first.text.isupper()
    return top and styled and chunk.letters < 300


def _open_annex(state: _State, chunk: Chunk) -> None:
    text = run_on(chunk.lines)[0]
    found = ANNEX.match(text)
    state.headings.open_annex(found.group(1) if found else text, text)
    state.number, state.items, state.numbered, state.current = 0, [], False, ""
    _add_draft(state, chunk, "heading", "", state.headings.path[:-1])
    state.open = None


def _add_heading(state: _State, chunk: Chunk) -> None:
    last = state.drafts[-1] if state.drafts else None
    if last and _same_heading(last, chunk):
        last.lines += chunk.lines
        state.headings.lengthen(run_on(last.lines)[0])
        return
    text = run_on(chunk.lines)[0]
    section = state.headings.open(chunk, text, state.layout)
    state.items, state.numbered, state.current = [], False, ""
    _add_draft(state, chunk, "heading", "", section)
    state.open = None


def _same_heading(last: _Draft, chunk: Chunk) -> bool:
    """Is the chunk the second line of a heading that a change of style or page cut in two?"""
    if last.role != "heading" or next_marker(chunk.first.text) or ANNEX.match(last.lines[0].text):
        return False
    same = last.last.size == chunk.first.size and last.last.bold == chunk.first.bold
    cut = chunk.first.text[:1].islower() or last.last.text.endswith((",", "-", " and", " of"))
    return same and cut and last.last.page == chunk.first.page


def _is_caption(state: _State, chunk: Chunk) -> bool:
    """The caption of a table or figure, or the bold title below it: no section begins there."""
    first = chunk.first
    if CAPTION.match(first.text) and chunk.letters < 400 and (chunk.gap is None or chunk.gap > 1.2):
        return True
    styled = all(line.bold or line.size < state.layout.size - 0.6 for line in chunk.lines)
    near = chunk.gap is not None and chunk.gap < 2
    return state.captioned and styled and near and not next_marker(first.text)


def _number(state: _State, chunk: Chunk) -> int | None:
    """The number of the paragraph that starts here, or None when none does."""
    found = _printed_number(state, chunk)
    if not found:
        return None
    number, layout = int(found.group(1)), state.layout
    if not _may_start(chunk, layout):
        return None
    following = state.number < number <= state.number + 1 + MAX_SKIP
    if layout.recognised and not following:
        number = as_meant(number, state.number)
    if state.number < number <= state.number + 1 + MAX_SKIP:
        return number if number == state.number + 1 or not _goes_on(state, chunk) else None
    if layout.scattered and number == 1 and state.number > 1 and not state.headings.annex:
        state.remarks.append("numbers start again in the scan; from there on none was believed")
        state.number = BELIEF_LOST
    if state.number == BELIEF_LOST:
        return None
    restarts = number == 1 and (state.headings.annex or state.number == 0 or not state.numbered)
    return 1 if restarts and not _goes_on(state, chunk) else None


def _may_start(chunk: Chunk, layout: Layout) -> bool:
    """Does the chunk stand where a numbered paragraph can begin?"""
    starts = chunk.tabbed or chunk.gap is None or chunk.gap > 1.25
    return starts and (abs(chunk.first.x0 - layout.left) < 40 or layout.scattered)


def _is_bold_paragraph(state: _State, chunk: Chunk) -> bool:
    """A recommendation in bold: it has the next number and ends as a sentence."""
    found = PARAGRAPH.match(chunk.first.text)
    ends = chunk.lines[-1].text.endswith((".", ":", ";"))
    return found is not None and state.number > 0 and ends and _number(state, chunk) is not None


def _printed_number(state: _State, chunk: Chunk) -> re.Match[str] | None:
    pattern = MISREAD if state.layout.recognised else PARAGRAPH
    return pattern.match(chunk.first.text)


def _add_numbered(state: _State, chunk: Chunk, number: int) -> None:
    if number > state.number + 1 and not _number_between(state, number):
        absent = ", ".join(str(n) for n in range(state.number + 1, number))
        state.remarks.append(f"paragraph number {absent} not found before {number}")
    state.number, state.items, state.numbered = number, [], True
    state.current = str(number)
    found = _printed_number(state, chunk)
    state.paragraph += 1
    item = ITEM.match(chunk.first.text, found.end()) if found else None
    if item:  # "4. (a) Decides"
        state.items = [Item(item.group(1), chunk.first.x0)]
    end = (item or found).end() if found else 0
    _add(state, chunk, _role(state), _label(state), skip=end)


def _number_between(state: _State, number: int) -> bool:
    """Number the paragraphs of a scan whose numbers were misread, if the order leaves no choice."""
    absent = list(range(state.number + 1, number))
    labels = [draft.label for draft in state.drafts]
    last = labels[::-1].index(str(state.number)) if str(state.number) in labels else len(labels)
    since = state.drafts[len(labels) - last :]
    fresh = [draft for draft in since if draft.spaced and draft.role != "heading"]
    garbled = [draft for draft in fresh if GARBLED.match(draft.lines[0].text)]
    chosen = next((some for some in (garbled, fresh) if len(some) == len(absent)), [])
    if not state.layout.recognised or not chosen or state.headings.annex:
        return False
    before = str(state.number)
    for missing, draft in zip(absent, chosen, strict=True):
        found = GARBLED.match(draft.lines[0].text)
        draft.label, draft.skip = str(missing), found.end() if found else 0
        for later in since[since.index(draft) + 1 :]:
            later.label = re.sub(rf"^{before}(?= \(|$)", str(missing), later.label)
        before = str(missing)
    numbers = ", ".join(map(str, absent))
    state.remarks.append(f"paragraph number {numbers} misread; known by its place in the order")
    return True


def _add_item(state: _State, chunk: Chunk, item: re.Match[str]) -> None:
    place = Item(item.group(1), chunk.first.x0)
    state.items = nested(state.items, place)
    if not state.current and len(state.items) == 1:
        state.paragraph += 1
    _add(state, chunk, _role(state), _label(state), skip=item.end())


def _add_bullet(state: _State, chunk: Chunk, bullet: re.Match[str]) -> None:
    """An item without a number, counted under the label that it stands below."""
    base = _label(state)
    state.bullets = state.bullets + 1 if state.bulleted == base else 1
    state.bulleted = base
    label = f"{base}, bullet {state.bullets}" if base else ""
    _add(state, chunk, _role(state), label, skip=bullet.end())


def _add_plain(state: _State, chunk: Chunk) -> None:
    """Text without a number: a paragraph of its own, or a part of the numbered one it is set in."""
    inside = state.numbered and (chunk.first.x0 > state.layout.left + 8 or bool(state.items))
    state.items = []
    if not inside:
        state.paragraph += 1
        state.current = ""
    _add(state, chunk, _role(state), "")
    state.drafts[-1].spaced = _may_start(chunk, state.layout)


def _add_table(state: _State, chunk: Chunk) -> None:
    """A row of a table or a caption; the paragraph that it interrupts stays open."""
    before = state.open
    draft = _add_draft(state, chunk, "annex", "", state.headings.path)
    draft.cells, draft.paragraph = chunk.cells, None
    state.open = before


def _add(state: _State, chunk: Chunk, role: Role, label: str, skip: int = 0) -> None:
    state.open = _add_draft(state, chunk, role, label, state.headings.path, skip=skip)


def _add_draft(
    state: _State, chunk: Chunk, role: Role, label: str, section: tuple[str, ...], *, skip: int = 0
) -> _Draft:
    paragraph = None if role == "heading" else state.paragraph
    draft = _Draft(role, label, section, paragraph, list(chunk.lines), skip)
    state.drafts.append(draft)
    return draft


def _goes_on(state: _State, chunk: Chunk, item: bool = False) -> bool:
    """Does the chunk go on with the open paragraph, from the page before or after a table?"""
    if state.open is None:
        return False
    last, first = state.open.last, chunk.first
    moved = chunk.gap is None or state.drafts[-1] is not state.open
    if not moved or abs(last.size - first.size) > 1 or first.bold != last.bold:
        return False
    width = state.layout.right - state.layout.left
    unfinished = not last.text.endswith(TERMINAL)
    if item:
        return unfinished and not last.text.endswith((",", "and", "or")) and first.x0 < last.x0 + 4
    if unfinished:
        return not _indents(state, first)
    full = last.x1 > state.layout.right - 0.06 * width
    return full and first.x0 < state.layout.left + 8 and not last.text.endswith((":", ";"))


def _indents(state: _State, first: Line) -> bool:
    """Does a paragraph start here: set in, with a capital, after a comma or a short line?"""
    if state.open is None:
        return False
    set_in = first.x0 > state.layout.left + 12 and first.text[:1].isupper()
    flush = state.open.last.x0 < state.layout.left + 8
    last = state.open.last
    return set_in and flush and (last.text.endswith(",") or last.x1 < state.layout.right - 25)


def _role(state: _State) -> Role:
    if state.headings.annex:
        return "annex"
    if state.resolution:
        return "operative" if state.number else "preambular"
    return "paragraph"


def _label(state: _State) -> str:
    label = " ".join(filter(None, [state.current, *(item.marker for item in state.items)]))
    return f"{state.headings.annex}, {label}" if state.headings.annex and label else label


def _block(draft: _Draft, words: WordUse) -> Block | None:
    if draft.cells:
        lines = [line for line in draft.lines if line.text]
        row = CELL.join(draft.cells)
        return Block(draft.role, row, draft.section) if lines and row.strip(" |") else None
    text, marks = run_on(draft.lines, words)
    text, marks = _without_number(text, marks, draft.skip)
    if not text:
        return None
    return Block(draft.role, text, draft.section, draft.label, marks, draft.paragraph)


def _without_number(
    text: str, marks: tuple[NoteMark, ...], skip: int
) -> tuple[str, tuple[NoteMark, ...]]:
    rest = text[skip:].lstrip()
    cut = len(text) - len(rest)
    return rest, tuple(replace(mark, offset=max(0, mark.offset - cut)) for mark in marks)
