"""Quadratic functions with an L1 term, in C++: their matrix over sparse rows, and descent."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .dispatch import choice, native

__all__ = ["Loss", "add_sparse_gram", "descend", "multiply", "sweep"]

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


class Loss(NamedTuple):
    """The Hessian of the loss, known by the rows of a CSR array."""

    XT: Any
    """CSR: the transpose of the rows."""
    P: F64
    """(C, n) probabilities."""
    s: F64
    """(n,) weights of the rows."""
    first: int
    """How many classes have no weights."""
    inverse: F64 | None
    """(K, K) that of the Hessian of the biases, None without biases."""
    l2: float
    """The second derivative of the penalty."""
    damping: float
    """By the change of the logits."""


def sweep(
    loss: Loss,
    weights: tuple[NDArray[np.intp], NDArray[np.intp]],
    level: F64,
    at: tuple[F64, F64],
    biases: tuple[F64, F64] | None,
    step: F64,
    rule: tuple[int, float],
) -> tuple[F64, F64 | None, float]:
    """Do what `descend` does with the Hessian of the loss; there is a native module.

    Args:
        loss: its Hessian.
        weights: (m,) rows and columns of W; in the order of classes it is quickest.
        level: (m,).
        at: (m,) weights and the gradient there.
        biases: (K,) the gradient of the biases, and a step of them to begin with.
        step: (m,) a step of the weights to begin with.
        rule: sweeps and least of `descend`.

    Returns:
        the steps of the weights and of the biases, and the gain.

    """
    module = native()
    assert module is not None
    XT, v = loss.XT, step.copy()
    rows = module.sparse(XT.data, XT.indices, XT.indptr, XT.shape[1])
    g_b, c = (None, None) if biases is None else (biases[0], biases[1].copy())
    own, column = weights
    _, gain = module.sweep(
        choice(), rows, loss.P, loss.s, loss.first, column, own, level, *at, v, g_b, loss.inverse,
        c, loss.l2, loss.damping, *rule,
    )  # fmt: skip
    return v, c, gain


def multiply(
    loss: Loss, weights: tuple[NDArray[np.intp], NDArray[np.intp]], v: F64, c: F64 | None
) -> tuple[F64, F64 | None]:
    """Return its product with some weights and the biases, for these; there is a native module.

    Args:
        loss: the Hessian.
        weights: (m,) rows and columns of W.
        v, c: (m,), and (K,) or None.

    """
    module = native()
    assert module is not None
    XT, (own, column) = loss.XT, weights
    rows = module.sparse(XT.data, XT.indices, XT.indptr, XT.shape[1])
    out, out_b = np.empty_like(v), None if c is None else np.empty_like(c)
    module.multiply(
        choice(), rows, loss.P, loss.s, loss.first, column, own, loss.damping, v, c, out, out_b
    )
    out += loss.l2 * v
    return out, out_b


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
