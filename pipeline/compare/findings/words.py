"""What was found, in plain words that change with the figures: in short, and on half a page.

Every figure stands beside what chance gives or with its interval, and every outcome has words of
its own: agreement or none, a gap either way or none. A part that could not be computed says why.
What is beyond chance is asked of p- and q-values (`CompareSettings`), never of rounded figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from pipeline.compare.findings.gap import gap_in_short, gap_words, link_words
from pipeline.compare.findings.sides import sides_words, speaker_words
from pipeline.compare.material import Account, Phrase, Words
from pipeline.compare.structure.agreement import RANDOM, TOPICS
from pipeline.run.settings import CompareSettings
from pipeline.run.tables.compare import AGREEMENT, EXPLANATION, RECOVERY
from pipeline.run.tables.topics import OUTLIER
from pipeline.run.wording import (
    count,
    counted,
    decimal,
    grouping_name,
    listed,
    lowered,
    p_text,
    passages_link,
)
from pipeline.study.sets import CodedSet

MEASURE = "adjusted_mutual_information"
SIZES = ((0.1, "slight"), (0.3, "weak"), (0.6, "moderate"), (1.01, "strong"))
"""What adjusted mutual information below each bound is called; our words, fixed beforehand."""

_UNKNOWN = "there was not enough material"
_NAMED = 3
"""Topics that a sentence names."""

_MEAN, _CODER = "macro", "coder"
"""Rows of the evaluation: the mean of the learnable themes, and one coding against another."""

Row = Mapping[str, Any]


def plain_words(account: Account) -> tuple[Words, ...]:
    """The short sentences, then the half-page, in the order in which they are read."""
    structure = f"topics and codes ({account.study.article_set_id})"
    further = [side.name for side in account.study.further_sides]
    parts: Sequence[tuple[str, str, Callable[[Account], str]]] = (
        ("The same structure?", structure, agreement_words),
        ("Which themes, which topics", structure, theme_words),
        (" and ".join(account.study.side_names).capitalize(), "gap", gap_words),
        (listed(further).capitalize(), "sides", sides_words),
        ("Speaker groups", "speaker_groups", speaker_words),
        ("Sources", "links", link_words),
    )
    is_of_study = {"gap": account.study.compares, "sides": bool(further)}
    is_of_study["speaker_groups"] = account.study.has_interviews
    why = account.findings.not_computed
    long = [
        (about, write(account) or f"Not computed: {why.get(part, _UNKNOWN)}.")
        for about, part, write in parts
        if is_of_study.get(part, True)
    ]
    if account.study.caveats:
        long.append(("Limits", " ".join(account.study.caveats)))
    return (
        *(Words("", pieces) for pieces in in_short(account)),
        *(Words(about, (Phrase(text),)) for about, text in long),
    )


def in_short(account: Account) -> tuple[tuple[Phrase, ...], ...]:
    """At most six sentences with links to what is behind their figures."""
    who = (Phrase(account.who.sentence),) if account.who.sentence else ()
    structure = (topics_in_short, agreement_in_short, classifier_in_short)
    found = [*gap_in_short(account), *(tuple(write(account)) for write in structure), who]
    return tuple(pieces for pieces in found if pieces)


def topics_in_short(account: Account) -> Iterator[Phrase]:
    """How many topics, the largest, and what fits none."""
    topics, assignments = account.topics, account.assignments
    if topics.is_empty() or assignments.is_empty():
        return
    outliers = assignments.filter(pl.col("topic_id") == OUTLIER).height
    largest = topics.sort(["n_passages", "topic_id"], descending=[True, False]).row(0, named=True)
    yield Phrase(
        f"Left to itself, the machine sorts {counted(assignments.height, 'passage')} into "
    )
    yield Phrase(counted(topics.height, "topic"), "#topics")
    yield Phrase(f" of passages that say similar things; the largest is “{largest['label']}” with ")
    link = passages_link(topic=largest["topic_id"])
    yield Phrase(counted(largest["n_passages"], "passage"), link)
    if outliers:
        yield Phrase(", and ")
        yield Phrase(count(outliers), passages_link(topic=OUTLIER))
    each = ". Every passage is put into a topic, however poorly it fits."
    yield Phrase(" of the passages fit no topic." if outliers else each)


def classifier_in_short(account: Account) -> Iterator[Phrase]:
    """The mean F1 on each coded set, beside one coding against another."""
    f1 = account.evaluation.filter(
        (pl.col("theme_id") == _MEAN) & (pl.col("measure").cast(pl.String) == "f1")
    )
    score = {(str(row["setting"]), row["model"]): row for row in f1.iter_rows(named=True)}
    model = account.settings.themes.model
    judged = [one for one in account.study.judged_sets if (one.id, model) in score]
    if not judged:
        return
    yield Phrase(
        "The classifier makes errors. Its mean F1, which is 1 when every passage on a theme is "
        "found and nothing else, is "
    )
    for place, one in enumerate(judged):
        yield Phrase("" if not place else " and " if one is judged[-1] else ", ")
        yield Phrase(decimal(score[one.id, model]["value"]), f"#themes-{one.id}")
        yield Phrase(f" on {lowered(one.name)}")
    others = [score[one.id, _CODER] for one in judged if (one.id, _CODER) in score]
    if others:
        reached = listed([decimal(each["value"]) for each in others])
        yield Phrase(f"; {account.who.one_against_another} reaches {reached}")
    yield Phrase(".")


def _declared(account: Account) -> tuple[Row | None, list[Row]]:
    """The figure that was declared beforehand (see tables.Agreement), and other groupings."""
    rows = account.findings.frame(AGREEMENT).filter(
        (pl.col("passages") == account.study.article_set_id)
        & (pl.col("reference") == "codes")
        & (pl.col("measure") == MEASURE)
        & pl.col("outliers")
    )
    by_candidate = {row["candidate"]: row for row in rows.iter_rows(named=True)}
    topics = by_candidate.pop(TOPICS, None)
    by_candidate.pop(RANDOM, None)
    return (topics if topics and topics["value"] is not None else None), [*by_candidate.values()]


_LEVELS = {
    "": ("shuffled freely", "no more than chance allows"),
    "within_": (
        "shuffled within sections",
        "more than freely shuffled groups, but no more than groups shuffled within sections",
    ),
    "shifted_": (
        "moved along the text",
        "more than shuffled groups, but no more than groups that merely run along the text",
    ),
}
"""Levels of chance, the weakest first: what is done to the topics, and what is said on failing."""
_EXPLAINED = {
    "within sections": "the section that a passage stands in may explain it",
    "along the text": "the order of the text alone may explain it",
}
"""What may explain an agreement, by the end of what is said on failing."""


def _not_passed(row: Row, settings: CompareSettings) -> list[str]:
    """What is said of each level of chance that the figure does not pass."""
    if row["p_value"] is None:
        return [_LEVELS[""][1]]
    return [
        verdict
        for level, (_, verdict) in _LEVELS.items()
        if row[f"{level}p_value"] is not None
        and not settings.is_beyond_chance(row[f"{level}p_value"])
    ]


def agreement_in_short(account: Account) -> Iterator[Phrase]:
    """The declared figure against every level of chance, and the themes recovered."""
    row, _ = _declared(account)
    if row is None:
        return
    verdict = next(iter(_not_passed(row, account.settings.compare)), "more than chance allows")
    why = next((f", so {one}" for end, one in _EXPLAINED.items() if verdict.endswith(end)), "")
    yield Phrase(
        f"In {account.study.coded_texts}, these topics and the coded themes agree {verdict}{why}."
        " On a scale on which 0 is chance and 1 is the same groups (adjusted mutual information), "
        "their agreement is "
    )
    yield Phrase(decimal(row["value"]), "#compare-agreement")
    if row["low"] is not None:
        level = f"{100 * account.settings.compare.confidence:g}%"
        yield Phrase(f", {level} interval {decimal(row['low'])} to {decimal(row['high'])}")
    tops = [(done, row[f"{level}chance_high"]) for level, (done, _) in _LEVELS.items()]
    below = listed([f"{decimal(top)} when {done}" for done, top in tops if top is not None])
    chance = f"; groups made by chance stay, in 95 of 100 tries, below {below}"
    yield Phrase(f"{chance if below else ''}.")
    set_id = account.study.article_set_id
    tested = _tested(account, set_id)
    if tested.is_empty():
        return
    n, link = int(tested["recovered"].sum()), f"#compare-recovery-{set_id}"
    yield Phrase(" Of the themes that enough passages carry, topics pick out " if n else " For ")
    yield Phrase(f"{n or 'none'} of {tested.height}" + ("" if n else " themes"), link)
    none = " that enough passages carry can a match with topics be told from chance."
    yield Phrase(" better than chance." if n else none)


def agreement_words(account: Account) -> str:
    """The figure declared beforehand, against chance and against other ways of grouping."""
    topics, others = _declared(account)
    if topics is None:
        return ""
    return " ".join([_agreement(topics, account), *_beside(topics, others)])


def _agreement(row: Row, account: Account) -> str:
    settings = account.settings.compare
    p_values = {done: row[f"{level}p_value"] for level, (done, _) in _LEVELS.items()}
    ends = f"{decimal(row['low'])} to {decimal(row['high'])}"
    level = f"{100 * settings.confidence:g}%"
    interval = "" if row["low"] is None else f", {level} interval {ends}"
    chance = ", ".join(f"{done} p = {p_text(p)}" for done, p in p_values.items() if p is not None)
    chance = chance.replace("= <", "<")
    failed = next(iter(_not_passed(row, settings)), "")
    size = size_word(row["value"])
    verdict = f"agree {failed}" if failed else f"agree beyond chance, and the agreement is {size}"
    return (
        f"On the {count(row['n_passages'])} passages of {account.study.coded_texts} that carry a "
        f"coded theme, the {counted(row['n_groups'], 'topic')} that the machine puts them in "
        f"and the {counted(row['n_themes'], 'theme')} {verdict}: adjusted mutual information "
        f"{decimal(row['value'])}{interval}, where 1 is the same structure and 0 is chance "
        f"(topics {chance})."
    )


def size_word(value: float) -> str:
    """Slight, weak, moderate or strong."""
    return next(word for bound, word in SIZES if value < bound)


def _beside(row: Row, others: Sequence[Row]) -> Iterator[str]:
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
    named = "; ".join(f"{_group(each)}, at {decimal(each['value'])}" for each in nearer)
    come = "comes" if len(nearer) == 1 else "come"
    ways = f"Of {len(known)} other ways of grouping the same passages, {len(nearer)} {come}"
    yield f"{ways} nearer to the codes: {named}."
    if row["high"] is not None:
        above = [_group(each) for each in nearer if each["value"] > row["high"]]
        yield (
            f"Above the interval of the topics {'lies' if len(above) == 1 else 'lie'} "
            f"{listed(above)}."
            if above
            else "None of these lies above the interval of the topics."
        )


def _group(row: Row) -> str:
    return grouping_name(row["candidate"])


def theme_words(account: Account) -> str:
    """Themes that topics recover and miss, topics that no theme explains."""
    by_set = [_recovered(account, one) for one in account.study.coded_sets]
    return " ".join(filter(None, [*by_set, _unexplained(account)]))


def _tested(account: Account, passages: str) -> pl.DataFrame:
    """Recovery of the coded themes that enough passages carry."""
    recovery = account.findings.frame(RECOVERY)
    of_passages = (pl.col("passages") == passages) & (pl.col("reference") == "codes")
    return recovery.filter(of_passages).drop_nulls("q_value")


def _recovered(account: Account, coded: CodedSet) -> str:
    tested = _tested(account, coded.id)
    place = account.study.coded_texts if coded.unit == "sentence" else lowered(coded.name)
    which = f"Of the themes coded in {place}"
    if tested.is_empty():
        return ""
    found = tested.filter("recovered").sort("f1", "theme_id", descending=[True, False])
    missed = tested.filter(~pl.col("recovered")).sort(
        "support", "theme_id", descending=[True, False]
    )
    names = listed([account.theme(each) for each in found["theme_id"]])
    n = f"{found.height or 'none'} of {tested.height}"
    first = f"{which} that enough passages carry, topics recover {n}"
    first += f" ({names})" if found.height else ", so none can be read off the topics by itself"
    if missed.is_empty():
        return f"{first}."
    often = listed([account.theme(each) for each in missed["theme_id"].head(2)])
    noun = "the one missed is" if missed.height == 1 else "the most frequent that they miss are"
    return f"{first}; {noun} {often}."


def _unexplained(account: Account) -> str:
    """Topics without a theme of their own, where there are passages enough to say so.

    By the classifier's themes, which thousands of passages carry; by the codes a topic has so few
    passages that its silence says nothing.
    """
    rows = account.findings.frame(EXPLANATION).filter(
        (pl.col("reference") == "classifier") & (pl.col("n_topic") > 0)
    )
    if rows.is_empty():
        return "Which topics no theme explains cannot be said from so few coded passages."
    alone = rows.filter(~pl.col("explained")).sort("n_topic", "topic_id", descending=[True, False])
    if alone.is_empty():
        return "Every topic holds some theme, as classified, more often than by chance."
    largest = alone.head(_NAMED).select("label", "n_topic").iter_rows()
    named = listed([f"“{label}” with {counted(n, 'passage')}" for label, n in largest])
    n, n_sets = rows["topic_id"].n_unique(), rows["passages"].n_unique()
    pairs = f"pairs of a topic and a set of passages ({counted(n, 'topic')}, {n_sets} sets)"
    return (
        f"In {alone.height} of {rows.height} {'topics' if n_sets == 1 else pairs} no theme, as "
        f"classified, is more frequent than by chance, or passages are too few to tell; of what "
        "the machine sees and the codebook does not name, the largest "
        f"{'is' if alone.height == 1 else 'are'} {named}."
    )
