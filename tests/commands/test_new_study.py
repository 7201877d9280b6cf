"""A new project is whole, and says what is still to be filled in."""

from __future__ import annotations

import csv
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.commands import drawing
from pipeline.commands import new_study as module
from pipeline.commands.new_study import TO_FILL_IN, installed_code, new_study, to_fill_in
from pipeline.run.errors import InputError
from pipeline.run.settings import load_settings
from pipeline.study.checks import load_study
from pipeline.study.codebook import load_codebook
from pipeline.study.manifest import MANIFEST_FILE, read_manifest
from pipeline.study.study import STUDY_FILE

SENTENCES = Path("corpus/coding/article-sentences.csv")

PROJECT = Path(__file__).parents[2]
OWN_PIPELINE = yaml.safe_load((PROJECT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new project, in whose folder we then are."""
    folder = tmp_path / "radio"
    new_study(folder)
    monkeypatch.chdir(folder)
    return folder


def test_the_templates_can_be_read_as_they_are(written: Path) -> None:
    load_settings()
    assert [side.id for side in load_study().sides] == ["policy", "interviews"]
    assert load_codebook().theme_ids == ("first_code",)
    assert [entry.document_id for entry in read_manifest()] == ["example"]
    for place in (".dvc/config", ".gitignore", "Makefile", "corpus/inbox", "corpus/article"):
        assert (written / place).exists(), place


def test_every_value_of_a_template_is_named_at_once(written: Path) -> None:
    files = [*Path("configs").glob("*.yaml"), *Path("corpus").rglob("*.*")]
    values = [
        line
        for file in files
        if file.suffix in (".yaml", ".csv")
        for line in file.read_text(encoding="utf-8").splitlines()
        if TO_FILL_IN in line and not line.startswith("#")
    ]

    done = CliRunner().invoke(app, ["check"])

    assert done.exit_code == 2
    assert len(list(to_fill_in())) == len(values) > 20
    assert f"still to be filled in: {len(values)}" in done.output
    assert "configs/study.yaml: articles.0.citation (line " in done.output


def test_a_line_is_gone_once_its_value_is_written(written: Path) -> None:
    before = set(to_fill_in())
    file = Path("configs/study.yaml")
    text = re.sub(r"^title: .*$", "title: Borrowed hours", file.read_text(), flags=re.MULTILINE)
    file.write_text(text, encoding="utf-8")

    gone = before - set(to_fill_in())

    assert [line.split(" ")[1] for line in gone] == ["title"]


def test_a_coding_that_nobody_has_read_is_named(written: Path) -> None:
    coding = Path("corpus/coding/article-coder-1.csv")
    coding.write_text("sentence_id,codes\ns001,?\ns002,?\n", encoding="utf-8")

    (line,) = [line for line in to_fill_in() if str(coding) in line]

    assert "2 units that nobody has read" in line
    # once somebody has begun, it is a coding of what was read
    coding.write_text("sentence_id,codes\ns001,?\ns002,first_code\n", encoding="utf-8")
    assert not [line for line in to_fill_in() if str(coding) in line]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "notes.txt"
    kept.write_text("mine", encoding="utf-8")

    done = CliRunner().invoke(app, ["new-study", str(tmp_path)])

    assert done.exit_code == 2
    assert "is not an empty folder" in done.output
    assert list(tmp_path.iterdir()) == [kept]


def test_a_project_that_cannot_be_written_whole_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, content: bytes) -> int:
        if self.name == "manifest.csv":
            raise OSError(28, "No space left on device")
        return self.write_text(content.decode(), encoding="utf-8")

    monkeypatch.setattr(Path, "write_bytes", fail)

    with pytest.raises(OSError, match="No space"):
        new_study(tmp_path / "radio")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["notes.txt/radio", "/proc/radio"])
def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "notes.txt").touch()

    done = CliRunner().invoke(app, ["new-study", str(tmp_path / place)])

    assert done.exit_code == 2
    assert "cannot be made" in done.output
    assert "; to fix: name a folder where you may write" in done.output


def test_its_stages_depend_on_the_rooms_of_the_code_that_is_installed(written: Path) -> None:
    stages = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]

    assert list(stages) == ["code", *OWN_PIPELINE]
    code = set(installed_code())
    for name, own in OWN_PIPELINE.items():
        rooms = [dep.removeprefix("pipeline/") for dep in own["deps"] if dep.startswith("pipeline")]
        noted = {"outputs/code.json": rooms}
        assert noted in stages[name]["params"]
        assert code.issuperset(rooms)
        assert not [dep for dep in stages[name]["deps"] if dep.startswith("pipeline")]
        assert [one for one in stages[name]["params"] if one != noted] == own.get("params", [])
        assert stages[name]["outs"] == own["outs"]


def test_a_wheel_carries_all_that_a_new_project_starts_with() -> None:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]

    carried = wheel["force-include"]

    assert carried == {name: f"pipeline/commands/template/{name}" for name in module._OWN}


def test_units_of_no_known_set_are_not_listed(written: Path) -> None:
    with pytest.raises(InputError, match="has no set 'papers'"):
        drawing.draw("papers", 10, (), None)


def _with_article(text: str) -> None:
    """The template's study with one article in Markdown."""
    Path("corpus/article/wells.md").write_text(text, encoding="utf-8")
    manifest = MANIFEST_FILE.read_text(encoding="utf-8-sig").splitlines()
    row = dict.fromkeys(manifest[0].split(","), "")
    row |= {"document_id": "wells", "kind": "article", "date": "2017-01-01", "profiles": "core"}
    row |= {"title": "Wells", "path": "article/wells.md", "required": "no"}
    MANIFEST_FILE.write_text(f"{manifest[0]}\n{','.join(row.values())}\n", encoding="utf-8")
    study = re.sub(r'document_id: "TO.*"', "document_id: wells", STUDY_FILE.read_text("utf-8"))
    study = re.sub(r'  pattern: "TO FILL IN: what.*"', "  pattern: 'Talk with '", study)
    STUDY_FILE.write_text(study, encoding="utf-8")


def test_rows_of_a_table_are_no_sentences_to_be_coded(written: Path) -> None:
    table = "| Year | Wells |\n|---|---|\n| Nobody counted. | Two wells were dug. |"
    prose = "The wells dry up in March, when the trucks of the mission drive by and nobody waits."
    _with_article(
        f"# Wells\n\n## One\n\n{prose}\n\n{table}\n\nThen it rained.\n\n## Two\n\n{prose}"
    )

    n = drawing.draw("article", 10, (), None).height

    rows = list(csv.DictReader(SENTENCES.read_text(encoding="utf-8-sig").splitlines()))
    assert [(row["paragraph"], row["text"]) for row in rows] == [
        ("1", prose),
        ("2", "Then it rained."),
        ("3", prose),
    ]
    assert n == 3


def test_a_set_in_which_there_is_nothing_to_be_coded_is_named(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "article_sentences", lambda _: iter(()))

    with pytest.raises(InputError, match=r"coded_sets\.article: no sentence was found"):
        drawing.draw("article", 10, (), None)

    assert TO_FILL_IN in SENTENCES.read_text(encoding="utf-8")


def test_a_set_may_be_of_one_of_several_articles(written: Path) -> None:
    prose = "The {} dry up in March, when the trucks of the mission drive by and nobody waits."
    _with_article(f"# Wells\n\n## One\n\n{prose.format('wells')}")
    Path("corpus/article/lamps.md").write_text(f"# Lamps\n\n## One\n\n{prose.format('lamps')}")
    manifest = MANIFEST_FILE.read_text(encoding="utf-8-sig")
    row = manifest.splitlines()[1].replace("wells", "lamps")
    MANIFEST_FILE.write_text(f"{manifest}{row}\n", encoding="utf-8")
    study = STUDY_FILE.read_text(encoding="utf-8")
    more = "articles:\n  - {document_id: lamps, short: Lamp (2019), citation: Lamp 2019}\n"
    study = study.replace("articles:\n", more, 1)
    STUDY_FILE.write_text(f"{study}", encoding="utf-8")
    unit = "    unit: sentence\n"
    for articles, n in (("wells", 1), ("lamps", 1), ("wells, lamps", 2)):
        chosen = study.replace(unit, f"{unit}    articles: [{articles}]\n", 1)
        STUDY_FILE.write_text(chosen, encoding="utf-8")
        for file in Path("corpus/coding").glob("*.csv"):
            file.unlink()

        n_listed = drawing.draw("article", 10, (), None).height

        said = SENTENCES.read_text(encoding="utf-8-sig")
        assert n_listed == n
        assert [name in said for name in ("wells", "lamps")] == [
            name in articles for name in ("wells", "lamps")
        ]

    STUDY_FILE.write_text(chosen.replace("[wells, lamps]", "[bread]"), encoding="utf-8")
    with pytest.raises(InputError, match=r"coded_sets\.article\.articles: 'bread' is no article"):
        load_study()
