"""Write docs/dependencies.md: every package that peacetext installs, its version and licence.

Example: python -m benchmarks.licences
"""

from __future__ import annotations

import argparse
import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

from pipeline.run.files import write_text

PAGE = Path("docs/dependencies.md")
_OWN = "peacetext"
_HEAD = """# What peacetext installs

Written by `make licences` from the metadata of the packages themselves. *Directly* means that
pyproject.toml names it; the rest comes with another one. Packages for tests and for the Ray
executor are not listed.

| package | version | licence | directly |
| --- | --- | --- | --- |
"""


def main() -> None:
    """Write the page."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    direct = _needs(Path("pyproject.toml"))
    found = _all_below(direct)
    rows = [
        f"| {name} | {one.version} | {licence_of(one)} | {'yes' if name in direct else ''} |"
        for name, one in sorted(found.items())
    ]
    write_text(PAGE, _HEAD + "\n".join(rows) + "\n")
    print(f"{len(rows)} packages in {PAGE}")


def licence_of(package: Distribution) -> str:
    """In a few words: the expression, else the classifiers, else the first line of the field."""
    facts = package.metadata
    if facts.get("License-Expression"):
        return str(facts["License-Expression"])
    classes = [line for line in facts.get_all("Classifier") or [] if line.startswith("License ::")]
    names = [line.rpartition(" :: ")[2] for line in classes]
    names = [name for name in names if name != "OSI Approved"]
    field = (facts.get("License") or "").strip().splitlines()
    return "; ".join(names) or (field[0][:60] if field else "not stated")


def _needs(file: Path) -> set[str]:
    import tomllib

    return {_plain(Requirement(line).name) for line in
            tomllib.loads(file.read_text(encoding="utf-8"))["project"]["dependencies"]}  # fmt: skip


def _all_below(names: set[str]) -> dict[str, Distribution]:
    """The packages and, again and again, what they need here; extras only where they are named."""
    waiting: list[tuple[str, frozenset[str]]] = [(name, frozenset()) for name in names]
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue  # for another system or Python
        for line in found[name].requires or []:
            need = Requirement(line)
            if need.marker is None or any(
                need.marker.evaluate({"extra": extra}) for extra in (extras or {""})
            ):
                waiting.append((_plain(need.name), frozenset(need.extras)))
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
