"""What the comparison reads, and what it finds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from pipeline.codebook import Codebook
from pipeline.compare import placing
from pipeline.compare.frames import empty
from pipeline.tables.table import Table
from pipeline.vector_cache import Vectors


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
    prevalence_of_families: pl.DataFrame
    hierarchy: pl.DataFrame
    guided: pl.DataFrame
    article_assignments: pl.DataFrame
    families: pl.DataFrame
    codebook: Codebook
    vectors: Vectors
    definitions: Vectors

    @cached_property
    def placed(self) -> pl.DataFrame:
        """All passages with their topic, as by `placing.place_passages`."""
        groups = self.assignments.select("passage_id", pl.col("topic_id").alias("group"))
        return placing.place_passages(self.passages, self.documents, self.blocks, groups)

    @cached_property
    def code_labels(self) -> pl.DataFrame:
        """Hand codes of passages: passage_id, theme_id, weight."""
        return self.passage_codes.select(
            "passage_id", "theme_id", pl.col("n_units").cast(pl.Float64).alias("weight")
        )

    @property
    def has_un(self) -> bool:
        """Whether any UN document was read."""
        return bool((self.documents["kind"].cast(pl.String) != placing.ARTICLE).any())

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
        return placing.coded_passages(self.units, unit_set)


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
