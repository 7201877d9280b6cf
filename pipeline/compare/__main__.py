"""Read what was found and coded, compare, write tables with a CSV beside each, and the metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from pipeline.compare.findings.gap import (
    BY_PARTS,
    BY_PASSAGES,
    INTERVIEW_SIDE,
    POLICY_SIDE,
    leaning,
)
from pipeline.compare.findings.words import plain_words
from pipeline.compare.gap.measuring import compare_sides, compare_speaker_groups
from pipeline.compare.material import (
    ARTICLE,
    Account,
    Findings,
    Material,
    as_markdown,
    as_table,
    empty,
)
from pipeline.compare.sources import link_tables, shelf_of
from pipeline.compare.structure.baselines import definition_text, one_thread
from pipeline.compare.structure.comparing import compare_topics
from pipeline.run.errors import InputError
from pipeline.run.files import FINDINGS_FILE, write_bytes, write_text
from pipeline.run.settings import EmbedSettings, load_settings
from pipeline.run.stage import Memory, run_stage, say, write_metrics
from pipeline.run.tables.compare import (
    AGREEMENT,
    ALIGNMENT,
    CITATIONS,
    CURVE,
    EXPLANATION,
    GAP,
    GAP_SENSITIVITY,
    GAP_SERIES,
    GAP_SIDES,
    QUOTATIONS,
    RECOVERY,
    SEMANTIC_ALIGNMENT,
    SENTENCES,
    SPEAKER_SHARES,
)
from pipeline.run.tables.table import Table, csv_of, read_table, write_table
from pipeline.run.tables.texts import (
    BLOCKS,
    DOCUMENTS,
    NEAR_DUPLICATES,
    NOTES,
    PASSAGES,
    read_vectors,
)
from pipeline.run.tables.themes import (
    CODER_AGREEMENT,
    EVALUATION,
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
from pipeline.study.checks import check_corpus, load_study, uncompared
from pipeline.study.codebook import Codebook, load_codebook
from pipeline.study.codings import read_codings
from pipeline.study.manifest import MANIFEST_FILE, read_manifest
from pipeline.study.sets import SUGGESTED, who_coded
from pipeline.study.study import STUDY_FILE, Study
from pipeline.vectors.encoder import load_encoder

WRITTEN = (
    AGREEMENT,
    ALIGNMENT,
    RECOVERY,
    EXPLANATION,
    SEMANTIC_ALIGNMENT,
    CURVE,
    GAP,
    GAP_SIDES,
    GAP_SENSITIVITY,
    GAP_SERIES,
    SPEAKER_SHARES,
    CITATIONS,
    QUOTATIONS,
    SENTENCES,
)


def main() -> None:
    """Compare topics with themes, and the sides of the study."""
    settings, study = load_settings(), load_study()
    codebook = load_codebook()
    check_corpus(STUDY_FILE, study, read_manifest(), settings.acquire.profile, codebook.theme_ids)
    material = _read(settings.embed, codebook, study)
    findings = Findings()
    with one_thread():
        compare_topics(material, settings.compare, settings.seed, findings)
        compare_sides(material, settings.compare, study.milestones, findings)
        compare_speaker_groups(material, settings.compare, findings)
    _link(material, findings)
    for remark in uncompared(study):
        say(f"compare: {remark}")
    for part, reason in findings.not_computed.items():
        say(f"compare: {part}: not computed, because {reason}")
    account = Account(
        findings=findings,
        study=study,
        codebook=material.codebook,
        settings=settings,
        topics=material.topics,
        assignments=material.assignments,
        evaluation=_read_if_made(EVALUATION),
        who=who_coded(_read_if_made(CODER_AGREEMENT), study.coders),
    )
    words = plain_words(account)
    findings.add(SENTENCES, as_table(words))
    for table in WRITTEN:
        write_table(table, findings.frame(table))
        write_bytes(table.path.with_suffix(".csv"), csv_of(findings.frame(table)))
    write_text(FINDINGS_FILE, as_markdown(words))
    write_metrics("compare", summarised(findings))


def _read(embed: EmbedSettings, codebook: Codebook, study: Study) -> Material:
    scores = _read_if_made(SCORES)  # first: to check its rows takes more than to keep them
    passages = read_table(PASSAGES)
    definitions = load_encoder(embed).encode([definition_text(each) for each in codebook.themes])
    return Material(
        passages=passages,
        documents=read_table(DOCUMENTS),
        blocks=read_table(BLOCKS),
        notes=read_table(NOTES),
        assignments=_read_if_made(ASSIGNMENTS),
        topics=_read_if_made(TOPICS),
        units=_known_units(study),
        coder_codes=_coder_codes(codebook.theme_ids, study),
        passage_codes=_read_if_made(PASSAGE_CODES),
        scores=scores,
        prevalence=_read_if_made(PREVALENCE),
        prevalence_deduplicated=_read_if_made(PREVALENCE_DEDUPLICATED),
        hierarchy=_read_if_made(HIERARCHY),
        zero_shot=_read_if_made(ZERO_SHOT),
        article_assignments=_read_if_made(ARTICLE_ASSIGNMENTS),
        near_duplicates=_read_if_made(NEAR_DUPLICATES),
        codebook=codebook,
        vectors=read_vectors(passages.height),
        definitions=definitions,
        study=study,
    )


def _coder_codes(theme_ids: Sequence[str], study: Study) -> pl.DataFrame:
    """What each coder gave, before the codings became one label."""
    named = [
        coding.codes.filter(pl.col("coder").is_in(coding.coders)).select(
            pl.lit(coding.unit_set).alias("unit_set"), "coder", "unit_id", "theme_id"
        )
        for coding in read_codings(theme_ids, study.coded_sets)
    ]
    none = dict.fromkeys(("unit_set", "coder", "unit_id", "theme_id"), pl.String)
    return pl.concat([pl.DataFrame(schema=none), *named])


def _known_units(study: Study) -> pl.DataFrame:
    """tables.Units; a set that the study no longer names is an error."""
    units = _read_if_made(UNITS)
    named = {SUGGESTED, *(one.id for one in study.coded_sets)}
    for unit_set in sorted(set(units["unit_set"]) - named):
        problem = f"holds units of {unit_set}, which configs/study.yaml does not name"
        raise InputError(UNITS.path, problem, "run: dvc repro themes")
    return units


_AS_TEXT = (".txt", ".md")
"""Articles whose list of references is read from the file as it is."""


def _link(material: Material, findings: Findings) -> None:
    """Look up what the articles cite: by a list of references, and by symbols that they print."""
    entries = read_manifest()
    shelf = shelf_of(material.documents, material.blocks, [entry.symbol for entry in entries])
    absent = []
    for entry in (entry for entry in entries if entry.kind == ARTICLE):
        file = MANIFEST_FILE.parent / entry.path
        is_text = file.suffix in _AS_TEXT and file.is_file()
        absent += [] if is_text else [entry.document_id]
        text = file.read_text(encoding="utf-8", errors="replace") if is_text else ""
        blocks = material.blocks.filter(pl.col("document_id") == entry.document_id).sort("order")
        for table, found in zip(
            (CITATIONS, QUOTATIONS), link_tables(text, blocks, shelf), strict=True
        ):
            after = pl.col("order") + findings.frame(table).height
            findings.add(table, found.with_columns(after))
    if absent or not material.has_articles:
        named = ", ".join(absent)
        reason = (
            f"{named}: its list of references is not read, only symbols in its text are looked "
            f"up; a list is read from plain text and Markdown"
            if absent
            else "there is no article"
        )
        findings.not_computed["links"] = reason


def _read_if_made(table: Table) -> pl.DataFrame:
    """The table, or one without rows when its stage could not make it."""
    return read_table(table) if table.path.is_file() else empty(table.schema)


_LARGEST = 3
_IN_FULL = ("low", "high", "chance_high", "p_value", "within_p_value", "shifted_p_value")


def summarised(findings: Findings) -> dict[str, Any]:
    """The declared figure with chance and p-value, recovered themes, and the largest gaps."""
    return {
        "agreement": _agreement(findings.frame(AGREEMENT)),
        "recovered": _recovered(findings.frame(RECOVERY)),
        "topics_explained": _explained(findings.frame(EXPLANATION)),
        "gap": _gaps(findings.frame(GAP)),
        "not_computed": dict(sorted(findings.not_computed.items())),
    }


def _agreement(agreement: pl.DataFrame) -> dict[str, Any]:
    """Adjusted mutual information with outliers kept: the topics in full, the baselines' value."""
    rows = agreement.filter(
        (pl.col("measure") == "adjusted_mutual_information") & pl.col("outliers")
    )
    summary: dict[str, Any] = {}
    for row in rows.iter_rows(named=True):
        compared = summary.setdefault(f"{row['passages']}_{row['reference']}", {"baselines": {}})
        if row["candidate"] == "topics":
            compared |= {"n": row["n_passages"], "ami": _short(row["value"])}
            compared |= {name: _short(row[name]) for name in _IN_FULL}
        else:
            compared["baselines"][row["candidate"]] = _short(row["value"])
    return summary


def _recovered(recovery: pl.DataFrame) -> dict[str, Any]:
    return {
        f"{passages}_{reference}": {
            "themes": rows.height,
            "recovered": int(rows["recovered"].sum()),
        }
        for (passages, reference), rows in recovery.group_by(
            "passages", "reference", maintain_order=True
        )
    }


def _explained(explanation: pl.DataFrame) -> dict[str, Any]:
    return {
        f"{passages}_{reference}": {
            "topics": rows.height,
            "explained": int(rows["explained"].sum()),
        }
        for (passages, reference), rows in explanation.group_by(
            "passages", "reference", maintain_order=True
        )
    }


def _gaps(gap: pl.DataFrame) -> dict[str, Any]:
    """How many themes lean which way, by passages and by parts, and the largest differences."""
    return {
        "passages": _leanings(gap, BY_PASSAGES),
        "parts": _leanings(gap, BY_PARTS),
    }


def _leanings(gap: pl.DataFrame, question: str) -> dict[str, Any]:
    summary: dict[str, Any] = {}
    for side in (POLICY_SIDE, INTERVIEW_SIDE):
        rows = leaning(gap, side, question)
        summary[side.replace(" ", "_")] = {
            "themes": len(rows),
            "largest": {
                row["theme_id"]: _short(row[f"{question}difference"]) for row in rows[:_LARGEST]
            },
        }
    return summary


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


MEMORY = Memory(a_row=6_000, besides=900_000_000)

if __name__ == "__main__":
    run_stage("compare", "Compare topics with themes, and sides with each other.", main, MEMORY)
