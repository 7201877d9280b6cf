"""Lines of a text that pdftotext or its like made from a UN document, without the page around them.

With its layout or without, with form feeds or not: columns are read one after the other, running
heads, page and job numbers and bar codes are left out, and the masthead gives symbol, title and
date.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from pipeline.ingest.identity import DATE, date_of, first_symbol
from pipeline.study.symbols import symbol_of

TITLES = (
    r"(?:Mr|Mrs|Ms|Miss|Dr|Sir|Dame|Lord|Lady|Baroness|Prince|Princess|Sheikha?|King|Queen"
    r"|MR|MRS|MS|MISS|DR|SIR|DAME|LORD|LADY"
    r"|Archbishop|Monsignor|Major General|Lieutenant General|General|Judge|President"
    r"|Prime Minister)"
)
LANGUAGES = r"(?:Arabic|Chinese|English|French|Russian|Spanish|[A-Z][a-z]+)"
OFFICES = (
    r"(?:The|THE) (?:(?:Acting|ACTING|TEMPORARY) )?"
    r"(?:President|PRESIDENT|Secretary-General|SECRETARY-GENERAL|Chair(?:man|person)?|CHAIRMAN)"
)
PARTICLES = r"(?:d[aeiou]s?|del|der|la|le|van|von|y|e|and|of|the|bin|ben|ibn|al|el|ul|zu)"
WORD = rf"(?:{PARTICLES}(?=[ -])|(?:{PARTICLES}[-’'])?[^\Wa-z_][^\s:();]*)"
NAME = rf"(?:{OFFICES}|{TITLES}\.? {WORD}(?: {WORD}){{0,9}}?)"
"""Words of a name begin with a capital: "Mr. Wane visited Kidal: he" opens no speech."""
COUNTRY = r"\((?!spoke|speaking|interpret|translat)((?:[^()]|\([^()]*\)){2,80})\)"
"""With brackets in it: (Bolivia (Plurinational State of))."""
SPOKEN = (
    rf"\((?:spoke|speaking) in {LANGUAGES}[^)]*\)"
    rf"|\((?:interpret(?:ation|ed)|translat(?:ion|ed)) from {LANGUAGES}[^)]*\)"
)
SPEECH = re.compile(rf"({NAME})(?: {COUNTRY})?(?: ?(?:{SPOKEN}))? ?: ?")
FORM = re.compile(
    r"\d{2}[-–]\d{5}\*?(?: ?\([EF]\))?(?:\d{1,3}/\d{1,3})?(?: +\d{6})*"  # job number
    r"|\([EF]\)|\d{6}|\*\d{6,9}\*|[*`]?`{4,}|\d{1,3}/\d{1,3}|[Pp]age \d{1,3}"
    r"|\d{2}/\d{2}/\d{4}|/\.\.\.|Please recycle.*|United Nations \d{2}-\d{5}.*"
)
EDGE_FORM = re.compile(r"English(?: only)?|ENGLISH|Original: English|/\s*\.\s*\.\s*\.?")
MASTHEAD = re.compile(
    r"united|nations|united nations|security council|general assembly|economic and social council"
    r"|distr\.?:?.*|original:.*|provisional|general|limited|english|[sae]|agenda items? .*"
    r"|items? \d.*|(?:[\w-]+ ){1,3}(?:year|session)(?: \(.*\))?|(?:special|emergency) .*session.*",
    re.IGNORECASE,
)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
GAP = re.compile(r"\s{2,}")
RULE = re.compile(r"[_\s]{6,}")  # above footnotes
EDGE_LINES = 4  # at the top and foot of a page, among which what comes again is no text
MASTHEAD_LINES = 30
TITLE_LINES = 9
FULL = 0.8  # share of the usual width from which a line counts as full
TERMINAL = (".", "?", "!", ":", ";", "”", ".)", '."')
STARTS = re.compile(r"\d{1,3}\.(?:\s|$|[A-Z])|(?:[IVXL]+|[A-Z])\.(?:\s|$)|\([a-z]+\)")


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """One line.

    Attributes:
        text: white space collapsed, or with gaps where it may be the row of a table.
        indent: characters before it, beyond the margin of its column; 0 without layout.
        spaced: is it below a blank line.
        page: number of its page, counted by form feeds, or by running heads where there are none.
    """

    text: str
    indent: int
    spaced: bool
    page: int


@dataclass(frozen=True, slots=True)
class Printed:
    """A whole text.

    Attributes:
        lines: below the masthead and the title.
        width: characters of a full line.
        symbol: from the masthead; ``title`` and ``date`` likewise.
    """

    lines: tuple[PrintedLine, ...]
    width: int
    symbol: str
    title: str
    date: date | None


def is_printed(text: str) -> bool:
    """Was the text made from the pages of a UN document: a masthead, or a symbol on each page?"""
    head = [line.strip() for line in text.split("\n", 80)[:80] if line.strip()]
    symbol = first_symbol(head)
    if not symbol:
        return False
    marks = sum(re.match(r"(?i)distr\.|original:|provisional$", part) is not None
                for line in head for part in GAP.split(line))  # fmt: skip
    again = sum(symbol_of(part) == symbol for line in text.splitlines() for part in GAP.split(line))
    numbered = re.search(r"(?m)^\s*\d{2}-\d{5}\b.*$|\d{1,3}/\d{1,3}\s*$|^\*\d{7}\*", text)
    return (again > 1 or marks > 1) and (marks > 0 or numbered is not None)


def printed_lines(text: str) -> Printed:
    """The lines of the text below its masthead, and what the masthead says."""
    text = CONTROL.sub("", text)
    symbol = first_symbol(line.strip() for line in text.split("\n", 2 * MASTHEAD_LINES))
    pages = [
        _page_lines(page, number, symbol) for number, page in enumerate(text.split("\f"), start=1)
    ]
    lengths = sorted(len(line.text) for page in pages for line in page if len(line.text) > 30)
    width = lengths[int(0.8 * len(lengths))] if lengths else 80
    end = _masthead_end(pages[0], symbol)
    title, below = _title(pages[0][end:], width)
    said = "\n".join(line.text for line in pages[0][: end + len(title)])
    rest = _without_furniture([below, *pages[1:]], symbol)
    if not rest:
        rest, title = title[1:], title[:1]
    heading = " ".join(line.text for line in title)
    return Printed(tuple(rest), width, symbol, heading, date_of(said))


def _page_lines(page: str, number: int, symbol: str) -> list[PrintedLine]:
    """The lines of a page that are not blank, its columns one after the other."""
    stretches: list[list[str]] = [[]]
    for line in page.expandtabs().split("\n"):
        bare = line.strip()
        if bare and (_is_furniture(bare, symbol, edge=False) or bare == str(number) != "1"):
            stretches += [[line], []]  # where no form feed parts pages, their heads and feet do
        else:
            stretches[-1].append(line)
    pieces = [
        piece
        for stretch in stretches
        for part in _columns(stretch)
        for piece in _with_indents(part)
    ]
    return [PrintedLine(text, indent, spaced, number) for text, indent, spaced in pieces]


def _with_indents(lines: Sequence[str]) -> Iterable[tuple[str, int, bool]]:
    starts = Counter(len(line) - len(line.lstrip()) for line in lines if len(line.strip()) > 30)
    margin = max(sorted(starts), key=lambda start: starts[start], default=0)
    for above, line in pairwise(["", *lines]):
        if line.strip():
            indent = len(line) - len(line.lstrip()) - margin
            yield line.strip(), indent, not above.strip()


def _columns(lines: Sequence[str]) -> list[list[str]]:
    """The page in parts: left column, right column, and what runs across both."""
    starts = Counter(
        found.end()
        for line in lines
        for found in re.finditer(r"(?:^|(?<=\S))\s{2,}(?=\S)", line)
        if 30 < found.end() < 90 and len(line) - found.end() > 18
    )
    if not starts:
        return [list(lines)]
    gutter = max(sorted(starts), key=lambda place: starts[place])
    long = sum(len(line.rstrip()) > gutter for line in lines)
    beside = sum(len(line[:gutter].strip()) > 30 for line in lines)
    if starts[gutter] < max(5, 0.5 * long) or beside < 3:
        return [list(lines)]
    parts: list[list[str]] = [[], []]
    for line in lines:
        across = line[gutter - 2 : gutter].strip() and line[gutter:].strip()
        if across:
            parts += [[line], [], []]
        else:
            parts[-2].append(line[:gutter])
            parts[-1].append(line[gutter:])
    return parts


def _masthead_end(lines: Sequence[PrintedLine], symbol: str) -> int:
    """Index of the first line below the masthead."""
    end = 0
    for index, line in enumerate(lines[:MASTHEAD_LINES]):
        parts = GAP.split(line.text)
        if all(_in_masthead(part, symbol) for part in parts):
            end = index + 1
        elif STARTS.match(line.text) or FORM.fullmatch(line.text):
            break  # the job number ends the first page
    return end


def _in_masthead(part: str, symbol: str) -> bool:
    bare = part.strip()
    known = MASTHEAD.fullmatch(bare) or DATE.fullmatch(bare)
    return known is not None or symbol_of(bare) == symbol


def _title(lines: Sequence[PrintedLine], width: int) -> tuple[list[PrintedLine], list[PrintedLine]]:
    """The lines of the title, and those below it."""
    title: list[PrintedLine] = []
    for line in lines[:TITLE_LINES]:
        prose = line.text.endswith(".") or len(line.text) > max(width, 60) + 8
        if prose or STARTS.match(line.text) or re.match(r"(?i)introduction$|summary$", line.text):
            break
        title.append(line)
    whole = [line for line in title if not FORM.fullmatch(line.text)]
    return whole, list(lines[len(title) :])


def _without_furniture(pages: Sequence[Sequence[PrintedLine]], symbol: str) -> list[PrintedLine]:
    """The lines of the text without the pages around it."""
    whole = list(pages) if len(pages) > 1 else _parted(pages[0], symbol)
    again = _repeated(whole, symbol)
    kept: list[PrintedLine] = []
    for number, page in enumerate(whole, start=1):
        rest = [line for line in page if not _is_furniture(line.text, symbol, edge=False)]
        for index, line in enumerate(rest):
            edge = index < EDGE_LINES or index >= len(rest) - EDGE_LINES
            outermost = index in (0, len(rest) - 1) and not RULE.fullmatch(rest[index - 1].text)
            own = len(pages) > 1 and line.text == str(line.page) != "1"
            printed = own or (outermost and re.fullmatch(r"\d{1,3}", line.text) is not None)
            repeated = edge and _shape(line.text) in again
            if not (printed or repeated or (edge and _is_furniture(line.text, symbol, edge))):
                kept.append(replace(line, page=number))
    return kept


def _parted(lines: Sequence[PrintedLine], symbol: str) -> list[list[PrintedLine]]:
    """A text without form feeds as pages, each of which begins with a running head or foot."""
    pages: list[list[PrintedLine]] = [[]]
    around = True
    for line in lines:
        outside = _is_furniture(line.text, symbol, edge=False)
        if outside and not around:
            pages.append([])
        around = outside
        pages[-1].append(line)
    return pages


def _is_furniture(text: str, symbol: str, edge: bool) -> bool:
    parts = GAP.split(text)
    return all(
        FORM.fullmatch(part)
        or symbol_of(part) == symbol
        or (edge and (EDGE_FORM.fullmatch(part) or symbol_of(part)))
        for part in parts
    )


def _repeated(pages: Sequence[Sequence[PrintedLine]], symbol: str) -> set[str]:
    """What stands at the edges of at least three pages, digits aside."""
    seen: Counter[str] = Counter()
    for page in pages:
        lines = [line.text for line in page if not _is_furniture(line.text, symbol, edge=True)]
        seen.update({_shape(text) for text in (*lines[:2], *lines[-2:]) if len(text) < 90})
    least = max(3, len(pages) // 3)
    return {shape for shape, count in seen.items() if count >= least and shape.strip("# .")}


def _shape(text: str) -> str:
    return re.sub(r"\d+", "#", " ".join(text.split()))


def is_full(line: PrintedLine, width: int) -> bool:
    """May the sentence go on in the next line because this one had no more room?"""
    return len(line.text) >= FULL * width


def run_together(before: str, after: str) -> str:
    """Two lines as one; the hyphen of a compound stays, a soft one goes."""
    if before.endswith(("\u00ad", "\u00ac")):
        return before[:-1] + after
    cut = re.search(r"\w-$", before) is not None and after[:1].isalnum()
    return before + after if cut or before.endswith("/") else f"{before} {after}"


def with_hyphens(texts: Iterable[str]) -> list[str]:
    """The texts with the hyphens that were lost at line ends, known from the rest of the text."""
    whole = list(texts)
    words = Counter(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", " ".join(whole)))
    lost = {
        compound.replace("-", ""): compound
        for compound, count in words.items()
        if min(map(len, compound.split("-"))) > 2
        and "-" in compound
        and count > words[compound.replace("-", "")]
    }
    lost["SecretaryGeneral"] = "Secretary-General"
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(lost)))})\b")
    spaced = re.compile(r"(?<=[a-z]) -(?=[a-z])")
    return [spaced.sub("-", pattern.sub(lambda found: lost[found.group()], t)) for t in whole]
