"""Another study, from an empty folder to its page: nothing of the first one is in it."""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import docx
import polars as pl
import pytest
import yaml

from tests.end_to_end.conftest import PROJECT, SMALLER, Project, replace_in

pytestmark = pytest.mark.slow

MATERIAL = PROJECT / "tests" / "second_study"
FIRST_STUDY = "Gilder robust MINUSMA MINUSCA MONUSCO UNMISS MONUC Capstone Mali Congo Sudan".split()
CODES = ["airtime", "upkeep", "volunteers", "trust", "languages", "rumours"]
STILL_SMALLER = {
    "n_topics: 38": "n_topics: 6",
    "min_term_passages: 5": "min_term_passages: 2",
    "min_positives: 8": "min_positives: 4",
    "min_positives_un: 4": "min_positives_un: 3",
}
"""Settings that suit a corpus with so few codes."""


class SecondProject(Project):
    """A project without the code, which is found as an installed package is."""

    @property
    def environment(self) -> dict[str, str]:
        """The project's own, where the code is, and where to note which files a stage reads.

        Stages start no processes of their own: it is too small for them.
        """
        found = os.pathsep.join([str(Path(__file__).parent / "watched"), str(PROJECT)])
        reads = str(self.folder.parent / "reads.txt")
        own = {"PYTHONPATH": found, "READS_LOG": reads, "LOKY_MAX_CPU_COUNT": "1"}
        return super().environment | own

    def peacetext(self, *arguments: str) -> str:
        """What a command prints; it must go well."""
        done = self.python("-c", "from pipeline.cli import main; main()", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def _word(source: Path, place: Path) -> None:
    """A Word file from lines; those after # are headings."""
    document = docx.Document()
    for line in source.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            document.add_heading(line.removeprefix("# "))
        else:
            document.add_paragraph(line)
    document.save(str(place))


def _fill_in(project: SecondProject, documents: Path) -> None:
    """What a person does, in the order of README.md."""
    folder = project.folder
    manifest = folder / "corpus" / "manifest.csv"
    header, *_ = manifest.read_text(encoding="utf-8").splitlines()
    manifest.write_text(f"{header}\n", encoding="utf-8")
    project.peacetext("add", str(MATERIAL / "article.md"), "--kind", "article")
    project.peacetext("add", str(documents))
    for name in ("configs", "coding"):
        there = folder / ("configs" if name == "configs" else "corpus/coding")
        for file in sorted((MATERIAL / name).iterdir()):
            shutil.copyfile(file, there / file.name)
    (folder / "corpus" / "coding" / "article-coder-1.csv").unlink()
    replace_in(folder / "configs" / "params.yaml", SMALLER | STILL_SMALLER)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> SecondProject:
    """A project as `peacetext new-study` writes it."""
    folder = tmp_path_factory.mktemp("second") / "radio"
    project = SecondProject(folder)
    SecondProject(PROJECT).peacetext("new-study", str(folder))
    return project


@pytest.fixture(scope="module")
def finished(empty: SecondProject, tmp_path_factory: pytest.TempPathFactory) -> SecondProject:
    """The same filled in, in which `dvc repro` ran to its end."""
    folder = tmp_path_factory.mktemp("filled") / "radio"
    shutil.copytree(empty.folder, folder)
    project = SecondProject(folder)
    documents = tmp_path_factory.mktemp("documents")
    for file in sorted((MATERIAL / "documents").iterdir()):
        if file.name.endswith(".docx.txt"):
            _word(file, documents / file.stem)
        else:
            shutil.copyfile(file, documents / file.name)
    _fill_in(project, documents)
    done = project.python("-m", "dvc", "repro")
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return project


def _said(page: Path) -> str:
    """The words of a page and of the data it loads, without scripts, styles and tags."""
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", text, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", " ", text)


def test_a_new_project_says_everything_that_is_to_be_filled_in(empty: SecondProject) -> None:
    done = empty.python("-c", "from pipeline.cli import main; main()", "check")

    assert done.returncode == 2
    for place in (
        "configs/study.yaml: title (line",
        "configs/study.yaml: interviews.speaker_groups.0.pattern (line",
        "corpus/coding/codebook.yaml: code_groups.0.codes.0.definition (line",
        "corpus/coding/article-sentences.csv: row 2: text",
        "corpus/coding/article-coder-1.csv: row 2: codes",
        "corpus/manifest.csv: row 2: title",
    ):
        assert place in done.stdout


def test_the_page_speaks_of_the_second_study_alone(finished: SecondProject) -> None:
    pages = sorted((finished.folder / "outputs/report").glob("*.html"))
    said = "\n".join(_said(page) for page in pages)

    for words in (
        "Borrowed hours",
        "Whose voice is heard when a mission lends a radio station hours, diesel and news",
        "mission papers",
        "Conversations",
        "Managers and technicians",
        "Listeners",
        "Teller (2017)",
        "Power and repair",
        "Answering rumours",
    ):
        assert words in said, words
    everything = [said, *(_text(file) for file in _loaded(finished))]
    for text in everything:
        found = [word for word in FIRST_STUDY if re.search(rf"\b{word}", text, re.IGNORECASE)]
        assert found == []


def _loaded(project: SecondProject) -> list[Path]:
    return sorted((project.folder / "outputs/report/data").rglob("*.js*"))


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


def test_the_gap_is_measured_for_its_codes(finished: SecondProject) -> None:
    gap = pl.read_parquet(finished.folder / "outputs/compare/gap.parquet")

    assert sorted(gap["theme_id"].unique()) == sorted(CODES)


def test_the_commands_speak_of_it_too(finished: SecondProject) -> None:
    assert "84 units" in finished.peacetext("check")
    findings = finished.peacetext("findings")
    assert "mission papers and conversations" in " ".join(findings.split()).casefold()
    assert "People gave the codes; two of them coded each unit." in findings
    assert not any(word in findings for word in FIRST_STUDY)
    assert "Answering rumours" in finished.peacetext("codebook")


def test_every_file_that_a_stage_reads_is_a_dependency_of_it(finished: SecondProject) -> None:
    stages = yaml.safe_load((PROJECT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    lines = (finished.folder.parent / "reads.txt").read_text(encoding="utf-8").splitlines()
    read = sorted({tuple(line.split("\t")) for line in lines})

    assert {stage for stage, _ in read} == set(stages)
    assert len(read) > 40
    undeclared = [
        (stage, file)
        for stage, file in read
        if not any(Path(file).is_relative_to(place) for place in _places(stages[stage]))
    ]
    assert undeclared == []


def _places(stage: dict[str, Any]) -> list[str]:
    """What a stage depends on or writes itself."""
    written = [*stage["outs"], *stage["metrics"]]
    return [*stage["deps"], *(next(iter(one)) for one in [*written, *stage.get("params", [])])]


def test_what_is_up_to_date_is_not_run_again(finished: SecondProject) -> None:
    done = finished.python("-m", "dvc", "status")

    # the first stage looks each time which code is installed
    assert re.findall(r"^(\w+):$", done.stdout, re.MULTILINE) in ([], ["code"])


def test_the_study_is_packed_with_the_code_and_verifies_elsewhere(
    finished: SecondProject, tmp_path: Path
) -> None:
    finished.peacetext("package", str(tmp_path / "radio.zip"))
    package = zipfile.ZipFile(tmp_path / "radio.zip")
    assert {"code/pipeline/cli.py", "code/pyproject.toml"} <= {*package.namelist()}
    package.extractall(tmp_path / "elsewhere")
    said = SecondProject(tmp_path / "elsewhere").peacetext("verify").splitlines()
    assert said[0].endswith("files of the package: all whole")
    assert said[-1].endswith("tables are identical")
