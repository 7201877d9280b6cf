"""Who speaks of what: themes and topics by speaker group of the quoted interviewees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from pipeline.compare.material import empty, fitted
from pipeline.compare.statistics.chance import design_effects, two_sided
from pipeline.compare.statistics.shares import clustered_share
from pipeline.compare.structure.alignment import false_discovery_rates
from pipeline.run.settings import CompareSettings
from pipeline.run.tables.compare import SpeakerShares


def speaker_table(
    groups: Sequence[str],
    spoken: pl.DataFrame,
    labels: pl.DataFrame,
    kind: str,
    n_notes: dict[str, int],
    settings: CompareSettings,
) -> pl.DataFrame:
    """tables.SpeakerShares for themes or topics.

    A passage that reports several groups counts for each. Some interviews are cited often: the
    intervals are for passages of these articles, clustered by paragraph, and say nothing of people
    at large.

    Args:
        groups: the speaker groups of the study.
        spoken: passage_id, cluster, speaker_groups (list); passages that report an interview.
        labels: passage_id, label.
        kind: ``themes`` or ``topics``, for the column `labels`.
        n_notes: notes that cite each group.
        settings: confidence and false discovery rate.
    """
    with_label = {
        label: set(rows["passage_id"])
        for (label,), rows in labels.group_by("label", maintain_order=True)
    }
    passage_ids = spoken["passage_id"].to_list()
    cluster = np.unique(spoken["cluster"].cast(pl.String).to_numpy(), return_inverse=True)[1]
    rows = []
    for speaker_group in groups:
        speaks = np.array(
            [speaker_group in heard for heard in spoken["speaker_groups"]], dtype=bool
        )
        if not speaks.any():
            continue
        for label, holders in with_label.items():
            hits = np.array([passage_id in holders for passage_id in passage_ids], dtype=bool)
            if hits.any():
                numbers = _numbers(hits, speaks, cluster, settings.confidence)
                rows.append({"speaker_group": speaker_group, "label": str(label), **numbers})
    frame = pl.DataFrame(rows, infer_schema_length=None)
    if frame.is_empty():
        return empty(SpeakerShares)
    p_values = frame["p_value"].to_numpy()
    q_values = false_discovery_rates(p_values, np.ones(len(p_values), dtype=bool))
    return fitted(
        SpeakerShares,
        frame.with_columns(
            q_value=pl.Series(q_values.round(6)),
            labels=pl.lit(kind),
            n_notes=pl.col("speaker_group").replace_strict(n_notes, default=0),
        ),
    )


def _numbers(
    hits: np.ndarray, speaks: np.ndarray, cluster: np.ndarray, confidence: float
) -> dict[str, float | int | None]:
    from scipy.stats import fisher_exact

    share = clustered_share(hits[speaks], cluster[speaks], confidence)
    n, n_speaker_group = int((hits & speaks).sum()), int(speaks.sum())
    n_others, all_others = int((hits & ~speaks).sum()), int((~speaks).sum())
    table = [[n, n_speaker_group - n], [n_others, all_others - n_others]]
    effect = float(design_effects(hits[:, None], speaks[:, None])[0, 0])
    return {
        "n": n,
        "n_speaker_group": n_speaker_group,
        "share": round(share.value or 0.0, 6),
        "low": round(share.low or 0.0, 6),
        "high": round(share.high or 0.0, 6),
        "share_others": round(n_others / all_others, 6) if all_others else None,
        "p_value": two_sided(float(fisher_exact(table).pvalue), effect),
    }
