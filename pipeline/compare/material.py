"""What the comparison reads and finds, and passages in their place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import dataframely as dy
import polars as pl

from pipeline.run.tables.table import Table
from pipeline.study.codebook import Codebook
from pipeline.vectors.cache import Vectors


def fitted(schema: type[dy.Schema], frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of the schema, in its order and types."""
    if frame.is_empty():
        return empty(schema)
    columns = empty(schema).schema
    return frame.select(pl.col(name).cast(kind) for name, kind in columns.items())


def from_rows(schema: type[dy.Schema], rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """One row a mapping, with the columns and types of the schema."""
    return fitted(schema, pl.DataFrame(list(rows), infer_schema_length=None))


def empty(schema: type[dy.Schema]) -> pl.DataFrame:
    """A frame of this schema without rows."""
    return pl.DataFrame(schema.create_empty())


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
        passage_id, text, speaker_groups, section, kind, group (may be null), cluster (paragraph
        of the
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
            "speaker_groups",
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


def code_group_labels(code_labels: pl.DataFrame, code_group_of: Mapping[str, str]) -> pl.DataFrame:
    """Themes replaced by their code groups; weights of a passage for one group are added."""
    return (
        code_labels.with_columns(theme_id=pl.col("theme_id").replace_strict(dict(code_group_of)))
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


@dataclass(frozen=True)
class Material:
    """The tables of earlier stages; a frame without rows stands for what was not made.

    `coder_codes` has unit_set, coder, unit_id, theme_id, a row a code that one coder gave. Two are
    no frames: `vectors`, float [passages, dimension], row i for row i of `passages`, and
    `definitions`, float [themes, dimension], in the order of the codebook; all of length 1.
    """

    passages: pl.DataFrame
    documents: pl.DataFrame
    blocks: pl.DataFrame
    notes: pl.DataFrame
    assignments: pl.DataFrame
    topics: pl.DataFrame
    units: pl.DataFrame
    coder_codes: pl.DataFrame
    passage_codes: pl.DataFrame
    scores: pl.DataFrame
    prevalence: pl.DataFrame
    prevalence_deduplicated: pl.DataFrame
    hierarchy: pl.DataFrame
    zero_shot: pl.DataFrame
    article_assignments: pl.DataFrame
    near_duplicates: pl.DataFrame
    codebook: Codebook
    vectors: Vectors
    definitions: Vectors

    @cached_property
    def placed(self) -> pl.DataFrame:
        """All passages with their topic, as by `place_passages`."""
        groups = self.assignments.select("passage_id", pl.col("topic_id").alias("group"))
        return place_passages(self.passages, self.documents, self.blocks, groups)

    @cached_property
    def code_labels(self) -> pl.DataFrame:
        """Hand codes of passages: passage_id, theme_id, weight."""
        return self.passage_codes.select(
            "passage_id", "theme_id", pl.col("n_units").cast(pl.Float64).alias("weight")
        )

    @property
    def has_un(self) -> bool:
        """Whether any UN document was read."""
        return bool((self.documents["kind"].cast(pl.String) != ARTICLE).any())

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {passage_id: row for row, passage_id in enumerate(self.passages["passage_id"])}

    def vectors_of(self, passage_ids: Iterable[str]) -> Vectors:
        """The vectors of these passages, in their order."""
        return self.vectors[[self._row_of[passage_id] for passage_id in passage_ids]]

    @cached_property
    def clustered(self) -> pl.DataFrame:
        """passage_id and text of the passages that topics were looked for in."""
        return self.placed.filter(pl.col("group").is_not_null()).select("passage_id", "text")

    def coded_passages(self, unit_set: str) -> pl.DataFrame:
        """passage_id of each passage that holds a unit of this set, with codes or without."""
        return coded_passages(self.units, unit_set)


@dataclass
class Findings:
    """What was found.

    Attributes:
        parts: frames of each table, in the order in which they were found.
        not_computed: for each part that could not be computed, why.
    """

    parts: dict[Table, list[pl.DataFrame]] = field(default_factory=dict)
    not_computed: dict[str, str] = field(default_factory=dict)

    def add(self, table: Table, frame: pl.DataFrame) -> None:
        """Put rows under those that the table has."""
        self.parts.setdefault(table, []).append(frame)

    def frame(self, table: Table) -> pl.DataFrame:
        """All rows of a table; a frame without rows where nothing was found."""
        found = [frame for frame in self.parts.get(table, []) if not frame.is_empty()]
        return pl.concat(found) if found else empty(table.schema)
