"""Topics against the study's structures: every comparison for which there is enough material."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.compare.material import (
    ARTICLE,
    Findings,
    Material,
    classifier_labels,
    code_group_labels,
    section_labels,
)
from pipeline.compare.statistics.measures import Integers
from pipeline.compare.structure.agreement import (
    FEWEST_PASSAGES,
    KMEANS_SIZES,
    agreement_table,
    hierarchy_curve,
    seed_curve,
)
from pipeline.compare.structure.alignment import alignment_table, explanation_table
from pipeline.compare.structure.baselines import (
    Baselines,
    different_texts,
    kmeans_groups,
    semantic_table,
)
from pipeline.compare.structure.labels import LabelledPassages, label_passages
from pipeline.compare.structure.recovery import recovery_table
from pipeline.run.settings import CompareSettings
from pipeline.run.tables.compare import (
    AGREEMENT,
    ALIGNMENT,
    CURVE,
    EXPLANATION,
    RECOVERY,
    SEMANTIC_ALIGNMENT,
)
from pipeline.study.study import NO_SET

THEMED = ("codes", "classifier")
"""References that are themes of the codebook, not code groups or sections."""

CURVE_SEEDS = 5


def compare_topics(
    material: Material, settings: CompareSettings, seed: int, findings: Findings
) -> None:
    """Fill in agreement, alignment, recovery, explanation, curves and semantic alignment."""
    compared = [
        labelled
        for labelled in labelled_passages(material)
        if _enough(labelled, material, findings)
    ]
    if not compared:
        return
    baselines = Baselines(material, seed)
    for each in compared:
        findings.add(AGREEMENT, agreement_table(each, settings, seed))
        for beside in baselines.beside(each):
            findings.add(AGREEMENT, agreement_table(beside, settings, seed))
        if each.reference in THEMED:
            _align(each, material, settings, seed, findings)
        if material.is_of_articles(each.passages):
            _add_curves(each, material, seed, findings)
    _add_semantic(material, findings)


def _align(
    labelled: LabelledPassages,
    material: Material,
    settings: CompareSettings,
    seed: int,
    findings: Findings,
) -> None:
    topics = dict(material.topics.select("topic_id", "label").iter_rows())
    rate = settings.false_discovery_rate
    findings.add(ALIGNMENT, alignment_table(labelled))
    findings.add(RECOVERY, recovery_table(labelled, settings, seed))
    findings.add(EXPLANATION, explanation_table(labelled, topics, rate))


def _add_curves(
    labelled: LabelledPassages, material: Material, seed: int, findings: Findings
) -> None:
    """By number of topics along their hierarchy, and by number and seed for k-means."""
    findings.add(CURVE, hierarchy_curve(labelled, material.hierarchy, seed))
    vectors = material.vectors_of(labelled.passage_ids)
    named = replace(labelled, candidate="k-means, article alone")

    def make_groups(n_groups: int, group_seed: int) -> Integers:
        return kmeans_groups(vectors, n_groups, group_seed, n_starts=1)

    seeds = [seed + step for step in range(CURVE_SEEDS)]
    findings.add(CURVE, seed_curve(named, make_groups, KMEANS_SIZES, seeds))


def _add_semantic(material: Material, findings: Findings) -> None:
    texts = different_texts(material.clustered)["passage_id"]
    group_of = dict(material.assignments.select("passage_id", "topic_id").iter_rows())
    findings.add(
        SEMANTIC_ALIGNMENT,
        semantic_table(
            material.topics["topic_id"].to_list(),
            np.array([group_of[passage_id] for passage_id in texts], dtype=np.int64),
            material.vectors_of(texts),
            material.codebook.theme_ids,
            material.definitions,
        ),
    )


def labelled_passages(material: Material) -> list[LabelledPassages]:
    """Topics beside each reference.

    Hand codes and their code groups, on the passages of each coded set; the articles' sections, on
    all their passages; and what the classifiers assign, on passages of documents, each text once,
    by the coded set that the documents go with. The last is descriptive: classifiers and topics
    read the same vectors.
    """
    placed, codebook, study = material.placed, material.codebook, material.study
    codes, theme_ids = material.code_labels, codebook.theme_ids
    code_groups = code_group_labels(codes, codebook.code_group_of)
    code_group_ids = [code_group.code_group_id for code_group in codebook.code_groups]
    found = []
    for one in study.coded_sets:
        here = placed.join(material.coded_passages(one.id), on="passage_id", how="semi")
        for labels, ids, reference in (
            (codes, theme_ids, "codes"),
            (code_groups, code_group_ids, "code_groups"),
        ):
            found.append(label_passages(here, labels, ids, passages=one.id, reference=reference))
    return [*found, _by_section(material), *_by_classifier(material)]


def _by_section(material: Material) -> LabelledPassages:
    whole = material.placed.filter(pl.col("kind") == ARTICLE)
    sections = section_labels(whole)
    section_ids = sections["theme_id"].unique(maintain_order=True).to_list()
    passages = material.study.article_set_id
    return label_passages(whole, sections, section_ids, passages=passages, reference="sections")


def _by_classifier(material: Material) -> Iterator[LabelledPassages]:
    study, theme_ids = material.study, material.codebook.theme_ids
    assigned = classifier_labels(material.scores)
    set_of = material.documents.select("document_id", goes_with=study.set_of_documents())
    classified = material.placed.filter(pl.col("kind") != ARTICLE).join(
        set_of, on="document_id", how="left", maintain_order="left"
    )
    for name in [one.id for one in study.sets_of("paragraph")] or [NO_SET]:
        here = classified.filter(pl.col("goes_with") == name)
        here = here.unique("text", keep="first", maintain_order=True)
        yield label_passages(here, assigned, theme_ids, passages=name, reference="classifier")


def _enough(labelled: LabelledPassages, material: Material, findings: Findings) -> bool:
    n = len(labelled.themed().passage_ids)
    if n >= FEWEST_PASSAGES:
        return True
    if material.topics.is_empty():
        reason = "no topics were found"
    elif not (material.has_documents or material.is_of_articles(labelled.passages)):
        reason = "there are no documents beside the articles"
    elif material.is_of_articles(labelled.passages) and not material.has_articles:
        reason = "there is no article"
    elif labelled.reference == "classifier" and material.scores.is_empty():
        reason = "themes has scored no passage"
    elif labelled.reference in ("codes", "code_groups") and material.passage_codes.is_empty():
        reason = "no theme was coded"
    else:
        reason = f"{n} passages have both; {FEWEST_PASSAGES} are needed"
    findings.not_computed[f"topics and {labelled.reference} ({labelled.passages})"] = reason
    return False
