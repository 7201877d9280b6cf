"""configs/study.yaml: what is true of this study and not of the method."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, ValidationError

from pipeline.run.settings import CheckedModel, read_mapping, settings_error
from pipeline.study.sets import CodedSet, Coders, Id, Role, Side, Words

if TYPE_CHECKING:
    import polars as pl

STUDY_FILE = Path("configs/study.yaml")
NO_SET = "documents"
"""What documents go with where no set of paragraphs was coded."""
ALL = "all"
"""In place of a mission: a milestone that concerns every mission."""


def _checked_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        fix = "write a sign that is meant as itself with \\ before it, such as \\("
        raise ValueError(f"is not a regular expression ({error})", fix) from None
    return pattern


def _telling_pattern(pattern: str) -> str:
    if re.search(pattern, ""):
        problem = "is found everywhere, since all of it may be left out"
        raise ValueError(problem, "take out the ? or * that stands behind all of it")
    return pattern


Pattern = Annotated[str, Field(min_length=1), AfterValidator(_checked_pattern)]
Telling = Annotated[Pattern, AfterValidator(_telling_pattern)]


class Article(CheckedModel):
    """A text that was coded closely.

    Attributes:
        document_id: its row of corpus/manifest.csv.
        short: how a sentence names it, such as ``Smith (2020)``.
        citation: author, year, title and journal, as printed.
        author: as a list of references sorts it, such as ``Smith, Ada``; may be empty.
        journal: where it came out; may be empty.
        doi: without the address before it; empty where there is none.
        copyright: whose it is since when, without the sign; empty where nobody said.
        licence: under which its text may be quoted; empty where nobody said.
        licence_url: where that licence stands; empty where it has no address.
        interviewees: how many people it rests on; None where it rests on none.
    """

    document_id: Words
    short: Words
    citation: Words
    author: str = ""
    journal: str = ""
    doi: str = ""
    copyright: str = ""
    licence: str = ""
    licence_url: str = ""
    interviewees: int | None = Field(default=None, ge=1)


class SpeakerGroup(CheckedModel):
    """Interviewees whom an article describes in one way; ``pattern`` is found in a description."""

    id: Id
    name: Words
    pattern: Pattern


class Interviews(CheckedModel):
    """How articles mark what an interviewee said.

    Attributes:
        pattern: found in a note or citation, before each description of a person; None where
            articles mark no interview.
        speaker_groups: the most telling first.
    """

    pattern: Telling | None = None
    speaker_groups: tuple[SpeakerGroup, ...] = Field(default=(), strict=False)

    @property
    def group_ids(self) -> tuple[str, ...]:
        """In the order of the file."""
        return tuple(group.id for group in self.speaker_groups)

    def group_name(self, group_id: str) -> str:
        """A speaker group's name; its id when the study no longer knows it."""
        known = {group.id: group.name for group in self.speaker_groups}
        return known.get(group_id, group_id.replace("_", " ").capitalize())

    def groups_of(self, note: str) -> tuple[str, ...]:
        """Speaker groups of the interviewees that a note or citation names, in its order, once."""
        if self.pattern is None:
            return ()
        # a bracket in the pattern would make parts of their own, were the note split at it
        found = list(re.finditer(self.pattern, note))
        ends = [*(one.start() for one in found), len(note)][1:]
        described = [note[one.end() : end] for one, end in zip(found, ends, strict=True)]
        return tuple(dict.fromkeys(filter(None, map(self._group, described))))

    def _group(self, description: str) -> str:
        found = (one.id for one in self.speaker_groups if re.search(one.pattern, description))
        return next(found, "")


class Milestone(CheckedModel):
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


class Course(CheckedModel):
    """The theme whose course over years and missions the page shows.

    ``milestone`` is what one of the milestones is called.
    """

    theme: Id
    first_year: int = Field(ge=1900, le=2100)
    milestone: Words = "a milestone"


class Study(CheckedModel):
    """The whole of configs/study.yaml; the file itself explains each key."""

    title: Words
    subtitle: str = ""
    question: Words
    kicker: str = ""
    about: Words
    description: str = ""
    coders: Coders = Coders()
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

    @property
    def coded_texts(self) -> str:
        """What a sentence calls the closely coded texts, however many there are."""
        return ("the coded documents", "the article", "the articles")[min(len(self.articles), 2)]

    @property
    def judged_sets(self) -> tuple[CodedSet, ...]:
        """The coded sets that classifiers are tested on, in the order of the file."""
        return tuple(one for one in self.coded_sets if "judged_on" in one.roles)

    def learnt_beside(self, coded: CodedSet) -> tuple[CodedSet, ...]:
        """The other sets that classifiers learn from."""
        others = (one for one in self.coded_sets if one.id != coded.id)
        return tuple(one for one in others if "learnt_from" in one.roles)

    def coded_set(self, set_id: str) -> CodedSet:
        """The coded set of that name; KeyError when there is none."""
        return {one.id: one for one in self.coded_sets}[set_id]

    def not_estimating(self, set_ids: Collection[str]) -> Study:
        """The same study, but that no share is estimated with these coded sets."""
        sets = tuple(
            one.model_copy(
                update={"roles": tuple(role for role in one.roles if role != "estimated_with")}
            )
            if one.id in set_ids
            else one
            for one in self.coded_sets
        )
        return self.model_copy(update={"coded_sets": sets})

    def sets_of(self, unit: str, role: Role | None = None) -> tuple[CodedSet, ...]:
        """The coded sets of a unit that have a role, in the order of the file."""
        return tuple(
            one for one in self.coded_sets if one.unit == unit and role in (None, *one.roles)
        )

    @property
    def article_set_id(self) -> str:
        """Under which name comparisons on passages of the articles stand."""
        return next((one.id for one in self.sets_of("sentence")), "article")

    def set_of_documents(self, role: Role | None = None) -> pl.Expr:
        """The paragraph set that each document goes with: the first whose population it is in.

        One that is in no population goes with the last set. Of the columns kind and missions.
        """
        import polars as pl

        sets = self.sets_of("paragraph", role)
        found = pl.lit(sets[-1].id if sets else NO_SET)
        for one in reversed(sets[:-1]):
            if one.population:
                found = pl.when(one.population.rows).then(pl.lit(one.id)).otherwise(found)
        return found

    @property
    def document_side(self) -> Side | None:
        """The first side that is made of documents."""
        return next((side for side in self.sides if side.documents), None)

    @property
    def further_sides(self) -> tuple[Side, ...]:
        """Sides of documents after the first."""
        return tuple(side for side in self.sides if side.documents)[1:]

    @property
    def side_names(self) -> tuple[str, str]:
        """What a sentence calls the documents and the interviews that are compared."""
        documents, interviews = self.document_side, self.interview_side
        return (
            documents.name if documents else "documents",
            interviews.name if interviews else "interviews",
        )

    @property
    def interview_side(self) -> Side | None:
        """The side that is made of reported interviews."""
        return next((side for side in self.sides if side.interviews), None)

    @property
    def has_interviews(self) -> bool:
        """Whether there is any to speak of."""
        return self.interview_side is not None or self.interviews.pattern is not None

    @property
    def compares(self) -> bool:
        """Whether it has both sides of a comparison."""
        return self.document_side is not None and self.interview_side is not None


def transfer_name(trained_on: Sequence[str], set_id: str) -> str:
    """What it is called when a set is judged by models of the other sets alone.

    >>> transfer_name(("article",), "mandates")
    'article to mandates'
    """
    return f"{' and '.join(trained_on)} to {set_id}"


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
