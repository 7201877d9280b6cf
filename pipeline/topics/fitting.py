"""Fitting topics: once for good, and again with other seeds and on samples to see what stays."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.run.arrays import Booleans, Floats, Integers, Vectors
from pipeline.run.caches import ResultCache, cache_folder, code_hash
from pipeline.run.settings import TopicSettings
from pipeline.run.stage import in_processes
from pipeline.run.tables.topics import OUTLIER
from pipeline.topics.clustering import (
    CODE,
    WIDEST,
    ConsensusClustering,
    agreement_of,
    best_match_jaccard,
    matched,
    processes_worth,
)

REFITTED = 0.9
"""Part of the texts in the sample that a refit sees."""
_PASSAGES_A_TOPIC = 12  # a small corpus gets one topic for so many passages
_MAP_NEIGHBOURS = 15
_MAP_EPOCHS = 200  # what UMAP takes by itself for more than 10,000 texts
_ENOUGH_FOR_SPECTRAL = 20  # texts
_FEWEST_BESIDE = 3_000  # texts; below that starting a process takes longer
_IDLE_SECONDS = 60  # after which the process beside ends, should this one have been killed
_LIBRARIES = ("bertopic", "hdbscan", "umap-learn", "pynndescent", "numba", "numpy", "scikit-learn")


@dataclass(frozen=True)
class Refit:
    """One more model: with another seed, or with another seed and on a sample.

    Attributes:
        seen: boolean [n], the texts that it was fitted on.
        topics: int [n] by number of topics; of texts not seen what it gives to new texts.
    """

    seen: Booleans
    topics: Mapping[int, Integers]

    def fitted(self, n_topics: int) -> Integers:
        """Its topics of the texts that it saw, and `NOT_SEEN` for the others."""
        return np.where(self.seen, self.topics[n_topics], NOT_SEEN)


NOT_SEEN = OUTLIER - 1


@dataclass(frozen=True)
class Stability:
    """How far models agree that share nothing but the texts, or nine in ten of them.

    Attributes:
        between_seeds: mean pairwise adjusted Rand index of whole models with other seeds.
        between_samples: the same of models of samples, on the texts that both saw.
        topics_between_seeds: float [topics], mean best-match Jaccard (Hennig 2007).
        topics_between_samples: the same with models of samples, on the texts that these saw.
        new_texts: share of the texts left out of a sample that its model gives the topic they have.
        by_number: between_samples for every number of topics that was tried.
    """

    between_seeds: float
    between_samples: float
    topics_between_seeds: Floats
    topics_between_samples: Floats
    new_texts: float
    by_number: Mapping[int, float]

    @property
    def topics(self) -> Floats:
        """The harder of the two figures of each topic."""
        return np.minimum(self.topics_between_seeds, self.topics_between_samples)


def fitting_settings(settings: TopicSettings, n_texts: int, dimension: int) -> TopicSettings:
    """The settings that fit so many texts and so long vectors: a small corpus gets fewer topics."""
    most = max(2, n_texts // _PASSAGES_A_TOPIC)
    n_groups = min(settings.n_groups, most)
    n_topics = settings.n_topics if settings.n_topics == "auto" else min(settings.n_topics, most)
    return settings.model_copy(
        update={
            "n_groups": n_groups,
            "n_topics": n_topics,
            "n_components": min(settings.n_components, n_texts // 2, dimension),
            "min_term_passages": min(settings.min_term_passages, max(1, n_texts // (6 * n_groups))),
        }
    )


def projection(settings: TopicSettings) -> Any:
    """First principal components of vectors, rows then of length 1: a scikit-learn pipeline."""
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import Normalizer

    return make_pipeline(PCA(settings.n_components, svd_solver="covariance_eigh"), Normalizer())


def clustering(settings: TopicSettings, n_topics: int, seed: int, n_jobs: int = -1) -> Any:
    """The clustering that settings name, not fitted yet."""
    return ConsensusClustering(
        n_topics=n_topics,
        n_groups=settings.n_groups,
        n_fits=settings.fits,
        min_agreement=settings.min_agreement,
        seed=seed,
        n_jobs=n_jobs,
    )


def numbers_of_topics(settings: TopicSettings) -> list[int]:
    """The numbers of topics that are tried: the one that was set, or all near that of one fit."""
    if settings.n_topics != "auto":
        return [settings.n_topics]
    fewest = max(2, round((2 - WIDEST) * settings.n_groups))
    return list(range(fewest, max(fewest, int(WIDEST * settings.n_groups)) + 1))


def refits(vectors: Vectors, settings: TopicSettings, seed: int) -> list[Refit]:
    """``settings.refits`` models with other seeds, and as many on samples, side by side.

    Args:
        vectors: float32 [n, dimension].
        settings: those that fit the corpus.
        seed: of the model that these stand beside; no refit has it.
    """
    tasks = dict(_refits_to_make(len(vectors), settings.refits, seed))
    numbers = numbers_of_topics(settings)

    def fit_unknown(unknown: list[int]) -> list[Integers]:
        calls = [(vectors, settings, one, tasks[one], numbers) for one in unknown]
        return in_processes(_refit, calls, processes_worth(len(vectors), settings.fits))

    name = f"refits {settings.model_dump_json()}"
    found = remembered(name, [vectors], list(tasks), fit_unknown)
    return [
        Refit(seen, dict(zip(numbers, topics, strict=True)))
        for seen, topics in zip(tasks.values(), found, strict=True)
    ]


def _refits_to_make(n_texts: int, n_refits: int, seed: int) -> Iterator[tuple[int, Booleans]]:
    for number in range(1, n_refits + 1):
        yield seed + number, np.ones(n_texts, dtype=np.bool_)
    for number in range(n_refits + 1, 2 * n_refits + 1):
        seen = np.ones(n_texts, dtype=np.bool_)
        left_out = round((1 - REFITTED) * n_texts)
        seen[np.random.default_rng(seed + number).permutation(n_texts)[:left_out]] = False
        yield seed + number, seen


def _refit(
    vectors: Vectors, settings: TopicSettings, seed: int, seen: Booleans, numbers: Sequence[int]
) -> Integers:
    """Topics of every text by each number of topics, int [numbers, n]."""
    places = projection(settings).fit(vectors[seen].astype(np.float64))
    model = clustering(settings, numbers[0], seed, n_jobs=1).fit(places.transform(vectors[seen]))
    others = places.transform(vectors[~seen]) if not seen.all() else None
    topic = np.empty((len(numbers), len(vectors)), dtype=np.int64)
    for row, number in enumerate(numbers):
        topic[row, seen] = model.join(number).labels_
        if others is not None:
            topic[row, ~seen] = model.predict(others)
    return topic


def steadiest(made: Sequence[Refit]) -> tuple[int, dict[int, float]]:
    """The number of topics on which models of samples agree most, and how far for each number.

    Of numbers that are equal to three decimals the smallest.
    """
    samples = [one for one in made if not one.seen.all()]
    agreement = {
        number: agreement_of([one.fitted(number) for one in samples])
        for number in sorted(made[0].topics)
    }
    return max(agreement, key=lambda number: (round(agreement[number], 3), -number)), agreement


def stability(
    topic: Integers, made: Sequence[Refit], n_topics: int, by_number: Mapping[int, float]
) -> Stability:
    """How far the topics [n] are those of the refits; ``by_number`` is what `steadiest` found."""
    seeds = [one.fitted(n_topics) for one in made if one.seen.all()]
    samples = [one.fitted(n_topics) for one in made if not one.seen.all()]
    again = [
        (matched(topic, one.topics[n_topics]) == topic)[~one.seen].mean()
        for one in made
        if not one.seen.all()
    ]
    return Stability(
        between_seeds=agreement_of([topic, *seeds]),
        between_samples=agreement_of(samples),
        topics_between_seeds=best_match_jaccard(topic, seeds),
        topics_between_samples=best_match_jaccard(topic, samples),
        new_texts=float(np.mean(again)),
        by_number=by_number,
    )


def project_map(vectors: Vectors, seed: int, rows: Integers) -> Floats:
    """Places on a plane, float [n, 2], for the eye only: another processor draws another map.

    UMAP of the rows; another vector lies amid its five nearest of them.
    """
    from sklearn.neighbors import NearestNeighbors

    def draw(seeds: list[int]) -> list[npt.NDArray[Any]]:
        from umap import UMAP

        many = max(5, min(_MAP_NEIGHBOURS, len(rows) // 10))
        init = "spectral" if len(rows) > _ENOUGH_FOR_SPECTRAL else "random"
        models = [
            UMAP(many, metric="cosine", init=init, n_epochs=_MAP_EPOCHS, n_jobs=1, random_state=one)
            for one in seeds
        ]
        with exact_neighbours(models, vectors[rows]):
            return [model.fit_transform(vectors[rows]) for model in models]

    drawn: Floats = remembered("map", [vectors[rows]], [seed % 2**32], draw)[0].astype(np.float64)
    if len(rows) == len(vectors):
        return drawn
    near = NearestNeighbors(n_neighbors=5).fit(vectors[rows])  # all of length 1
    amid: Floats = drawn[near.kneighbors(vectors, return_distance=False)].mean(axis=1)
    return amid


@contextmanager
def exact_neighbours(models: Sequence[Any], vectors: Vectors) -> Iterator[None]:
    """Give UMAPs, all with as many neighbours, those of the vectors that they are fitted to.

    UMAP by itself looks for them in another way from 4,096 texts on, which finds nearly all and
    takes a minute and a half to compile, in every process. What else it compiles is kept.
    """
    import warnings

    from sklearn.neighbors import NearestNeighbors

    others = NearestNeighbors(n_neighbors=models[0].n_neighbors - 1, metric="cosine").fit(vectors)
    far, near = others.kneighbors()
    near = np.column_stack([np.arange(len(near)), near]).astype(np.int32)
    far = np.pad(far, ((0, 0), (1, 0))).astype(np.float32)  # each is its own nearest
    for model in models:
        model.precomputed_knn = (near, far)
    _keep_what_is_compiled()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "precomputed_knn")  # no other texts are placed later
        yield


def _keep_what_is_compiled() -> None:
    """Let numba keep on disk what it compiles of UMAP, which takes it 10 to 20 seconds."""
    from numba.core.dispatcher import Dispatcher
    from umap import layouts, umap_, utils

    for module in (layouts, umap_, utils):
        for function in vars(module).values():
            if isinstance(function, Dispatcher):
                with suppress(RuntimeError):  # no folder may be written
                    function.enable_caching()


@contextmanager
def one_beside(n_texts: int) -> Iterator[Any]:
    """An executor of one process, for what no second core makes faster; of few texts, this one.

    UMAP compiles its search for neighbours in each process that it runs in, 25 seconds: here once
    for all that is submitted. Sums are one thread's, so the bits do not depend on the cores.
    """
    from joblib.externals.loky import ProcessPoolExecutor

    if n_texts < _FEWEST_BESIDE:
        yield SimpleNamespace(submit=_done_here)
        return
    one_thread = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
    beside = ProcessPoolExecutor(1, timeout=_IDLE_SECONDS, env=one_thread)
    try:
        yield beside
    except BaseException:
        beside.shutdown(kill_workers=True)
        raise
    beside.shutdown()


def _done_here(work: Callable[..., Any], *arguments: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(work(*arguments))
    return future


def remembered(
    name: str,
    arrays: Sequence[npt.NDArray[Any]],
    seeds: Sequence[int],
    make: Callable[[list[int]], list[npt.NDArray[Any]]],
) -> list[npt.NDArray[Any]]:
    """One array for each seed; what was made before of the same arrays is not made again.

    Args:
        name: of what is made.
        arrays: that it is made of.
        seeds: of what is made.
        make: makes the arrays of the seeds that are not known.
    """
    from llvmlite.binding import get_host_cpu_name  # another processor may round another way

    code = code_hash([Path(__file__), CODE, Path(__file__).with_name("finding.py")], _LIBRARIES)
    cache = ResultCache(cache_folder() / f"layouts-{code}-{get_host_cpu_name()}.sqlite")
    digest = hashlib.sha256(name.encode())
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode() + array.tobytes())
    key_of = {seed: f"{digest.hexdigest()}-{seed}" for seed in seeds}
    found = cache.find(list(key_of.values()))
    missing = [seed for seed in seeds if key_of[seed] not in found]
    for seed, array in zip(missing, make(missing) if missing else [], strict=True):
        file = io.BytesIO()
        np.save(file, array, allow_pickle=False)
        found[key_of[seed]] = file.getvalue()
    cache.add((key_of[seed], found[key_of[seed]]) for seed in missing)
    return [np.load(io.BytesIO(found[key_of[seed]]), allow_pickle=False) for seed in seeds]
