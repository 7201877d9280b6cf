"""What is suggested for coding, and how it comes back as another coder."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.active_draws import WAYS, experiment
from pipeline.run.errors import InputError
from pipeline.run.settings import load_settings
from pipeline.study.anchors import anchor_suggested
from pipeline.study.checks import load_study
from pipeline.study.codebook import load_codebook
from pipeline.study.codings import CODING_FOLDER, Coding, read_codings
from pipeline.themes.samples import (
    doubt,
    draw_units,
    inclusion_probabilities,
    pooled_weights,
    sizes_by_doubt,
    sizes_by_stratum,
)

THEMES = load_codebook().theme_ids
SETS = load_study().coded_sets
HEADER = "document_id,block_id,start,end,codes,label,text\n"


def test_doubt_is_the_root_of_the_expected_squared_error() -> None:
    found = doubt(np.array([[0.5, 0.5], [0.5, 1.0], [0.0, 1.0]]))
    assert found == pytest.approx([0.5**0.5, 0.5, 0.0])


def test_a_draw_by_doubt_leaves_nobody_out_and_asks_most_of_the_doubtful() -> None:
    # given three texts of doubts 0, 1 and 3: a floor of .3 / 3 each, and .7 by doubt
    sizes = sizes_by_doubt(np.array([0.0, 1.0, 3.0]))
    assert sizes == pytest.approx([0.1, 0.1 + 0.7 / 4, 0.1 + 0.7 * 3 / 4])
    # and all alike where nothing is in doubt
    assert sizes_by_doubt(np.zeros(4)) == pytest.approx([0.25] * 4)


def test_probabilities_sum_to_the_draw_and_none_is_above_1() -> None:
    # given sizes 8, 1 and 1 and two to be drawn: the first is certain, the others share one place
    assert inclusion_probabilities(np.array([8.0, 1, 1]), 2) == pytest.approx([1, 0.5, 0.5])
    assert inclusion_probabilities(np.ones(3), 9).tolist() == [1, 1, 1]


def test_a_stratum_gets_units_by_the_root_of_its_size() -> None:
    # given strata of 4 and 16: roots 2 and 4, so of three units one and two
    strata = ["a"] * 4 + ["b"] * 16
    chance = inclusion_probabilities(sizes_by_stratum(strata), 3)
    assert (chance[:4].sum(), chance[4:].sum()) == (pytest.approx(1), pytest.approx(2))
    rows = draw_units(chance, strata, np.random.default_rng(1))
    assert [strata[row] for row in rows] == ["a", "b", "b"]


def test_each_unit_is_drawn_as_often_as_its_probability_says() -> None:
    chance = inclusion_probabilities(np.arange(1.0, 21), 6)
    random = np.random.default_rng(2)
    drawn = [draw_units(chance, ["all"] * 20, random) for _ in range(4000)]
    assert {len(rows) for rows in drawn} == {6}
    often = np.bincount(np.concatenate(drawn), minlength=20) / 4000
    assert np.abs(often - chance).max() < 0.03


def test_two_draws_count_by_their_units_and_each_for_the_whole() -> None:
    # given two of 10 drawn alike (weight 5) and three of 10 by probabilities .2, .5 and .5
    weights = pooled_weights(np.array([0.2, 0.2]), np.array([0.2, 0.5, 0.5]))
    # the second weights 5, 2, 2 become 10/9 of that to stand for 10 too; then 2/5 and 3/5 count
    assert weights == pytest.approx([2, 2, 10 / 3, 4 / 3, 4 / 3])
    assert pooled_weights(np.array([0.2]), np.zeros(0)).tolist() == [5]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["by doubt", "half alike, half by doubt"])
def test_intervals_of_draws_by_doubt_hold_what_they_promise(name: str) -> None:
    way, bounded = WAYS[name]
    settings = load_settings().themes.model_copy(update={"bootstrap": 200, "confidence": 0.95})
    found = experiment(way, bounded, 150, 200, settings)
    assert found["bias"] < 0.6  # 150 populations; the benchmark has 1,000
    assert found["coverage"] > 93


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the codings that ship."""
    shutil.copytree(CODING_FOLDER, tmp_path / "coding")
    return tmp_path / "coding"


def _suggested(folder: Path) -> Coding:
    return read_codings(THEMES, SETS, folder)[-1]


def _write(folder: Path, coder: str, *rows: str) -> None:
    file = folder / f"suggested-coder-{coder}.csv"
    file.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")


def test_a_row_that_was_filled_in_is_a_coded_unit_and_one_with_a_question_mark_is_none(
    folder: Path,
) -> None:
    _write(folder, "maria", "d,d.1,0,9,leadership;training,1,", "d,d.2,0,9,,2,", "d,d.3,0,9,?,3,")
    coding = _suggested(folder)
    assert (coding.unit_set, coding.coders) == ("suggested", ("maria",))
    assert coding.units["unit_id"].to_list() == ["d.1:0-9", "d.2:0-9"]
    assert coding.labels("all").rows() == [("d.1:0-9", "leadership"), ("d.1:0-9", "training")]


def test_a_draw_is_estimated_with_when_all_of_it_was_read(folder: Path) -> None:
    # given two units of a draw of two, and one of another draw of two
    file = folder / "suggested-coder-maria.csv"
    head = "document_id,block_id,start,end,codes,draw,n_drawn,inclusion_probability\n"
    rows = ["d,d.1,0,9,leadership,7,2,0.5\n", "d,d.2,0,9,,7,2,0.25\n", "d,d.1,0,9,,8,2,0.5\n"]
    file.write_text(head + "".join(rows), encoding="utf-8")
    units = _suggested(folder).units
    # then the unit that two draws hold is there for each, and the unfinished draw only teaches
    assert units["unit_id"].to_list() == ["d.1:0-9@7", "d.2:0-9@7", "d.1:0-9@8"]
    assert units["inclusion_probability"].to_list() == [0.5, 0.25, None]


DRAWN = "document_id,block_id,start,end,codes,draw,n_drawn,inclusion_probability\n"


def _draws(folder: Path, coder: str, *rows: str) -> None:
    file = folder / f"suggested-coder-{coder}.csv"
    file.write_text(DRAWN + "".join(f"{row}\n" for row in rows), encoding="utf-8")


def test_a_draw_is_whole_when_each_of_its_units_was_read_by_somebody(folder: Path) -> None:
    # given a draw of which one person read half, and another all; and one shared by two people
    _draws(folder, "ada", "d,d.1,0,9,,a,2,0.5", "d,d.2,0,9,?,a,2,0.25", "d,d.3,0,9,,b,2,0.1")
    _draws(folder, "bob", "d,d.1,0,9,,a,2,0.5", "d,d.2,0,9,,a,2,0.25", "d,d.4,0,9,,b,2,0.2")
    coding = _suggested(folder)
    known = dict(coding.units.select("unit_id", "inclusion_probability").iter_rows())
    assert known == {"d.1:0-9@a": 0.5, "d.2:0-9@a": 0.25, "d.3:0-9@b": 0.1, "d.4:0-9@b": 0.2}
    assert "draw b: 2 of 2 were read; estimated with" in coding.remarks
    # when one of them was not read by anybody, then its draw only teaches, and it is said
    _draws(folder, "bob", "d,d.1,0,9,,a,2,0.5", "d,d.2,0,9,,a,2,0.25", "d,d.4,0,9,?,b,2,0.2")
    coding = _suggested(folder)
    assert coding.units["inclusion_probability"].to_list() == [0.5, None, 0.25]
    assert "draw b: 1 of 2 were read; not estimated with until all are" in coding.remarks


def test_a_probability_that_is_none_is_named_in_a_suggestion(folder: Path) -> None:
    _draws(folder, "ada", "d,d.1,0,9,,a,2,0.5", "d,d.2,0,9,,a,2,1.7")
    with pytest.raises(InputError, match=r"ada\.csv: row 3: inclusion_probability is 1\.7; to fix"):
        read_codings(THEMES, SETS, folder)


def test_only_coders_who_read_a_unit_have_a_say_in_it(folder: Path) -> None:
    # given three coders, two of whom read the first unit, and one the second
    _write(folder, "a", "d,d.1,0,9,leadership,,")
    _write(folder, "b", "d,d.1,0,9,leadership;training,,", "d,d.2,0,9,training,,")
    _write(folder, "c", "d,d.3,0,9,,,")
    coding = _suggested(folder)
    # then a code that both gave, or the only reader, is what all say
    assert coding.labels("all").rows() == [("d.1:0-9", "leadership"), ("d.2:0-9", "training")]
    assert ("d.1:0-9", "training") in coding.labels("majority").rows()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("d,d.1,0,9,leadershop,,", "row 2: no code 'leadershop' in codebook.yaml; to fix: did you"),
        ("d,d.1,zero,9,leadership,,", "row 2: start is not a number: 'zero'"),
        ("d,d.1,0,9,?,,\nd,d.1,0,9,leadership,,", "row 3: d.1:0-9 stands in row 2 too"),
    ],
)
def test_a_mistake_in_what_was_filled_in_is_named(folder: Path, row: str, said: str) -> None:
    _write(folder, "maria", row)
    with pytest.raises(InputError) as caught:
        read_codings(THEMES, SETS, folder)
    assert f"suggested-coder-maria.csv: {said}" in str(caught.value)


BLOCKS = pl.DataFrame({"block_id": ["d.1"], "document_id": ["d"], "text": ["Nine word"]})


def _unit(document_id: str, block_id: str, start: int, end: int) -> pl.DataFrame:
    names = ["unit_id", "document_id", "block_id", "start", "end", "file", "row"]
    return pl.DataFrame(
        [("u", document_id, block_id, start, end, "f.csv", 7)], schema=names, orient="row"
    )


def test_a_suggested_unit_is_found_or_its_document_is_not_here() -> None:
    found = anchor_suggested(_unit("d", "d.1", 0, 9), BLOCKS)
    assert found.anchors.rows() == [("u", "d.1", 0, 9)]
    (lost,) = anchor_suggested(_unit("e", "e.1", 0, 9), BLOCKS).lost
    assert str(lost) == "f.csv: row 7: u (e): its document is not in this corpus"


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        (("d", "d.2", 0, 9), "d no longer has the text that was coded"),
        (("d", "d.1", 0, 10), "characters 0 to 10 are not in a block of 9"),
        (("d", "d.1", 5, 5), "characters 5 to 5"),
        (("d", "e.1", 0, 9), "e.1 is not a block of 'd'"),
    ],
)
def test_a_suggested_unit_whose_text_is_gone_is_named(
    unit: tuple[str, str, int, int], said: str
) -> None:
    with pytest.raises(InputError, match=r"f\.csv: row 7: ") as caught:
        anchor_suggested(_unit(*unit), BLOCKS)
    assert said in str(caught.value)
