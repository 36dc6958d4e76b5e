"""Preconditioned conjugate gradients for H v = -g, H symmetric and positive semidefinite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..protocol import F64, Preconditioner

__all__ = ["Enough", "Solve", "conjugate_gradients"]

_ROUNDING = 1e-24  # digits beyond are noise, and would make what rests on them chance

Enough = Callable[[F64, F64, float, float], bool]
"""Told v, r = g + H v, and the two estimates of `Solve`; true to stop."""


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
    digits: float
    """How often r' M^-1 r fell tenfold."""
    done: bool
    """Whether it is as accurate as was asked, or cannot be made so."""


def conjugate_gradients(
    hvp: Callable[[F64], F64],
    g: F64,
    M: Preconditioner,
    enough: Enough,
    most: int,
    start: Solve | None = None,
) -> Solve:
    """Run until enough(v, r, decrement, left) is true, or `most` products have been made.

    Args:
        hvp: v -> H v.
        g: the gradient.
        M: r -> M^-1 r.
        enough: when to stop.
        most: the most products with H.
        start: where to go on, with the same H and g; v = 0 if absent.

    Reference: Nocedal and Wright, Numerical Optimization, 2nd ed., algorithm 5.3.

    """
    v, r = (np.zeros_like(g), g.copy()) if start is None else (start.v.copy(), start.r.copy())
    y = M(r)
    rho = float(r @ y)
    p, k, first, done = -y, 0, rho, False
    scaled = np.empty_like(g)  # vectors may be longer than X: no others are made in the loop
    while not done and k < most and rho > 0.0:
        Hp = hvp(p)
        k += 1
        bend = float(p @ Hp)
        if not bend > 0.0:  # a direction without curvature: nothing more can be learned here
            v, done = (p if not v.any() else v), True
            break
        a = rho / bend
        v += np.multiply(p, a, out=scaled)
        r += np.multiply(Hp, a, out=scaled)
        y = M(r)
        rho, before = float(r @ y), rho
        p *= rho / before
        p -= y
        done = enough(v, r, -0.5 * float(g @ v), 0.5 * rho)
    digits = -float(np.log10(max(rho / first, _ROUNDING))) if first > 0.0 else 0.0
    decrement, left = -0.5 * float(g @ v), 0.5 * max(rho, 0.0)
    return Solve(v, r, decrement, left, k, max(digits, 0.1), done or not rho > 0.0)
