"""Preconditioned conjugate gradients for H v = -g, H symmetric and positive semidefinite."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..protocol import F64, Direction, LinearMap
from ..vector_space import VectorSpace

__all__ = ["Stop", "Solve", "conjugate_gradients"]

_STILL, _PLATEAU = 1e-14, 30  # of the decrement, and how often in a row: there is no further gain
_ROUNDING = 1e-24  # digits beyond are noise, and decisions based on them would be random

Stop = Callable[[F64, F64, float, float], bool]
"""Called with v, r = g + H v and the two estimates of `Solve`; returns True to stop."""


class Solve(NamedTuple):
    """An approximate Newton direction."""

    v: F64
    r: F64
    """The residual g + H v."""
    decrement: float
    """-<g, v>/2: the gain that the quadratic model predicts."""
    remaining: float
    """r' M^-1 r / 2: an estimate of the remaining gain."""
    iterations: int
    digits_gained: float
    """How often r' M^-1 r fell tenfold."""
    done: bool
    """Whether v is as accurate as asked for, or cannot become so."""
    found: Direction | None = None
    """The direction, if the objective found it by a direct method."""

    @property
    def step(self) -> F64 | Direction:
        """v, with the data that the objective has computed of it already."""
        return self.found or self.v


def conjugate_gradients(
    hvp: Callable[[F64], F64],
    g: F64,
    M: LinearMap,
    stop: Stop,
    max_products: int,
    start: Solve | None = None,
    vectors: VectorSpace | None = None,
) -> Solve:
    """Run until stop(v, r, decrement, remaining) is true, or `max_products` have been made.

    Args:
        hvp: v -> H v.
        g: the gradient.
        M: r -> M^-1 r.
        stop: when.
        max_products: the most products with H.
        start: an earlier solve to continue, with the same H and g; v = 0 if absent.
        vectors: the vector operations (dot, axpy); NumPy's if absent.

    Reference: Nocedal and Wright, Numerical Optimization, 2nd ed., algorithm 5.3; Strakos and
    Tichy, Electron. Trans. Numer. Anal. 13 (2002), for the sum of a rho.

    """
    on = vectors or VectorSpace()
    v, r, p = on.empty_like(g), on.empty_like(g), on.empty_like(g)
    if start is None:
        v.fill(0.0)
    else:
        on.scale_into(1.0, start.v, v)
    on.scale_into(1.0, g if start is None else start.r, r)
    y = M(r)
    rho = on.dot(r, y)
    k, first, done, still = 0, rho, False, 0
    on.scale_into(-1.0, y, p)
    decrement = 0.0 if start is None else start.decrement
    while not done and k < max_products and rho > 0.0:
        Hp = hvp(p)
        k += 1
        curvature = on.dot(p, Hp)
        if not curvature > 0.0:  # no curvature: conjugate gradients cannot continue
            v, done = (p if not v.any() else v), True
            break
        a = rho / curvature
        on.axpy_pair(a, p, Hp, v, r)
        decrement += 0.5 * a * rho  # the decrease of the model: stable, and without reading g and v
        y = M(r)
        rho, before = on.dot(r, y), rho
        on.scale_subtract(rho / before, p, y)
        still = still + 1 if a * before <= _STILL * decrement else 0
        done = still >= _PLATEAU or stop(v, r, decrement, 0.5 * rho)
    digits_gained = -float(np.log10(max(rho / first, _ROUNDING))) if first > 0.0 else 0.0
    decrement, remaining = -0.5 * on.dot(g, v), 0.5 * max(rho, 0.0)
    return Solve(v, r, decrement, remaining, k, max(digits_gained, 0.1), done or not rho > 0.0)
