"""What is suggested for coding, and how it comes back as another coder."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.commands.coding import most_telling, uncertainty
from pipeline.run.errors import InputError
from pipeline.study.anchors import anchor_suggested
from pipeline.study.checks import load_study
from pipeline.study.codebook import load_codebook
from pipeline.study.codings import CODING_FOLDER, Coding, read_codings
from pipeline.themes.validation import Judged, Predictions

THEMES = load_codebook().theme_ids
SETS = load_study().coded_sets
HEADER = "document_id,block_id,start,end,codes,label,text\n"


def test_a_theme_that_may_as_well_be_there_as_not_counts_one_bit() -> None:
    found = uncertainty(np.array([[0.5, 0.5], [0.5, 1.0], [0.0, 1.0]]))
    assert found == pytest.approx([2.0, 1.0, 0.0], abs=1e-9)


def test_doubt_comes_first_but_the_same_subject_does_not_come_twice() -> None:
    # given two texts on one subject, the most doubtful, one on another, and one that is sure
    vectors = np.eye(3, dtype=np.float32)[[0, 0, 1, 2]]
    doubt = np.array([3.0, 2.9, 1.0, 0.0])
    none = np.zeros((0, 3), dtype=np.float32)
    assert most_telling(doubt, vectors, none, 2).tolist() == [0, 2]
    # when the first subject is coded already, then only the other is worth asking for
    assert most_telling(doubt, vectors, vectors[[0]], 1).tolist() == [2]
    # and no more are suggested than there are
    assert sorted(most_telling(doubt, vectors, none, 9).tolist()) == [0, 1, 2, 3]


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


def test_units_that_are_only_learnt_from_are_not_judged_by() -> None:
    truth = np.array([[True], [False], [True]])
    judged = Judged("un", "m", truth, Predictions(truth.astype(float), truth), ["a", "b", "c"])
    first = judged.first(2)
    assert first.truth.tolist() == first.predictions.assigned.tolist() == [[True], [False]]
    assert (len(first.predictions.probability), list(first.groups)) == (2, ["a", "b"])
