"""Ridge regression that tells, without fitting again, what it would say of a group left out.

With 10 to 50 positives a theme there is nothing to spare for a set of its own, and the
combination of several kinds of evidence must be learnt from predictions on units that the
evidence was not learnt from. For a ridge these are known exactly from one fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.themes.samples import Booleans, Floats, Integers

_NEVER = -1.0
"""The answer for a theme that no unit has."""


@dataclass(frozen=True)
class Ridge:
    """A fitted ridge, one column a theme.

    Attributes:
        dual: float [n, themes], the weight of each unit; 0 for a theme that no unit has.
        bias: float [themes].
        held_out: float [n, themes], the answer for each unit had its group not been there.
    """

    dual: Floats
    bias: Floats
    held_out: Floats


def balanced_ridge(
    products: Floats, labels: Booleans, groups: Sequence[str], penalty: float
) -> Ridge:
    """Regress -1 (theme absent) and 1 (present) on the units, both classes weighing the same.

    With K the products of the units' features plus 1 for the bias, W the diagonal of class weights
    n / (2 n_class) and M = (K + penalty / W)^-1, the weights of the units are a = M y. What the
    ridge would say of a group G without it is y_G - M_GG^-1 a_G (Rifkin and Lippert 2007, "Notes on
    Regularized Least Squares", section 5, for single units; the block form follows in the same way
    from the partitioned inverse). Class weights are those of all units.

    Args:
        products: inner products of the units' features, float [n, n].
        labels: bool [n, themes].
        groups: what is left out together, one a unit.
        penalty: larger is smoother.
    """
    members = _members(groups)
    sizes, directions = np.linalg.eigh(products + 1.0)
    columns = [_column(sizes, directions, present, members, penalty) for present in labels.T]
    dual = np.column_stack([dual for dual, _ in columns])
    held_out = np.column_stack([held_out for _, held_out in columns])
    bias = np.where(labels.any(axis=0), dual.sum(axis=0), _NEVER)
    return Ridge(dual, bias, held_out)


def _members(groups: Sequence[str]) -> list[Integers]:
    """The rows of each group."""
    _, member = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    return [np.flatnonzero(member == group) for group in range(member.max() + 1)]


def _column(
    sizes: Floats, directions: Floats, present: Booleans, members: list[Integers], penalty: float
) -> tuple[Floats, Floats]:
    """Dual weights and held-out answers of one theme, each float [n].

    One decomposition of K serves all themes. With the weight of the absent class for every unit the
    inverse is B = (K + c)^-1; the units that have the theme, few, change it by a matrix of their
    number (Woodbury's identity): M = B - B_P d (1 + d B_PP)^-1 B_P'.
    """
    n, n_present = len(present), int(present.sum())
    if not n_present:
        return np.zeros(n), np.full(n, _NEVER)
    target = np.where(present, 1.0, -1.0)
    common = 2 * penalty * max(1, n - n_present) / n
    more = 2 * penalty * n_present / n - common
    scaled = directions / (sizes + common)
    of_present = scaled @ directions[present].T
    core = more * np.linalg.inv(np.eye(n_present) + more * of_present[present])
    plain = scaled @ (directions.T @ target)
    dual = np.asarray(plain - of_present @ (core @ plain[present]), dtype=np.float64)
    held_out = np.empty(n)
    for rows in members:
        block = scaled[rows] @ directions[rows].T - of_present[rows] @ core @ of_present[rows].T
        held_out[rows] = target[rows] - np.linalg.solve(block, dual[rows])
    return dual, held_out
