"""Mend what DVC had half written when it was killed, and on which it would stop.

DVC empties dvc.lock and writes it anew after each stage. Here a whole one is copied, and one that
was cut off is replaced by the copy, so that at most what ran since the copy runs again; without a
copy it is taken away, and every stage runs again. It also writes .dvc/tmp/rwlock, which says what
running commands read and write; what is left of one is taken away.

Exit code 0, whatever was done.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import yaml

from pipeline.files import write_bytes
from pipeline.stage import say

LOCKFILE = Path("dvc.lock")
KEPT_LOCKFILE = Path(".cache/dvc.lock")
PIPELINE = Path("dvc.yaml")
BUSY_PATHS = Path(".dvc/tmp/rwlock")

_CONFLICT = b"<<<<<<< "


def mend_lockfile() -> None:
    """Leave a whole dvc.lock, or none; what git could not merge is left to a person."""
    if not LOCKFILE.is_file():
        return
    content = LOCKFILE.read_bytes()
    kept = KEPT_LOCKFILE.read_bytes() if KEPT_LOCKFILE.is_file() else b""
    if (kept and content == kept) or _CONFLICT in content:
        return  # the copy was looked at when it was made
    known, found = _stages(kept) & _stages_of_pipeline(), _stages(content)
    if content.endswith(b"\n") and found and known <= found:
        write_bytes(KEPT_LOCKFILE, content)
        return
    write_bytes(KEPT_LOCKFILE.with_suffix(".cut-off"), content)
    if known:
        write_bytes(LOCKFILE, kept)
        say("dvc.lock was cut off by a run that was killed; the last whole one is put back")
    else:
        LOCKFILE.unlink()
        say("dvc.lock was cut off by a run that was killed; without it every stage runs again")


def mend_busy_paths() -> None:
    """Leave a whole list of the paths that running commands use, or none."""
    if _is_whole_or_absent(BUSY_PATHS):
        return
    from dvc.lock import Lock, LockError

    try:
        with Lock(str(BUSY_PATHS.with_suffix(".lock"))):  # else it may be one that is being written
            if not _is_whole_or_absent(BUSY_PATHS):
                BUSY_PATHS.unlink()
                say(f"{BUSY_PATHS} was cut off by a run that was killed; it is taken away")
    except LockError:
        say(f"{BUSY_PATHS} is being written by another run; it is left as it is")


def _is_whole_or_absent(file: Path) -> bool:
    try:
        json.loads(file.read_bytes())
    except FileNotFoundError:
        return True
    except ValueError:
        return False
    return True


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
    """Mend the files of DVC in this folder."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.lockfile",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Example: python -m pipeline.lockfile && dvc repro",
    )
    parser.parse_args()
    mend_lockfile()
    mend_busy_paths()


if __name__ == "__main__":
    main()
