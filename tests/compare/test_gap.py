"""The gap: sides, differences and directions on tables small enough to be worked by hand."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.compare.findings.sides import spans, what_is_missing
from pipeline.compare.gap.gap import (
    Way,
    compared_shares,
    decided_together,
    gap_table,
    nearness,
    sensitivity_rows,
    side_pairs,
)
from pipeline.compare.gap.measuring import series_table
from pipeline.compare.gap.sensitivity import other_ways
from pipeline.compare.gap.sides import (
    CodedUnits,
    PolicyShare,
    SideShares,
    coded_units,
    parts_of_units,
    policy_shares,
    sentences_near_a_note,
    sentences_with_a_note,
    spoken_passages,
    widened,
)
from pipeline.compare.material import Material, from_rows
from pipeline.run.arrays import UNKNOWN, Share, wilson_share
from pipeline.run.settings import CompareSettings
from pipeline.run.tables.themes import Prevalence
from pipeline.study.checks import load_study
from pipeline.study.sets import Side

THEME_IDS = ("escorts", "training")


def prevalence(*rows: tuple[str, str, str, float | None]) -> pl.DataFrame:
    """Rows of theme, kind, method, share; 100 passages and 10 coded units each."""
    return from_rows(
        Prevalence,
        [
            {
                "theme_id": theme_id,
                "kind": kind,
                "mission": "all",
                "year": None,
                "n_passages": 300 if kind == "resolution" else 100,
                "n_coded": 10,
                "method": method,
                "share": share,
                "low": None if share is None else share - 0.1,
                "high": None if share is None else share + 0.1,
            }
            for theme_id, kind, method, share in rows
        ],
    )


def units(*themes: str) -> CodedUnits:
    frame = pl.DataFrame({"unit_id": [f"u{place}" for place in range(len(themes))]}).with_columns(
        cluster=pl.col("unit_id"), weight=pl.lit(1.0)
    )
    labels = [
        (f"u{place}", theme_id) for place, named in enumerate(themes) for theme_id in named.split()
    ]
    schema = {"unit_id": pl.String, "theme_id": pl.String}
    return coded_units(frame, pl.DataFrame(labels, schema=schema, orient="row"), THEME_IDS)


KINDS = ("resolution", "report")


def test_the_share_over_all_policy_is_taken_where_themes_gives_it() -> None:
    shares = policy_shares(
        prevalence(
            ("escorts", "policy", "corrected", 0.2),
            ("escorts", "policy", "assigned", 0.3),
            ("escorts", "resolution", "corrected", 0.9),
        ),
        KINDS,
    )

    assert shares["escorts"].corrected == Share(0.2, pytest.approx(0.1), pytest.approx(0.3))
    assert shares["escorts"].assigned.value == 0.3


def test_else_kinds_are_averaged_by_their_passages_and_others_left_out() -> None:
    """(300 * .2 + 100 * .4) / 400 = .25; verbatim records are no policy."""
    shares = policy_shares(
        prevalence(
            ("escorts", "resolution", "corrected", 0.2),
            ("escorts", "report", "corrected", 0.4),
            ("escorts", "verbatim_record", "corrected", 0.8),
        ),
        KINDS,
    )

    found = shares["escorts"]
    assert (found.corrected.value, found.corrected.low) == pytest.approx((0.25, 0.15))
    assert (found.n, found.n_coded) == (400, 20)


def test_a_share_that_themes_could_not_correct_is_unknown() -> None:
    shares = policy_shares(prevalence(("escorts", "policy", "corrected", None)), KINDS)

    assert shares["escorts"].corrected == UNKNOWN


def test_the_gap_worked_by_hand(settings: CompareSettings) -> None:
    """escorts: .05 of policy, 8 of 10 passages; training: .5 of policy, none of the passages."""
    interviews = units(*["escorts"] * 8, "", "")
    policy = {
        "escorts": PolicyShare(100, 10, Share(0.1, 0.0, 0.2), Share(0.05, 0.02, 0.1)),
        "training": PolicyShare(100, 10, Share(0.4, 0.3, 0.5), Share(0.5, 0.4, 0.6)),
    }

    escorts, training = gap_table(policy, None, interviews, THEME_IDS, settings).rows(named=True)

    assert escorts["difference"] == pytest.approx(-0.75)
    assert escorts["direction"] == "more in interviews"
    assert training["difference"] == pytest.approx(0.5)
    assert training["direction"] == "more in policy"
    assert training["interviews_high"] == pytest.approx(0.2775, abs=1e-3)  # Wilson, 0 of 10
    assert escorts["policy_assigned"] == 0.1
    assert (escorts["n_interviews"], escorts["n_paragraphs"]) == (10, 10)


def test_every_two_sides_are_compared_with_one_false_discovery_rate(
    settings: CompareSettings,
) -> None:
    """escorts: .1, .2 and .8 with 10 points on each side; training the same everywhere."""
    sides = [
        SideShares(name, 100, [Share(share, share - 0.1, share + 0.1), Share(0.5, 0.4, 0.6)], [])
        for name, share in (("mandates", 0.1), ("reports", 0.2), ("interviews", 0.8))
    ]
    sides = [replace(side, parts=side.shares) for side in sides]

    table = side_pairs(sides, THEME_IDS, settings)

    of_passages = table.filter(pl.col("question").cast(pl.String) == "passages")
    assert of_passages.select("side", "other", "theme_id", "larger").rows() == [
        ("mandates", "reports", "escorts", "undecided"),
        ("mandates", "reports", "training", "undecided"),
        ("mandates", "interviews", "escorts", "interviews"),
        ("mandates", "interviews", "training", "undecided"),
        ("reports", "interviews", "escorts", "interviews"),
        ("reports", "interviews", "training", "undecided"),
    ]
    escorts = of_passages.row(4, named=True)
    # each end is the root of .1 squared and .1 squared away
    assert escorts["difference"] == pytest.approx(-0.6)
    assert escorts["low"] == pytest.approx(-0.6 - 0.02**0.5, abs=1e-6)
    # the second smallest of six p-values, of two that are alike: six times it over two
    smallest = of_passages.row(2, named=True)["p_value"]
    assert of_passages.row(2, named=True)["q_value"] == pytest.approx(
        min(3 * escorts["p_value"], 6 * smallest), abs=1e-6
    )


def test_a_side_between_two_others_is_nearer_where_its_intervals_leave_no_other_reading() -> None:
    """Mandates .1 and interviews .8, 5 points on each side, and reports somewhere."""

    def share(value: float, half: float = 0.05) -> Share:
        return Share(value, value - half, value + half)

    half_way = nearness(share(0.1), share(0.45), share(0.8), 0.95)
    beyond = nearness(share(0.1), share(0.9), share(0.8), 0.95)
    away = nearness(share(0.1), share(0.0), share(0.8), 0.95)
    blurred = nearness(share(0.1), share(0.45, 0.5), share(0.8), 0.95)
    turned = nearness(share(0.9), share(0.55), share(0.2), 0.95)

    # .7 away and .35 away; the interval is that of .45 - .1, its ends the root of twice .05 squared
    assert half_way is not None
    assert half_way.value == pytest.approx(0.35)
    assert half_way.low == pytest.approx(0.35 - 0.005**0.5)
    assert half_way.p_value < 0.001
    # past the interviews by .1: 1.6 - .1 - .9, of which interviews count twice
    assert beyond is not None
    assert beyond.value == pytest.approx(0.6)
    assert beyond.low == pytest.approx(0.6 - (0.05**2 + 0.05**2 + 0.1**2) ** 0.5)
    assert away is not None
    assert away.value == pytest.approx(-0.1)
    assert away.p_value < 0.05
    assert blurred is not None
    assert blurred.p_value > 0.05
    assert blurred.low < 0 < blurred.high
    assert turned is not None
    assert turned.value == pytest.approx(0.35)
    assert nearness(share(0.1), UNKNOWN, share(0.8), 0.95) is None


def test_a_side_that_is_as_far_away_is_seldom_called_nearer_or_further() -> None:
    """A fifth of mandates and interviews apart, reports like mandates: 600 made corpora."""
    random = np.random.default_rng(20260406)
    verdicts = []
    for _ in range(600):
        sides = [
            wilson_share(random.binomial(n, share) / n, n, 0.95)
            for n, share in ((500, 0.05), (270, 0.05), (50, 0.25))
        ]
        found = nearness(*sides, 0.95)
        assert found is not None
        verdicts.append(found.p_value <= 0.05)
        verdicts.append(not found.low <= 0 <= found.high)
    wrong, missed = np.mean(verdicts[::2]), np.mean(verdicts[1::2])
    assert wrong < 0.06
    assert missed < 0.07


def test_reports_are_nearer_only_where_mandates_and_interviews_differ(
    settings: CompareSettings,
) -> None:
    sides = [
        SideShares(name, 100, [Share(one, one - 0.05, one + 0.05), Share(0.5, 0.4, 0.6)], [])
        for name, one in (("mandates", 0.1), ("reports", 0.4), ("interviews", 0.8))
    ]

    table = side_pairs([replace(one, parts=one.shares) for one in sides], THEME_IDS, settings)

    said = table.filter(pl.col("nearer").is_not_null())
    assert said.select("side", "other", "theme_id", "nearer").unique().rows() == [
        ("reports", "interviews", "escorts", "nearer")
    ]
    assert said["nearer_by"].to_list() == pytest.approx([0.3, 0.3])


def test_two_of_three_sides_are_decided_by_the_rate_over_all_pairs(
    settings: CompareSettings,
) -> None:
    # given a difference that two comparisons decide and six do not, and a third side like the first
    close, far = Share(0.2, 0.1, 0.3), Share(0.435, 0.265, 0.565)
    same = [close, close]
    sides = [
        SideShares("mandates", 9, same, same),
        SideShares("reports", 9, same, same),
        SideShares("interviews", 9, [far, close], [far, close]),
    ]
    alone = compared_shares(THEME_IDS, same, [far, close], settings)
    assert alone["direction"].to_list() == ["more in interviews", "undecided"]
    gap = alone.with_columns(
        part_q_value=pl.col("q_value"), part_direction=pl.col("direction").cast(pl.String)
    )
    # when the pairs are decided together
    pairs = side_pairs(sides, THEME_IDS, settings)
    together = decided_together(gap, pairs, "mandates", "interviews")
    # then table and pairs say the same of it
    own = pairs.filter((pl.col("side") == "mandates") & (pl.col("other") == "interviews"))
    of_passages = own.filter(pl.col("question").cast(pl.String) == "passages")
    assert together["q_value"].to_list() == of_passages["q_value"].to_list()
    assert together["part_direction"].to_list() == together["direction"].to_list()
    assert set(own["larger"]) == set(together["direction"].cast(pl.String)) == {"undecided"}


def test_a_side_without_a_share_is_compared_with_nothing(settings: CompareSettings) -> None:
    known, unknown = [Share(0.5, 0.4, 0.6)] * 2, [UNKNOWN] * 2
    sides = [SideShares("mandates", 9, known, known), SideShares("reports", 0, unknown, unknown)]

    table = side_pairs(sides, THEME_IDS, settings)

    assert set(table["larger"]) == {"not computed"}
    assert table["q_value"].null_count() == table.height


def test_missions_and_years_without_a_report_are_named() -> None:
    study = load_study()
    documents = [{"kinds": ["resolution"]}, {"kinds": ["report"]}]
    sides = [
        Side.model_validate({"id": name, "name": name, "documents": of})
        for name, of in zip(("mandates", "reports"), documents, strict=True)
    ]
    there = pl.DataFrame(
        {
            "document_id": ["a", "b", "s-2025-54", "s-2025-97", "s-2014-403", "a-79-19"],
            "kind": ["resolution", "resolution", "report", "report", "report", "report"],
            "missions": [["MONUC"], ["UNMISS"], ["UNMISS"], ["UNMISS", "MINUSMA"], ["MONUC"], []],
            "year": [2000, 2025, 2025, 2025, 2004, 2025],
        }
    )

    said = what_is_missing(there, study.model_copy(update={"sides": tuple(sides)}))

    assert said == {
        "reports": "3 of 4 reports that were read are compared; 2 of them of 2025; "
        "none on MINUSCA or MONUSCO; "
        "none of 2000 to 2003 and 2005 to 2024"
    }
    assert spans([]) == []


def test_parts_are_free_of_how_many_themes_a_unit_has(settings: CompareSettings) -> None:
    """Policy says escorts in .1 and training in .1 of its passages: half and half. Of 20 mentions
    in interviews escorts has 15, training 5, so training leans to policy although the interviews
    say it in more of their passages (5 of 15 against .1)."""
    interviews = units(*["escorts"] * 10, *["escorts training"] * 5)
    equal = PolicyShare(1000, 100, Share(0.1, 0.09, 0.11), Share(0.1, 0.09, 0.11))

    escorts, training = gap_table(
        {"escorts": equal, "training": equal}, None, interviews, THEME_IDS, settings
    ).rows(named=True)

    assert (training["policy_part"], training["interviews_part"]) == (0.5, 0.25)
    assert training["part_difference"] == pytest.approx(0.25)
    assert training["part_direction"] == "more in policy"
    assert training["difference"] < 0
    assert escorts["part_direction"] == "more in interviews"


def test_parts_of_drawn_units_are_weighted() -> None:
    """A paragraph that stands for 3 says escorts, one that stands for 1 says training."""
    even = units("escorts", "training")
    drawn = CodedUnits(even.members, even.cluster, np.array([3.0, 1.0]))

    assert [share.value for share in parts_of_units(drawn, 0.95)] == [0.75, 0.25]


def test_a_theme_no_coded_paragraph_carries_is_not_known_to_be_absent(
    settings: CompareSettings,
) -> None:
    """Of 10 coded paragraphs all carry escorts, none training: Wilson's 0 of 10 is 0 to .2775."""
    corrected = [Share(0.9, 0.8, 1.0), Share(0.0, 0.0, 0.0)]

    escorts, training = widened(corrected, units(*["escorts"] * 10), settings.confidence)

    assert escorts == corrected[0]
    assert (training.low, training.high) == pytest.approx((0, 0.2775), abs=1e-3)


def test_a_theme_unknown_in_policy_keeps_its_interview_share(settings: CompareSettings) -> None:
    row = gap_table({}, None, units("escorts", ""), THEME_IDS, settings).row(0, named=True)

    assert row["interviews"] == 0.5
    assert row["policy"] is None
    assert row["difference"] is None
    assert row["direction"] == "not computed"


def test_small_differences_are_undecided(settings: CompareSettings) -> None:
    way = Way("test", [Share(0.5, 0.4, 0.6)], 100, [Share(0.45, 0.3, 0.6)], 50)

    row = sensitivity_rows(way, ("escorts",), settings).row(0, named=True)

    assert row["direction"] == "undecided"
    assert row["difference"] == pytest.approx(0.05)


def test_every_other_way_has_a_name_and_both_sides(
    plant: Callable[..., Material], settings: CompareSettings
) -> None:
    material = plant()
    interviews = coded_units(
        spoken_passages(material),
        material.code_labels.rename({"passage_id": "unit_id"}),
        material.codebook.theme_ids,
    )

    ways = {
        way.name: way
        for way in other_ways(material, policy_shares(material.prevalence, KINDS), interviews, 0.95)
    }

    assert set(ways) == {
        "as classified",
        "whole article",
        "sentences of these passages",
        "coding 1 alone",
        "coded paragraphs",
        "each near-duplicate group once",
        "each near-duplicate group once, as classified",
        "threshold 0.3",
        "threshold 0.5",
        "threshold 0.7",
        "as classified, both sides",
        "nearest definition, both sides",
        "parts of what is said, coded paragraphs",
        "parts of what is said, each near-duplicate group once",
        "parts of what is said, as classified, both sides",
        "parts of what is said, nearest definition, both sides",
    }  # no planted sentence has a note of its own
    assert ways["whole article"].n_interviews == 120
    assert ways["coded paragraphs"].n_policy == 40
    assert (
        ways["each near-duplicate group once, as classified"].n_policy == 240 - 39
    )  # 40 are near-identical
    robust = material.codebook.theme_ids.index("robust_force")
    assert (
        not ways["each near-duplicate group once"].policy[robust].known
    )  # which only the other table has
    assert ways["nearest definition, both sides"].n_interviews == 80
    parts = ways["parts of what is said, coded paragraphs"]
    for side in (parts.policy, parts.interviews):
        assert sum(share.value or 0 for share in side) == pytest.approx(1)


def test_a_sentence_is_said_by_an_interviewee_when_it_carries_the_note(
    plant: Callable[..., Material],
) -> None:
    """One block: 'Troops came. They left again. Nobody knew why.' with a note after 'again.'"""
    material = plant()
    text = "Troops came. They left again. Nobody knew why."
    block_id = "article.b000"
    sentences = ["Troops came.", "They left again.", "Nobody knew why."]
    fields = {name: getattr(material, name) for name in Material.__dataclass_fields__}
    passage = material.passages.filter(pl.col("block_id") == block_id).head(1)
    passage = passage.with_columns(
        text=pl.lit(text), start=pl.lit(0, pl.Int64), end=pl.lit(len(text), pl.Int64)
    )
    block = material.blocks.filter(pl.col("block_id") == block_id).with_columns(
        text=pl.lit(text), notes=pl.lit(["1"]), note_offsets=pl.lit([29], pl.List(pl.Int64))
    )
    coded = pl.concat([material.units.filter(pl.col("unit_set") == "article").head(1)] * 3)
    coded = coded.with_columns(
        unit_id=pl.Series(["s1", "s2", "s3"]),
        text=pl.Series(sentences),
        passage_ids=pl.Series([passage["passage_id"].to_list()] * 3),
    )
    small = Material(
        **fields
        | {"passages": passage, "blocks": block, "units": coded, "vectors": np.zeros((1, 16))}
    )

    assert sentences_with_a_note(small)["unit_id"].to_list() == ["s2"]
    assert sentences_near_a_note(small)["unit_id"].to_list() == ["s1", "s2", "s3"]


def test_the_course_prefers_corrected_shares_and_marks_the_turns(settings: CompareSettings) -> None:
    rows = prevalence(
        ("escorts", "policy", "assigned", 0.3), ("escorts", "policy", "corrected", 0.2)
    )
    in_2008 = rows.filter(pl.col("method") == "assigned").with_columns(
        year=pl.lit(2008, pl.Int32), low=pl.lit(None, pl.Float64), high=pl.lit(None, pl.Float64)
    )

    series = series_table(
        pl.concat([rows, in_2008]),
        units("escorts", ""),
        THEME_IDS,
        settings,
        {("all", 2008): "doctrine"},
    )

    assert series["policy"].to_list() == [0.2, 0.3]
    assert series["method"].to_list() == ["corrected", "assigned"]
    assert series["mark"].to_list() == ["", "doctrine"]
    assert series["difference"][0] == pytest.approx(-0.3)
    assert series["difference"][1] is None  # a share without interval is not set against another
