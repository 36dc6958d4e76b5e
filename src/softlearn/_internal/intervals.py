"""How far a share that was counted may be from what it estimates."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["wilson"]

_Z = 1.959963984540054  # of 95 %


def wilson(hits: ArrayLike, n: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ends of the 95 % interval of a share of which n rows show some hits.

    Those values p whose distance from hits / n is at most 1.96 sqrt(p (1 - p) / n); NaN for n = 0.

    Reference: Wilson, JASA (1927).

    """
    n = np.asarray(n, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        share, weight = np.asarray(hits, dtype=np.float64) / n, _Z**2 / n
        middle = (share + 0.5 * weight) / (1.0 + weight)
        half = np.sqrt(share * (1.0 - share) * weight + 0.25 * weight**2) / (1.0 + weight)
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)
