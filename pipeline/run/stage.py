"""What stages share: ``--help``, messages on stderr, exit codes, and work on a Ray cluster.

0: done. 1: the stage could not do its work. 2: something that a person wrote must be fixed.

Ray Data keeps the queue of pieces, moves them and gives those of a worker that died to another
one. A piece is worked on as a whole, in one process, so that its result does not depend on how
many workers there are. Which cluster: RAY_ADDRESS, or else one that is started on this machine.
"""

from __future__ import annotations

import argparse
import errno
import gc
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pipeline.run.errors import InputError, StageError
from pipeline.run.files import clear_parts, write_json

Result = TypeVar("Result")

OUTPUTS = Path("outputs")
LOCKS = Path(".cache/locks")
"""In the project and not in the cache that PEACETEXT_CACHE names: other projects may go on."""

_NO_FAULT_OF_OURS = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
    errno.EIO,
}

_SECONDS_IN_A_FILE = "15"
"""Between two lines of a progress bar that nobody watches: in a log each one stays."""


def say(message: str) -> None:
    """Print one line for the person at the terminal, to stderr."""
    print(message, file=sys.stderr, flush=True)  # noqa: T201


def write_metrics(stage: str, values: Mapping[str, Any]) -> None:
    """Write what `dvc metrics show` prints for a stage."""
    write_json(OUTPUTS / stage / "metrics.json", values)


@contextmanager
def only_run(name: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the lock ``name`` of this project; it is free again when the process ends, however.

    Raises:
        StageError: somebody else holds it, and did so for ``wait_seconds``.
    """
    from filelock import FileLock, Timeout

    LOCKS.mkdir(parents=True, exist_ok=True)
    lock = FileLock(LOCKS / f"{name}.lock")
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        raise StageError(
            "another run is writing the same files; wait until it has ended, or stop it"
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def named_disk_errors() -> Iterator[None]:
    """Turn a full disk, or a file that may not be touched, into one line for a person.

    Raises:
        StageError: in place of such an OSError.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_FAULT_OF_OURS:
            raise
        place = error.filename or "a file"
        raise StageError(f"{place}: {error.strerror}; what was made before is kept") from error


@contextmanager
def heavy_imports(without: str, *others: str) -> Iterator[None]:
    """Import torch or spaCy in here, and none of it is searched for garbage, now or later.

    They bring some million objects that live to the end; searching them again and again took a
    fifth of the import and half of what a stage does with many small objects afterwards.

    Args:
        without: a library that they would import where it is installed and that is not used:
            spaCy brings torch, a second, and scikit-learn brings pandas.
        others: more of them.
    """
    left_out = [name for name in (without, *others) if name not in sys.modules]
    gc.disable()
    for name in left_out:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in left_out:
            del sys.modules[name]
        gc.freeze()
        gc.enable()


def in_processes(
    work: Callable[..., Result], arguments: Iterable[Sequence[Any]], n_processes: int
) -> list[Result]:
    """What the work gives for each arguments, in their order, however many processes there are.

    In each, sums are those of one thread: several add up in the order in which they finish.
    """
    import warnings

    from joblib import Parallel, delayed

    calls = [delayed(_on_one_core)(work, each) for each in arguments]
    with warnings.catch_warnings():  # a worker that has grown is replaced, and no work is lost
        warnings.filterwarnings("ignore", "A worker stopped")
        return list(Parallel(n_jobs=max(1, min(n_processes, len(calls))))(calls))


def _on_one_core(work: Callable[..., Result], arguments: Sequence[Any]) -> Result:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        return work(*arguments)


def leave_uncollected() -> None:
    """Say that nothing in memory need be searched at the end: after torch that takes a second."""
    gc.freeze()


@dataclass(frozen=True)
class Memory:
    """What a stage takes at its peak, in bytes, as `python -m benchmarks.scaling` measured it.

    Attributes:
        a_row: for each row of the table.
        besides: however small the corpus is: libraries, models.
        table: in the project; nothing is known before it is made.
    """

    a_row: int
    besides: int
    table: Path = OUTPUTS / "segment" / "passages.parquet"


_LIMITS = ("memory.max", "memory/memory.limit_in_bytes")  # of a container, new way and old
_HOPELESS = 2
"""Times all memory of the machine; the measured figures are not so far off."""


def free_memory(system: Path = Path("/")) -> tuple[int, int] | None:
    """Bytes that are free, and that there are with swap; None where Linux does not say so."""
    try:
        lines = (system / "proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines if ":" in line}
    files = [system / "sys/fs/cgroup" / name for name in _LIMITS]
    found = [file.read_text(encoding="ascii").strip() for file in files if file.is_file()]
    limit = min((int(text) for text in found if text.isdigit()), default=sys.maxsize)
    free = 1024 * kilobytes.get("MemAvailable", kilobytes["MemFree"])
    whole = 1024 * (kilobytes["MemTotal"] + kilobytes.get("SwapTotal", 0))
    return min(free, limit), min(whole, limit)


def check_memory(name: str, memory: Memory) -> None:
    """Say before a stage begins that it will take more memory than is free.

    Raises:
        StageError: it would take twice what the machine has, and be killed after hours.
    """
    from polars import len as n_rows
    from polars import scan_parquet
    from polars.exceptions import PolarsError

    there = free_memory()
    if there is None or not memory.table.is_file():
        return
    try:
        rows = scan_parquet(memory.table).select(n_rows()).collect().item()
    except (PolarsError, OSError):
        return  # the stage says what is wrong with its table
    needed, (free, whole) = memory.besides + rows * memory.a_row, there
    if needed <= free:
        return
    problem = (
        f"{rows:,} {memory.table.stem} will take about {needed / 1e9:.1f} GB of memory, and of "
        f"{whole / 1e9:.1f} GB {free / 1e9:.1f} are free; to fix: close other programs, take a "
        f"larger machine, or read fewer documents (acquire.profile in configs/params.yaml)"
    )
    if needed > _HOPELESS * whole:
        raise StageError(problem)
    say(f"{name}: {problem}")


def run_stage(
    name: str, help_text: str, stage: Callable[[], None], memory: Memory | None = None
) -> None:
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
        with named_disk_errors(), only_run(name):
            clear_parts(OUTPUTS / name)
            if memory:
                check_memory(name, memory)
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
    finally:
        leave_uncollected()


Work = Callable[[list[str]], bytes]
"""Texts of a piece to a result."""


class _Worker:
    """One process of the cluster; loads what it needs once."""

    def __init__(self, load: Callable[[], Work]) -> None:
        self._work = load()

    def __call__(self, piece: dict[str, Any]) -> dict[str, Any]:
        return {"number": piece["number"], "result": self._work(list(piece["texts"]))}


def spread(pieces: Sequence[list[str]], load: Callable[[], Work]) -> Iterator[bytes]:
    """The result of each piece, in order.

    Args:
        pieces: texts; each list is worked on by one process at a time.
        load: makes the work; called once in every process, so it must be importable there.

    Raises:
        StageError: Ray is not installed, or the cluster cannot do the work.
    """
    if not pieces:
        return
    ray = _started()
    rows = [{"number": number, "texts": piece} for number, piece in enumerate(pieces)]
    workers = max(1, min(len(pieces), int(ray.cluster_resources().get("CPU", 1))))
    done = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
        _Worker, fn_constructor_args=(load,), num_cpus=1, concurrency=(1, workers)
    )
    waiting: dict[int, bytes] = {}
    wanted = 0
    try:
        for row in done.iter_rows():
            waiting[row["number"]] = row["result"]
            while wanted in waiting:
                yield waiting.pop(wanted)
                wanted += 1
    except ray.exceptions.RayError as error:
        reason = " ".join(str(error).split())[-300:]
        raise StageError(f"the Ray cluster could not do the work: {reason}") from error
    if wanted != len(pieces):
        raise StageError(f"the Ray cluster gave {wanted} of {len(pieces)} pieces back")


def _started() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anybody
    try:
        import ray
        import ray.data
    except ImportError:
        raise StageError(
            "executor is ray, but Ray is not installed; pip install 'peacetext[ray]', "
            "or set executor to local"
        ) from None
    if not ray.is_initialized():
        ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.WARNING)
    ray.data.DataContext.get_current().enable_progress_bars = False
    return ray
