"""The notebook runs on what a run makes, and is committed as it ran."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Project

NOTEBOOK = Path("notebooks/looking-at-the-results.ipynb")


def code_cells() -> list[dict[str, object]]:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def test_every_cell_was_run_and_none_failed() -> None:
    outputs = [cell["outputs"] for cell in code_cells()]
    assert all(outputs)
    kinds = {output["output_type"] for each in outputs for output in each}  # type: ignore[attr-defined]
    assert "error" not in kinds
    assert NOTEBOOK.stat().st_size < 200_000


@pytest.mark.slow
def test_the_notebook_draws_its_two_figures_from_a_fresh_run(
    finished: tuple[Project, Project],
) -> None:
    # given a finished run, the cells in order, and a line after them that says what they drew
    cells = ["".join(cell["source"]) for cell in code_cells()]  # type: ignore[arg-type]
    drawn = "print(*figure.data[0].y, figure.layout.title.text, sep='\\n')"
    script = "\n".join(["import os; os.chdir('notebooks')", *cells, drawn])
    # when they run
    done = finished[0].python("-c", script)
    # then the last figure has the largest topics of this run
    assert done.returncode == 0, done.stderr[-2000:]
    assert "What the documents of a year talk about" in done.stdout
    labels = finished[0].python(
        "-c",
        "import polars as pl; print(pl.read_parquet('outputs/topics/topics.parquet')['label'][0])",
    )
    assert labels.stdout.strip()[:48] in done.stdout
