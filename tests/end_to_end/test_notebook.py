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
    assert NOTEBOOK.stat().st_size < 400_000


@pytest.mark.slow
def test_the_notebook_draws_figures_of_the_page_from_a_fresh_run(
    finished: tuple[Project, Project],
) -> None:
    # given a finished run, the cells in order, and lines after them that say what they drew
    cells = ["".join(cell["source"]) for cell in code_cells()]  # type: ignore[arg-type]
    drawn = (
        "known = set(table('topics', 'topics')['label'])",
        "bars = next(iter(largest.chart().to_dict()['datasets'].values()))",
        "drawn = {row['row'] for row in bars}",
        "print('topics drawn:', 0 < len(drawn) == len(known & drawn))",
    )
    # there is no notebook program here to show BERTopic's pictures in
    begun = (
        "import os; os.chdir('notebooks')",
        "import plotly.graph_objects as go; go.Figure.show = lambda self: None",
    )
    script = "\n".join([*begun, *cells, *drawn])
    # when they run
    done = finished[0].python("-c", script)
    # then the last figure holds topics of this run
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.endswith("topics drawn: True\n")
