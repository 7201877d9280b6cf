"""A refined beginning makes k-means find what is there, whatever its seed, and hides nothing."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from pipeline.run.settings import TopicSettings, load_settings
from pipeline.topics.fitting import agreement_of, group

GROUPS = 16


@pytest.fixture(scope="module")
def planted() -> tuple[np.ndarray, np.ndarray]:
    """Places in sixteen round groups of unequal size, and the number of each place's group."""
    random = np.random.default_rng(3)
    number = np.repeat(np.arange(GROUPS), random.integers(15, 90, GROUPS))
    centres = random.uniform(-12, 12, size=(GROUPS, 4))
    return centres[number] + random.normal(scale=0.7, size=(len(number), 4)), number


def settings_of(clusters: str) -> TopicSettings:
    return load_settings().topics.model_copy(update={"clusters": clusters, "n_topics": GROUPS})


def test_every_seed_finds_the_planted_groups(planted: tuple[np.ndarray, np.ndarray]) -> None:
    places, number = planted
    for seed in range(5):
        found = group(places, settings_of("refined_kmeans"), seed)
        assert adjusted_rand_score(number, found) > 0.99


def test_fits_with_other_seeds_share_nothing_where_nothing_is_there() -> None:
    # given places without groups
    noise = np.random.default_rng(0).normal(size=(600, 20))
    # when they are grouped with several seeds
    fits = [group(noise, settings_of("refined_kmeans"), seed) for seed in range(4)]
    # then the groups differ: no fixed beginning makes them agree
    assert agreement_of(fits).ari < 0.5


def test_the_same_seed_gives_the_same_groups(planted: tuple[np.ndarray, np.ndarray]) -> None:
    places, _ = planted
    one, two = (group(places, settings_of("refined_kmeans"), 7) for _ in range(2))
    assert np.array_equal(one, two)
