"""The passages that a comparison is about, and the labels that they carry."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

ARTICLE = "article"


def place_passages(
    passages: pl.DataFrame, documents: pl.DataFrame, blocks: pl.DataFrame, groups: pl.DataFrame
) -> pl.DataFrame:
    """Every passage with its group and with what resampling and shuffling keep together.

    Args:
        passages: tables.Passages.
        documents: tables.Documents.
        blocks: tables.Blocks.
        groups: passage_id, group; passages without a row were never clustered.

    Returns:
        passage_id, text, voices, section, kind, group (may be null), cluster (paragraph of the
        article, or document of the UN), stratum (section of the article, or the first mission of
        the UN document), in the order of documents.
    """
    is_article = pl.col("kind") == ARTICLE
    paragraph = pl.col("paragraph").cast(pl.String).fill_null(pl.col("block_id"))
    return (
        passages.join(
            documents.select(
                "document_id",
                pl.col("kind").cast(pl.String),
                pl.col("missions").list.first().fill_null("").alias("mission"),
            ),
            on="document_id",
            maintain_order="left",
        )
        .join(
            blocks.select("block_id", "paragraph"),
            on="block_id",
            how="left",
            maintain_order="left",
        )
        .join(groups, on="passage_id", how="left", maintain_order="left")
        .sort("document_id", "order")
        .select(
            "passage_id",
            "document_id",
            "kind",
            "section",
            "text",
            "voices",
            "group",
            pl.when(is_article)
            .then(pl.concat_str("document_id", paragraph, separator="#"))
            .otherwise("document_id")
            .alias("cluster"),
            pl.when(is_article).then("section").otherwise("mission").alias("stratum"),
        )
    )


def coded_passages(units: pl.DataFrame, unit_set: str) -> pl.DataFrame:
    """passage_id of each passage that holds a unit of this set, with codes or without."""
    return (
        units.filter(pl.col("unit_set") == unit_set)
        .select(pl.col("passage_ids").alias("passage_id"))
        .explode("passage_id")
        .drop_nulls()
        .unique(maintain_order=True)
    )


def family_labels(code_labels: pl.DataFrame, family_of: Mapping[str, str]) -> pl.DataFrame:
    """Themes replaced by their families; a passage's weights for one family are added."""
    return (
        code_labels.with_columns(theme_id=pl.col("theme_id").replace_strict(dict(family_of)))
        .group_by("passage_id", "theme_id", maintain_order=True)
        .agg(pl.col("weight").sum())
    )


def section_labels(placed: pl.DataFrame) -> pl.DataFrame:
    """The article's own structure: each passage belongs to the section that it stands in."""
    return placed.filter(pl.col("section") != "").select(
        "passage_id", pl.col("section").alias("theme_id"), pl.lit(1.0).alias("weight")
    )


def classifier_labels(scores: pl.DataFrame) -> pl.DataFrame:
    """The themes that the classifiers assign, weighted by their probability."""
    return scores.filter("assigned").select(
        "passage_id", "theme_id", pl.col("probability").alias("weight")
    )
