"""The command names what is wrong, and starts quickly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from pipeline import __version__
from pipeline.cli import app
from pipeline.commands import printing

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
        ["list", "--mission", "minusmo"],
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
        "verify",
        "reference",
    ],
)
def test_every_command_has_help_with_an_example(name: str) -> None:
    done = RUNNER.invoke(app, [name, "--help"])
    assert done.exit_code == 0
    assert f"Example: peacetext {name}" in " ".join(done.output.split())


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from pipeline.cli import app; "
        "heavy = {'torch', 'bertopic', 'spacy', 'sklearn', 'polars', 'plotly', 'altair'}; "
        "heavy &= set(sys.modules); "
        "sys.exit(str(sorted(heavy)) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_missions_are_known_in_any_case() -> None:
    typed, written = (
        RUNNER.invoke(app, ["list", "--mission", name]).output for name in ("minusma", "MINUSMA")
    )
    assert typed == written
    assert "s-pv-8703" in typed


@pytest.mark.parametrize("name", ["S/RES/2423 (2018)", "s/res/2423(2018)", "S-RES-2423-2018"])
def test_a_document_is_shown_by_its_symbol(name: str) -> None:
    done = RUNNER.invoke(app, ["show", name])
    assert done.output.startswith("id:         s-res-2423-2018\n")


def test_an_id_that_is_nearly_right_is_answered_with_the_right_one() -> None:
    done = RUNNER.invoke(app, ["show", "s-res-2423-2081"])
    assert "to fix: did you mean s-res-2423-2018?" in done.output


@pytest.mark.parametrize("option", ["-h", "--help", "--version"])
def test_the_usual_options_are_known(option: str) -> None:
    done = RUNNER.invoke(app, [option])
    assert done.exit_code == 0
    assert done.output.startswith(__version__ if option == "--version" else "Usage:")
    if option != "--version":
        assert "Example: peacetext gap" in RUNNER.invoke(app, ["gap", option]).output


def test_outside_a_project_that_is_what_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = RUNNER.invoke(app, ["list"])
    assert done.exit_code == 2
    assert "is not in a project" in done.output
    assert "peacetext new-study FOLDER" in done.output
    assert RUNNER.invoke(app, ["version"]).exit_code == 0


@pytest.mark.parametrize("command", ["list", "dictionary", "--help"])
def test_a_closed_pipe_is_no_error(command: str) -> None:
    run = f"from pipeline.cli import main; import sys; sys.argv[1:] = ['{command}']; main()"
    reader = subprocess.Popen([sys.executable, "-c", "pass"], stdin=subprocess.PIPE)
    reader.wait()
    done = subprocess.run(
        [sys.executable, "-c", run], stdout=reader.stdin, stderr=subprocess.PIPE, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_no_id_and_no_number_is_cut_at_80_columns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ids = [f"civil_military_coordination_{number}" for number in range(3)]
    words = ["what is said of it at some length, so that it takes many lines"] * 3
    shares = {f"share_{number}": [0.25, -0.5, 1.0] for number in range(6)}

    printing.print_table(pl.DataFrame({"theme_id": ids, "label": words, **shares}))
    few = capsys.readouterr().out.splitlines()
    monkeypatch.setenv("COLUMNS", "40")
    printing.print_table(pl.DataFrame({"theme_id": ids, **shares}))
    narrow = capsys.readouterr().out

    assert max(map(len, few)) <= 80
    assert [line.split()[0] for line in few if line.startswith("civil")] == ids
    assert all(line.count("0.25") == 6 for line in narrow.splitlines() if "0.25" in line)
    assert all(theme in narrow for theme in ids)


def test_findings_are_wrapped_and_keep_their_headings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "findings.md"
    long = "Of all that each side says " * 9
    file.write_text(f"# What was found\n\n- {long}\n\n**Policy and interviews** {long}\n")
    monkeypatch.setattr(printing, "FINDINGS_FILE", file)
    monkeypatch.setenv("COLUMNS", "70")

    lines = list(printing.findings_lines())

    assert lines[0] == "WHAT WAS FOUND"
    assert "POLICY AND INTERVIEWS" in lines
    assert max(len(line) for said in lines for line in said.splitlines()) <= 70
    assert lines[2].splitlines()[1].startswith("  ")
