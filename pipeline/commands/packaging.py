"""A replication package: code, what went in, the run and its numbers in one zip, as an RO-Crate.

The zip is a project. The run lies in published/, so that `make` computes everything afresh where
it is unpacked, and outputs/reference/ holds its numbers, against which `peacetext verify` holds the
fresh run. Text of a document is packed where its licence lets anybody pass it on, or where a
person says so. RO-Crate 1.1 (https://w3id.org/ro/crate/1.1) with the run as a CreateAction
(https://w3id.org/ro/wfrun/process/0.5). The same run at the same commit gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import mimetypes
import os
import shutil
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import quote

import polars as pl
import yaml

import pipeline.commands.new_study as runs
from pipeline import __version__
from pipeline.commands.checking import sheet_to_share
from pipeline.commands.corpus import Content, first_of, shared_documents, tables_to_share
from pipeline.commands.printing import check_new
from pipeline.commands.verifying import REFERENCE, reference_files
from pipeline.report.material import said_by_git
from pipeline.run.errors import InputError
from pipeline.run.files import read_json, sha256_of, write_whole
from pipeline.run.stage import OUTPUTS
from pipeline.run.tables.table import read_table
from pipeline.run.tables.texts import ACQUIRED, VECTORS
from pipeline.run.wording import counted
from pipeline.study.checks import load_study
from pipeline.study.manifest import Entry, located, read_manifest
from pipeline.study.study import Study

SUMS = "manifest-sha256.txt"
CRATE = "ro-crate-metadata.json"
_PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_OF_DOCUMENTS = ("corpus/article/", "corpus/inbox/", "corpus/un/", "corpus/un-documents/")
_READ_BY_A_RUN = ("configs", "corpus/coding", "corpus/manifest.csv", "dvc.yaml", "pipeline")
_MADE = ("outputs", "published", "environment", "code", "dvc_plots")
_FIRST = 5  # files or stages that a message names
_Entity = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """The files of the project, and their version; without git as of dvc.lock."""

    files: tuple[str, ...]
    commit: str
    changed: tuple[str, ...]
    moment: datetime

    @property
    def said(self) -> str:
        """The version in words, to follow a noun."""
        changed = f", with {counted(len(self.changed), 'file')} changed since"
        return f" at commit {self.commit}{changed if self.changed else ''}" if self.commit else ""


def package(out: Path, *, with_texts: bool = False) -> str:
    """Pack the run in outputs/ and all that it was made of; a line that says what came of it.

    Raises:
        InputError: ``out`` is there already or is no zip, the run is not whole or not of the files
            that lie here, or a file that it was made of is not in git.
    """
    if out.suffix.casefold() != ".zip":
        raise InputError(out, "is not the name of a zip", "end it with .zip")
    check_new(out)
    if not out.absolute().parent.is_dir():
        raise InputError(out.parent, "is no folder", "make it, or name another")
    written, source, facts, study = outs_of_run(), project_source(), runs.run_facts(), load_study()
    acquired = read_table(ACQUIRED).filter(pl.col("status") == "present")
    digests = dict(acquired.select("document_id", "sha256").iter_rows())
    entries = [located(one) for one in read_manifest() if one.document_id in digests]
    shared = shared_documents(entries, study, with_texts=with_texts)
    withheld = len(entries) - len(shared)
    about, *texts = (Path(__file__).parent / "PACKAGE.md").read_text("utf-8").split("---\n")
    known = {"title": study.heading, "version": __version__, "commit": source.said, "n": withheld}
    made: dict[str, Content] = {file.as_posix(): file for file in written if file != VECTORS}
    made |= {} if not withheld else tables_to_share(made, shared)
    contents: dict[str, Content] = {
        **_project(source, entries, shared, study),
        **{f"{runs.PUBLISHED}/{name}": one for name, one in made.items() if one != b""},
        **{f"{REFERENCE.as_posix()}/{name}": one for name, one in reference_files().items()},
        **runs.environment_files(facts["processor"]),
        "PACKAGE.md": (about + texts[with_texts]).format(**known).encode(),
    }
    sums = {name: _sha256(content) for name, content in sorted(contents.items())}
    described = [
        *_of_package(source, study),
        *_of_files(contents, sums),
        *_of_documents(entries, digests),
        *_of_run(facts["versions"], sums, entries),
    ]
    contents[CRATE] = _crate(described)
    sums[CRATE] = _sha256(contents[CRATE])
    contents[SUMS] = "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode()
    write_whole(out, lambda file: _zip(file, contents, source.moment))
    left_out = f"; the texts of {withheld} documents are left out" if withheld else ""
    return f"{out}: {len(contents)} files, {out.stat().st_size / 1e6:.1f} MB{source.said}{left_out}"


def outs_of_run() -> tuple[Path, ...]:
    """Every file that the stages wrote below outputs/, when it is of the files that lie here.

    Raises:
        InputError: it is not; stages and files are named.
    """
    outs, behind = outs_and_behind()
    if behind:
        raise InputError(OUTPUTS, behind, "run: make (or dvc repro), then pack again")
    files = (each for out in outs for each in (out.rglob("*") if out.is_dir() else (out,)))
    return tuple(sorted(each for each in files if each.is_file() and OUTPUTS in each.parents))


def outs_and_behind() -> tuple[list[Path], str]:
    """What stages write, and which are not of the files that lie here; empty where all are.

    Raises:
        InputError: DVC cannot say.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    behind: dict[str, str] = {}
    outs: list[Path] = []
    try:
        with Repo() as repo:
            for stage in repo.index.stages:
                status = [one.workspace_status() for one in (*stage.deps, *stage.outs)]
                why = [*(name for names in status for name in names), "its command"]
                if any(status) or stage.cmd_changed:
                    behind[stage.name] = why[0]
                outs += [Path(os.path.relpath(out.fs_path)) for out in stage.outs]
    except DvcException as error:
        raise InputError("dvc.yaml", f"cannot be read by DVC ({error})", "run: make") from error
    noted = OUTPUTS / "code.json"
    if noted.is_file() and read_json(noted) != runs.installed_code():
        behind["code"] = "another version of peacetext"
    named = first_of([f"{name} ({changed})" for name, changed in behind.items()], _FIRST)
    said = f"is not a whole run of the files that lie here: {named} changed or missing"
    return outs, said if behind else ""


def project_source() -> Source:
    """The project as git knows it, with the files as they lie here; else as it lies here.

    Raises:
        InputError: a file that a run may read is not in git.
    """

    def listed(*words: str) -> tuple[str, ...]:
        return tuple(filter(None, said_by_git(Path.cwd(), *words).split("\0")))

    files = listed("ls-files", "-z")
    if not files:
        moment = os.environ.get("SOURCE_DATE_EPOCH") or Path("dvc.lock").stat().st_mtime
        return Source(tuple(_without_git()), "", (), datetime.fromtimestamp(int(moment), UTC))
    unknown = listed("ls-files", "-z", "--others", "--exclude-standard", *_READ_BY_A_RUN)
    if unknown:
        raise InputError(
            first_of(unknown, _FIRST), "is not in git", "git add and commit it, or delete it"
        )
    if not said_by_git(Path.cwd(), "rev-parse", "HEAD"):
        raise InputError(".git", "holds no commit", "run: git commit, then pack again")
    commit, _, moment = said_by_git(Path.cwd(), "log", "-1", "--format=%H %ct").partition(" ")
    changed = listed("diff", "--name-only", "--relative", "-z", "HEAD")
    changed = tuple(name for name in changed if not name.startswith("outputs/"))
    return Source(files, commit, changed, datetime.fromtimestamp(int(moment), UTC))


def _without_git() -> Iterator[str]:
    """Files of the folder but those that were made, and of hidden folders only DVC's settings."""
    for file in sorted(Path().rglob("*")):
        hidden = any(part.startswith((".", "__pycache__")) for part in file.parent.parts)
        is_other = file.parts[0] in _MADE or file.suffix == ".zip" or file.name in (SUMS, CRATE)
        if file.is_file() and not is_other and (not hidden or file.as_posix() == ".dvc/config"):
            yield file.as_posix()


def _project(
    source: Source, entries: Sequence[Entry], shared: Collection[str], study: Study
) -> dict[str, Content]:
    """The project's files, documents only where their text is shared; the code if it is not one."""
    documents = {f"corpus/{one.path}": one.document_id for one in entries}
    found: dict[str, Content] = {
        name: Path(name) for name, document in documents.items() if document in shared
    }
    is_quoted = {article.document_id for article in study.articles} <= set(shared)
    of_articles = study.sets_of("sentence") if is_quoted else ()
    quoted = tuple(name for one in of_articles for name in (one.units, f"{one.id}-"))
    for name in source.files:
        is_made = name.startswith(("outputs/", *_OF_DOCUMENTS)) or name in documents
        if name.endswith("/.gitkeep") or (Path(name).is_file() and not is_made):
            whole = len(shared) == len(entries)
            found |= sheet_to_share(Path(name), quoted=quoted, whole=whole)
    return found if Path("pipeline/cli.py").is_file() else {**found, **dict(runs.code_to_install())}


def _entity(id_: str, kind: str, /, **about: Any) -> _Entity:
    known = {key: value for key, value in about.items() if value not in ("", [])}
    return {"@id": id_, "@type": kind, **known}


def _ids(names: Iterable[str]) -> list[dict[str, str]] | dict[str, str]:
    """References, as JSON-LD has them: one alone is no list."""
    found = [{"@id": name} for name in names]
    return found[0] if len(found) == 1 else found


def _of_package(source: Source, study: Study) -> Iterator[_Entity]:
    """The package itself; its authors and its licence, as CITATION.cff says them."""
    file = Path("CITATION.cff")
    cited = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else {}
    authors = []
    for number, one in enumerate(cited.get("authors", ()), 1):
        parts = (one.get("given-names"), one.get("family-names"))
        name, kind = one.get("name"), "Person" if parts[1] else "Organization"
        name = name or " ".join(filter(None, parts))
        authors.append(_entity(one.get("orcid") or f"#author-{number}", kind, name=name))
    licence = cited.get("license", "NOASSERTION")
    of_texts = "Of code and numbers; corpus/manifest.csv says the licence of each text."
    address = f"https://spdx.org/licenses/{licence}"
    yield _entity(
        "./",
        "Dataset",
        name=f"Replication package: {study.heading}",
        description=f"{study.question}. Code{source.said}, inputs, tables, figures and report.",
        datePublished=source.moment.date().isoformat(),
        license={"@id": address},
        author=_ids(one["@id"] for one in authors),
        conformsTo={"@id": _PROFILE},
        mentions={"@id": "#run"},
    )
    yield from authors
    yield _entity(address, "CreativeWork", name=licence, description=of_texts)
    yield _entity(_PROFILE, "CreativeWork", name="Process Run Crate", version="0.5")


def _of_files(contents: Mapping[str, Content], sums: Mapping[str, str]) -> Iterator[_Entity]:
    types = mimetypes.MimeTypes()
    types.add_type("application/vnd.apache.parquet", ".parquet")
    types.add_type("application/yaml", ".yaml")
    for name, content in sorted(contents.items()):
        kind = types.guess_type(name)[0] or "application/octet-stream"
        size = content.stat().st_size if isinstance(content, Path) else len(content)
        known = {"encodingFormat": kind, "contentSize": str(size), "sha256": sums[name]}
        yield _entity(name, "File", name=PurePosixPath(name).name, **known)


def _of_documents(entries: Sequence[Entry], digests: Mapping[str, str]) -> Iterator[_Entity]:
    for one in entries:
        yield _entity(
            f"#{one.document_id}",
            "CreativeWork",
            name=one.title or one.symbol or one.document_id,
            identifier=one.symbol or one.document_id,
            url=one.source_url,
            sha256=digests[one.document_id],
            license=one.licence,
            datePublished=one.date.isoformat() if one.date else "",
        )


def _of_run(
    versions: Mapping[str, str], files: Collection[str], entries: Sequence[Entry]
) -> Iterator[_Entity]:
    """The run, the programs that it was made with, what it read and what it wrote."""
    for name, version in versions.items():
        yield _entity(f"#{name}", "SoftwareApplication", name=name, version=version)
    read = [quote(name) for name in files if name.startswith(("configs/", "corpus/"))]
    made = [quote(name) for name in files if name.startswith(f"{runs.PUBLISHED}/")]
    yield _entity(
        "#run",
        "CreateAction",
        name=f"A run of peacetext {__version__}",
        instrument=_ids(f"#{name}" for name in versions),
        object=_ids([*read, *(f"#{one.document_id}" for one in entries)]),
        result=_ids(made),
    )


def _crate(described: Sequence[_Entity]) -> bytes:
    from rocrate.rocrate import ROCrate

    crate = ROCrate(version="1.1")
    crate.metadata.extra_terms["sha256"] = "https://w3id.org/ro/terms/workflow-run#sha256"
    for one in described:
        if one["@type"] == "File":
            crate.add_file(dest_path=one["@id"], properties=one | {"@id": quote(one["@id"])})
        else:
            crate.add_or_update_jsonld(one)
    return _json(crate.metadata.generate())


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _sha256(content: Content) -> str:
    if isinstance(content, Path):
        return sha256_of(content)
    return hashlib.sha256(content).hexdigest()


def _zip(file: BinaryIO, contents: Mapping[str, Content], moment: datetime) -> None:
    """The files in the order of their names, as if all were made at one moment."""
    with zipfile.ZipFile(file, "w") as packed:
        for name in sorted(contents):
            about = zipfile.ZipInfo(name, (max(moment.year, 1980), *moment.timetuple()[1:6]))
            about.compress_type, about.create_system = zipfile.ZIP_DEFLATED, 3
            about.external_attr = 0o644 << 16
            content = contents[name]
            source = content.open("rb") if isinstance(content, Path) else io.BytesIO(content)
            with source, packed.open(about, "w") as target:
                shutil.copyfileobj(source, target)


def checked_files() -> tuple[list[str], str]:
    """In a replication package: are its files as they were packed, and whose run is held?

    And what is wrong, empty where nothing is or where `make` has run and may have changed files.
    """
    if not Path(SUMS).is_file():
        return [], f"{SUMS} is missing: unpack it again" if runs.is_unrun() else ""
    lines = Path(SUMS).read_text("utf-8").splitlines()
    packed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    files = {name: Path(name) for name in packed}
    other = [n for n, file in files.items() if not file.is_file() or sha256_of(file) != packed[n]]
    which = f"{len(other)} changed or missing: {first_of(other, _FIRST)}" if other else "all whole"
    found = [f"{counted(len(packed), 'file')} of the package: {which}"]
    if not runs.is_unrun():
        return found, ""
    found += ["Nothing has run here yet: the published tables, beside the numbers of their run"]
    fault = "The package is not as it was packed: the first line says where"
    return found, "" if packed and not other else fault
