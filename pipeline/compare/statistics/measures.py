"""Measures of agreement between a partition and themes, all from counts of passages.

Every measure here is a function of one table: how many passages of each group (topic) are of each
label kind, a kind being a set of themes together with the primary one among them. A stack of such
tables, one a permutation or resample, is measured in one go.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
RealNumbers = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

MEASURES = (
    "adjusted_mutual_information",
    "adjusted_rand",
    "v_measure",
    "homogeneity",
    "completeness",
    "purity",
    "inverse_purity",
    "harmonic_purity",
    "bcubed_precision",
    "bcubed_recall",
    "bcubed_f1",
    "omega",
)
"""The first eight compare groups with primary themes, the last four with all themes."""

_EXACT_IN_SINGLE = 2**24


@dataclass(frozen=True)
class LabelKinds:
    """The different labels that passages carry.

    Attributes:
        members: bool [kinds, themes], the themes of a kind; every kind has at least one.
        primary: int [kinds], the column of its primary theme.
    """

    members: Booleans
    primary: Integers

    @property
    def n_themes(self) -> int:
        """Number of themes, used or not."""
        return int(self.members.shape[1])

    @cached_property
    def shared(self) -> Integers:
        """int [kinds, kinds]: themes that two kinds have in common."""
        counts = self.members.astype(np.int64)
        shared: Integers = counts @ counts.T
        return shared


def label_kinds(members: Booleans, primary: Integers) -> tuple[LabelKinds, Integers]:
    """The different labels of n passages, and which of them each passage carries.

    Args:
        members: bool [n, themes].
        primary: int [n], a column of ``members`` that is true for the passage.
    """
    rows = np.column_stack([members.astype(np.int64), primary])
    different, kind = np.unique(rows, axis=0, return_inverse=True)
    return LabelKinds(different[:, :-1].astype(bool), different[:, -1]), kind.reshape(-1)


def count_tables(
    groups: npt.NDArray[np.signedinteger], kinds: Integers, n_groups: int, n_kinds: int
) -> Floats:
    """Passages by group and label kind, float [stack, n_groups, n_kinds].

    Args:
        groups: int [stack, n]; a passage with a negative group is not counted.
        kinds: int [n].
    """
    stack = len(groups)
    cells = (np.arange(stack)[:, None] * n_groups + groups) * n_kinds + kinds[None, :]
    counted = cells[groups >= 0]
    counts = np.bincount(counted, minlength=stack * n_groups * n_kinds)
    tables: Floats = counts.reshape(stack, n_groups, n_kinds).astype(np.float64)
    return tables


def measure(tables: Floats, kinds: LabelKinds, *, same_margins: bool) -> dict[str, Floats]:
    """Every measure of `MEASURES` for a stack of tables, each float [stack].

    Args:
        tables: [stack, groups, kinds], as by `count_tables`.
        kinds: what the last axis stands for.
        same_margins: all tables have the same sums (as under permutation), so that the expected
            mutual information is worked out once.
    """
    to_primary = np.zeros((len(kinds.primary), kinds.n_themes))
    to_primary[np.arange(len(kinds.primary)), kinds.primary] = 1
    return {
        **_primary_measures(tables @ to_primary, same_margins=same_margins),
        **_overlap_measures(tables, kinds),
    }


def _primary_measures(tables: Floats, *, same_margins: bool) -> dict[str, Floats]:
    """Measures of two partitions, from tables [stack, groups, themes]."""
    total = tables.sum((1, 2))
    group_entropy, theme_entropy = _entropy(tables.sum(2)), _entropy(tables.sum(1))
    information = group_entropy + theme_entropy - _entropy(tables.reshape(len(tables), -1))
    information = np.clip(information, 0, None)
    homogeneity = _ratio(information, theme_entropy, 1.0)
    completeness = _ratio(information, group_entropy, 1.0)
    purity = _ratio(tables.max(2).sum(1), total, np.nan)
    inverse_purity = _ratio(tables.max(1).sum(1), total, np.nan)
    expected = _expected_information(tables, same_margins=same_margins)
    mean_entropy = (group_entropy + theme_entropy) / 2
    return {
        "adjusted_mutual_information": _above_chance(information, expected, mean_entropy),
        "adjusted_rand": _adjusted_rand(tables),
        "v_measure": _harmonic_mean(homogeneity, completeness),
        "homogeneity": homogeneity,
        "completeness": completeness,
        "purity": purity,
        "inverse_purity": inverse_purity,
        "harmonic_purity": _harmonic_mean(purity, inverse_purity),
    }


def _entropy(counts: Floats) -> Floats:
    """Entropy in nats of each row of counts."""
    from scipy.special import xlogy

    total = counts.sum(1)
    entropy: Floats = np.log(np.maximum(total, 1)) - xlogy(counts, counts).sum(1) / np.maximum(
        total, 1
    )
    return entropy


def _expected_information(tables: Floats, *, same_margins: bool) -> Floats:
    """Expected mutual information of two partitions with these sums (Vinh et al. 2010)."""
    from sklearn.metrics.cluster import expected_mutual_information

    chosen = tables[:1] if same_margins else tables
    values = []
    for table in chosen:
        used = table[table.sum(1) > 0][:, table.sum(0) > 0].astype(np.int64)
        values.append(expected_mutual_information(used, int(used.sum())) if used.size else 0.0)
    return np.broadcast_to(np.array(values), len(tables)).astype(np.float64)


def _above_chance(observed: Floats, expected: Floats, largest: Floats) -> Floats:
    """(observed - expected) / (largest - expected); two partitions without choice agree fully."""
    room = largest - expected
    return np.where(np.abs(room) < 1e-12, 1.0, (observed - expected) / np.where(room, room, 1))


def _adjusted_rand(tables: Floats) -> Floats:
    """Hubert and Arabie (1985), from pairs of passages."""
    together = _pairs(tables).sum((1, 2))
    in_groups, in_themes = _pairs(tables.sum(2)).sum(1), _pairs(tables.sum(1)).sum(1)
    all_pairs = np.maximum(_pairs(tables.sum((1, 2))), 1)
    return _above_chance(together, in_groups * in_themes / all_pairs, (in_groups + in_themes) / 2)


def _pairs(counts: Floats) -> Floats:
    return counts * (counts - 1) / 2


def _overlap_measures(tables: Floats, kinds: LabelKinds) -> dict[str, Floats]:
    """Measures that let a passage have several themes; a passage has one group."""
    near = _companions(tables, kinds.shared > 0)
    precision, recall = _bcubed(tables, near, kinds.shared)
    return {
        "bcubed_precision": precision,
        "bcubed_recall": recall,
        "bcubed_f1": _harmonic_mean(precision, recall),
        "omega": _omega(tables, near, kinds.shared),
    }


def _companions(tables: Floats, relation: Booleans) -> Floats:
    """For each group and kind the group's passages of kinds so related, float [stack, ...].

    They are whole numbers, which single precision holds and adds up exactly, in half the time.
    """
    fits = tables.sum((1, 2)).max(initial=0) < _EXACT_IN_SINGLE
    kind = np.float32 if fits else np.float64
    companions: Floats = (tables.astype(kind) @ relation.astype(kind)).astype(np.float64)
    return companions


def _bcubed(tables: Floats, near: Floats, shared: Integers) -> tuple[Floats, Floats]:
    """B-cubed precision and recall extended to overlap (Amigo et al. 2009).

    For two passages e and e' with C common groups and L common themes, multiplicity precision is
    min(C, L) / C and multiplicity recall min(C, L) / L; precision is the mean over e of the mean
    over all e' with C > 0 (e itself among them), recall likewise with L > 0. As a passage has one
    group, C is 0 or 1: precision counts the group's passages that share any theme with e, and
    recall gives each passage of e's group 1 / L.
    """
    total = np.maximum(tables.sum((1, 2)), 1)
    related = (shared > 0).astype(np.float64)
    weight = np.divide(1.0, shared, where=shared > 0, out=np.zeros(shared.shape))
    alike = (near * tables).sum(2)
    precision = _ratio(alike, tables.sum(2), 0.0).sum(1) / total
    relatives = tables.sum(1) @ related
    found = ((tables @ weight) * tables).sum(1)
    recall = _ratio(found, relatives, 0.0).sum(1) / total
    return precision, recall


def _omega(tables: Floats, near: Floats, shared: Integers) -> Floats:
    """Omega index (Collins and Dent 1988): the adjusted Rand index for overlapping groups.

    Two solutions agree on a pair when they put it together equally often. Here one solution
    puts a pair together once or never.
    """
    total = tables.sum((1, 2))
    all_pairs = np.maximum(_pairs(total), 1)
    once = _pairs_with(tables, _companions(tables, shared == 1), shared == 1)
    together = _pairs(tables.sum(2)).sum(1)
    kinds = tables.sum(1, keepdims=True)
    never_by_theme = _pairs_with(kinds, _companions(kinds, shared == 0), shared == 0)
    once_by_theme = _pairs_with(kinds, _companions(kinds, shared == 1), shared == 1)
    far = tables.sum(2, keepdims=True) - near
    never = never_by_theme - _pairs_with(tables, far, shared == 0)
    expected = together * once_by_theme + (all_pairs - together) * never_by_theme
    return _above_chance((once + never) / all_pairs, expected / all_pairs**2, np.ones(len(tables)))


def _pairs_with(tables: Floats, companions: Floats, relation: Booleans) -> Floats:
    """Unordered pairs of two different passages of one group whose kinds are so related."""
    ordered = (companions * tables).sum((1, 2))
    itself = tables.sum(1) @ np.diag(relation).astype(np.float64)
    pairs: Floats = (ordered - itself) / 2
    return pairs


def _ratio(above: Floats, below: Floats, otherwise: float) -> Floats:
    ratio: Floats = np.full(above.shape, otherwise)
    np.divide(above, below, where=below > 1e-12, out=ratio)
    return ratio


def _harmonic_mean(first: Floats, second: Floats) -> Floats:
    return _ratio(2 * first * second, first + second, 0.0)
