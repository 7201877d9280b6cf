"""The UN documents that the article cites: its list of references, and where it cites them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

_ENTRY = re.compile(
    r"^- (?P<author>[^.]+)\. (?P<year>\d{4}[a-z]?)\. \*(?P<title>[^*]+)\*(?P<rest>.*)$"
)
_UN_AUTHOR = re.compile(r"^(?:UN|United Nations|Department (?:of|for) Peacekeeping)\b")
_SYMBOL_IN_ADDRESS = re.compile(r"docs\.un\.org/en/([A-Z][A-Za-z0-9./]*(?:\\?\(\d{4}\\?\))?)")
_MEETING = re.compile(r"^(\d+)th Meeting$", re.IGNORECASE)
_CITED_PARAGRAPH = re.compile(r"\d+")
_SYMBOL = re.compile(r"\b[SA]/(?:RES|PRST|PV\.|\d{4})[/0-9A-Za-z.]*(?: ?\(\d{4}\))?")


@dataclass(frozen=True, slots=True)
class Reference:
    """A UN document in the article's list of references.

    Attributes:
        author: as the list writes it.
        year: with its letter, as 2017a.
        title: as the list writes it.
        symbol: UN symbol; empty when the document has none.
    """

    author: str
    year: str
    title: str
    symbol: str

    @property
    def key(self) -> str:
        """How the text cites it."""
        return f"{self.author} {self.year}"


@dataclass(frozen=True, slots=True)
class Citation:
    """One place where the article cites a UN document.

    Attributes:
        block_id: the block of the article.
        offset: where in its text the citation begins.
        reference: what is cited.
        paragraphs: paragraph numbers that it names.
    """

    block_id: str
    offset: int
    reference: Reference
    paragraphs: tuple[str, ...]


def un_references(text: str) -> list[Reference]:
    """The UN's own documents in the list of references at the end of the article's text."""
    references = []
    for line in text.splitlines():
        match = _ENTRY.match(line.strip())
        if match and _UN_AUTHOR.match(match["author"]):
            symbol = _symbol(match["title"], match["rest"])
            references.append(Reference(match["author"], match["year"], match["title"], symbol))
    return references


def _symbol(title: str, rest: str) -> str:
    found = _SYMBOL_IN_ADDRESS.search(rest)
    if found:
        return found[1].replace("\\", "").rstrip(".")
    meeting = _MEETING.match(title)
    return f"S/PV.{meeting[1]}" if meeting else ""


def symbol_key(symbol: str) -> str:
    """A symbol without white space, so that S/RES/2227(2015) is S/RES/2227 (2015)."""
    return re.sub(r"\s", "", symbol).upper()


def citations(blocks: pl.DataFrame, references: Sequence[Reference]) -> Iterator[Citation]:
    """Every place in the article's blocks where one of the references, or a bare symbol, is cited.

    Args:
        blocks: the article's blocks, in order.
        references: as by `un_references`.
    """
    for block_id, text in blocks.select("block_id", "text").iter_rows():
        found = [*_by_reference(block_id, text, references), *_by_symbol(block_id, text)]
        yield from sorted(found, key=lambda citation: citation.offset)


def _by_reference(block_id: str, text: str, references: Sequence[Reference]) -> Iterator[Citation]:
    for reference in references:
        pattern = rf"{re.escape(reference.author)},? {reference.year}\b(?P<rest>[^);]*)"
        for match in re.finditer(pattern, text):
            named = re.search(r"\bparas?\.? (.+)", match["rest"])
            paragraphs = tuple(_CITED_PARAGRAPH.findall(named[1])) if named else ()
            yield Citation(block_id, match.start(), reference, paragraphs)


def _by_symbol(block_id: str, text: str) -> Iterator[Citation]:
    for match in _SYMBOL.finditer(text):
        bare = Reference("", "", "", match[0].rstrip(".,"))
        yield Citation(block_id, match.start(), bare, ())
