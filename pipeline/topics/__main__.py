"""Read passages and vectors, find topics, write topics, assignments, hierarchy and years."""

from __future__ import annotations

from pathlib import Path

from pipeline.run.files import write_folder
from pipeline.run.settings import load_settings
from pipeline.run.stage import Memory, run_stage, say, write_metrics
from pipeline.run.tables.table import read_table, write_table
from pipeline.run.tables.texts import DOCUMENTS, NEAR_DUPLICATES, PASSAGES, read_vectors
from pipeline.run.tables.topics import (
    ARTICLE_ASSIGNMENTS,
    ARTICLE_TOPICS,
    ASSIGNMENTS,
    BY_MISSION,
    HIERARCHY,
    OVER_TIME,
    SIMILARITY,
    TOPICS,
    ZERO_SHOT,
)
from pipeline.study.codebook import load_codebook
from pipeline.study.study import load_missions
from pipeline.topics.finding import TopicFindings, find_topics, load_labels, renamed
from pipeline.topics.model import saved_files
from pipeline.topics.selection import TopicCorpus
from pipeline.vectors.encoder import load_encoder

MODEL = Path("outputs/topics/model")
"""A BERTopic that `BERTopic.load` reads."""


def main() -> None:
    """Find topics in the passages."""
    settings = load_settings()
    labels, corpus = load_labels(), read_corpus()
    findings = find_topics(corpus, load_encoder(settings.embed), settings.topics, settings.seed)
    topics, remarks = renamed(findings.whole.topics, findings.whole.assignments, labels)
    for remark in [*findings.remarks, *remarks]:
        say(f"topics: {remark}")
    write_table(TOPICS, topics)
    _write(findings)
    fitted = findings.whole.fitted
    write_folder(MODEL, saved_files(fitted, topics["label"].to_list(), settings.embed.model))


def read_corpus() -> TopicCorpus:
    """What topics are found in, as the stages before have written it."""
    passages = read_table(PASSAGES)
    return TopicCorpus(
        passages=passages,
        near_duplicates=read_table(NEAR_DUPLICATES),
        documents=read_table(DOCUMENTS),
        vectors=read_vectors(passages.height),
        missions=load_missions(),
        themes=[(theme.theme_id, theme.definition) for theme in load_codebook().themes],
    )


def _write(findings: TopicFindings) -> None:
    write_table(ASSIGNMENTS, findings.whole.assignments)
    write_table(HIERARCHY, findings.hierarchy)
    write_table(SIMILARITY, findings.similarity)
    write_table(OVER_TIME, findings.over_time)
    write_table(BY_MISSION, findings.by_mission)
    write_table(ZERO_SHOT, findings.zero_shot)
    article = findings.article
    whole = findings.whole
    empty = whole.topics.clear(), whole.assignments.clear()
    topics, assignments = (article.topics, article.assignments) if article else empty
    write_table(ARTICLE_TOPICS, topics)
    write_table(ARTICLE_ASSIGNMENTS, assignments)
    write_metrics("topics", findings.metrics)


MEMORY = Memory(a_row=8_100, besides=1900_000_000)

if __name__ == "__main__":
    run_stage("topics", "Find topics with BERTopic's parts, fitted several times.", main, MEMORY)
