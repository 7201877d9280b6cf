"""Writes which files a stage opens to read into the file that READS_LOG names."""

import os
import sys
from pathlib import Path

_LOG = os.environ.get("READS_LOG", "")
_MODULE = sys.orig_argv[sys.orig_argv.index("-m") + 1] if "-m" in sys.orig_argv else ""
_FOLDERS = ("configs", "corpus", "outputs")


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event != "open" or not isinstance(arguments[0], (str, bytes)):
        return
    file, flags = os.fsdecode(arguments[0]), arguments[2]
    place = Path(os.path.relpath(file))
    writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if place.parts[0] in _FOLDERS and not writes and place.is_file():
        line = f"{_MODULE.removeprefix('pipeline.')}\t{place}\n".encode()
        os.write(_DESCRIPTOR, line)


if _LOG and _MODULE.startswith("pipeline."):
    _DESCRIPTOR = os.open(_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    sys.addaudithook(_note)
