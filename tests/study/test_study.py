"""configs/study.yaml says what the study is, and what cannot be used is named with a fix."""

from pathlib import Path

import polars as pl
import pytest
import yaml

from pipeline.run.errors import InputError
from pipeline.study.checks import (
    check_corpus,
    check_milestone,
    check_within,
    load_study,
    uncompared,
)
from pipeline.study.codebook import load_codebook
from pipeline.study.manifest import read_manifest
from pipeline.study.sets import Coders, Side, who_coded
from pipeline.study.study import (
    ALL,
    MISSIONS_FILE,
    NO_SET,
    STUDY_FILE,
    Interviews,
    Milestone,
    load_missions,
)
from tests.studies import paragraphs, sentences, study_of

OURS = STUDY_FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("title: Robust on paper", "titel: Robust on paper", "titel (line 5): is not a known"),
        ("subtitle: ", "- ", "is not YAML"),
        ("  first_year: 2000", "  first_year: soon", "course.first_year"),
        ("  - mission: MONUC", "  - mission: MONUK", "'MONUK' is not a mission"),
        ("  - id: interviews", "  - id: mandates", "sides: mandates is there twice"),
        ("    interviews: true", "    interviews: false", "is of documents or of interviews"),
        ("  pattern: '\\bInterview with '", "  pattern: '('", "is not a regular expression"),
        ("  pattern: '\\bInterview with '", "  pattern: '(P, )?'", "is found everywhere"),
        ("    year: 2003", "    year: '2003'", "milestones.0.year"),
        ("{kind: language_model,", "{kind: robot,", "coders.made_by.0.kind"),
        ('"3"]}', '"3"], sets: [reprots]}', "coders.made_by.0.sets: 'reprots' is not a coded set"),
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


@pytest.mark.parametrize(
    ("pattern", "note"),
    [
        (r"(P\d+, )|Interview with ", "P3, teacher; Interview with a clerk"),
        ("(Interview|Talk) with ", "Talk with a teacher; Interview with a clerk"),
        ("(?P<how>Talk) with ", "Talk with a teacher; Talk with a clerk"),
        ("Talk with ", "Talk with a teacher; Talk with a clerk"),
    ],
)
def test_brackets_in_a_pattern_change_nobodys_group(pattern: str, note: str) -> None:
    group = {"teachers": "teacher", "clerks": "clerk", "talkers": "Talk|Interview"}
    groups = [{"id": one, "name": one, "pattern": word} for one, word in group.items()]
    interviews = Interviews.model_validate({"pattern": pattern, "speaker_groups": groups})

    assert interviews.groups_of(note) == ("teachers", "clerks")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("document_id: gilder-2026", "document_id: smith-2020", "articles.0.document_id: corpus/"),
        (
            "kinds: [resolution, presidential_statement]",
            "kinds: [verbatim_record]\n      missions: [UNMISS]",
            "sides.mandates.documents: no document of the profile core has its kinds and missions",
        ),
        ("source: s-res-1493-2003", "source: s-res-1-1946", "milestones.0.source: corpus/manifest"),
        ("theme: robust_force", "theme: weather", "course.theme: corpus/coding/codebook.yaml has"),
    ],
)
def test_what_the_corpus_or_the_codebook_lacks_is_named_with_a_fix(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    assert old in OURS
    file = tmp_path / "study.yaml"
    file.write_text(OURS.replace(old, new, 1), encoding="utf-8")
    (tmp_path / "missions.yaml").write_text(MISSIONS_FILE.read_text(encoding="utf-8"), "utf-8")
    entries, themes = read_manifest(), load_codebook().theme_ids
    if "verbatim" in new:
        entries = tuple(each for each in entries if each.kind != "verbatim_record")
    check_corpus(STUDY_FILE, load_study(), read_manifest(), "core", themes)

    with pytest.raises(InputError) as caught:
        check_corpus(file, load_study(file), entries, "core", themes)

    assert f"study.yaml: {problem}" in str(caught.value)


MORE = """\
  - {id: more, name: More, unit: paragraph, units: more.csv, roles: [estimated_with],
     population: {kinds: [report, resolution]}}"""


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "  - id: un\n",
            "  - id: suggested\n",
            "suggested is the set of what `peacetext suggest` wrote",
        ),
        ("    population:\n", "    populated:\n", "coded_sets.1"),
        (
            "# The theme whose course",
            f"{MORE}\n\n# The theme whose course",
            "coded_sets.more: its population has documents of un too",
        ),
    ],
)
def test_coded_sets_that_cannot_serve_are_refused(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    assert old in OURS
    file = tmp_path / "study.yaml"
    file.write_text(OURS.replace(old, new, 1), encoding="utf-8")
    (tmp_path / "missions.yaml").write_text(MISSIONS_FILE.read_text(encoding="utf-8"), "utf-8")
    with pytest.raises(InputError) as caught:
        load_study(file)
    assert problem in str(caught.value)


def _refused(tmp_path: Path, old: str, new: str) -> str:
    """What is said of the study with one change, as the command `check` would."""
    assert old in OURS
    file = tmp_path / "study.yaml"
    file.write_text(OURS.replace(old, new, 1), encoding="utf-8")
    (tmp_path / "missions.yaml").write_text(MISSIONS_FILE.read_text(encoding="utf-8"), "utf-8")
    with pytest.raises(InputError) as caught:
        check_corpus(file, load_study(file), read_manifest(), "core", load_codebook().theme_ids)
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("words: [18, 160]", "words: [160, 18]", "no paragraph has 160 words or more and 18 or"),
        (
            "kinds: [resolution, presidential_statement]\n      missions: [MINUSMA,",
            "kinds: [doctrine]\n      missions: [MINUSMA,",
            "coded_sets.un.population: no document of corpus/manifest.csv has its kinds and",
        ),
        ("first_year: 2000", "first_year: 2090", "course.first_year: 2090 is after the last"),
        ("  pattern: '\\bInterview with '", "", "interviews.pattern: is missing, so that no pass"),
        ("title: Robust", "question: Why\ntitle: Robust", "question is there twice, first in line"),
    ],
)
def test_what_would_give_an_empty_result_is_refused(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    said = _refused(tmp_path, old, new)
    assert problem in said
    assert "; to fix: " in said


def test_a_study_without_articles_has_no_sentences_and_no_interviews() -> None:
    known = load_missions()
    without = study_of(sentences("quotes"))
    with pytest.raises(InputError, match=r"sides\.talks: no article could report an interview"):
        check_within(STUDY_FILE, without, known)
    papers = without.model_copy(update={"sides": without.sides[:1]})
    with pytest.raises(InputError, match=r"coded_sets\.quotes: is of sentences, and there is no"):
        check_within(STUDY_FILE, papers, known)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"words": "Stop"}, r"milestones\.3\.words: paper does not say 'Stop'; to fix: copy"),
        ({"label": "7"}, r"milestones\.3\.label: .* not in paragraph '7' .* write '2', where they"),
    ],
)
def test_a_milestone_that_its_source_does_not_hold_is_named(
    changed: dict[str, str], problem: str
) -> None:
    said = {"mission": ALL, "year": 2014, "what": "", "source": "paper", "label": "2"}
    milestone = Milestone.model_validate({**said, "what": "a start", "words": "Go on now"})
    paragraphs = [("1", "Stay here."), ("2", "Go  on now, all.")]
    check_milestone(STUDY_FILE, 3, milestone, paragraphs)
    with pytest.raises(InputError, match=problem):
        check_milestone(STUDY_FILE, 3, milestone.model_copy(update=changed), paragraphs)


def test_a_side_that_is_compared_with_nothing_is_named() -> None:
    study = study_of()
    assert uncompared(study) == []
    field = Side.model_validate({"id": "f", "name": "field", "documents": {"kinds": ["report"]}})
    assert uncompared(study.model_copy(update={"sides": (*study.sides, field)})) == []
    of_mission = {"kinds": ["report"], "missions": ["UNMISS"]}
    field = Side.model_validate({"id": "f", "name": "field", "documents": of_mission})
    (said,) = uncompared(study.model_copy(update={"sides": (*study.sides, field)}))
    assert said.startswith("no share is known of a further side of documents that names missions")
    assert said.endswith("not compared: field")
    (said,) = uncompared(study.model_copy(update={"sides": study.sides[:1]}))
    assert said == "nothing is compared, since no side is of interviews"


def test_documents_go_with_the_set_from_whose_population_they_are() -> None:
    study = study_of(
        sentences("quotes"),
        paragraphs("mandates", population={"kinds": ["resolution"], "missions": ["UNFICYP"]}),
        paragraphs("reports", "report"),
    )
    documents = pl.DataFrame(
        {
            "kind": ["resolution", "resolution", "report", "doctrine"],
            "missions": [["UNFICYP"], ["UNMISS"], ["UNFICYP"], []],
        },
        schema_overrides={"missions": pl.List(pl.String)},
    )
    goes_with = documents.select(study.set_of_documents()).to_series().to_list()
    assert goes_with == ["mandates", "reports", "reports", "reports"]
    assert [one.id for one in study.learnt_beside(study.coded_set("mandates"))] == [
        "quotes",
        "reports",
    ]
    assert documents.select(study_of().set_of_documents().alias("to")).to_series()[0] == NO_SET


def _agreement(*sets: tuple[int, int, int]) -> pl.DataFrame:
    """tables.CoderAgreement, as far as it says who coded: people, models, unknown of each set."""
    rows = [(f"set{place}", "all", *counts) for place, counts in enumerate(sets)]
    columns = ["unit_set", "theme_id", "n_people", "n_models", "n_unknown"]
    return pl.DataFrame(rows, schema=columns, orient="row")


BOTH = "People and large language models gave the codes"
MODELS = "Large language models gave the codes, in {} over each unit; no person has checked them."


@pytest.mark.parametrize(
    ("sets", "sentence", "against"),
    [
        ([(0, 3, 0)] * 3, MODELS.format("three passes"), "one coding pass against another"),
        ([(0, 1, 0)], MODELS.format("one pass"), "one coding pass against another"),
        ([(0, 2, 0), (0, 3, 0)], MODELS.format("two to three passes"), "one coding pass against"),
        (
            [(2, 0, 0)],
            "People gave the codes; two of them coded each unit.",
            "one person’s codes against another’s",
        ),
        (
            [(1, 3, 0), (0, 3, 0)],
            f"{BOTH}; where people coded, their codes decide.",
            "one coding pass against another",
        ),
        (
            [(0, 3, 1)],
            "Large language models gave the codes; of 1 coding the study does not say who made it.",
            "one coding pass against another",
        ),
        (
            [(0, 0, 2)],
            "The study does not say whether people or language models gave the codes.",
            "one coding pass against another",
        ),
        ([], "", "one coding pass against another"),
    ],
)
def test_who_coded_is_one_plain_sentence(
    sets: list[tuple[int, int, int]], sentence: str, against: str
) -> None:
    who = who_coded(_agreement(*sets), Coders())
    assert who.sentence == sentence
    assert who.one_against_another.startswith(against)


def test_the_study_that_ships_was_coded_by_models_and_the_second_by_people() -> None:
    for name in ("1", "2", "3"):
        assert load_study().coders.maker("reports", name) == "language_model"
    assert load_study().coders.maker("article", "maria") == "unknown"
    second = yaml.safe_load(Path("tests/second_study/configs/study.yaml").read_text("utf-8"))
    people = Coders.model_validate(second["coders"])
    assert people.maker("papers", "nora") == people.maker("article", "emeka") == "person"
    assert who_coded(_agreement((2, 0, 0)), people).sentence.endswith("both were invented.")


def test_what_is_said_of_a_coder_in_one_set_counts_before_what_is_said_in_all() -> None:
    made_by = [
        {"kind": "language_model", "names": ["ada", "1"]},
        {"kind": "person", "names": ["ada"], "sets": ["un"]},
    ]
    coders = Coders.model_validate({"made_by": made_by})
    assert (coders.maker("un", "ada"), coders.maker("article", "ada")) == (
        "person",
        "language_model",
    )
    with pytest.raises(ValueError, match="says twice who made the codings of '1'"):
        Coders.model_validate({"made_by": [*made_by, {"kind": "person", "names": ["1"]}]})


def test_a_population_is_what_could_have_been_drawn() -> None:
    reports = next(one for one in load_study().coded_sets if one.id == "reports").population
    assert reports is not None
    rows = pl.DataFrame(
        [
            ("s-2025-54", "report", ["UNMISS"], "12", 100),
            ("s-2025-54", "report", ["UNMISS"], "", 100),  # no number: an annex
            ("s-2025-54", "report", ["UNMISS"], "12 (a)", 100),
            ("s-2025-54", "report", ["UNMISS"], "13", 221),
            ("s-2019-1", "report", ["UNMISS"], "12", 100),  # not of the eleven reports
            ("a-79-19", "report", [], "12", 100),  # on no mission
        ],
        schema=["document_id", "kind", "missions", "label", "n_words"],
        orient="row",
    )
    assert rows.filter(reports.drawable).rows() == rows.rows()[:1]


def test_a_unit_of_a_document_outside_the_population_estimates_nothing() -> None:
    reports = next(one for one in load_study().coded_sets if one.id == "reports")
    rows = [
        ("reports", "report", ["UNMISS"]),
        ("reports", "report", []),  # A/79/19, on no mission
        ("un", "report", ["UNMISS"]),
    ]
    units = pl.DataFrame(rows, schema=["unit_set", "kind", "missions"], orient="row")
    assert units.filter(reports.drawn_units).rows() == rows[:1]
