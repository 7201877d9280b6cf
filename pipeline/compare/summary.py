"""The few figures of the comparison that `dvc metrics show` prints."""

from __future__ import annotations

from typing import Any

import polars as pl

from pipeline import tables
from pipeline.compare.material import Findings

_LARGEST = 3


def summarised(findings: Findings) -> dict[str, Any]:
    """The declared figure with chance and p-value, recovered themes, and the largest gaps."""
    return {
        "agreement": _agreement(findings.frame(tables.AGREEMENT)),
        "recovered": _recovered(findings.frame(tables.RECOVERY)),
        "topics_explained": _explained(findings.frame(tables.EXPLANATION)),
        "gap": _gaps(findings.frame(tables.GAP)),
        "not_computed": dict(sorted(findings.not_computed.items())),
    }


def _agreement(agreement: pl.DataFrame) -> dict[str, Any]:
    """Adjusted mutual information of every comparison, outliers kept."""
    rows = agreement.filter(
        (pl.col("measure") == "adjusted_mutual_information") & pl.col("outliers")
    )
    return {
        f"{row['passages']}_{row['candidate']}_{row['reference']}": {
            "n": row["n_passages"],
            "ami": _short(row["value"]),
            "low": _short(row["low"]),
            "high": _short(row["high"]),
            "chance_high": _short(row["chance_high"]),
            "p_value": _short(row["p_value"]),
            "p_value_within": _short(row["within_p_value"]),
            "p_value_shifted": _short(row["shifted_p_value"]),
        }
        for row in rows.iter_rows(named=True)
    }


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
    """How many themes lean which way, and the largest differences each way."""
    decided = gap.sort("difference", descending=True, nulls_last=True)
    summary: dict[str, Any] = {"themes": gap.height}
    for direction, sign in (("more in policy", 1), ("more in interviews", -1)):
        rows = decided.filter(pl.col("direction") == direction).sort(
            sign * pl.col("difference"), descending=True
        )
        summary[direction.replace(" ", "_")] = {
            "themes": rows.height,
            "largest": {
                row["theme_id"]: _short(row["difference"])
                for row in rows.head(_LARGEST).iter_rows(named=True)
            },
        }
    return summary


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
