"""Words and arrays that many modules speak of: kinds of documents, roles of blocks, vectors."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

Kind = Literal[
    "article",
    "resolution",
    "presidential_statement",
    "report",
    "verbatim_record",
    "doctrine",
    "other",
]
Role = Literal["heading", "paragraph", "preambular", "operative", "quotation", "note", "annex"]


Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
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
