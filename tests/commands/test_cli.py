"""The command names what is wrong, and starts quickly."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from pipeline.cli import app

RUNNER = CliRunner()


def test_check_counts_all_that_a_person_may_edit() -> None:
    done = RUNNER.invoke(app, ["check"])
    assert done.exit_code == 0
    for said in ("params.yaml", "missions.yaml", "manifest.csv", "codebook.yaml", "282 units"):
        assert said in done.output


def test_list_prints_the_documents_of_a_mission_and_kind() -> None:
    done = RUNNER.invoke(app, ["list", "--mission", "MINUSMA", "--kind", "verbatim_record"])
    assert "s-pv-8703" in done.output
    assert "s-pv-8771" not in done.output


@pytest.mark.parametrize(
    "words",
    [
        ["show", "nowhere"],
        ["list", "--profile", "nothing"],
        ["list", "--kind", "novel"],
        ["list", "--mission", "minusma"],
        ["explore", " ?"],
    ],
)
def test_what_is_not_there_is_said_in_one_line(words: list[str]) -> None:
    done = RUNNER.invoke(app, words)
    assert done.exit_code == 2
    assert "fix: " in done.output


@pytest.mark.parametrize(
    "name",
    [
        "check",
        "add",
        "remove",
        "read",
        "list",
        "show",
        "topics",
        "themes",
        "gap",
        "explore",
        "classify",
        "codebook",
        "agreement",
        "suggest",
        "draw",
        "check-sheets",
        "score-sheets",
    ],
)
def test_every_command_has_help_with_an_example(name: str) -> None:
    done = RUNNER.invoke(app, [name, "--help"])
    assert done.exit_code == 0
    assert f"Example: peacetext {name}" in " ".join(done.output.split())


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from pipeline.cli import app; "
        "heavy = {'torch', 'bertopic', 'spacy', 'sklearn', 'polars', 'plotly'} & set(sys.modules); "
        "sys.exit(str(sorted(heavy)) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
