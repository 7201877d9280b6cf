"""configs/study.yaml read, and checked by itself and against the corpus."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from pipeline.run.errors import InputError
from pipeline.run.settings import read_mapping, settings_error
from pipeline.study.manifest import MANIFEST_FILE, Entry, of_profile
from pipeline.study.sets import SUGGESTED, Population
from pipeline.study.study import ALL, STUDY_FILE, Milestone, Study, load_missions


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
    """Ids are unique, interviews can be found, populations apart and missions known.

    Args:
        file: configs/study.yaml, for the message.
        study: what it holds.
        missions: acronyms that it may use, and the word for all of them.

    Raises:
        InputError: names the key and a fix.
    """
    _check_ids(file, study)
    _check_coders(file, study)
    _check_interviews(file, study)
    _check_populations(file, study)
    _check_missions(file, study, missions)


def check_corpus(
    file: Path, study: Study, entries: Sequence[Entry], profile: str, theme_ids: Iterable[str]
) -> None:
    """What the study names, and its course, is in the corpus and the codebook.

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
    parts = [(f"sides.{side.id}.documents", side.documents) for side in study.sides]
    parts += [(f"coded_sets.{one.id}.population", one.population) for one in study.coded_sets]
    read, first = of_profile(entries, profile), study.document_side
    needed = set(first.documents.kinds) if first and first.documents else set()
    for key, part in parts:
        # of further sides a profile may have nothing: the findings say so
        is_further = part is not None and not needed & set(part.kinds)
        among = entries if is_further else read
        if part and not any(part.include(entry.kind, entry.missions) for entry in among):
            whose = MANIFEST_FILE if is_further else f"the profile {profile}"
            problem = f"no document of {whose} has its kinds and missions"
            fix = f"add one to {MANIFEST_FILE}, or name other kinds or missions"
            raise InputError(file, problem, fix, key)
    for key, name in _named_documents(study):
        if name not in kind_of:
            problem = f"{MANIFEST_FILE} has no document {name!r}"
            fix = f"add its row, or correct the {key.rpartition('.')[2]}"
            raise InputError(file, problem, fix, key)
    _check_course(file, study, read, theme_ids)


def uncompared(study: Study) -> list[str]:
    """What a person might think is compared, and is not: a line each."""
    documents = [side for side in study.sides if side.documents]
    interviews = study.interview_side
    if not (documents and interviews):
        lacking = "interviews" if documents else "documents"
        return [f"nothing is compared, since no side is of {lacking}"]
    left = [side.name for side in documents[1:] if side.documents and side.documents.missions]
    why = "no share is known of a further side of documents that names missions"
    return [f"{why}; not compared: {', '.join(left)}"] if left else []


def check_milestone(
    file: Path, place: int, milestone: Milestone, paragraphs: Iterable[tuple[str, str]]
) -> None:
    """Its words stand in the paragraph of its label.

    Args:
        file: configs/study.yaml, for the message.
        place: of the milestone there, from 0.
        milestone: what it says.
        paragraphs: label and text of each block of its source.

    Raises:
        InputError: names the key and a fix.
    """
    texts = [(label, " ".join(text.split())) for label, text in paragraphs]
    words = " ".join(milestone.words.split())
    there = [label for label, text in texts if words in text]
    if not there:
        problem = f"{milestone.source} does not say {words!r}"
        fix = f"copy words of it: peacetext show {milestone.source}"
        raise InputError(file, problem, fix, f"milestones.{place}.words")
    if milestone.label and milestone.label not in there:
        problem = f"its words are not in paragraph {milestone.label!r} of {milestone.source}"
        fix = f"write {there[0]!r}, where they are" if there[0] else "leave it empty: ''"
        raise InputError(file, problem, fix, f"milestones.{place}.label")


def _check_course(
    file: Path, study: Study, entries: Sequence[Entry], theme_ids: Iterable[str]
) -> None:
    if study.course is None:
        return
    if study.course.theme not in theme_ids:
        problem = f"corpus/coding/codebook.yaml has no theme {study.course.theme!r}"
        raise InputError(file, problem, "name one of its themes", "course.theme")
    years = [one.date.year for one in entries if one.date and one.kind != "article"]
    if years and study.course.first_year > max(years):
        problem = f"{study.course.first_year} is after the last document, of {max(years)}"
        fix = f"write the year of the first document, {min(years)}, or a later one"
        raise InputError(file, problem, fix, "course.first_year")


def _check_interviews(file: Path, study: Study) -> None:
    """What is of articles or interviews has some to be of."""
    side, interviews = study.interview_side, study.interviews
    if side and not study.articles:
        fix = "name the article, or delete this side"
        raise InputError(file, "no article could report an interview", fix, f"sides.{side.id}")
    for key, is_there in (
        ("pattern", interviews.pattern is not None),
        ("speaker_groups", bool(interviews.speaker_groups)),
    ):
        if side and not is_there:
            problem = f"is missing, so that no passage is of the side {side.id}"
            fix = f"say how an interview is marked, or delete the side {side.id}"
            raise InputError(file, problem, fix, f"interviews.{key}")
    known = [article.document_id for article in study.articles]
    for one in study.coded_sets:
        key = f"coded_sets.{one.id}"
        if one.unit == "sentence" and not known:
            fix = "name the article, or take this set out"
            raise InputError(file, "is of sentences, and there is no article", fix, key)
        for document_id in one.articles:
            if document_id not in known or one.unit != "sentence":
                fix = f"name one of them: {', '.join(known)}" if known else "delete the key"
                problem = f"{document_id!r} is no article whose sentences could be its units"
                raise InputError(file, problem, fix, f"{key}.articles")


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
