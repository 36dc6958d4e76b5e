r"""Newton's method, its equations solved by preconditioned conjugate gradients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from ..protocol import F64, Objective, Point, Preconditioner, Step
from .cg import Solve, conjugate_gradients
from .line_search import line_search

__all__ = ["Newton"]

_NEAR = 1e-3  # of the tolerance: the objective itself ends this close, the proof within it
import os
MU0 = float(os.environ.get('MU0','1e-3'))
_STILL = 4e-15  # relative change of J that float64 sums cannot tell from none


@dataclass(frozen=True)
class Newton:
    """w <- w + t v with H v = -grad, solved as accurately as pays, and a line search for t.

    Far from the minimum the equations are solved roughly.  Once the Newton decrement promises less
    than the tolerance they are solved until the direction proves it: see `Point.bound`.

    Args:
        preconditioner: what the objective is asked for; "none" for none.
        name: what users call this choice.
        most_products: the most Hessian products for one direction.
        seed: of the rows that a preconditioner draws.

    Reference: Dembo, Eisenstat and Steihaug, SIAM J. Numer. Anal. 19 (1982), for the accuracy.

    """

    preconditioner: str = "diagonal"
    name: str = "newton-cg"
    most_products: int = 2000
    seed: int = field(default=0)

    def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
        """Yield w0 and then one Step after another."""
        point, lower = J.at(w0), -np.inf
        yield Step(point)
        M: Preconditioner | None = None
        idle, k, last, mu = 0, 0, np.inf, 0.0
        while True:
            k += 1
            M = self._preconditioner(point, k, mu) or _identity
            goal = tol * abs(point.value)
            solve = self._direction(point, M, goal, mu)
            expected = solve.decrement + solve.left
            if not expected > 0.0:
                yield Step(point, lower, 0.0, stuck=True)
                return
            if expected <= _NEAR * goal:
                lower = max(lower, point.bound(solve.v))
            line = point.along(solve.v)
            t = line_search(line, point.value, float(point.grad @ solve.v))
            new = line.point(t) if t > 0.0 else point
            gain = point.value - new.value
            idle = idle + 1 if gain <= _STILL * abs(point.value) else 0
            point = new if gain >= 0.0 else point
            note = f"{solve.iterations} products t={t:.2g} mu={mu:.1e}"
            mu = self._damping(mu, t, gain / expected)
            slow = k > 6 and expected > 0.1 * last
            last = expected
            yield Step(
                point,
                lower,
                expected,
                note,
                stuck=t == 0.0 or idle >= 3,
                unbounded=J.diagnose(point, solve.v) if slow else "",
            )

    def _damping(self, mu: float, t: float, ratio: float) -> float:
        if t < 0.5 or ratio < 0.25:
            return max(2.0 * mu if t > 0.1 else 8.0 * mu, 1e-9) if mu > 0.0 else MU0
        mu *= 0.2 if ratio > 0.75 else 0.5 if ratio > 0.5 else 1.0
        return mu if mu > 1e-12 else 0.0

    def _preconditioner(self, point: Point, k: int, mu: float) -> Preconditioner | None:
        if self.preconditioner == "none":
            return None
        return point.preconditioner(self.preconditioner, self.seed + k, mu)

    def _direction(self, point: Point, M: Preconditioner, goal: float, mu: float) -> Solve:
        """Solve H v = -grad until more accuracy would not pay."""

        def enough(v: F64, r: F64, decrement: float, left: float) -> bool:
            if decrement + left > _NEAR * goal:
                rough = min(0.1, max(1e-3, decrement / max(abs(point.value), 1e-300)))
                return left <= max(rough * decrement, 0.1 * _NEAR * goal)
            return left <= 0.1 * decrement and point.gap_along(v, r) <= 0.5 * goal

        return conjugate_gradients(lambda v: point.hvp(v, mu), point.grad, M, enough, self.most_products)


def _identity(r: F64) -> F64:
    return r.copy()
