"""Kinds of arrays, and shares with intervals that hold for small and clustered samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Strings = npt.NDArray[np.str_]
Vectors = npt.NDArray[np.float32]


def wilson_interval(share: npt.ArrayLike, n: npt.ArrayLike, z: float) -> tuple[Floats, Floats]:
    """Wilson's (1927) score interval of each share among ``n``, which need not be whole.

    Args:
        share: between 0 and 1.
        n: what each share is of, above 0.
        z: standard errors on each side, such as 1.96.

    Returns:
        float, lower and upper bounds between 0 and 1.
    """
    shares, sizes = np.asarray(share, dtype=np.float64), np.asarray(n, dtype=np.float64)
    centre = (shares + z**2 / (2 * sizes)) / (1 + z**2 / sizes)
    half = z / (1 + z**2 / sizes) * np.sqrt(shares * (1 - shares) / sizes + z**2 / (4 * sizes**2))
    return np.maximum(0.0, centre - half), np.minimum(1.0, centre + half)


@dataclass(frozen=True)
class Share:
    """A share with its interval; all None when nothing was counted."""

    value: float | None
    low: float | None
    high: float | None

    @property
    def known(self) -> bool:
        """Whether there is a value and an interval."""
        return None not in (self.value, self.low, self.high)


@dataclass(frozen=True)
class Difference:
    """A difference of two shares with interval and two-sided p-value."""

    value: float
    low: float
    high: float
    p_value: float


UNKNOWN = Share(None, None, None)


def normal_quantile(confidence: float) -> float:
    """The number of standard errors on each side of an interval."""
    from scipy.stats import norm

    return float(norm.ppf((1 + confidence) / 2))


def wilson_share(share: float, n: float, confidence: float) -> Share:
    """Wilson's score interval (1927) of a share among ``n``, which need not be whole."""
    if n <= 0:
        return UNKNOWN
    low, high = map(float, wilson_interval(share, n, normal_quantile(confidence)))
    return Share(share, min(low, share), max(high, share))


def effective_size(
    hits: Booleans, clusters: Integers, weights: Floats | None = None
) -> tuple[float, float]:
    """A weighted share, and the number of independent passages that would be as precise.

    The variance is that of a ratio estimator with clusters as sampling units (Cochran 1977,
    with the factor m / (m - 1) for m clusters); the effective size is
    share (1 - share) / variance, never above the number of passages (Korn and Graubard 1998). Where
    all or no passages are hits the variance says nothing; there it is the number of clusters.

    Returns:
        The share and the effective size; (0, 0) when there are no passages.
    """
    if not len(hits):
        return 0.0, 0.0
    weight = np.ones(len(hits)) if weights is None else weights
    share = float(weight @ hits / weight.sum())
    numbered = np.unique(clusters, return_inverse=True)[1]
    n_clusters = int(numbered.max()) + 1
    if share in (0.0, 1.0) or n_clusters < 2:
        return share, float(n_clusters)
    totals = np.bincount(numbered, weights=weight * (hits - share))
    variance = n_clusters / (n_clusters - 1) * float((totals**2).sum()) / float(weight.sum()) ** 2
    return share, min(float(len(hits)), share * (1 - share) / max(variance, 1e-12))


def clustered_share(
    hits: Booleans, clusters: Integers, confidence: float, weights: Floats | None = None
) -> Share:
    """The share of hits with Wilson's interval on the effective size.

    A bootstrap over paragraphs would give a theme that no passage carries an interval of no width;
    this does not, and holds its level better for small shares (Dean and Pagano 2015).
    """
    share, size = effective_size(hits, clusters, weights)
    return wilson_share(share, size, confidence)


def difference_of_shares(first: Share, second: Share, confidence: float) -> Difference | None:
    """First minus second, as by `combined_shares`; None when one share is not known."""
    return combined_shares(((1, first), (-1, second)), confidence)


def combined_shares(terms: Sequence[tuple[float, Share]], confidence: float) -> Difference | None:
    """A sum of shares of independent samples, each times a number, from their intervals alone.

    Source: the method of variance estimates recovery (Zou and Donner 2008), which takes
    intervals that are not symmetric, whatever way they were made. The p-value is that of the
    normal distribution at the sum over its standard error on the side of zero, read from
    the same interval, so that it is below 1 - confidence just when the interval leaves out zero.

    Returns:
        None when one share is not known.
    """
    from scipy.stats import norm

    if not all(share.known for _, share in terms):
        return None
    value, below, above = 0.0, 0.0, 0.0
    for times, share in terms:
        middle, *ends = (times * end for end in _ends(share))
        value += middle
        below = float(np.hypot(below, middle - min(ends)))
        above = float(np.hypot(above, max(ends) - middle))
    toward_zero = (below if value > 0 else above) / normal_quantile(confidence)
    p_value = 2 * norm.sf(abs(value) / toward_zero) if toward_zero > 0 else float(value == 0)
    return Difference(value, value - below, value + above, float(p_value))


def _ends(share: Share) -> tuple[float, float, float]:
    return float(share.value or 0), float(share.low or 0), float(share.high or 0)
