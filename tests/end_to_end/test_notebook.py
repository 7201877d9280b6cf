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
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # given a finished run, the cells in order, and lines after them that say what they drew
    cells = ["".join(cell["source"]) for cell in code_cells()]  # type: ignore[arg-type]
    drawn = (
        "known = set(table('topics', 'topics')['label'])",
        "bars = next(iter(largest.chart().to_dict()['datasets'].values()))",
        "drawn = {row['row'] for row in bars}",
        "print('topics drawn:', 0 < len(drawn) == len(known & drawn))",
    )
    monkeypatch.chdir(finished[0].folder / "notebooks")
    # there is no notebook program here to show BERTopic's pictures in
    monkeypatch.setattr("plotly.graph_objects.Figure.show", lambda figure: None)
    # when they run
    exec("\n".join([*cells, *drawn]), {"__name__": "__main__"})
    # then the last figure holds topics of this run
    assert capsys.readouterr().out.endswith("topics drawn: True\n")
