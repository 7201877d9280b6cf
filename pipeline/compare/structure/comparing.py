"""Topics against the study's structures: every comparison for which there is enough material."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from pipeline.compare.material import (
    ARTICLE,
    Findings,
    Material,
    classifier_labels,
    code_group_labels,
    empty,
    fitted,
    section_labels,
)
from pipeline.compare.statistics.chance import Orders, shifted, shuffled_freely
from pipeline.compare.statistics.measures import Booleans, Floats, Integers
from pipeline.compare.structure.agreement import (
    FEWEST_PASSAGES,
    KMEANS_SIZES,
    agreement_table,
    hierarchy_curve,
    seed_curve,
)
from pipeline.compare.structure.alignment import (
    LabelledPassages,
    alignment_table,
    explanation_table,
    false_discovery_rates,
    label_passages,
    random_for,
)
from pipeline.compare.structure.baselines import (
    Baselines,
    different_texts,
    kmeans_groups,
    semantic_table,
)
from pipeline.run.settings import CompareSettings
from pipeline.run.stage import in_processes
from pipeline.run.tables.compare import (
    AGREEMENT,
    ALIGNMENT,
    CURVE,
    EXPLANATION,
    RECOVERY,
    SEMANTIC_ALIGNMENT,
    Recovery,
)
from pipeline.run.tables.topics import OUTLIER
from pipeline.study.study import NO_SET

FEWEST_WITH_THEME = 5
"""A theme of fewer passages is not called recovered: two passages in one small topic are luck."""


@dataclass(frozen=True)
class BestTopics:
    """The topics that together have the largest F1 with each theme.

    Attributes:
        order: int [stack, topics, themes], rows of the topics by falling precision.
        n_chosen: int [stack, themes], how many of them are taken.
        n_both: int [stack, themes], passages of the theme in the chosen topics.
        n_topics: int [stack, themes], passages in the chosen topics.
        f1: float [stack, themes].
    """

    order: Integers
    n_chosen: Integers
    n_both: Integers
    n_topics: Integers
    f1: Floats


def best_topics(n: Integers, n_topic: Integers, n_theme: Integers) -> BestTopics:
    """The best set of topics for each theme, exactly.

    F1 of a set is 2 * both / (passages in its topics + passages of the theme). Topics share no
    passage, so this is a ratio of sums, and the set that makes it largest holds the topics whose
    own precision is above some threshold (Dinkelbach 1967): the best set is the first few topics
    in the order of precision. It is what a greedy search looks for and may miss.

    Args:
        n: int [stack, topics, themes], passages with both; no outliers.
        n_topic: int [topics].
        n_theme: int [themes].
    """
    precision = n / np.maximum(n_topic, 1)[None, :, None]
    order = np.argsort(-precision, axis=1, kind="stable")
    both = np.take_along_axis(n, order, axis=1).cumsum(1)
    size = n_topic[order].cumsum(1)
    f1 = 2 * both / np.maximum(size + n_theme[None, None, :], 1)
    last = f1.argmax(1)[:, None, :]
    best = np.take_along_axis(f1, last, axis=1)[:, 0]
    return BestTopics(
        order=order,
        n_chosen=np.where(best > 0, last[:, 0] + 1, 0),
        n_both=np.where(best > 0, np.take_along_axis(both, last, axis=1)[:, 0], 0),
        n_topics=np.where(best > 0, np.take_along_axis(size, last, axis=1)[:, 0], 0),
        f1=best,
    )


def recovery_table(
    labelled: LabelledPassages, settings: CompareSettings, seed: int
) -> pl.DataFrame:
    """tables.Recovery: the best set of topics for each theme that occurs.

    Choosing the best of many sets finds an F1 well above 0 in any shuffled labels; hence each F1
    stands beside its mean over shuffles. Its p-value is (1 + orders with as large an F1 for this
    theme) / (1 + orders), for topics shuffled freely and for topics shifted along the text; the
    larger one counts, because free shuffles alone find themes in unrelated labels that merely run
    along the text. Q-values are over the themes that enough passages carry.
    """
    topic_ids = np.unique(labelled.group[labelled.group != OUTLIER])
    if not len(topic_ids):
        return empty(Recovery)
    groups = np.searchsorted(topic_ids, labelled.group).astype(np.int64)
    groups[labelled.group == OUTLIER] = OUTLIER
    members = labelled.members[:, labelled.members.any(0)]
    n_topic = np.bincount(groups[groups >= 0], minlength=len(topic_ids))
    counts = _counts(groups[None, :], members, len(topic_ids))
    found = best_topics(counts, n_topic, members.sum(0))
    random = random_for(seed, f"recovery/{labelled.name}")
    by_chance = [  # the orders of one way are forgotten before those of the next are made
        _f1_of_orders(order(groups, settings.permutations, random), members, n_topic)
        for order in (shuffled_freely, shifted)
    ]
    return _table(labelled, topic_ids, found, by_chance, settings)


def _f1_of_orders(orders: Orders, members: Booleans, n_topic: Integers) -> Floats:
    """F1 of the best topics for each theme, float [orders, themes]."""
    n_theme = members.sum(0)
    found = [
        best_topics(_counts(order[None, :], members, len(n_topic)), n_topic, n_theme).f1
        for order in orders
    ]
    return np.concatenate(found)


def _counts(groups: Orders | Integers, members: Booleans, n_topics: int) -> Integers:
    """Passages by topic and theme, int [stack, topics, themes]."""
    counts = np.zeros((len(groups), n_topics, members.shape[1]), dtype=np.int64)
    passage, theme = np.nonzero(members)
    for row, labels in enumerate(groups):
        of_each = labels[passage].astype(np.int64)
        inside = of_each >= 0
        cells = of_each[inside] * members.shape[1] + theme[inside]
        counts[row] = np.bincount(cells, minlength=counts[row].size).reshape(counts[row].shape)
    return counts


def _table(
    labelled: LabelledPassages,
    topic_ids: Integers,
    found: BestTopics,
    by_chance: Sequence[Floats],
    settings: CompareSettings,
) -> pl.DataFrame:
    used = np.flatnonzero(labelled.members.any(0))
    support = labelled.members.sum(0)[used]
    reached = [(1 + (each >= found.f1 - 1e-12).sum(0)) / (1 + len(each)) for each in by_chance]
    p_values = np.max(reached, axis=0)
    tested = support >= FEWEST_WITH_THEME
    q_values = false_discovery_rates(p_values, tested)
    recovered = (found.f1[0] >= settings.recovered_f1) & (q_values <= settings.false_discovery_rate)
    chosen = [
        topic_ids[found.order[0, : found.n_chosen[0, column], column]].tolist()
        for column in range(len(used))
    ]
    frame = {
        "passages": [labelled.passages] * len(used),
        "reference": [labelled.reference] * len(used),
        "theme_id": [labelled.theme_ids[column] for column in used],
        "support": support,
        "topic_ids": chosen,
        "precision": (found.n_both[0] / np.maximum(found.n_topics[0], 1)).round(6),
        "recall": (found.n_both[0] / support).round(6),
        "f1": found.f1[0].round(6),
        "chance": by_chance[0].mean(0).round(6),
        "p_value": p_values.round(6),
        "q_value": [
            round(q, 6) if test else None for q, test in zip(q_values, tested, strict=True)
        ],
        "recovered": recovered,
    }
    return fitted(Recovery, pl.DataFrame(frame))


THEMED = ("codes", "classifier")
"""References that are themes of the codebook, not code groups or sections."""

CURVE_SEEDS = 5

_SIDE_BY_SIDE = range(2_000, 100_000)
"""Passages with which comparisons are made in several processes: fewer are done before these have
begun, and of more each fills memory."""


def compare_topics(
    material: Material, settings: CompareSettings, seed: int, findings: Findings
) -> None:
    """Fill in agreement, alignment, recovery, explanation, curves and semantic alignment."""
    from joblib import cpu_count

    compared = [
        labelled
        for labelled in labelled_passages(material)
        if _enough(labelled, material, findings)
    ]
    if not compared:
        return
    baselines = Baselines(material, seed)
    candidates = [one for each in compared for one in (each, *baselines.beside(each))]
    themed = [each for each in compared if each.reference in THEMED]
    n_processes = cpu_count() if material.passages.height in _SIDE_BY_SIDE else 1
    for table, work, of in (
        (AGREEMENT, agreement_table, candidates),
        (RECOVERY, recovery_table, themed),
    ):
        made = in_processes(work, [(each, settings, seed) for each in of], n_processes)
        for frame in made:
            findings.add(table, frame)
    topics = dict(material.topics.select("topic_id", "label").iter_rows())
    for each in themed:
        findings.add(ALIGNMENT, alignment_table(each))
        findings.add(EXPLANATION, explanation_table(each, topics, settings.false_discovery_rate))
    for each in compared:
        if material.is_of_articles(each.passages):
            _add_curves(each, material, seed, findings)
    _add_semantic(material, findings)


def _add_curves(
    labelled: LabelledPassages, material: Material, seed: int, findings: Findings
) -> None:
    """By number of topics along their hierarchy, and by number and seed for k-means."""
    findings.add(CURVE, hierarchy_curve(labelled, material.hierarchy, seed))
    vectors = material.vectors_of(labelled.passage_ids)
    named = replace(labelled, candidate="k-means, article alone")

    def make_groups(n_groups: int, group_seed: int) -> Integers:
        return kmeans_groups(vectors.copy(), n_groups, group_seed, n_starts=1)

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

    Codes and their code groups, on the passages of each coded set; the articles' sections, on
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
