"""From coded words to coded units: in which document they stand, and which units they cover."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl
from rapidfuzz import fuzz

from pipeline.imports import Found, FoundCoding, LetteredText, NotTaken
from pipeline.imports.counting import (
    PLAIN,
    Counting,
    Key,
    ProgramText,
    Stretch,
    place_selections,
)
from pipeline.study.refi import DocumentText, guid

_MOST = 0.5
"""A coding holds for units of which it covers at least half, or for the unit that it lies in."""
_AROUND = 2000
"""Letters on either side that tell two places with the same words apart."""
_SHORTEST_ALIKE, _LONGEST_ALIKE = 12, 5000
"""Letters of words that are looked for by likeness where the text does not have them exactly."""
_LETTERS_A_SLIP = 25
"""One letter in so many may be another one; always one."""
_MANY = 5
"""A selection of all of a text that covers more units than this was made of the document."""
_STRETCHES, _STRETCH = 20, 40
"""Stretches of a text, and the letters of each, by which a document of another name is known."""
_NAMED = 5  # documents on one line
_ENDINGS = re.compile(r"\.(?:txt|docx?|odt|rtf|pdf|md|html?|xml)$")


@dataclass(frozen=True, slots=True)
class UnitsFound:
    """The units that a coding covers.

    Attributes:
        alike: its words were found by likeness, or elsewhere than the program says.
    """

    unit_ids: tuple[str, ...]
    alike: bool


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
        self.recognised: dict[str, ShelvedDocument | None] = {}
        """By their text, of documents that have another name in the program; None where none is."""
        for document_id, symbol, title in documents.select(
            "document_id", "symbol", "title"
        ).iter_rows():
            if document_id in texts:
                shelved = _shelved(document_id, texts[document_id], units)
                for name in _names(document_id, symbol, title):
                    self._named.setdefault(name, shelved)

    def document(self, found: FoundCoding) -> ShelvedDocument | None:
        """The document that a coding is in, by its GUID, id, symbol or title; else by its text."""
        named = self._named.get(found.identity) or self._named.get(_plain(found.document))
        if named is not None or found.whole is None:
            return named
        if found.document not in self.recognised:
            self.recognised[found.document] = self._like(found.whole.letters)
        return self.recognised[found.document]

    def _like(self, letters: str) -> ShelvedDocument | None:
        """The only document that holds most of some stretches of a text; None where none does."""
        starts = range(0, len(letters) - _STRETCH, max(_STRETCH, len(letters) // _STRETCHES))
        stretches = [letters[start : start + _STRETCH] for start in starts]
        shelf = {each.document_id: each for each in self._named.values()}.values()
        held = sorted(
            ((sum(one in each.lettered.letters for one in stretches), each) for each in shelf),
            key=lambda pair: -pair[0],
        )
        second = held[1][0] if len(held) > 1 else 0
        enough = held and held[0][0] >= max(_STRETCHES // 4, len(stretches) * 2 // 3, 2 * second)
        return held[0][1] if enough else None

    def units(self, found: FoundCoding) -> UnitsFound | NotTaken:
        """The units that a coding gives its code to; or why there are none."""
        document = self.document(found)
        if document is None:
            return NotTaken("no_document", found.document, found.coder, found.code)
        letters, needle = document.lettered.letters, LetteredText(found.text).letters
        stretches = [(start, start + len(needle)) for start in _occurrences(letters, needle)]
        if found.whole is None and len(needle) < _SHORTEST_ALIKE:
            stretches = [one for one in stretches if document.lettered.are_words(*one)]
        alike = not stretches
        stretches = stretches or _alike(letters, needle)
        if not stretches:
            problem = f"its words are not in {document.document_id}: {found.text[:40]!r}"
            return _not_taken(found, "no_words", problem)
        if found.whole is not None:
            stretches = [_likeliest(stretches, letters, found.whole.letters, found.before)]
        covered = {_covered(document.units, *stretch) for stretch in stretches}
        if len(covered) > 1:
            problem = f"its words stand {len(stretches)} times in {document.document_id}"
            return _not_taken(found, "several_places", problem)
        units = covered.pop()
        if not units:
            return _not_taken(found, "no_unit", f"no coded unit of {document.document_id} is there")
        if len(units) > _MANY and found.whole is not None and needle == found.whole.letters:
            return _not_taken(found, "whole_document", "")
        return UnitsFound(units, alike or found.alike)


def _not_taken(found: FoundCoding, kind: str, problem: str) -> NotTaken:
    what = f"{found.place}: {problem}" if problem else found.place
    return NotTaken(kind, what, found.coder, found.code)


def _alike(letters: str, needle: str) -> list[tuple[int, int]]:
    """Where a text has nearly these letters: the likeliest place, and any as likely."""
    if not _SHORTEST_ALIKE <= len(needle) <= min(_LONGEST_ALIKE, len(letters)):
        return []
    most = max(1, len(needle) // _LETTERS_A_SLIP)
    found: list[tuple[int, int]] = []
    least = 100 * (1 - most / len(needle))
    rest = letters
    while hit := fuzz.partial_ratio_alignment(needle, rest, score_cutoff=least):
        start, end = hit.dest_start, hit.dest_end
        found.append((start, end))
        rest = rest[:start] + " " * (end - start) + rest[end:]
        least = max(least, hit.score - 100 / len(needle))
    return found


def _likeliest(
    stretches: list[tuple[int, int]], letters: str, whole: str, before: int
) -> tuple[int, int]:
    """Of several places with the same words the one whose surroundings are most alike.

    Where they are equally alike, as in a repeated page, the one nearest to where the words stand
    in the other program's text.
    """

    def likeness(stretch: tuple[int, int]) -> tuple[int, float]:
        start = stretch[0]
        same_before = _common(letters[max(0, start - _AROUND) : start][::-1], whole[:before][::-1])
        same_from = _common(letters[start : start + _AROUND], whole[before : before + _AROUND])
        return same_before + same_from, -abs(start - before * len(letters) / len(whole))

    return max(stretches, key=likeness)


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
    at = letters.find(needle) if needle else -1
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


def placed_codings(
    texts: Mapping[Key, ProgramText],
    coded: Mapping[Key, Sequence[tuple[FoundCoding, Stretch]]],
) -> Found:
    """Codings with the words that their selections hold, and those whose place is not believed.

    Args:
        texts: of a project.
        coded: codings that lack their words, by text.
    """
    wanted = {key: list(dict.fromkeys(one for _, one in each)) for key, each in coded.items()}
    placed = place_selections({key: (texts[key], each) for key, each in wanted.items()})
    codings: list[FoundCoding] = []
    not_taken: list[NotTaken] = []
    for key, each in coded.items():
        spans = dict(zip(wanted[key], placed[key].spans, strict=True))
        for coding, selection in each:
            span = spans[selection]
            if isinstance(span, str):
                what = f"{coding.place}: {span}"
                not_taken.append(NotTaken("no_place", what, coding.coder, coding.code))
            else:
                words, before = texts[key].text[slice(*span)], texts[key].lettered.before(span[0])
                alike = span in placed[key].edited
                codings.append(replace(coding, text=words, before=before, alike=alike))
    counted: dict[Counting, list[str]] = {}
    for key, found in placed.items():
        if found.counting is not None and (texts[key].differs() or found.counting != PLAIN):
            counted.setdefault(found.counting, []).append(coded[key][0][0].document)
    remarks = [
        f"places count {counting}, by where words begin and end: {_first(names)}"
        for counting, names in counted.items()
    ]
    return Found(codings, not_taken, remarks)


def _first(names: Sequence[str]) -> str:
    more = [f"and {len(names) - _NAMED} more"] * (len(names) > _NAMED)
    return ", ".join([*names[:_NAMED], *more])
