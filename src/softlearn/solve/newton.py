r"""Newton's method, its equations solved by preconditioned conjugate gradients."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..protocol import F64, Objective, Point, Step
from .cg import Solve, Stop, conjugate_gradients
from .line_search import line_search
from .precision import PrecisionCheck
from .reused_preconditioner import ReusedPreconditioner

__all__ = ["Course", "Newton"]

_NEAR = 2e-3  # of the tolerance: from this distance one more step ends the fit, with a proof
_SOON = 0.25  # of the tolerance: the same, where the model has been accurate enough
_LAST = 1e-3  # of the decrement: the residual of the last solve where there is no bound to prove
_STILL = 4e-15  # a relative change of J below the rounding error of float64 sums
_FINEST = 1e-12  # the smallest tolerance worth working for
_ROUGH = 0.02  # of the decrement: the same while far from the minimum
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
    left: ClassVar[float] = 1e-5
    """Of the tolerance: the distance that the last step may leave."""
    rough: ClassVar[float] = 1e-3
    """Of the decrement: how accurate a direction must be that is not the last."""
    ends_at_proof: ClassVar[bool] = False
    """Whether the step that the proof was made with is left out, which saves a pass."""

    def steps(self, J: Objective, w0: F64, tol: float) -> Iterator[Step]:
        """Yield w0 and then one Step after another."""
        return self.go_on(J, J.at(w0), tol, Course(J), self.inverse())

    def go_on(
        self,
        J: Objective,
        point: Point,
        tol: float,
        course: Course,
        inverse: ReusedPreconditioner,
    ) -> Iterator[Step]:
        """Yield a point and then one Step after another.

        Args:
            J: the objective.
            point: where to begin.
            tol: the relative gap that is wanted.
            course: what is known there, and then after each step.
            inverse: gives preconditioners.

        """
        now, damping = course, course.damping
        first = now.first = point.value if math.isnan(now.first) else now.first
        yield Step(point, now.lower)
        while math.isfinite(point.value):
            now.k += 1
            goal = max(tol, _FINEST) * abs(point.value)
            last_step = _LastStep(goal, now.model_error, self.left)
            outright = self.preconditioner == "exact" and not now.inexact
            solve = self._direction(J, point, last_step, now, inverse, outright)
            expected = solve.decrement + solve.remaining
            near = last_step.from_here(expected)
            if near or now.idle:
                now.lower = max(now.lower, point.bound(solve.step, solve.r))
            if self.ends_at_proof and point.value - now.lower <= tol * abs(point.value):
                yield Step(point, now.lower, expected, note=f"{solve.iterations} products")
                return
            if not expected > 0.0:  # the gradient is zero to the last digit
                yield Step(point, now.lower, 0.0, stuck=True)
                return
            line = point.along(solve.step)
            t = line_search(line, point.value, -2.0 * solve.decrement, curvature=_SLOPE)
            new = line.point(t) if t > 0.0 else point
            gain = point.value - new.value
            now.idle = now.idle + 1 if gain <= _STILL * abs(point.value) else 0
            slow = expected > 0.1 * now.expected and damping.mu < 0.1
            odd = near or (now.k > 6 and (slow or new.value < _LITTLE * first))
            now.expected = expected
            if gain >= 0.0:
                point = new
            stuck = (t == 0.0 and damping.mu == 0.0) or now.idle >= 3
            if stuck and outright:  # conjugate gradients correct rounding that a factor cannot
                stuck, now.inexact, now.idle = False, True, 0
            if damping.mu > 0.0 and t > 0.0 and not near:
                t = _lowest(t, float(new.grad @ solve.v), -2.0 * solve.decrement)
            damping.learn(t, near)
            now.model_error = abs(1.0 - gain / expected) / math.sqrt(expected)
            del line, new  # the arrays that a point keeps may be large
            yield Step(
                point,
                now.lower,
                expected,
                note=f"{solve.iterations} products",
                stuck=stuck,
                unbounded=J.diagnose(point, solve.v) if odd else "",
            )
            del solve  # as its vectors may be

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
        now: Course,
        inverse: ReusedPreconditioner,
        outright: bool,
    ) -> Solve:
        """Solve (H + mu G) v = -grad until more accuracy would not pay, or mu proves too small."""
        max_decrement = _PROMISE * (point.value - J.floor)
        floor = self.left * last_step.goal if J.has_bound else 0.0
        damping = now.damping
        start: Solve | None = None
        products, limit = 0, min(self.max_products, _FEW + _TIMES * J.size)

        def stop(v: F64, r: F64, decrement: float, remaining: float) -> bool:
            if decrement > max_decrement:
                return True
            goal = last_step.goal
            if not last_step.from_here(decrement + remaining):
                rough = min(_ROUGH, max(self.rough, decrement / max(abs(point.value), 1e-300)))
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
                product = inverse.recorded(now.precision.product(point, mu, M))
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
                return solve if whole else solve._replace(iterations=products)


class Course:
    """What Newton's method knows after a step beside the point: numbers, which can be saved.

    Args:
        J: the objective.

    """

    def __init__(self, J: Objective) -> None:
        self.damping, self.precision = _Damping(), PrecisionCheck(J)
        self.lower = -np.inf
        """The best bound,"""
        self.expected = self.model_error = np.inf
        """the last decrement, and the error of the last predicted gain (`_LastStep`),"""
        self.first = np.nan
        """J at the start,"""
        self.k = self.idle = 0
        """steps, and steps since J fell,"""
        self.inexact = False
        """and whether a factor has proved too inaccurate."""

    @property
    def numbers(self) -> dict[str, float]:
        """All of it, to be saved."""
        own = {name: x for name, x in vars(self).items() if name not in _PARTS}
        return {**own, **vars(self.damping), **vars(self.precision)}

    @numbers.setter
    def numbers(self, saved: Mapping[str, float]) -> None:
        for part in (self, self.damping, self.precision):
            for name in vars(part).keys() - _PARTS:
                setattr(part, name, saved[name])


_PARTS = {"damping", "precision"}


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
    left: float
    """Of the tolerance: the distance that the last step may leave."""

    def from_here(self, distance: float) -> bool:
        """Decide for a Newton decrement."""
        if distance <= _NEAR * self.goal or distance > _SOON * self.goal:
            return distance <= _NEAR * self.goal
        return distance * self.model_error * math.sqrt(distance) <= self.left * self.goal


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
