"""How the code is built: modules, folders, imports, functions, and how far a parameter travels.

Read from the syntax tree; nothing is run. Exit code 1 where a limit is exceeded."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pipeline"
JOURNEYS = {  # where a parameter comes in, and how many stays in a module it may make
    ("pipeline.themes.study", "study_themes", "settings"): 14,
    ("pipeline.topics.finding", "find_topics", "corpus"): 18,
}
MOST = {
    "modules": 170,
    "modules in the fullest folder": 15,
    "modules in the longest import chain": 11,
    "median lines of a function": 12,
    "lines of the longest function": 50,
    "lines of the longest module": 350,
    "lines of dvc.yaml": 260,
}
LEAST = {"% of public definitions with a docstring": 95, "% of functions annotated": 100}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules_of(package: Path) -> dict[str, ast.Module]:
    """The syntax tree of each module, by dotted name."""
    trees = {}
    for file in sorted(package.rglob("*.py")):
        name = ".".join(file.relative_to(package.parent).with_suffix("").parts)
        trees[name.removesuffix(".__init__")] = ast.parse(file.read_bytes())
    return trees


def imported_names(tree: ast.Module, modules: set[str]) -> dict[str, tuple[str, str]]:
    """What a module takes from ours: module and name there ("" for all of it), by name here."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if whole in modules:
                    found[alias.asname or alias.name] = (whole, "")
                elif node.module in modules:
                    found[alias.asname or alias.name] = (node.module, alias.name)
    return found


def longest_chain(imports: dict[str, set[str]]) -> list[str]:
    """The most modules of which each imports the next; ValueError where they run in a circle."""
    known: dict[str, list[str]] = {}

    def chain(module: str, above: tuple[str, ...] = ()) -> list[str]:
        if module in above:
            raise ValueError(f"a circle of imports: {' > '.join([*above, module])}")
        if module not in known:
            below = (chain(one, (*above, module)) for one in sorted(imports[module] - {module}))
            known[module] = [module, *max(below, key=len, default=[])]
        return known[module]

    return max(map(chain, sorted(imports)), key=len)


def is_annotated(function: Function) -> bool:
    """Whether it says the type of what it returns and of all that it takes."""
    taken = [*function.args.args, *function.args.kwonlyargs]
    said = all(one.annotation or one.arg in ("self", "cls") for one in taken)
    return said and function.returns is not None


def public_definitions(tree: ast.Module) -> Iterator[ast.Module | ast.ClassDef | Function]:
    """The module, its functions and classes, and their methods, but for names with a "_"."""
    yield tree
    waiting = list(tree.body)
    for node in waiting:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            waiting += node.body if isinstance(node, ast.ClassDef) else []


class Journey:
    """Follows a value, and what is made of it, through calls of our functions; not of methods.

    A stay is a change of module; into a function that was passed before nobody goes again.
    """

    def __init__(self, trees: dict[str, ast.Module]) -> None:
        """Note where each name leads."""
        self.names = {name: imported_names(tree, set(trees)) for name, tree in trees.items()}
        self.functions = {
            (name, node.name): node
            for name, tree in trees.items()
            for node in tree.body
            if isinstance(node, Function)
        }
        self.stays: list[str] = []
        self.passed: set[tuple[str, str]] = set()

    def walk(self, module: str, name: str, carried: set[str]) -> None:
        """Enter a function with these of its parameters."""
        if (module, name) in self.passed:
            return
        self.passed.add((module, name))
        if self.stays[-1:] != [module]:
            self.stays.append(module)
        self._follow(module, self.functions[module, name], carried)

    def _follow(self, module: str, node: ast.AST, carried: set[str]) -> None:
        for part in ast.iter_child_nodes(node):
            self._follow(module, part, carried)
        if isinstance(node, ast.Call):
            self._call(module, node, carried)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.For | ast.comprehension):
            source = getattr(node, "iter", None) or getattr(node, "value", None)
            targets = getattr(node, "targets", None) or [getattr(node, "target", node)]
            if source and _named_itself(source) & carried:
                carried |= set().union(*map(_names, targets))

    def _call(self, module: str, call: ast.Call, carried: set[str]) -> None:
        where = self._function(module, call.func)
        if where is None:
            return
        places = [one.arg for one in self.functions[where].args.args]
        given = dict(zip(places, call.args, strict=False))
        given |= {one.arg: one.value for one in call.keywords if one.arg}
        inside = {name for name, value in given.items() if _names(value) & carried}
        if any(isinstance(one, ast.Starred) and _names(one) & carried for one in call.args):
            inside |= set(places)
        if inside:
            self.walk(*where, inside)

    def _function(self, module: str, called: ast.expr) -> tuple[str, str] | None:
        where = ("", "")
        if isinstance(called, ast.Name):
            where = self.names[module].get(called.id, (module, called.id))
        elif isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            where = (self.names[module].get(called.value.id, ("", ""))[0], called.attr)
        return where if where in self.functions else None


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _named_itself(node: ast.AST) -> set[str]:
    """Names outside calls: what a call gives back is another thing than what it was given."""
    if isinstance(node, ast.Call):
        return set()
    here = {node.id} if isinstance(node, ast.Name) else set()
    return here.union(*map(_named_itself, ast.iter_child_nodes(node)))


def figures() -> tuple[dict[str, float], list[str]]:
    """All figures but those of journeys, and the longest chain."""
    trees = modules_of(PACKAGE)
    imports = {
        name: {module for module, _ in imported_names(tree, set(trees)).values()}
        for name, tree in trees.items()
    }
    chain = longest_chain(imports)
    files = list(PACKAGE.rglob("*.py"))
    rooms = [file.parent for file in files if not file.stem.startswith("__")]
    functions = [f for tree in trees.values() for f in ast.walk(tree) if isinstance(f, Function)]
    lines = [(one.end_lineno or 0) - one.lineno + 1 for one in functions]
    told = [ast.get_docstring(one) for tree in trees.values() for one in public_definitions(tree)]
    shares = (told.count(None) / len(told), 1 - sum(map(is_annotated, functions)) / len(functions))
    undocumented, untyped = (round(100 * share, 1) for share in shares)
    return {
        "modules": len(files),
        "modules in the fullest folder": max(map(rooms.count, rooms)),
        "modules in the longest import chain": len(chain),
        "median lines of a function": median(lines),
        "p90 of lines of a function": quantiles(lines, n=10)[-1],
        "lines of the longest function": max(lines),
        "lines of the longest module": max(len(file.read_bytes().splitlines()) for file in files),
        "% of public definitions with a docstring": 100 - undocumented,
        "% of functions annotated": 100 - untyped,
        "lines of dvc.yaml": len((ROOT / "dvc.yaml").read_bytes().splitlines()),
    }, chain


def main() -> int:
    """Print every figure with its limit."""
    found, chain = figures()
    limits = dict(MOST)
    for (module, function, parameter), most in JOURNEYS.items():
        journey = Journey(modules_of(PACKAGE))
        journey.walk(module, function, {parameter})
        name = f"stays of `{parameter}` of {function}"
        found[name], limits[name] = len(journey.stays), most
    wrong = {name for name, most in limits.items() if found[name] > most}
    wrong |= {name for name, least in LEAST.items() if found[name] < least}
    for name, value in found.items():
        limit = f"at least {LEAST[name]}" if name in LEAST else f"at most {limits.get(name, '-')}"
        print(f"{name:45} {value:7g}  {limit:14}{'  <- exceeded' if name in wrong else ''}")
    print("longest chain: " + " > ".join(chain).replace("pipeline.", ""))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
