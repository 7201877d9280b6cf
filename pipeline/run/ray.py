"""Work in pieces on the workers of a Ray cluster, with the results in the order of the pieces.

Ray Data keeps the queue, moves the pieces and gives those of a worker that died to another one.
A piece is worked on as a whole, in one process, so that its result does not depend on how many
workers there are. Which cluster: RAY_ADDRESS, or else one that is started on this machine.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pipeline.run.errors import StageError

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
