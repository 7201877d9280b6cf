"""The items of a numbered paragraph: (a), (b), and (i), (ii) below them.

Order decides before place: (b) goes beside the (a) before it wherever it hangs, for many documents
set all levels at one indent. Place decides only where order leaves a choice, as for an (i) after
an (h).
"""

from __future__ import annotations

from dataclasses import dataclass

ROMAN = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx".split()
STEP = 8  # points; a smaller shift of the left end is no indent


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its marker, such as (a), and where its line begins, in points."""

    marker: str
    x0: float


def nested(above: list[Item], item: Item) -> list[Item]:
    """The open items once this one has come, outermost first.

    >>> [i.marker for i in nested([Item("(a)", 147), Item("(i)", 147)], Item("(ii)", 147))]
    ['(a)', '(ii)']
    """
    for depth in range(len(above) - 1, -1, -1):
        deeper = item.x0 > above[depth].x0 + STEP
        if follows(above[depth].marker, item.marker) and not (deeper and starts(item.marker)):
            return [*above[:depth], item]
    if starts(item.marker):
        kept = [other for other in above if not same_series(other.marker, item.marker)]
        return [*kept, item] if len(kept) == len(above) else [*_outer(above, item), item]
    return [*_outer(above, item), item]


def follows(before: str, marker: str) -> bool:
    """Does this marker come right after that one in a series of letters, numbers or numerals?"""
    left, right = before.strip("()"), marker.strip("()")
    if left.isdigit() and right.isdigit():
        return int(right) == int(left) + 1
    if left in ROMAN and right in ROMAN and ROMAN.index(right) == ROMAN.index(left) + 1:
        return True
    if len(left) == len(right) == 1:
        return ord(right) == ord(left) + 1
    return (left, right) == ("z", "aa") or (len(left) == 2 and right == chr(ord(left[0]) + 1) * 2)


def starts(marker: str) -> bool:
    """Does a series begin with this marker?"""
    return marker.strip("()") in ("a", "i", "1")


def same_series(left: str, right: str) -> bool:
    """Are both of one kind: letters, roman numerals or numbers?"""
    return _kind(left) == _kind(right)


def _kind(marker: str) -> str:
    text = marker.strip("()")
    return "number" if text.isdigit() else "roman" if text in ROMAN else "letter"


def _outer(above: list[Item], item: Item) -> list[Item]:
    """The open items that hang further out than this one."""
    return [other for other in above if other.x0 < item.x0 - STEP]
