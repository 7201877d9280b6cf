"""The half-page says what the figures say, whichever way they fall."""

from functools import cache
from typing import Any

import polars as pl
import pytest

from pipeline.compare.findings.gap import gap_words, link_words
from pipeline.compare.findings.sides import sides_in_short, sides_words, speaker_words
from pipeline.compare.findings.words import (
    agreement_in_short,
    agreement_words,
    in_short,
    plain_words,
    theme_words,
)
from pipeline.compare.material import Account, Findings, as_markdown, as_table, empty
from pipeline.run.settings import Settings, load_settings
from pipeline.run.tables.compare import (
    AGREEMENT,
    CITATIONS,
    EXPLANATION,
    GAP,
    GAP_SENSITIVITY,
    GAP_SIDES,
    QUOTATIONS,
    RECOVERY,
    SPEAKER_SHARES,
)
from pipeline.run.tables.table import Table
from pipeline.run.tables.themes import Evaluation
from pipeline.run.tables.topics import Assignments, Topics
from pipeline.study.checks import load_study
from pipeline.study.codebook import Codebook, load_codebook
from pipeline.study.sets import Side, WhoCoded
from pipeline.study.study import Study

AMI = "adjusted_mutual_information"
KEYS = {"passages": "article", "reference": "codes", "measure": AMI, "outliers": True}
COUNTS = {"n_passages": 110, "n_clusters": 60, "n_groups": 22, "n_themes": 21}


@cache
def ours() -> tuple[Study, Codebook, Settings]:
    return load_study(), load_codebook(), load_settings()


def account(findings: Findings, **others: Any) -> Account:
    """What the sentences are made from when nothing but these findings is known."""
    study, codebook, settings = ours()
    values: dict[str, Any] = {
        "study": study,
        "codebook": codebook,
        "settings": settings,
        "topics": empty(Topics),
        "assignments": empty(Assignments),
        "evaluation": empty(Evaluation),
    }
    return Account(findings=findings, **(values | others))


def found(table: Table, rows: list[dict[str, Any]]) -> Findings:
    """Findings with these rows; columns that they leave out are null."""
    findings = Findings()
    empty = pl.DataFrame(table.schema.create_empty())
    frame = pl.DataFrame(rows, infer_schema_length=None)
    columns = [
        pl.col(name).cast(kind) if name in frame.columns else pl.lit(None, kind).alias(name)
        for name, kind in empty.schema.items()
    ]
    findings.add(table, frame.select(columns))
    return findings


def agreement(value: float, p_values: tuple[float, float, float], **others: float) -> Findings:
    names = ("p_value", "within_p_value", "shifted_p_value")
    topics = {
        **KEYS,
        **COUNTS,
        "candidate": "topics",
        "value": value,
        "low": value - 0.1,
        "high": value + 0.1,
        **dict(zip(names, p_values, strict=True)),
    }
    beside = [
        {**KEYS, **COUNTS, "candidate": name.replace("_", " "), "value": other}
        for name, other in others.items()
    ]
    return found(AGREEMENT, [topics, *beside])


@pytest.mark.parametrize(
    ("value", "size"), [(0.05, "slight"), (0.2, "weak"), (0.4, "moderate"), (0.8, "strong")]
)
def test_agreement_beyond_chance_is_given_its_size(value: float, size: str) -> None:
    text = agreement_words(account(agreement(value, (0.001, 0.01, 0.02))))

    assert f"agree beyond chance, and the agreement is {size}" in text
    assert f"{value:.2f}, 95% interval" in text
    assert "moved along the text p = 0.020" in text


@pytest.mark.parametrize(
    ("p_values", "verdict"),
    [
        ((0.3, 0.4, 0.5), "agree no more than chance allows"),
        ((0.001, 0.001, 0.06), "no more than groups that merely run along the text"),
    ],
)
def test_the_weakest_level_of_chance_that_is_not_passed_is_the_verdict_everywhere(
    p_values: tuple[float, float, float], verdict: str
) -> None:
    given = account(agreement(0.2, p_values))
    text = agreement_words(given)

    assert verdict in text
    assert verdict in "".join(piece.text for piece in agreement_in_short(given))
    assert "weak" not in text


def test_other_groupings_are_named_when_they_come_nearer_and_only_then() -> None:
    nearer = agreement_words(account(agreement(0.2, (0.001,) * 3, sections=0.35, nmf=0.1)))
    none = agreement_words(account(agreement(0.2, (0.001,) * 3, sections=0.15, nmf=0.1)))
    within = agreement_words(account(agreement(0.2, (0.001,) * 3, sections=0.25)))

    assert "Of 2 other ways of grouping the same passages, 1 comes nearer" in nearer
    assert "sections, at 0.35" in nearer
    assert "Above the interval of the topics lies sections." in nearer
    assert "No other way" in none
    assert "None of these lies above the interval" in within


def gap_row(theme_id: str, part: float, leans: str, **more: Any) -> dict[str, Any]:
    return {
        "theme_id": theme_id,
        "n_policy": 1000,
        "n_policy_coded": 200,
        "n_policy_positive": 10,
        "n_interviews": 50,
        "n_paragraphs": 36,
        "policy": 0.1,
        "interviews": 0.3,
        "difference": -0.2,
        "direction": "undecided",
        "policy_part": 0.1 + max(part, 0),
        "interviews_part": 0.1 - min(part, 0),
        "part_difference": part,
        "part_low": part - 0.05,
        "part_high": part + 0.05,
        "part_direction": leans,
        **more,
    }


def test_a_gap_names_the_side_that_gives_more_room() -> None:
    rows = [
        gap_row("state_authority", 0.16, "more in policy"),
        gap_row("effectiveness", -0.12, "more in interviews", direction="more in interviews"),
        gap_row("training", 0.01, "undecided"),
    ]

    text = gap_words(account(found(GAP, rows)))

    assert "In mandates more room is given to “Extension of State authority" in text
    assert "a difference of 16 points, 11 to 21" in text
    assert "In interviews more room is given to “Effectiveness and its measurement”" in text
    assert "For the other 1 no difference is decided" in text
    assert "1 theme is in more of interviews and no theme is in more of mandates" in text


def test_no_gap_is_said_as_no_gap() -> None:
    rows = [gap_row("training", 0.01, "undecided"), gap_row("escorts", -0.01, "undecided")]

    text = gap_words(account(found(GAP, rows)))

    assert "No theme takes more room on one side than chance allows" in text
    assert "no theme differs between the two sides beyond chance" in text


def other_ways(theme_id: str, *differences: tuple[float, str]) -> list[dict[str, Any]]:
    return [
        {
            "basis": f"parts of what is said, way {number}",
            "theme_id": theme_id,
            "n_policy": 1,
            "n_interviews": 1,
            "difference": difference,
            "direction": direction,
        }
        for number, (difference, direction) in enumerate(differences)
    ]


def test_a_gap_that_turns_round_when_measured_otherwise_is_said_to() -> None:
    findings = found(
        GAP,
        [
            gap_row("state_authority", 0.16, "more in policy"),
            gap_row("tcc_commitment", -0.1, "more in interviews"),
            gap_row("effectiveness", -0.12, "more in interviews"),
        ],
    )
    ways = [
        *other_ways("effectiveness", (-0.1, "more in interviews"), (-0.2, "undecided")),
        *other_ways("state_authority", (0.1, "more in policy"), (0.2, "more in policy")),
        *other_ways("tcc_commitment", (-0.1, "undecided"), (0.02, "undecided")),
    ]
    findings.parts |= found(GAP_SENSITIVITY, ways).parts

    text = gap_words(account(findings))

    assert "stabilisation” and “Effectiveness and its measurement” keep their side in each" in text
    assert "and “Troop contributors" in text
    assert "commitment” does not; decided again in most: “Extension of State authority" in text


def sides_found(reports: float, larger: str, nearer: str) -> Findings:
    """Escorts: a tenth of mandates, eight tenths of interviews, and this part of reports."""
    pairs = [
        ("mandates", "reports", 0.1 - reports, larger),
        ("mandates", "interviews", -0.7, "interviews"),
        ("reports", "interviews", reports - 0.8, "undecided"),
    ]
    rows = [
        {"side": one, "other": other, "question": "parts", "theme_id": "escorts"}
        | {"n_side": 9, "n_other": 9, "difference": difference, "larger": side}
        | {"low": difference - 0.1, "high": difference + 0.1, "basis": basis, "mission": mission}
        | {"nearer": nearer if (one, other) == ("reports", "interviews") else None}
        | {"nearer_by": 0.7 - abs(reports - 0.8), "nearer_low": 0.2, "nearer_high": 0.6}
        for basis, mission in (("corrected", "all"), ("as classified", "all"), ("corrected", "B"))
        for one, other, difference, side in pairs
    ]
    findings = found(GAP_SIDES, rows)
    findings.there_is["reports"] = "11 reports were read; 7 of them of 2025"
    return findings


def test_reports_are_said_to_be_nearer_to_the_interviews_or_not() -> None:
    sides = [
        {"id": "mandates", "name": "mandates", "documents": {"kinds": ["resolution"]}},
        {"id": "reports", "name": "reports", "documents": {"kinds": ["report"]}},
        {"id": "interviews", "name": "interviews", "interviews": True},
    ]
    study = ours()[0].model_copy(update={"sides": tuple(map(Side.model_validate, sides))})

    near = sides_words(account(sides_found(0.6, "reports", "nearer"), study=study))
    far = sides_words(account(sides_found(0.05, "undecided", "undecided"), study=study))

    assert "reports give more room than mandates to “" in near
    assert "by 50 points, 40 to 60." in near
    assert (
        "Measured otherwise (as classified and B apart), it goes the same way every time." in near
    )
    assert (
        "Counted by parts of what is said, mandates and interviews differ beyond chance on 1 "
        "theme; on it reports are nearer to interviews than mandates are: “Escorts"
    ) in near
    assert "”, by 50 points, 20 to 60." in near
    assert "No theme takes more room in reports or in interviews than chance allows." in near
    assert near.endswith("Only 11 reports were read; 7 of them of 2025.")
    assert "No theme takes more room in reports or in mandates than chance allows." in far
    assert "on it reports are not shown to be nearer to interviews than mandates are." in far
    assert "Measured" not in far
    assert sides_words(account(Findings(), study=study)) == ""
    (short,) = sides_in_short(account(sides_found(0.6, "reports", "nearer"), study=study))
    said = "".join(piece.text for piece in short)
    assert said.startswith("Reports give more room than mandates to 1 theme, “")
    assert "on it reports are nearer to interviews than mandates are: “Escorts" in said
    assert said.endswith("Only 11 reports were read; 7 of them of 2025.")
    assert list(sides_in_short(account(Findings(), study=study))) == []


def test_speaker_groups_that_cannot_be_told_apart_and_groups_that_can() -> None:
    row = {
        "speaker_group": "military",
        "labels": "themes",
        "label": "escorts",
        "n": 12,
        "n_speaker_group": 28,
        "n_notes": 30,
        "share": 0.4,
        "low": 0.25,
        "high": 0.55,
    }

    same = speaker_words(account(found(SPEAKER_SHARES, [{**row, "q_value": 0.5}])))
    apart = speaker_words(account(found(SPEAKER_SHARES, [{**row, "q_value": 0.01}])))

    assert "No group differs" in same
    assert "typically 30 points wide" in same
    assert "beyond chance: military on “" in apart
    assert "12 of 28 passages" in apart


def test_quotations_are_counted_by_what_became_of_them() -> None:
    cited = {
        "order": 0,
        "block_id": "b",
        "cited_as": "x",
        "title": "t",
        "symbol": "",
        "paragraphs": [],
    }
    quoted = {"block_id": "b", "text": "t", "cited_as": "x", "label": "", "found_text": ""}
    findings = found(CITATIONS, [{**cited, "status": "in the corpus"}])
    statuses = ["found", "found", "not found"]
    rows = [{**quoted, "order": n, "status": status} for n, status in enumerate(statuses)]
    findings.parts |= found(QUOTATIONS, rows).parts

    assert link_words(account(findings)) == (
        "UN documents are cited in 1 place of the article; 1 leads to a document that was read. "
        "Of 3 quotations before these citations, 2 stand in the cited document and 1 was not found."
    )


def test_themes_missed_and_topics_unexplained_are_named() -> None:
    recovery = {
        "passages": "article",
        "reference": "codes",
        "support": 10,
        "topic_ids": [1],
        "precision": 1.0,
        "recall": 0.5,
        "f1": 0.6,
        "chance": 0.4,
        "p_value": 0.01,
        "q_value": 0.02,
    }
    findings = found(
        RECOVERY,
        [
            {**recovery, "theme_id": "escorts", "recovered": True},
            {**recovery, "theme_id": "training", "recovered": False},
            {**recovery, "theme_id": "leadership", "recovered": False, "q_value": None},
        ],
    )
    topic = {"passages": "un", "reference": "classifier", "reason": "", "passage_ids": []}
    rows = [
        {**topic, "topic_id": 0, "label": "Elections", "n_topic": 30, "explained": False},
        {**topic, "topic_id": 1, "label": "Patrols", "n_topic": 40, "explained": True},
    ]
    findings.parts |= found(EXPLANATION, rows).parts

    text = theme_words(account(findings))

    assert "topics recover 1 of 2 (“" in text
    assert "the one missed is “Training" in text
    assert "In 1 of 2 topics no theme, as classified, is more frequent than by chance" in text
    assert "the largest is “Elections” with 30 passages" in text


def test_topics_are_not_called_unexplained_for_want_of_coded_passages() -> None:
    row = {"passages": "article", "reference": "codes", "reason": "", "passage_ids": []}
    few = {**row, "topic_id": 0, "label": "Elections", "n_topic": 3, "explained": False}

    text = theme_words(account(found(EXPLANATION, [few])))

    assert text == "Which topics no theme explains cannot be said from so few coded passages."


def test_a_run_that_found_nothing_says_why_in_each_paragraph() -> None:
    findings = Findings(
        not_computed={
            "topics and codes (article)": "no topics were found",
            "gap": "0 coded passages cite an interview; 5 are needed",
        }
    )

    page = as_markdown(plain_words(account(findings)))

    assert "**The same structure?** Not computed: no topics were found." in page
    assert "**Mandates and interviews** Not computed: 0 coded passages cite an interview" in page
    assert "**Speaker groups** Not computed: there was not enough material." in page
    assert "**Limits** There is one article;" in page


@pytest.mark.parametrize(
    ("p_values", "said"),
    [
        ((0.001, 0.01, 0.02), "agree more than chance allows"),
        ((0.3, 0.4, 0.5), "agree no more than chance allows"),
        ((0.001, 0.2, 0.2), "no more than groups shuffled within sections"),
        ((0.001, 0.01, 0.06), "no more than groups that merely run along the text"),
    ],
)
def test_the_short_sentence_and_the_half_page_judge_chance_alike(
    p_values: tuple[float, float, float], said: str
) -> None:
    told = account(agreement(0.2, p_values))

    (short,) = ("".join(piece.text for piece in each) for each in in_short(told))

    assert said in short
    assert ("agree beyond chance" in agreement_words(told)) == (max(p_values) <= 0.05)


def test_numbers_of_the_short_sentences_lead_to_their_passages_through_the_table() -> None:
    rows = [
        gap_row("effectiveness", -0.12, "undecided", direction="more in interviews"),
        gap_row("training", 0.01, "undecided"),
    ]

    table = as_table(plain_words(account(found(GAP, rows))))

    short = table.filter(pl.col("length").cast(pl.String) == "short")
    leads = dict(short.filter(pl.col("link") != "").select("link", "text").iter_rows())
    assert leads["explorer.html#passages?theme=effectiveness&kind=policy"] == "10%"
    assert (
        leads["explorer.html#passages?code=effectiveness&kind=article&speaker_group=any"] == "30%"
    )
    assert leads["#gap-parts"] == "none"
    assert "".join(short["text"]).startswith(
        "Of 2 themes measured on both sides, 1 fills a larger share of the passages of "
    )


def test_no_sentence_has_more_than_one_bracket() -> None:
    # given every kind of finding, with several themes on each side
    findings = agreement(0.2, (0.001, 0.2, 0.2), sections=0.35, nmf=0.3, kmeans=0.25)
    sides = [
        gap_row("state_authority", 0.16, "more in policy", direction="more in policy"),
        gap_row("training", 0.12, "more in policy", direction="more in policy"),
        gap_row("effectiveness", -0.12, "more in interviews", direction="more in interviews"),
        gap_row("escorts", -0.1, "more in interviews", direction="more in interviews"),
        gap_row("leadership", 0.01, "undecided"),
    ]
    findings.parts |= found(GAP, sides).parts
    findings.parts |= sides_found(0.6, "reports", "nearer").parts
    group = {"labels": "themes", "n": 12, "n_notes": 30, "share": 0.4, "low": 0.25, "high": 0.5}
    groups = [
        {**group, "speaker_group": one, "label": "escorts", "n_speaker_group": 28, "q_value": 0.01}
        for one in ("military", "ngo")
    ]
    findings.parts |= found(SPEAKER_SHARES, groups).parts

    # when all is said, in short and at length
    words = plain_words(account(findings))

    # then a reader is never sent into two brackets
    sentences = [one for each in words for one in each.text.split(". ")]
    assert len(sentences) > 15
    assert [one for one in sentences if one.count("(") > 1] == []


def test_a_study_without_an_article_is_not_said_to_have_one() -> None:
    study, _, _ = ours()
    without = study.model_copy(update={"articles": (), "caveats": ()})
    told = account(agreement(0.2, (0.001,) * 3), study=without)

    page = as_markdown(plain_words(told))

    assert "passages of the coded documents that carry a coded theme" in page
    assert "article" not in page
    assert "**Limits**" not in page


MODELS = (("combined", 0.6), ("coder", 0.9))


def test_the_findings_say_who_coded_and_call_the_passes_by_their_name() -> None:
    judged = {"setting": "article", "theme_id": "macro", "measure": "f1", "low": 0.5, "high": 0.95}
    rows = [{**judged, "model": model, "value": value} for model, value in MODELS]
    evaluation = pl.DataFrame(rows)
    for who, against, sentence in (
        (WhoCoded(models=(3,)), "one coding pass against another", "no person has checked them."),
        (WhoCoded(people=(2,)), "one person’s codes against another’s", "coded each unit."),
    ):
        words = plain_words(account(Findings(), evaluation=evaluation, who=who))
        short = [each.text for each in words if not each.about]
        assert f"; {against} reaches 0.90." in " ".join(short)
        assert short[-1] == who.sentence
        assert sentence in as_markdown(words)
