"""After a run the commands of README print what was found."""

from __future__ import annotations

import pytest

from tests.end_to_end.conftest import Project
from tests.test_documented_commands import WRITTEN, words_of

pytestmark = pytest.mark.slow

FOUND = tuple(f"peacetext {name}" for name in ("findings", "gap", "topics", "themes", "explore"))
COMMANDS = [one.text for one in WRITTEN if one.page == "README.md" and one.text.startswith(FOUND)]


@pytest.mark.parametrize("text", COMMANDS)
def test_a_command_of_readme_prints_what_was_found(
    text: str, finished: tuple[Project, Project]
) -> None:
    done = finished[0].python("-c", "from pipeline.cli import main; main()", *words_of(text)[1:])
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 3
