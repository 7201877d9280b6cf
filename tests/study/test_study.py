"""configs/study.yaml says what the study is, and what cannot be used is named with a fix."""

from pathlib import Path

import pytest

from pipeline.run.errors import InputError
from pipeline.study.missions import MISSIONS_FILE
from pipeline.study.study import STUDY_FILE, load_study

OURS = STUDY_FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("title: Robust on paper", "titel: Robust on paper", "titel (line 5): is not a known"),
        ("subtitle: ", "- ", "is not YAML"),
        ("  first_year: 2000", "  first_year: soon", "course.first_year"),
        ("  - mission: MONUC", "  - mission: MONUK", "'MONUK' is not a mission"),
        ("  - id: interviews", "  - id: policy", "sides: policy is there twice"),
        ("    interviews: true", "    interviews: false", "is of documents or of interviews"),
        ("  pattern: '\\bInterview with '", "  pattern: '('", "is not a regular expression"),
        ("    year: 2003", "    year: '2003'", "milestones.0.year"),
    ],
)
def test_what_cannot_be_used_is_named_with_a_fix(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    assert old in OURS
    file = tmp_path / "study.yaml"
    file.write_text(OURS.replace(old, new, 1), encoding="utf-8")
    (tmp_path / "missions.yaml").write_text(MISSIONS_FILE.read_text(encoding="utf-8"), "utf-8")

    with pytest.raises(InputError) as caught:
        load_study(file)

    assert problem in str(caught.value)
    assert "study.yaml" in str(caught.value)


def test_a_description_belongs_to_the_first_group_that_it_fits() -> None:
    interviews = load_study().interviews

    named = interviews.groups_of("Interview with a UN police officer; Interview with an NGO worker")

    assert named == ("police", "ngo")
    assert interviews.groups_of("See the UN report.") == ()
