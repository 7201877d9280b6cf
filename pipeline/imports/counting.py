"""Where in another program's text its selections stand.

Programs count places in characters, UTF-16 units or bytes, a line end as one or as two, a byte
order mark or not; none says which. Every way is tried, and the one by which selections begin and
end at words, or hold the words that are stored beside them, is believed; else none is.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import exp, log
from typing import NamedTuple, TypeVar

import numpy as np
from rapidfuzz.distance import Indel

from pipeline.imports import LetteredText

_MARK = "\ufeff"
_EVIDENCE = {0: -2.15, 1: -2.15, 2: 1.2, 3: 3.2, 4: 6.0, 5: 8.0}
"""What a selection says for a way of counting, by its level: the logarithm of how much likelier it
is where the counting is right than at a random place of an English text. Nine of ten selections
begin and end at words, half of them at sentences; at a random place 14 in 100 and 2 in 100 do."""
_BELIEVED = 0.5
_APART = 1.0
"""Two countings that lead to other words must differ by this, or neither is believed."""
_OTHERS = 6.0  # what the other texts of a project can say for a counting, at most
_FEW, _FEW_OF = 2, 0.1  # letters that stored words and text may not share: of both, but these
_SHORTEST = 8  # letters of words that are looked for elsewhere in the text
_SHORTEST_NAME, _LONG_NAME = 10, 25
"""Letters of a name that may be the first words; of one that cannot be anything else."""
_CLOSING, _OPENING = set(",.;:)]!?”»…"), set("([“«")
_ENDS_SENTENCE, _AFTER_IT = set(".!?…;:。！？"), "0123456789⁰¹²³⁴⁵⁶⁷⁸⁹\"'”’)]"
_SPACELESS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff]")


class Counting(NamedTuple):
    """A way in which a program may count the places of a text."""

    unit: str
    line_end: str
    mark: str

    def __str__(self) -> str:
        """For a person: 'UTF-16 units, a line end as one'."""
        parts = (self.unit, self.line_end or "line ends as the file has them", self.mark)
        return ", ".join(filter(None, parts))


_UNITS = ("characters", "UTF-16 units", "bytes")
_LINE_ENDS = ("", "a line end as one", "a line end as two")
_MARKS = ("", "the byte order mark too")
_UNUSUAL = {_UNITS[2]: -2.0, _LINE_ENDS[2]: -2.0}
_UNUSUAL_MARK = -1.0
"""Against a counting that the file itself does not suggest."""
Key = TypeVar("Key", bound=Hashable)
PLAIN = Counting("characters", "", "")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a text as a program gives it.

    Attributes:
        start: in the program's counting.
        end: one past the last place.
        words: the words as the program stored them beside it; may be empty.
        name: how the program calls it: often the first words; may be empty.
    """

    start: int
    end: int
    words: str = ""
    name: str = ""


class ProgramText:
    """A document's text as another program has it."""

    def __init__(self, text: str) -> None:
        """Keep the text, without its byte order mark."""
        self.marked = text.startswith(_MARK)
        self.text = text.removeprefix(_MARK)

    @cached_property
    def lettered(self) -> LetteredText:
        """Its letters."""
        return LetteredText(self.text)

    @cached_property
    def _points(self) -> np.ndarray:
        return np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), np.uint32)

    @cached_property
    def countings(self) -> dict[Counting, float]:
        """Every way of counting that could make a difference, and what speaks against it."""
        against = {**_UNUSUAL, _MARKS[1]: 0.0 if self.marked else _UNUSUAL_MARK}
        every = map(self.as_here, (Counting(*each) for each in product(_UNITS, _LINE_ENDS, _MARKS)))
        return {counting: sum(against.get(part, 0.0) for part in counting) for counting in every}

    @cached_property
    def _differs(self) -> frozenset[str]:
        """What makes a difference in this text."""
        points, pairs = self._points, self.text.count("\r\n")
        single = self.text.count("\n") + self.text.count("\r") > 2 * pairs
        there = {
            _UNITS[1]: bool((points > 0xFFFF).any()),
            _UNITS[2]: bool((points > 0x7F).any()),
            _LINE_ENDS[1]: pairs > 0,
            _LINE_ENDS[2]: single,
        }
        return frozenset(name for name, differs in there.items() if differs)

    def differs(self) -> bool:
        """Whether it can be counted in several ways."""
        return self.marked or bool(self._differs - {_LINE_ENDS[2]})

    def as_here(self, counting: Counting) -> Counting:
        """The plainest way of counting that comes to the same in this text."""
        unit = counting.unit if counting.unit in self._differs else _UNITS[0]
        line_end = counting.line_end if counting.line_end in self._differs else _LINE_ENDS[0]
        return Counting(unit, line_end, counting.mark)

    def if_marked(self, counting: Counting) -> Counting:
        """The same of a program that counts a byte order mark where there is one."""
        here = self.as_here(counting)
        return here if self.marked else here._replace(mark=_MARKS[0])

    def edges(self, counting: Counting) -> np.ndarray:
        """At which count each character begins, and the last one ends."""
        points = self._points
        weights = np.ones(len(points), np.int64)
        if counting.unit == _UNITS[1]:
            weights += points > 0xFFFF
        elif counting.unit == _UNITS[2]:
            weights += (points > 0x7F).astype(np.int64) + (points > 0x7FF) + (points > 0xFFFF)
        feeds, returns = points == 10, points == 13
        pair = np.zeros(len(points), bool)
        pair[1:] = feeds[1:] & returns[:-1]
        if counting.line_end == _LINE_ENDS[1]:
            weights[pair] = 0
        elif counting.line_end == _LINE_ENDS[2]:
            lone = returns.copy()
            lone[:-1] &= ~feeds[1:]
            weights[(feeds & ~pair) | lone] = 2
        first = (3 if counting.unit == _UNITS[2] else 1) if counting.mark else 0
        return np.concatenate(([first], first + np.cumsum(weights)))

    def span(self, edges: np.ndarray, selection: Stretch) -> tuple[int, int] | None:
        """Where a selection lies in the text, without white space around it; None: nowhere."""
        last = int(edges[-1])
        if not 0 <= selection.start < selection.end or selection.start > last:
            return None
        start, end = np.searchsorted(edges, (selection.start, selection.end))
        if selection.end > last + 2:  # the program's own last line end
            return None
        words = self.text[start:end]
        start += len(words) - len(words.lstrip())
        return (int(start), int(start) + len(words.strip())) if words.strip() else None

    def level(self, span: tuple[int, int] | None, selection: Stretch) -> int:
        """How well the text agrees that a selection lies there.

        5: its stored words are there; 4: but for a few letters; 3: it begins and ends as a sentence
        does; 2: it begins and ends at words; 1: within two letters of them; 0: it does not.
        """
        if span is None:
            return 0
        letters = self.lettered.of(*span)
        if words := LetteredText(selection.words).letters:
            return 5 if words == letters else 4 if same_words(words, letters) else 0
        name = LetteredText(selection.name).letters
        if len(name) >= _SHORTEST_NAME and letters.startswith(name):
            return 5
        if len(name) >= _LONG_NAME and name in self.lettered.letters and name not in letters:
            return 0
        start, end = span
        if self._begins(start) and self._ends(end):
            return 3 if self._begins_sentence(start) and self._ends_sentence(end) else 2
        near = any(self._begins(start + by) for by in range(-2, 3))
        return 1 if near and any(self._ends(end + by) for by in range(-2, 3)) else 0

    def _begins(self, place: int) -> bool:
        return not self._within_word(place) and self.text[place : place + 1] not in _CLOSING

    def _ends(self, place: int) -> bool:
        return not self._within_word(place) and self.text[place - 1 : place] not in _OPENING

    def _within_word(self, place: int) -> bool:
        around = self.text[place - 1 : place + 1] if place else ""
        return len(around) == 2 and around.isalnum() and not _SPACELESS.search(around)

    def _begins_sentence(self, start: int) -> bool:
        before = self.text[max(0, start - 60) : start]
        ended = before.rstrip()
        if not ended or "\n" in before[len(ended) :]:
            return True
        ended = ended.rstrip(_AFTER_IT)
        return ended[-1:] in _ENDS_SENTENCE and not self.text[start : start + 1].islower()

    def _ends_sentence(self, end: int) -> bool:
        after = self.text[end : end + 3]
        if not after.strip() or after.lstrip(" ").startswith(("\n", "\r")):
            return True
        return self.text[max(0, end - 9) : end].rstrip(_AFTER_IT)[-1:] in _ENDS_SENTENCE


def same_words(one: str, other: str) -> bool:
    """Are these the letters of the same words, but for a few?"""
    most = max(_FEW, round(_FEW_OF * (len(one) + len(other))))
    same = min(len(one), len(other)) >= 2 * _FEW
    return same and Indel.distance(one, other, score_cutoff=most) <= most


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the selections of one text lie.

    Attributes:
        spans: of each selection its place in the text, or in words why it has none.
        counting: by which they were found; None when none is believed.
        edited: spans of selections whose stored words differ from the text, or stand elsewhere.
    """

    spans: tuple[tuple[int, int] | str, ...]
    counting: Counting | None
    edited: frozenset[tuple[int, int] | str]


class _Try(NamedTuple):
    """A way of counting, and what is said for and against it."""

    counting: Counting
    spans: list[tuple[int, int] | None]
    levels: list[int]
    evidence: float
    before: float = 0.0

    @property
    def score(self) -> float:
        return self.evidence + self.before


def place_selections(
    texts: Mapping[Key, tuple[ProgramText, Sequence[Stretch]]],
) -> dict[Key, Placed]:
    """Find the selections of a project's texts; one program counts alike in all of them."""
    tries = {key: _tries(*each) for key, each in texts.items()}
    every = [Counting(*each) for each in product(_UNITS, _LINE_ENDS, _MARKS)]
    said = dict.fromkeys(every, 0.0)
    for one, (key, (text, _)) in product(every, texts.items()):
        said[one] += tries[key][text.if_marked(one)].evidence
    return {key: _placed(*each, _ranked(each[0], tries[key], said)) for key, each in texts.items()}


def _tries(text: ProgramText, selections: Sequence[Stretch]) -> dict[Counting, _Try]:
    found = {}
    for counting in text.countings:
        edges = text.edges(counting)
        spans = [text.span(edges, one) for one in selections]
        levels = [text.level(span, one) for span, one in zip(spans, selections, strict=True)]
        found[counting] = _Try(counting, spans, levels, sum(_EVIDENCE[one] for one in levels))
    return found


def _ranked(
    text: ProgramText, tries: Mapping[Counting, _Try], said: Mapping[Counting, float]
) -> list[_Try]:
    """The likeliest first; the other texts of the project have a say."""
    others = {one: said[one] - tries[text.if_marked(one)].evidence for one in tries}
    best = max(others.values())
    ranked = [
        each._replace(before=text.countings[one] - min(_OTHERS, best - others[one]))
        for one, each in tries.items()
    ]
    return sorted(ranked, key=lambda one: -one.score)  # stable: the usual one first


def _believed(ranked: Sequence[_Try]) -> bool:
    """Is the likeliest one right? The more to choose from, the more must speak for it."""
    different = {tuple(one.spans): one.before for one in reversed(ranked)}
    return ranked[0].score > max(_BELIEVED, log(sum(map(exp, different.values()))))


def _placed(text: ProgramText, selections: Sequence[Stretch], ranked: list[_Try]) -> Placed:
    best = ranked[0]
    doubted = next(
        (one for one in ranked[1:] if best.score - one.score < _APART and _apart(best, one)), None
    )
    believed = doubted is None and _believed(ranked)
    moved = _moved(selections, best)
    agreeing = sum(level >= 2 for level in best.levels)
    # a slip of the mouse, a letter or two too few or too many, among others that agree
    least = 1 if agreeing >= max(5, 0.8 * len(best.levels)) else 2
    spans: list[tuple[int, int] | str] = []
    edited = set()
    for number, (span, level) in enumerate(zip(best.spans, best.levels, strict=True)):
        words = LetteredText(selections[number].words).letters
        trusted = believed and number not in moved and level >= least
        if span is not None and (level >= 4 or (trusted and not words)):
            spans.append(span)
            if words and level < 5:
                edited.add(span)
            continue
        if elsewhere := _only_place(text.lettered, words):
            edited.add(elsewhere)
        if elsewhere is None and words:
            why = "the coded words are not in the text there"
        elif span is None:
            why = f"there is no such place in a text of {len(text.text)} characters"
        elif doubted is not None:
            why = f"it may count {best.counting}, or {doubted.counting}"
        else:
            why = "by no way of counting does it begin and end at words"
        spans.append(elsewhere or why)
    counting = best.counting if believed or max(best.levels) >= 4 else None
    return Placed(tuple(spans), counting, frozenset(edited))


def _apart(one: _Try, other: _Try) -> bool:
    """Do two ways of counting lead to other words?"""

    def shared(a: tuple[int, int] | None, b: tuple[int, int] | None) -> bool:
        if a is None or b is None:
            return a is b
        return 2 * (min(a[1], b[1]) - max(a[0], b[0])) >= max(a[1] - a[0], b[1] - b[0])

    return not all(shared(a, b) for a, b in zip(one.spans, other.spans, strict=True))


def _moved(selections: Sequence[Stretch], best: _Try) -> set[int]:
    """Selections after a place from which on most do not agree: there the text was edited."""
    order = sorted(range(len(selections)), key=lambda number: selections[number].start)
    levels = [best.levels[number] for number in order]
    for place, level in enumerate(levels):
        if level < 2 and sum(_EVIDENCE[one] for one in levels[place:] if one < 4) < 0:
            return set(order[place:])
    return set()


def _only_place(lettered: LetteredText, words: str) -> tuple[int, int] | None:
    """Where words stand in a text, if once."""
    if len(words) < _SHORTEST or lettered.letters.count(words) != 1:
        return None
    first = lettered.letters.find(words)
    return lettered.places[first], lettered.places[first + len(words) - 1] + 1
