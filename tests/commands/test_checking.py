"""The sheets of a check are blinded, and what they say is worked out rightly.

Every sheet here is filled in by a test; no person has checked anything.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.commands.scoring import scored_sheets
from pipeline.run.errors import InputError
from pipeline.run.tables.table import write_table
from pipeline.run.tables.texts import PASSAGES
from pipeline.run.tables.themes import UNITS
from pipeline.run.tables.topics import TOPICS
from pipeline.study.checks import load_study
from pipeline.study.codebook import load_codebook
from pipeline.study.codings import read_codings

SUBJECTS = "court rain boat road child bread stone".split()
AGREEMENT = "codes: agreement of the person and the passes"
READING = "codes: by the person's reading"
SHARES = "codes: shares by the person's reading"
INTRUSION = "topics: who finds what is not of them"


@pytest.fixture
def checked(project: Path) -> Path:
    """The project with its real codings of the article, and seven made topics; its sheets."""
    coding = read_codings(load_codebook().theme_ids, load_study().coded_sets)[0]
    labels = coding.labels("majority").group_by("unit_id").agg(pl.col("theme_id").alias("labels"))
    none = pl.lit([], pl.List(pl.String))
    units = coding.units.join(labels, on="unit_id", how="left", maintain_order="left").select(
        "unit_id",
        pl.lit("article").alias("unit_set"),
        pl.lit("gilder-2026").alias("document_id"),
        pl.col("paragraph").cast(pl.String).alias("group"),
        "text",
        none.alias("passage_ids"),
        pl.col("labels").fill_null(none),
        pl.lit(None, pl.Float64).alias("inclusion_probability"),
    )
    write_table(UNITS, units)
    write_table(TOPICS, _topics())
    write_table(PASSAGES, _passages())
    done = _peacetext("check-sheets", "--topics", "7")
    assert done.exit_code == 0, done.output
    return project


def _topics() -> pl.DataFrame:
    rows = [
        {
            "topic_id": number,
            "label": f"{what.capitalize()}s",
            "terms": [f"{what} {letter}" if letter else what for letter in ("", *"abcdefghi")],
            "weights": [0.5] * 10,
            "n_passages": 9,
            "n_texts": 9,
            "representatives": [f"{what}.{place}" for place in range(3)],
            "key": f"{what}.0",
            "made_label": what,
            "stability": 0.9,
            "stability_seeds": 0.9,
            "stability_samples": 0.9,
            "stable": True,
        }
        for number, what in enumerate(SUBJECTS)
    ]
    return pl.DataFrame(rows)


def _passages() -> pl.DataFrame:
    rows = [
        {
            "passage_id": f"{what}.{place}",
            "document_id": what,
            "block_id": f"{what}.{place}",
            "order": place,
            "section": "",
            "label": "",
            "role": "operative",
            "text": f"Sentence {place} on the {what}.",
            "start": 0,
            "end": 9,
            "n_words": 5,
            "speaker_groups": [],
            "procedural": False,
        }
        for what in SUBJECTS
        for place in range(3)
    ]
    return pl.DataFrame(rows, schema_overrides={"speaker_groups": pl.List(pl.String)})


def _peacetext(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def _key() -> dict[str, Any]:
    key: dict[str, Any] = json.loads(Path("check-key.json").read_text(encoding="utf-8"))
    return key


def _rows(name: str) -> list[list[str]]:
    with Path(f"check/{name}.csv").open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.reader(lines))


def _write(name: str, rows: list[list[str]]) -> None:
    with Path(f"check/{name}.csv").open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows(rows)


def _fill_codes(given: Callable[[dict[str, Any]], set[str]]) -> None:
    """A test in the place of a person."""
    head, meant, *rows = _rows("codes")
    units = {unit["row"]: unit for unit in _key()["units"]}
    for row in rows:
        for code in given(units[row[0]]) or {"no_code"}:
            row[head.index(code)] = "x"
    _write("codes", [head, meant, *rows])


def _fill_questions(name: str, answer: Callable[[dict[str, Any]], str]) -> None:
    head, *rows = _rows(name)
    answers = _key()[name]
    _write(name, [head, *([*row[:-1], answer(answers[row[0]])] for row in rows)])


def _scored() -> dict[str, pl.DataFrame]:
    return scored_sheets(Path("check"), Path("check-key.json"))


def test_half_of_the_units_have_codes_and_every_code_is_there(checked: Path) -> None:
    units = _key()["units"]
    assert [bool(unit["labels"]) for unit in units].count(True) == 30
    assert [bool(unit["labels"]) for unit in units].count(False) == 30
    assert {code for unit in units for code in unit["labels"]} == {*load_codebook().theme_ids}


def test_a_sheet_tells_neither_code_nor_unit_nor_topic(checked: Path) -> None:
    rows = _rows("codes")
    ids = {unit["unit_id"] for unit in _key()["units"]}
    assert not ids & {cell for row in rows for cell in row}
    assert all(not any(row[2:]) for row in rows[2:])
    for name in ("topic-words", "topic-passages", "topic-names"):
        head, *questions = _rows(name)
        assert head[-1] in ("intruder", "name")
        assert all(row[-1] == "" for row in questions)
        assert "label" not in head


def test_what_intrudes_is_of_another_topic_and_stands_anywhere(checked: Path) -> None:
    places = set()
    for answer in _key()["topic-words"].values():
        subject, place = SUBJECTS[answer["topic_id"]], answer["intruder"] - 1
        strange = [subject not in option for option in answer["options"]]
        assert strange == [each == place for each in range(6)]
        places.add(place)
    assert len(places) > 1


def test_a_check_that_agrees_in_all_gives_1_and_leaves_the_shares(checked: Path) -> None:
    _fill_codes(lambda unit: {*unit["labels"]})
    found = _scored()
    sets = found[AGREEMENT].filter(person_and="label", theme_id="sets")
    assert sets["alpha"].to_list() == [1]
    reading = found[READING]
    assert set(reading["precision"]) == set(reading["recall"]) == {1}
    # and yet nothing is certain from so few
    assert reading["precision_low"].max() < 1
    shares = found[SHARES]
    assert (shares["share"] - shares["corrected"]).abs().max() == pytest.approx(0, abs=1e-9)


def test_the_sheet_that_is_filled_in_counts_whichever_was_saved_last(checked: Path) -> None:
    # given a filled-in CSV beside the workbook that nobody filled in, which is touched after it
    _fill_codes(lambda unit: {*unit["labels"]})
    Path("check/codes.xlsx").touch()
    assert AGREEMENT in _scored()
    # and a workbook that another person filled in
    head, _, *rows = _rows("codes")
    book = openpyxl.load_workbook("check/codes.xlsx")
    sheet = next(one for one in book.worksheets if one.cell(1, 1).value == head[0])
    for number in range(len(rows)):
        sheet.cell(number + 3, len(head)).value = "x"
    book.save("check/codes.xlsx")
    with pytest.raises(InputError, match=r"codes\.xlsx are both filled in, differently"):
        _scored()


def test_a_code_that_the_person_never_gives_has_no_precision_and_another_share(
    checked: Path,
) -> None:
    _fill_codes(lambda unit: {*unit["labels"]} - {"robust_force"})
    found = _scored()
    row = found[READING].row(by_predicate=pl.col("theme_id") == "robust_force", named=True)
    assert (row["n_person"], row["precision"], row["recall"]) == (0, 0, None)
    share = found[SHARES].row(by_predicate=pl.col("theme_id") == "robust_force", named=True)
    assert share["corrected"] == 0 < share["share"]


def test_precision_counts_units_as_they_are_among_all_that_are_coded(checked: Path) -> None:
    # given a person who takes one code from the unit that was least likely to be in the sheet
    of_code = [unit for unit in _key()["units"] if "robust_force" in unit["labels"]]
    least = min(of_code, key=lambda unit: unit["chance"])
    _fill_codes(lambda unit: {*unit["labels"]} - ({"robust_force"} if unit == least else set()))
    row = _scored()[READING].row(by_predicate=pl.col("theme_id") == "robust_force", named=True)
    weights = [1 / unit["chance"] for unit in of_code]
    assert row["precision"] == pytest.approx(1 - max(weights) / sum(weights))


def test_intruders_that_are_found_and_one_that_is_not(checked: Path) -> None:
    first = next(iter(_key()["topic-words"]))
    wrong = _key()["topic-words"][first]
    _fill_questions(
        "topic-words",
        lambda answer: str(answer["intruder"] % 6 + 1 if answer == wrong else answer["intruder"]),
    )
    _fill_questions("topic-passages", lambda answer: answer["options"][answer["intruder"] - 1])
    words, passages = _scored()[INTRUSION].rows(named=True)
    assert (words["n"], words["n_right"], words["chance"]) == (7, 6, pytest.approx(1 / 6))
    # 36 of 6^7 ways to find six or seven by chance
    assert words["p_value"] == pytest.approx((7 * 5 + 1) / 6**7)
    assert (passages["rate"], passages["chance"]) == (1, 0.25)
    assert passages["low"] == pytest.approx(7 / (7 + 1.96**2), abs=1e-3)


def test_names_stand_beside_the_labels(checked: Path) -> None:
    _fill_questions("topic-names", lambda answer: f"about {answer['topic_id']}")
    table = _scored()["topics: their names"]
    assert table.height == 7
    assert all(name == f"about {topic}" for topic, name in table.select("topic_id", "named").rows())


def test_nothing_is_said_before_somebody_filled_a_sheet_in(checked: Path) -> None:
    done = _peacetext("score-sheets")
    assert done.exit_code == 2
    assert "holds no sheet that was filled in" in done.output


def test_an_answer_that_is_none_is_named(checked: Path) -> None:
    _fill_questions("topic-words", lambda answer: "9")
    done = _peacetext("score-sheets")
    assert done.exit_code == 2
    assert "topic-words.csv: row 2: intruder says '9'; to fix: give a number from 1" in done.output


def test_sheets_are_not_written_over(checked: Path) -> None:
    done = _peacetext("check-sheets", "--key", "other.json")
    assert done.exit_code == 2
    assert "is there already" in done.output


def test_the_command_prints_every_table(checked: Path) -> None:
    _fill_codes(lambda unit: {*unit["labels"]})
    done = _peacetext("score-sheets")
    assert done.exit_code == 0, done.output
    assert all(name in done.output for name in (AGREEMENT, READING, SHARES))
