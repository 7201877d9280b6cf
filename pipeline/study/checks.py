"""configs/study.yaml read, and checked by itself and against the corpus."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from pipeline.run.errors import InputError
from pipeline.run.settings import read_mapping, settings_error
from pipeline.study.manifest import MANIFEST_FILE, Entry, of_profile
from pipeline.study.missions import load_missions
from pipeline.study.study import ALL, STUDY_FILE, SUGGESTED, Population, Study


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
    check_within(file, study, {ALL, *load_missions(file.parent / "missions.yaml")})
    return study


def check_within(file: Path, study: Study, missions: Collection[str]) -> None:
    """Ids are unique, populations apart and missions known.

    Args:
        file: configs/study.yaml, for the message.
        study: what it holds.
        missions: acronyms that it may use, and the word for all of them.

    Raises:
        InputError: names the key and a fix.
    """
    _check_ids(file, study)
    _check_coders(file, study)
    _check_populations(file, study)
    _check_missions(file, study, missions)


def check_corpus(
    file: Path, study: Study, entries: Sequence[Entry], profile: str, theme_ids: Iterable[str]
) -> None:
    """What the study names is in the corpus and the codebook.

    Args:
        file: configs/study.yaml, for the message.
        study: what it holds.
        entries: the manifest.
        profile: whose documents are read.
        theme_ids: of the codebook.

    Raises:
        InputError: names the key and a fix.
    """
    kind_of = {entry.document_id: entry.kind for entry in entries}
    for place, article in enumerate(study.articles):
        if kind_of.get(article.document_id) != "article":
            problem = f"{MANIFEST_FILE} has no article {article.document_id!r}"
            fix = "add its row, of kind article, or correct the document_id"
            raise InputError(file, problem, fix, f"articles.{place}.document_id")
    for side in study.sides:
        there = (
            side.documents.include(entry.kind, entry.missions)
            for entry in of_profile(entries, profile)
            if side.documents
        )
        if side.documents and not any(there):
            problem = f"no document of the profile {profile} has its kinds and missions"
            fix = f"add one to {MANIFEST_FILE}, or name other kinds or missions"
            raise InputError(file, problem, fix, f"sides.{side.id}.documents")
    for key, name in _named_documents(study):
        if name not in kind_of:
            problem = f"{MANIFEST_FILE} has no document {name!r}"
            fix = f"add its row, or correct the {key.rpartition('.')[2]}"
            raise InputError(file, problem, fix, key)
    if study.course and study.course.theme not in theme_ids:
        problem = f"corpus/coding/codebook.yaml has no theme {study.course.theme!r}"
        raise InputError(file, problem, "name one of its themes", "course.theme")


def _named_documents(study: Study) -> Iterator[tuple[str, str]]:
    """Key and document_id of documents that the study names beside its articles."""
    for coded in study.coded_sets:
        for name in coded.population.documents if coded.population else ():
            yield f"coded_sets.{coded.id}.population.documents", name
    for place, milestone in enumerate(study.milestones):
        yield f"milestones.{place}.source", milestone.source


def _check_coders(file: Path, study: Study) -> None:
    """Who coded is said of sets that there are."""
    known = [SUGGESTED, *(one.id for one in study.coded_sets)]
    for place, one in enumerate(study.coders.made_by):
        for name in one.sets:
            if name not in known:
                fix = f"name one of {', '.join(known)}"
                problem = f"{name!r} is not a coded set"
                raise InputError(file, problem, fix, f"coders.made_by.{place}.sets")


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


def _check_populations(file: Path, study: Study) -> None:
    """Two draws from the same paragraphs cannot be added up."""
    drawn = study.sets_of("paragraph", "estimated_with")
    for place, one in enumerate(drawn):
        for other in drawn[:place]:
            if _overlap(one.population, other.population):
                problem = f"its population has documents of {other.id} too"
                fix = "name other kinds or missions, or leave out estimated_with"
                raise InputError(file, problem, fix, f"coded_sets.{one.id}")


def _overlap(one: Population | None, other: Population | None) -> bool:
    if one is None or other is None or not {*one.kinds} & {*other.kinds}:
        return False
    return not (one.missions and other.missions) or bool({*one.missions} & {*other.missions})


def _check_missions(file: Path, study: Study, missions: Collection[str]) -> None:
    named = [(f"milestones.{n}", [one.mission]) for n, one in enumerate(study.milestones)]
    parts = [(f"sides.{side.id}", side.documents) for side in study.sides]
    parts += [(f"coded_sets.{one.id}", one.population) for one in study.coded_sets]
    named += [(key, list(part.missions)) for key, part in parts if part]
    for key, acronyms in named:
        for acronym in acronyms:
            if acronym not in missions:
                fix = "use an acronym of configs/missions.yaml, or all for a milestone"
                raise InputError(file, f"{acronym!r} is not a mission", fix, key)
