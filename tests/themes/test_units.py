"""Codes reach the passages that hold the coded units, and nothing is lost without a word."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.codings import Coding
from pipeline.errors import InputError
from pipeline.themes.units import passage_codes_table, units_table

FIRST, SECOND = "Patrols went out at night.", "Convoys did not."


def _coding(text: str = FIRST) -> Coding:
    units = pl.DataFrame({"unit_id": ["s1", "s2"], "text": [text, SECOND], "paragraph": [1, 1]})
    codes = pl.DataFrame(
        {
            "coder": ["1", "1", "2"],
            "unit_id": ["s1", "s2", "s1"],
            "theme_id": ["posture", "escorts", "posture"],
        }
    )
    return Coding("article", units, ("1", "2"), codes, adjudicated=False)


@pytest.fixture
def tables() -> dict[str, pl.DataFrame]:
    """One paragraph of two sentences, each a passage."""
    text = f"{FIRST} {SECOND}"
    cut = len(FIRST)
    return {
        "documents": pl.DataFrame({"document_id": ["a"], "kind": ["article"], "symbol": [""]}),
        "blocks": pl.DataFrame(
            {
                "block_id": ["a.1"],
                "document_id": ["a"],
                "order": [0],
                "role": ["paragraph"],
                "paragraph": [7],
                "text": [text],
            }
        ),
        "passages": pl.DataFrame(
            {
                "passage_id": ["p1", "p2"],
                "block_id": ["a.1", "a.1"],
                "start": [0, cut + 1],
                "end": [cut, len(text)],
            }
        ),
    }


def _units(coding: Coding, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    units, n_absent = units_table(
        [coding], "majority", tables["blocks"], tables["passages"], tables["documents"], []
    )
    assert n_absent == 0
    return units


def test_a_passage_inherits_the_codes_of_the_sentence_that_it_holds(
    tables: dict[str, pl.DataFrame],
) -> None:
    units = _units(_coding(), tables)
    assert units["group"].to_list() == ["a#7", "a#7"]
    assert passage_codes_table(units).rows() == [("p1", "posture", 1), ("p2", "escorts", 1)]


def test_cutting_the_text_another_way_loses_no_code(tables: dict[str, pl.DataFrame]) -> None:
    whole = tables["passages"].head(1).with_columns(end=pl.lit(len(f"{FIRST} {SECOND}")))
    units = _units(_coding(), {**tables, "passages": whole})
    assert passage_codes_table(units).rows() == [("p1", "escorts", 1), ("p1", "posture", 1)]


def test_a_sentence_that_is_not_in_the_article_is_an_error_with_its_row(
    tables: dict[str, pl.DataFrame],
) -> None:
    with pytest.raises(InputError, match="row 2: s1 is not in the article"):
        _units(_coding("Patrols stayed at home."), tables)
