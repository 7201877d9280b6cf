"""Vectors in few dimensions: UMAP over exact nearest neighbours.

A projection that was computed before is not computed again. Topics need none: it draws the map, and
is a part of BERTopic's defaults, beside which our topics stand.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.run.arrays import Floats, Integers, Vectors
from pipeline.run.caches import ResultCache, cache_folder, code_hash

_ROWS_AT_ONCE = 1024
_MAP_NEIGHBOURS = 15
_MAP_ROUNDS = 200
_LIBRARIES = (
    "bertopic",
    "hdbscan",
    "umap-learn",
    "pynndescent",
    "numba",
    "numpy",
    "scipy",
    "scikit-learn",
)


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
    neighbours: Any,
) -> Floats:
    """Places of the vectors in few dimensions, float [n, n_components]; computed once, ever."""
    shape = {"n_neighbors": n_neighbors, "n_components": n_components, "min_dist": min_dist}
    options = {**shape, "n_epochs": n_epochs}

    def fit(seeds: list[int]) -> list[npt.NDArray[np.float32]]:
        return [_fit(vectors, options | {"random_state": one}, neighbours) for one in seeds]

    kept = remembered(
        json.dumps(options, sort_keys=True), [vectors, *neighbours], [seed % 2**32], fit
    )
    return kept[0].astype(np.float64)


def remembered(
    name: str,
    arrays: Sequence[npt.NDArray[Any]],
    seeds: Sequence[int],
    make: Callable[[list[int]], list[npt.NDArray[Any]]],
) -> list[npt.NDArray[Any]]:
    """One array for each seed; what was made before of the same arrays is not made again.

    Args:
        name: of what is made, with its settings.
        arrays: that it is made of.
        seeds: of what is made.
        make: makes the arrays of the seeds that are not known.
    """
    known = _known_layouts()
    key_of = {seed: _key(arrays, f"{name} {seed}") for seed in seeds}
    found = known.find(list(key_of.values()))
    missing = [seed for seed in seeds if key_of[seed] not in found]
    made = {
        key_of[seed]: _packed(array)
        for seed, array in zip(missing, make(missing) if missing else [], strict=True)
    }
    known.add(made.items())
    return [_unpacked((found | made)[key_of[seed]]) for seed in seeds]


def _packed(array: npt.NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def _unpacked(content: bytes) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = np.load(io.BytesIO(content), allow_pickle=False)
    return array


def _fit(vectors: Vectors, options: dict[str, Any], neighbours: Any) -> npt.NDArray[np.float32]:
    import warnings

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="precomputed_knn")  # small corpora are exact
        projection: npt.NDArray[np.float32] = _umap()(
            **options,
            metric="cosine",
            n_jobs=1,
            init="spectral" if len(vectors) > 10 * options["n_components"] else "random",
            precomputed_knn=neighbours,
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


def _key(arrays: Sequence[npt.NDArray[Any]], name: str) -> str:
    digest = hashlib.sha256(name.encode())
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def project_map(vectors: Vectors, seed: int, rows: Integers) -> Floats:
    """Places on a plane, float [n, 2], for the eye only: another processor draws another map.

    UMAP of the rows; another vector lies amid its five nearest of them.
    """
    n_neighbors = min(_MAP_NEIGHBOURS, max(5, len(rows) // 10))
    neighbours = nearest_neighbours(vectors[rows], n_neighbors)
    drawn = umap_projection(
        vectors[rows],
        seed,
        n_neighbors=n_neighbors,
        n_components=2,
        min_dist=0.1,
        n_epochs=_MAP_ROUNDS,
        neighbours=neighbours,
    )
    if len(rows) == len(vectors):
        return drawn
    amid: Floats = drawn[_nearest_of(vectors, vectors[rows])].mean(axis=1)
    return amid


def _nearest_of(vectors: Vectors, others: Vectors) -> Integers:
    """The five rows of the others that are nearest to each vector by cosine, int [n, 5]."""
    found = [
        np.argpartition(-(vectors[start : start + _ROWS_AT_ONCE] @ others.T).round(6), 5)[:, :5]
        for start in range(0, len(vectors), _ROWS_AT_ONCE)
    ]
    return np.vstack(found).astype(np.int64)
