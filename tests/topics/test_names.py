"""Names give way to what they are, formulas and citations go, and the masked stays."""

import pytest

from pipeline.study.study import load_missions
from pipeline.topics.masking import (
    BODY,
    MISSION,
    NAME_WORD,
    PEOPLE,
    PLACE,
    Names,
    drop_marks,
    find_names,
    mark_names,
    say_kinds,
    without_formulas,
)

NAMES = Names(
    {"South Sudan": PLACE, "United Nations Mission in Liberia": MISSION},
    {"MINUSMA": MISSION, "Goma": PLACE, "Bunia": PLACE, "Malian": PEOPLE, "LRA": BODY},
)


def said(text: str) -> str:
    return say_kinds(mark_names([text], NAMES)[0])


def test_a_name_is_said_as_what_it_is() -> None:
    assert said("MINUSMA’s patrols in South Sudan") == "the mission’s patrols in the country"
    assert said("the Malian authorities") == "national authorities"


def test_neighbouring_names_become_one() -> None:
    assert said("patrols in Goma, Bunia and South Sudan today") == "patrols in the country today"


def test_a_text_without_names_stays_as_it_is() -> None:
    text = "Condemns sexual violence in conflict, including against children;"
    assert said(text) == text


def test_terms_are_counted_without_names_and_possessives() -> None:
    counted = drop_marks(mark_names(["MINUSMA’s role and the women’s role"], NAMES)[0])
    assert counted.split() == [NAME_WORD, "role", "and", "the", "women", "role"]


@pytest.mark.slow
def test_acronyms_of_names_are_found_and_those_of_subjects_are_not() -> None:
    # given one acronym with an expansion in capitals and one without
    texts = [
        "The Lord’s Resistance Army (LRA) attacked villages.",
        "Progress in security sector reform (SSR) was slow.",
    ]
    # when names are looked for
    words = find_names(texts, load_missions()).words
    # then only the first is a name, and missions are always names
    assert words["LRA"] == BODY
    assert "SSR" not in words
    assert words["MINUSCA"] == MISSION


@pytest.mark.slow
def test_words_also_written_small_are_no_names() -> None:
    texts = [f"Patrols from Kinshasa reached sector {number} of the front." for number in range(5)]
    texts += [f"Front {number} saw patrols, and the front held." for number in range(5)]
    words = find_names(sorted(texts), load_missions()).words
    assert words.get("Kinshasa") == PLACE
    assert "Front" not in words
    assert "Patrols" not in words


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            "Recalling its resolutions 1325 (2000) and 2242 (2015), and stressing women’s roles",
            "Its, and stressing women’s roles",
        ),
        (
            "Further requests the Secretary-General to report on sexual violence by 30 June 2019;",
            "Report on sexual violence by;",
        ),
        (
            "“The Security Council strongly condemns attacks on peaceful civilians.",
            "Attacks on peaceful civilians.",
        ),
        ("Robust mandates deter armed groups.", "Robust mandates deter armed groups."),
    ],
)
def test_formulas_citations_and_dates_go(text: str, masked: str) -> None:
    assert without_formulas(text) == masked


def test_a_text_that_is_nothing_but_formula_stays_whole() -> None:
    text = "Recalling its resolution 1325 (2000),"
    assert without_formulas(text) == text
