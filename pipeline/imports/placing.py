"""From coded words to coded units: in which document they stand, and which units they cover."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.imports.found import FoundCoding, LetteredText
from pipeline.study.refi import DocumentText, guid

_MOST = 0.5
"""A coding holds for units of which it covers at least half, or for the unit that it lies in."""
_AROUND = 2000
"""Letters on either side that tell two places with the same words apart."""
_ENDINGS = re.compile(r"\.(?:txt|docx?|odt|rtf|pdf|md|html?|xml)$")


@dataclass(frozen=True)
class ShelvedDocument:
    """A document with its letters and its coded units.

    Attributes:
        units: unit_id with the first and one past the last of its letters, in order.
    """

    document_id: str
    lettered: LetteredText
    units: tuple[tuple[str, int, int], ...]


class TextIndex:
    """The documents that hold coded units, by every name under which a program may know them."""

    def __init__(
        self, documents: pl.DataFrame, texts: Mapping[str, DocumentText], units: pl.DataFrame
    ) -> None:
        """Shelve the documents.

        Args:
            documents: document_id, symbol, title.
            texts: by document_id, of the documents that were read.
            units: name, document_id, start, end in the document's text.
        """
        self._named: dict[str, ShelvedDocument] = {}
        for document_id, symbol, title in documents.select(
            "document_id", "symbol", "title"
        ).iter_rows():
            if document_id in texts:
                shelved = _shelved(document_id, texts[document_id], units)
                for name in _names(document_id, symbol, title):
                    self._named.setdefault(name, shelved)

    def document(self, found: FoundCoding) -> ShelvedDocument | None:
        """The document that a coding is in, by its GUID, id, symbol or title."""
        return self._named.get(found.identity) or self._named.get(_plain(found.document))

    def units(self, found: FoundCoding) -> tuple[str, ...] | str:
        """The units that a coding gives its code to; in words, why there are none."""
        document = self.document(found)
        if document is None:
            return f"no document that was read is called {found.document!r}"
        needle = LetteredText(found.text).letters
        starts = list(_occurrences(document.lettered.letters, needle)) if needle else []
        if not starts:
            return f"its words are not in {document.document_id}: {found.text[:40]!r}"
        covered = [_covered(document.units, start, start + len(needle)) for start in starts]
        if found.whole is not None:
            start = _likeliest(starts, document.lettered.letters, found.whole.letters, found.before)
            covered = [_covered(document.units, start, start + len(needle))]
        if len(set(covered)) > 1:
            return f"its words stand {len(starts)} times in {document.document_id}"
        return covered[0] or f"no coded unit of {document.document_id} is there"


def _likeliest(starts: list[int], letters: str, whole: str, before: int) -> int:
    """Of several places with the same words the one whose surroundings are most alike.

    Where they are equally alike, as in a repeated page, the one nearest to where the words stand
    in the other program's text.
    """

    def likeness(start: int) -> tuple[int, float]:
        same_before = _common(letters[max(0, start - _AROUND) : start][::-1], whole[:before][::-1])
        same_from = _common(letters[start : start + _AROUND], whole[before : before + _AROUND])
        return same_before + same_from, -abs(start - before * len(letters) / len(whole))

    return max(starts, key=likeness)


def _common(one: str, other: str) -> int:
    """How many characters two texts share from their beginning on."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _shelved(document_id: str, text: DocumentText, units: pl.DataFrame) -> ShelvedDocument:
    lettered = LetteredText(text.text)
    rows = units.filter(pl.col("document_id") == document_id).sort("start", "end")
    placed = tuple(
        (name, lettered.before(start), lettered.before(end))
        for name, start, end in rows.select("name", "start", "end").iter_rows()
    )
    return ShelvedDocument(document_id, lettered, placed)


def _names(document_id: str, symbol: str, title: str) -> Iterator[str]:
    yield guid("source", document_id)
    without_year = symbol.partition(" (")[0]
    yield from (_plain(name) for name in (document_id, symbol, without_year, title) if name)


def _plain(name: str) -> str:
    """Letters and digits alone, without the ending of a file."""
    ending = _ENDINGS.sub("", name.strip().casefold())
    return "".join(character for character in ending if character.isalnum())


def _occurrences(letters: str, needle: str) -> Iterator[int]:
    at = letters.find(needle)
    while at >= 0:
        yield at
        at = letters.find(needle, at + 1)


def _covered(units: tuple[tuple[str, int, int], ...], start: int, end: int) -> tuple[str, ...]:
    overlaps = {
        name: (min(end, last) - max(start, first), last - first)
        for name, first, last in units
        if first < end and start < last
    }
    covered = tuple(name for name, (part, whole) in overlaps.items() if part >= _MOST * whole)
    if covered or not overlaps:
        return covered
    largest = max(overlaps, key=lambda name: overlaps[name][0])
    return (largest,) if overlaps[largest][0] >= _MOST * (end - start) else ()
