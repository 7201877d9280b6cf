"""configs/missions.yaml: the peace operations that documents concern."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from pipeline.run.settings import CheckedModel, read_mapping, settings_error

MISSIONS_FILE = Path("configs/missions.yaml")


class Mission(CheckedModel):
    """One peace operation of configs/missions.yaml; ``period`` is first and last year."""

    names: tuple[str, ...] = Field(min_length=1, strict=False)
    host: str
    period: tuple[int, int | None] = Field(strict=False)


def load_missions(file: Path = MISSIONS_FILE) -> dict[str, Mission]:
    """Read the peace operations, by acronym, in the order of the file.

    Raises:
        InputError: as for `load_settings`.
    """
    content = read_mapping(file)
    missions = {}
    for acronym, value in content.items():
        try:
            missions[str(acronym)] = Mission.model_validate(value)
        except ValidationError as error:
            raise settings_error(file, error, prefix=(str(acronym),)) from None
    return missions
