"""Limited-memory BFGS."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..protocol import F64, LinearMap, Objective, Point, Step
from .cg import conjugate_gradients
from .line_search import line_search

__all__ = ["LBFGS"]

Pairs = deque[tuple[F64, F64, float]]
_SLOW = 1e-3  # of the tolerance: after five gains below it Newton's equations are solved
_LAST = 1e-6  # of the decrement: the residual allowed in the equations of the last step,
_NEAR = 1e-6  # of J: the decrement where it begins,
_STEPS = 4  # and how many there may be
_STILL = 4e-15  # relative change of J that float64 sums cannot tell from none


@dataclass(frozen=True)
class LBFGS:
    """w <- w - t B grad, B from the last `memory` changes of w and of the gradient.

    Where progress is very slow, Newton's equations are solved to see whether this is the minimum:
    their solution proves it, or gives a step, or shows a direction along which J has no minimum.
    The last steps are Newton's, too: before them J is within the tolerance, but the parameters are
    only within its square root, and other libraries stop at gradients with smaller errors.

    Args:
        memory: pairs kept.
        name: the name of this choice.
        diagonal: precondition by the Hessian's diagonal at the start, where the objective has it.
        max_products: the most Hessian products for one solution of Newton's equations.

    Reference: Nocedal and Wright, Numerical Optimization, 2nd ed., algorithm 7.4.

    """

    memory: int = 20
    name: str = "lbfgs"
    diagonal: bool = True
    max_products: int = 2000

    def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
        """Yield w0 and then one Step after another."""
        point = J.at(w0)
        yield Step(point)
        M = (point.preconditioner("diagonal", 0) if self.diagonal else None) or np.copy
        pairs: Pairs = deque(maxlen=self.memory)
        lower, idle, k = -np.inf, 0, 0
        while np.isfinite(point.value):
            k += 1
            d = -_two_loops(pairs, point.grad, M)
            slope = float(point.grad @ d)
            if -0.5 * slope <= tol * abs(point.value):
                lower = max(lower, point.bound(d), point.bound())
            unit = pairs or M is not np.copy
            first = 1.0 if unit else min(1.0, 1.0 / max(float(np.linalg.norm(d)), 1e-300))
            line = point.along(d)
            t = line_search(line, point.value, slope, first)
            if t == 0.0 and pairs:  # the stored pairs give a bad direction here: drop them
                pairs.clear()
                continue
            new = line.point(t) if t > 0.0 else point
            _remember(pairs, new.w - point.w, new.grad - point.grad)
            gain = point.value - new.value
            idle = idle + 1 if gain <= max(_STILL, _SLOW * tol) * abs(point.value) else 0
            point = new
            del line, new  # what a point keeps may be long
            if t == 0.0 or idle >= 5:
                step = self._closer_look(J, point, M, lower, tol)
                idle, point, lower = 0, step.point, step.lower
                pairs.clear()
                yield step
                continue
            if point.value - lower <= tol * abs(point.value):
                step = self._last_steps(J, point, M, lower, tol)
                point, lower = step.point, step.lower
                pairs.clear()
                yield step
                continue
            unbounded = J.diagnose(point, point.w) if k % 100 == 0 else ""
            yield Step(point, lower, -0.5 * slope, note=f"step {t:.2g}", unbounded=unbounded)

    def _last_steps(
        self, J: Objective, point: Point, M: LinearMap, lower: float, tol: float
    ) -> Step:
        """Take steps of Newton's method until one begins where it is exact to many digits."""
        for _ in range(_STEPS):
            step = self._closer_look(J, point, M, lower, tol, _LAST)
            if step.stuck or step.decrement <= _NEAR * abs(point.value):
                break
            point, lower = step.point, step.lower
        return step

    def _closer_look(
        self,
        J: Objective,
        point: Point,
        M: LinearMap,
        lower: float,
        tol: float,
        share: float = 0.1,
    ) -> Step:
        """Take one step of Newton's method; the solver is stuck if that gains nothing either.

        The equations are solved until this share of the decrement remains, and near the
        minimum until the step proves the tolerance.
        """
        goal = tol * abs(point.value)

        def stop(v: F64, r: F64, decrement: float, remaining: float) -> bool:
            if decrement + remaining > goal:
                return remaining <= share * decrement
            return remaining <= share * decrement and point.gap_along(v, r) <= 0.1 * goal

        solve = conjugate_gradients(
            point.hvp, point.grad, M, stop, self.max_products, vectors=J.vectors
        )
        lower = max(lower, point.bound(solve.v))
        line = point.along(solve.v)
        t = line_search(line, point.value, float(point.grad @ solve.v))
        new = line.point(t) if t > 0.0 else point
        gain = point.value - new.value
        return Step(
            new if gain >= 0.0 else point,
            lower,
            solve.decrement + solve.remaining,
            note=f"{solve.iterations} products",
            stuck=gain <= _STILL * abs(point.value),
            unbounded=J.diagnose(point, solve.v),
        )


def _remember(pairs: Pairs, s: F64, y: F64) -> None:
    """Keep a pair whose curvature exceeds rounding."""
    curvature, least = float(s @ y), float(np.finfo(np.float64).tiny)
    if curvature > max(1e-14 * float(np.linalg.norm(s)) * float(np.linalg.norm(y)), least):
        pairs.append((s, y, curvature))


def _two_loops(pairs: Pairs, g: F64, M: LinearMap) -> F64:
    """Return B g."""
    q, alphas = g.copy(), []
    for s, y, curvature in reversed(pairs):
        a = float(s @ q) / curvature
        q -= a * y
        alphas.append(a)
    scale = 1.0
    if pairs:
        s, y, curvature = pairs[-1]
        size = float(y @ M(y))
        scale = curvature / size if size > 0.0 else 1.0
    q = scale * np.asarray(M(q))
    for (s, y, curvature), a in zip(pairs, reversed(alphas), strict=True):
        q += (a - float(y @ q) / curvature) * s
    return q
