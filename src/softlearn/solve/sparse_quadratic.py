r"""A convex quadratic function plus terms with kinks, minimised by one product a step.

Steps of two kinds alternate: sweeps of coordinate descent where the matrix is known, and else
proximal gradient steps in the metric of the diagonal, their length by Barzilai and Borwein, which
find where the solution is on its kinks; and Newton steps over the other variables.  Along each the
function is minimised exactly, so it never rises.

References: Wright, Nowak and Figueiredo, IEEE Trans. Signal Process. 57 (2009); Solntsev, Nocedal
and Byrd, Optim. Methods Softw. 30 (2015).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..protocol import F64
from .cg import conjugate_gradients

__all__ = ["SparseSolve", "minimise_sparse_quadratic"]

_IDENTIFY = 8  # proximal steps in a row, at most
_ROUND = 3  # what a round of coordinate descent counts for
_SHORTEST, _LONGEST = 1e-6, 1e3  # lengths of a proximal step
_CG = 60  # products for one Newton step
_CG_LEFT = 1e-3  # of the residual's square
_STILL = 1e-15  # of the decrease: a step that gains less gains nothing


@dataclass(frozen=True)
class SparseSolve:
    """An approximate minimiser."""

    v: F64
    """The step, in the model's variables,"""
    r: F64
    """the gradient of the quadratic part there,"""
    x: F64
    """and the variables there."""
    decrease: float
    """How much lower the function is than at v = 0."""
    remaining: float
    """An estimate of how much lower it could still be,"""
    violation: float
    """and the largest error of its optimality conditions, in units of the terms' levels."""
    products: int


Stop = Callable[[SparseSolve], bool]


def minimise_sparse_quadratic(
    model: Any, stop: Stop, max_products: int, begin: F64 | None = None
) -> SparseSolve:
    """Minimise <g, v> + v' H v / 2 + the terms at start + v.

    Args:
        model: see `softlearn.objective.quadratic_model`.
        stop: whether a solve is accurate enough.
        max_products: the most products with H.
        begin: the step to begin with, zero if None; the decrease is counted from there.

    """
    terms, start = model.terms, model.start
    D = terms.metric(model.diagonal)
    x, r = start.copy(), model.gradient.copy()
    if begin is not None:
        x, r = start + begin, r + model.times(begin)
    step, decrease, products, identified, still = 1.0, 0.0, 0, 0, 0
    while True:
        s = terms.subgradient(x, r)
        remaining = 0.5 * float((s * s / D).sum())
        violation = terms.violation(s)
        solve = SparseSolve(x - start, r, x, decrease, remaining, violation, products)
        if not remaining > 0.0 or still >= 3 or products >= max_products or stop(solve):
            return solve
        newton = identified >= _IDENTIFY
        swept = None if newton else model.descend(x, r)
        if swept is not None:
            identified += _ROUND
            if ((swept[0] != 0.0) == (x != 0.0)).all():
                identified = _IDENTIFY
            x, r = swept[:2]
            decrease += swept[2]
            continue
        if newton:
            d, used = _newton_step(model, x, s)
            products += used
            identified = 0
        else:
            d = terms.prox(x - step * (r / D), step / D) - x
            identified += 1
        Hd = model.times(d)
        products += 1
        slope, curvature = float(r @ d), float(d @ Hd)
        new, t = terms.moved(x, d, slope, curvature)
        gain = terms.value(x) - terms.value(new) - t * slope - 0.5 * t * t * curvature
        if not newton and curvature > 0.0:
            step = min(max(float(d @ (D * d)) / curvature, _SHORTEST), _LONGEST)
            if ((new != 0.0) == (x != 0.0)).all():
                identified = _IDENTIFY
        still = still + 1 if gain <= _STILL * decrease else 0
        decrease += max(gain, 0.0)
        x, r = new, r + t * Hd


def _newton_step(model: Any, x: F64, s: F64) -> tuple[F64, int]:
    """Return a step over the free variables, and the products that it took."""
    found = model.face(x, s)
    if found is not None:
        return found, 0
    terms, free = model.terms, model.terms.free(x)
    D, g = model.diagonal, np.where(free, s, 0.0)
    goal = _CG_LEFT * float(g @ (g / D))
    solve = conjugate_gradients(
        lambda p: np.where(free, model.times(p) + terms.curved(x, p), 0.0),
        g,
        lambda r: r / D,
        lambda v, r, decrement, remaining: 2.0 * remaining <= goal,
        _CG,
    )
    return solve.v, solve.iterations
