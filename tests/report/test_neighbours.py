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
