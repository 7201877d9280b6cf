"""Vectors without the directions of the groups that passages come from."""

from __future__ import annotations

import numpy as np

from pipeline.topics.measures import Strings
from pipeline.vector_cache import Vectors


def without_group_means(vectors: Vectors, groups: Strings, shrinkage: float) -> Vectors:
    """Move each group's mean to the mean of all, then give each vector length 1 again.

    Passages of one mission, or of the article, lie together because of who speaks and where, not
    only because of what is said. Taking the group's mean away (the location part of ComBat, Johnson
    et al. 2007; compare the common-component removal of Arora, Liang and Ma 2017) leaves the
    differences within groups. A small group's mean is shrunk towards that of all.

    Args:
        vectors: float32 [n, dimension].
        groups: [n]; each group is moved by its own mean.
        shrinkage: a group of n passages is moved by n / (n + shrinkage) of its distance.
    """
    moved = vectors.astype(np.float64)
    centre = moved.mean(axis=0)
    for group in np.unique(groups):
        rows = groups == group
        weight = rows.sum() / (rows.sum() + shrinkage)
        moved[rows] -= weight * (moved[rows].mean(axis=0) - centre)
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    unit: Vectors = (moved / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return unit
