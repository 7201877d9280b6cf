"""The code speaks of no study: what is true of one stands in its configs and its codebook."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from pipeline.study.checks import load_study
from pipeline.study.codebook import load_codebook
from pipeline.study.study import Study, load_missions

CODE = Path("pipeline")
READ = {".py", ".html", ".js", ".css", ".yaml", ".csv", ".md"}

ORDINARY = {
    "peacekeeping": "what every study that this program is made for is about",
    "journal": "a field of a reference",
    "force": "a word of commands (--force) and of the names of missions",
    "doctrine": "a kind of document",
    "protection": "a word of the texts that readers take apart",
    "training": "what classifiers do",
    "police": "in a list of words that say little in the name of a topic",
    "government": "in the same list",
    "UNFICYP": "the mission of examples in help texts; no study here is on it",
    "UNIFIL": "the other one",
}
"""Words of the study that the code may say, each with its reason."""


def ids(study: Study) -> set[str]:
    """Names that only a study gives; the code could use one as it stands."""
    code_groups = load_codebook().code_groups
    return {
        *load_missions(),
        *study.interviews.group_ids,
        *(group.code_group_id for group in code_groups),
        *(theme.theme_id for group in code_groups for theme in group.themes),
        *(article.document_id for article in study.articles),
        *(article.doi for article in study.articles if article.doi),
        study.title,
        study.project,
    }


def telling_words(study: Study) -> set[str]:
    """Words of authors, titles and milestones, of which a text may have other endings."""
    cited = " ".join(article.citation for article in study.articles)
    words = set(re.findall(r"[A-Z][^\W\d_]{4,}", cited))
    for milestone in study.milestones:
        words.update(re.findall(r"[A-Z][^\W\d_]{4,}", milestone.what))
    people = (article.interviewees for article in study.articles if article.interviewees)
    return words | {f"{n} interview" for n in people}


def wanted(study: Study) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Ids as they stand, and words with any ending; ordinary ones are let through."""
    names = "|".join(re.escape(name) for name in sorted(ids(study) - set(ORDINARY)))
    words = "|".join(sorted(word for word in telling_words(study) if word.lower() not in ORDINARY))
    return (
        re.compile(rf"(?<![\w-])(?:{names})(?![\w-])"),
        re.compile(rf"\b(?:{words})\w*", re.IGNORECASE),
    )


def said_in(text: str, patterns: Iterable[re.Pattern[str]]) -> list[str]:
    """Words of the study that a text has."""
    return sorted({word for pattern in patterns for word in pattern.findall(text)})


def test_no_code_and_no_template_has_a_word_of_the_study() -> None:
    patterns = wanted(load_study())
    files = sorted(file for file in CODE.rglob("*") if file.suffix in READ)

    found = [
        f"{file}: {word}"
        for file in files
        for word in said_in(file.read_text(encoding="utf-8"), patterns)
    ]

    assert len(files) > 150
    assert found == []


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ('THEME = "robust_force"', "robust_force"),
        ("Behind it stand 31 interviews.", "31 interviews"),
        ("An argument about robustness.", "robustness"),
        ('"un_civilian": "UN civilians"', "un_civilian"),
        ("peacetext list --mission MONUSCO", "MONUSCO"),
        ("Project('Robust on paper')", "Robust on paper"),
        ("as Gilder's article says", "Gilder"),
    ],
)
def test_a_word_of_the_study_in_code_is_found(code: str, word: str) -> None:
    assert word in said_in(code, wanted(load_study()))


def test_every_word_that_is_let_through_is_still_said_by_the_study_or_its_examples() -> None:
    study = load_study()

    words = {word.lower() for word in ids(study) | telling_words(study)}

    assert {word for word in ORDINARY if word.lower() not in words} == set()
