"""Preconditioned conjugate gradients for H v = -g, H symmetric and positive semidefinite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..protocol import F64, Preconditioner

__all__ = ["Solve", "conjugate_gradients"]


@dataclass(frozen=True)
class Solve:
    """An approximate Newton direction."""

    v: F64
    r: F64
    """The residual g + H v."""
    decrement: float
    """-<g, v>/2: what the quadratic model promises to gain."""
    left: float
    """r' M^-1 r / 2: about what it could still gain."""
    iterations: int


def conjugate_gradients(
    hvp: Callable[[F64], F64],
    g: F64,
    M: Preconditioner,
    enough: Callable[[F64, F64, float, float], bool],
    most: int,
) -> Solve:
    """Run until enough(v, r, decrement, left) is true, or `most` products have been made.

    Args:
        hvp: v -> H v.
        g: the gradient.
        M: r -> M^-1 r.
        enough: told v, r = g + H v, and the two estimates of `Solve`; true to stop.
        most: the most products with H.

    Reference: Nocedal and Wright, Numerical Optimization, 2nd ed., algorithm 5.3.

    """
    v, r = np.zeros_like(g), g.copy()
    y = M(r)
    rho = float(r @ y)
    p = -y
    k = 0
    while k < most and rho > 0.0:
        if k and enough(v, r, -0.5 * float(g @ v), 0.5 * rho):
            break
        Hp = hvp(p)
        k += 1
        bend = float(p @ Hp)
        if not bend > 0.0:  # a direction without curvature: nothing more can be learned here
            if k == 1:
                v = p
            break
        a = rho / bend
        v = v + a * p
        r = r + a * Hp
        y = M(r)
        rho, before = float(r @ y), rho
        p = (rho / before) * p - y
    return Solve(v, r, -0.5 * float(g @ v), 0.5 * max(rho, 0.0), k)
