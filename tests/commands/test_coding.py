"""The codebook, the agreement of two files, and a suggestion that is filled in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.study.codebook import load_codebook

CODING = Path("corpus/coding")


def peacetext(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_codebook_is_printed_with_every_code(project: Path) -> None:
    done = peacetext("codebook")
    assert done.exit_code == 0
    assert all(f"  {theme}: " in done.output for theme in load_codebook().theme_ids)


def test_a_coder_agrees_with_herself_and_less_with_another(project: Path) -> None:
    mine, other = CODING / "article-coder-1.csv", CODING / "article-coder-2.csv"

    with_herself, with_other = (
        peacetext("agreement", mine, mine),
        peacetext("agreement", mine, other),
    )

    assert _row(with_herself, "sets")[1:] == ["1.00"] * 4
    assert _row(with_other, "all")[2] == "0.88"
    assert re.search(r"effectiveness +strategic_direction", with_other.output)


FIELD_CASES = Path(__file__).parents[1] / "field_cases"


def test_what_both_have_read_is_compared_and_counted(project: Path) -> None:
    # field case 13: Maria has read units 1 to 8 and Ahmed 4 to 10; ? stands where they have not
    maria, ahmed = (
        FIELD_CASES / "13-agreement-of-partly-read-passes" / f"suggested-coder-{name}.csv"
        for name in ("maria", "ahmed")
    )

    done = peacetext("agreement", maria, ahmed)

    assert done.exit_code == 0, done.output
    assert done.output.startswith("5 of 10 units were read by both\n")
    support, percent, *_ = _row(done, "robust_force")
    assert (support, percent) == ("4", "0.60")


def test_coders_of_different_parts_of_a_set_are_compared_on_what_both_read(project: Path) -> None:
    for name, rows in (("a", "g26-s001,\ng26-s002,escorts\ng26-s003,?\n"), ("b", "g26-s002,\n")):
        Path(f"{name}.csv").write_text(f"sentence_id,codes\n{rows}", encoding="utf-8")
    assert peacetext("agreement", "a.csv", "b.csv").output.startswith("1 of 3 units were read by")


def test_a_pass_without_a_row_is_named(project: Path) -> None:
    empty = Path("empty.csv")
    empty.write_text("sentence_id,codes\n", encoding="utf-8")
    done = peacetext("agreement", empty, empty)
    assert done.exit_code == 2
    assert "empty.csv: has no row under its header; to fix: " in done.output


def test_the_check_says_when_an_adjudicated_pass_decides(project: Path) -> None:
    first = CODING / "article-coder-1.csv"
    assert "adjudicated" not in peacetext("check").output
    (CODING / "article-adjudicated.csv").write_bytes(first.read_bytes())
    assert "coders 1, 2, 3; the adjudicated coding decides" in peacetext("check").output


def _row(done: Result, name: str) -> list[str]:
    assert done.exit_code == 0, done.output
    (line,) = [line for line in done.output.splitlines() if line.startswith(f"{name} ")]
    return line.split()[1:]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (CODING / "un-coder-1.csv", "name two codings over the same units"),
        ("nobody.csv", "name a table that exists"),
        (CODING / "article-sentences.csv", "column codes is missing"),
    ],
)
def test_files_that_cannot_be_compared_are_refused(
    project: Path, other: Path | str, said: str
) -> None:
    done = peacetext("agreement", CODING / "article-coder-1.csv", other)
    assert done.exit_code == 2
    assert said in done.output


def test_nothing_is_suggested_before_a_run(project: Path) -> None:
    done = peacetext("suggest")
    assert done.exit_code == 2
    assert "fix: " in done.output


def test_a_document_that_suggested_units_are_of_stays(project: Path) -> None:
    peacetext("add", Path(__file__).parents[1] / "ingest" / "documents" / "S-RES-9001-2031.xml")
    row = "s-res-9001-2031,s-res-9001-2031.1,0,9,leadership,,"
    file = CODING / "suggested-coder-maria.csv"
    file.write_text(f"document_id,block_id,start,end,codes,label,text\n{row}\n", encoding="utf-8")

    done = peacetext("remove", "s-res-9001-2031")

    assert done.exit_code == 2
    assert "suggested-coder-maria.csv: row 2: codes s-res-9001-2031" in done.output
