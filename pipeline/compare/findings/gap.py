"""The gap, the speaker_groups and the links in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.compare.gap.sensitivity import PARTS
from pipeline.compare.material import Findings, Material
from pipeline.run.settings import CompareSettings
from pipeline.run.tables.compare import CITATIONS, GAP, GAP_SENSITIVITY, QUOTATIONS, SPEAKER_SHARES
from pipeline.run.wording import count, counted, listed, percent, points

POLICY_SIDE, INTERVIEW_SIDE = "more in policy", "more in interviews"
_NAMED = 3
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

_SPEAKERS = {
    "military": "military",
    "un_civilian": "UN civilians",
    "ngo": "NGOs",
    "government": "governments",
    "police": "police",
    "anonymous": "anonymous",
}
"""Speaker groups of SPEAKER_GROUPS."""

Row = Mapping[str, Any]


def gap_words(findings: Findings, material: Material, settings: CompareSettings) -> str:
    """Parts of all that is said first, because they do not lean to the article."""
    gap = findings.frame(GAP)
    if gap.is_empty():
        return ""
    if gap["difference"].null_count() == gap.height:
        reason = findings.not_computed.get("gap, policy side", "no share could be corrected")
        return f"Not computed: {reason}."
    rows = [row for row in gap.iter_rows(named=True) if row["difference"] is not None]
    name_of = {theme.theme_id: theme.name for theme in material.codebook.themes}
    sentences = [
        _sides(rows, name_of, settings),
        _passages(rows, name_of),
        _other_ways(findings.frame(GAP_SENSITIVITY), rows, name_of),
    ]
    return " ".join(filter(None, sentences))


def _sides(rows: Sequence[Row], name_of: Mapping[str, str], settings: CompareSettings) -> str:
    known = [row for row in rows if row["part_difference"] is not None]
    if not known:
        return ""
    first = known[0]
    said = [
        f"the {place} give more room to {_named(known, direction, name_of)}"
        for direction, place in ((POLICY_SIDE, "mandates"), (INTERVIEW_SIDE, "interviews"))
        if any(row["part_direction"] == direction for row in known)
    ]
    undecided = sum(row["part_direction"] == "undecided" for row in known)
    opening = (
        f"Of all that each side says of {counted(len(known), 'theme')} "
        f"({count(max(row['n_policy'] for row in known))} policy passages, "
        f"{count(max(row['n_policy_coded'] for row in known))} of their paragraphs coded by hand; "
        f"{count(first['n_interviews'])} interview passages in {count(first['n_paragraphs'])} "
        f"paragraphs; {100 * settings.confidence:g}% intervals), "
    )
    if not said:
        return f"{opening}no theme takes more room on one side than chance allows."
    rest = (
        f"; for the other {undecided} no difference is decided (false discovery rate "
        f"{settings.false_discovery_rate:g})"
        if undecided
        else ""
    )
    return f"{opening}{', and '.join(said)}{rest}."


def _named(rows: Sequence[Row], direction: str, name_of: Mapping[str, str]) -> str:
    sign = 1 if direction == POLICY_SIDE else -1
    decided = sorted(
        (row for row in rows if row["part_direction"] == direction),
        key=lambda row: (-sign * row["part_difference"], row["theme_id"]),
    )
    named = [
        f"“{name_of[row['theme_id']]}” ({percent(row['policy_part'])} against "
        f"{percent(row['interviews_part'])}; {points(row['part_difference'])} points, "
        f"{points(row['part_low'])} to {points(row['part_high'])})"
        for row in decided[:_NAMED]
    ]
    more = len(decided) - len(named)
    return listed([*named, *([f"{more} more"] if more else [])])


def _passages(rows: Sequence[Row], name_of: Mapping[str, str]) -> str:
    """The other question, which the codebook decides in part."""
    sides = {
        direction: [row for row in rows if row["direction"] == direction]
        for direction in (POLICY_SIDE, INTERVIEW_SIDE)
    }
    n_policy, n_interviews = (len(each) for each in sides.values())
    if not n_policy and not n_interviews:
        return "Counted by passages, no theme differs between the two sides beyond chance."
    widest = max(
        (row for each in sides.values() for row in each),
        key=lambda row: (abs(row["difference"]), row["theme_id"]),
    )
    return (
        f"Counted by passages, {_some(n_interviews)} in more of the interviews and "
        f"{_some(n_policy)} in more of policy; the widest gap is “{name_of[widest['theme_id']]}”, "
        f"in {percent(widest['policy'])} of policy passages and {percent(widest['interviews'])} of "
        "interview passages. That count leans to the interviews, because the codebook was made "
        "from the article."
    )


def _some(n: int) -> str:
    if not n:
        return "no theme is"
    return f"{counted(n, 'theme')} {'is' if n == 1 else 'are'}"


def _other_ways(sensitivity: pl.DataFrame, rows: Sequence[Row], name_of: Mapping[str, str]) -> str:
    """How often each decided part keeps its sign, and stays decided, in the other ways."""
    decided = {
        row["theme_id"]: row
        for row in rows
        if row["part_direction"] in (POLICY_SIDE, INTERVIEW_SIDE)
    }
    ways = sensitivity.filter(
        pl.col("basis").str.starts_with(PARTS) & pl.col("theme_id").is_in(list(decided))
    ).drop_nulls("difference")
    if not decided or ways.is_empty():
        return ""
    n = ways["basis"].n_unique()
    names = sorted(basis.removeprefix(f"{PARTS}, ") for basis in set(ways["basis"]))
    kept: list[str] = []
    lost: list[str] = []
    firm: list[str] = []
    for theme_id, row in decided.items():
        sign = 1 if row["part_difference"] > 0 else -1
        same = ways.filter((pl.col("theme_id") == theme_id) & (pl.col("difference").sign() == sign))
        again = same.filter(pl.col("direction").cast(pl.String) == row["part_direction"])
        name = f"“{name_of[theme_id]}”"
        (kept if same.height == n else lost).append(name)
        firm += [name] if 2 * again.height > n else []
    keeps = f"{listed(kept)} {_keep(kept)} in each" if kept else "no theme keeps its side in each"
    loses = f" and {listed(lost)} {_do(lost)} not" if kept and lost else ""
    again_in_most = f"decided again in most: {listed(firm)}" if firm else "none is decided in most"
    ways_named = f"{counted(n, 'other way')} ({'; '.join(names)})"
    return f"Measured in {ways_named}, {keeps}{loses}; {again_in_most}."


def _do(names: Sequence[str]) -> str:
    return "does" if len(names) == 1 else "do"


def _keep(names: Sequence[str]) -> str:
    return "keeps its side" if len(names) == 1 else "keep their side"


def speaker_words(findings: Findings, material: Material, settings: CompareSettings) -> str:
    """Who speaks of what, and how little the passages can bear."""
    shares = findings.frame(SPEAKER_SHARES).filter(pl.col("labels").cast(pl.String) == "themes")
    if shares.is_empty():
        return ""
    name_of = {theme.theme_id: theme.name for theme in material.codebook.themes}
    sizes = shares.unique("speaker_group").select(
        pl.col("speaker_group").cast(pl.String), "n_speaker_group"
    )
    sizes = sizes.sort("n_speaker_group", "speaker_group", descending=[True, False])
    named = listed([f"{_SPEAKERS[speaker_group]} ({n})" for speaker_group, n in sizes.iter_rows()])
    differ = shares.filter(pl.col("q_value") <= settings.false_discovery_rate)
    largest = shares.filter(pl.col("n_speaker_group") == shares["n_speaker_group"].max())
    widths = sorted((largest["high"] - largest["low"]).to_list())
    width = points(widths[len(widths) // 2]).lstrip("+")
    first = f"Passages that report an interview, by group: {named}. "
    middle = (
        f"in the largest group the interval of a theme’s share is typically {width} points wide"
    )
    if differ.is_empty():
        return (
            f"{first}No group differs from the others in any theme beyond chance; even "
            f"{middle}, so the article cannot tell its speaker_groups apart by theme."
        )
    pairs = listed(
        [
            f"{_SPEAKERS[speaker_group]} on “{name_of.get(label, label)}” "
            f"({n} of {n_speaker_group})"
            for speaker_group, label, n, n_speaker_group in differ.select(
                pl.col("speaker_group").cast(pl.String), "label", "n", "n_speaker_group"
            ).iter_rows()
        ]
    )
    return f"{first}What differs from the other speaker_groups beyond chance: {pairs}; {middle}."


def link_words(findings: Findings) -> str:
    """Citations resolved, quotations found."""
    cited, quoted = findings.frame(CITATIONS), findings.frame(QUOTATIONS)
    if cited.is_empty():
        return ""
    held = cited.filter(pl.col("status").cast(pl.String) == "in the corpus").height
    first = (
        f"The article cites UN documents in {counted(cited.height, 'place')}; {held or 'none'} "
        f"{'lead' if held > 1 else 'leads'} to a document that was read."
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
