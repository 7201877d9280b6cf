"""What is clustered instead of the original texts: the matter, without names and formulas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.settings import Mission
from pipeline.topics.names import drop_marks, find_names, mark_names, say_kinds
from pipeline.topics.wording import without_formulas


@dataclass(frozen=True)
class Matter:
    """Two forms of each text.

    Attributes:
        embedded: names said as what they are, such as "the mission"; vectors are made of this.
        counted: names as one word that no term may hold; terms and labels are made of this.
    """

    embedded: list[str]
    counted: list[str]

    def of(self, rows: Iterable[int]) -> Matter:
        """These texts alone."""
        kept = list(rows)
        return Matter([self.embedded[row] for row in kept], [self.counted[row] for row in kept])


def matter_of(texts: Sequence[str], missions: Mapping[str, Mission]) -> Matter:
    """The matter of different texts, in their order."""
    marked = [
        without_formulas(text) for text in mark_names(texts, find_names(sorted(texts), missions))
    ]
    return Matter([say_kinds(text) for text in marked], [drop_marks(text) for text in marked])
