"""The replication package: whole, checkable where it is unpacked, and without others' texts."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from contextlib import chdir
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from dvc.repo import Repo
from rocrate.rocrate import ROCrate
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.commands import packaging
from pipeline.commands.corpus import LEFT_OUT, WORDS, shared_documents
from pipeline.report.page import registering_script
from pipeline.run.files import write_text
from pipeline.run.tables.compare import QUOTATIONS, SENTENCES
from pipeline.run.tables.dictionary import TABLES
from pipeline.run.tables.table import csv_of, read_table, write_table
from pipeline.run.tables.texts import ACQUIRED, DOCUMENTS, MODEL_CARD, PASSAGES
from pipeline.study.checks import load_study
from pipeline.study.manifest import MANIFEST_FILE, read_manifest
from pipeline.study.study import STUDY_FILE
from tests.commands import test_verifying as small

ROOT = Path(__file__).parents[2]
CLOSED = ("s-res-1291-2000", "s-res-1925-2010")
ARTICLE = "gilder-2026"
WORDS_OF_UN = small.SECRET
STAGES = "acquire compare embed export ingest report segment themes topics"
RUNNER = CliRunner()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of an article and two UN documents, with a run of it that DVC knows."""
    folder = tmp_path_factory.mktemp("packed") / "study"
    for name in ("configs", "corpus/article", "corpus/coding"):
        shutil.copytree(ROOT / name, folder / name)
    with chdir(folder), pytest.MonkeyPatch.context() as patch:
        rows = list(
            csv.DictReader(io.StringIO((ROOT / "corpus/manifest.csv").read_text("utf-8-sig")))
        )
        kept = [row for row in rows if row["document_id"] in (ARTICLE, *CLOSED)]
        write_manifest(kept)
        for row in kept[1:]:
            write_text(Path("corpus", row["path"]), WORDS_OF_UN)
        patch.setattr(small, "DOCUMENT_IDS", CLOSED)
        small.make_run()
        titled = read_table(DOCUMENTS).with_columns(title=pl.col("symbol"))
        write_table(DOCUMENTS, titled)
        acquired = read_table(ACQUIRED)
        article = acquired.head(1).with_columns(document_id=pl.lit(ARTICLE))
        write_table(ACQUIRED, pl.concat([acquired, article]))
        passages = read_table(PASSAGES).with_columns(label=pl.lit(""))
        write_table(PASSAGES, passages)
        columns = {name: passages[name].to_list() for name in ("text", "label")}
        chunk = columns | {"id": passages["passage_id"].to_list(), "near": []}
        chunk |= {"sections": [WORDS_OF_UN], "section": [0] * passages.height}
        write_text(
            Path("outputs/report/data/passages-000.js"), registering_script("passages-000", chunk)
        )
        write_text(Path("outputs/report/index.html"), "<h1>What was found</h1>")
        write_text(Path("outputs/export/peacetext.qdpx"), WORDS_OF_UN)
        Path("outputs/export/tables").mkdir()
        Path("outputs/export/tables/segment-passages.csv").write_bytes(csv_of(passages))
        write_text(Path("corpus/inbox/notes.txt"), WORDS_OF_UN)
        suggested = f'document_id,start,end,codes,text\n{CLOSED[0]},0,9,,"{WORDS_OF_UN}"\n'
        write_text(Path("corpus/coding/suggested-coder-ada.csv"), suggested)
        outs = [f"outputs/{stage}" for stage in STAGES.split() if Path("outputs", stage).is_dir()]
        stage = {"cmd": "make-it", "deps": ["configs/study.yaml"], "outs": outs}
        write_text(Path("dvc.yaml"), json.dumps({"stages": {"all-of-it": stage}}))
        shutil.rmtree("outputs/reference")
        with Repo.init(no_scm=True) as repo:
            repo.commit(force=True)
    return folder


def write_manifest(rows: list[dict[str, str]]) -> None:
    with Path("corpus/manifest.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)


@pytest.fixture
def project(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, in which we then are."""
    folder = shutil.copytree(made, tmp_path / "study")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    return folder


def peacetext(*words: str) -> tuple[int, str]:
    done = RUNNER.invoke(app, list(words))
    return done.exit_code, done.output


def packed(*words: str) -> zipfile.ZipFile:
    code, said = peacetext("package", "out.zip", *words)
    assert code == 0, said
    return zipfile.ZipFile("out.zip")


def text_of(name: str, content: bytes) -> str:
    """What a person can read in a file."""
    if name.endswith(".parquet"):
        return " | ".join(small.strings_of(pl.read_parquet(io.BytesIO(content))))
    return content.decode("utf-8", "replace")


def unpacked(package: zipfile.ZipFile, folder: Path) -> Path:
    package.extractall(folder)
    return folder


def test_the_package_unpacked_elsewhere_verifies(project: Path, tmp_path: Path) -> None:
    folder = unpacked(packed(), tmp_path / "elsewhere")
    sums = (folder / "manifest-sha256.txt").read_text().splitlines()
    listed = {name: digest for digest, name in (line.split("  ") for line in sums)}
    for name, digest in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    files = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert files == {*listed, "manifest-sha256.txt"}
    with chdir(folder):
        code, said = peacetext("verify")
    assert code == 0, said
    assert f"{len(listed)} files of the package: all whole" in said
    assert "Nothing has run here yet: the published tables" in said
    assert said.splitlines()[-1].endswith("tables are identical")


def test_a_table_that_was_changed_after_packing_is_named(project: Path, tmp_path: Path) -> None:
    folder = unpacked(packed(), tmp_path / "elsewhere")
    with chdir(folder / "published"):
        write_table(small.GAP, small.gap_rows(policy=0.9))
    with chdir(folder):
        code, said = peacetext("verify")
    assert code == 1
    assert "1 changed or missing: published/outputs/compare/gap.parquet" in said
    assert "gap: different" in said


def test_a_page_that_was_changed_after_packing_is_named_too(project: Path, tmp_path: Path) -> None:
    folder = unpacked(packed(), tmp_path / "elsewhere")
    page = folder / "published/outputs/report/index.html"
    page.write_text(f"{page.read_text(encoding='utf-8')} ", encoding="utf-8")
    with chdir(folder):
        code, said = peacetext("verify")
    assert code == 1
    assert "1 changed or missing: published/outputs/report/index.html" in said
    assert said.splitlines()[-1].startswith("The package is not as it was packed")


@pytest.mark.parametrize("name", ["drawn.csv", "corpus/coding/un-more.csv", "notes/drawn.csv"])
def test_a_sheet_with_words_of_documents_is_packed_without_them_wherever_it_lies(
    project: Path, name: str
) -> None:
    write_text(Path(name), f'unit_id,text\nu1,"{WORDS_OF_UN}"\n')
    write_text(Path("coded.qdpx"), WORDS_OF_UN)
    with packed() as package:
        assert WORDS_OF_UN not in package.read(name).decode()
        assert "coded.qdpx" not in package.namelist()
    Path("out.zip").unlink()
    with packed("--with-texts") as package:
        assert WORDS_OF_UN in package.read(name).decode()


@pytest.mark.parametrize(
    ("licence", "is_open"),
    [
        ("CC BY 4.0", True),
        ("cc-by-nc-nd-4.0", True),
        ("CC0", True),
        ("MIT", True),
        ("MIT Press, all rights reserved", False),
        ("UN", False),
        ("not in the public domain", False),
        ("", False),
    ],
)
def test_only_a_known_licence_lets_a_text_be_packed(licence: str, *, is_open: bool) -> None:
    entry = replace(read_manifest(ROOT / MANIFEST_FILE)[0], document_id="one", licence=licence)
    study = load_study(ROOT / STUDY_FILE)
    assert bool(shared_documents([entry], study, with_texts=False)) == is_open


def test_a_folder_of_git_without_a_commit_is_refused(project: Path) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "add", "."], check=True)
    code, said = peacetext("package", "out.zip")
    assert code == 2
    assert "holds no commit" in said


def test_a_run_in_the_package_is_held_against_the_published_one(
    project: Path, tmp_path: Path
) -> None:
    folder = unpacked(packed(), tmp_path / "elsewhere")
    shutil.copytree("outputs", folder / "outputs", dirs_exist_ok=True)
    with chdir(folder):
        write_table(small.GAP, small.gap_rows(policy=0.9))
        code, said = peacetext("verify")
    assert code == 1
    assert "Nothing has run here yet" not in said
    assert "gap: different" in said


def test_the_numbers_are_of_the_run_that_is_packed(project: Path) -> None:
    small.write_reference()
    write_table(small.GAP, small.gap_rows(policy=0.75))
    with Repo() as repo:
        repo.commit(force=True)
    numbers = pl.read_parquet(io.BytesIO(packed().read("outputs/reference/gap.parquet")))
    assert numbers.filter(theme_id="escorts")["policy"].to_list() == [0.75]


def test_no_word_of_a_document_leaves_unless_asked(project: Path) -> None:
    without = packed()
    for name in without.namelist():
        assert WORDS_OF_UN not in text_of(name, without.read(name)), name
    table = pl.read_parquet(io.BytesIO(without.read("published/outputs/segment/passages.parquet")))
    assert set(table["text"]) == {LEFT_OUT}
    assert "corpus/article/gilder-2026.txt" in without.namelist()
    assert not {"corpus/inbox/notes.txt", "published/outputs/embed/vectors.npy"} & {
        *without.namelist()
    }
    assert "Texts of 2 documents are not in here" in without.read("PACKAGE.md").decode()
    chunk = without.read("published/outputs/report/data/passages-000.js").decode()
    assert '"p7"' in chunk
    assert '"paragraph 3 from the beginning of the document"' in chunk
    Path("out.zip").unlink()
    code, said = peacetext("package", "out.zip", "--with-texts")
    assert (code, "© United Nations; pass the package on only where you may" in said) == (0, True)
    whole = zipfile.ZipFile("out.zip")
    having = {name for name in whole.namelist() if WORDS_OF_UN in text_of(name, whole.read(name))}
    assert {
        "corpus/coding/suggested-coder-ada.csv",
        "published/outputs/export/peacetext.qdpx",
        "published/outputs/report/data/passages-000.js",
        "published/outputs/segment/passages.parquet",
    } <= having
    assert sum(name.startswith("corpus/un/") for name in having) == len(CLOSED)


def test_an_article_that_nobody_may_pass_on_stays_out_with_its_sentences(project: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(Path("corpus/manifest.csv").read_text("utf-8"))))
    write_manifest([row | {"licence": ""} for row in rows])
    study = Path("configs/study.yaml")
    study.write_text(re.sub(r"(?m)^    licence: .*$", "    licence: ''", study.read_text("utf-8")))
    with Repo() as repo:
        repo.commit(force=True)
    package = packed()
    assert "corpus/article/gilder-2026.txt" not in package.namelist()
    sentences = package.read("corpus/coding/article-sentences.csv").decode("utf-8-sig")
    assert {row["text"] for row in csv.DictReader(io.StringIO(sentences))} == {""}


def test_every_column_with_words_of_documents_is_known() -> None:
    named = {"text", "section", "found_text"}
    for table in TABLES:
        found = named & {*table.schema.column_names()}
        if table is SENTENCES:  # our own
            continue
        ours = {"text"} if table is QUOTATIONS else set()  # of the article
        assert found - ours == set(WORDS.get(table, ()))


def test_the_same_run_gives_the_same_zip(project: Path) -> None:
    first = Path(packed().filename or "").read_bytes()
    Path("out.zip").rename("first.zip")
    assert Path(packed().filename or "").read_bytes() == first


def test_the_crate_describes_files_run_and_documents(project: Path, tmp_path: Path) -> None:
    package = packed()
    graph = json.loads(package.read("ro-crate-metadata.json"))["@graph"]
    known: dict[str, Any] = {one["@id"]: one for one in graph}
    root = known["./"]
    assert {"name", "description", "license", "datePublished", "conformsTo"} <= root.keys()
    assert root["datePublished"] == "2023-11-14"
    files = {name for name, one in known.items() if one["@type"] == "File"}
    assert files == {*package.namelist()} - {"ro-crate-metadata.json", "manifest-sha256.txt"}
    assert {one["@id"] for one in root["hasPart"]} == files
    for name in files:
        assert known[name]["sha256"] == hashlib.sha256(package.read(name)).hexdigest()
        assert "/" in known[name]["encodingFormat"]
    document = known[f"#{CLOSED[0]}"]
    assert (document["identifier"], document["sha256"]) == ("S/RES/1291 (2000)", CLOSED[0])
    assert document["url"].startswith("https://")
    run = known["#run"]
    assert {"@id": f"#{CLOSED[0]}"} in run["object"]
    assert {"@id": "published/outputs/compare/gap.parquet"} in run["result"]
    versions = {known[one["@id"]]["name"] for one in run["instrument"]}
    assert {"peacetext", "polars", "python"} <= versions
    crate = ROCrate(unpacked(package, tmp_path / "read"))
    assert len(crate.data_entities) == len(files)


def test_a_study_without_code_gets_the_code_that_ran(project: Path, tmp_path: Path) -> None:
    names = packed().namelist()
    assert {"code/pipeline/cli.py", "code/pyproject.toml"} <= set(names)
    assert not any("__pycache__" in name for name in names)
    pinned = zipfile.ZipFile("out.zip").read("environment/requirements.txt").decode()
    assert re.search(r"^polars==", pinned, re.M)


def test_what_has_changed_since_the_run_is_named_and_nothing_is_written(project: Path) -> None:
    with Path("configs/study.yaml").open("a", encoding="utf-8") as file:
        file.write("# another one\n")
    code, said = peacetext("package", "out.zip")
    assert code == 2
    assert "all-of-it (configs/study.yaml) changed or missing; to fix: run: make" in said
    assert [*Path().glob("*.zip*"), *Path().glob(".*.part")] == []


def test_a_refusal_leaves_with_2_in_a_shell_too(project: Path) -> None:
    shutil.rmtree("outputs/report")
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "package", "out.zip"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "all-of-it (outputs/report)" in done.stderr) == (2, True)


def test_a_run_that_is_not_whole_is_refused(project: Path) -> None:
    shutil.rmtree("outputs/report")
    code, said = peacetext("package", "out.zip")
    assert code == 2
    assert "all-of-it (outputs/report)" in said


def test_a_project_that_dvc_does_not_know_is_refused(project: Path) -> None:
    shutil.rmtree(".dvc")
    code, said = peacetext("package", "out.zip")
    assert code == 2
    assert "cannot be read by DVC" in said


@pytest.mark.parametrize(("name", "said"), [("a.zip", "is there already"), ("a.tar", "no")])
def test_another_file_is_never_written_over(project: Path, name: str, said: str) -> None:
    Path(name).write_text("mine")
    code, output = peacetext("package", name)
    assert code == 2
    assert said in output
    assert Path(name).read_text() == "mine"


def test_a_full_disk_leaves_no_half_of_a_zip(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: Any, *_: Any) -> None:
        file.write(b"PK")
        raise OSError(28, "No space left on device", "out.zip")

    monkeypatch.setattr(packaging, "_zip", full)
    code, said = peacetext("package", "out.zip")
    assert code == 1
    assert "No space left" in said
    assert [*Path().glob("*.zip*"), *Path().glob(".*.part")] == []


def test_git_says_the_version(project: Path) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    for words in (
        ("init", "-q"),
        ("add", "configs", "corpus", "dvc.yaml", "dvc.lock", ".dvc/config"),
    ):
        subprocess.run(["git", *words], check=True)
    subprocess.run(["git", *who, "commit", "-q", "-m", "All"], check=True)
    asked = ["git", "log", "-1", "--format=%H"]
    commit = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    with Path("corpus/manifest.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    code, said = peacetext("package", "out.zip")
    assert code == 0, said
    assert f"at commit {commit}, with 1 file changed since" in said
    Path("out.zip").unlink()
    write_text(Path("configs/own.yaml"), "{}")
    code, said = peacetext("package", "out.zip")
    assert code == 2
    assert "configs/own.yaml: is not in git; to fix: git add and commit it" in said


# The real run


def words_of(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def runs_of(text: str, n: int = 12) -> set[str]:
    words = words_of(text)
    return {" ".join(words[at : at + n]) for at in range(len(words) - n + 1)}


@pytest.mark.slow
def test_of_the_real_run_no_sentence_of_a_un_document_is_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    if not (MODEL_CARD.is_file() and Path("outputs/report/index.html").is_file()):
        pytest.skip("there is no run: run make first")
    if set(read_table(ACQUIRED).filter(status="present")["document_id"]) == {ARTICLE}:
        pytest.skip("the run has no UN document")
    made = [file for file in sorted(Path("outputs").glob("*/**/*")) if file.is_file()]
    made = [file for file in made if file.parts[1] != "reference"]
    monkeypatch.setattr(packaging, "outs_of_run", lambda: tuple(made))  # whoever works here
    if not Path(".git").exists():
        pytest.skip("only git says which files are the project's")
    passages = read_table(PASSAGES)
    said: dict[bool, set[str]] = {True: set(), False: set()}
    for document, text in passages.select("document_id", "text").iter_rows():
        said[document == ARTICLE].update(runs_of(text))
    for title in read_table(DOCUMENTS)["title"]:
        said[True].update(runs_of(title))
    theirs = said[False] - said[True]
    tracked = set(packaging.project_source().files)
    packaging.package(tmp_path / "without.zip")
    without = zipfile.ZipFile(tmp_path / "without.zip")
    added = [name for name in without.namelist() if name not in tracked]
    readable = [
        name for name in added if name.endswith((".csv", ".js", ".html", ".md", ".parquet"))
    ]
    assert len(readable) > 200
    for name in readable:
        assert not theirs & runs_of(text_of(name, without.read(name))), name
    for name in ("segment/passages.parquet", "report/data/passages-001.js"):
        whole = Path("outputs", name).read_bytes()
        assert len(theirs & runs_of(text_of(name, whole))) > 1000


def test_verify_says_that_a_run_is_not_of_the_files_that_lie_here(project: Path) -> None:
    assert peacetext("reference")[0] == 0
    code, said = peacetext("verify")
    assert (code, said.splitlines()[-1]) == (0, "The reference run: all 31 tables are identical")

    study = Path("configs/study.yaml")
    study.write_text(f"{study.read_text('utf-8')}\n# one line more\n", encoding="utf-8")

    code, said = peacetext("verify")
    assert code == 0
    assert "configs/study.yaml) changed or missing; run: make" in said.splitlines()[-1]


def test_a_package_without_its_checksums_or_a_table_is_not_called_whole(
    project: Path, tmp_path: Path
) -> None:
    folder = unpacked(packed(), tmp_path / "elsewhere")
    with chdir(folder):
        next(Path("published/outputs/compare").glob("*.parquet")).unlink()
        code, said = peacetext("verify")
        assert code == 1
        assert "1 changed or missing" in said.splitlines()[0]
        Path("manifest-sha256.txt").write_text("", encoding="utf-8")
        assert peacetext("verify")[0] == 1
        Path("manifest-sha256.txt").unlink()
        code, said = peacetext("verify")
        assert code == 1
        assert "manifest-sha256.txt is missing" in said


def test_a_package_goes_to_no_folder_that_is_not_there(project: Path) -> None:
    code, said = peacetext("package", "nowhere/out.zip")
    assert code == 2
    assert "nowhere: is no folder" in said
    assert not Path("nowhere").exists()


def test_before_a_run_of_ones_own_the_published_report_is_opened(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("typer.launch", opened.append)
    with chdir(unpacked(packed(), tmp_path / "elsewhere")):
        code, said = peacetext("open")
    assert code == 0
    assert "published/outputs/report/index.html" in said.replace("\n", "")
    assert opened
