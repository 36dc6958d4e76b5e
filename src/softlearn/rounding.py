"""How far float64 rounds what a softmax objective is made of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .protocol import F64

if TYPE_CHECKING:
    from .objective import SoftmaxObjective, SoftmaxPoint

__all__ = ["ROUNDINGS", "drift", "light", "logit_size", "uncertain"]

_EPS = float(np.finfo(np.float64).eps)
ROUNDINGS = 16 * _EPS
"""Of a sum of many terms, relative to the sum of their sizes."""
_MANY = 100_000  # parameters: a norm is judged instead, which takes one reading of them


def logit_size(J: SoftmaxObjective, w: F64) -> float:
    """Return the root mean square over the rows of max_k sum_j |W_kj| |x_j| + |b_k|, or more.

    Logits are rounded in its last digits.
    """
    if w.size > _MANY:
        return _by_norm(J, w)
    W, b = J.model.split(w)
    return float(np.abs(W).max(0) @ J.column_sizes) + float(np.abs(b).max(initial=0.0))


def light(J: SoftmaxObjective, w: F64, most: float) -> bool:
    """Whether the logit size of w is at most that; as a rule norms show it, which is quicker."""
    return _by_norm(J, w) <= most or logit_size(J, w) <= most


def uncertain(point: SoftmaxPoint) -> float:
    """Return how far the value at a point may be from J, its logits being rounded."""
    off = 2.0 * _EPS * point.size + point.drift
    return off * math.sqrt(2.0 * max(point.value, 0.0)) + ROUNDINGS * point.value


def drift(before: float, step: float) -> float:
    """Return how far the logits at the end of a step may be from right ones, made from others.

    They are those of where it began plus those of the step; the logit sizes of both are given.
    """
    return 4.0 * _EPS * (before + step)


def _by_norm(J: SoftmaxObjective, w: F64) -> float:
    return math.sqrt(J.vectors.dot(w, w)) * (J.row_size + 1.0)
