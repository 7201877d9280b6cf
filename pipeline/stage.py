"""What every stage's ``__main__`` shares: ``--help``, messages on stderr, and exit codes.

0: done. 1: the stage could not do its work. 2: something that a person wrote must be mended.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import InputError, StageError
from pipeline.files import write_json

_SECONDS_IN_A_FILE = "15"
"""Between two lines of a progress bar that nobody watches: in a log each one stays."""


def say(message: str) -> None:
    """Print one line for the person at the terminal, to stderr."""
    print(message, file=sys.stderr, flush=True)  # noqa: T201


def write_metrics(stage: str, values: Mapping[str, Any]) -> None:
    """Write what `dvc metrics show` prints for a stage."""
    write_json(Path("outputs") / stage / "metrics.json", values)


def run_stage(name: str, help_text: str, stage: Callable[[], None]) -> None:
    """Run ``stage`` as ``python -m pipeline.<name>`` and leave with its exit code."""
    parser = argparse.ArgumentParser(
        prog=f"python -m pipeline.{name}",
        description=help_text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"Example: python -m pipeline.{name}\n"
        f"Settings: the sections of configs/params.yaml. In the pipeline: dvc repro {name}",
    )
    parser.parse_args()
    if not sys.stderr.isatty():
        os.environ.setdefault("TQDM_MININTERVAL", _SECONDS_IN_A_FILE)
    try:
        stage()
    except InputError as error:
        say(f"{name}: {error}")
        sys.exit(2)
    except StageError as error:
        say(f"{name}: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        say(f"{name}: stopped by the keyboard; nothing half-written was left")
        sys.exit(130)
