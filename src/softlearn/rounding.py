"""How far float64 rounds what a softmax objective is made of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .protocol import F64

if TYPE_CHECKING:
    from .objective import SoftmaxObjective, SoftmaxPoint

__all__ = ["ROUNDINGS", "drift", "logit_size", "uncertain"]

_EPS = float(np.finfo(np.float64).eps)
ROUNDINGS = 16 * _EPS
"""Of a sum of many terms, relative to the sum of their sizes."""
_MANY = 100_000  # parameters: a norm is judged instead, which takes one reading of them
_LITTLE = 1e-13  # of a logit: as much is judged by norms alone


def logit_size(J: SoftmaxObjective, w: F64) -> float:
    """Return the root mean square over the rows of max_k sum_j |W_kj| |x_j| + |b_k|, or more.

    Logits are rounded in its last digits.
    """
    if w.size > _MANY:
        return _by_norm(J, w)
    W, b = J.model.split(w)
    return float(np.abs(W).max(0) @ J.column_sizes) + float(np.abs(b).max(initial=0.0))


def uncertain(point: SoftmaxPoint, size: float) -> float:
    """Return how far the value at a point may be from J, logits of that size being rounded."""
    off = 2.0 * _EPS * size + point.drift
    return off * math.sqrt(2.0 * max(point.value, 0.0)) + ROUNDINGS * point.value


def drift(J: SoftmaxObjective, w: F64, d: F64, t: float) -> float:
    """Return how far logits of w + t d, made from those of w and of d, may be from right ones."""
    by_norm = 4.0 * _EPS * (_by_norm(J, w) + abs(t) * _by_norm(J, d))
    if by_norm <= _LITTLE or w.size > _MANY:
        return by_norm
    return 4.0 * _EPS * (logit_size(J, w) + abs(t) * logit_size(J, d))


def _by_norm(J: SoftmaxObjective, w: F64) -> float:
    return math.sqrt(J.vectors.dot(w, w)) * (J.row_size + 1.0)
