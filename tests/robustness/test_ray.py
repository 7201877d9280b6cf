"""What a Ray cluster computes is what one machine computes, also when a worker is killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.embed import __main__ as embed_stage
from pipeline.embed.__main__ import RayEncoder
from pipeline.ingest.readers import read_file
from pipeline.run.errors import StageError
from pipeline.run.settings import load_settings
from pipeline.run.stage import Work, spread
from pipeline.segment import passages
from pipeline.segment.passages import load_splitter, split_sentences
from pipeline.vectors import processor
from pipeline.vectors.encoder import load_sentence_encoder

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'peacetext[ray]'")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """A cluster on this machine with room for two workers."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        object_store_memory=100_000_000,
        runtime_env={"env_vars": {"PYTHONPATH": str(Path.cwd())}},
    )
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def texts() -> list[str]:
    content = Path("corpus/article/gilder-2026.txt").read_bytes()
    reading = read_file(content, "article", ".txt", load_settings().ingest)
    return [block.text for block in reading.blocks][:60]


def _dies_once(load: partial[Work], grave: Path) -> Work:
    """The work of ``load``; the process that does the first piece is killed in the middle of it."""
    work = load()

    def killed_at_first(texts: list[str]) -> bytes:
        try:
            grave.touch(exist_ok=False)
        except FileExistsError:
            return work(texts)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("still alive")

    return killed_at_first


def test_vectors_of_a_cluster_that_loses_a_worker_are_bit_for_bit_those_of_one_machine(
    cluster: None, texts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings().embed
    here = load_sentence_encoder(settings)
    there = RayEncoder(here.model, here.card, here.precision, settings=settings)
    monkeypatch.setattr(embed_stage, "PIECE", 10)
    grave = tmp_path / "grave"
    load = partial(
        embed_stage.load_work, settings, processor(here.model.device.type, here.precision)
    )
    monkeypatch.setattr(
        embed_stage, "spread", lambda pieces, _: spread(pieces, partial(_dies_once, load, grave))
    )
    assert np.array_equal(there.encode(texts), here.encode(texts))
    assert grave.exists()


def test_sentences_of_a_cluster_are_those_of_one_machine(
    cluster: None, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passages, "BATCH", 20)
    there = list(passages.split_on_ray(texts))
    assert there == list(split_sentences(load_splitter(), texts))


def _refuses() -> Work:
    def work(texts: list[str]) -> bytes:
        raise ValueError("no such model")

    return work


def test_work_that_fails_is_one_line_with_its_reason(cluster: None) -> None:
    with pytest.raises(StageError, match="the Ray cluster could not do the work"):
        list(spread([["a"]], _refuses))


def test_no_pieces_start_no_cluster() -> None:
    assert list(spread([], _refuses)) == []
    assert pl.Series(list(passages.split_on_ray([]))).is_empty()
