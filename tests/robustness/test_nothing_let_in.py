"""No data is loaded as code, and no XML may resolve an entity: the code has no such call."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

FILES = sorted(Path("pipeline").rglob("*.py"))
_UNPICKLERS = {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "shelve", "marshal", "skops"}
_SPEAKS = {"eval", "exec", "compile", "__import__", "os.system", "torch.load"}


def _named(call: ast.Call) -> str:
    return ast.unparse(call.func)


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _faults(source: str) -> list[str]:
    tree = ast.parse(source)
    imports = [f"imports {name}" for name in _imported(tree) if name.split(".")[0] in _UNPICKLERS]
    return imports + [fault for call in _calls(tree) if (fault := _fault_of(call))]


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not _only_calls(node):
            yield node.module or ""


def _only_calls(node: ast.ImportFrom) -> bool:
    """What hands work to processes of our own reads no file."""
    harmless = {
        "joblib": {"Parallel", "cpu_count", "delayed"},
        "joblib.externals.loky": {"ProcessPoolExecutor"},
    }
    return {alias.name for alias in node.names} <= harmless.get(node.module or "", set())


def _fault_of(call: ast.Call) -> str:
    name = _named(call)
    options = {word.arg: ast.unparse(word.value) for word in call.keywords}
    unlimited = name in {"etree.fromstring", "etree.parse"} and len(call.args) < 2 and not options
    bad = {
        "a call that runs data": name in _SPEAKS,
        "a shell": options.get("shell") == "True",
        "YAML that makes objects": re.fullmatch(r"yaml\.\w*load", name)
        and name != "yaml.safe_load",
        "np.load that may unpickle": name == "np.load" and options.get("allow_pickle") != "False",
        "a parser that resolves entities": name.endswith("XMLParser")
        and options.get("resolve_entities") != "False",
        "the parser of the library": unlimited,
    }
    return next((f"{name}: {what}" for what, is_so in bad.items() if is_so), "")


def test_nothing_is_loaded_as_code_and_no_parser_resolves_entities() -> None:
    assert len(FILES) > 150
    faults = {str(file): _faults(file.read_text(encoding="utf-8")) for file in FILES}
    assert {file: found for file, found in faults.items() if found} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "from joblib import Parallel, load",
        "import joblib",
        "eval(text)",
        "yaml.load(text)",
        "np.load(file)",
        "np.load(file, allow_pickle=True)",
        "subprocess.run(line, shell=True)",
        "etree.XMLParser(recover=True)",
        "etree.fromstring(content)",
        "torch.load(file)",
    ],
)
def test_each_way_in_would_be_seen(source: str) -> None:
    assert len(_faults(source)) == 1
