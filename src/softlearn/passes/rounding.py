"""How far float64 rounds what a softmax objective is made of."""

from __future__ import annotations

import math

import numpy as np

from ..protocol import F64
from .blocks import Blocks

__all__ = ["ROUNDINGS", "drift", "has_small_logits", "logit_size", "value_error"]

_EPS = float(np.finfo(np.float64).eps)
ROUNDINGS = 16 * _EPS
"""Of a sum of many terms, relative to the sum of their sizes."""
_MANY = 100_000  # parameters: a norm is judged instead, which takes one reading of them


def logit_size(blocks: Blocks, w: F64) -> float:
    """Return the root mean square over the rows of max_k sum_j |W_kj| |x_j| + |b_k|, or more.

    Logits are rounded in its last digits.
    """
    if w.size > _MANY:
        return _by_norm(blocks, w)
    W, b = blocks.problem.model.split(w)
    return float(np.abs(W).max(0) @ blocks.column_rms) + float(np.abs(b).max(initial=0.0))


def has_small_logits(blocks: Blocks, w: F64, most: float) -> bool:
    """Whether the logit size of w is at most that; as a rule norms show it, which is quicker."""
    return _by_norm(blocks, w) <= most or logit_size(blocks, w) <= most


def value_error(value: float, size: float, drift: float) -> float:
    """Return how far a value may be from J, its logits being rounded.

    Args:
        value: J.
        size: of the logits.
        drift: how far the logits may be from those of w, beside their rounding.

    """
    off = 2.0 * _EPS * size + drift
    return off * math.sqrt(2.0 * max(value, 0.0)) + ROUNDINGS * value


def drift(before: float, step: float) -> float:
    """Return how far the logits at the end of a step may be from right ones, made from others.

    They are those of where it began plus those of the step; the logit sizes of both are given.
    """
    return 4.0 * _EPS * (before + step)


def _by_norm(blocks: Blocks, w: F64) -> float:
    return math.sqrt(blocks.vectors.dot(w, w)) * (blocks.row_rms + 1.0)
