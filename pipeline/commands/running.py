"""What `make` does in the environment: mend, fetch what can be had now, run, verify.

1. What DVC had half written when it was killed is fixed, for it would stop there. DVC empties
   dvc.lock and writes it anew after each stage. Here a whole one is copied, and one that was cut
   off is replaced by the copy, so that at most what ran since the copy runs again; without a copy
   it was removed, and every stage runs again. It also writes .dvc/tmp/rwlock, which says what runs
   read and write; what is left of one is taken away.
2. DVC runs a stage again when a file changes, but not when a network comes back: acquire runs where
   a document of the profile is missing or corrupt on disk and

   - the mirror is a folder that holds it, or
   - it is required, and a mirror that is an address, or its own host, answers now, or
   - it is optional (nobody has pinned it yet), the network did not answer last time, or last time
     was not today, and a host that may have it answers now. An optional document that was refused
     is asked for again the next day, not at every run; `dvc repro --force --single-item acquire`
     asks at once.

   When all is present no library is loaded and nothing is asked. Otherwise the answer takes at most
   acquire.probe_seconds for the mirror and as long for the network.
3. `dvc repro`; then the last line of `peacetext verify`, and where the report lies.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import yaml

from pipeline.acquire.verifying import (
    NETWORK_SILENT,
    Mirror,
    Pin,
    examine,
    file_in,
    named_mirror,
    pinned,
    read_pins,
)
from pipeline.commands import project_folder
from pipeline.run.errors import InputError, StageError
from pipeline.run.files import read_json, write_bytes
from pipeline.run.settings import AcquireSettings, load_settings
from pipeline.run.stage import named_disk_errors, only_run, say
from pipeline.study.manifest import MANIFEST_FILE, Entry, located, of_profile, read_manifest

T = TypeVar("T")

METRICS_FILE = Path("outputs/acquire/metrics.json")
LOCKFILE = Path("dvc.lock")
KEPT_LOCKFILE = Path(".cache/dvc.lock")
PIPELINE = Path("dvc.yaml")
BUSY_PATHS = Path(".dvc/tmp/rwlock")
REPOSITORY_LOCK = Path(".dvc/tmp/lock")
_ROOM = 50_000_000
"""With less free a run that failed is told so, whatever DVC says; in bytes."""

_CONFLICT = b"<<<<<<< "


def fix_lockfile() -> None:
    """Leave a whole dvc.lock, or none; what git could not merge is left to a person.

    Raises:
        StageError: it is no whole one, and a run of DVC may be writing it.
    """
    if _keep_whole_lockfile():
        return
    # else it may be one that is being written: DVC holds this lock meanwhile
    with _dvc_waits(REPOSITORY_LOCK, LOCKFILE):
        if not _keep_whole_lockfile():
            _replace_cut_off_lockfile()


def _keep_whole_lockfile() -> bool:
    """Whether there is nothing to fix; a whole lock file that is new is copied."""
    if not LOCKFILE.is_file():
        return True
    content, kept = LOCKFILE.read_bytes(), _kept()
    if (kept and content == kept) or _CONFLICT in content:
        return True  # the copy was looked at when it was made
    known, found = _stages(kept) & _stages_of_pipeline(), _stages(content)
    is_whole = content.endswith(b"\n") and bool(found) and known <= found
    if is_whole:
        write_bytes(KEPT_LOCKFILE, content)
    return is_whole


def _replace_cut_off_lockfile() -> None:
    write_bytes(KEPT_LOCKFILE.with_suffix(".cut-off"), LOCKFILE.read_bytes())
    kept = _kept()
    known = _stages(kept) & _stages_of_pipeline()
    if known:
        write_bytes(LOCKFILE, kept)
        say("dvc.lock was cut off by a run that was killed; the last whole one is put back")
    else:
        LOCKFILE.unlink()
        say("dvc.lock was cut off by a run that was killed; without it every stage runs again")


def fix_busy_paths() -> None:
    """Leave a whole list of the paths that running commands use, or none; errors as above."""
    if _are_whole_or_absent(BUSY_PATHS):
        return
    with _dvc_waits(BUSY_PATHS.with_suffix(".lock"), BUSY_PATHS):
        if not _are_whole_or_absent(BUSY_PATHS):
            BUSY_PATHS.unlink()
            say(f"{BUSY_PATHS} was cut off by a run that was killed; it was removed")


def _are_whole_or_absent(file: Path) -> bool:
    try:
        found = json.loads(file.read_bytes())
    except FileNotFoundError:
        return True
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and all(
        name in {"read", "write"} and isinstance(paths, dict) for name, paths in found.items()
    )


@contextmanager
def _dvc_waits(lock: Path, file: Path) -> Iterator[None]:
    """Hold a lock of DVC's, so that it does not write ``file`` meanwhile.

    Raises:
        StageError: a run of DVC holds it.
    """
    from dvc.lock import Lock, LockError

    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with Lock(str(lock)):
            yield
    except LockError:
        raise StageError(f"{file} is being written by another run; it is left as it is") from None


def _kept() -> bytes:
    return KEPT_LOCKFILE.read_bytes() if KEPT_LOCKFILE.is_file() else b""


def _stages(content: bytes) -> set[str]:
    """Names of the stages in a lock file that DVC can read, by its own schema; else none."""
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA
    from voluptuous import Invalid

    try:
        lock: dict[str, Any] = COMPILED_LOCKFILE_SCHEMA(yaml.safe_load(content))
    except (yaml.YAMLError, UnicodeDecodeError, Invalid):
        return set()
    return set(lock.get("stages", {}))


def _stages_of_pipeline() -> set[str]:
    if not PIPELINE.is_file():
        return set()
    return set(yaml.safe_load(PIPELINE.read_text(encoding="utf-8"))["stages"])


def is_pending() -> bool:
    """Is a document missing that a mirror or the network could give now?

    Raises:
        InputError: the manifest, the settings or the mirror cannot be used.
    """
    settings = load_settings().acquire
    pins = read_pins()
    entries = [pinned(entry, pins) for entry in of_profile(read_manifest(), settings.profile)]
    corpus = MANIFEST_FILE.parent
    missing = [
        entry
        for entry in entries
        if entry.fetched and not _is_at(corpus / located(entry).path, entry, settings)
    ]
    if not missing:
        return False
    mirror = named_mirror(settings, os.environ)
    return _mirror_has(missing, mirror, settings) or _network_has(missing, settings, pins)


def _is_at(file: Path, entry: Entry, settings: AcquireSettings) -> bool:
    return examine(entry, file, settings.max_megabytes).status == "present"


def _mirror_has(missing: list[Entry], mirror: Mirror | None, settings: AcquireSettings) -> bool:
    if mirror is None:
        return False
    if (folder := mirror.folder) is not None:
        return any(_is_at(file_in(folder, entry), entry, settings) for entry in missing)
    required = [entry for entry in missing if entry.required]
    addresses = [address for entry in required for address in mirror.addresses_of(entry)]
    return _answers(addresses, mirror.address, settings)


def _network_has(missing: list[Entry], settings: AcquireSettings, pins: Mapping[str, Pin]) -> bool:
    ask_all = _network_was_silent_or_another_day()
    hopeful = [entry for entry in missing if entry.required or ask_all]
    if not hopeful:
        return False
    from pipeline.acquire.sources import addresses_of

    found = (addresses_of(entry, pins.get(entry.symbol)) for entry in hopeful)
    return _answers([address for several in found for address in several], "", settings)


def _network_was_silent_or_another_day() -> bool:
    """Was there no network when acquire ran last, or was that not today?"""
    try:
        reasons: Any = read_json(METRICS_FILE).get("missing", {})
        last = date.fromtimestamp(METRICS_FILE.stat().st_mtime)
    except (OSError, ValueError):
        return False  # never run, or not whole: dvc repro runs the stage anyway
    return last < date.today() or any(NETWORK_SILENT in reason for reason in reasons)


def _answers(addresses: list[str], trusted: str, settings: AcquireSettings) -> bool:
    """Does any host of these addresses answer?"""
    if not addresses:
        return False
    from pipeline.acquire.sessions import open_session, probe

    problems = probe(addresses, open_session(trusted), settings.probe_seconds)
    return not all(problems.values())


def run() -> int:
    """Bring all up to date, and say whether it is the reference run; the exit code.

    Raises:
        StageError: another run of this project is at work, or the disk refuses.
    """
    with named_disk_errors(), only_run("run"):
        for fix in (fix_lockfile, fix_busy_paths):
            _unless_it_fails(fix)
        if _unless_it_fails(is_pending):
            _dvc("--quiet", "--force", "--single-item", "acquire")
        code = _dvc()
        if code == 0:
            _unless_it_fails(_say_whether_it_is_the_reference)
            say("The report: outputs/report/index.html")
        elif shutil.disk_usage(".").free < _ROOM:
            say("The disk is full; make room and run it again: what was made is kept")
    return code


def _dvc(*options: str) -> int:
    """`dvc repro`; its exit code."""
    command = [sys.executable, "-m", "dvc", "repro", *options]
    return subprocess.run(command, check=False).returncode  # noqa: S603


def _unless_it_fails(step: Callable[[], T]) -> T | None:
    """Do what `dvc repro` can do without: what stops it is said, and the run goes on."""
    try:
        with named_disk_errors():
            return step()
    except (InputError, StageError) as error:
        say(str(error))
        return None


def _say_whether_it_is_the_reference() -> None:
    from pipeline.commands.verifying import REFERENCE, verified_lines, verify

    if REFERENCE.is_dir():
        *_, last = verified_lines(*verify())
        say(last)


def verified(
    files: list[str], fault: str, outs_and_behind: Callable[[], tuple[list[Path], str]]
) -> tuple[list[str], bool]:
    """What `peacetext verify` says, and whether all is right; errors as for `verifying.verify`.

    Args:
        files: what is said of the files of a replication package.
        fault: what is wrong with them.
        outs_and_behind: of `packaging`; asked where a run was made here.
    """
    from pipeline.commands.new_study import is_unrun
    from pipeline.commands.verifying import DIFFERENT, verified_lines, verify

    try:
        held, other = verify()
    except InputError:
        if not fault:
            raise
        return [*files, fault], False
    lines = [*files, *verified_lines(held, other), *filter(None, [fault])]
    with suppress(InputError):  # without DVC's files nothing is known of it
        behind = "" if is_unrun() else outs_and_behind()[1]
        lines += [f"outputs/ {behind}; run: make"] if behind else []
    return lines, not fault and all(one.status != DIFFERENT for one in held)


def main() -> None:
    """Run in the project's folder, with the exit codes of a command."""
    try:
        os.chdir(project_folder(Path.cwd()))
        sys.exit(run())
    except (InputError, StageError) as error:
        say(f"peacetext: {error}")
        sys.exit(2 if isinstance(error, InputError) else 1)


if __name__ == "__main__":
    main()
