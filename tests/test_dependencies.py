"""What is imported is declared and pinned, and what is declared is needed."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def names_of(requirements: list[str]) -> set[str]:
    return {plain(Requirement(line).name) for line in requirements}


DEVELOPED_WITH = {"mypy", "ruff", "pytest-xdist"}
"""Tools that are started, not imported; stubs are beside them."""


def needed_by(lines: list[str]) -> set[str]:
    """What these requirements bring along, and what that brings along, as it is installed here."""
    waiting, seen = [Requirement(line) for line in lines], set()
    while waiting:
        one = waiting.pop()
        if (key := (plain(one.name), frozenset(one.extras))) in seen:
            continue
        seen.add(key)
        for needed in map(Requirement, requires(one.name) or ()):
            asked = ("", *one.extras)
            if not needed.marker or any(needed.marker.evaluate({"extra": name}) for name in asked):
                waiting.append(needed)
    return {name for name, _ in seen}


def imported_by(tree: ast.AST) -> set[str]:
    """First parts of what a module imports, in its functions too, but for Python and us."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found - sys.stdlib_module_names - {"pipeline"}


@pytest.fixture(scope="module")
def imported() -> dict[str, set[str]]:
    """The packages that may provide each import of pipeline/, by the import's name."""
    provides = packages_distributions()
    files = (ROOT / "pipeline").rglob("*.py")
    names = set().union(*(imported_by(ast.parse(file.read_bytes())) for file in files))
    return {name: {plain(one) for one in provides.get(name, [name])} for name in names}


def test_what_is_imported_is_declared(imported: dict[str, set[str]]) -> None:
    declared = names_of(PROJECT["dependencies"]) | names_of(PROJECT["optional-dependencies"]["ray"])
    assert {name for name, packages in imported.items() if not packages & declared} == set()


def test_what_is_declared_is_imported_or_says_why(imported: dict[str, set[str]]) -> None:
    used = set().union(*imported.values())
    listed = (ROOT / "pyproject.toml").read_text().split("dependencies = [\n")[1].split("\n]")[0]
    said = re.findall(r'^    "([^"]+)",(?: # (.+))?$', listed, re.M)
    reasons = {plain(Requirement(line).name): reason for line, reason in said}
    unused = names_of(PROJECT["dependencies"]) - used
    assert {name for name in unused if not reasons[name]} == set()


def test_what_is_declared_is_pinned() -> None:
    pinned = names_of((ROOT / "constraints.txt").read_text().split())
    assert names_of(PROJECT["dependencies"]) - pinned == set()


def test_nothing_is_pinned_that_nothing_needs() -> None:
    extras = PROJECT["optional-dependencies"].values()
    needed = needed_by([*PROJECT["dependencies"], *(line for lines in extras for line in lines)])
    assert names_of((ROOT / "constraints.txt").read_text().split()) - needed == set()


def test_what_tests_are_said_to_need_is_imported_there() -> None:
    files = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").glob("*.py")]
    names = set().union(*(imported_by(ast.parse(file.read_bytes())) for file in files))
    provides = packages_distributions()
    used = {plain(one) for name in names for one in provides.get(name, [name])}
    extra = names_of(PROJECT["optional-dependencies"]["dev"]) - DEVELOPED_WITH
    ray = names_of(PROJECT["optional-dependencies"]["ray"])
    assert {one for one in extra - ray - used if "types" not in one and "stubs" not in one} == set()


def test_an_import_inside_a_function_counts() -> None:
    assert imported_by(ast.parse("def f():\n    import scipy.stats, os\n")) == {"scipy"}
