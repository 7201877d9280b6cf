"""What cross-validation keeps together: a paragraph of the article, or UN documents.

Mandates repeat paragraphs from year to year. Were a coded paragraph learnt from while its near copy
in another document is judged, the model would look better than it is. So documents whose coded
paragraphs are near copies of each other are one group.
"""

from __future__ import annotations

import numpy as np
import polars as pl


def join_near_copies(units: pl.DataFrame, families: pl.DataFrame) -> pl.DataFrame:
    """Units with ``group`` joined over near copies; a joined group has its first member's name.

    Args:
        units: unit_id, group, passage_ids.
        families: tables.Families.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    held = (
        units.select("group", pl.col("passage_ids").alias("passage_id"))
        .explode("passage_id")
        .join(families.select("passage_id", "family_id"), on="passage_id")
        .select("group", "family_id")
        .unique()
    )
    groups, kin = sorted(set(units["group"])), sorted(set(held["family_id"]))
    # a graph of groups, and behind them families; each group is tied to the families it holds
    row = held["group"].replace_strict(groups, range(len(groups)), return_dtype=pl.Int64)
    column = held["family_id"].replace_strict(kin, range(len(kin)), return_dtype=pl.Int64)
    size = len(groups) + len(kin)
    ties = (np.ones(held.height), (row.to_numpy(), column.to_numpy() + len(groups)))
    graph = coo_matrix(ties, shape=(size, size))
    _, component = connected_components(graph, directed=False)
    first: dict[int, str] = {}
    for place, name in enumerate(groups):
        first.setdefault(int(component[place]), name)
    joined = {name: first[int(component[place])] for place, name in enumerate(groups)}
    return units.with_columns(group=pl.col("group").replace_strict(joined, return_dtype=pl.String))
