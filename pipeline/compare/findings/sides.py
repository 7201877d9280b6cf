"""Further sides of documents, and speaker groups, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipeline.compare.material import Account, Phrase
from pipeline.run.tables.compare import GAP_SIDES, SPEAKER_SHARES
from pipeline.run.wording import counted, listed, lowered, points
from pipeline.study.sets import Side

_NAMED = 3
"""Themes that a sentence names of each side."""


def sides_in_short(account: Account) -> Iterator[tuple[Phrase, ...]]:
    """Of each further side of documents how much it says that the first does not."""
    parts = account.findings.frame(GAP_SIDES).filter(pl.col("question").cast(pl.String) == "parts")
    first, interviews = account.study.document_side, account.study.interview_side
    if first is None or interviews is None:
        return
    for side in account.study.sides:
        between = _between(parts, first.id, side.id)
        if not side.documents or between["difference"].is_null().all():
            continue
        more = between.filter(pl.col("larger") == side.id)
        named = f" ({_named_parts(account, more)})" if more.height else ""
        there_is = account.findings.there_is.get(side.name)
        yield (
            Phrase(f"{side.name.capitalize()} give more room than {first.name} to "),
            Phrase(counted(more.height, "theme") if more.height else "no theme", "#gap-parts"),
            Phrase(f"{named}. {_nearer(account, parts, first, side, interviews)}"),
            Phrase(f" Of {side.name} there are {there_is}." if there_is else ""),
        )


def sides_words(account: Account) -> str:
    """What further sides of documents say that the first does not, and whom they are nearer to."""
    parts = account.findings.frame(GAP_SIDES).filter(pl.col("question").cast(pl.String) == "parts")
    first, interviews = account.study.document_side, account.study.interview_side
    if parts.is_empty() or first is None or interviews is None:
        return ""
    further = [side for side in account.study.sides if side.documents and side.id != first.id]
    said = [_further(account, parts, first, side, interviews) for side in further]
    return " ".join(sentence for sentences in said for sentence in sentences)


def _further(
    account: Account, parts: pl.DataFrame, first: Side, side: Side, interviews: Side
) -> Iterator[str]:
    between = _between(parts, first.id, side.id)
    if between["difference"].null_count() == between.height:
        yield f"For {side.name} no share is known."
    else:
        opening = "Of all that each side says of these themes, more room is given"
        leans = [
            f"{opening} in {here.name} than in {there.name} to {_named_parts(account, rows)}."
            for here, there in ((side, first), (first, side))
            if not (rows := between.filter(pl.col("larger") == here.id)).is_empty()
        ]
        none = f"No theme takes more room in {side.name} or in {first.name} than chance allows."
        yield from leans or [none]
        yield _nearer(account, parts, first, side, interviews)
    missing = account.findings.there_is.get(side.name)
    if missing:
        yield f"{side.name.capitalize()} here are {missing}: not all that there is."


def _between(parts: pl.DataFrame, one: str, other: str) -> pl.DataFrame:
    """Rows of two sides, whichever is named first."""
    both = pl.col("side").is_in([one, other]) & pl.col("other").is_in([one, other])
    return parts.filter(both)


def _named_parts(account: Account, rows: pl.DataFrame) -> str:
    widest = rows.sort(-pl.col("difference").abs(), "theme_id")
    named = [account.theme(theme_id) for theme_id in widest["theme_id"][:_NAMED]]
    more = widest.height - len(named)
    return listed([*named, *([f"{more} more"] if more else [])])


def _nearer(
    account: Account, parts: pl.DataFrame, first: Side, side: Side, interviews: Side
) -> str:
    """On how many of the themes that divide first side and interviews the other is nearer."""
    divided = _between(parts, first.id, interviews.id).filter(
        pl.col("larger").is_in([first.id, interviews.id])
    )
    if divided.is_empty():
        return f"No theme divides {first.name} from {interviews.name} beyond chance."
    theirs = _between(parts, side.id, interviews.id).select("theme_id", far=pl.col("difference"))
    far = divided.join(theirs, on="theme_id", maintain_order="left").drop_nulls("far")
    nearer = far.filter(pl.col("far").abs() < pl.col("difference").abs())
    names = listed([account.theme(theme_id) for theme_id in nearer["theme_id"]])
    n, total = nearer.height, counted(far.height, "theme")
    return (
        f"{first.name.capitalize()} and {interviews.name} differ beyond chance on {total}; "
        f"{side.name} are nearer to {interviews.name} than {first.name} are on {n or 'none'} of "
        f"these{f' ({names})' if n else ''}."
    )


def speaker_words(account: Account) -> str:
    """Who speaks of what, and how little the passages can bear."""
    shares = account.findings.frame(SPEAKER_SHARES).filter(
        pl.col("labels").cast(pl.String) == "themes"
    )
    if shares.is_empty():
        return ""
    interviews = account.study.interviews
    sizes = shares.unique("speaker_group").select(
        pl.col("speaker_group").cast(pl.String), "n_speaker_group"
    )
    sizes = sizes.sort("n_speaker_group", "speaker_group", descending=[True, False])
    named = [f"{lowered(interviews.group_name(group))} ({n})" for group, n in sizes.iter_rows()]
    largest = shares.filter(pl.col("n_speaker_group") == shares["n_speaker_group"].max())
    widths = sorted((largest["high"] - largest["low"]).to_list())
    width = points(widths[len(widths) // 2]).lstrip("+")
    first = f"Passages that report an interview, by group: {listed(named)}. "
    middle = (
        f"in the largest group the interval of a theme’s share is typically {width} points wide"
    )
    differ = [
        f"{lowered(interviews.group_name(str(row['speaker_group'])))} on "
        f"{account.theme(row['label'])} "
        f"({row['n']} of {row['n_speaker_group']})"
        for row in shares.iter_rows(named=True)
        if account.settings.compare.is_decided(row["q_value"])
    ]
    if differ:
        return (
            f"{first}What differs from the other groups beyond chance: {listed(differ)}; {middle}."
        )
    return (
        f"{first}No group differs from the others in any theme beyond chance; even "
        f"{middle}, so the groups cannot be told apart by theme."
    )
