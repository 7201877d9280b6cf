"""What `make` does, also where there is no make, as on Windows: python -m pipeline

run     sets up .venv and brings all up to date (outputs/report/index.html); the default
test    runs every test
check   lints and checks types
setup   sets up .venv with what tests and checks need, and nothing else

In a study of your own (`peacetext new-study`) it runs that study, with the installed peacetext.
PIP_OPTIONS holds more options for pip, such as an index with CPU builds of PyTorch (see README.md).
"""

# Only Python's own library, and nothing that Python 3.8 cannot read: this makes the environment.
from __future__ import annotations

import argparse
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from math import inf
from pathlib import Path

OLDEST = (3, 11)
VENV = Path(".venv")
INSTALLED = VENV / ".installed"
PINS = (Path("pyproject.toml"), Path("constraints.txt"))
RUN = (("pipeline.commands.running",),)
CHECKED = ("pipeline", "tests", "benchmarks")
TASKS = {
    "run": RUN,
    "test": (("pytest",),),
    "check": (("ruff", "format", "--check", *CHECKED), ("ruff", "check", *CHECKED), ("mypy",)),
    "setup": (),
}
"""Modules that are run one after the other, with their arguments."""

_LEAST_FREE = 20_000_000
"""With less bytes free, that is why pip failed, whatever it says."""
_FULL = ("the disk is full", "make 4 GB of room")
_SILENT = (
    "the package index does not answer, or lacks a package",
    "see to the network, or name another index in PIP_OPTIONS",
)
_REASONS = {
    "No space left on device": _FULL,
    "Disk quota exceeded": _FULL,
    "ensurepip is not": (
        "this Python lacks venv",
        "on Debian and Ubuntu: apt install python3-venv",
    ),
    "different Python": ("the pinned packages do not fit this Python", "take Python 3.11"),
    "No matching distribution": _SILENT,
    "ResolutionImpossible": _SILENT,
    "Max retries exceeded": _SILENT,
}
"""What pip or venv says: the problem, and what to do about it."""


class SetupError(Exception):
    """The environment cannot be made; one line for a person."""


def main() -> int:
    """Do one task; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("task", nargs="?", choices=list(TASKS), default="run")
    task = parser.parse_args().task
    try:
        check_python(sys.version_info[:2])
        python = _python_for(task)
        steps = ([python, "-m", *step] for step in TASKS[task])
        codes = (subprocess.call(step, env=environment(python)) for step in steps)  # noqa: S603
        return next((code for code in codes if code), 0)
    except SetupError as error:
        sys.stderr.write(f"peacetext: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def check_python(version: tuple[int, ...]) -> None:
    """Raise SetupError where this Python is too old."""
    if version < OLDEST:
        needed, found = (".".join(map(str, one)) for one in (OLDEST, version))
        fix = f"install Python {needed} or later, and then: python{needed} -m pipeline"
        raise SetupError(f"Python {found} is too old; to fix: {fix}")


def environment(python: str) -> dict[str, str]:
    """Variables for what this Python is to run: it comes first in the path, and text is UTF-8."""
    path = f"{Path(python).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "PATH": path, "PYTHONUTF8": "1"}


def _python_for(task: str) -> str:
    """The Python that has what the task needs; in peacetext's own folder the one in .venv.

    Raises:
        SetupError: there is none, and it cannot be made.
    """
    _check_writable()
    if Path(__file__).resolve().parents[1] == Path.cwd().resolve():
        return _set_up(with_tests=task != "run")
    if task != "run":
        raise SetupError(f"{task} is for the folder of peacetext itself, which this is not")
    return sys.executable


def _check_writable() -> None:
    """Raises: SetupError: nothing can be written here."""
    try:
        with tempfile.TemporaryFile(dir="."):
            pass
    except OSError as error:
        raise SetupError(
            f"{Path.cwd()} cannot be written ({error.strerror}); "
            "to fix: copy it to a folder where you may write"
        ) from None


def _set_up(*, with_tests: bool) -> str:
    """Install what is pinned into .venv unless that was done; its Python."""
    python = str(python_of(VENV.absolute()))
    done = INSTALLED.read_text(encoding="utf-8").split() if INSTALLED.is_file() else []
    wanted = [fingerprint(PINS), *(["tests"] if with_tests else [])]
    if done[: len(wanted)] == wanted and Path(python).is_file():
        return python
    sys.stderr.write(f"Installing what is pinned in {PINS[1]} into {VENV}: a few minutes, once\n")
    if not _has_pip(python):
        _call(sys.executable, "-m", "venv", "--clear", str(VENV))
    for arguments in installations(os.environ.get("PIP_OPTIONS", ""), with_tests=with_tests):
        _call(python, "-m", "pip", "install", *arguments)
    if not Path(".git").exists():  # an unpacked archive, and DVC must be told
        _call(python, "-m", "dvc", "config", "--local", "core.no_scm", "true")
    INSTALLED.write_text(" ".join(wanted), encoding="utf-8")
    return python


def python_of(venv: Path, system: str = os.name) -> Path:
    """Where the Python of an environment lies.

    >>> python_of(Path("v"), "nt").as_posix(), python_of(Path("v"), "posix").as_posix()
    ('v/Scripts/python.exe', 'v/bin/python')
    """
    return venv / ("Scripts/python.exe" if system == "nt" else "bin/python")


def fingerprint(files: Iterable[Path]) -> str:
    """Sixteen hexadecimal digits over what is in these files."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def installations(pip_options: str, *, with_tests: bool) -> list[list[str]]:
    """Arguments of `pip install`, one call after the other.

    Torch comes first and alone: beside others pip would choose a build with several GB of CUDA
    where PIP_OPTIONS names an index that has one without.
    """
    given = shlex.split(pip_options, posix=os.name != "nt")  # on Windows paths have backslashes
    common = ["-qq", "--disable-pip-version-check", *(one.strip("\"'") for one in given)]
    pins = PINS[1].read_text(encoding="utf-8").split()
    torch = next(pin for pin in pins if pin.startswith("torch=="))
    rest = ["-c", str(PINS[1]), "-e", ".[dev]" if with_tests else "."]
    return [[*common, torch], [*common, *rest]]


def _has_pip(python: str) -> bool:
    try:
        return not subprocess.run(  # noqa: S603
            [python, "-m", "pip", "--version"], capture_output=True, check=False
        ).returncode
    except OSError:
        return False


def _call(*command: str) -> None:
    """Run something of which only a failure is worth reading; raises SetupError with its reason."""
    done = subprocess.run(  # noqa: S603
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        free = shutil.disk_usage(VENV if VENV.is_dir() else ".").free
        raise SetupError(reason(done.stdout.decode(errors="replace"), free))


def reason(said: str, free: float = inf) -> str:
    """One line for a person from what pip or venv said when it failed, and the bytes still free.

    >>> reason("ERROR: [Errno 28] No space left on device")
    'the disk is full; to fix: make 4 GB of room'
    """
    known = (found for sign, found in _REASONS.items() if sign in said)
    problem, fix = _FULL if free < _LEAST_FREE else next(known, ("", ""))
    if problem:
        return f"{problem}; to fix: {fix}"
    errors = re.findall(r"\w+Error: .+", said) or re.findall(r"(?:ERROR|error): .+", said)
    return f"the environment cannot be made: {(errors or [said])[-1].strip()}"


if __name__ == "__main__":
    sys.exit(main())
