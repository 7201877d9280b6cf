"""The outside benchmark reads, marks and counts as it says."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.pact import f1
from benchmarks.pact_paragraphs import (
    Paragraph,
    classified_text,
    described,
    label_matrix,
    numbered_paragraphs,
)
from pipeline.ingest.reading import Block

CODES = {("R", 2): frozenset({"PoliceReform"})}


def test_paragraphs_are_joined_by_number_and_an_uncoded_one_has_no_code() -> None:
    blocks = [
        Block("heading", "A. Police"),
        Block("paragraph", "Crime rose.", ("A. Police",), "1"),
        Block("paragraph", "UNMIT trained officers:", ("A. Police",), "2"),
        Block("paragraph", "in forensics.", ("A. Police",), "2 (a)"),
        Block("annex", "Strength.", (), "2"),
    ]
    found = numbered_paragraphs("R", blocks, CODES)
    assert [one.text for one in found] == ["Crime rose.", "UNMIT trained officers: in forensics."]
    assert label_matrix(found, ["PoliceReform", "Gender"]).tolist() == [
        [False, False],
        [True, False],
    ]


def test_words_of_headings_and_of_what_the_mission_did_are_marked() -> None:
    text = "The police arrested many. UNMIT advised the courts."
    read = classified_text(Paragraph("R", 1, ("IV. Rule of law",), text, frozenset()))
    assert read.startswith(text)
    marked = read.removeprefix(text).split()
    assert marked == ["_unmit", "_advised", "_courts", "h_rule", "h_of", "h_law"]


def test_the_name_of_an_activity_is_read_as_words() -> None:
    assert described("Operations_UseOfForce") == "operations use of force"
    assert described("ControlSALW") == "control salw"


def test_f1_is_that_of_hand_for_each_label_macro_and_micro() -> None:
    truth = np.array([[True, False], [True, True], [False, False]])
    said = np.array([[True, True], [False, True], [False, False]])
    # first label: 1 right of 2 true and 1 said, 2/3; second: 1 right of 1 true and 2 said, 2/3
    (whole, without_first) = f1(truth, said, np.array([[1.0, 1, 1], [0, 1, 1]]))
    assert whole == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2 / 3])
    # without the first paragraph: 0 of the first label, all of the second, 1 of 3 pooled
    assert without_first == pytest.approx([0, 1, 0.5, 2 / 3])
