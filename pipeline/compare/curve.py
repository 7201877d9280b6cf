"""How agreement changes with the number of groups and the seed, so that no setting was picked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from pipeline.compare.chance import Grouping, chance_levels, shuffled_freely
from pipeline.compare.frames import from_rows
from pipeline.compare.labels import LabelledPassages, random_for
from pipeline.compare.measures import Integers, label_kinds
from pipeline.tables.compare import Curve
from pipeline.tables.topics import OUTLIER

KMEANS_SIZES = (2, 3, 5, 8, 12, 16, 21, 30, 40)
"""Numbers of groups for k-means on the article; 5 and 21 are its families and codes."""

_SHUFFLES = 200
_MEASURE = "adjusted_mutual_information"


def merged_topics(group: Integers, merges: pl.DataFrame) -> Iterator[Integers]:
    """The topics of each passage after each merge of the hierarchy, the first time unmerged.

    Args:
        group: int [n], OUTLIER for none.
        merges: tables.Hierarchy.
    """
    current = group.copy()
    yield current
    for left, right, parent in (
        merges.sort("parent_id").select("left_id", "right_id", "parent_id").iter_rows()
    ):
        current = np.where((current == left) | (current == right), parent, current)
        yield current


def hierarchy_curve(labelled: LabelledPassages, merges: pl.DataFrame, seed: int) -> pl.DataFrame:
    """tables.Curve of the topics as neighbouring ones are merged, down to two."""
    n_topics = merges.height + 1
    rows = [
        _row(replace(labelled, group=group), n_topics - merged, None, seed)
        for merged, group in enumerate(merged_topics(labelled.group, merges))
        if n_topics - merged > 1
    ]
    return from_rows(Curve, rows)


def seed_curve(
    labelled: LabelledPassages,
    make_groups: Callable[[int, int], Integers],
    sizes: Sequence[int],
    seeds: Sequence[int],
) -> pl.DataFrame:
    """tables.Curve of a way of grouping, for each number of groups and each seed.

    Args:
        labelled: the passages, with ``candidate`` already named.
        make_groups: gives int [n] for a number of groups and a seed.
        sizes: numbers of groups; those that leave fewer than two passages a group are left out.
        seeds: of the grouping.
    """
    rows = []
    for size in sizes:
        if size * 2 > len(labelled.passage_ids):
            continue
        for seed in seeds:
            grouped = replace(labelled, group=make_groups(size, seed))
            rows.append(_row(grouped, size, seed, seeds[0]))
    return from_rows(Curve, rows)


def _row(
    labelled: LabelledPassages, n_groups: int, group_seed: int | None, seed: int
) -> dict[str, object]:
    themed = labelled.themed()
    kinds, kind = label_kinds(themed.members, themed.primary)
    groups = np.unique(themed.group, return_inverse=True)[1]
    grouping = Grouping(groups, kind, kinds)
    random = random_for(seed, f"curve/{labelled.name}/{n_groups}/{group_seed}")
    level = chance_levels(grouping, shuffled_freely(groups, _SHUFFLES, random))[_MEASURE]
    return {
        "passages": labelled.passages,
        "candidate": labelled.candidate,
        "reference": labelled.reference,
        "n_groups": n_groups,
        "n_groups_here": len(np.unique(themed.group[themed.group != OUTLIER])),
        "seed": group_seed,
        "n_passages": len(themed.passage_ids),
        "value": round(grouping.measured()[_MEASURE], 6),
        "chance_high": round(level.high, 6),
        "p_value": round(level.p_value, 6),
    }
