"""dvc.yaml says the truth: what each stage imports, reads and writes."""

import ast
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from dvc.repo import Repo

from pipeline.run.settings import Settings
from pipeline.run.tables import dictionary
from pipeline.run.tables.dictionary import TABLES

PIPELINE = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))
STAGES: dict[str, dict[str, object]] = PIPELINE["stages"]
ORDER = "acquire ingest segment embed topics themes compare export report".split()


def _module_file(name: str) -> Path | None:
    path = Path(*name.split("."))
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return file
    return None


@cache
def _imports(file: Path) -> frozenset[str]:
    """Names of our own modules that a file imports, at its top or inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(
        name for name in names if name.split(".")[0] == "pipeline" and _module_file(name)
    )


def _closure(stage: str) -> set[Path]:
    """Every file of ours that runs when the stage runs."""
    waiting = sorted(Path("pipeline", stage).rglob("*.py"))
    found: set[Path] = set()
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += [path for name in _imports(file) if (path := _module_file(name))]
    return found


def _deps(stage: str) -> list[str]:
    deps = STAGES[stage]["deps"]
    assert isinstance(deps, list)
    return deps


def _code_deps(stage: str) -> set[Path]:
    deps = [Path(dep) for dep in _deps(stage) if dep.startswith("pipeline")]
    return {file for dep in deps for file in ([dep] if dep.is_file() else dep.rglob("*.py"))}


def _declared(stage: str, path: str) -> bool:
    """Whether a stage depends on a file, by its name or by a folder that holds it."""
    return any(Path(path).is_relative_to(dep) for dep in _deps(stage))


def _outs(stage: str, section: str = "outs") -> set[str]:
    outs = STAGES[stage].get(section, [])
    return {next(iter(out)) if isinstance(out, dict) else out for out in outs}  # type: ignore[attr-defined]


def test_the_stages_stand_in_the_order_in_which_the_texts_flow() -> None:
    assert list(STAGES) == ORDER


@pytest.mark.parametrize("stage", ORDER)
def test_a_stage_depends_on_all_the_code_that_it_runs(stage: str) -> None:
    assert {str(file) for file in _closure(stage) - _code_deps(stage)} == set()


@pytest.mark.parametrize("stage", ORDER)
def test_a_stage_depends_on_no_room_that_it_does_not_use(stage: str) -> None:
    runs = _closure(stage)
    for room in _deps(stage):
        if room.startswith("pipeline"):
            assert any(file.is_relative_to(room) for file in runs), room


@pytest.mark.parametrize("stage", ORDER)
def test_no_stage_imports_another(stage: str) -> None:
    others = {Path("pipeline", other) for other in ORDER if other != stage}
    assert [file for file in _closure(stage) if others & set(file.parents)] == []


@pytest.mark.parametrize("stage", ORDER)
def test_a_stage_is_run_described_and_measured(stage: str) -> None:
    definition = STAGES[stage]
    assert definition["cmd"] == f"python -m pipeline.{stage}"
    assert len(str(definition["desc"])) > 20
    assert _outs(stage, "metrics") == {f"outputs/{stage}/metrics.json"}


@pytest.mark.parametrize("stage", ORDER)
def test_no_stage_loses_what_an_earlier_run_made_when_it_fails(stage: str) -> None:
    # DVC deletes outs before a run unless they persist
    for section in ("outs", "metrics"):
        for out in STAGES[stage].get(section, []):  # type: ignore[attr-defined]
            assert isinstance(out, dict), out
            assert next(iter(out.values())).get("persist"), out


def test_every_table_is_an_output_of_its_stage_and_read_only_by_later_ones() -> None:
    for table in TABLES:
        path = str(table.path)
        assert path in _outs(table.stage), path
        readers = [stage for stage in ORDER if _declared(stage, path)]
        assert all(ORDER.index(stage) > ORDER.index(table.stage) for stage in readers), path


def _named_tables(file: Path) -> set[str]:
    """Names that a file takes from the modules of pipeline/tables."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("pipeline.run.tables."):
            names.update(alias.name for alias in node.names)
    return names


@pytest.mark.parametrize("stage", ORDER)
def test_a_stage_depends_on_every_table_that_its_code_names(stage: str) -> None:
    modules = [module for module in vars(dictionary).values() if isinstance(module, ModuleType)]
    places = {
        name: str(value.path)
        for module in modules
        for name, value in vars(module).items()
        if value in TABLES
    }
    named = set().union(*map(_named_tables, Path("pipeline", stage).rglob("*.py")))
    used = set(places) if "TABLES" in named else named & set(places)
    assert len(places) == len(TABLES) > 30
    undeclared = {
        name
        for name in used
        if places[name] not in _outs(stage) and not _declared(stage, places[name])
    }
    assert undeclared == set()


def _sections_of_settings(stage: str) -> set[str]:
    """Sections of params.yaml that the code of a stage takes from the settings."""
    trees = [ast.parse(file.read_text("utf-8")) for file in Path("pipeline", stage).rglob("*.py")]
    named = {
        node.attr
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and ast.unparse(node.value).endswith(("settings", "load_settings()"))
    }
    return named & (set(Settings.model_fields) - {"executor"})  # how, not what


@pytest.mark.parametrize("stage", ORDER)
def test_a_stage_depends_on_the_settings_that_its_code_takes(stage: str) -> None:
    params = STAGES[stage].get("params", [])
    assert isinstance(params, list)
    declared = {section for file in params for section in file["configs/params.yaml"]}
    assert _sections_of_settings(stage) <= declared


def test_dvc_looks_for_stages_in_no_installed_package() -> None:
    # an installed peacetext brings the dvc.yaml with which a new study starts
    with Repo() as repo:
        assert {stage.path_in_repo for stage in repo.index.stages} == {"dvc.yaml"}
        assert repo.dvcignore.is_ignored_dir(str(Path.cwd() / ".venv"))
