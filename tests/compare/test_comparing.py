"""The whole comparison on a corpus whose structure was planted, and where parts are missing."""

from collections.abc import Callable

import polars as pl
import pytest

from pipeline.compare.__main__ import WRITTEN, summarised
from pipeline.compare.gap.measuring import compare_sides, compare_speaker_groups
from pipeline.compare.material import Findings, Material
from pipeline.compare.structure.comparing import compare_topics, labelled_passages
from pipeline.run.settings import CompareSettings
from pipeline.run.tables.compare import AGREEMENT, GAP, GAP_SERIES, RECOVERY, SPEAKER_SHARES
from pipeline.study.checks import load_study
from tests.studies import paragraphs, study_of

Plant = Callable[..., Material]


def compared(material: Material, settings: CompareSettings, seed: int = 7) -> Findings:
    findings = Findings()
    compare_topics(material, settings, seed, findings)
    compare_sides(material, settings, load_study().milestones, findings)
    compare_speaker_groups(material, settings, findings)
    for table in WRITTEN:
        table.schema.validate(findings.frame(table))
    return findings


@pytest.fixture(scope="module")
def few(settings: CompareSettings) -> CompareSettings:
    """For tests that look at no interval and no chance level."""
    return settings.model_copy(update={"permutations": 20, "bootstrap": 20})


@pytest.fixture(scope="module")
def found(plant: Plant, settings: CompareSettings) -> Findings:
    return compared(plant(), settings)


def declared(findings: Findings) -> dict[str, float]:
    """The figure that was declared beforehand."""
    rows = findings.frame(AGREEMENT).filter(
        passages="article",
        candidate="topics",
        reference="codes",
        measure="adjusted_mutual_information",
        outliers=True,
    )
    return rows.row(0, named=True)


def test_planted_topics_agree_with_the_codes_far_above_chance(found: Findings) -> None:
    row = declared(found)

    assert row["value"] > 0.3 > row["chance_high"]
    assert row["low"] < row["value"] < row["high"]
    assert row["p_value"] == pytest.approx(1 / 101, abs=1e-6)
    assert row["shifted_p_value"] < 0.05
    assert abs(row["chance"]) < 0.02


def test_a_corpus_with_nothing_in_it_has_no_agreement(
    plant: Plant, settings: CompareSettings
) -> None:
    findings = compared(plant(seed=3, aligned=0.0), settings)

    assert abs(declared(findings)["value"]) < 0.1
    assert declared(findings)["p_value"] > 0.05
    assert not findings.frame(RECOVERY).filter(passages="article")["recovered"].any()


def test_planted_themes_are_recovered_each_by_its_topic(found: Findings) -> None:
    recovery = found.frame(RECOVERY).filter(passages="article", reference="codes")
    by_theme = {row["theme_id"]: row for row in recovery.iter_rows(named=True)}

    assert by_theme["robust_force"]["topic_ids"] == [0]
    assert by_theme["intelligence"]["topic_ids"] == [3]
    assert by_theme["robust_force"]["recovered"]
    assert not by_theme["leadership"]["recovered"]  # planted at random


def test_the_gap_has_both_directions(found: Findings) -> None:
    gap = {row["theme_id"]: row for row in found.frame(GAP).iter_rows(named=True)}

    assert gap["humanitarian_space"]["direction"] == "more in interviews"
    assert gap["robust_force"]["difference"] > 0
    assert gap["training"]["direction"] == "not computed"  # no share on the policy side
    assert gap["training"]["interviews"] == 0  # which is known all the same
    assert gap["robust_force"]["n_paragraphs"] == 40


def test_speaker_groups_count_passages_of_each_group(found: Findings) -> None:
    speaker_groups = found.frame(SPEAKER_SHARES).filter(labels="themes", label="robust_force")

    assert speaker_groups["speaker_group"].to_list() == ["ngo", "military"]
    assert speaker_groups["n_speaker_group"].to_list() == [40, 40]
    assert speaker_groups["n_notes"].to_list() == [1, 1]


def test_two_runs_give_the_same_rows(
    plant: Plant, settings: CompareSettings, found: Findings
) -> None:
    again = compared(plant(), settings)

    for table in WRITTEN:
        assert again.frame(table).equals(found.frame(table)), table.path


def test_the_order_of_the_tables_does_not_matter(
    plant: Plant, settings: CompareSettings, found: Findings
) -> None:
    material = plant()
    turned = {
        name: getattr(material, name).reverse()
        for name in ("passages", "assignments", "passage_codes", "scores", "units")
    } | {"vectors": material.vectors[::-1]}
    fields = {name: getattr(material, name) for name in Material.__dataclass_fields__}

    again = compared(Material(**fields | turned), settings)

    for table in WRITTEN:
        assert again.frame(table).equals(found.frame(table)), table.path


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (
            ("assignments", "topics", "hierarchy"),
            ("topics and codes (article)", "no topics were found"),
        ),
        (
            ("units", "passage_codes"),
            ("gap", "0 coded passages cite an interview; 5 are needed"),
        ),
        (("units", "passage_codes"), ("topics and codes (article)", "no theme was coded")),
        (("scores",), ("topics and classifier (un)", "themes has scored no passage")),
    ],
)
def test_what_is_missing_is_named_and_the_rest_is_computed(
    plant: Plant,
    without: Callable[..., Material],
    few: CompareSettings,
    missing: tuple[str, ...],
    said: tuple[str, str],
) -> None:
    findings = compared(without(plant(), *missing), few)

    part, reason = said
    assert findings.not_computed[part] == reason
    assert summarised(findings)["not_computed"][part] == reason
    assert any(not findings.frame(table).is_empty() for table in WRITTEN)


def test_the_article_alone_has_everything_but_the_policy_side(
    plant: Plant, few: CompareSettings
) -> None:
    findings = compared(plant(un=False), few)

    assert declared(findings)["value"] > 0.3
    assert "no document of it was read" in findings.not_computed["gap, side of mandates"]
    gap = findings.frame(GAP)
    assert gap["policy"].null_count() == gap.height
    assert gap.filter(pl.col("theme_id") == "robust_force")["interviews"][0] > 0
    absent = "there are no documents beside the articles"
    assert findings.not_computed["topics and codes (un)"] == absent


def test_one_mission_only_still_has_shuffling_within_missions(
    plant: Plant, few: CompareSettings
) -> None:
    material = plant()
    fields = {name: getattr(material, name) for name in Material.__dataclass_fields__}
    one = material.documents.with_columns(missions=pl.lit(["MINUSMA"]))

    findings = compared(Material(**fields | {"documents": one}), few)

    rows = findings.frame(AGREEMENT).filter(passages="un", candidate="topics")
    assert rows["within_p_value"].null_count() == 0


def test_documents_alone_have_everything_but_the_side_of_interviews(
    plant: Plant, few: CompareSettings
) -> None:
    study = study_of(paragraphs("un"))

    findings = compared(plant(article=False, study=study), few)

    assert set(findings.frame(AGREEMENT)["passages"]) == {"un"}
    assert findings.not_computed["topics and sections (article)"] == "there is no article"
    assert "0 coded passages cite an interview" in findings.not_computed["gap"]
    assert findings.not_computed["speaker_groups"] == "no coded passage cites an interview"


def test_two_sets_of_paragraphs_are_compared_each_by_itself(
    plant: Plant, settings: CompareSettings
) -> None:
    # given mandates of one mission and of another, coded as two sets, and no article
    kinds = {"kinds": ["resolution"]}
    study = study_of(
        paragraphs("first", population=kinds | {"missions": ["MINUSMA"]}),
        paragraphs("second", population=kinds | {"missions": ["UNMISS"]}),
    )
    material = plant(article=False, study=study)
    mission = material.documents.select("document_id", mission=pl.col("missions").list.first())
    of_first = pl.col("mission") == "MINUSMA"
    units = material.units.join(mission, on="document_id", maintain_order="left").with_columns(
        unit_set=pl.when(of_first).then(pl.lit("first")).otherwise(pl.lit("second"))
    )
    fields = {name: getattr(material, name) for name in Material.__dataclass_fields__}
    # when topics are compared
    labelled = labelled_passages(Material(**fields | {"units": units.drop("mission")}))
    # then each set has its codes, and the classifier's themes of its own documents
    n = {(one.passages, one.reference): len(one.passage_ids) for one in labelled}
    assert n["first", "codes"] == n["second", "codes"] == 20
    assert n["first", "classifier"] == n["second", "classifier"] == 120


def test_what_a_study_does_not_have_is_not_spoken_of(plant: Plant, few: CompareSettings) -> None:
    documents = {"id": "papers", "name": "papers", "documents": {"kinds": ["resolution"]}}
    study = study_of(paragraphs("un"), sides=[documents])

    findings = compared(plant(study=study), few)

    said = [*findings.not_computed, *findings.not_computed.values()]
    assert not [part for part in said if "gap" in part or "speaker" in part or "interview" in part]
    assert not findings.frame(GAP_SERIES).is_empty()  # the course needs no interviews
