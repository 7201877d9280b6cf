"""The gap, speaker groups and links in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.compare.findings.sides import points_more, sides_in_short
from pipeline.compare.gap.sensitivity import PARTS
from pipeline.compare.material import Account, Phrase
from pipeline.run.tables.compare import (
    CITATIONS,
    GAP,
    GAP_SENSITIVITY,
    QUOTATIONS,
)
from pipeline.run.wording import (
    count,
    counted,
    interview_link,
    listed,
    percent,
    policy_link,
)

POLICY_SIDE, INTERVIEW_SIDE = "more in policy", "more in interviews"
BY_PASSAGES, BY_PARTS = "", "part_"
"""The two questions of tables.Gap, by the beginning of their columns."""

_NAMED, _NAMED_IN_SHORT = 3, 2
"""Themes that a sentence names on each side."""

_QUOTED = {
    "found": ("stands in the cited document", "stand in the cited document"),
    "found in another document": ("stands in another one", "stand in another one"),
    "not found": ("was not found", "were not found"),
    "the cited document was not read": (
        "is from a document that was not read",
        "are from documents that were not read",
    ),
}
"""What is said of a quotation, and of several, by its status in Quotations."""

Row = Mapping[str, Any]


def leaning(gap: pl.DataFrame, side: str, question: str) -> list[Row]:
    """Themes that are decided to lean to a side, by one of the two questions, widest first."""
    sign = 1 if side == POLICY_SIDE else -1
    rows = gap.filter(pl.col(f"{question}direction").cast(pl.String) == side)
    return sorted(
        rows.iter_rows(named=True),
        key=lambda row: (-sign * row[f"{question}difference"], row["theme_id"]),
    )


def gap_in_short(account: Account) -> list[tuple[Phrase, ...]]:
    """How many themes lean which way by both questions, and the widest on each side."""
    gap = account.findings.frame(GAP)
    if gap["difference"].null_count() == gap.height:
        return []
    sides = (_side_in_short(account, gap, side) for side in (INTERVIEW_SIDE, POLICY_SIDE))
    first = (*_counts_in_short(account, gap), *(phrase for side in sides for phrase in side))
    return [(*first, *_parts_in_short(account, gap)), *sides_in_short(account)]


def _counts_in_short(account: Account, gap: pl.DataFrame) -> Iterator[Phrase]:
    documents, interviews = account.study.side_names
    computed = gap.drop_nulls("difference")
    n_undecided = computed.filter(pl.col("direction").cast(pl.String) == "undecided").height
    yield Phrase(f"Of {counted(computed.height, 'theme')} measured on both sides, ")
    n = len(leaning(gap, INTERVIEW_SIDE, BY_PASSAGES))
    yield Phrase(_number(n), "#gap-chart")
    yield Phrase(f" {'fills' if n == 1 else 'fill'} a larger share of the passages of {interviews}")
    yield Phrase(f" than of those in {documents}, and ")
    yield Phrase(_number(len(leaning(gap, POLICY_SIDE, BY_PASSAGES))), "#gap-chart")
    yield Phrase(" a smaller share")
    yield Phrase(
        f"; for {count(n_undecided)} the difference could be chance." if n_undecided else "."
    )


def _parts_in_short(account: Account, gap: pl.DataFrame) -> Iterator[Phrase]:
    """The question that does not lean to the interviews."""
    documents, interviews = account.study.side_names
    if gap["part_difference"].null_count() == gap.height:
        return
    yield Phrase(
        f" The codebook was made from {account.study.coded_texts}, so this count leans towards "
        f"{interviews}. Counted as parts of all that each side says of these themes, which has no "
        "such lean, "
    )
    for opening, side, name in (
        ("", INTERVIEW_SIDE, interviews),
        (" and ", POLICY_SIDE, documents),
    ):
        rows = leaning(gap, side, BY_PARTS)
        most = [f"most of all {account.theme(row['theme_id'])}" for row in rows[:1]]
        yield Phrase(opening)
        yield Phrase(_number(len(rows)), "#gap-parts")
        room = "" if opening else f" {'takes' if len(rows) == 1 else 'take'} more room"
        yield Phrase(", ".join([f"{room} in {name}", *most]) + ("" if opening else ","))
    yield Phrase(".")
    ways, firm = _kept_in(account, gap.drop_nulls("part_difference"))[1:]
    if ways:
        again = f"{listed(firm)} {'is' if len(firm) == 1 else 'are'}" if firm else "none is"
        which = f"{'most of' if len(ways) > 1 else 'the'} {counted(len(ways), 'other way')}"
        yield Phrase(f" Of these, {again} decided again in {which} of measuring.")
    yield Phrase(f" Both counts know only the themes that {account.study.coded_texts} chose.")


def _number(n: int) -> str:
    return count(n) if n else "none"


def _side_in_short(account: Account, gap: pl.DataFrame, side: str) -> Iterator[Phrase]:
    """The themes that lean to a side the widest, with their share on both."""
    documents, interviews = account.study.side_names
    here, there = (documents, interviews) if side == POLICY_SIDE else (interviews, documents)
    rows = leaning(gap, side, BY_PASSAGES)[:_NAMED_IN_SHORT]
    for number, row in enumerate(rows):
        policy = Phrase(percent(row["policy"]), policy_link(row["theme_id"]))
        interviewed = Phrase(percent(row["interviews"]), interview_link(row["theme_id"]))
        more, less = (policy, interviewed) if side == POLICY_SIDE else (interviewed, policy)
        opening = ", and of " if number else f" In {here} more is said of "
        yield Phrase(
            f"{opening}{account.theme(row['theme_id'])}, {'in' if number else 'which is in'} "
        )
        yield more
        yield Phrase(" against " if number else " of passages against ")
        yield less
        yield Phrase("" if number else f" in {there}")
    if rows:
        yield Phrase(".")


def gap_words(account: Account) -> str:
    """Parts of all that is said first, because they do not lean to the interviews."""
    gap = account.findings.frame(GAP)
    if gap.is_empty():
        return ""
    if gap["difference"].null_count() == gap.height:
        side = account.study.document_side
        part = f"gap, side of {side.name}" if side else "gap"
        return f"Not computed: {account.findings.not_computed.get(part, 'no share is known')}."
    known = gap.drop_nulls("difference")
    sentences = [
        _sides(account, known),
        _passages(account, known),
        _other_ways(account, known),
    ]
    return " ".join(filter(None, sentences))


def _sides(account: Account, gap: pl.DataFrame) -> str:
    known = gap.drop_nulls("part_difference")
    if known.is_empty():
        return ""
    settings = account.settings.compare
    documents, interviews = account.study.side_names
    said = [
        f"In {place} more room is given to {_named(account, rows)}."
        for side, place in ((POLICY_SIDE, documents), (INTERVIEW_SIDE, interviews))
        if (rows := leaning(known, side, BY_PARTS))
    ]
    undecided = known.filter(pl.col("part_direction").cast(pl.String) == "undecided").height
    opening = (
        f"Parts of all that each side says of {counted(known.height, 'theme')} were compared "
        f"({count(max(known['n_policy']))} "
        f"passages of {documents}, {count(max(known['n_policy_coded']))} of their paragraphs "
        f"coded; {count(known['n_interviews'][0])} of {interviews} in "
        f"{count(known['n_paragraphs'][0])} paragraphs; {100 * settings.confidence:g}% intervals)."
    )
    if not said:
        return f"{opening} No theme takes more room on one side than chance allows."
    rest = (
        f" For the other {undecided} no difference is decided (false discovery rate "
        f"{settings.false_discovery_rate:g})."
        if undecided
        else ""
    )
    return f"{opening} {' '.join(said)}{rest}"


def _named(account: Account, decided: Sequence[Row]) -> str:
    named = [
        f"{account.theme(row['theme_id'])}, {percent(row['policy_part'])} against "
        f"{percent(row['interviews_part'])}, a difference of "
        f"{points_more(row['part_difference'], row['part_low'], row['part_high'])}"
        for row in decided[:_NAMED]
    ]
    more = len(decided) - len(named)
    return "; to ".join([*named, *([f"{more} more"] if more else [])])


def _passages(account: Account, gap: pl.DataFrame) -> str:
    """The other question, which the codebook decides in part."""
    sides = [leaning(gap, side, BY_PASSAGES) for side in (POLICY_SIDE, INTERVIEW_SIDE)]
    n_policy, n_interviews = map(len, sides)
    if not n_policy and not n_interviews:
        return "Counted by passages, no theme differs between the two sides beyond chance."
    widest = max(
        (row for rows in sides for row in rows),
        key=lambda row: (abs(row["difference"]), row["theme_id"]),
    )
    name = account.theme(widest["theme_id"])
    documents, interviews = account.study.side_names
    return (
        f"Counted by passages, {_some(n_interviews)} in more of {interviews} and "
        f"{_some(n_policy)} in more of {documents}; the widest gap is {name}, in "
        f"{percent(widest['policy'])} of passages in {documents} and "
        f"{percent(widest['interviews'])} in {interviews}. That count leans to {interviews}, "
        f"because the codebook was made from {account.study.coded_texts}."
    )


def _some(n: int) -> str:
    if not n:
        return "no theme is"
    return f"{counted(n, 'theme')} {'is' if n == 1 else 'are'}"


def _other_ways(account: Account, gap: pl.DataFrame) -> str:
    """How often each decided part keeps its side, and stays decided, in the other ways."""
    keeps_side, names, firm = _kept_in(account, gap)
    if not names:
        return ""
    kept = [name for name, keeps in keeps_side.items() if keeps]
    lost = [name for name, keeps in keeps_side.items() if not keeps]
    keeps = f"{listed(kept)} {_keep(kept)} in each" if kept else "no theme keeps its side in each"
    loses = f" and {listed(lost)} {_do(lost)} not" if kept and lost else ""
    again_in_most = f"decided again in most: {listed(firm)}" if firm else "none is decided in most"
    ways_named = f"{counted(len(names), 'other way')} ({'; '.join(names)})"
    return f"Measured in {ways_named}, {keeps}{loses}; {again_in_most}."


def _kept_in(
    account: Account, gap: pl.DataFrame
) -> tuple[dict[str, bool], Sequence[str], Sequence[str]]:
    """Whether each decided part keeps its side in each other way; these ways; and the firm ones.

    Firm are themes that are decided again in most of the ways. All is empty without other ways.
    """
    decided = {
        row["theme_id"]: row
        for row in gap.iter_rows(named=True)
        if row["part_direction"] in (POLICY_SIDE, INTERVIEW_SIDE)
    }
    ways = (
        account.findings.frame(GAP_SENSITIVITY)
        .filter(pl.col("basis").str.starts_with(PARTS) & pl.col("theme_id").is_in(list(decided)))
        .drop_nulls("difference")
    )
    names = sorted(basis.removeprefix(f"{PARTS}, ") for basis in set(ways["basis"]))
    keeps: dict[str, bool] = {}
    firm: list[str] = []
    for theme_id, row in decided.items() if names else ():
        sign = 1 if row["part_difference"] > 0 else -1
        same = ways.filter((pl.col("theme_id") == theme_id) & (pl.col("difference").sign() == sign))
        again = same.filter(pl.col("direction").cast(pl.String) == row["part_direction"])
        name = account.theme(theme_id)
        keeps[name] = same.height == len(names)
        firm += [name] if 2 * again.height > len(names) else []
    return keeps, names, firm


def _do(names: Sequence[str]) -> str:
    return "does" if len(names) == 1 else "do"


def _keep(names: Sequence[str]) -> str:
    return "keeps its side" if len(names) == 1 else "keep their side"


def link_words(account: Account) -> str:
    """Citations resolved, quotations found."""
    cited, quoted = account.findings.frame(CITATIONS), account.findings.frame(QUOTATIONS)
    if cited.is_empty():
        return ""
    held = cited.filter(pl.col("status").cast(pl.String) == "in the corpus").height
    first = (
        f"UN documents are cited in {counted(cited.height, 'place')} of "
        f"{account.study.coded_texts}; {held or 'none'} {'lead' if held > 1 else 'leads'} to a "
        "document that was read."
    )
    if quoted.is_empty():
        return first
    n = dict(quoted.group_by(pl.col("status").cast(pl.String)).len().iter_rows())
    known = [
        f"{n[status]} {words[0 if n[status] == 1 else 1]}"
        for status, words in _QUOTED.items()
        if n.get(status)
    ]
    return (
        f"{first} Of {counted(quoted.height, 'quotation')} before these citations, {listed(known)}."
    )
