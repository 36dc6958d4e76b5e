"""How far float64 rounds what a softmax objective is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .protocol import F64

if TYPE_CHECKING:
    from .objective import SoftmaxObjective

__all__ = ["ROUNDINGS", "logit_size"]

ROUNDINGS = 16 * float(np.finfo(np.float64).eps)
"""Of a sum of many terms, relative to the sum of their sizes."""


def logit_size(J: SoftmaxObjective, w: F64) -> float:
    """Return the mean over the rows of max_k sum_j |W_kj| |x_j| + |b_k|, or more.

    Logits are rounded in its last digits.
    """
    W, b = J.model.split(w)
    sizes = J.column_sizes
    return float(np.abs(W).max(0) @ sizes) + float(np.abs(b).max(initial=0.0))
