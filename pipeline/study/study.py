"""configs/study.yaml: what is true of this study and not of the method."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from pipeline.run.errors import InputError
from pipeline.run.settings import Kind, Section, read_mapping, settings_error
from pipeline.study.missions import load_missions

STUDY_FILE = Path("configs/study.yaml")
ALL = "all"
"""In place of a mission: a milestone that concerns every mission."""

Role = Literal["learnt_from", "judged_on", "estimated_with"]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Words = Annotated[str, Field(min_length=1)]


def _checked_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is not a regular expression ({error})") from None
    return pattern


Pattern = Annotated[str, Field(min_length=1), AfterValidator(_checked_pattern)]


class Article(Section):
    """A text that was coded closely.

    Attributes:
        document_id: its row of corpus/manifest.csv.
        short: how a sentence names it, such as ``Smith (2020)``.
        citation: author, year, title and journal, as printed.
        doi: without the address before it; empty where there is none.
        licence: under which its text may be quoted; empty where nobody said.
        interviewees: how many people it rests on; None where it rests on none.
    """

    document_id: Words
    short: Words
    citation: Words
    doi: str = ""
    licence: str = ""
    interviewees: int | None = Field(default=None, ge=1)


class SpeakerGroup(Section):
    """Interviewees whom an article describes in one way; ``pattern`` is found in a description."""

    id: Id
    name: Words
    pattern: Pattern


class Interviews(Section):
    """How articles mark what an interviewee said.

    Attributes:
        pattern: found in a note or citation, before each description of a person; None where
            articles mark no interview.
        speaker_groups: the most telling first.
    """

    pattern: Pattern | None = None
    speaker_groups: tuple[SpeakerGroup, ...] = Field(default=(), strict=False)

    @property
    def group_ids(self) -> tuple[str, ...]:
        """In the order of the file."""
        return tuple(group.id for group in self.speaker_groups)

    def groups_of(self, note: str) -> tuple[str, ...]:
        """Speaker groups of the interviewees that a note or citation names, in its order, once."""
        if self.pattern is None:
            return ()
        described = re.split(self.pattern, note)[1:]
        return tuple(dict.fromkeys(filter(None, map(self._group, described))))

    def _group(self, description: str) -> str:
        found = (one.id for one in self.speaker_groups if re.search(one.pattern, description))
        return next(found, "")


class Documents(Section):
    """Documents by what they are: their kinds, and their missions (none named: all)."""

    kinds: tuple[Kind, ...] = Field(min_length=1, strict=False)
    missions: tuple[str, ...] = Field(default=(), strict=False)


class Side(Section):
    """What is compared: passages of documents, or those of the articles that report interviews."""

    id: Id
    name: Words
    documents: Documents | None = None
    interviews: bool = False

    @model_validator(mode="after")
    def _one_kind(self) -> Side:
        if (self.documents is None) == (not self.interviews):
            raise ValueError("is of documents or of interviews, and of one of them")
        return self


class Population(Documents):
    """What coded units were drawn from; ``words`` are fewest and most words of a paragraph."""

    words: tuple[int, int] = Field(default=(1, 10_000), strict=False)


class CodedSet(Section):
    """Units that were coded, in one file of units, with a file a coder.

    Attributes:
        id: also the beginning of the names of its files, ``<id>-coder-NAME.csv``.
        name: for a reader.
        unit: a sentence of an article, or a paragraph of another document.
        units: file of units in corpus/coding.
        roles: what it serves for.
        population: what the units were drawn from; None for all units of the articles.
    """

    id: Id
    name: Words
    unit: Literal["sentence", "paragraph"]
    units: Words
    roles: tuple[Role, ...] = Field(min_length=1, strict=False)
    population: Population | None = None


class Milestone(Section):
    """One year and what happened in it.

    Attributes:
        mission: an acronym of configs/missions.yaml, or `ALL`.
        year: of the document.
        what: a few words for a chart.
        source: document_id of the document that says so.
        label: the number of its paragraph; empty where paragraphs have none.
        words: that stand there.
    """

    mission: Words
    year: int = Field(ge=1945, le=2100)
    what: Words
    source: Words
    label: str
    words: Words


class Course(Section):
    """The theme whose course over years and missions the page shows.

    ``milestone`` is what one of the milestones is called.
    """

    theme: Id
    first_year: int = Field(ge=1900, le=2100)
    milestone: Words = "a milestone"


class Study(Section):
    """The whole of configs/study.yaml; the file itself explains each key."""

    title: Words
    subtitle: str = ""
    question: Words
    kicker: str = ""
    about: Words
    description: str = ""
    project: Words
    articles: tuple[Article, ...] = Field(default=(), strict=False)
    interviews: Interviews = Interviews()
    sides: tuple[Side, ...] = Field(min_length=1, strict=False)
    coded_sets: tuple[CodedSet, ...] = Field(default=(), strict=False)
    course: Course | None = None
    milestones: tuple[Milestone, ...] = Field(default=(), strict=False)
    caveats: tuple[Words, ...] = Field(default=(), strict=False)

    @property
    def heading(self) -> str:
        """Title and subtitle in one line."""
        return f"{self.title}: {self.subtitle}" if self.subtitle else self.title

    def coded_set(self, set_id: str) -> CodedSet:
        """The coded set of that name; KeyError when there is none."""
        return {one.id: one for one in self.coded_sets}[set_id]

    @property
    def document_side(self) -> Side | None:
        """The first side that is made of documents."""
        return next((side for side in self.sides if side.documents), None)

    @property
    def interview_side(self) -> Side | None:
        """The side that is made of reported interviews."""
        return next((side for side in self.sides if side.interviews), None)


def load_study(file: Path = STUDY_FILE) -> Study:
    """Read and check what the study is.

    Raises:
        InputError: the file cannot be read, a key is unknown or missing, a value is out of range,
            an id is there twice, or a mission is not in configs/missions.yaml.
    """
    content = read_mapping(file)
    try:
        study = Study.model_validate(content)
    except ValidationError as error:
        raise settings_error(file, error) from None
    _check_ids(file, study)
    _check_missions(file, study, {ALL, *load_missions(file.parent / "missions.yaml")})
    return study


def _check_ids(file: Path, study: Study) -> None:
    groups = study.interviews.speaker_groups
    named = {
        "articles": [one.document_id for one in study.articles],
        "interviews.speaker_groups": [one.id for one in groups],
        "sides": [one.id for one in study.sides],
        "coded_sets": [one.id for one in study.coded_sets],
    }
    for key, ids in named.items():
        for one in ids:
            if ids.count(one) > 1:
                raise InputError(file, f"{one} is there twice", "give each its own name", key)
    if sum(side.interviews for side in study.sides) > 1:
        raise InputError(file, "has two sides of interviews", "leave one of them", "sides")


def _check_missions(file: Path, study: Study, missions: Collection[str]) -> None:
    named = [(f"milestones.{n}", [one.mission]) for n, one in enumerate(study.milestones)]
    parts = [(f"sides.{side.id}", side.documents) for side in study.sides]
    parts += [(f"coded_sets.{one.id}", one.population) for one in study.coded_sets]
    named += [(key, list(part.missions)) for key, part in parts if part]
    for key, acronyms in named:
        for acronym in acronyms:
            if acronym not in missions:
                fix = f"use an acronym of configs/missions.yaml, or {ALL} for a milestone"
                raise InputError(file, f"{acronym!r} is not a mission", fix, key)
