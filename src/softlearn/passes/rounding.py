"""Bounds on the rounding errors of a softmax objective in float64."""

from __future__ import annotations

import math

import numpy as np

from ..protocol import F64
from .blocks import Blocks

__all__ = ["ROUNDINGS", "drift", "has_small_logits", "logit_size", "value_error"]

_EPS = float(np.finfo(np.float64).eps)
ROUNDINGS = 16 * _EPS
"""The error of a sum of many terms, relative to the sum of their sizes."""
_MANY = 100_000  # parameters: beyond, their norm is used, which reads them once


def logit_size(blocks: Blocks, w: F64) -> float:
    """Return the root mean square over the rows of max_k sum_j |W_kj| |x_j| + |b_k|, or more.

    Rounding errors of logits are relative to it.
    """
    if w.size > _MANY:
        return _by_norm(blocks, w)
    W, b = blocks.problem.model.split(w)
    sizes, rms = np.abs(W).max(0), blocks.column_rms
    if not math.isfinite(blocks.row_rms):  # squares overflow: such columns count if they are used
        rms = np.where(sizes > 0.0, rms, 0.0)
    return float(sizes @ rms) + float(np.abs(b).max(initial=0.0))


def has_small_logits(blocks: Blocks, w: F64, limit: float) -> bool:
    """Whether the logit size of w is at most that; usually norms show it, which is faster."""
    return _by_norm(blocks, w) <= limit or logit_size(blocks, w) <= limit


def value_error(value: float, size: float, drift: float) -> float:
    """Return a bound on the error of a value of J from rounded logits.

    Args:
        value: J.
        size: of the logits.
        drift: how far the logits may be from those of w, beside their rounding.

    """
    off = 2.0 * _EPS * size + drift
    return off * math.sqrt(2.0 * max(value, 0.0)) + ROUNDINGS * value


def drift(before: float, step: float) -> float:
    """Return a bound on the error of logits that were updated along a step.

    They are the logits of the start plus those of the step; the logit sizes of both are given.
    """
    return 4.0 * _EPS * (before + step)


def _by_norm(blocks: Blocks, w: F64) -> float:
    return math.sqrt(blocks.vectors.dot(w, w)) * (blocks.row_rms + 1.0)
