"""Figures of a benchmark: a table on the terminal and a JSON in .cache/benchmarks."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.run.files import write_json

FOLDER = Path(".cache/benchmarks")

Row = Mapping[str, str | int | float]


def machine() -> dict[str, str | int | list[float]]:
    """What the figures were measured on, and how busy it was."""
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count() or 0,
        "python": platform.python_version(),
        "load": [round(load, 1) for load in os.getloadavg()],
    }


def present(name: str, rows: Sequence[Row], note: str = "") -> None:
    """Print the rows as a table and write them, with the machine, to NAME.json."""
    columns = list(rows[0])
    cells = [columns, *([_cell(row.get(column, "")) for column in columns] for row in rows)]
    widths = [max(len(line[place]) for line in cells) for place in range(len(columns))]
    facts = machine()
    print(f"{name}: {facts['cores']} cores, load {facts['load']}")
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
    if note:
        print(note)
    write_json(FOLDER / f"{name}.json", {"machine": facts, "rows": list(rows), "note": note})


def _cell(value: str | float) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
