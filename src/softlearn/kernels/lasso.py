"""Quadratic functions with an L1 term, in C++: their matrix over sparse rows, and descent."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dispatch import choice, native

__all__ = ["add_sparse_gram", "descend"]

F64 = NDArray[np.float64]


def add_sparse_gram(
    block: Any,
    P: F64,
    s: F64,
    damping: float,
    weights: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]],
    out: tuple[F64, F64],
) -> None:
    """Add a block's Hessian over some weights to one half of a matrix; there is a native module.

    Args:
        block: CSR rows.
        P: (C, n) probabilities.
        s: (n,) weights of the rows.
        damping: of the Hessian, by the change of the logits.
        weights: (m,) rows and columns of W, in the order of columns, and which of them are new:
            entries that belong to no new one are left as they are.
        out: (m, m), of whose entries (a, b) and (b, a) one is added to, and (m, K) for the biases.

    """
    module = native()
    assert module is not None
    own, column, new = weights
    rows = module.sparse(*block.raw, block.d)
    start = np.searchsorted(column, np.arange(block.d + 1))
    first, (H, cross) = len(P) - out[1].shape[1], out
    module.gram(choice(), rows, P, s, first, damping, start, own, new, H, cross)


def descend(
    H: F64, level: F64, x: F64, r: F64, sweeps: int, least: float
) -> tuple[F64, F64, int, float] | None:
    """Minimise <r, y - x> + (y - x)' H (y - x) / 2 + sum_a level_a |y_a|, weight by weight in turn.

    Args:
        H: (m, m) symmetric.
        level: (m,).
        x, r: (m,) the start and the gradient there.
        sweeps: over all weights, at most.
        least: a sweep that gains less than this share of the best one is the last.

    Returns:
        y, the gradient there, the sweeps and the gain; None where there is no native module.

    """
    module = native()
    if module is None:
        return None
    x, r = x.copy(), r.copy()
    done, gain = module.descend(choice(), H, level, x, r, sweeps, least)
    return x, r, done, gain
