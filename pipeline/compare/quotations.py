"""What the article quotes from UN documents, looked for in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.compare.references import Citation

FEWEST_WORDS = 6
"""A shorter quotation is looked for in the cited document only: it stands in many."""

SAME_WORDS = 90.0
"""Smallest likeness that counts as the same words, of 100 (rapidfuzz's partial ratio). It lets a
changed letter or hyphen pass, not another word in six."""

_QUOTED = re.compile(r"(?<!\w)['‘“\"]([^'‘’“”\"]+(?:['’]\w[^'‘’“”\"]*)*)['’”\"](?!\w)")
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?=[A-Z‘“'\"])")
_OMITTED = re.compile(r"\s*(?:\.\.\.|…|\[[^\]]*\])\s*")
_UNIFIED = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00ad": None}
)


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words that the article takes from a document.

    Attributes:
        text: without quotation marks.
        citation: where the article says from what.
    """

    text: str
    citation: Citation

    @property
    def n_words(self) -> int:
        """Number of words."""
        return len(self.text.split())


@dataclass(frozen=True, slots=True)
class Found:
    """Where a quotation stands.

    Attributes:
        place: row of the text in which it stands.
        likeness: of its least alike part, at most 100.
        text: the words there.
    """

    place: int
    likeness: float
    text: str


def quotations(text: str, citation: Citation, *, whole: bool) -> Iterator[Quotation]:
    """What a block quotes before a citation.

    Args:
        text: the block's text.
        citation: one of its citations.
        whole: the block is a quotation as a whole; then all of it up to the citation is quoted.
    """
    before = text[: citation.offset].rstrip(" (")
    if whole:
        yield Quotation(before, citation)
        return
    sentence = _SENTENCE_END.split(before)[-1]
    since = sentence.rpartition(")")[2]  # what stands after another citation
    for match in _QUOTED.finditer(since):
        yield Quotation(match[1].strip(), citation)


def find_quotation(quotation: str, texts: Sequence[str]) -> Found | None:
    """The text in which a quotation stands, all its parts (cut at omissions) in the same one.

    Args:
        quotation: as the article has it.
        texts: as by `unified`.

    Returns:
        The best place, the first of several; None below `SAME_WORDS`.
    """
    from rapidfuzz import fuzz, process

    parts = [part for part in _OMITTED.split(unified(quotation)) if len(part.split()) > 1]
    if not parts:
        return None
    longest = max(parts, key=len)
    roomy = {place: text for place, text in enumerate(texts) if len(text) >= len(longest)}
    hits = process.extract(
        longest, roomy, scorer=fuzz.partial_ratio, score_cutoff=SAME_WORDS, limit=None
    )
    best: Found | None = None
    for text, _, place in sorted(hits, key=lambda hit: hit[2]):
        likeness = min(fuzz.partial_ratio(part, text) for part in parts)
        if likeness >= SAME_WORDS and (best is None or likeness > best.likeness):
            span = fuzz.partial_ratio_alignment(longest, text)
            words = text[span.dest_start : span.dest_end] if span else ""
            best = Found(place, round(likeness, 2), words)
    return best


def unified(text: str) -> str:
    """Lower case, with one kind of quotation mark, dash and space."""
    return " ".join(text.translate(_UNIFIED).lower().split())
