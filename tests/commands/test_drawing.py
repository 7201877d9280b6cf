"""What is drawn, with which probability, and how a sheet that was filled in comes back.

The sheets are filled in by these tests: nobody coded anything.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.ingest.corpus import corpus_of
from pipeline.ingest.readers import read_file
from pipeline.run.settings import load_settings
from pipeline.run.tables.table import read_table, write_table
from pipeline.run.tables.texts import BLOCKS, DOCUMENTS
from pipeline.study.checks import load_study
from pipeline.study.codebook import load_codebook
from pipeline.study.codings import Coding, read_codings
from pipeline.study.manifest import read_manifest

CODING = Path("corpus/coding")
UNITS, RECORD = CODING / "reports-units.csv", CODING / "draws-reports.csv"
SET = """
  - id: reports
    name: Reports
    unit: paragraph
    units: reports-units.csv
    roles: [learnt_from, judged_on, estimated_with]
    population: {kinds: [report], missions: [MINUSMA, UNMISS], words: [10, 400]}

# The theme whose course"""
MISSIONS = {"long-one": ("MINUSMA", 1), "short-one": ("UNMISS", 5), "other": ("UNFICYP", 1)}
"""Of each document the mission, and every how many paragraphs of the article it has."""


@pytest.fixture
def drawn_from(project: Path) -> Path:
    """The project with a new set of reports, whose words are those of the real article."""
    study = Path("configs/study.yaml")
    text = study.read_text(encoding="utf-8")
    before, _, coded = text.partition("  # Drawn from the numbered paragraphs")
    _, _, after = coded.partition("\n# The theme whose course")
    study.write_text(f"{before.rstrip()}{SET}{after}", encoding="utf-8")
    for file in CODING.glob("reports-*"):
        file.unlink()
    article = read_manifest()[0]
    reading = read_file(
        Path("corpus/article/gilder-2026.txt").read_bytes(),
        "article",
        ".txt",
        load_settings().ingest,
    )
    read = [
        (
            replace(
                article,
                document_id=name,
                symbol="",
                kind="report",
                missions=(mission,),
                date=date(2020, 1, 1),
            ),
            replace(reading, blocks=reading.blocks[::every]),
        )
        for name, (mission, every) in MISSIONS.items()
    ]
    corpus = corpus_of(read)
    write_table(DOCUMENTS, corpus.documents)
    write_table(BLOCKS, corpus.blocks)
    return project


def peacetext(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def drawn(*words: str) -> pl.DataFrame:
    done = peacetext("draw", "reports", *words)
    assert done.exit_code == 0, done.output
    return pl.read_csv(UNITS, schema_overrides={"inclusion_probability": pl.Float64})


def sheet_rows(name: str = "reports-sheet.csv") -> list[dict[str, str]]:
    with Path(name).open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def fill_in(name: str, codes: Mapping[str, list[str]], new: str) -> None:
    """The sheet as a test fills it in: a unit that is not named stays unread."""
    rows = sheet_rows(name)
    for row in rows:
        row.update(dict.fromkeys(codes.get(row["unit_id"], ()), "x"))
    with Path(new).open("w", encoding="utf-8-sig", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_a_draw_gives_every_paragraph_the_same_chance_and_a_blinded_sheet(drawn_from: Path) -> None:
    units = drawn("--n", "20")
    rows = sheet_rows()

    assert units["unit_id"].to_list() == [f"reports-{number:04}" for number in range(1, 21)]
    assert set(units["symbol"]) <= {"long-one", "short-one"}
    (chance,) = units["inclusion_probability"].unique()
    n_paragraphs = 20 / chance
    assert n_paragraphs == pytest.approx(round(n_paragraphs), abs=0.01)
    assert "text" not in units.columns
    # the sheet: every code with its definition, then the units in another order, without places
    assert list(rows[0])[2:-2] == list(load_codebook().theme_ids)
    theme = load_codebook().themes[0]
    assert rows[0][theme.theme_id].startswith(f"{theme.name}: {theme.definition[:20]}")
    names = [row["unit_id"] for row in rows[1:]]
    assert sorted(names) == units["unit_id"].to_list() != names


def test_a_draw_over_missions_gives_the_small_one_more_than_its_part(drawn_from: Path) -> None:
    units = drawn("--n", "24", "--by", "mission")
    chances = dict(units.select("symbol", "inclusion_probability").unique().iter_rows())
    # a fifth as many paragraphs: the root of 5 times the probability
    assert chances["short-one"] / chances["long-one"] == pytest.approx(5**0.5, rel=0.1)
    # one over the probabilities adds up to how many paragraphs each has, to within one unit
    for name, part in units.group_by("symbol"):
        found, of_one = (1 / part["inclusion_probability"]).sum(), 1 / chances[str(name[0])]
        n = _n_paragraphs(str(name[0]))
        assert abs(found - n) <= of_one


def _n_paragraphs(document_id: str) -> int:
    blocks = pl.read_parquet("outputs/ingest/blocks.parquet").filter(
        (pl.col("document_id") == document_id)
        & (pl.col("role").cast(pl.String) != "heading")
        & pl.col("text").str.split(" ").list.len().is_between(10, 400)
    )
    return blocks.height


def test_a_second_draw_is_joined_with_the_first(drawn_from: Path) -> None:
    first = drawn("--n", "20", "--by", "mission", "--seed", "1")
    second = drawn("--n", "15", "--seed", "2", "--out", "second")

    # what was drawn before keeps its name and place; the second sheet holds only what is new
    places = ["unit_id", "symbol", "xml_p_index", "text_sha256"]
    assert second.head(20).select(places).equals(first.select(places))
    new = [row["unit_id"] for row in sheet_rows("second.csv")[1:]]
    assert sorted(new) == second["unit_id"].to_list()[20:]
    assert second.select("symbol", "xml_p_index").is_unique().all()
    # and every unit has the probability of being in either, 1 - (1 - p1)(1 - p2)
    of_first = dict(first.select("symbol", "inclusion_probability").unique().iter_rows())
    record = pl.read_csv(RECORD).filter(pl.col("draw") == 2)
    of_second = dict(record.select("document", "inclusion_probability").iter_rows())
    for symbol, chance in second.select("symbol", "inclusion_probability").iter_rows():
        expected = 1 - (1 - of_first[symbol]) * (1 - of_second[symbol])
        assert chance == pytest.approx(expected, abs=2e-6)


def test_units_of_a_document_that_this_run_did_not_read_keep_their_probability(
    drawn_from: Path,
) -> None:
    first = drawn("--n", "20", "--seed", "1")
    RECORD.unlink()
    away = first["symbol"][0]
    documents = read_table(DOCUMENTS)
    gone = documents.filter(away == pl.coalesce(pl.col("symbol"), "document_id"))["document_id"]
    gone = gone if len(gone) else pl.Series([away])
    write_table(DOCUMENTS, documents.filter(~pl.col("document_id").is_in(gone.implode())))
    blocks = read_table(BLOCKS).filter(~pl.col("document_id").is_in(gone.implode()))
    write_table(BLOCKS, blocks)

    second = drawn("--n", "5", "--seed", "2", "--out", "second")

    kept = second.filter(pl.col("symbol") == away).join(first, on="unit_id")
    assert kept.height == first.filter(pl.col("symbol") == away).height > 0
    assert kept["inclusion_probability"].equals(kept["inclusion_probability_right"])
    assert away in pl.read_csv(RECORD).filter(pl.col("draw") == 1)["document"]


def test_the_seed_of_an_earlier_draw_is_not_taken_again(drawn_from: Path) -> None:
    drawn("--n", "5", "--seed", "1")
    done = peacetext("draw", "reports", "--n", "5", "--seed", "1", "--out", "again")
    assert done.exit_code == 2
    assert "was the seed of an earlier draw; to fix: " in done.output


def test_a_draw_that_nobody_recorded_is_joined_only_when_all_had_one_chance(
    drawn_from: Path,
) -> None:
    drawn("--n", "20", "--by", "mission")
    RECORD.unlink()
    done = peacetext("draw", "reports", "--out", "second")
    assert done.exit_code == 2
    assert "draws-reports.csv: is missing, and the units of reports were drawn" in done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("papers",), "has no set 'papers'"),
        (("reports", "--by", "colour"), "--by: has 'colour'; to fix: name some of kind,mission"),
        (("article",), "article-sentences.csv: is there already"),
    ],
)
def test_what_cannot_be_drawn_is_named(drawn_from: Path, words: tuple[str, ...], said: str) -> None:
    done = peacetext("draw", *words)
    assert done.exit_code == 2
    assert said in done.output


def test_a_sheet_that_may_be_filled_in_is_never_written_over(drawn_from: Path) -> None:
    Path("reports-sheet.csv").write_text("mine", encoding="utf-8")
    done = peacetext("draw", "reports")
    assert done.exit_code == 2
    assert not UNITS.exists()


def test_a_sheet_filled_in_by_a_test_becomes_a_coding(drawn_from: Path) -> None:
    # given a draw of three whose sheet a test fills in: two codes, none, and one unit not read
    drawn("--n", "3")
    one, other = "reports-0001", "reports-0002"
    fill_in("reports-sheet.csv", {one: ["training", "leadership"], other: ["no_code"]}, "half.csv")
    done = peacetext("import", "half.csv", "--coder", "a test")
    assert done.exit_code == 0, done.output
    assert "2 units of the sheet were read, 1 have a code" in done.output
    assert "1 units of reports are still to be read (?)" in done.output
    # when the rest is filled in too, in a second sheet
    fill_in("reports-sheet.csv", {"reports-0003": ["host_state"]}, "rest.csv")
    assert peacetext("import", "rest.csv", "--coder", "a test").exit_code == 0
    # then it is a coder's coding like any other
    coding = {
        one.unit_set: one
        for one in read_codings(load_codebook().theme_ids, load_study().coded_sets)
    }
    assert coding["reports"].coders == ("a-test",)
    assert coding["reports"].labels("all").rows() == [
        (one, "leadership"),
        (one, "training"),
        ("reports-0003", "host_state"),
    ]


def reports() -> Coding:
    codings = read_codings(load_codebook().theme_ids, load_study().coded_sets)
    return next(one for one in codings if one.unit_set == "reports")


def code(sheet: str, unit_ids: Iterable[str]) -> None:
    fill_in(sheet, {unit: ["training"] for unit in unit_ids}, "filled.csv")
    done = peacetext("import", "filled.csv", "--coder", "a test")
    assert done.exit_code == 0, done.output


def test_a_second_draw_counts_once_all_of_it_is_coded(drawn_from: Path) -> None:
    # given a draw that is coded, and a second one that gives missions other chances
    first = drawn("--n", "8", "--seed", "1")
    code("reports-sheet.csv", first["unit_id"])
    before = reports()
    both = drawn("--n", "6", "--by", "mission", "--seed", "2", "--out", "second")
    new = both["unit_id"].to_list()[8:]
    # then the first is used as it was, also while a part of the second is coded
    for coded, waiting in ((0, 0), (1, 1)):
        if coded:
            code("second.csv", new[:coded])
        found = reports()
        assert found.units["unit_id"].equals(before.units["unit_id"])
        assert found.units["inclusion_probability"].to_list() == pytest.approx(
            before.units["inclusion_probability"].to_list(), abs=1e-6
        )
        said = peacetext("check").output
        assert f"{len(new) - coded} units that nobody has coded yet: not used" in said
        assert ("1 coded unit waits for the rest of a later draw" in said) == bool(waiting)
    # and once all is coded, all of it with the chance of being in either
    code("second.csv", new)
    assert reports().units["inclusion_probability"].equals(both["inclusion_probability"])
    assert reports().uncoded == ()


def test_of_a_draw_that_is_coded_in_part_nothing_is_estimated(drawn_from: Path) -> None:
    drawn("--n", "4")
    code("reports-sheet.csv", ["reports-0001"])
    found = reports()
    assert found.units["unit_id"].to_list() == ["reports-0001"]
    assert not found.can_estimate
    assert "nothing is estimated with the others" in peacetext("check").output


def test_a_draw_of_nothing_new_writes_nothing(drawn_from: Path) -> None:
    drawn("--n", "100000", "--seed", "1")
    units, record = UNITS.read_bytes(), RECORD.read_bytes()
    done = peacetext("draw", "reports", "--n", "5", "--seed", "2", "--out", "second")
    assert done.exit_code == 2
    assert "each was drawn before too; to fix: " in done.output
    assert (UNITS.read_bytes(), RECORD.read_bytes()) == (units, record)
    assert not Path("second.csv").exists()


@pytest.mark.parametrize(
    ("coder", "said"),
    [("1", "'1' is a language model by"), ("Adjudicated", "made by people together")],
)
def test_a_sheet_is_not_taken_under_the_name_of_another_kind_of_coder(
    drawn_from: Path, coder: str, said: str
) -> None:
    drawn("--n", "2")
    fill_in("reports-sheet.csv", {"reports-0001": ["training"]}, "filled.csv")
    done = peacetext("import", "filled.csv", "--coder", coder)
    assert done.exit_code == 2
    assert said in done.output
    assert "name the person who filled it in: --coder NAME" in done.output
    assert not list(CODING.glob("reports-coder-*"))


def test_a_suggestion_is_never_written_over(drawn_from: Path) -> None:
    Path("to-code.csv").write_text("mine", encoding="utf-8")
    done = peacetext("suggest", "--n", "5")
    assert done.exit_code == 2
    assert "to-code.csv: is there already; to fix: name another file" in done.output
    assert Path("to-code.csv").read_text(encoding="utf-8") == "mine"


def test_a_workbook_is_taken_like_a_csv(drawn_from: Path) -> None:
    drawn("--n", "2")
    book = openpyxl.load_workbook("reports-sheet.xlsx")
    assert book.sheetnames == ["reports-sheet", "codebook"]
    sheet = book.worksheets[0]
    column = [cell.value for cell in sheet[1]].index("training") + 1
    for line in (3, 4):
        sheet.cell(line, column, "X")
    book.save("filled.xlsx")
    assert peacetext("import", "filled.xlsx", "--coder", "test").exit_code == 0
    lines = (CODING / "reports-coder-test.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines == ["unit_id,codes", "reports-0001,training", "reports-0002,training"]


@pytest.mark.parametrize(
    ("codes", "coder", "said"),
    [
        ({"reports-0001": ["training", "no_code"]}, "test", "reports-0001 has codes and no_code"),
        ({"reports-0001": ["training"]}, "", "does not say who coded; to fix: name the person"),
    ],
)
def test_a_mistake_in_a_sheet_is_named(
    drawn_from: Path, codes: dict[str, list[str]], coder: str, said: str
) -> None:
    drawn("--n", "2")
    fill_in("reports-sheet.csv", codes, "filled.csv")
    done = peacetext("import", "filled.csv", *(["--coder", coder] if coder else []))
    assert done.exit_code == 2
    assert said in done.output
    assert not list(CODING.glob("reports-coder-*"))


def test_words_in_the_place_of_a_mark_are_named(drawn_from: Path) -> None:
    drawn("--n", "2")
    text = Path("reports-sheet.csv").read_text(encoding="utf-8-sig")
    head, meant, row, *_ = csv.reader(text.splitlines())
    row[head.index("training")] = "perhaps"
    with Path("filled.csv").open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([head, meant, row])
    done = peacetext("import", "filled.csv", "--coder", "test")
    assert done.exit_code == 2
    assert "row 3: training says 'perhaps'; to fix: put x" in done.output


def test_another_coding_of_the_same_name_is_not_written_over(drawn_from: Path) -> None:
    drawn("--n", "2")
    fill_in("reports-sheet.csv", {"reports-0001": ["training"]}, "one.csv")
    fill_in("reports-sheet.csv", {"reports-0001": ["leadership"]}, "other.csv")
    assert peacetext("import", "one.csv", "--coder", "test").exit_code == 0
    done = peacetext("import", "other.csv", "--coder", "test")
    assert done.exit_code == 2
    assert "1 units have other codes there" in done.output
    assert peacetext("import", "other.csv", "--coder", "test", "--replace").exit_code == 0
