"""Read what was found and coded, compare, write tables with a CSV beside each."""

from __future__ import annotations

import polars as pl

from pipeline import tables
from pipeline.codebook import load_codebook
from pipeline.compare.comparing import compare_topics
from pipeline.compare.frames import empty
from pipeline.compare.material import Findings, Material
from pipeline.compare.sides import compare_sides, compare_voices
from pipeline.compare.summary import summarised
from pipeline.files import write_bytes
from pipeline.settings import load_settings
from pipeline.stage import run_stage, say, write_metrics
from pipeline.tables import Table, read_table, write_table

WRITTEN = (
    tables.AGREEMENT,
    tables.ALIGNMENT,
    tables.RECOVERY,
    tables.EXPLANATION,
    tables.GAP,
    tables.GAP_SENSITIVITY,
    tables.VOICE_SHARES,
)


def main() -> None:
    """Compare topics with themes and policy with interviews."""
    settings = load_settings()
    material = _read()
    findings = Findings()
    compare_topics(material, settings.compare, settings.seed, findings)
    compare_sides(material, settings.compare, findings)
    compare_voices(material, settings.compare, findings)
    for part, reason in findings.not_computed.items():
        say(f"compare: {part}: not computed, because {reason}")
    for table in WRITTEN:
        write_table(table, findings.frame(table))
        _write_csv(table, findings.frame(table))
    write_metrics("compare", summarised(findings))


def _read() -> Material:
    return Material(
        passages=read_table(tables.PASSAGES),
        documents=read_table(tables.DOCUMENTS),
        blocks=read_table(tables.BLOCKS),
        notes=read_table(tables.NOTES),
        assignments=_read_if_made(tables.ASSIGNMENTS),
        topics=_read_if_made(tables.TOPICS),
        units=_read_if_made(tables.UNITS),
        passage_codes=_read_if_made(tables.PASSAGE_CODES),
        scores=_read_if_made(tables.SCORES),
        prevalence=_read_if_made(tables.PREVALENCE),
        codebook=load_codebook(),
    )


def _read_if_made(table: Table) -> pl.DataFrame:
    """The table, or one without rows when its stage could not make it."""
    return read_table(table) if table.path.is_file() else empty(table.schema)


def _write_csv(table: Table, frame: pl.DataFrame) -> None:
    """Lists are joined by semicolons, because CSV has none."""
    lists = [
        pl.col(name).cast(pl.List(pl.String)).list.join(";")
        for name, kind in frame.schema.items()
        if isinstance(kind, pl.List)
    ]
    content = frame.with_columns(lists).write_csv().encode()
    write_bytes(table.path.with_suffix(".csv"), content)


if __name__ == "__main__":
    run_stage("compare", "Compare topics with themes, and policy with interviews.", main)
