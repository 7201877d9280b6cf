"""Vectors in few dimensions: UMAP over exact nearest neighbours.

A projection that was computed before is not computed again, so that other settings of the
clustering, or other words for topics, cost their own only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.run.caches import ResultCache, cache_folder, code_hash
from pipeline.run.settings import TopicSettings
from pipeline.run.types import Vectors

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Strings = npt.NDArray[np.str_]

_ROWS_AT_ONCE = 1024
_LIBRARIES = ("umap-learn", "pynndescent", "numba", "numpy", "scipy", "scikit-learn")


def project(vectors: Vectors, settings: TopicSettings, seeds: Sequence[int]) -> list[Floats]:
    """UMAP for each seed, float [n, n_components], over the same exact nearest neighbours.

    Neighbours by exhaustive search: the approximate search of UMAP is one more thing that changes
    from seed to seed.
    """
    from tqdm import tqdm

    neighbours = nearest_neighbours(vectors, settings.n_neighbors)
    bar = tqdm(seeds, desc="topics", unit="fit", disable=len(vectors) < 1000)
    shape = settings.model_dump(include={"n_neighbors", "n_components", "min_dist", "n_epochs"})
    return [umap_projection(vectors, seed, neighbours=neighbours, **shape) for seed in bar]


def nearest_neighbours(
    vectors: Vectors, n_neighbours: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Rows and cosine distances of each vector's nearest, itself first; [n, n_neighbours] each."""
    rows = np.empty((len(vectors), n_neighbours), dtype=np.int32)
    distances = np.empty((len(vectors), n_neighbours), dtype=np.float32)
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        part = slice(start, min(start + _ROWS_AT_ONCE, len(vectors)))
        far = np.clip(1 - vectors[part] @ vectors.T, 0, None).round(6)
        far[np.arange(part.stop - start), np.arange(start, part.stop)] = -1  # itself comes first
        near = np.sort(np.argpartition(far, n_neighbours - 1, axis=1)[:, :n_neighbours], axis=1)
        found = np.take_along_axis(far, near, axis=1)
        order = np.argsort(found, axis=1, kind="stable")
        rows[part] = np.take_along_axis(near, order, axis=1)
        distances[part] = np.clip(np.take_along_axis(found, order, axis=1), 0, None)
    return rows, distances


def umap_projection(
    vectors: Vectors,
    seed: int,
    *,
    n_neighbors: int,
    n_components: int,
    min_dist: float = 0.0,
    n_epochs: int | None = None,
    neighbours: Any = None,
) -> Floats:
    """Places of the vectors in few dimensions, float [n, n_components]; each computed once, ever.

    Without ``neighbours`` UMAP looks for them in its own way.
    """
    shape = {"n_neighbors": n_neighbors, "n_components": n_components, "min_dist": min_dist}
    options = {**shape, "n_epochs": n_epochs, "random_state": seed % 2**32}
    known = _known_layouts()
    key = _key(vectors, neighbours or (), options)
    kept = known.find([key]).get(key)
    if kept is None:
        kept = _fit(vectors, options, neighbours).tobytes()
        known.add([(key, kept)])
    coordinates: Floats = (
        np.frombuffer(kept, np.float32).reshape(-1, n_components).astype(np.float64)
    )
    return coordinates


def _fit(vectors: Vectors, options: dict[str, Any], neighbours: Any) -> npt.NDArray[np.float32]:
    import warnings

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="precomputed_knn")  # small corpora are exact
        projection: npt.NDArray[np.float32] = _umap()(
            **options,
            metric="cosine",
            n_jobs=1,
            init="spectral" if len(vectors) > 10 * options["n_components"] else "random",
            precomputed_knn=neighbours or (None, None, None),
        ).fit_transform(vectors)
    return projection.astype(np.float32, copy=False)


@cache
def _umap() -> Callable[..., Any]:
    """UMAP, whose compiled functions numba keeps from run to run: five seconds each time."""
    import umap
    from numba.core.dispatcher import Dispatcher

    for module in (umap.umap_, umap.layouts):
        for one in vars(module).values():
            if isinstance(one, Dispatcher):
                one.enable_caching()
    model: Callable[..., Any] = umap.UMAP
    return model


def _known_layouts() -> ResultCache:
    """Layouts of this version of the libraries; another processor may round another way."""
    from llvmlite.binding import get_host_cpu_name

    code = code_hash([Path(__file__)], _LIBRARIES)
    return ResultCache(cache_folder() / f"layouts-{code}-{get_host_cpu_name()}.sqlite")


def _key(vectors: Vectors, neighbours: Sequence[Any], options: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(options, sort_keys=True).encode())
    for array in (vectors, *neighbours):
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def project_map(vectors: Vectors, settings: TopicSettings, seed: int) -> Floats:
    """Places on a plane, float [n, 2]: UMAP to two dimensions, for the eye only."""
    neighbours = nearest_neighbours(vectors, settings.n_neighbors)
    return umap_projection(
        vectors,
        seed,
        n_neighbors=settings.n_neighbors,
        n_components=2,
        min_dist=0.1,
        n_epochs=settings.n_epochs,
        neighbours=neighbours,
    )
