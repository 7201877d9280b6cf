"""Further sides of documents, and speaker groups, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.compare.gap.gap import PARTS, PASSAGES
from pipeline.compare.gap.sides import CORRECTED, drawn_kinds
from pipeline.compare.material import Account, Phrase
from pipeline.run.tables.compare import GAP_SIDES, SPEAKER_SHARES
from pipeline.run.wording import counted, kind_name, listed, lowered, p_text, points
from pipeline.study.sets import Side
from pipeline.study.study import ALL, Study

_NAMED = 3
"""Themes that a sentence names of each side."""

_MUCH = "Only {}."
"""How much of a side was read."""


def sides_in_short(account: Account) -> Iterator[tuple[Phrase, ...]]:
    """What each further side of documents says that the first does not, and how much there is."""
    first, interviews = account.study.document_side, account.study.interview_side
    if first is None or interviews is None:
        return
    parts = _corrected(account, PARTS)
    for side in account.study.further_sides:
        between = _between(parts, first.id, side.id)
        if between["difference"].is_null().all():
            continue
        more, less = (between.filter(pl.col("larger") == one.id) for one in (side, first))
        nearest = _nearest_to_it(account, between, side)
        which = f" beyond chance; {nearest}" if nearest else " beyond chance"
        if more.height:
            which = f", {_named_parts(account, more)}"
        if less.height:
            which += f", and less to {_named_parts(account, less)}"
        there_is = account.findings.there_is.get(side.name)
        yield (
            Phrase(f"{side.name.capitalize()} give more room than {first.name} to "),
            Phrase(counted(more.height, "theme") if more.height else "no theme", f"#gap-{side.id}"),
            Phrase(f"{which}. {_nearer(account, first, side, interviews, in_full=False)}"),
            Phrase(f" {_MUCH.format(there_is)}" if there_is else ""),
        )


def sides_words(account: Account) -> str:
    """What further sides of documents say that the first does not, and whom they are nearer to."""
    first, interviews = account.study.document_side, account.study.interview_side
    if _corrected(account, PARTS).is_empty() or first is None or interviews is None:
        return ""
    said = [_further(account, first, side, interviews) for side in account.study.further_sides]
    return " ".join(sentence for sentences in said for sentence in sentences if sentence)


def _corrected(account: Account, question: str) -> pl.DataFrame:
    """Corrected shares or parts of what is said, over all missions."""
    sides = account.findings.frame(GAP_SIDES)
    of_question = pl.col("question").cast(pl.String) == question
    return sides.filter(of_question & (pl.col("basis") == CORRECTED) & (pl.col("mission") == ALL))


def _further(account: Account, first: Side, side: Side, interviews: Side) -> Iterator[str]:
    parts = _corrected(account, PARTS)
    between = _between(parts, first.id, side.id)
    if between["difference"].null_count() == between.height:
        yield f"For {side.name} no share is known."
    else:
        yield _leans(account, between, side, first)
        yield _in_other_ways(account, between, first, side)
        nearest = _nearest_to_it(account, between, side)
        if between.filter(pl.col("larger") == side.id).is_empty() and nearest:
            yield f"Of themes with more room in {side.name} {nearest}."
        yield _leans(account, _between(parts, side.id, interviews.id), side, interviews)
        yield _nearer(account, first, side, interviews, in_full=True)
    there_is = account.findings.there_is.get(side.name)
    if there_is:
        yield _MUCH.format(there_is)


def _leans(account: Account, between: pl.DataFrame, side: Side, other: Side) -> str:
    """Which themes take more room on one of two sides, by how many points."""
    leans = [
        f"{here.name} give more room than {there.name} to "
        f"{_named_parts(account, rows, in_full=True)}"
        for here, there in ((side, other), (other, side))
        if not (rows := between.filter(pl.col("larger") == here.id)).is_empty()
    ]
    if not leans:
        return f"No theme takes more room in {side.name} or in {other.name} than chance allows."
    return f"Of all that each side says of these themes, {'; '.join(leans)}."


def _between(parts: pl.DataFrame, one: str, other: str) -> pl.DataFrame:
    """Rows of two sides, whichever is named first."""
    both = pl.col("side").is_in([one, other]) & pl.col("other").is_in([one, other])
    return parts.filter(both)


def _named_parts(account: Account, rows: pl.DataFrame, in_full: bool = False) -> str:
    """The widest differences, with ``in_full`` in points and with their intervals."""
    widest = rows.sort(-pl.col("difference").abs(), "theme_id")
    named = [
        account.theme(row["theme_id"]) + (f" by {_points(row)}" if in_full else "")
        for row in widest.head(_NAMED).iter_rows(named=True)
    ]
    more = widest.height - len(named)
    join = ", to ".join if in_full else listed
    return join([*named, *([f"{more} more"] if more else [])])


def _nearest_to_it(account: Account, between: pl.DataFrame, side: Side) -> str:
    """Where nothing is decided, what comes nearest to being more on this side."""
    sign = pl.when(pl.col("side") == side.id).then(1).otherwise(-1)
    more = between.filter(pl.col("difference") * sign > 0).sort("p_value", "theme_id")
    if more.is_empty():
        return ""
    row = more.row(0, named=True)
    said = f"{_points(row)}; q {p_text(row['q_value'])}"
    return f"{account.theme(row['theme_id'])} comes nearest to being decided ({said})"


def _points(row: Mapping[str, Any]) -> str:
    """A difference as large as it is, whichever of the two sides is named first."""
    return points_more(row["difference"], row["low"], row["high"])


def points_more(by: float, low: float, high: float) -> str:
    """A difference and its interval where the words say which way it goes: without plus signs.

    >>> points_more(-0.071, -0.14, -0.023)
    '7.1 points, 2.3 to 14'
    """
    ends = (by, low, high) if by > 0 else (-by, -high, -low)
    size, *rest = (points(one).lstrip("+") for one in ends)
    return f"{size} points, {' to '.join(rest)}"


def _in_other_ways(account: Account, between: pl.DataFrame, first: Side, side: Side) -> str:
    """How many decided differences go the same way in every other measure and on each mission."""
    decided = between.filter(pl.col("larger").is_in([first.id, side.id]))
    is_other = (pl.col("basis") != CORRECTED) | (pl.col("mission") != ALL)
    signs = decided.select("theme_id", sign=pl.col("difference").sign())
    kept = (
        _between(account.findings.frame(GAP_SIDES), first.id, side.id)
        .filter((pl.col("question").cast(pl.String) == "parts") & is_other)
        .join(signs, on="theme_id")
        .with_columns(kept=pl.col("difference").sign() == pl.col("sign"))
    )
    if kept.is_empty():
        return ""
    by_theme = kept.group_by("theme_id").agg(pl.col("kept").all())
    n, total = int(by_theme["kept"].sum()), decided.height
    ways = kept.filter(pl.col("basis") != CORRECTED)["basis"].unique(maintain_order=True)
    missions = kept.filter(pl.col("mission") != ALL)["mission"].unique(maintain_order=True)
    named = listed([*ways, *([f"{listed(missions.to_list())} apart"] if len(missions) else [])])
    which = {0: "none goes", total: f"all {total} go"}.get(
        n, f"{n} of {total} {'goes' if n == 1 else 'go'}"
    )
    if total == 1:
        which = "it goes" if n else "it does not go"
    elif n == total == 2:
        which = "both go"
    return f"Measured otherwise ({named}), {which} the same way every time."


def _nearer(account: Account, first: Side, side: Side, interviews: Side, in_full: bool) -> str:
    """On which of the themes that divide first side and interviews the other is nearer."""
    said = []
    for question, counted_by in ((PARTS, "parts of what is said"), (PASSAGES, "passages")):
        both = _between(_corrected(account, question), side.id, interviews.id)
        asked = both.drop_nulls("nearer")
        if both.is_empty() or both["difference"].is_null().all():
            continue
        n = asked.height
        apart = f"Counted by {counted_by}, {first.name} and {interviews.name} differ beyond "
        apart += f"chance on {counted(n, 'theme') if n else 'no theme'}"
        if not n:
            said.append(f"{apart}.")
            continue
        verdict = pl.col("nearer").cast(pl.String)
        to = f"{interviews.name} than {first.name} are"
        which = [
            f"on {_those(account, rows, asked, in_full, f'{side.name} are {how} {to}')}"
            for one, how in (("nearer", "nearer to"), ("further", "further from"))
            if (rows := asked.filter(verdict == one)).height
        ]
        on = f"on none of them are {side.name}" if n > 1 else f"on it {side.name} are not"
        none = f"{on} shown to be nearer to {to}"
        said.append(f"{apart}; {', and '.join(which) or none}.")
    return " ".join(said)


def _those(
    account: Account, rows: pl.DataFrame, asked: pl.DataFrame, in_full: bool, verdict: str
) -> str:
    """On how many of the themes a verdict holds, and on which; with ``in_full`` by how much."""
    widest = rows.sort(-pl.col("nearer_by").abs(), "theme_id").iter_rows(named=True)
    named = []
    for row in widest:
        by = points_more(row["nearer_by"], row["nearer_low"], row["nearer_high"])
        name = account.theme(row["theme_id"])
        named.append(f"{name}, by {by}" if in_full else name)
    of = f"{rows.height} of these themes" if asked.height > 1 else "it"
    return f"{of} {verdict}: {'; '.join(named) if in_full else listed(named)}"


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
    named = [f"{lowered(interviews.group_name(group))} {n}" for group, n in sizes.iter_rows()]
    largest = shares.filter(pl.col("n_speaker_group") == shares["n_speaker_group"].max())
    widths = sorted((largest["high"] - largest["low"]).to_list())
    width = points(widths[len(widths) // 2]).lstrip("+")
    first = f"Passages that report an interview, by group: {listed(named)}. "
    middle = (
        f"in the largest group the interval of a theme’s share is typically {width} points wide"
    )
    differ = [
        f"{lowered(interviews.group_name(str(row['speaker_group'])))} on "
        f"{account.theme(row['label'])}, {row['n']} of {row['n_speaker_group']} passages"
        for row in shares.iter_rows(named=True)
        if account.settings.compare.is_decided(row["q_value"])
    ]
    if differ:
        return (
            f"{first}What differs from the other groups beyond chance: {'; '.join(differ)}. For "
            f"scale, {middle}."
        )
    return (
        f"{first}No group differs from the others in any theme beyond chance; even "
        f"{middle}, so the groups cannot be told apart by theme."
    )


def what_is_missing(documents: pl.DataFrame, study: Study) -> dict[str, str]:
    """Of each further side of documents how much there is of it, by the name of the side.

    Missions are those that coded paragraphs are drawn from; years, those of all sides. Kinds from
    which nothing was drawn are counted apart, since no share is of them.
    """
    sides = [side for side in study.sides if side.documents]
    drawn = [one.population for one in study.sets_of("paragraph") if one.population]
    missions = list(dict.fromkeys(mission for one in drawn for mission in one.missions))
    years = [
        year
        for side in sides
        for year in _of_kinds(documents, side, drawn_kinds(study, side))["year"].drop_nulls()
    ]
    found = {}
    for side in sides[1:]:
        kinds = drawn_kinds(study, side)
        there = _of_kinds(documents, side, kinds).filter(_drawn_from(study, side))
        n_of = dict(there.drop_nulls("year").group_by("year").len().sort("year").iter_rows())
        most = max(n_of, key=n_of.__getitem__, default=None)
        on = set(there["missions"].explode().drop_nulls())
        without = [mission for mission in missions if mission not in on]
        span = range(min(years), max(years) + 1) if years else ()
        missing = [year for year in span if year not in n_of]
        all_of = len(n_of) == 1 and n_of[most] == there.height
        n_read = _of_kinds(documents, side, kinds).height
        read = f"{there.height} {side.name} were read"
        if n_read > there.height:
            read = f"{there.height} of {n_read} {side.name} that were read are compared"
        said = [f"{read}, all of {most}" if all_of else read]
        said += [f"{n_of[most]} of them of {most}"] if n_of and not all_of else []
        said += [f"none on {' or '.join(without)}"] if without else []
        said += [f"none of {listed(spans(missing))}"] if missing and n_of and not all_of else []
        found[side.name] = "; ".join([*said, *_left_out(documents, side, kinds)])
    return found


def _drawn_from(study: Study, side: Side) -> pl.Expr:
    """Documents that coded paragraphs of a side stand for, of the columns of documents."""
    drawn = [one.population for one in study.sets_of("paragraph") if one.population]
    kinds = drawn_kinds(study, side)
    return pl.any_horizontal(
        pl.lit(value=not drawn or not kinds),
        *(one.document_rows for one in drawn),
    )


def _left_out(documents: pl.DataFrame, side: Side, kinds: Sequence[str]) -> Iterator[str]:
    """Documents of kinds that no share is of."""
    for kind in side.documents.kinds if side.documents else ():
        n = _of_kinds(documents, side, [kind]).height
        if kind not in kinds and n:
            named = f"{n} {kind_name(kind, n)}"
            yield f"{named} besides, of which nothing was drawn to be coded, enter no share"


def _of_kinds(documents: pl.DataFrame, side: Side, kinds: Sequence[str]) -> pl.DataFrame:
    of_side = side.documents.rows if side.documents else pl.lit(value=False)
    return documents.filter(of_side & pl.col("kind").cast(pl.String).is_in(list(kinds)))


def spans(years: Sequence[int]) -> list[str]:
    """Years that follow each other as one span.

    >>> spans([2000, 2001, 2002, 2005])
    ['2000 to 2002', '2005']
    """
    found: list[list[int]] = []
    for year in years:
        if found and year == found[-1][-1] + 1:
            found[-1].append(year)
        else:
            found.append([year])
    return [f"{one[0]} to {one[-1]}" if len(one) > 1 else str(one[0]) for one in found]
