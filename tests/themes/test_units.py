"""Codes reach the passages that hold the coded units, and nothing is lost without a word."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipeline.run.errors import InputError
from pipeline.study.anchors import LostUnit
from pipeline.study.codings import Coding
from pipeline.themes.units import join_near_duplicates, lost_lines, passage_codes_table, units_table

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
    return Coding("article", "sentence", units, ("1", "2"), codes, adjudicated=False)


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
        "near_duplicates": pl.DataFrame(
            {"passage_id": ["p1", "p2"], "near_duplicate_group": ["p1", "p2"]}
        ),
    }


def _units(coding: Coding, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    blocks, passages, documents, near_duplicates = (
        tables[name] for name in ("blocks", "passages", "documents", "near_duplicates")
    )
    units, lost = units_table([coding], "majority", blocks, passages, documents, near_duplicates)
    assert lost == ()
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


def test_documents_with_near_duplicate_of_a_coded_paragraph_are_one_group() -> None:
    # given d1 and d2 that share a near-duplicate group, d2 and d3 that share another, and d4 alone
    units = pl.DataFrame(
        {
            "unit_id": ["u1", "u2", "u3", "u4", "u5"],
            "group": ["d1", "d2", "d2", "d3", "d4"],
            "passage_ids": [["p1"], ["p2"], ["p3", "p4"], ["p5"], []],
        },
        schema_overrides={"passage_ids": pl.List(pl.String)},
    )
    near_duplicates = pl.DataFrame(
        {
            "passage_id": ["p1", "p2", "p3", "p4", "p5"],
            "near_duplicate_group": ["p1", "p1", "p3", "p4", "p4"],
        }
    )
    # then the three are one group, named by the first, and every unit keeps its row
    joined = join_near_duplicates(units, near_duplicates)
    assert joined["group"].to_list() == ["d1", "d1", "d1", "d1", "d4"]
    assert joined["unit_id"].to_list() == units["unit_id"].to_list()


def test_units_that_are_not_here_are_named_by_document_and_the_others_each() -> None:
    file = Path("reports-units.csv")
    lost = (
        LostUnit("r1", file, 2, "S/2031/7", "1"),
        LostUnit("r2", file, 3, "S/2031/7", "2"),
        LostUnit("r3", file, 4, "S/2031/8", "1", "other words"),
        LostUnit("r4", file, 5, "S/2031/9", "1"),
    )
    absent, other = lost_lines(lost)
    assert absent.endswith(
        ": 3 coded units of documents that are not in this corpus: S/2031/7 (2), S/2031/9 (1)"
    )
    assert other == "reports-units.csv: row 4: r3 (S/2031/8, paragraph 1): other words"


def test_of_hundreds_of_documents_that_are_not_here_the_first_are_named() -> None:
    file = Path("reports-units.csv")
    lost = [LostUnit(f"r{n}", file, n, f"S/2031/{n}", "1") for n in range(1, 223)]
    (line,) = lost_lines(lost)
    assert ": 222 coded units" in line
    assert line.endswith("S/2031/20 (1) and 202 more documents")


def test_without_any_coding_the_file_that_is_missing_is_named(
    tables: dict[str, pl.DataFrame],
) -> None:
    places = (tables[name] for name in ("blocks", "passages", "documents", "near_duplicates"))
    with pytest.raises(InputError, match=r"study\.yaml: coded_sets: nothing is coded; to fix: "):
        units_table([], "majority", *places)
