"""The codebook: themes in code groups, in the order of the argument."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.run.errors import InputError
from pipeline.run.settings import read_yaml, settings_error, way_back

CODEBOOK_FILE = Path("corpus/coding/codebook.yaml")


class Theme(BaseModel):
    """A code: what a unit must say to take it."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    theme_id: str = Field(alias="id", pattern=r"^[a-z][a-z0-9_]*$")
    name: str = Field(min_length=1)
    definition: str = Field(min_length=1)
    include: str = ""
    exclude: str = ""


class CodeGroup(BaseModel):
    """Codes that belong to one step of the article's argument, and the sections it is made in."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    code_group_id: str = Field(alias="id", pattern=r"^[a-z][a-z0-9_]*$")
    name: str = Field(min_length=1)
    article_sections: tuple[str, ...]
    themes: tuple[Theme, ...] = Field(alias="codes", min_length=1)


@dataclass(frozen=True)
class Codebook:
    """All code_groups, in the order of the file, and what the codebook calls itself."""

    code_groups: tuple[CodeGroup, ...]
    title: str = ""

    @property
    def themes(self) -> tuple[Theme, ...]:
        """All themes, code_group by code_group."""
        return tuple(theme for code_group in self.code_groups for theme in code_group.themes)

    @property
    def theme_ids(self) -> tuple[str, ...]:
        """Their ids, in the same order."""
        return tuple(theme.theme_id for theme in self.themes)

    @property
    def code_group_of(self) -> dict[str, str]:
        """The code_group_id of each theme_id."""
        return {
            theme.theme_id: code_group.code_group_id
            for code_group in self.code_groups
            for theme in code_group.themes
        }


def load_codebook(file: Path = CODEBOOK_FILE) -> Codebook:
    """Read and check the codebook.

    Raises:
        InputError: the file is missing or not YAML, a key is missing or unknown, or two themes
            have the same id.
    """
    content = read_yaml(file)
    keys = content if isinstance(content, dict) else {}
    code_groups = keys.get("code_groups", keys.get("families"))  # as codebooks said before
    if not isinstance(code_groups, list) or not code_groups:
        raise InputError(file, "has no code_groups", way_back(file))
    groups = []
    for place, code_group in enumerate(code_groups):
        try:
            groups.append(CodeGroup.model_validate(code_group))
        except ValidationError as error:
            prefix = ("code_groups" if "code_groups" in keys else "families", str(place))
            raise settings_error(file, error, prefix) from None
    codebook = Codebook(tuple(groups), str(content.get("title") or ""))
    counts = Counter(codebook.theme_ids)
    twice = [theme_id for theme_id, count in counts.items() if count > 1]
    if twice:
        raise InputError(file, "is there twice", "give each code an id of its own", twice[0])
    return codebook
