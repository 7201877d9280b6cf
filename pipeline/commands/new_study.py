"""A new project for another study, and what is to be filled in; what a project's run is made of."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from pipeline import __version__
from pipeline.run.errors import InputError
from pipeline.run.files import read_json, sha256_of
from pipeline.run.settings import load_settings
from pipeline.run.sheet import SUFFIXES, read_sheet
from pipeline.run.tables.texts import MODEL_CARD
from pipeline.study.codings import CODING_FOLDER
from pipeline.study.manifest import COLUMNS, MANIFEST_FILE
from pipeline.study.sets import SUGGESTED
from pipeline.study.unit_files import UNREAD

STAGES = ("acquire", "ingest", "segment", "embed", "topics", "themes", "compare")
"""The stages that make numbers."""
_ROOMS = (*STAGES, "run", "study", "vectors")
_NO_VALUE = ("inputs", "code")  # hashes
PUBLISHED = Path("published")
"""Of a replication package: the run as it was published."""
_NAMED = 3  # of what is not as in another run; the others are counted

TO_FILL_IN = "TO FILL IN"
"""How the value of a template begins until a person has replaced it."""

_PACKAGE = Path(__file__).parents[1]
_TEMPLATE = Path(__file__).parent / "template"
_OWN = (
    "configs/missions.yaml",
    "configs/params.yaml",
    "configs/topic_labels.yaml",
    "dvc.yaml",
)
"""Files of this project that a new one starts with; a wheel carries them in the template."""

_HEAD = """\
# The pipeline. `dvc repro` runs what is not up to date; `dvc dag` draws it. The code is installed:
# the first stage notes what is installed, and a stage depends on the rooms of the code that it uses
# and on all that an earlier stage wrote. Outs persist: a stage that fails takes nothing away.
stages:
  code:
    desc: Note the installed code, so that another version runs again what it concerns
    cmd: peacetext version --out outputs/code.json
    always_changed: true
    outs:
      - outputs/code.json: {cache: false, persist: true}

"""


def new_study(folder: Path) -> tuple[str, ...]:
    """Write a new project into a folder, whole or not at all; names of its files.

    Raises:
        InputError: the folder is not empty, is a file, or cannot be made.
    """
    try:
        is_taken = folder.exists() and not (folder.is_dir() and not any(folder.iterdir()))
        if not is_taken:
            folder.parent.mkdir(parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as error:
        why = f"cannot be made ({error.filename}: {error.strerror})"
        raise InputError(folder, why, "name a folder where you may write") from None
    if is_taken:
        raise InputError(folder, "is not an empty folder", "name a new folder")
    try:
        files = dict(_files())
        for name, content in files.items():
            place = made / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        made.chmod(0o777 & ~_umask())
        if folder.exists():  # empty; on Windows nothing may be there
            folder.rmdir()
        made.rename(folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return tuple(sorted(files))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _files() -> Iterator[tuple[str, bytes]]:
    """Name and content of every file of a new project."""
    for name in _OWN:
        in_wheel = _TEMPLATE / name
        content = (in_wheel if in_wheel.is_file() else _PACKAGE.parent / name).read_bytes()
        yield name, _without_own_code(content.decode()).encode() if name == "dvc.yaml" else content
    for place in sorted(_TEMPLATE.rglob("*")):
        name = place.relative_to(_TEMPLATE).as_posix()
        if place.is_file() and name not in _OWN:
            yield name.replace("dot-", ".").replace("gitkeep", ".gitkeep"), place.read_bytes()


def _without_own_code(pipeline: str) -> str:
    """dvc.yaml with the rooms of the code as parameters in place of folders that are not there."""
    _, _, stages = pipeline.partition("stages:\n")
    lines: list[str] = []
    rooms: list[str] = []
    for line in stages.splitlines():
        if line.startswith("      - pipeline/"):
            rooms.append(line.removeprefix("      - pipeline/"))
            continue
        if rooms and line in ("    params:", "    outs:"):
            lines += ["    params:", f"      - outputs/code.json: [{', '.join(rooms)}]"]
            rooms.clear()
            if line == "    params:":
                continue
        lines.append(line)
    return _HEAD + "\n".join(lines) + "\n"


def installed_code() -> dict[str, str]:
    """Version of the program, and a hash of each room of its code and of what lies in it."""
    rooms = sorted(folder for folder in _PACKAGE.iterdir() if (folder / "__init__.py").is_file())
    return {"version": __version__} | {room.name: _hash(room) for room in rooms}


def code_to_install() -> Iterator[tuple[str, Path | bytes]]:
    """The installed program as files of a folder that pip can install, by their names."""
    for file in sorted(_PACKAGE.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield f"code/pipeline/{file.relative_to(_PACKAGE).as_posix()}", file
    needed = [one for one in metadata.requires("peacetext") or () if "extra ==" not in one]
    said = (Path(__file__).parent / "package-pyproject.toml").read_text("utf-8")
    python = metadata.metadata("peacetext")["Requires-Python"]
    said = said.format(version=__version__, python=python, needed=json.dumps(sorted(needed)))
    yield "code/pyproject.toml", said.encode()


def _hash(room: Path) -> str:
    found = hashlib.sha256()
    for file in sorted(room.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            found.update(f"{file.relative_to(room).as_posix()}\0".encode())
            found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()[:16]


def run_facts() -> dict[str, Any]:
    """What a run is made of, by which code, on what; and the metrics of its stages.

    Raises:
        InputError: the embed stage has not run.
    """
    if not MODEL_CARD.is_file():
        raise InputError(MODEL_CARD, "is missing", "run: make")
    folders = ("configs", "corpus", "corpus/article", "corpus/coding")
    files = (file for folder in folders for file in Path(folder).glob("*") if file.is_file())
    code = installed_code()
    needed = [name for name in metadata.requires("peacetext") or () if "extra ==" not in name]
    packages = sorted(re.split(r"[\s;<>=!\[]", name)[0] for name in needed)
    settings = load_settings().model_dump(mode="json", exclude={"report": True, "executor": True})
    settings["acquire"].pop("mirror")  # a place on somebody's machine
    return {
        "code": {room: code[room] for room in _ROOMS},
        "encoder": read_json(MODEL_CARD),
        "inputs": {file.as_posix(): sha256_of(file) for file in files if _is_read(file)},
        "metrics": metrics_of_run(),
        "processor": _processor(),
        "settings": dict(flat(settings)),
        "versions": {"peacetext": __version__, "python": platform.python_version()}
        | {name: metadata.version(name) for name in packages},
    }


def environment_files(processor: str) -> dict[str, bytes]:
    """Versions of all that is installed, as pip pins them, and of the machine."""
    versions = {one.name: f"{one.name}=={one.version}\n" for one in metadata.distributions()}
    machine = {
        "operating_system": platform.platform(),
        "peacetext": __version__,
        "processor": processor,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }
    pinned = (versions[name] for name in sorted(versions) if name != "peacetext")
    return {
        "environment/requirements.txt": "".join(pinned).encode(),
        "environment/machine.json": f"{json.dumps(machine, indent=1, sort_keys=True)}\n".encode(),
    }


def is_unrun() -> bool:
    """Is this a replication package in which nothing has run yet?"""
    return PUBLISHED.is_dir() and not MODEL_CARD.is_file()


def metrics_of_run() -> dict[str, Any]:
    """What each stage has counted and measured."""
    return {file.parent.name: read_json(file) for file in Path("outputs").glob("*/metrics.json")}


def metrics_frame(facts: Mapping[str, Any]) -> pl.DataFrame:
    """Metrics that are numbers; sizes of files, and BERTopic's own topics by UMAP, are not held."""
    found = flat({stage: facts["metrics"][stage] for stage in STAGES if stage in facts["metrics"]})
    rows = [
        (name, float(value))
        for name, value in found
        if isinstance(value, int | float) and "bytes" not in name and "defaults" not in name
    ]
    return pl.DataFrame(rows, {"metric": pl.String, "value": pl.Float64}, orient="row")


def _is_read(file: Path) -> bool:
    """Whether a run reads the file as it is; of params.yaml it reads the settings."""
    is_left_out = file.name.startswith((".", "~$")) or file.name in ("params.yaml", "Thumbs.db")
    return file.suffix != ".md" and not is_left_out


def _processor() -> str:
    """Its kind and, where Linux says it, its model."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text(encoding="utf-8").splitlines() if known.is_file() else []
    model = next((line.partition(":")[2] for line in lines if line.startswith("model name")), "")
    return f"{platform.machine()}, {model.strip() or platform.system()}"


def flat(value: object, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of nested mappings, by its dotted name."""
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from flat(below, f"{name}.{key}".lstrip("."))
    else:
        yield name, value


def other_facts(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[str]:
    """A line for each part of `run_facts` that is not as in another run, likeliest reason first."""
    for part in ("settings", "inputs", "encoder", "versions", "code"):
        one, other = ours[part], theirs[part]
        names = sorted(name for name in one | other if one.get(name) != other.get(name))
        if part == "inputs":
            codings = [name for name in names if name.startswith("corpus/coding/")]
            if codings:
                yield f"other codings: {_first(codings)}"
            names = [name for name in names if name not in codings]
        values = [
            name if part in _NO_VALUE else f"{name} {_set(one, name)}, {_other(other, name)}"
            for name in names
        ]
        if values:
            yield f"other {part}: {_first(values)}"
    if ours["processor"] != theirs["processor"]:
        yield f"another processor: {ours['processor']}, not {theirs['processor']}"


def _set(settings: Mapping[str, Any], name: str) -> Any:
    return "not set" if settings.get(name) is None else settings[name]


def _other(settings: Mapping[str, Any], name: str) -> str:
    return "not set there" if settings.get(name) is None else f"not {settings[name]}"


def _first(found: list[str]) -> str:
    """The first few, and how many more there are."""
    more = [f"and {len(found) - _NAMED} more"] if len(found) > _NAMED else []
    return "; ".join(found[:_NAMED] + more)


def other_documents(ours: pl.DataFrame, theirs: pl.DataFrame) -> Iterator[str]:
    """A line for documents that are missing, more or changed; frames: document_id, sha256."""
    one, other = (dict(frame.iter_rows()) for frame in (ours, theirs))
    both = one.keys() & other.keys()
    for what, found in {
        "missing": other.keys() - both,
        "more": one.keys() - both,
        "changed": {name for name in both if one[name] != other[name]},
    }.items():
        if found:
            names = ", ".join(sorted(found)[:5]) + (", …" if len(found) > 5 else "")
            yield f"documents {what}: {len(found)} ({names})"


def to_fill_in() -> Iterator[str]:
    """A line for every value that still is the template's, by file and key or row."""
    for file in sorted([*Path("configs").glob("*.yaml"), *CODING_FOLDER.glob("*.yaml")]):
        try:
            content = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except (yaml.YAMLError, UnicodeDecodeError):
            continue  # what is wrong with it is said by those who read it
        for key, line, said in _open_values(content):
            yield f"{file}: {key} (line {line}): {said}"
    tables = (file for file in CODING_FOLDER.glob("*") if file.suffix.casefold() in SUFFIXES)
    for file in sorted([MANIFEST_FILE, *tables]):
        for row, column, said in _open_cells(file):
            yield f"{file}: row {row}: {column}: {said}"
        unread = 0 if file.name.startswith(SUGGESTED) else _unread(file)
        if unread:
            yield f"{file}: codes: {unread} units that nobody has read ({UNREAD})"


def _open_values(node: yaml.Node | None, key: str = "") -> Iterator[tuple[str, int, str]]:
    """Key, line and words of each value to be filled in."""
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            yield from _open_values(value, f"{key}.{name.value}".lstrip("."))
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            yield from _open_values(value, f"{key}.{place}")
    elif isinstance(node, yaml.ScalarNode) and node.value.startswith(TO_FILL_IN):
        yield key, node.start_mark.line + 1, node.value


def _open_cells(file: Path) -> Iterator[tuple[int, str, str]]:
    """Row, column and words of each cell to be filled in."""
    for row, cells in _rows(file):
        for column, cell in cells.items():
            if isinstance(cell, str) and cell.startswith(TO_FILL_IN):
                yield row, column, cell


def _unread(file: Path) -> int:
    """How many units a coding has, where nobody has read any of them."""
    codes = [cells.get("codes") for _, cells in _rows(file)]
    return len(codes) if {*codes} == {UNREAD} else 0


def _rows(file: Path) -> tuple[tuple[int, dict[str, str]], ...]:
    """Line and cells of each row; what is wrong with a file is said by those who read it."""
    try:
        return read_sheet(file, ("codes", *COLUMNS)).rows
    except InputError:
        return ()
