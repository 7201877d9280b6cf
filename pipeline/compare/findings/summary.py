"""The few figures of the comparison that `dvc metrics show` prints."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline.compare.findings.gap import (
    BY_PARTS,
    BY_PASSAGES,
    INTERVIEW_SIDE,
    POLICY_SIDE,
    leaning,
)
from pipeline.compare.material import Findings
from pipeline.run.tables.compare import AGREEMENT, EXPLANATION, GAP, RECOVERY

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
