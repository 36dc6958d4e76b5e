"""Newton's method along a family of objectives, each a little different from the one before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..protocol import F64, Objective, Point, Result, Step
from .cg import Solve, conjugate_gradients
from .line_search import line_search
from .minimize import minimize
from .newton import Newton
from .path_predictor import PathPredictor
from .recycled_preconditioner import RecycledPreconditioner

__all__ = ["PathFollowing"]

_TRIES = 4  # steps; a start that needs more is not close enough, and `Newton` takes over
_HERE = 0.7  # of the tolerance: from a distance this small no step is needed
_BEND = 0.4  # of the tolerance: the error of the quadratic model allowed in a last step
_PROOF = 0.5  # of the tolerance: the gap allowed after that step,
_PROOF_HERE = 0.9  # or without one
_LEFT = 0.1  # of the tolerance: the residual allowed in the solve
_PROMISE = 1.0  # of the largest possible fall of J: a model that predicts more is wrong
_PROMISE_FIRST = 0.1  # without a guess, start from zero only if it is close
_ROUGH = 0.02  # of the decrement: the accuracy of a step that will not be the last


class PathFollowing:
    """Minimises J_t for one t after another, as a regularisation path does.

    Each minimisation has a warm start, extrapolated by a polynomial through the minimisers before
    it (`PathPredictor`), and the last preconditioner (`RecycledPreconditioner`).  It ends as soon
    as the tolerance is proven: mostly with one solve of Newton's equations, a few products, and one
    step or none.  Where the start is not close enough, `Newton` takes over, with its damping.

    Args:
        newton: the solver of the first objective, and of those where a warm start fails.
        scale: (size,) the scale of each parameter, such as the size of its feature.

    """

    def __init__(self, newton: Newton, scale: F64) -> None:
        self.newton = newton
        self.course = PathPredictor(scale)
        inverse = newton.inverse()
        self.recycled = RecycledPreconditioner(
            inverse.kind, inverse.seed, inverse.stronger, inverse.patience
        )
        self.diagonal: F64 | float = 0.0
        self.model_error = np.inf
        self.last: F64 | None = None
        self.beyond: F64 | None = None

    def minimize(
        self,
        J: Objective,
        t: float,
        diagonal: F64 | float = 0.0,
        near: F64 | None = None,
        tol: float = 1e-6,
        max_steps: int = 100_000,
    ) -> Result:
        """Minimise J_t.

        Args:
            J: the objective.
            t: greater than those before; infinite where J is the limit of the family.
            diagonal: (size,) the part of the Hessian that is diagonal and depends on t alone.
            near: an external guess, such as the minimiser of a similar family at the same t; for
                every t or for none.
            tol, max_steps: as in `minimize`.

        """
        self.recycled.move(diagonal - self.diagonal)
        self.diagonal, self.beyond = diagonal, None
        start = self.course.guess(t, near) if np.isfinite(t) else self.last
        if start is None:
            start = np.zeros(J.size)
        promise = _PROMISE if self.last is not None or near is not None else _PROMISE_FIRST
        safe = np.zeros(J.size) if self.last is None else self.last
        correct = _Correct(self, safe, promise, self.newton.name)
        result = minimize(J, correct, start, tol, max_steps)
        self.last = result.w
        if np.isfinite(t):
            self.course.add(t, result.w if self.beyond is None else self.beyond, near)
        return result


@dataclass(frozen=True)
class _Correct:
    """A few steps from near the minimum; `Newton` from `safe` or the best point if they fail."""

    follow: PathFollowing
    safe: F64
    promise: float
    name: str

    def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
        """Yield w0 and then one Step after another."""
        point, w = J.at(w0), self.safe
        if np.isfinite(point.value):
            yield Step(point)
            lower = -np.inf
            for _ in range(_TRIES):
                goal = tol * abs(point.value)
                solve = self._direction(J, point, goal)
                expected = solve.decrement + solve.remaining
                if not 0.0 < expected <= self.promise * (point.value - J.floor):
                    break
                if self._last_step(expected, goal):
                    lower = max(lower, point.bound(solve.step, solve.r))
                note = f"{solve.iterations} products"
                if point.value - lower <= goal:  # proven at the start, without a step
                    self.follow.beyond = point.w + solve.v
                    yield Step(point, lower, expected, note)
                    return
                new = self._step(J, point, solve)
                if new is None:
                    break
                gain = point.value - new.value
                if expected > _HERE * goal:
                    self.follow.model_error = abs(1.0 - gain / expected) / float(np.sqrt(expected))
                point, w = new, new.w
                yield Step(point, lower, expected, note)
        yield from self.follow.newton.steps(J, w, tol)

    def _last_step(self, distance: float, goal: float) -> bool:
        """Say whether one step from this distance, or none, will end it."""
        off = distance * self.follow.model_error * np.sqrt(distance)
        return bool(distance <= _HERE * goal or off <= _BEND * goal)

    def _direction(self, J: Objective, point: Point, goal: float) -> Solve:
        """Solve H v = -grad until the bound along v is tight enough; roughly if far away."""
        max_decrement = self.promise * (point.value - J.floor)

        def stop(v: F64, r: F64, decrement: float, remaining: float) -> bool:
            if decrement > max_decrement:
                return True
            distance = decrement + remaining
            if distance <= _HERE * goal:
                return remaining <= _LEFT * goal and point.gap_along(v, r) <= _PROOF_HERE * goal
            if self._last_step(distance, goal):
                return (
                    remaining <= _LEFT * goal and point.gap_along(v, r) <= decrement + _PROOF * goal
                )
            return remaining <= max(_ROUGH * decrement, _LEFT * goal)

        kept, newton = self.follow.recycled, self.follow.newton
        solve = newton.outright(point, 0.0, stop)
        products = 0
        while solve is None or not (solve.done or products >= newton.max_products):
            M, budget = kept.at(point), min(kept.budget, newton.max_products - products)
            solve = conjugate_gradients(
                kept.recorded(point.hvp), point.grad, M, stop, budget, solve, J.vectors
            )
            del M  # no reference, so that its memory is free for the next
            kept.learn(solve)
            products += solve.iterations
        return solve

    def _step(self, J: Objective, point: Point, solve: Solve) -> Point | None:
        """Return the point after a step; None where no step lowers the objective."""
        new = J.at(point.w + solve.v)
        if new.value <= point.value - 0.1 * solve.decrement:
            return new
        line = point.along(solve.step)
        t = line_search(line, point.value, float(point.grad @ solve.v))
        return line.point(t) if t > 0.0 else None
