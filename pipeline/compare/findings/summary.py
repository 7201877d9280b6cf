"""The few figures of the comparison that `dvc metrics show` prints."""

from __future__ import annotations

from typing import Any

import polars as pl

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
        "passages": _leanings(gap, "difference", "direction"),
        "parts": _leanings(gap, "part_difference", "part_direction"),
    }


def _leanings(gap: pl.DataFrame, difference: str, direction: str) -> dict[str, Any]:
    summary: dict[str, Any] = {}
    for name, sign in (("more in policy", 1), ("more in interviews", -1)):
        rows = gap.filter(pl.col(direction) == name)
        rows = rows.sort(sign * pl.col(difference), descending=True, maintain_order=True)
        largest = rows.select("theme_id", difference).head(_LARGEST).iter_rows()
        summary[name.replace(" ", "_")] = {
            "themes": rows.height,
            "largest": {theme_id: _short(value) for theme_id, value in largest},
        }
    return summary


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
