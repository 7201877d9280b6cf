"""The other views of the topics stage stand in the same table as the topics."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from pipeline.compare.material import Material
from pipeline.compare.structure.agreement import RANDOM, agreement_table
from pipeline.compare.structure.alignment import LabelledPassages
from pipeline.compare.structure.baselines import Baselines
from pipeline.compare.structure.comparing import labelled_passages
from pipeline.run.settings import CompareSettings
from pipeline.run.tables.compare import AGREEMENT
from pipeline.run.tables.topics import OUTLIER

Plant = Callable[..., Material]


def on_codes(material: Material, reference: str = "codes") -> LabelledPassages:
    return next(
        each
        for each in labelled_passages(material)
        if (each.passages, each.reference) == ("article", reference)
    )


def test_every_view_and_baseline_groups_the_same_passages(plant: Plant) -> None:
    material = plant()
    labelled = on_codes(material)

    beside = {each.candidate: each for each in Baselines(material, 1).beside(labelled)}

    assert set(beside) == {
        *("k-means", "nmf", "k-means, article alone", "nmf, article alone", "sections"),
        *("topics of the article alone", "nearest definition", "zero-shot"),
    }
    assert {each.passage_ids for each in beside.values()} == {labelled.passage_ids}


def test_the_zero_shot_view_groups_by_theme_and_among_families_by_family(plant: Plant) -> None:
    material = plant()
    codebook = material.codebook
    theme_of = dict(material.zero_shot.select("passage_id", "theme_id").iter_rows())

    for reference in ("codes", "code_groups"):
        labelled = on_codes(material, reference)
        views = Baselines(material, 1).beside(labelled)
        view = next(each for each in views if each.candidate == "zero-shot")
        for passage_id, group in zip(view.passage_ids, view.group, strict=True):
            theme_id = theme_of[passage_id]
            if reference == "codes":
                assert codebook.theme_ids[group] == theme_id
            else:
                assert codebook.code_groups[group].code_group_id == codebook.code_group_of[theme_id]


def test_views_that_were_not_made_are_left_out(
    plant: Plant, without: Callable[..., Material]
) -> None:
    material = without(plant(), "zero_shot", "article_assignments")

    names = {each.candidate for each in Baselines(material, 1).beside(on_codes(material))}

    assert not names & {"zero-shot", "topics of the article alone"}


def test_random_partitions_of_the_same_sizes_stand_beside_the_topics(
    plant: Plant, settings: CompareSettings
) -> None:
    table = agreement_table(on_codes(plant()), settings, 1).filter(outliers=True)

    random = table.filter(pl.col("candidate") == RANDOM)
    topics = table.filter(pl.col("candidate") == "topics")
    AGREEMENT.schema.validate(table)
    assert random["value"].to_list() == topics["chance"].to_list()
    ami = random.filter(measure="adjusted_mutual_information").row(0, named=True)
    assert ami["low"] < ami["value"] < ami["high"]
    assert ami["value"] == pytest.approx(0, abs=0.02)
    assert random["p_value"].null_count() == random.height


def test_figures_without_outliers_are_the_same_where_there_are_none(
    plant: Plant, settings: CompareSettings
) -> None:
    labelled = on_codes(plant())
    some = labelled.group.copy()
    some[::4] = OUTLIER

    for group, same in ((np.abs(labelled.group), True), (some, False)):
        table = agreement_table(replace(labelled, group=group), settings, 1)
        kept, left_out = table.partition_by("outliers", include_key=False)

        assert kept.height == left_out.height
        assert kept.equals(left_out) == same
