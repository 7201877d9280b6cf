"""Every table of the project, and the data dictionary made from their schemas."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import dataframely as dy

from pipeline.run.tables import compare, texts, themes, topics
from pipeline.run.tables.table import Table

TABLES = tuple(
    value
    for module in (texts, topics, themes, compare)
    for value in vars(module).values()
    if isinstance(value, Table)
)


EVERYWHERE = {
    "block_id": "a block (outputs/ingest/blocks.parquet)",
    "candidate": "what made the groups: topics, or the name of a baseline",
    "cited_as": "how an article names the document: author and year, or its symbol",
    "date": "of adoption, issue or meeting; null when nobody knows it",
    "difference": "policy minus interviews",
    "direction": "which side has more; undecided: q-value above compare.false_discovery_rate",
    "distance": "between the two groups, as the linkage measures it",
    "document_id": "a document (outputs/ingest/documents.parquet)",
    "high": "upper end of the interval",
    "interviews": "share of the articles' passages that report an interview",
    "interviews_high": "upper end of its interval",
    "interviews_low": "lower end of its interval",
    "jaccard": "passages in both over passages in either",
    "kind": "kind of document",
    "label": "name for a reader",
    "left_id": "first of the two groups that are merged",
    "low": "lower end of the interval",
    "measure": "which measure of quality or agreement",
    "method": "as the classifier assigns it, or corrected for its error",
    "mission": "acronym of a peace operation, or 'all'",
    "model": "which of the compared classifiers",
    "n": "how many",
    "n_blocks": "blocks in the document",
    "n_coders": "codings of the units",
    "n_interviews": "coded passages of articles that report an interview",
    "n_passages": "passages counted",
    "n_policy": "passages of policy documents",
    "n_theme": "passages of the theme among those counted",
    "n_topics": "topics in the merged group",
    "n_units": "units that were read for coding",
    "n_words": "words, as the segmenter counts them",
    "number": "of the note, as printed",
    "order": "place in the document, from 0",
    "other_id": "the other of the two topics",
    "p_value": "of the test that the schema's text names",
    "parent_id": "the merged group",
    "passage_id": "a passage (outputs/segment/passages.parquet)",
    "passages": "which passages are counted, by their coded set",
    "policy": "share of the policy passages",
    "policy_high": "upper end of its interval",
    "policy_low": "lower end of its interval",
    "precision": "true positives over all that were found",
    "q_value": "p-value after Benjamini and Hochberg",
    "reason": "why; empty when there is nothing to say",
    "recall": "true positives over all that were there",
    "reference": "which themes: codes given, or the classifier's",
    "right_id": "second of the two groups that are merged",
    "role": "what the block is in its document",
    "section": "headings above it, outermost first, joined by ' > '",
    "seed": "of the grouping",
    "setting": "what is judged: a coded set, or 'A to B' (learnt on A alone, judged on B)",
    "share": "n over n_passages",
    "source_url": "where the document can be had; may be empty",
    "status": "how the matter stands",
    "support": "units or passages with the theme",
    "symbol": "UN symbol; empty when there is none",
    "text": "as in the document, white space collapsed",
    "theme_id": "a theme of the codebook (corpus/coding/codebook.yaml)",
    "title": "of the document",
    "topic_id": "a topic (outputs/topics/topics.parquet); -1 for outliers",
    "unit_id": "a coded unit (corpus/coding)",
    "unit_set": "a coded set of configs/study.yaml, or passages that `peacetext suggest` named",
    "value": "of the measure",
    "speaker_group": "speaker group of interviewees",
    "year": "of the document's date",
}
"""What a column's name means in every table, unless its schema says more."""

_HEAD = """# The data dictionary

Made from the schemas in `pipeline/run/tables/` by `peacetext dictionary`; do not edit it. Every
table is a Parquet file, checked against its schema when it is written and when it is read;
`outputs/export/tables/` holds each as CSV too, in UTF-8 with a byte order mark, lists joined by
semicolons, and an apostrophe before text that a spreadsheet would run as a formula. Read a
Parquet file with `polars.read_parquet`, `pandas.read_parquet` or R's `arrow::read_parquet`.
"""


def dictionary_text() -> str:
    """The whole dictionary as Markdown: tables in the order of the stages, columns in theirs."""
    return "\n".join([_HEAD, *(line for table in TABLES for line in _table_lines(table))])


def described(name: str, column: dy.Column) -> str:
    """What a column holds; empty when neither its schema nor its name says it."""
    return column.description or EVERYWHERE.get(name, "")


def _table_lines(table: Table) -> Iterator[str]:
    yield f"## {table.path}\n"
    yield inspect.cleandoc(table.schema.__doc__ or "") + "\n"
    yield "| column | type | meaning |"
    yield "| --- | --- | --- |"
    for name, column in table.schema.columns().items():
        key = " (key)" if column.primary_key else ""
        yield f"| `{name}`{key} | {_kind(column)} | {_cell(described(name, column))} |"
    yield ""


def _kind(column: dy.Column) -> str:
    kind = type(column).__name__.lower()
    if isinstance(column, dy.List):
        kind = f"list of {_kind(column.inner)}s"
    elif isinstance(column, dy.Enum):
        kind = "one of " + ", ".join(str(each) for each in column.categories)
    return _cell(f"{kind}, or null" if column.nullable else kind)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
