"""Verbatim records in plain text."""

from __future__ import annotations

import pytest

from pipeline.ingest.reading import UnreadableError
from pipeline.ingest.text.verbatim import read_verbatim_record

OPENING = (
    "The President (spoke in French): I invite the following briefers to participate in this "
    "meeting: Mr. Amadou Diop, Special Representative of the Secretary- General for Freedonia and "
    "Head of the Mission; and Her Excellency Ms. Ana Vilar, Head of the Delegation of the European "
    "Union. I now give the floor to Mr. Diop."
)


DIOP = (
    "Mr. Diop, Special Representative of the Secretary-General for Freedonia "
    "and Head of the Mission"
)


def _read(limits, *speeches):
    return read_verbatim_record("\n\n".join(speeches).encode(), limits)


def test_a_briefer_has_the_role_that_the_president_gives(limits):
    reading = _read(limits, OPENING, "Mr. Diop: I thank you.", "Ms. Vilar: We are grateful.")

    assert [block.section for block in reading.blocks] == [
        ("The President",),
        (DIOP,),
        ("Ms. Vilar, Head of the Delegation of the European Union",),
    ]


def test_a_delegate_has_the_country_and_no_role_is_made_up(limits):
    reading = _read(limits, "Mr. De Rivière (France) (spoke in French): We agree.")

    (block,) = reading.blocks
    assert (block.section, block.text) == (("Mr. De Rivière (France)",), "We agree.")


def test_a_displaced_language_is_put_back_and_no_word_is_lost(limits):
    reading = _read(
        limits,
        "The President (spoke I thank Mr. Diop for his briefing. in Russian): I now give the floor "
        "to Ms. Vilar.",
        "Ms. Vilar: Thank you.",
    )

    assert reading.blocks[0].section == ("The President",)
    assert reading.blocks[0].text == (
        "I thank Mr. Diop for his briefing. I now give the floor to Ms. Vilar."
    )
    assert reading.remarks == ('displaced "(spoke in ...)" put back before the colon: 1',)


def test_the_president_speaks_for_a_country_in_that_speech_only(limits):
    reading = _read(
        limits,
        "The President: I shall now make a statement in my capacity as the representative of "
        "Viet Nam. I would like to thank all.",
        "The President: The meeting goes on.",
    )

    assert [block.section for block in reading.blocks] == [
        ("The President (Viet Nam)",),
        ("The President",),
    ]


def test_a_digit_read_for_i_is_fixed_at_the_start_of_a_sentence_only(limits):
    reading = _read(limits, "Mr. Diop: 1 thank you. Phase 1 will end. | would add that.")

    assert reading.blocks[0].text == "I thank you. Phase 1 will end. I would add that."
    assert "read as I: 2" in reading.remarks[0]


def test_words_cut_at_a_hyphen_are_joined_but_suspended_hyphens_stay(limits):
    reading = _read(limits, "Mr. Diop: Mr. Jean- Pierre and mid- level short- and long-term aims.")

    assert reading.blocks[0].text == "Mr. Jean-Pierre and mid-level short- and long-term aims."


def test_the_closing_of_the_meeting_is_nobodys_speech_and_the_page_number_goes(limits):
    reading = _read(
        limits, "The President: We are done. The meeting rose at 11.55 a.m. 20-01130 21/21"
    )

    assert [(block.section, block.text) for block in reading.blocks] == [
        (("The President",), "We are done."),
        ((), "The meeting rose at 11.55 a.m."),
    ]


def test_paragraphs_of_one_speech_share_their_speaker_and_number(limits):
    reading = _read(limits, "Mr. Diop: First.", "Second.", "Ms. Vilar: Third.")

    assert [(b.section[0], b.paragraph) for b in reading.blocks] == [
        ("Mr. Diop", 1),
        ("Mr. Diop", 1),
        ("Ms. Vilar", 2),
    ]


def test_a_text_in_which_nobody_speaks_is_refused(limits):
    with pytest.raises(UnreadableError, match="holds no speech"):
        _read(limits, "Just a text: without speakers.")


def test_a_record_pasted_with_its_short_lines_has_whole_paragraphs(limits):
    pasted = (
        "United Nations          S/PV.9876\nSecurity Council\n\n"
        "9876th meeting\nMonday, 3 March 2031, 10 a.m.\n\n"
        "The President (spoke in French): I now give the floor\nto Mr. Wane.\n"
        "Mr. Wane: I thank you for\nthe floor.\n\nThe mission cannot\nstay.\n\n"
        "The meeting rose at 11.20 a.m.\n"
    )

    reading = read_verbatim_record(pasted.encode(), limits)

    assert (reading.symbol, str(reading.date)) == ("S/PV.9876", "2031-03-03")
    assert [(block.section, block.text) for block in reading.blocks[2:]] == [
        (("The President",), "I now give the floor to Mr. Wane."),
        (("Mr. Wane",), "I thank you for the floor."),
        (("Mr. Wane",), "The mission cannot stay."),
        ((), "The meeting rose at 11.20 a.m."),
    ]


def test_a_sentence_that_names_a_person_before_a_colon_opens_no_speech(limits):
    reading = _read(
        limits,
        "Mr. Diop: I thank you.",
        "Mr. Wane visited Kidal: he said so himself.",
        "Mr. Alzayani Al-Sabah: We agree.",
        "Mr. Van der Meer (Netherlands): So do we.",
    )
    assert [block.section[0] for block in reading.blocks] == [
        "Mr. Diop",
        "Mr. Diop",
        "Mr. Alzayani Al-Sabah",
        "Mr. Van der Meer (Netherlands)",
    ]
