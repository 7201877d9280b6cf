"""Classifiers come back from disk with the same answers, or say that they cannot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.run.errors import InputError, StageError
from pipeline.themes.combination import Combination, ThemeText
from pipeline.themes.samples import Sample
from pipeline.themes.scoring import SavedThemes, load_themes, save_themes

TEXTS = ("patrols reach villages at night", "courts try grave crimes", "patrols guard courts") * 6


@pytest.fixture(scope="module")
def trained() -> SavedThemes:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(18, 8)).astype(np.float32)
    labels = np.array([["patrols" in text, "courts" in text] for text in TEXTS])
    themes = ThemeText(("Patrols by night.", "Courts."), np.eye(8, dtype=np.float32)[:2])
    model = Combination(themes)
    model.fit(Sample(TEXTS, vectors, labels, tuple(f"g{i}" for i in range(18))))
    return SavedThemes(
        ("patrols", "courts"), model.fitted_for(""), np.array([0.4, 0.6]), {"un": 18}, "f00"
    )


def _places(folder: Path) -> tuple[Path, Path]:
    return folder / "model.safetensors", folder / "model.json"


def test_what_was_saved_answers_as_before(trained: SavedThemes, tmp_path: Path) -> None:
    save_themes(trained, *_places(tmp_path))
    loaded = load_themes(*_places(tmp_path))
    vectors = np.random.default_rng(1).normal(size=(2, 8)).astype(np.float32)
    texts = ["patrolling at night", "a court, and patrols"]
    before, after = (
        one.fitted.probability(one.fitted.evidence(texts, vectors)) for one in (trained, loaded)
    )
    assert np.array_equal(before, after)
    assert (loaded.theme_ids, loaded.trained_on, loaded.encoder) == (
        ("patrols", "courts"),
        {"un": 18},
        "f00",
    )
    assert loaded.thresholds.tolist() == [0.4, 0.6]


def test_saving_twice_gives_the_same_bytes(trained: SavedThemes, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        save_themes(trained, *_places(tmp_path / name))
    for first, second in zip(_places(tmp_path / "one"), _places(tmp_path / "two"), strict=True):
        assert first.read_bytes() == second.read_bytes()


def test_weights_of_another_run_are_refused(trained: SavedThemes, tmp_path: Path) -> None:
    weights, card = _places(tmp_path)
    save_themes(trained, weights, card)
    weights.write_bytes(weights.read_bytes()[:-8] + b"\0" * 8)
    with pytest.raises(StageError, match="is not the file that"):
        load_themes(weights, card)


@pytest.mark.parametrize("content", ["{", "{}", '{"weights_sha256": 3}'])
def test_a_damaged_card_is_said_in_one_line(
    trained: SavedThemes, tmp_path: Path, content: str
) -> None:
    weights, card = _places(tmp_path)
    save_themes(trained, weights, card)
    card.write_text(content)
    with pytest.raises(StageError, match="run: dvc repro -f themes"):
        load_themes(weights, card)


def test_without_a_run_the_fix_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="run: dvc repro themes"):
        load_themes(*_places(tmp_path))
