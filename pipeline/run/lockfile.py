"""Fix what DVC had half written when it was killed, and on which it would stop.

DVC empties dvc.lock and writes it anew after each stage. Here a whole one is copied, and one that
was cut off is replaced by the copy, so that at most what ran since the copy runs again; without a
copy it was removed, and every stage runs again. It also writes .dvc/tmp/rwlock, which says what
running commands read and write; what is left of one is taken away.

Exit code 0, whatever was done.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from pipeline.run.errors import StageError
from pipeline.run.files import write_bytes
from pipeline.run.stage import named_disk_errors, say

LOCKFILE = Path("dvc.lock")
KEPT_LOCKFILE = Path(".cache/dvc.lock")
PIPELINE = Path("dvc.yaml")
BUSY_PATHS = Path(".dvc/tmp/rwlock")
REPOSITORY_LOCK = Path(".dvc/tmp/lock")

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


def main() -> None:
    """Fix the files of DVC in this folder."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.run.lockfile",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Example: python -m pipeline.run.lockfile && dvc repro",
    )
    parser.parse_args()
    for fix in (fix_lockfile, fix_busy_paths):
        try:
            with named_disk_errors():
                fix()
        except StageError as error:
            say(str(error))


if __name__ == "__main__":
    main()
