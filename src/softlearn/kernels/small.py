"""A problem so small that calls cost more than arithmetic: a Newton step in two of them, in C++."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..protocol import Direction

__all__ = ["Matrix", "Moved", "Small"]

F64 = NDArray[np.float64]


class Matrix(NamedTuple):
    """The terms of a Hessian beside those of its rows."""

    l2: float
    damping: float
    least: float
    """A penalty below this leaves the part that all classes share unsolved."""
    pivot: float
    """The least pivot that counts, of the matrix with a unit diagonal."""


class Moved(NamedTuple):
    """The objective at another w."""

    w: F64
    value: float
    slope: float
    """<grad, v>, from the logits of v, in which the terms of large features have cancelled."""
    size: float
    """Of the logits of w: see `softlearn.objective.rounding.logit_size`."""
    step: float
    """Of those of t v."""
    grad: F64
    Z: F64
    P: F64


class Small:
    """All rows of a small problem in one block, and Newton's step on them.

    Args:
        problem: a `SmallProblem` of the native module, or None where there is none.

    """

    def __init__(self, problem: Any) -> None:
        self.problem = problem

    def solve(self, P: F64, at: Matrix, w: F64, g: F64) -> Direction | None:
        """Return v with (H + damping G) v = -g; None where a pivot is too small.

        Args:
            P: (C, n) probabilities.
            at: the rest of H.
            w, g: parameters and gradient.

        """
        v, r, U = np.empty_like(g), np.empty_like(g), np.empty(P.shape)
        found = self.problem.solve(P, w, g, *at, v, r, U)
        if found is None:
            return None
        decrement, remaining = found
        return Direction(v, r, decrement, remaining, U)

    def move(self, w: F64, v: F64, Z: F64, U: F64, t: float, l2: float) -> Moved:
        """Return the objective at w + t v from the logits Z of w and U of v, (C, n)."""
        w_out, g_out, Z_out, P_out = [np.empty(a.shape) for a in (w, w, Z, Z)]
        value, slope, size, step = self.problem.move(w, v, Z, U, t, l2, w_out, g_out, Z_out, P_out)
        return Moved(w_out, value, slope, size, step, g_out, Z_out, P_out)

    def sizes(self, d: int) -> F64:
        """Return the root mean square of each of the d columns of X."""
        out = np.empty(d)
        self.problem.sizes(out)
        return out
