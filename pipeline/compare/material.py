"""What the comparison reads and finds, and passages in their place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import dataframely as dy
import polars as pl

from pipeline.run.arrays import Vectors
from pipeline.run.settings import Settings
from pipeline.run.tables.compare import Sentences
from pipeline.run.tables.table import Table
from pipeline.study.codebook import Codebook
from pipeline.study.sets import WhoCoded
from pipeline.study.study import Study


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
        of an
        article, or document), stratum (section of an article, or the first mission of a document),
        in the order of documents.
    """
    is_article = pl.col("kind") == ARTICLE
    paragraph = pl.col("paragraph").cast(pl.String).fill_null(pl.col("block_id"))
    mission = pl.col("missions").list.first().fill_null("").alias("mission")
    facts = documents.select("document_id", pl.col("kind").cast(pl.String), mission)
    paragraphs = blocks.select("block_id", "paragraph")
    return (
        passages.join(facts, on="document_id", maintain_order="left")
        .join(paragraphs, on="block_id", how="left", maintain_order="left")
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


def coded_passages(units: pl.DataFrame, unit_sets: Collection[str]) -> pl.DataFrame:
    """passage_id of each passage that holds a unit of these sets, with codes or without."""
    return (
        units.filter(pl.col("unit_set").is_in(list(unit_sets)))
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
    """The articles' own structure: each passage belongs to the section that it stands in."""
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

    `coder_codes` has unit_set, coder, unit_id, theme_id, a row a code that one coder gave.
    `vectors` are float [passages, dimension], row i for row i of `passages`, and `definitions`
    float [themes, dimension], in the order of the codebook; all of length 1. `study` says which
    sides and which coded sets there are.
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
    study: Study

    @cached_property
    def placed(self) -> pl.DataFrame:
        """All passages with their topic, as by `place_passages`."""
        groups = self.assignments.select("passage_id", pl.col("topic_id").alias("group"))
        return place_passages(self.passages, self.documents, self.blocks, groups)

    @cached_property
    def code_labels(self) -> pl.DataFrame:
        """Codes of passages: passage_id, theme_id, weight."""
        return self.passage_codes.select(
            "passage_id", "theme_id", pl.col("n_units").cast(pl.Float64).alias("weight")
        )

    @property
    def has_documents(self) -> bool:
        """Whether any document beside the articles was read."""
        return bool((self.documents["kind"].cast(pl.String) != ARTICLE).any())

    @property
    def has_articles(self) -> bool:
        """Whether any article was read."""
        return bool((self.documents["kind"].cast(pl.String) == ARTICLE).any())

    @cached_property
    def document_side(self) -> pl.DataFrame:
        """The passages of the side of documents, as by `place_passages`."""
        side = self.study.document_side
        if side is None or side.documents is None:
            return self.placed.clear()
        of_side = self.documents.filter(side.documents.rows).select("document_id")
        return self.placed.join(of_side, on="document_id", how="semi", maintain_order="left")

    @property
    def interview_sets(self) -> list[str]:
        """The coded sets of sentences by which the articles' shares are estimated."""
        return [one.id for one in self.study.sets_of("sentence", "estimated_with")]

    def is_of_articles(self, passages: str) -> bool:
        """Whether a comparison of this name is of passages of the articles."""
        of_sentences = [one.id for one in self.study.sets_of("sentence")]
        return passages in (self.study.article_set_id, *of_sentences)

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

    def coded_passages(self, *unit_sets: str) -> pl.DataFrame:
        """passage_id of each passage that holds a unit of these sets, with codes or without."""
        return coded_passages(self.units, unit_sets)


@dataclass
class Findings:
    """What was found.

    Attributes:
        parts: frames of each table, in the order in which they were found.
        not_computed: for each part that could not be computed, why.
        there_is: how much of each further side of documents was read, by the name of the side.
    """

    parts: dict[Table, list[pl.DataFrame]] = field(default_factory=dict)
    not_computed: dict[str, str] = field(default_factory=dict)
    there_is: dict[str, str] = field(default_factory=dict)

    def add(self, table: Table, frame: pl.DataFrame) -> None:
        """Put rows under those that the table has."""
        self.parts.setdefault(table, []).append(frame)

    def frame(self, table: Table) -> pl.DataFrame:
        """All rows of a table; a frame without rows where nothing was found."""
        found = [frame for frame in self.parts.get(table, []) if not frame.is_empty()]
        return pl.concat(found) if found else empty(table.schema)


class Phrase(NamedTuple):
    """A piece of a sentence; with a link it leads to the chart or the passages behind it."""

    text: str
    link: str = ""


@dataclass(frozen=True)
class Account:
    """What the sentences about a run are made from.

    Attributes:
        findings: of the comparison.
        study: what it is called, and who speaks in it.
        codebook: names of the themes.
        settings: configs/params.yaml.
        topics: tables.Topics.
        assignments: tables.Assignments.
        evaluation: tables.Evaluation.
        who: who gave the codes.
    """

    findings: Findings
    study: Study
    codebook: Codebook
    settings: Settings
    topics: pl.DataFrame
    assignments: pl.DataFrame
    evaluation: pl.DataFrame
    who: WhoCoded = field(default_factory=WhoCoded)

    def theme(self, theme_id: str) -> str:
        """A theme's name in quotation marks; its id when the codebook no longer holds it."""
        name_of = {theme.theme_id: theme.name for theme in self.codebook.themes}
        return f"“{name_of.get(theme_id, theme_id)}”"


@dataclass(frozen=True)
class Words:
    """One paragraph: what it is about (empty where it is said in short), and what it says."""

    about: str
    pieces: tuple[Phrase, ...]

    @property
    def text(self) -> str:
        """The paragraph without its links."""
        return "".join(piece.text for piece in self.pieces)


def as_markdown(words: Sequence[Words]) -> str:
    """All paragraphs as a file; short ones as a list before the others."""
    short = "\n".join(f"- {each.text}" for each in words if not each.about)
    long = [f"**{each.about}** {each.text}" for each in words if each.about]
    return "\n\n".join(filter(None, ["# What was found", short, *long])) + "\n"


def as_table(words: Sequence[Words]) -> pl.DataFrame:
    """tables.Sentences."""
    return from_rows(
        Sentences,
        [
            {
                "paragraph": paragraph,
                "piece": place,
                "length": "long" if each.about else "short",
                "about": each.about,
                "text": piece.text,
                "link": piece.link,
            }
            for paragraph, each in enumerate(words)
            for place, piece in enumerate(each.pieces)
        ],
    )
