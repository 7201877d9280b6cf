"""How far topics agree with themes, and how that changes with their number and the seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from pipeline.compare.material import empty, from_rows
from pipeline.compare.statistics.chance import (
    ChanceLevel,
    Grouping,
    Interval,
    Orders,
    chance_levels,
    intervals,
    shifted,
    shuffled_freely,
    shuffled_within,
)
from pipeline.compare.statistics.measures import MEASURES, Integers, label_kinds
from pipeline.compare.structure.alignment import LabelledPassages, random_for
from pipeline.run.settings import CompareSettings
from pipeline.run.tables.compare import Agreement, Curve
from pipeline.run.tables.topics import OUTLIER

FEWEST_PASSAGES = 10
"""With fewer passages no agreement is worked out."""

MANY_PASSAGES, FEWER_ORDERS = 1000, 200
"""Among so many passages chance hardly varies, and measures with overlap are slow: fewer orders."""

TOPICS, RANDOM = "topics", "random, same sizes"
"""The candidate that is asked about, and the partition that shuffling makes of it."""


def agreement_table(
    labelled: LabelledPassages, settings: CompareSettings, seed: int
) -> pl.DataFrame:
    """tables.Agreement for one comparison, with outliers as a group of their own and without.

    Chance is asked in three ways. *Free*: any passage might have any group. *Within*: groups
    change places only inside a section (article) or mission (UN), so that agreement which comes
    from the order of the text alone is not counted. *Shifted*: the groups are moved along the text
    as a whole, which keeps the runs of neighbouring passages on both sides. The first two take
    passages as exchangeable, which neighbours are not; the third does not, and is the strictest.
    Beside the topics stand random partitions of the same sizes: their mean, and the middle 95%.
    """
    frames: list[pl.DataFrame] = []
    themed = labelled.themed()
    kept = themed.without_outliers()
    if len(themed.passage_ids) >= FEWEST_PASSAGES:
        frames.append(_rows(themed, settings, seed, outliers=True))
    if len(kept.passage_ids) == len(themed.passage_ids):  # no outliers: the same figures
        frames += [frame.with_columns(outliers=pl.lit(value=False)) for frame in frames]
    elif len(kept.passage_ids) >= FEWEST_PASSAGES:
        frames.append(_rows(kept, settings, seed, outliers=False))
    return pl.concat(frames) if frames else empty(Agreement)


def _rows(
    labelled: LabelledPassages, settings: CompareSettings, seed: int, *, outliers: bool
) -> pl.DataFrame:
    random = random_for(seed, f"{labelled.name}/{outliers}")
    kinds, kind = label_kinds(labelled.members, labelled.primary)
    groups = np.unique(labelled.group, return_inverse=True)[1]
    n = settings.permutations if len(groups) <= MANY_PASSAGES else FEWER_ORDERS
    grouping = Grouping(groups, kind, kinds)
    orders = (  # one after another, since many orders of many passages fill the memory
        ("free", partial(shuffled_freely, groups)),
        ("within", partial(shuffled_within, groups, labelled.stratum)),
        ("shifted", partial(shifted, groups)),
    )
    levels = {name: _levels(grouping, order(n, random)) for name, order in orders}
    spread = intervals(grouping, labelled.cluster, settings.bootstrap, settings.confidence, random)
    values = grouping.measured()
    what = _what(labelled, outliers=outliers)
    rows = [
        {
            **what,
            "measure": name,
            "value": _rounded(values[name]),
            **_ends(spread.get(name)),
            **_chance(levels, name),
        }
        for name in MEASURES
    ]
    if labelled.candidate == TOPICS:
        rows += [
            {
                **what,
                "candidate": RANDOM,
                "measure": name,
                "value": _rounded(level.mean),
                **_ends(level.middle),
                **_chance({}, name),
            }
            for name, level in levels["free"].items()
        ]
    return from_rows(Agreement, rows)


def _levels(grouping: Grouping, orders: Orders) -> dict[str, ChanceLevel]:
    """None where shuffling changes nothing, as within sections when groups are the sections."""
    if all((order == grouping.groups).all() for order in orders):
        return {}
    return chance_levels(grouping, orders)


def _what(labelled: LabelledPassages, *, outliers: bool) -> dict[str, Any]:
    return {
        "passages": labelled.passages,
        "candidate": labelled.candidate,
        "reference": labelled.reference,
        "outliers": outliers,
        "n_passages": len(labelled.passage_ids),
        "n_clusters": len(np.unique(labelled.cluster)),
        "n_groups": len(np.unique(labelled.group[labelled.group != OUTLIER])),
        "n_themes": int(labelled.members.any(0).sum()),
    }


def _ends(interval: Interval | None) -> dict[str, float | None]:
    if interval is None:
        return {"low": None, "high": None}
    return {"low": _rounded(interval.low), "high": _rounded(interval.high)}


def _chance(
    levels: Mapping[str, Mapping[str, ChanceLevel]], measure_name: str
) -> dict[str, float | None]:
    row: dict[str, float | None] = {}
    for name, prefix in (("free", ""), ("within", "within_"), ("shifted", "shifted_")):
        level = levels.get(name, {}).get(measure_name)
        row[f"{prefix}chance"] = None if level is None else _rounded(level.mean)
        row[f"{prefix}chance_high"] = None if level is None else _rounded(level.high)
        row[f"{prefix}p_value"] = None if level is None else _rounded(level.p_value)
    return row


def _rounded(value: float) -> float:
    return round(value, 6)  # the last bits of a library's sums may wander


KMEANS_SIZES = (2, 3, 5, 8, 12, 16, 21, 30, 40)
"""Numbers of groups for k-means on the article; 5 and 21 are its code groups and codes."""

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
