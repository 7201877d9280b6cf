"""What says how to cite the software is whole, and says the same everywhere."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import yaml

from pipeline import __version__

ROOT = Path(__file__).parents[1]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
CODEMETA = json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8"))
ZENODO = json.loads((ROOT / ".zenodo.json").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DOI = "10.1080/17502977.2026.2626205"


def test_the_version_is_the_same_everywhere() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    latest = re.search(r"^## (\S+)", changes, re.M)
    assert latest
    said = {CITATION["version"], CODEMETA["version"], ZENODO["version"], latest[1]}
    assert said == {__version__}
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)


def test_a_build_takes_the_version_from_the_package() -> None:
    assert PROJECT["project"]["dynamic"] == ["version"]
    source = (ROOT / PROJECT["tool"]["hatch"]["version"]["path"]).read_text(encoding="utf-8")
    assert f'__version__ = "{__version__}"' in source.splitlines()


def test_citation_has_what_the_format_asks_for() -> None:
    assert CITATION["cff-version"] == "1.2.0"
    needed = {"message", "title", "authors", "type", "license", "date-released"}
    assert needed <= CITATION.keys()
    assert CITATION["type"] == "software"
    assert isinstance(CITATION["date-released"], date)
    for people in (CITATION["authors"], *(one["authors"] for one in CITATION["references"])):
        assert people
        assert all({"name"} == {*one} or {"family-names"} <= {*one} for one in people)
    assert [one["doi"] for one in CITATION["references"]] == [DOI]


def test_codemeta_and_zenodo_say_the_same_as_the_citation() -> None:
    assert CODEMETA["@context"] == "https://doi.org/10.5063/schema/codemeta-2.0"
    assert CODEMETA["@type"] == "SoftwareSourceCode"
    assert CODEMETA["name"] == ZENODO["title"] == CITATION["title"] == PROJECT["project"]["name"]
    assert CODEMETA["license"].endswith(f"/{CITATION['license']}")
    assert ZENODO["license"] == CITATION["license"] == PROJECT["project"]["license"]
    assert CODEMETA["datePublished"] == CITATION["date-released"].isoformat()
    assert CODEMETA["keywords"] == ZENODO["keywords"] == CITATION["keywords"]
    authors = [one["name"] for one in CITATION["authors"]]
    assert [one["name"] for one in CODEMETA["author"]] == authors
    assert [one["name"] for one in ZENODO["creators"]] == authors
    assert CODEMETA["referencePublication"]["@id"].endswith(DOI)
    assert [one["identifier"] for one in ZENODO["related_identifiers"]] == [DOI]
    assert ZENODO["upload_type"] == "software"
    assert CODEMETA["programmingLanguage"]["version"] == PROJECT["project"]["requires-python"]


def rows_of(name: str) -> dict[str, list[str]]:
    """The cells of every row of the tables of a document, by its first cell."""
    lines = (ROOT / "docs" / name).read_text(encoding="utf-8").splitlines()
    cells = [
        [cell.strip(" `") for cell in line.strip("|").split("|")]
        for line in lines
        if line[:1] == "|"
    ]
    return {first: rest for first, *rest in cells}


def interval(row: dict[str, float]) -> str:
    return f"{row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f})"


@pytest.mark.parametrize(
    "setting",
    pl.read_parquet(ROOT / "outputs/reference/evaluation.parquet")["setting"].unique().sort(),
)
def test_the_model_card_says_what_the_reference_run_found(setting: str) -> None:
    found = pl.read_parquet(ROOT / "outputs/reference/evaluation.parquet").filter(
        setting=setting, theme_id="macro", measure="f1"
    )
    by_model = {row["model"]: row for row in found.to_dicts()}
    coder = f"{by_model['coder']['value']:.2f}" if "coder" in by_model else "–"
    assert rows_of("model-card.md")[setting] == [interval(by_model["combined"]), coder]


def test_the_datasheet_says_how_far_the_passes_agree() -> None:
    found = pl.read_parquet(ROOT / "outputs/reference/coder_agreement.parquet")
    said = rows_of("datasheet.md")
    for row in found.filter(theme_id="all").to_dicts():
        assert said[row["unit_set"]] == [interval(row | {"value": row["alpha"]})]
        assert row["n_people"] == 0, "a person has coded: the datasheet says that none has"


def test_the_datasheet_counts_the_units() -> None:
    text = (ROOT / "docs" / "datasheet.md").read_text(encoding="utf-8")
    for name, file in (
        ("article", "article-sentences"),
        ("un", "un-units"),
        ("reports", "reports-units"),
    ):
        units = pl.read_csv(ROOT / "corpus/coding" / f"{file}.csv", infer_schema=False).height
        assert re.search(rf"^\| `{name}` \| {units} ", text, re.M)
