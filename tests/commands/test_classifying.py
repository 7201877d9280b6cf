"""Any text is scored with the trained classifiers, by itself or in a table."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.commands.people import read_texts
from pipeline.run.settings import load_settings
from pipeline.themes.combination import Combination, ThemeText
from pipeline.themes.samples import Sample
from pipeline.themes.scoring import SavedThemes, save_themes
from pipeline.vectors.encoder import CachedEncoder, load_encoder

PATROLS = (
    "Forces should patrol at night and leave their camps.",
    "The contingent stayed inside the base and did not patrol.",
    "Requests the mission to adopt a mobile and proactive posture.",
)
COURTS = (
    "Calls for the fight against impunity and for courts that work.",
    "Those who commit war crimes must be brought to justice.",
    "Welcomes the arrest of a suspect by the Special Criminal Court.",
)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CachedEncoder]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEACETEXT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield load_encoder(load_settings().embed)


@pytest.fixture
def trained(project: Path, encoder: CachedEncoder) -> Path:
    """A project with classifiers of two themes, learnt from six sentences."""
    texts = (*PATROLS, *COURTS)
    labels = np.array([[text in PATROLS, text in COURTS] for text in texts])
    described = ("Posture, patrols and presence.", "Justice and impunity.")
    model = Combination(ThemeText(described, encoder.encode(described)))
    model.fit(Sample(texts, encoder.encode(texts), labels, tuple("abcdef")))
    save_themes(
        SavedThemes(
            ("posture", "justice"),
            model.fitted_for(""),
            np.array([0.5, 0.5]),
            {"un": 6},
            encoder.card.fingerprint,
        )
    )
    return project


def peacetext(*words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(app, list(words), input=stdin)


def test_lines_from_a_pipe_are_scored_one_by_one(trained: Path) -> None:
    done = peacetext("classify", stdin="They never patrol at night.\n\nImpunity for war crimes.\n")
    assert done.exit_code == 0, done.output
    scores = pl.read_csv(io.StringIO(done.output))
    assert scores.columns == ["text", "themes", "themes_remark", "posture", "justice"]
    assert scores["themes"].to_list() == ["posture", "justice"]
    assert scores["posture"][0] > 0.5 > scores["posture"][1]


def test_a_table_keeps_its_columns_and_the_other_file_is_written_whole(trained: Path) -> None:
    Path("notes.csv").write_text('id,note\n7,"They patrol, at night"\n8,\n', encoding="utf-8")
    done = peacetext("classify", "notes.csv", "--text-column", "note", "--out", "scores.csv")
    assert done.exit_code == 0, done.output
    scores = pl.read_csv("scores.csv")
    assert scores.columns == ["id", "note", "themes", "themes_remark", "posture", "justice"]
    assert scores["id"].to_list() == [7, 8]


FIELD_CASES = Path(__file__).parents[1] / "field_cases"


def scored(file: Path) -> pl.DataFrame:
    done = peacetext("classify", str(file), "--out", "scores.csv")
    assert done.exit_code == 0, done.output
    assert Path("scores.csv").read_bytes().startswith("\ufeff".encode())
    return pl.read_csv("scores.csv", infer_schema=False)


def test_rows_without_words_get_no_score_and_say_so(trained: Path) -> None:
    # field case 15: 1 answer, an empty cell, a blank line, NA, blanks, a dash, n/a
    scores = scored(FIELD_CASES / "15-classify-empty-and-na-rows" / "answers.csv")

    assert scores["id"].to_list() == ["1", "2", "3", "4", "5", "6"]
    assert scores["themes_remark"].to_list() == [None, *["empty"] * 5]
    assert scores["themes"][1:].null_count() == scores["posture"][1:].null_count() == 5
    assert scores["posture"][0] is not None


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("mysql", ['The envoy said "no, never" to the escort', "Courts were opened."]),
        ("r-write-table", ['The envoy said "no"\nand left the camp', "Courts were opened."]),
    ],
)
def test_quotation_marks_behind_a_backslash_are_read_as_meant(
    trained: Path, name: str, texts: list[str]
) -> None:
    scores = scored(FIELD_CASES / "16-classify-backslash-quotes" / f"{name}.csv")
    assert scores["text"].to_list() == texts


def test_no_cell_of_what_is_written_runs_as_a_formula_and_it_is_read_again_as_it_was(
    trained: Path,
) -> None:
    Path("notes.csv").write_text(
        'text,=note\n"=1+1 patrols",-5\n"-2+3+cmd|x",-\n', encoding="utf-8"
    )

    scores = scored(Path("notes.csv"))

    assert scores.columns[:2] == ["text", "'=note"]
    assert scores["text"].to_list() == ["'=1+1 patrols", "'-2+3+cmd|x"]
    assert scores["'=note"].to_list() == ["-5", "-"]
    assert read_texts(Path("scores.csv"), "text")["text"].to_list() == [
        "=1+1 patrols",
        "-2+3+cmd|x",
    ]


def test_no_text_gives_no_row(trained: Path) -> None:
    done = peacetext("classify", stdin="\n")
    assert done.exit_code == 0
    assert done.output.strip() == "text,themes,themes_remark,posture,justice"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,note\n1,a\n", "has no column 'text'"),
        (b"text,posture\nwords,1\n", "have a column 'posture' already"),
        ("text\nПривет мир\n".encode("cp1251"), "row 2: is not UTF-8, and not Windows-1252"),
        ("text\ngeprüft\n".encode("mac_roman"), "it would say 'geprŸft'"),
        ("text\ncafé\n".encode() + b"\xe9t\xe9\n", "row 3: is UTF-8 but for some bytes"),
        (b"", "is empty"),
        (b"text\n", "has no row under its header"),
        (b"id,text\n1,words\n2,words, and more\n", "row 3: has 3 cells, and the first row names 2"),
        (b"id,text\n1,first line\nsecond line\n", "row 3: has 1 cell, and the first row names 2"),
        (b'text,id\n"1","words",3\n"2","more",4\n', "like every row has 3 cells"),
        (b"text,text\nwords,more\n", "column text is there twice"),
        (b'id,text\n1,"words\n2,more\n', "row 2: is not CSV (unexpected end of data)"),
        (b'"id" "text"\n"1" "words"\n', "not separated by commas, semicolons or tabs"),
        (b"text\nwords, and more\nothers, too\n", "all other rows have 2 cells by commas"),
        (b"PK\x03\x04 and no more", "is a workbook that cannot be read"),
    ],
)
def test_a_table_that_cannot_be_used_is_named_with_its_fix(
    trained: Path, content: bytes, said: str
) -> None:
    Path("notes.csv").write_bytes(content)
    done = peacetext("classify", "notes.csv", "--out", "scores.csv")
    assert done.exit_code == 2
    assert said in done.output
    assert "; to fix: " in done.output
    assert not Path("scores.csv").exists()


def test_a_pipe_that_is_no_text_is_named_with_its_line(trained: Path) -> None:
    done = CliRunner().invoke(app, ["classify"], input=b"Patrols at night.\n\xff\xfe\n")
    assert done.exit_code == 2
    assert "are not UTF-8; to fix: " in done.output


def test_scores_are_not_written_in_the_place_of_a_folder(trained: Path) -> None:
    Path("there").mkdir()
    done = CliRunner().invoke(app, ["classify", "--out", "there"], input="Patrols at night.\n")
    assert done.exit_code == 2
    assert "is a folder; to fix: name a file in it" in done.output


def test_before_a_run_the_command_says_what_to_run(project: Path) -> None:
    done = peacetext("classify", stdin="words\n")
    assert done.exit_code == 2
    assert "run: dvc repro themes" in done.output


def test_classifiers_of_other_vectors_are_refused(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = Path("configs/params.yaml")
    text = params.read_text(encoding="utf-8")
    params.write_text(text.replace("batch_size: auto", "batch_size: 8"), encoding="utf-8")
    done = peacetext("classify", stdin="words\n")
    assert done.exit_code == 1
    assert "trained with other vectors" in done.output
