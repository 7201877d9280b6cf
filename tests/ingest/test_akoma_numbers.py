"""Labels put together from the order of printed numbers."""

import pytest

from pipeline.ingest.akoma.numbers import Numbering, number_readings


def _labels(*printed: str) -> list[str]:
    """Labels of paragraphs that carry these numbers one after the other."""
    numbering = Numbering()
    labels = []
    for number, following in zip(printed, [*printed[1:], ""], strict=True):
        numbering.paragraph(number, following)
        labels.append(numbering.label)
    return labels


def test_letters_and_roman_numbers_are_told_apart_by_their_series() -> None:
    assert _labels("3.", "(h)", "(i)", "(j)") == ["3", "3 (h)", "3 (i)", "3 (j)"]
    assert _labels("3.", "(h)", "(i)", "(ii)", "(i)") == [
        "3",
        "3 (h)",
        "3 (h) (i)",
        "3 (h) (ii)",
        "3 (i)",
    ]
    assert _labels("3.", "(a)", "(i)", "(ii)", "(b)", "(i)", "(v)") == [
        "3",
        "3 (a)",
        "3 (a) (i)",
        "3 (a) (ii)",
        "3 (b)",
        "3 (b) (i)",
        "3 (b) (v)",
    ]


def test_bullets_are_counted_under_what_they_belong_to() -> None:
    assert _labels("4.", "–", "–", "5.", "(a)", "•", "◦", "•") == [
        "4",
        "4, bullet 1",
        "4, bullet 2",
        "5",
        "5 (a)",
        "5 (a), bullet 1",
        "5 (a), bullet 1, bullet 1",
        "5 (a), bullet 2",
    ]


def test_a_point_that_follows_a_paragraph_number_is_a_paragraph() -> None:
    numbering = Numbering()
    numbering.paragraph("3.")
    numbering.point("(a)", 1)
    numbering.point("4.", 2)
    assert numbering.label == "4"


def test_a_number_that_breaks_the_series_stays_where_the_markup_has_it() -> None:
    numbering = Numbering()
    numbering.paragraph("3.")
    numbering.point("9.", 1)
    assert numbering.label == "3 (9)"


def test_a_numbered_list_inside_a_paragraph_stays_inside() -> None:
    numbering = Numbering()
    numbering.paragraph("1.")
    labels = []
    for printed in ("1.", "2.", "3."):
        numbering.point(printed, 1)
        labels.append(numbering.label)
    assert labels == ["1 (1)", "1 (2)", "1 (3)"]


@pytest.mark.parametrize(
    ("printed", "kinds"),
    [
        ("14.", ["arabic"]),
        ("(14)", ["bracketed"]),
        ("(v)", ["roman", "letter"]),
        ("b.", ["letter"]),
        ("(xiv)", ["roman"]),
        ("IX.", ["great roman"]),
        ("–", ["bullet –"]),
        ("Note", []),
        ("", []),
    ],
)
def test_a_printed_number_has_these_readings(printed: str, kinds: list[str]) -> None:
    assert [number.kind for number in number_readings(printed)] == kinds
