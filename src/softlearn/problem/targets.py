"""Targets and weights of the rows, checked and normalised."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["checked_targets", "checked_weights"]

F64 = NDArray[np.float64]
_LEAST = float(np.finfo(np.float64).tiny)  # a weight, relative to all others together


def checked_targets(Y: NDArray[Any], n: int, C: int) -> NDArray[Any]:
    """Return Y as labels 0 .. C - 1, or as rows of probabilities that sum to 1 to the last digit.

    Residuals and bounds rely on both.

    Raises:
        ValueError: Y does not fit n rows or C classes.

    """
    if len(Y) != n:
        raise ValueError(f"Y has {len(Y)} rows, but X has {n}.")
    if Y.ndim == 2:
        if Y.shape[1] != C:
            raise ValueError(f"Y has {Y.shape[1]} columns, but the model has {C} classes.")
        P = np.asarray(Y, dtype=np.float64)
        return np.asarray(P / P.sum(1, keepdims=True))
    if n and not 0 <= Y.min() <= Y.max() < C:
        raise ValueError(f"Y holds labels {Y.min()} to {Y.max()}; they must be 0 to {C - 1}.")
    return np.asarray(Y, dtype=np.intp)


def checked_weights(weights: F64 | None, n: int) -> F64:
    """Return the share of each row in the sum of all weights, (n,); None stands for 1 each.

    Every positive weight stays positive: such a row counts in the test for separable classes.

    Raises:
        ValueError: a weight is negative or not finite, or all are 0.

    """
    total = float(n) if weights is None else float(weights.sum())
    if not 0.0 < total < np.inf or (weights is not None and not (weights >= 0.0).all()):
        raise ValueError("weights must be finite numbers of at least 0 and not all 0.")
    if weights is None:
        return np.full(n, 1.0 / total)
    return np.where(weights > 0.0, np.maximum(weights / total, _LEAST), 0.0)
