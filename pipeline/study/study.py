"""configs/turns.yaml: the years in which policy turned to robustness, each with its source."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.run.errors import InputError
from pipeline.run.settings import load_missions, read_yaml

TURNS_FILE = Path("configs/turns.yaml")
ALL = "all"
"""In place of a mission: a turn that concerns every mission."""


class Turn(BaseModel):
    """One year and what happened in it.

    Attributes:
        mission: an acronym of configs/missions.yaml, or `ALL`.
        year: of the document.
        what: a few words for a chart.
        source: document_id of the document that says so.
        label: the number of its paragraph; empty where paragraphs have none.
        words: that stand there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    mission: str
    year: int = Field(ge=1945, le=2100)
    what: str = Field(min_length=1)
    source: str = Field(min_length=1)
    label: str
    words: str = Field(min_length=1)


def load_turns(file: Path = TURNS_FILE) -> tuple[Turn, ...]:
    """Read and check every turn, in the order of the file.

    Raises:
        InputError: the file cannot be read, a row is not a turn, or its mission is not known.
    """
    content = read_yaml(file)
    if not isinstance(content, list):
        raise InputError(file, "holds no list", f"restore it: git checkout {file}")
    missions = {ALL, *load_missions()}
    return tuple(_turn(file, number, row, missions) for number, row in enumerate(content, 1))


def _turn(file: Path, number: int, row: object, missions: set[str]) -> Turn:
    where = f"turn {number}"
    try:
        turn = Turn.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        problem = first["msg"][0].lower() + first["msg"][1:]
        raise InputError(
            file, f"{key}: {problem}" if key else problem, "correct it", where
        ) from None
    if turn.mission not in missions:
        mend = f"use an acronym of configs/missions.yaml, or {ALL}"
        raise InputError(file, f"{turn.mission!r} is no mission", mend, where)
    return turn
