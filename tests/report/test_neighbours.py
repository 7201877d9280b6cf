"""The nearest passages, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.report import explorer
from pipeline.report.explorer import nearest_passages

ANGLES = {"north": 0, "north again": 10, "east": 90, "south": 185}


def directions(texts: list[str]) -> np.ndarray:
    angles = np.radians([ANGLES[text] for text in texts])
    return np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)


def test_nearest_first_and_never_itself() -> None:
    texts = list(ANGLES)
    nearest = nearest_passages(directions(texts), texts, n=2)
    named = [[texts[row] for row in rows] for rows in nearest]
    assert named == [
        ["north again", "east"],
        ["north", "east"],
        ["north again", "north"],
        ["east", "north again"],
    ]


def test_a_repeated_text_counts_once_and_is_no_neighbour_of_itself() -> None:
    texts = ["north", "south", "north", "east", "north"]
    nearest = nearest_passages(directions(texts), texts, n=2)
    assert nearest.tolist() == [[3, 1], [3, 0], [3, 1], [0, 1], [3, 1]]


def test_fewer_texts_than_neighbours() -> None:
    assert nearest_passages(directions(["north"]), ["north"]).shape == (1, 0)
    assert nearest_passages(directions(["north", "east"]), ["north", "east"]).tolist() == [[1], [0]]


@pytest.mark.parametrize("at_once", [25_000_000, 3000 * 7])
def test_blocks_do_not_change_the_result(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer, "_MOST_AT_ONCE", at_once)
    random = np.random.default_rng(1)
    vectors = random.normal(size=(3000, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    nearest = nearest_passages(vectors, [str(row) for row in range(3000)])
    likeness = vectors[2500] @ vectors.T
    likeness[2500] = -2
    assert nearest[2500].tolist() == np.argsort(-likeness)[:5].tolist()


def scattered(n: int, dimension: int) -> np.ndarray:
    """Directions about forty centres, as texts lie about their subjects."""
    random = np.random.default_rng(1)
    centres = random.normal(size=(40, dimension))[random.integers(0, 40, n)]
    vectors = (centres + 0.5 * random.normal(size=(n, dimension))).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_a_large_corpus_cut_into_parts_loses_hardly_a_neighbour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors, texts = scattered(12_000, 32), [str(row) for row in range(12_000)]
    of_all = nearest_passages(vectors, texts)
    monkeypatch.setattr(explorer, "COMPARED_WHOLE", 1000)
    in_parts = nearest_passages(vectors, texts)
    found = [len(set(one) & set(other)) / 5 for one, other in zip(of_all, in_parts, strict=True)]
    assert np.mean(found) > 0.97
    assert (in_parts != np.arange(12_000)[:, None]).all()
    assert (nearest_passages(vectors, texts) == in_parts).all()


def test_parts_find_the_same_where_each_text_is_looked_for_in_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors = scattered(500, 16)
    vectors[100:140] = vectors[100]  # more texts with one vector than there are neighbours
    texts = [str(row) for row in range(500)]
    of_all = nearest_passages(vectors, texts)
    monkeypatch.setattr(explorer, "COMPARED_WHOLE", 100)
    in_parts = nearest_passages(vectors, texts)
    alike = np.isin(np.arange(500), np.arange(100, 140))
    near_none = ~alike & ~alike[of_all].any(axis=1)  # any of equal vectors may be taken
    assert near_none.sum() > 400
    assert (in_parts[near_none] == of_all[near_none]).all()
    assert alike[in_parts[100:140]].all()
