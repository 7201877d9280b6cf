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


def passages_with_groups(
    passages: pl.DataFrame,
    documents: pl.DataFrame,
    blocks: pl.DataFrame,
    units: pl.DataFrame,
    families: pl.DataFrame,
) -> pl.DataFrame:
    """Passages in their order, with ``is_article`` and the ``group`` of cross-validation.

    A passage of a coded document has the document's group; one that is a near copy of a coded
    paragraph elsewhere has that paragraph's, so that no model scores what it has learnt from.

    Args:
        passages, documents, blocks, families: tables of those names.
        units: tables.Units, with groups joined over near copies.
    """
    paragraphs = blocks.select("block_id", "paragraph")
    kinds = documents.select("document_id", pl.col("kind").cast(pl.String))
    is_article = pl.col("kind") == "article"
    paragraph = pl.concat_str("document_id", pl.lit("#"), pl.col("paragraph"))
    coded = units.filter(pl.col("unit_set").cast(pl.String) != "article")
    family = families.select("passage_id", "family_id")
    of_document = coded.group_by("document_id").agg(document_group=pl.col("group").first())
    of_family = (
        coded.select("group", pl.col("passage_ids").alias("passage_id"))
        .explode("passage_id")
        .join(family, on="passage_id")
        .group_by("family_id")
        .agg(family_group=pl.col("group").first())
    )
    joined = passages.join(kinds, on="document_id", how="left", maintain_order="left")
    for other, key in (
        (paragraphs, "block_id"),
        (of_document, "document_id"),
        (family, "passage_id"),
        (of_family, "family_id"),
    ):
        joined = joined.join(other, on=key, how="left", maintain_order="left")
    of_un = pl.coalesce("document_group", "family_group", "document_id")
    return joined.with_columns(
        is_article=is_article,
        group=pl.when(is_article).then(paragraph).otherwise(of_un).fill_null(""),
    )
