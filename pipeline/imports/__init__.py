"""Codings that other programs hold, taken into corpus/coding; here, what such a coding is."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass


class LetteredText:
    """A text with its letters alone, which survive what programs do to a text.

    Line ends, white space, hyphens, numbers, note markers and quotation marks may differ between
    two copies of a document; its letters, in lower case, do not.
    """

    def __init__(self, text: str) -> None:
        """Find the letters of ``text``."""
        letters: list[str] = []
        self.places: list[int] = []
        for place, character in enumerate(text):
            if character.isalpha():
                # one character each, so that places stay true (İ becomes two in lower case)
                letters.append(character.lower()[0])
                self.places.append(place)
        self.letters = "".join(letters)

    def before(self, place: int) -> int:
        """Letters before a place in the text."""
        return bisect_left(self.places, place)

    def are_words(self, first: int, last: int) -> bool:
        """Do the letters from one number to another begin and end where words do?"""
        places = self.places
        cut = first > 0 and places[first] - places[first - 1] == 1
        return not cut and (last >= len(places) or places[last] - places[last - 1] > 1)

    def of(self, start: int, end: int) -> str:
        """The letters from one place of the text to another."""
        return self.letters[self.before(start) : self.before(end)]


@dataclass(frozen=True, slots=True)
class FoundCoding:
    """One code that one person gave to one stretch of text.

    Attributes:
        coder: as the program names the person; empty when it names nobody.
        document: as the program names the document.
        identity: the GUID of the document; empty when there is none.
        text: the words that were coded.
        whole: the document's text as the program has it; None when it does not say it.
        before: letters of ``whole`` before the words.
        code: as the program names the code.
        code_identity: the GUID of the code; empty when there is none.
        place: where in the file the coding stands, for a message.
        alike: the words that the program stored differ from the text, or stand elsewhere in it.
    """

    coder: str
    document: str
    identity: str
    text: str
    whole: LetteredText | None
    before: int
    code: str
    code_identity: str
    place: str
    alike: bool = False


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A coding that cannot be taken.

    Attributes:
        kind: what it is of, or what is wrong with it: a key of `pipeline.imports.codes.KINDS`.
        what: which one, for a person.
        coder: who coded; empty when the program does not say it.
        code: the name of the code; empty when there is none.
    """

    kind: str
    what: str
    coder: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a file of another program holds.

    Attributes:
        codings: those of words in a text.
        not_taken: the others.
        remarks: what a person should know of how the file was read.
    """

    codings: Sequence[FoundCoding]
    not_taken: Sequence[NotTaken] = ()
    remarks: Sequence[str] = ()
