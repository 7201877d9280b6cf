"""Every command that README and docs name exists; those in blocks run in a small project."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer
import yaml
from dvc.cli import parse_args
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.run.settings import load_settings

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    *(ROOT / name for name in ("corpus/README.md", "pipeline/commands/template/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
OURS = ("peacetext", "make", "dvc", "python", "py")

ELSEWHERE = {
    "cd": "of the shell",
    "diff": "of the system",
    "docker": "not installed where this was written; CI builds the image",
    "git": "of the system; network or a history",
    "hf": "downloads a model",
    "pip": "downloads packages",
    "ray": "starts a cluster",
    "sha256sum": "of the system",
    "source": "of the shell",
    "unzip": "of the system; tests/commands/test_packaging.py unpacks what it would",
}
"""Programs that are not ours, and why they are not looked into."""
NOT_RUN = {
    "peacetext draw article": "this study has drawn it; tests/commands/test_drawing.py runs it",
    "peacetext open": "opens a browser",
    "peacetext reference": "writes over the reference run",
    "peacetext import": "takes what a person has coded elsewhere; tests/export runs it",
    "peacetext score-sheets": "takes what a person has filled in; tests/themes runs it",
}
"""Parsed but not run, and why."""
AFTER_A_RUN = ["cited", "check-sheets", "classify", "explore", "findings", "gap", "package"]
AFTER_A_RUN += ["suggest", "themes", "topics", "verify", "draw un"]
"""These say in one line what is missing, where nothing was run."""


class Written(NamedTuple):
    """A command, where it stands, and whether in a block, which a person copies whole."""

    page: str
    text: str
    in_block: bool


def _blocks(text: str) -> Iterator[str]:
    """Each line of the blocks for a shell, without comments and what is fed to a program."""
    for block in re.findall(r"^ *```(?:sh|bash|console)\n(.*?)^ *```", text, re.M | re.S):
        alone = re.sub(r"<<'(\w+)'\n.*?^\1$", "", block, flags=re.M | re.S).replace("\\\n", " ")
        lines = (re.sub(r"^\$ |(?:^| +)#.*", "", line.strip()) for line in alone.splitlines())
        yield from filter(None, lines)


def _written() -> Iterator[Written]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        name = page.relative_to(ROOT).as_posix()
        yield from (Written(name, line, in_block=True) for line in _blocks(text))
        prose = re.sub(r"^ *```.*?^ *```", "", text, flags=re.M | re.S)
        for span in re.findall(r"`([^`]+)`", prose):
            command = " ".join(span.split())
            if re.match(rf"(?:\w+=\S+ )?(?:{'|'.join(OURS)}) ", f"{command} "):
                yield Written(name, command, in_block=False)


WRITTEN = list(dict.fromkeys(_written()))


def words_of(command: str) -> list[str]:
    """What the program is given: without variables before it and where its output goes."""
    words = shlex.split(re.split(r" [>|&]+ ", command)[0])
    while words and re.match(r"\w+=", words[0]):
        words.pop(0)
    return words


def _check_peacetext(name: str, *words: str, whole: bool) -> None:
    group: Any = typer.main.get_command(app)
    if name.startswith("-"):
        options = {spelt for option in group.params for spelt in option.opts}
        assert name in options | {"--help", "-h"}
        return
    assert name in group.commands, f"there is no command {name}"
    try:
        group.commands[name].make_context(name, list(words))
    except Exception as error:  # of typer's own click
        kind = type(error).__name__
        if kind != "Exit" and (kind != "MissingParameter" or whole):  # Exit: --help
            raise


def _check_make(*words: str, whole: bool) -> None:
    rules = {name for line in re.findall(r"^([a-z ]+):", MAKEFILE, re.M) for name in line.split()}
    variables = set(re.findall(r"^(\w+) \?=", MAKEFILE, re.M)) | {"PIP_OPTIONS"}
    for word in words:
        name, is_variable, _ = word.partition("=")
        assert name in (variables if is_variable else rules), word


def _check_dvc(*words: str, whole: bool) -> None:
    found = parse_args(list(words))
    for stage in (getattr(found, "targets", None) or []) if words[0] in ("repro", "exp") else []:
        assert stage in PIPELINE, stage
    for override in getattr(found, "set_param", None) or []:
        file, key = re.fullmatch(r"(\S+):([\w.]+)=.+", override).groups()  # type: ignore[union-attr]
        value = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))
        for part in key.split("."):
            assert part in value, f"{file} has no {key}"
            value = value[part]


def _check_python(*words: str, whole: bool) -> None:
    if words[0].startswith("-3"):
        words = words[1:]
    if words[0] != "-m":
        return
    spec = find_spec(words[1])
    assert spec, f"there is no module {words[1]}"
    place = Path(str(spec.origin))
    place = place.with_name("__main__.py") if place.name == "__init__.py" else place
    source = place.read_text(encoding="utf-8")
    if words[1] in ("pytest", "venv", "pip"):
        return
    for word in words[2:]:
        if word.startswith("--") or place.parent.name == "pipeline":
            assert f'"{word}"' in source, f"{words[1]} does not know {word}"


CHECKS = {"peacetext": _check_peacetext, "make": _check_make, "dvc": _check_dvc}
CHECKS |= {"python": _check_python, "py": _check_python}


def _check(written: Written) -> None:
    program, *words = words_of(written.text)
    if program not in CHECKS:
        assert program in ELSEWHERE, "say in ELSEWHERE why it is not checked"
    elif words:
        CHECKS[program](*words, whole=written.in_block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_command_that_is_written_down_exists_with_its_options(page: Path) -> None:
    wrong = []
    for written in WRITTEN:
        if written.page == page.relative_to(ROOT).as_posix():
            try:
                _check(written)
            except Exception as error:  # each program has its own
                wrong.append(f"{written.text}: {error}")
    assert wrong == []


WRONG = ["peacetext units", "peacetext gap --row 3", "peacetext show", "make tset", "dvc reprod"]
WRONG += ["dvc repro segments", "dvc exp run -S configs/params.yaml:topics.k=3", "wget x"]
WRONG += ["python -m benchmarks.nothing", "python -m benchmarks.kill --often 3"]
WRONG += ["python -m pipeline tset"]


@pytest.mark.parametrize("text", WRONG)
def test_one_that_does_not_exist_is_found(text: str) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011 - each program has its own
        _check(Written("", text, in_block=True))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which nothing was run, with the files that the pages speak of."""
    folder = tmp_path_factory.mktemp("documented") / "project"
    (folder / "corpus" / "inbox").mkdir(parents=True)
    shutil.copytree(ROOT / "configs", folder / "configs")
    for name in ("article", "coding"):
        shutil.copytree(ROOT / "corpus" / name, folder / "corpus" / name)
    for name in ("corpus/pins.csv", "dvc.yaml"):
        shutil.copyfile(ROOT / name, folder / name)
    head, *rows = (ROOT / "corpus/manifest.csv").read_text(encoding="utf-8").splitlines(True)
    spoken_of = "core;|reports|gilder"
    kept = [row for row in rows if re.search(spoken_of, row)]
    (folder / "corpus/manifest.csv").write_text("".join([head, *kept]), encoding="utf-8")
    (folder / ".dvc").mkdir()
    (folder / ".dvc" / "config").write_text("[core]\n    no_scm = true\n", encoding="utf-8")
    note = (
        "# Notes from the field\n\nPatrols stay inside the camp, and the town sees none of them.\n"
    )
    (folder / "folder-of-documents").mkdir()
    for name in ("my-article.md", "report.md", "folder-of-documents/notes.md"):
        (folder / name).write_text(f"{note}\n{name} of 6 June 2018.\n", encoding="utf-8")
    (folder / "notes.csv").write_text(
        "id,text\n1,Patrols stay inside the camp.\n", encoding="utf-8"
    )
    return folder


def _to_copy(page: str) -> list[str]:
    """Our own commands that stand in the blocks of a page."""
    texts = [one.text for one in WRITTEN if one.page == page and one.in_block]
    left_out = tuple(NOT_RUN)
    return [
        text for text in texts if text.startswith("peacetext") and not text.startswith(left_out)
    ]


def test_many_commands_are_there_to_be_copied() -> None:
    assert sum(len(_to_copy(page.relative_to(ROOT).as_posix())) for page in PAGES) > 20


@pytest.mark.parametrize("page", sorted({one.page for one in WRITTEN if _to_copy(one.page)}))
def test_what_a_person_copies_runs_or_says_what_is_missing(
    page: str, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(small, folder := tmp_path / "project")
    for text in _to_copy(page):
        monkeypatch.chdir(folder)
        # the Word and PDF files of the pages are Markdown here: readers have tests of their own
        words = words_of(re.sub(r"(my-article|report)\.(?:docx|pdf)", r"\1.md", text))[1:]
        done = CliRunner().invoke(app, words)
        if any(" ".join(words).startswith(name) for name in AFTER_A_RUN):
            assert done.exit_code in (1, 2), (text, done.output)
            assert re.search(r"outputs.*(?:make|dvc repro|peacetext)", done.output), text
        else:
            assert done.exit_code == 0, (text, done.output, done.exception)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    missing = [
        link for link in links if link and "://" not in link and not (page.parent / link).exists()
    ]
    room = r"`((?:pipeline|configs|docs|tests|benchmarks|notebooks)/[\w./-]*[\w/])`"
    missing += [name for name in re.findall(room, text) if not (ROOT / name).exists()]
    assert missing == []


def test_every_page_of_docs_is_on_the_start_page() -> None:
    start = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {name for name in pages if f"({name})" not in start} == set()
    assert "(docs/README.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_fits_two_screens() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 105
    assert max(map(len, lines)) <= 130


def test_settings_that_the_pages_name_in_full_exist() -> None:
    settings = load_settings().model_dump()
    sections = "|".join(name for name, value in settings.items() if isinstance(value, dict))
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(rf"`((?:{sections})\.[a-z_]+)`", text)) - {"report.pdf"}
    assert len(named) > 10
    for name in named:
        section, key = name.split(".")
        assert key in settings[section], name
