"""Newton steps for a convex quadratic function, in which no variable crosses its kink.

Reference: Bertsekas, SIAM J. Control Optim. 20 (1982).
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..protocol import F64, LinearMap
from .cg import conjugate_gradients

__all__ = ["projected_newton"]

_CG = 60  # products for a step
_LEFT = 1e-6  # of the first residual's square: so much may be left at the end,
_ROUGH = 1e-3  # and so much of a step's
_STEPS = 20
_ENOUGH, _SHORTEST = 0.1, 1e-6  # of the slope: what a step must gain, and its length


def projected_newton(
    product: LinearMap, g: F64, solve: LinearMap, x: F64, kinks: NDArray[np.bool_]
) -> F64:
    """Return v of low <g, v> + v' H v / 2; a variable that reaches its kink stays there.

    Args:
        product: v -> H v.
        g: the gradient.
        solve: an approximate inverse of H.
        x: the first variables; those after them have no kinks.
        kinks: which of them have one, at 0.

    """
    m, v, r, fixed = len(x), np.zeros(len(g)), g, np.zeros(len(g), dtype=bool)

    def within(f: LinearMap, p: F64) -> F64:
        return np.where(fixed, 0.0, f(p))

    first = _LEFT * float(g @ solve(g))
    for _ in range(_STEPS):
        left = np.where(fixed, 0.0, r)
        here = float(left @ solve(left))
        if here <= first:
            break
        goal = max(first, _ROUGH * here)

        def near(v: F64, r: F64, decrement: float, remaining: float, goal: float = goal) -> bool:
            return 2.0 * remaining <= goal

        p = conjugate_gradients(partial(within, product), left, partial(within, solve), near, _CG).v
        slope, t = float(r @ p), 1.0
        while slope < 0.0 and t >= _SHORTEST:
            new = v + t * p
            beyond = kinks & (x * (x + new[:m]) <= 0.0)
            new[:m] = np.where(beyond, -x, new[:m])
            step = new - v
            H_step = product(step)
            if float(r @ step) + 0.5 * float(step @ H_step) <= _ENOUGH * t * slope:
                break
            t *= 0.5
        else:
            break
        v, r = new, r + H_step
        fixed[:m] |= beyond
    return v
