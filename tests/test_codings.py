"""Codings are read whole, or the file, the row and the fix are named."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from pipeline.run.errors import InputError
from pipeline.study.checks import load_study
from pipeline.study.codebook import load_codebook
from pipeline.study.codings import CODING_FOLDER, Coding, read_codings
from pipeline.study.sets import Coders
from tests.studies import paragraphs

THEMES = load_codebook().theme_ids
SETS = load_study().coded_sets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the codings that ship."""
    shutil.copytree(CODING_FOLDER, tmp_path / "coding")
    return tmp_path / "coding"


def _article(folder: Path) -> Coding:
    return read_codings(THEMES, SETS, folder)[0]


def test_the_codings_that_ship_are_in_order() -> None:
    study = load_study()
    codings = read_codings(THEMES, SETS, coders=study.coders)
    sizes = {coding.unit_set: coding.units.height for coding in codings}
    assert sizes == {"article": 282, "un": 591, "reports": 360}
    for coding in codings:
        assert coding.coders == ("1", "2", "3")
        assert (coding.n_by("language_model"), coding.n_by("person")) == (3, 0)
    # and the file of each set says with which chance a unit was drawn: its population, about
    drawn = {coding.unit_set: coding.units for coding in codings[1:]}
    assert round((1 / drawn["reports"]["inclusion_probability"]).sum()) == 915
    assert abs((1 / drawn["un"]["inclusion_probability"]).sum() / 9477 - 1) < 0.02


def test_no_text_of_a_paragraph_ships() -> None:
    for coding in read_codings(THEMES, SETS):
        if coding.unit == "paragraph":
            header, *rows = coding.file.read_text(encoding="utf-8").splitlines()
            assert "text" not in header.split(",")
            assert max(len(row) for row in rows) < 320


def test_another_coder_counts_as_soon_as_the_file_is_there(folder: Path) -> None:
    shutil.copyfile(folder / "article-coder-1.csv", folder / "article-coder-maria.csv")
    assert _article(folder).coders == ("1", "2", "3", "maria")


def _write(folder: Path, name: str, cells: dict[str, str]) -> None:
    """A pass of the article in which only some sentences carry codes."""
    ids = _article(folder).units["unit_id"].to_list()
    lines = ["sentence_id,codes", *(f"{unit},{cells.get(unit, '')}" for unit in ids)]
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_label_rules_ask_for_any_half_or_all_coders(folder: Path) -> None:
    # given three coders, who agree on leadership and of whom one sees training
    for name in ("1", "2", "3"):
        codes = {"g26-s001": "leadership"}
        codes |= {"g26-s002": "training"} if name == "1" else {}
        codes |= {"g26-s003": "escorts"} if name != "3" else {}
        _write(folder, f"article-coder-{name}.csv", codes)
    # when labels are made, then the rule decides how many it takes
    labels = {
        rule: set(_article(folder).labels(rule)["theme_id"]) for rule in ("any", "majority", "all")
    }
    assert labels["any"] == {"leadership", "training", "escorts"}
    assert labels["majority"] == {"leadership", "escorts"}
    assert labels["all"] == {"leadership"}


def test_of_two_coders_one_is_half(folder: Path) -> None:
    (folder / "article-coder-3.csv").unlink()
    _write(folder, "article-coder-1.csv", {"g26-s001": "leadership"})
    _write(folder, "article-coder-2.csv", {})
    assert _article(folder).labels("majority").height == 1


def test_where_people_coded_their_codings_alone_decide(folder: Path) -> None:
    # given two language models that agree, and two people who see something else
    for name in ("1", "2"):
        _write(folder, f"article-coder-{name}.csv", {"g26-s001": "leadership"})
    (folder / "article-coder-3.csv").unlink()
    _write(folder, "article-coder-ada.csv", {"g26-s001": "escorts", "g26-s002": "training"})
    _write(folder, "article-coder-eve.csv", {"g26-s001": "escorts"})
    made_by = [
        {"kind": "language_model", "names": ["1", "2"]},
        {"kind": "person", "names": ["ada", "eve"], "sets": ["article"]},
    ]
    # then theirs are the codes, by the same rule among them
    people = read_codings(THEMES, SETS, folder, Coders.model_validate({"made_by": made_by}))[0]
    assert (people.n_by("person"), people.n_by("language_model")) == (2, 2)
    assert people.labels("all").rows() == [("g26-s001", "escorts")]
    assert people.labels("majority")["theme_id"].to_list() == ["escorts", "training"]
    # unless the study lets each coding count alike
    alike = Coders.model_validate({"made_by": made_by, "people_decide": False})
    votes = read_codings(THEMES, SETS, folder, alike)[0]
    assert set(votes.labels("majority").rows()) == {
        ("g26-s001", "escorts"),
        ("g26-s001", "leadership"),
    }


def test_of_suggested_units_people_decide_those_that_they_read() -> None:
    rows = [("model", "u1", "a"), ("model", "u2", "b"), ("ada", "u1", "c")]
    coding = Coding(
        "suggested",
        "range",
        pl.DataFrame({"unit_id": ["u1", "u2"]}),
        ("ada", "model"),
        pl.DataFrame(rows, schema=["coder", "unit_id", "theme_id"], orient="row"),
        adjudicated=False,
        readers={"u1": ("ada", "model"), "u2": ("model",)},
        makers={"ada": "person", "model": "language_model"},
    )
    assert coding.labels("majority").rows() == [("u1", "c"), ("u2", "b")]


def test_an_adjudicated_pass_decides(folder: Path) -> None:
    _write(folder, "article-adjudicated.csv", {"g26-s001": "escorts"})
    article = _article(folder)
    assert article.labels("any").rows() == [("g26-s001", "escorts")]
    assert article.coders == ("1", "2", "3")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("robust_force;effectiveness", "robust_farce;effectiveness", "did you mean robust_force?"),
        ("g26-s002", "g26-s9002", "no unit 'g26-s9002'"),
        ("g26-s002", "g26-s001", "stands in row 2 too"),
        ("robust_force;effectiveness", "robust_force;robust_force", "is there twice"),
        ("robust_force;effectiveness", "robust_force;;effectiveness", "an empty code"),
        ("robust_force;effectiveness", ";", "an empty code"),
        ("robust_force;effectiveness", "1", "no code '1'"),
        ("robust_force;effectiveness", "??", "no code '??'"),
        (
            "robust_force;effectiveness",
            "robust_force,effectiveness",
            "has 3 cells, and the first row names 2",
        ),
        ("sentence_id,codes", "sentence,codes", "column sentence_id is missing"),
        ("sentence_id,codes", "sentence_id;codes", "row 3: has 1 cell, and the first row names 2"),
        (
            "robust_force;effectiveness",
            '"robust_force',
            "row 2: is not CSV (unexpected end of data)",
        ),
        ("g26-s004,", 'g26-s004,"', "row 5: is not CSV (unexpected end of data)"),
    ],
)
def test_a_mistake_in_a_pass_is_named_with_its_fix(
    folder: Path, old: str, new: str, said: str
) -> None:
    file = folder / "article-coder-1.csv"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_codings(THEMES, SETS, folder)
    assert said in str(caught.value)
    assert "article-coder-1.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cell", ["NA", "-", "#N/A", " "])
def test_what_programs_put_in_an_empty_cell_is_no_code(folder: Path, cell: str) -> None:
    file = folder / "article-coder-1.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("robust_force;effectiveness", cell, 1), encoding="utf-8")
    given = _article(folder).codes.filter(pl.col("coder") == "1")
    assert "g26-s001" not in given["unit_id"].to_list()


def test_a_coder_counts_for_the_units_that_were_read(folder: Path) -> None:
    # given a person who read two sentences, and an adjudicated coding of one of them
    for name in ("1", "2", "3"):
        _write(folder, f"article-coder-{name}.csv", {"g26-s002": "escorts", "g26-s003": "escorts"})
    head = "sentence_id,codes\n"
    rows = "g26-s001,training\ng26-s002,\ng26-s003,?\n"
    (folder / "article-coder-ada.csv").write_text(head + rows, encoding="utf-8")
    (folder / "article-adjudicated.csv").write_text(head + "g26-s001,leadership\n")
    made_by = [{"kind": "person", "names": ["ada"]}]
    article = read_codings(THEMES, SETS, folder, Coders.model_validate({"made_by": made_by}))[0]
    # then each decides what it read, and the rest is as the others have it
    assert article.labels("all").rows() == [("g26-s001", "leadership"), ("g26-s003", "escorts")]
    assert article.readers["g26-s002"] == ("1", "2", "3", "ada")
    assert article.units.height == 282
    assert "coder ada read 2 of 282 units" in article.remarks


def test_a_unit_that_nobody_coded_is_set_aside(folder: Path) -> None:
    for name in "123":
        file = folder / f"article-coder-{name}.csv"
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        last = lines.pop().split(",")[0]
        before = lines.pop().split(",")[0]
        file.write_text("".join([*lines, f"{before},?\n"]), encoding="utf-8")
    article = _article(folder)
    assert article.units.height == 280
    assert article.uncoded == (before, last)
    assert "2 units that nobody has coded yet: not used" in article.remarks
    assert read_codings(THEMES, SETS, folder, every_unit=True)[0].units.height == 282


def test_where_it_is_not_known_of_which_draw_units_are_nothing_is_estimated(folder: Path) -> None:
    assert all(coding.can_estimate for coding in read_codings(THEMES, SETS, folder))
    for name in "123":
        file = folder / f"un-coder-{name}.csv"
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        file.write_text("".join(lines[:-3]), encoding="utf-8")
    un = read_codings(THEMES, SETS, folder)[1]
    assert un.units.height == 588
    assert un.units["inclusion_probability"].null_count() == 588
    assert any("nothing is estimated with the others until all" in one for one in un.remarks)
    study = load_study().not_estimating([un.unit_set])
    assert "un" not in [one.id for one in study.sets_of("paragraph", "estimated_with")]
    assert "un" in [one.id for one in study.sets_of("paragraph", "learnt_from")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_spreadsheet_may_save_it_in_another_encoding(folder: Path, encoding: str) -> None:
    before = read_codings(THEMES, SETS, folder)[0]
    for name in ("article-sentences.csv", "article-coder-1.csv"):
        file = folder / name
        file.write_bytes(file.read_text(encoding="utf-8").encode(encoding))
    after = read_codings(THEMES, SETS, folder)[0]
    assert after.units.equals(before.units)
    assert after.codes.equals(before.codes)


def test_a_number_that_is_none_is_named(folder: Path) -> None:
    file = folder / "un-units.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(",18,resolution", ",eighteen,resolution", 1), encoding="utf-8")
    with pytest.raises(InputError, match="row 2: xml_p_index is not a number"):
        read_codings(THEMES, SETS, folder)


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("inclusion_probability", "0", "inclusion_probability is 0; to fix: write the probability"),
        ("inclusion_probability", "1.5", "inclusion_probability is 1.5; to fix: write"),
        ("inclusion_probability", "nan", "inclusion_probability is nan; to fix: write"),
        ("fingerprint", "12ab", "fingerprint is not one; to fix: empty the cell, or restore"),
    ],
)
def test_a_row_that_cannot_be_of_a_draw_is_named(
    folder: Path, column: str, cell: str, said: str
) -> None:
    file = folder / "reports-units.csv"
    pl.read_csv(file, infer_schema=False).with_columns(
        pl.when(pl.col("unit_id") == "un-593").then(pl.lit(cell)).otherwise(column).alias(column)
    ).write_csv(file)
    with pytest.raises(InputError, match=f"reports-units.csv: row 3: {said}"):
        read_codings(THEMES, SETS, folder)


@pytest.mark.parametrize(
    "name",
    [
        "article-maria.csv",
        "Article-Coder-maria.csv",
        "article-coder-.csv",
        "article-coder-adjudicated.csv",
        "suggested-adjudicated.csv",
        "un_coder_4.csv",
    ],
)
def test_a_pass_that_nobody_would_read_is_refused(folder: Path, name: str) -> None:
    shutil.copyfile(folder / "article-coder-1.csv", folder / name)
    with pytest.raises(
        InputError, match="is not the name of a coding of article, un, reports, suggested; to fix: "
    ):
        read_codings(THEMES, SETS, folder)


def test_a_folder_in_the_place_of_a_pass_is_refused(folder: Path) -> None:
    (folder / "article-coder-4.csv").mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        read_codings(THEMES, SETS, folder)


def test_notes_of_a_person_beside_the_passes_do_no_harm(folder: Path) -> None:
    (folder / "to-code.csv").write_text("notes\n", encoding="utf-8")
    assert _article(folder).coders == ("1", "2", "3")


def test_units_that_nobody_coded_are_named_with_both_ways_out(folder: Path) -> None:
    for file in folder.glob("un-coder-*.csv"):
        file.unlink()
    with pytest.raises(
        InputError, match=r"study\.yaml: coded_sets\.un: nobody has coded its units; to fix: "
    ):
        read_codings(THEMES, SETS, folder)


def test_a_missing_file_of_units_is_named_before_one_that_has_another_name(folder: Path) -> None:
    (folder / "un-units.csv").rename(folder / "un-unit.csv")
    with pytest.raises(InputError, match=r"coded_sets\.un: .*un-units\.csv is missing; to fix"):
        read_codings(THEMES, SETS, folder)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "un-units.csv is missing"),
        ("unit_id,symbol,xml_p_index,text_sha256,inclusion_probability\n", "holds no unit"),
    ],
)
def test_a_set_without_units_is_named_by_its_key_in_the_study(
    folder: Path, content: str | None, problem: str
) -> None:
    file = folder / "un-units.csv"
    file.unlink()
    if content:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_codings(THEMES, SETS, folder)
    assert str(caught.value).startswith("configs/study.yaml: coded_sets.un: ")
    assert problem in str(caught.value)
    # and a study that does not name it reads the others
    for coded in [*folder.glob("un-*"), *folder.glob("reports-*")]:
        coded.unlink()
    assert [one.unit_set for one in read_codings(THEMES, SETS[:1], folder)] == ["article"]


def test_two_sets_of_paragraphs_are_read_each_by_its_own_name(folder: Path) -> None:
    # given doctrine that was coded beside mandates, with ids of its own
    for file in folder.glob("un-*.csv"):
        text = file.read_text(encoding="utf-8").replace("\nun-", "\ndo-")
        (folder / file.name.replace("un-", "doctrine-")).write_text(text, encoding="utf-8")
    sets = [*SETS, paragraphs("doctrine", "doctrine")]
    found = {one.unit_set: one for one in read_codings(THEMES, sets, folder)}
    assert list(found) == ["article", "un", "reports", "doctrine"]
    assert found["doctrine"].units["unit_id"][0] == "do-001"
    # then the same id in both is refused, and so is a coding of a set that nobody named
    shutil.copyfile(folder / "un-units.csv", folder / "doctrine-units.csv")
    for coder in "123":
        shutil.copyfile(folder / f"un-coder-{coder}.csv", folder / f"doctrine-coder-{coder}.csv")
    with pytest.raises(InputError, match=r"doctrine-units\.csv: un-001 is a unit of un too"):
        read_codings(THEMES, sets, folder)
    with pytest.raises(InputError, match="is not the name of a coding of article, un, reports"):
        read_codings(THEMES, SETS, folder)
