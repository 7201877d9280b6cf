"""Read passages, vectors and codings; judge classifiers; write scores and prevalence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from pipeline.run.settings import load_settings
from pipeline.run.stage import Memory, run_stage, say, write_metrics
from pipeline.run.tables.table import read_table, write_table
from pipeline.run.tables.texts import BLOCKS, DOCUMENTS, NEAR_DUPLICATES, PASSAGES, read_vectors
from pipeline.run.tables.themes import (
    CALIBRATION,
    CODER_AGREEMENT,
    CODER_CONFUSIONS,
    EVALUATION,
    PASSAGE_CODES,
    PREVALENCE,
    PREVALENCE_DEDUPLICATED,
    SCORES,
    UNIT_SCORES,
    UNITS,
    Prevalence,
)
from pipeline.study.anchors import LostUnit
from pipeline.study.checks import load_study
from pipeline.study.codebook import Codebook, load_codebook
from pipeline.study.codings import read_codings
from pipeline.study.sets import makers_text
from pipeline.themes.combination import Combination
from pipeline.themes.evaluation import ALL, MACRO, calibration_error
from pipeline.themes.scoring import SavedThemes, save_themes
from pipeline.themes.study import ThemeFindings, study_themes
from pipeline.themes.units import CodedCorpus, lost_lines, passage_codes_table, units_table
from pipeline.vectors.encoder import load_encoder


def main() -> None:
    """Judge the classifiers and score every passage."""
    settings = load_settings()
    codebook = load_codebook()
    study = load_study()
    codings = read_codings(codebook.theme_ids, study.coded_sets, coders=study.coders)
    study = study.not_estimating([one.unit_set for one in codings if not one.can_estimate])
    passages, documents = read_table(PASSAGES), read_table(DOCUMENTS)
    rule = settings.themes.label_rule
    blocks, near_duplicates = read_table(BLOCKS), read_table(NEAR_DUPLICATES)
    units, lost = units_table(codings, rule, blocks, passages, documents, near_duplicates)
    for coding in codings:
        if coding.n_by("unknown"):
            say(f"themes: {coding.unit_set}: codings {makers_text(coding.makers_of)}")
        for line in coding.remarks:
            say(f"themes: {coding.unit_set}: {line}")
    for line in lost_lines(lost):
        say(f"themes: {line}")
    encoder = load_encoder(settings.embed)
    vectors = read_vectors(passages.height)
    corpus = CodedCorpus(
        passages, documents, blocks, near_duplicates, vectors, units, codings, study
    )
    found = study_themes(corpus, codebook, encoder, settings.themes, settings.seed)
    for remark in found.remarks:
        say(f"themes: {remark}")
    write_table(UNITS, units)
    write_table(PASSAGE_CODES, passage_codes_table(units))
    _write(found)
    _save(found, codebook, _coded_units(units), encoder.card.fingerprint)
    metrics = _metrics(found, units, settings.themes.model)
    write_metrics("themes", {**metrics, **_lost_counts(lost)})


def _metrics(found: ThemeFindings, units: pl.DataFrame, model: str) -> dict[str, Any]:
    """What `dvc metrics show` prints."""
    macro = found.evaluation.filter(
        (pl.col("theme_id") == MACRO)
        & pl.col("measure").cast(pl.String).is_in(["f1", "average_precision", "brier"])
    )
    means: dict[str, Any] = {}
    for row in macro.iter_rows(named=True):
        name = f"macro_{row['measure']}"
        means.setdefault(row["setting"], {}).setdefault(row["model"], {})[name] = row["value"]
    alphas = found.agreement.filter(pl.col("theme_id") == ALL).select("unit_set", "alpha")
    curves = found.calibration.filter(pl.col("theme_id") == ALL).partition_by("setting")
    return {
        "model_in_use": model,
        "calibration_error": {curve["setting"][0]: calibration_error(curve) for curve in curves},
        "evaluation": means,
        "coder_alpha": dict(alphas.iter_rows()),
        "coded_units": _coded_units(units),
    }


def _coded_units(units: pl.DataFrame) -> dict[str, int]:
    return dict(units["unit_set"].cast(pl.String).value_counts(sort=True).iter_rows())


def _lost_counts(lost: Sequence[LostUnit]) -> dict[str, object]:
    """How many units are of documents that are not here, and each that is not in one that is."""
    missed = {one.unit_id: one.why for one in lost if one.has_document}
    return {"units_not_here": len(lost) - len(missed), "units_not_found": missed}


def _save(
    found: ThemeFindings, codebook: Codebook, units: dict[str, int], fingerprint: str
) -> None:
    """The classifiers for `peacetext classify`."""
    model = found.classifiers.model
    if not isinstance(model, Combination):
        raise TypeError("the classifiers are a trained combination")
    fitted = model.fitted_for(found.classifies)
    thresholds = found.classifiers.thresholds_of(found.classifies)
    save_themes(SavedThemes(codebook.theme_ids, fitted, thresholds, units, fingerprint))


def _write(found: ThemeFindings) -> None:
    write_table(CODER_AGREEMENT, found.agreement)
    write_table(CODER_CONFUSIONS, found.confusions)
    write_table(SCORES, found.scores)
    write_table(UNIT_SCORES, found.unit_scores)
    write_table(EVALUATION, found.evaluation)
    write_table(CALIBRATION, found.calibration)
    none = pl.DataFrame(schema=Prevalence.create_empty().schema)
    for table, shares in (
        (PREVALENCE, found.prevalence),
        (PREVALENCE_DEDUPLICATED, found.prevalence_deduplicated),
    ):
        write_table(table, none if shares is None else shares)


MEMORY = Memory(a_row=10_200, besides=1000_000_000)

if __name__ == "__main__":
    run_stage(
        "themes", "Train classifiers on the coded themes and score every passage.", main, MEMORY
    )
