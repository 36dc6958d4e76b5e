r"""Newton's method, its equations solved by preconditioned conjugate gradients."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..protocol import F64, Objective, Point, Step
from .cg import Solve, Stop, conjugate_gradients
from .line_search import line_search
from .precision import PrecisionCheck
from .reused_preconditioner import ReusedPreconditioner

__all__ = ["Newton"]

_NEAR = 2e-3  # of the tolerance: from this distance one more step ends the fit, with a proof
_SOON = 0.25  # of the tolerance: the same, where the model has been accurate enough
_LEFT = 1e-5  # of the tolerance: the distance that step may leave
_LAST = 1e-3  # of the decrement: the residual of the last solve where there is no bound to prove
_STILL = 4e-15  # a relative change of J below the rounding error of float64 sums
_FINEST = 1e-12  # the smallest tolerance worth working for
_ROUGH = 0.02  # of the decrement: how accurate a direction must be while far from the minimum
_SLOPE = 0.5  # of the slope: how much may remain after a step
_EASE = 0.3  # times as much damping where J is lowest at length 1; at 0.55 it stays
_FEW, _TIMES = 100, 5  # products for a few parameters: more of each bring nothing
_FAR = 4.0  # times the step: the farthest estimate of the minimum along it
_SHORT = 0.6  # a step without damping that ends before this needs damping
_LITTLE = 0.01  # of J at the start: J may have no minimum at all
_NO_DAMPING = 1e-30  # rows with values of 1e9 feel a damping of 1e-20
_PROMISE = 1.0  # of the largest possible fall of J: a quadratic model that predicts more is wrong


@dataclass(frozen=True)
class Newton:
    """w <- w + t v with (H + mu G) v = -grad, solved as accurately as pays; a line search for t.

    G is a metric that the objective defines (see `Point.hvp`).  The damping mu rises when the model
    predicts a larger gain than is possible, or than the step achieves, and falls while predictions
    are right.  Far from the minimum the equations are solved to low accuracy.  Once the Newton
    decrement shows that one more step will be enough, they are solved until the direction proves
    the tolerance (see `Point.bound`) and leaves less than 1/100,000 of it.  An old preconditioner
    is kept as long as the extra products that it needs cost less than a new one.  With "exact" a
    small problem's equations are solved directly, and conjugate gradients correct the rounding.

    Args:
        preconditioner: its kind (`Point.preconditioner`), "none" for none.
        name: the name of this choice.
        max_products: the most Hessian products for one direction; fewer for few parameters.
        seed: of the rows that a preconditioner draws.
        stronger: a better and more expensive preconditioner, "" for none.
        patience: products after which it is tried; a fair choice is the cost of making it.

    Reference: Dembo, Eisenstat and Steihaug, SIAM J. Numer. Anal. 19 (1982), for the accuracy;
    Nielsen, report IMM-REP-1999-05, for damping.

    """

    preconditioner: str = "diagonal"
    name: str = "newton-cg"
    max_products: int = 2000
    seed: int = 0
    stronger: str = ""
    patience: float = np.inf

    def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
        """Yield w0 and then one Step after another."""
        point, lower, last, model_error, idle, k = J.at(w0), -np.inf, np.inf, np.inf, 0, 0
        damping, inverse, first = _Damping(), self.inverse(), point.value
        outright, precision = self.preconditioner == "exact", PrecisionCheck(J)
        yield Step(point)
        while math.isfinite(point.value):
            k += 1
            goal = max(tol, _FINEST) * abs(point.value)
            last_step = _LastStep(goal, model_error)
            solve = self._direction(J, point, last_step, damping, inverse, precision, outright)
            expected = solve.decrement + solve.remaining
            near = last_step.from_here(expected)
            if near or idle:
                lower = max(lower, point.bound(solve.step, solve.r))
            if not expected > 0.0:  # the gradient is zero to the last digit
                yield Step(point, lower, 0.0, stuck=True)
                return
            line = point.along(solve.step)
            t = line_search(line, point.value, -2.0 * solve.decrement, curvature=_SLOPE)
            new = line.point(t) if t > 0.0 else point
            gain = point.value - new.value
            idle = idle + 1 if gain <= _STILL * abs(point.value) else 0
            slow = expected > 0.1 * last and damping.mu < 0.1
            odd, last = near or (k > 6 and (slow or new.value < _LITTLE * first)), expected
            if gain >= 0.0:
                point = new
            stuck = (t == 0.0 and damping.mu == 0.0) or idle >= 3
            if stuck and outright:  # conjugate gradients correct rounding that a factor cannot
                stuck, outright, idle = False, False, 0
            yield Step(
                point,
                lower,
                expected,
                note=f"{solve.iterations} products",
                stuck=stuck,
                unbounded=J.diagnose(point, solve.v) if odd else "",
            )
            if damping.mu > 0.0 and t > 0.0 and not near:
                t = _lowest(t, float(new.grad @ solve.v), -2.0 * solve.decrement)
            damping.learn(t, near)
            model_error = abs(1.0 - gain / expected) / math.sqrt(expected)
            del line, new  # the arrays that a point keeps may be large

    def inverse(self) -> ReusedPreconditioner:
        """Return the preconditioner to start with."""
        return ReusedPreconditioner(self.preconditioner, self.seed, self.stronger, self.patience)

    def outright(self, point: Point, mu: float, stop: Stop) -> Solve | None:
        """Return the solution by a factor of the whole matrix, where it is asked for and cheap."""
        found = point.direction(mu) if self.preconditioner == "exact" else None
        if found is None:
            return None
        done = stop(found.v, found.r, found.decrement, found.remaining)
        return Solve(found.v, found.r, found.decrement, found.remaining, 1, 1.0, done, found)

    def _direction(
        self,
        J: Objective,
        point: Point,
        last_step: _LastStep,
        damping: _Damping,
        inverse: ReusedPreconditioner,
        precision: PrecisionCheck,
        outright: bool,
    ) -> Solve:
        """Solve (H + mu G) v = -grad until more accuracy would not pay, or mu proves too small."""
        max_decrement = _PROMISE * (point.value - J.floor)
        floor = _LEFT * last_step.goal if J.has_bound else 0.0
        start: Solve | None = None
        products, limit = 0, min(self.max_products, _FEW + _TIMES * J.size)

        def stop(v: F64, r: F64, decrement: float, remaining: float) -> bool:
            if decrement > max_decrement:
                return True
            goal = last_step.goal
            if not last_step.from_here(decrement + remaining):
                rough = min(_ROUGH, max(1e-3, decrement / max(abs(point.value), 1e-300)))
                return remaining <= max(rough * decrement, floor)
            if not J.has_bound:  # there is no bound to prove, and the gradient decides
                return remaining <= _LAST * decrement
            return remaining <= floor and point.gap_along(v, r) <= 0.3 * goal

        while True:
            mu = damping.mu
            solve = self.outright(point, mu, stop) if outright and start is None else None
            if solve is None or not solve.done:
                M = inverse.at(point, mu)
                budget = min(inverse.budget, limit - products)
                product = precision.product(point, mu, M)
                solve = conjugate_gradients(
                    product, point.grad, M, stop, budget, solve or start, J.vectors
                )
                del M, product  # no reference, so that its memory is free for the next
                inverse.learn(solve)
            products += solve.iterations
            start = solve
            if solve.decrement > max_decrement and damping.raise_by(3.0):
                start = None
            elif solve.done or products >= limit:
                whole = solve.iterations == products
                return solve if whole else replace(solve, iterations=products)


def _lowest(t: float, slope: float, first: float) -> float:
    """Estimate where J is lowest along the direction, from the slopes at t and at 0."""
    return t / max(1.0 - slope / first, 1.0 / _FAR)


@dataclass(frozen=True)
class _LastStep:
    """Whether a step can be the last: it must end far closer than the tolerance to prove."""

    goal: float
    model_error: float
    """The error of the last predicted gain, divided by the square root of that gain: for a smooth
    function it hardly changes from one step to the next."""

    def from_here(self, distance: float) -> bool:
        """Decide for a Newton decrement."""
        if distance <= _NEAR * self.goal or distance > _SOON * self.goal:
            return distance <= _NEAR * self.goal
        return distance * self.model_error * math.sqrt(distance) <= _LEFT * self.goal


@dataclass
class _Damping:
    """mu, set by how far J falls along the direction: beyond t = 1 mu was too large."""

    mu: float = 0.0
    last: float = 0.01
    """The last mu that was not zero."""

    def raise_by(self, factor: float) -> bool:
        """Raise mu; return False where that no longer helps."""
        if self.mu >= 1e3:
            return False
        self.mu = self.last = factor * self.mu if self.mu > 0.0 else self.last
        return True

    def learn(self, t: float, near: bool) -> None:
        """Set the next mu from the minimiser along the line; without damping any step will do."""
        if near:
            self.mu = 0.0
        elif t == 0.0 or (self.mu == 0.0 and t < _SHORT):
            self.raise_by(10.0)
        elif self.mu > 0.0:
            self.mu *= min(max(_EASE / t**2, 0.01), 10.0)
            if self.mu < _NO_DAMPING:
                self.mu = 0.0
            else:
                self.last = self.mu
