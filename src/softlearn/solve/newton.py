r"""Newton's method, its equations solved by preconditioned conjugate gradients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..protocol import F64, Objective, Point, Preconditioner, Step
from .cg import Solve, conjugate_gradients
from .line_search import line_search

__all__ = ["Newton"]

_NEAR = 1e-3  # of the tolerance: the objective itself ends this close, the proof within it
_STILL = 4e-15  # relative change of J that float64 sums cannot tell from none
_FIRST_DAMPING = 1e-3


@dataclass(frozen=True)
class Newton:
    """w <- w + t v with (H + mu G) v = -grad, solved as accurately as pays; a line search for t.

    G is the curvature of the mean squared change of the logits, so the damping mu, which rises
    when the quadratic model misleads and falls when it does not, knows no scale of the features.
    Far from the minimum the equations are solved roughly.  Once the Newton decrement promises
    less than a thousandth of the tolerance they are solved until the direction proves the
    tolerance: see `Point.bound`.

    Args:
        preconditioner: what the objective is asked for, "none" for none.
        name: what users call this choice.
        most_products: the most Hessian products for one direction.
        seed: of the rows that a preconditioner draws.

    Reference: Dembo, Eisenstat and Steihaug, SIAM J. Numer. Anal. 19 (1982), for the accuracy;
    Nielsen, report IMM-REP-1999-05, for damping.

    """

    preconditioner: str = "diagonal"
    name: str = "newton-cg"
    most_products: int = 2000
    seed: int = 0

    def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
        """Yield w0 and then one Step after another."""
        point, lower, mu, last, idle, k = J.at(w0), -np.inf, 0.0, np.inf, 0, 0
        yield Step(point)
        while np.isfinite(point.value):
            k += 1
            solve = self._direction(point, tol * abs(point.value), mu, k)
            expected = solve.decrement + solve.left
            near = expected <= _NEAR * tol * abs(point.value)
            if near:
                lower = max(lower, point.bound(solve.v))
            if not expected > 0.0:  # the gradient is zero to the last digit
                yield Step(point, lower, 0.0, stuck=True)
                return
            line = point.along(solve.v)
            t = line_search(line, point.value, float(point.grad @ solve.v))
            new = line.point(t) if t > 0.0 else point
            gain = point.value - new.value
            idle = idle + 1 if gain <= _STILL * abs(point.value) else 0
            slow, last = k > 6 and expected > 0.1 * last and mu < _FIRST_DAMPING, expected
            if gain >= 0.0:
                point = new
            yield Step(
                point,
                lower,
                expected,
                note=f"{solve.iterations} products",
                stuck=(t == 0.0 and mu == 0.0) or idle >= 3,
                unbounded=J.diagnose(point, solve.v) if slow else "",
            )
            mu = 0.0 if near else _damping(mu, t, gain / expected)

    def _direction(self, point: Point, goal: float, mu: float, k: int) -> Solve:
        """Solve (H + mu G) v = -grad until more accuracy would not pay."""
        M: Preconditioner | None = None
        if self.preconditioner != "none":
            M = point.preconditioner(self.preconditioner, self.seed + k, mu)

        def enough(v: F64, r: F64, decrement: float, left: float) -> bool:
            if decrement + left > _NEAR * goal:
                rough = min(0.1, max(1e-3, decrement / max(abs(point.value), 1e-300)))
                return left <= max(rough * decrement, 0.1 * _NEAR * goal)
            return left <= 0.1 * decrement and point.gap_along(v, r) <= 0.5 * goal

        def product(v: F64) -> F64:
            return point.hvp(v, mu)

        return conjugate_gradients(product, point.grad, M or np.copy, enough, self.most_products)


def _damping(mu: float, t: float, ratio: float) -> float:
    """Return the next mu from the step length and the ratio of real to promised gain."""
    if t < 0.5 or ratio < 0.25:
        return mu * (2.0 if t > 0.1 else 8.0) if mu > 0.0 else _FIRST_DAMPING
    mu *= 0.2 if ratio > 0.75 else 0.5 if ratio > 0.5 else 1.0
    return mu if mu > 1e-12 else 0.0
