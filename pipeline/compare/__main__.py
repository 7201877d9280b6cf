"""Read what was found and coded, compare, write tables with a CSV beside each."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pipeline.compare.findings.summary import summarised
from pipeline.compare.findings.words import as_markdown, plain_words
from pipeline.compare.gap.measuring import compare_sides, compare_speaker_groups
from pipeline.compare.material import ARTICLE, Findings, Material, empty
from pipeline.compare.sources import link_tables, shelf_of
from pipeline.compare.structure.baselines import definition_text, one_thread
from pipeline.compare.structure.comparing import compare_topics
from pipeline.run.files import FINDINGS_FILE, write_bytes, write_text
from pipeline.run.settings import EmbedSettings, load_settings
from pipeline.run.stage import run_stage, say, write_metrics
from pipeline.run.tables.compare import (
    AGREEMENT,
    ALIGNMENT,
    CITATIONS,
    CURVE,
    EXPLANATION,
    GAP,
    GAP_SENSITIVITY,
    GAP_SERIES,
    QUOTATIONS,
    RECOVERY,
    SEMANTIC_ALIGNMENT,
    SPEAKER_SHARES,
)
from pipeline.run.tables.ingest import BLOCKS, DOCUMENTS, NOTES
from pipeline.run.tables.segment import NEAR_DUPLICATES, PASSAGES
from pipeline.run.tables.table import Table, csv_of, read_table, write_table
from pipeline.run.tables.themes import (
    PASSAGE_CODES,
    PREVALENCE,
    PREVALENCE_DEDUPLICATED,
    SCORES,
    UNITS,
)
from pipeline.run.tables.topics import (
    ARTICLE_ASSIGNMENTS,
    ASSIGNMENTS,
    HIERARCHY,
    TOPICS,
    ZERO_SHOT,
)
from pipeline.study.codebook import load_codebook
from pipeline.study.codings import read_codings
from pipeline.study.manifest import MANIFEST_FILE, read_manifest
from pipeline.study.study import load_study
from pipeline.vectors.encoder import load_encoder
from pipeline.vectors.stored import read_vectors

WRITTEN = (
    AGREEMENT,
    ALIGNMENT,
    RECOVERY,
    EXPLANATION,
    SEMANTIC_ALIGNMENT,
    CURVE,
    GAP,
    GAP_SENSITIVITY,
    GAP_SERIES,
    SPEAKER_SHARES,
    CITATIONS,
    QUOTATIONS,
)


def main() -> None:
    """Compare topics with themes and policy with interviews."""
    settings = load_settings()
    material = _read(settings.embed)
    findings = Findings()
    with one_thread():
        compare_topics(material, settings.compare, settings.seed, findings)
        compare_sides(material, settings.compare, load_study().milestones, findings)
        compare_speaker_groups(material, settings.compare, findings)
    _link(material, findings)
    for part, reason in findings.not_computed.items():
        say(f"compare: {part}: not computed, because {reason}")
    for table in WRITTEN:
        write_table(table, findings.frame(table))
        write_bytes(table.path.with_suffix(".csv"), csv_of(findings.frame(table)))
    words = plain_words(findings, material, settings.compare)
    write_text(FINDINGS_FILE, as_markdown(words))
    write_metrics("compare", summarised(findings))


def _read(embed: EmbedSettings) -> Material:
    passages = read_table(PASSAGES)
    codebook = load_codebook()
    definitions = load_encoder(embed).encode([definition_text(each) for each in codebook.themes])
    return Material(
        passages=passages,
        documents=read_table(DOCUMENTS),
        blocks=read_table(BLOCKS),
        notes=read_table(NOTES),
        assignments=_read_if_made(ASSIGNMENTS),
        topics=_read_if_made(TOPICS),
        units=_read_if_made(UNITS),
        coder_codes=_coder_codes(codebook.theme_ids),
        passage_codes=_read_if_made(PASSAGE_CODES),
        scores=_read_if_made(SCORES),
        prevalence=_read_if_made(PREVALENCE),
        prevalence_deduplicated=_read_if_made(PREVALENCE_DEDUPLICATED),
        hierarchy=_read_if_made(HIERARCHY),
        zero_shot=_read_if_made(ZERO_SHOT),
        article_assignments=_read_if_made(ARTICLE_ASSIGNMENTS),
        near_duplicates=_read_if_made(NEAR_DUPLICATES),
        codebook=codebook,
        vectors=read_vectors(passages.height),
        definitions=definitions,
    )


def _coder_codes(theme_ids: Sequence[str]) -> pl.DataFrame:
    """What each coder gave, before the passes became one label."""
    named = [
        coding.codes.filter(pl.col("coder").is_in(coding.coders)).select(
            pl.lit(coding.unit_set).alias("unit_set"), "coder", "unit_id", "theme_id"
        )
        for coding in read_codings(theme_ids)
    ]
    none = dict.fromkeys(("unit_set", "coder", "unit_id", "theme_id"), pl.String)
    return pl.concat([pl.DataFrame(schema=none), *named])


def _link(material: Material, findings: Findings) -> None:
    """Look up what the article cites; its list of references is in its file only."""
    entries = read_manifest()
    article = next((entry for entry in entries if entry.kind == ARTICLE), None)
    file = None if article is None else MANIFEST_FILE.parent / article.path
    if article is None or file is None or file.suffix != ".txt" or not file.is_file():
        findings.not_computed["links"] = "the article is not there as a text file"
        return
    blocks = material.blocks.filter(pl.col("document_id") == article.document_id).sort("order")
    shelf = shelf_of(material.documents, material.blocks, [entry.symbol for entry in entries])
    text = file.read_text(encoding="utf-8", errors="replace")
    cited, quoted = link_tables(text, blocks, shelf)
    findings.add(CITATIONS, cited)
    findings.add(QUOTATIONS, quoted)


def _read_if_made(table: Table) -> pl.DataFrame:
    """The table, or one without rows when its stage could not make it."""
    return read_table(table) if table.path.is_file() else empty(table.schema)


if __name__ == "__main__":
    run_stage("compare", "Compare topics with themes, and policy with interviews.", main)
