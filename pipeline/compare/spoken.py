"""The interview side: what the article reports that interviewees said, as coded units."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.compare import placing
from pipeline.compare.coded import CodedUnits, coded_units
from pipeline.compare.material import Material


def spoken_passages(material: Material) -> pl.DataFrame:
    """Coded passages of the article that cite an interview: unit_id, cluster, weight, voices."""
    return article_passages(material).filter(pl.col("voices").list.len() > 0)


def article_passages(material: Material) -> pl.DataFrame:
    """All coded passages of the article: unit_id, cluster, weight, voices."""
    return (
        material.placed.filter(pl.col("kind") == placing.ARTICLE)
        .join(material.coded_passages("article"), on="passage_id", how="semi")
        .select(
            pl.col("passage_id").alias("unit_id"), "cluster", pl.lit(1.0).alias("weight"), "voices"
        )
    )


def passage_labels(material: Material) -> pl.DataFrame:
    """Hand codes of passages: unit_id, theme_id."""
    return material.code_labels.select(pl.col("passage_id").alias("unit_id"), "theme_id")


def coder_labels(material: Material, coder: str) -> pl.DataFrame:
    """The same from one coder's pass over the article alone."""
    codes = material.coder_codes.filter(
        (pl.col("unit_set") == "article") & (pl.col("coder") == coder)
    )
    holders = material.units.select("unit_id", "passage_ids").explode("passage_ids").drop_nulls()
    return (
        codes.join(holders, on="unit_id")
        .select(pl.col("passage_ids").alias("unit_id"), "theme_id")
        .unique(maintain_order=True)
    )


def sentences_near_a_note(material: Material) -> pl.DataFrame:
    """Coded sentences of the article in passages that cite an interview; rows of tables.Units."""
    spoken = spoken_passages(material).select(pl.col("unit_id").alias("passage_id"))
    return _with_first_passage(material).join(spoken, on="passage_id", how="semi")


def sentences_with_a_note(material: Material) -> pl.DataFrame:
    """Coded sentences that carry the marker of a note that cites an interview.

    A marker stands after the last sentence of what it is for, so that the earlier sentences of a
    longer report are not here: the strictest way to say what an interviewee said. Sentences that
    run over two blocks are not here either.
    """
    heard = material.notes.filter(pl.col("voices").list.len() > 0).select("document_id", "number")
    markers = (
        material.blocks.select("block_id", "document_id", "notes", "note_offsets")
        .explode("notes", "note_offsets")
        .drop_nulls("notes")
        .join(heard, left_on=["document_id", "notes"], right_on=["document_id", "number"])
    )
    passages = material.passages.select("passage_id", "block_id", "start", passage="text")
    placed = _with_first_passage(material).join(passages, on="passage_id", maintain_order="left")
    place = pl.struct("passage", "text").map_elements(
        lambda row: row["passage"].find(row["text"]), return_dtype=pl.Int64
    )
    marked = (
        placed.with_columns(place=place)
        .filter(pl.col("place") >= 0)
        .with_columns(first=pl.col("start") + pl.col("place"))
        .with_columns(last=pl.col("first") + pl.col("text").str.len_chars())
        .join(markers.select("block_id", "note_offsets"), on="block_id")
        .filter(pl.col("note_offsets").is_between("first", "last", closed="right"))
    )
    return placed.join(marked.select("unit_id").unique(), on="unit_id", how="semi")


def _with_first_passage(material: Material) -> pl.DataFrame:
    return material.units.filter(pl.col("unit_set") == "article").with_columns(
        passage_id=pl.col("passage_ids").list.first()
    )


def units_as_coded(units: pl.DataFrame, theme_ids: Sequence[str], weight: pl.Expr) -> CodedUnits:
    """Rows of tables.Units as arrays; ``weight`` is one over the probability of being drawn."""
    labels = units.select("unit_id", pl.col("labels").alias("theme_id")).explode("theme_id")
    framed = units.select("unit_id", pl.col("group").alias("cluster"), weight.alias("weight"))
    return coded_units(framed, labels.drop_nulls(), theme_ids)
