"""Run facts: parameters, the model of the vectors, and what the stages counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.report.elements import Cell, Grid, grid
from pipeline.report.material import Material


@dataclass(frozen=True)
class RunFacts:
    """What another person needs to make this page again."""

    version: str
    parameters: Grid
    model: Grid
    software: Grid
    fingerprints: Grid
    counts: Grid
    remarks: Grid


def run_facts(material: Material) -> RunFacts:
    """No time, no machine: the same inputs give the same page."""
    from pipeline.tables.ingest import DOCUMENTS

    documents = material.frame(DOCUMENTS).sort("document_id")
    remarks = [
        (
            Cell(row["symbol"] or row["title"], link=f"#passages?document={row['document_id']}"),
            Cell(remark),
        )
        for row in documents.iter_rows(named=True)
        for remark in row["remarks"]
    ]
    return RunFacts(
        material.versions.get("peacetext", ""),
        _pairs("Parameter", material.settings.model_dump()),
        _pairs("Model of the vectors", material.model_card),
        _pairs("Package", material.versions),
        _pairs("File", material.fingerprints),
        _pairs("Counted by the stages", material.metrics, deep=2),
        grid(["Document", "What a person should know"], remarks),
    )


def _pairs(name: str, values: Mapping[str, Any], deep: int = 9) -> Grid:
    rows = [(Cell(key), Cell(text)) for key, text in _flat(values, "", deep)]
    return grid([name, "Value"], rows)


def _flat(values: Mapping[str, Any], above: str, deep: int) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = f"{above}.{key}" if above else str(key)
        if isinstance(value, Mapping):
            if deep > 1:
                yield from _flat(value, name, deep - 1)
        elif isinstance(value, list | tuple):
            yield name, ", ".join(str(each) for each in value)
        else:
            yield name, str(value)
