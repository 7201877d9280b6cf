"""Projects as people really have them: what users of other programs have complained of.

tests/field_cases holds them, each with CASE.md, which says what is odd and what is right.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.export.conftest import Project

CASES = Path(__file__).parents[1] / "field_cases"
ADA = "article-coder-ada.csv"


def taken(project: Project, case: str, *options: str) -> tuple[dict[str, str], str]:
    """The units with a code after an import that succeeds, and what it said."""
    code, said = project.run("import", str(CASES / case), "--coder", "ada", *options)
    assert code == 0, said
    lines = project.codings()[ADA].splitlines()[1:]
    return dict(line.split(",") for line in lines if not line.endswith(",")), said


def refused(project: Project, case: str) -> str:
    """What an import that is refused says; nothing is written."""
    before = project.codings()
    code, said = project.run("import", str(CASES / case), "--coder", "ada")
    assert code == 2, said
    assert project.codings() == before
    return said


def test_a_pdf_that_atlas_ti_coded_is_taken_by_its_text_and_areas_are_left_out(
    project: Project,
) -> None:
    case = "01-refi-atlasti-pdf-codings/atlasti-pdf.qdpx"
    said = refused(project, case)
    assert "'Quotation 1:3', gilder-2026.pdf" in said
    assert "camp-gate.jpg" in said
    assert "Since the late 2000s" not in said
    assert "2 of 4 codings cannot be taken" in said
    codes, said = taken(project, case, "--leave-out")
    assert codes == {"g26-s004": "robust_force", "g26-s010": "strategic_direction"}
    assert said.count("left out:") == 2


def test_the_text_of_a_case_of_nvivo_is_no_coding_of_words(project: Project) -> None:
    codes, said = taken(project, "02-refi-nvivo-case-coding/nvivo-cases.qdpx", "--leave-out")
    assert codes == {"g26-s004": "posture_presence", "g26-s007": "local_communities"}
    assert "1 coding of a case left out: Interviewee 04, Force HQ" in said


def test_line_ends_that_the_file_holds_as_two_and_the_program_counts_as_one(
    project: Project,
) -> None:
    case = "03-refi-atlasti-crlf-counted-as-one/atlasti-windows.qdpx"
    codes, said = taken(project, case)
    assert codes == {
        "g26-s060": "robust_force",
        "g26-s150": "strategic_direction",
        "g26-s200": "host_state",
        "g26-s250": "leadership",
    }
    assert "places count characters, a line end as one" in said


def test_codes_that_are_no_themes_are_named_in_one_line(project: Project) -> None:
    case = "05-refi-own-codes-and-leave-out/own-codes.qdpx"
    codes, said = taken(project, case, "--leave-out")
    assert codes == {"g26-s004": "robust_force"}
    line = said.partition("8 codes that are no theme left out:")[2].partition("import:")[0]
    for name in ("Quotes for the introduction", "To check with co-author", "Bunkerisation"):
        assert name in line
    for name in ("Caveats", "Fortress mentality", "Gender of speaker", "TCC politics"):
        assert name in line
    assert "Mandate inflation" in line


def test_empty_selections_and_codes_of_a_whole_document_are_left_out(project: Project) -> None:
    case = "07-refi-empty-and-whole-document-codings/empty-and-whole.qdpx"
    codes, said = taken(project, case, "--leave-out")
    assert codes == {"g26-s004": "robust_force"}
    assert said.count("left out:") == 2
    assert "1 coding of an empty selection left out" in said
    assert "1 coding of a whole document left out" in said


@pytest.mark.parametrize("name", ["finder", "bsdtar"])
def test_an_archive_that_was_packed_again_is_read(project: Project, name: str) -> None:
    codes, _ = taken(project, f"08-refi-archive-packed-again/{name}.qdpx")
    assert codes == {"g26-s004": "robust_force"}


def test_qualcoders_places_are_believed_where_stored_words_are_off_by_one(
    project: Project,
) -> None:
    case = "10-qualcoder-seltext-off-by-one/mine.qda"
    assert "1 coding of a part of a picture cannot be taken: map.jpg" in refused(project, case)
    codes, _ = taken(project, case, "--leave-out")
    assert codes == {"g26-s004": "leadership", "g26-s007": "training"}
