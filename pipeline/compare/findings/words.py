"""What was found, on half a page of plain words that change with the figures.

Every figure stands beside what chance gives or with its interval, and every outcome has words of
its own: agreement or none, a gap either way or none. A part that could not be computed says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.compare.findings.gap import gap_words, link_words, speaker_words
from pipeline.compare.material import Findings, Material
from pipeline.compare.structure.agreement import RANDOM, TOPICS
from pipeline.run.settings import CompareSettings
from pipeline.run.tables.compare import AGREEMENT, EXPLANATION, RECOVERY
from pipeline.run.wording import count, counted, decimal, listed, p_text

MEASURE = "adjusted_mutual_information"
SIZES = ((0.1, "slight"), (0.3, "weak"), (0.6, "moderate"), (1.01, "strong"))
"""What adjusted mutual information below each bound is called; our words, fixed beforehand."""

_NAMED = 3
"""Topics that a sentence names."""

CAVEAT = (
    "There is one article; its 31 interviewees were chosen for their experience and speak through "
    "an author who arranges them for an argument; the codes are ours, not the author’s, and were "
    "written after reading the article. A resolution does not judge its own effect and an "
    "interviewee does not authorise a mandate: what is rare on one side may be taken for granted "
    "there. Nothing here says what missions do, how often a thing happens, or what practitioners "
    "at large think."
)


@dataclass(frozen=True)
class Words:
    """One paragraph: what it is about, and what it says."""

    about: str
    text: str


def plain_words(
    findings: Findings, material: Material, settings: CompareSettings
) -> tuple[Words, ...]:
    """The half-page, in the order in which it is read."""
    parts: Sequence[tuple[str, str, Callable[[], str]]] = (
        (
            "The same structure?",
            "topics and codes (article)",
            lambda: agreement_words(findings, settings),
        ),
        (
            "Which themes, which topics",
            "topics and codes (article)",
            lambda: theme_words(findings, material),
        ),
        ("Policy and practice", "gap", lambda: gap_words(findings, material, settings)),
        ("Speaker groups", "speaker_groups", lambda: speaker_words(findings, material, settings)),
        ("The article’s sources", "links", lambda: link_words(findings)),
    )
    found = [
        Words(about, write() or f"Not computed: {_reason(findings, part)}.")
        for about, part, write in parts
    ]
    return (*found, Words("Limits", CAVEAT))


def _reason(findings: Findings, part: str) -> str:
    return findings.not_computed.get(part, "there was not enough material")


def as_markdown(words: Sequence[Words]) -> str:
    """The half-page as a file."""
    lines = ["# What was found", *(f"**{each.about}** {each.text}" for each in words)]
    return "\n\n".join(lines) + "\n"


def agreement_words(findings: Findings, settings: CompareSettings) -> str:
    """The figure declared beforehand, against chance and against other ways of grouping."""
    rows = findings.frame(AGREEMENT).filter(
        (pl.col("passages") == "article")
        & (pl.col("reference") == "codes")
        & (pl.col("measure") == MEASURE)
        & pl.col("outliers")
    )
    by_candidate = {row["candidate"]: row for row in rows.iter_rows(named=True)}
    topics = by_candidate.pop(TOPICS, None)
    if topics is None or topics["value"] is None:
        return ""
    by_candidate.pop(RANDOM, None)
    sentences = [_declared(topics, settings), *_beside(topics, list(by_candidate.values()))]
    return " ".join(filter(None, sentences))


def _declared(row: Mapping[str, Any], settings: CompareSettings) -> str:
    level = 1 - settings.confidence
    tested = {
        "shuffled freely": row["p_value"],
        "shuffled within sections": row["within_p_value"],
        "moved along the text": row["shifted_p_value"],
    }
    known = {name: value for name, value in tested.items() if value is not None}
    beyond = bool(known) and max(known.values()) <= level
    interval = "" if row["low"] is None else f", {_percent(settings.confidence)} interval "
    interval += "" if row["low"] is None else f"{decimal(row['low'])} to {decimal(row['high'])}"
    chance = ", ".join(f"{name} p = {p_text(value)}" for name, value in known.items())
    chance = chance.replace("= <", "<")
    verdict = (
        f"agree beyond chance, and the agreement is {size_word(row['value'])}"
        if beyond
        else "do not agree beyond what chance allows"
    )
    return (
        f"On the {count(row['n_passages'])} passages of the article that carry a hand-coded theme, "
        f"the {counted(row['n_groups'], 'topic')} that the machine puts them in and the "
        f"{counted(row['n_themes'], 'theme')} {verdict}: adjusted mutual information "
        f"{decimal(row['value'])}{interval}, where 1 is the same structure and 0 is chance "
        f"(topics {chance})."
    )


def size_word(value: float) -> str:
    """Slight, weak, moderate or strong."""
    return next(word for bound, word in SIZES if value < bound)


def _beside(row: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Other groupings of the same passages that come nearer to the codes, or less near."""
    known = sorted(
        (each for each in others if each["value"] is not None),
        key=lambda each: (-each["value"], each["candidate"]),
    )
    if not known:
        return
    nearer = [each for each in known if each["value"] > row["value"]]
    if not nearer:
        yield "No other way of grouping the same passages that was tried comes nearer to the codes."
        return
    named = listed([f"{each['candidate']} ({decimal(each['value'])})" for each in nearer])
    yield (
        f"Of {len(known)} other ways of grouping the same passages, {len(nearer)} "
        f"{'comes' if len(nearer) == 1 else 'come'} nearer to the codes: {named}."
    )
    if row["high"] is not None:
        above = [each["candidate"] for each in nearer if each["value"] > row["high"]]
        yield (
            f"Above the interval of the topics {'lies' if len(above) == 1 else 'lie'} "
            f"{listed(above)}."
            if above
            else "None of these lies above the interval of the topics."
        )


def theme_words(findings: Findings, material: Material) -> str:
    """Themes that topics recover and miss, topics that no theme explains."""
    sentences = [
        _recovered(findings, material, "article", "Of the article’s hand-coded themes"),
        _recovered(findings, material, "un", "Of the themes coded in UN documents"),
        _unexplained(findings),
    ]
    return " ".join(filter(None, sentences))


def _recovered(findings: Findings, material: Material, passages: str, which: str) -> str:
    tested = (
        findings.frame(RECOVERY)
        .filter((pl.col("passages") == passages) & (pl.col("reference") == "codes"))
        .drop_nulls("q_value")
    )
    if tested.is_empty():
        return ""
    found = tested.filter("recovered").sort("f1", "theme_id", descending=[True, False])
    missed = tested.filter(~pl.col("recovered")).sort(
        "support", "theme_id", descending=[True, False]
    )
    names = _themes(material, found["theme_id"].to_list())
    first = f"{which} that enough passages carry, topics recover {found.height} of {tested.height}"
    first += f" ({names})" if found.height else ", so none can be read off the topics by itself"
    if missed.is_empty():
        return f"{first}."
    often = _themes(material, missed["theme_id"].head(2).to_list())
    noun = "the one missed is" if missed.height == 1 else "the most frequent that they miss are"
    return f"{first}; {noun} {often}."


def _unexplained(findings: Findings) -> str:
    """Topics without a theme of their own, where there are passages enough to say so.

    By the classifier's themes, which thousands of passages carry; by hand codes a topic has so few
    passages that its silence says nothing.
    """
    rows = findings.frame(EXPLANATION).filter(
        (pl.col("reference") == "classifier") & (pl.col("n_topic") > 0)
    )
    if rows.is_empty():
        return "Which topics no theme explains cannot be said from so few hand-coded passages."
    alone = rows.filter(~pl.col("explained")).sort("n_topic", "topic_id", descending=[True, False])
    if alone.is_empty():
        return "Every topic holds some theme, as classified, more often than by chance."
    named = listed(
        [
            f"“{label}” ({counted(n, 'passage')})"
            for label, n in alone.head(_NAMED).select("label", "n_topic").iter_rows()
        ]
    )
    return (
        f"In {alone.height} of {rows.height} topics no theme, as classified, is more frequent than "
        f"by chance; of what the machine sees and the article does not name, the largest "
        f"{'is' if alone.height == 1 else 'are'} {named}."
    )


def _themes(material: Material, theme_ids: Sequence[str]) -> str:
    name_of = {theme.theme_id: theme.name for theme in material.codebook.themes}
    return listed([f"“{name_of.get(each, each)}”" for each in theme_ids])


def _percent(confidence: float) -> str:
    return f"{100 * confidence:g}%"
