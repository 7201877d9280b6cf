"""`python -m pipeline` does what make does, with Python alone, and says in a line what stops it."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
import yaml

from pipeline import __main__ as box
from pipeline.run.stage import only_run

ROOT = Path(__file__).parents[1]
START = ROOT / "pipeline" / "__main__.py"
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
NO_ROOM = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"


def _run(*words: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **variables}
    return subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False)


def _checkout(folder: Path) -> Path:
    """What `python -m pipeline` reads of a checkout before anything is installed."""
    (folder / "pipeline").mkdir(parents=True)
    for name in ("pyproject.toml", "constraints.txt", "pipeline/__init__.py"):
        shutil.copyfile(ROOT / name, folder / name)
    shutil.copyfile(START, folder / "pipeline" / "__main__.py")
    return folder


def _in_namespace(script: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run words in a folder without a network, after a script of mounts that nobody else sees.

    Skipped where the system does not let us.
    """
    if os.name != "posix" or not shutil.which("unshare"):
        pytest.skip("no unshare here: no disk and no network of our own")
    tried = subprocess.run(["unshare", "-rmn", "true"], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip("this system lets nobody have a disk and a network of their own")
    whole = ["unshare", "-rmn", "sh", "-ec", f'{script}; cd "$0"; exec "$@"', str(folder), *words]
    return _run(*whole, folder=folder.parent, PYTHONPATH=str(ROOT), PYTHONDONTWRITEBYTECODE="1")


READ_ONLY = 'mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"'


def test_it_needs_nothing_but_python_and_an_old_one_can_read_it() -> None:
    tree = ast.parse(START.read_bytes(), feature_version=(3, 8))
    ast.parse((ROOT / "pipeline" / "__init__.py").read_bytes(), feature_version=(3, 8))
    names = {
        alias.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_a_python_that_is_too_old_is_told_which_one_to_install() -> None:
    box.check_python((3, 11))
    with pytest.raises(box.SetupError, match=r"3\.9 is too old; to fix: install Python 3\.11"):
        box.check_python((3, 9))


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (NO_ROOM, "the disk is full; to fix: make 4 GB of room"),
        ("ERROR: No matching distribution found for torch", "the package index does not answer"),
        ("The virtual environment was not created: ensurepip is not available", "python3-venv"),
        ("x\nFileNotFoundError: no dvc.yaml\nhint: see above", "made: FileNotFoundError: no dvc"),
        ("", "the environment cannot be made"),
    ],
)
def test_what_pip_says_becomes_one_line(said: str, line: str) -> None:
    assert line in box.reason(said)
    assert "\n" not in box.reason(said)
    assert "disk is full" in box.reason(said, free=4096)


def test_torch_comes_first_and_alone_and_the_rest_as_it_is_pinned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    first, second = box.installations("--extra-index-url 'a b'", with_tests=True)
    assert re.fullmatch(r"torch==[\d.]+", first[-1])
    assert "a b" in first
    assert "a b" in second
    assert second[-4:] == ["-c", "constraints.txt", "-e", ".[dev]"]
    assert box.installations("", with_tests=False)[1][-1] == "."


def test_its_help_names_every_task(tmp_path: Path) -> None:
    done = _run(sys.executable, "-m", "pipeline", "--help", folder=_checkout(tmp_path / "a"))
    assert done.returncode == 0, done.stderr
    for task in box.TASKS:
        assert f"\n{task} " in done.stdout, task


def test_make_leaves_the_work_to_it() -> None:
    rules = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert f"\n{' '.join(box.TASKS)}:\n\t@$(PYTHON) -m pipeline $@\n" in rules


def test_a_full_disk_is_named_before_anything_is_installed(tmp_path: Path) -> None:
    folder = _checkout(tmp_path / "a")
    full = 'mkdir "$0/.venv"; mount -t tmpfs -o nr_inodes=2 none "$0/.venv"'
    done = _in_namespace(full, folder, sys.executable, "-m", "pipeline")
    assert done.returncode == 1
    assert "peacetext: the disk is full; to fix: make 4 GB of room" in done.stderr


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """A checkout with an environment in which all is installed, and one small stage."""
    folder = _checkout(tmp_path / "ready")
    left_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "pipeline", folder / "pipeline", ignore=left_out, dirs_exist_ok=True)
    shutil.copytree(ROOT / "configs", folder / "configs")
    (folder / "dvc.yaml").write_text("stages: {one: {cmd: python -V > one.txt, outs: [one.txt]}}")
    (folder / "corpus").mkdir()
    head = (ROOT / "corpus" / "manifest.csv").read_text(encoding="utf-8").splitlines()[0]
    (folder / "corpus" / "manifest.csv").write_text(f"{head}\n")
    (folder / ".dvc").mkdir()
    (folder / ".dvc" / "config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
    venv.create(folder / ".venv", symlinks=os.name == "posix")
    ours = next((folder / ".venv").rglob("site-packages"))
    (ours / "installed.pth").write_text("\n".join(p for p in sys.path if "site-pack" in p))
    digits = box.fingerprint(ROOT / name for name in box.PINS)
    (folder / box.INSTALLED).write_text(digits)
    return folder


def test_without_a_package_index_that_is_what_is_said_and_the_next_try_starts_anew(
    ready: Path,
) -> None:
    (ready / box.INSTALLED).write_text("what was pinned before")
    (ready / "constraints.txt").write_text("torch==0.0.1\n")  # nobody has it
    options = "--isolated --retries 0 --index-url http://127.0.0.1:9/simple"  # nobody listens
    done = _run(sys.executable, "-m", "pipeline", folder=ready, PIP_OPTIONS=options)
    assert done.returncode == 1
    said = done.stderr.strip().splitlines()
    assert said[-1].startswith("peacetext: the package index does not answer"), done.stderr
    assert len(said) == 2
    assert (ready / box.INSTALLED).read_text() == "what was pinned before"


def test_it_runs_in_the_environment_that_is_there_and_says_where_the_report_lies(
    ready: Path,
) -> None:
    done = _run(sys.executable, "-m", "pipeline", folder=ready, PYTHONPATH="")
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip().splitlines()[-1] == "The report: outputs/report/index.html"
    assert "Installing" not in done.stderr
    assert (ready / "one.txt").read_text().startswith("Python 3.")
    # a stage that fails is the exit code of all
    (ready / "dvc.yaml").write_text("stages: {one: {cmd: python -c 'exit(3)'}}")
    failed = _run(sys.executable, "-m", "pipeline", folder=ready, PYTHONPATH="")
    assert failed.returncode != 0
    assert "The report" not in failed.stderr


def test_it_runs_where_there_is_no_network_at_all(ready: Path) -> None:
    done = _in_namespace("true", ready, sys.executable, "-m", "pipeline")
    assert done.returncode == 0, done.stderr
    assert (ready / "one.txt").exists()


def test_a_second_run_of_the_same_project_waits_for_nobody_and_says_why(
    ready: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ready)
    with only_run("run"):
        done = _run(sys.executable, "-m", "pipeline", folder=ready, PYTHONPATH="")
    assert done.returncode == 1
    assert done.stderr == (
        "peacetext: another run is writing the same files; wait until it has ended, or stop it\n"
    )


@pytest.mark.parametrize("words", ["-m pipeline", "-m pipeline.segment", "-m pipeline.acquire"])
def test_a_folder_that_cannot_be_written_says_so(ready: Path, words: str) -> None:
    done = _in_namespace(READ_ONLY, ready, sys.executable, *words.split())
    assert done.returncode == 1
    assert "Read-only file system" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_a_read_only_folder_holds_can_be_looked_at(ready: Path) -> None:
    command = "from pipeline.cli import main; main()"
    done = _in_namespace(READ_ONLY, ready, sys.executable, "-c", command, "list")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_what_is_printed_into_a_file_is_utf_8_whatever_the_system_is_used_to(encoding: str) -> None:
    command = "from pipeline.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", command, "dictionary"],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )
    assert done.stdout == (ROOT / "docs" / "data-dictionary.md").read_bytes()


def test_git_leaves_every_byte_as_it_is() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    asked = ["git", "check-attr", "text", "pipeline/cli.py", "corpus/article/gilder-2026.txt"]
    done = _run(*asked, folder=ROOT)
    assert [line.rsplit(" ", 1)[1] for line in done.stdout.splitlines()] == ["unset", "unset"]


def test_no_name_of_a_file_is_one_that_windows_refuses() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    names = _run("git", "ls-files", folder=ROOT).stdout.splitlines()
    assert len(names) > 300
    assert [name for name in names if re.search(r'[:*?"<>|\\]|[ .]$', name)] == []
    assert len({name.casefold() for name in names}) == len(names)


def test_the_dockerfile_copies_what_is_there_and_installs_what_is_pinned() -> None:
    steps = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    copied = [words for line in steps if (words := line.split())[:1] == ["COPY"]]
    for words in copied:
        assert all((ROOT / name).exists() for name in words[2:-1]), words
    assert "RUN python -m pipeline setup" in steps
    assert steps.index("USER reader") < steps.index("RUN python -m pipeline setup")
    before = {name for words in copied[:-1] for name in words[2:-1]}
    listed = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    forced = re.findall(r'^"([\w./]+)" = "pipeline/commands/template', listed, re.M)
    assert forced
    assert {name.split("/")[0] for name in forced} <= before  # else pip builds nothing
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {".venv", "corpus/un", "corpus/un-documents", ".cache"} <= {*ignored}


def test_the_dev_container_is_built_from_it() -> None:
    place = ROOT / ".devcontainer" / "devcontainer.json"
    container = json.loads(place.read_text(encoding="utf-8"))
    assert (place.parent / container["build"]["dockerfile"]).samefile(ROOT / "Dockerfile")
    assert container["postCreateCommand"] == "python -m pipeline setup"


def test_the_workflow_may_only_read_and_takes_every_action_by_its_commit() -> None:
    text = WORKFLOW.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    jobs = workflow["jobs"].values()
    assert all(job["timeout-minutes"] <= 90 for job in jobs)
    used = [step["uses"] for job in jobs for step in job["steps"] if "uses" in step]
    assert {bool(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", one)) for one in used} == {True}
    assert len(re.findall(r"uses: .+ # v\d+\.\d+\.\d+$", text, re.M)) == text.count("uses: ")
    runs = "\n".join(step["run"] for job in jobs for step in job["steps"] if "run" in step)
    for word in re.findall(r"(?<=python -m pipeline )\w+", runs):
        assert word in box.TASKS
    for file in re.findall(r"\S+/\S+\.py|\.ci/run|tests/\w+", runs):
        assert (ROOT / file).exists(), file
