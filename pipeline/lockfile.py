"""Put dvc.lock back when a killed run left a part of it, on which DVC would stop.

The copy is of the moment before the last stage, so that at most this stage runs again. Without a
copy the file is taken away, and every stage runs again. Exit code 0, whatever was done.
"""

from __future__ import annotations

import argparse

import yaml

from pipeline.files import write_bytes
from pipeline.stage import KEPT_LOCKFILE, LOCKFILE, say

_CONFLICT = b"<<<<<<< "


def mend_lockfile() -> None:
    """Leave a dvc.lock that DVC can read, or none; what git could not merge is left to a person."""
    if not LOCKFILE.is_file():
        return
    content = LOCKFILE.read_bytes()
    if _is_whole(content) or _CONFLICT in content:
        return
    write_bytes(KEPT_LOCKFILE.with_suffix(".cut-off"), content)
    kept = KEPT_LOCKFILE.read_bytes() if KEPT_LOCKFILE.is_file() else b""
    if _is_whole(kept):
        write_bytes(LOCKFILE, kept)
        say("dvc.lock was cut off by a run that was killed; it is put back as it was before")
    else:
        LOCKFILE.unlink()
        say("dvc.lock was cut off by a run that was killed; without it every stage runs again")


def _is_whole(content: bytes) -> bool:
    """By the schema that DVC itself applies."""
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA
    from voluptuous import Invalid

    try:
        COMPILED_LOCKFILE_SCHEMA(yaml.safe_load(content))
    except (yaml.YAMLError, UnicodeDecodeError, Invalid):
        return False
    return True


def main() -> None:
    """Mend dvc.lock in this folder."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.lockfile",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Example: python -m pipeline.lockfile && dvc repro",
    )
    parser.parse_args()
    mend_lockfile()


if __name__ == "__main__":
    main()
