"""Topics against the article's structures: every comparison for which there is enough material."""

from __future__ import annotations

import polars as pl

from pipeline import tables
from pipeline.compare import placing
from pipeline.compare.agreement import FEWEST_PASSAGES, agreement_table
from pipeline.compare.alignment import alignment_table, explanation_table
from pipeline.compare.labels import LabelledPassages, label_passages
from pipeline.compare.material import Findings, Material
from pipeline.compare.recovery import recovery_table
from pipeline.settings import CompareSettings


def compare_topics(
    material: Material, settings: CompareSettings, seed: int, findings: Findings
) -> None:
    """Fill in agreement, alignment, recovery and explanation."""
    compared = [
        labelled
        for labelled in labelled_passages(material)
        if _enough(labelled, material, findings)
    ]
    by_theme = [each for each in compared if each.reference in ("codes", "classifier")]
    topic_ids = material.topics["topic_id"].to_list()
    rate = settings.false_discovery_rate
    for each in compared:
        findings.add(tables.AGREEMENT, agreement_table(each, settings, seed))
    for each in by_theme:
        findings.add(tables.ALIGNMENT, alignment_table(each))
        findings.add(tables.RECOVERY, recovery_table(each, settings, seed))
        findings.add(tables.EXPLANATION, explanation_table(each, topic_ids, rate))


def labelled_passages(material: Material) -> list[LabelledPassages]:
    """Topics beside each reference.

    Hand codes and their families, on the coded passages of the article and of the UN; the article's
    sections, on all its passages; and what the classifiers assign, on UN passages, each text once.
    The last is descriptive: classifiers and topics read the same vectors.
    """
    placed, codebook = material.placed, material.codebook
    article = placed.join(material.coded_passages("article"), on="passage_id", how="semi")
    un = placed.join(material.coded_passages("un"), on="passage_id", how="semi")
    codes, theme_ids = material.code_labels, codebook.theme_ids
    families = placing.family_labels(codes, codebook.family_of)
    family_ids = [family.family_id for family in codebook.families]
    whole_article = placed.filter(pl.col("kind") == placing.ARTICLE)
    sections = placing.section_labels(whole_article)
    section_ids = sections["theme_id"].unique(maintain_order=True).to_list()
    classified = placed.filter(pl.col("kind") != placing.ARTICLE)
    classified = classified.unique("text", keep="first", maintain_order=True)
    assigned = placing.classifier_labels(material.scores)
    return [
        label_passages(article, codes, theme_ids, passages="article", reference="codes"),
        label_passages(article, families, family_ids, passages="article", reference="families"),
        label_passages(
            whole_article, sections, section_ids, passages="article", reference="sections"
        ),
        label_passages(un, codes, theme_ids, passages="un", reference="codes"),
        label_passages(un, families, family_ids, passages="un", reference="families"),
        label_passages(classified, assigned, theme_ids, passages="un", reference="classifier"),
    ]


def _enough(labelled: LabelledPassages, material: Material, findings: Findings) -> bool:
    n = len(labelled.themed().passage_ids)
    if n >= FEWEST_PASSAGES:
        return True
    if material.topics.is_empty():
        reason = "no topics were found"
    elif labelled.passages == "un" and not material.has_un:
        reason = "there are no UN documents"
    else:
        reason = f"{n} passages have both; {FEWEST_PASSAGES} are needed"
    findings.not_computed[f"topics and {labelled.reference} ({labelled.passages})"] = reason
    return False
