"""Passages hold every word of their block once, in whole sentences, none too long."""

from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.run.settings import SegmentSettings
from pipeline.segment.passages import (
    cut_passages,
    is_procedural,
    load_splitter,
    passage_spans,
    split_sentences,
)

SETTINGS = SegmentSettings(max_words=20, min_words=5, near_duplicate=0.7)

LONG_RECITAL = (
    "Expressing deep concern over the persistent delays, stressing the need to deliver visible "
    "peace dividends, and noting that slow progress hampers security; "
) * 8


@pytest.fixture(scope="module")
def splitter() -> object:
    return load_splitter()


def _sentences(splitter: object, text: str) -> list[str]:
    (spans,) = split_sentences(splitter, [text])  # type: ignore[arg-type]
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    "text",
    [
        "As set out in op. para. 14 of its decision, the Council acts.",
        "See No. 5 and Art. 41 of the Charter, cf. Mr. Annan’s report.",
        "Meeting S/PV. 7975 was held in the morning.",
        "(b) To protect civilians under threat of physical violence;",
    ],
)
def test_an_abbreviation_ends_no_sentence(splitter: object, text: str) -> None:
    assert _sentences(splitter, text) == [text]


def test_sentences_end_at_a_full_stop_inside_a_quotation_mark(splitter: object) -> None:
    text = "‘They locked themselves in their camps.’ The population saw no patrols."
    assert _sentences(splitter, text) == [
        "‘They locked themselves in their camps.’",
        "The population saw no patrols.",
    ]


def test_short_neighbours_are_joined_and_long_ones_kept_apart() -> None:
    # given sentences of 12, 12 and 3 words
    text = ("Peacekeepers " + "and " * 10 + "go. ") * 2 + "They do return."
    starts = [0, text.index("Peacekeepers", 5), text.index("They")]
    sentences = list(zip(starts, [starts[1] - 1, starts[2] - 1, len(text)], strict=True))
    # when they are cut at 20 words, then the short rest joins its neighbour
    spans = passage_spans(text, sentences, SETTINGS)
    assert [len(text[start:end].split()) for start, end in spans] == [12, 15]


def test_a_sentence_too_long_for_the_model_is_cut_at_its_own_marks() -> None:
    text = LONG_RECITAL.strip()
    spans = passage_spans(text, [(0, len(text))], SETTINGS)
    assert len(spans) > 4
    assert all(text[start:end].rstrip()[-1] in ",;" for start, end in spans)


@given(st.lists(st.text(alphabet="ab ;,.", min_size=1, max_size=200), min_size=1, max_size=6))
def test_no_word_is_lost_or_doubled(parts: list[str]) -> None:
    text = " ".join(" ".join(parts).split())
    if not text:
        return
    spans = passage_spans(text, [(0, len(text))], SETTINGS)
    words = [word for start, end in spans for word in text[start:end].split()]
    assert words == text.split()
    assert all(first[1] <= second[0] for first, second in pairwise(spans))


def test_a_passage_speaks_with_the_speaker_groups_of_the_notes_inside_it() -> None:
    # given a block of two sentences, each with a note
    first, second = "One officer spoke of patrols.", "An NGO official spoke of trust."
    block = {
        "block_id": ["a.1"],
        "document_id": ["a"],
        "section": [""],
        "label": [""],
        "role": ["paragraph"],
        "text": [f"{first} {second}"],
        "notes": [["1", "2"]],
        "note_offsets": [[len(first), len(first) + 1 + len(second)]],
    }
    notes = pl.DataFrame(
        {"document_id": ["a", "a"], "number": ["1", "2"], "speaker_groups": [["military"], ["ngo"]]}
    )
    spans = [(0, len(first)), (len(first) + 1, len(first) + 1 + len(second))]
    # when each sentence is a passage of its own
    settings = SegmentSettings(max_words=20, min_words=1, near_duplicate=0.7)
    short = settings.model_copy(update={"max_words": 5})
    passages = cut_passages(pl.DataFrame(block), notes, [spans], short)
    # then each has its own speaker_group, and joined they have both
    assert passages["speaker_groups"].to_list() == [["military"], ["ngo"]]
    joined = cut_passages(pl.DataFrame(block), notes, [spans], settings)
    assert joined["speaker_groups"].to_list() == [["military", "ngo"]]


@pytest.mark.parametrize(
    "text",
    [
        "Decides to remain actively seized of the matter.",
        "Recalling its previous resolutions 2391 (2017) and 2100 (2013), and its press statements",
        "Noting the report of the Secretary-General (S/2012/43),",
        "Acting under Chapter VII of the Charter of the United Nations,",
        "At the 7099th meeting of the Security Council, held on 20 January 2014,",
    ],
)
def test_procedure_is_recognised(text: str) -> None:
    assert is_procedural(text)


@pytest.mark.parametrize(
    "text",
    [
        "Decides to extend the mandate of MINUSMA until 30 June 2019;",
        "10,450 security forces by June 2024;",
        "Recalling resolution 1325 (2000) and concerned about the incidence of sexual violence,",
        "‘They have just locked themselves in their camps.’",
    ],
)
def test_matter_is_not_procedure(text: str) -> None:
    assert not is_procedural(text)
