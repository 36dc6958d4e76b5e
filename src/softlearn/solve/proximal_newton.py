r"""Newton's method for a smooth function plus terms with kinks, on a working set of columns."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..protocol import F64, Step
from .sparse_quadratic import SparseSolve, minimise_sparse_quadratic

__all__ = ["FollowingProximalNewton", "ProximalNewton"]

_FINEST = 1e-12  # the smallest tolerance worth working for
_HERE = 0.5  # of the tolerance: from this distance a bound is tried,
_BEND = 0.2  # or where the quadratic model is as accurate as this
_ROUGH = 0.02  # of the decrease: the accuracy of a step
_FINE = 1e-8  # the same where that costs little
_LEFT = 1e-5  # of the tolerance: an accuracy that suffices
_FEASIBLE = 0.1  # of the tolerance: the violation of a solve that a bound is made of
_STILL = 4e-15  # a relative change of J below the rounding error of float64 sums
_ENOUGH = 1e-4  # of the slope: the decrease of J that a step must bring
_SHORTEST = 1e-10  # step
_FAIR = 0.25  # of the slope: a step that brings less is tried at half its length
_SLOW = 1e-4  # of J: a round that gains less, with no accurate solution, shows rounding
_TIRED = 20  # such rounds
_IDLE = 4  # rounds without a gain: float64 allows no more
_INNER = 20  # steps over one working set
_PASSING = 1e-2  # the tolerance of objectives on the way
_STRIDE = 4.0  # from one of them to the next
_OFF = 0.3  # of the decrease: a Hessian whose predictions are wrong by more is made anew
_SHORT = 0.2  # a step that ends before this needs damping
_CORRECTIONS = 10  # by the exact Hessian, of a step by an older one
_FIRST_DAMPING, _MORE, _MOST_DAMPING = 1e-3, 10.0, 1e3
_SETTLED = 0.1  # of the first decrease over a working set: then the others are looked at again
_NARROW = 0.5  # of the columns: a working set this large is all of them
_FEW = 256  # columns of which none are left out
_FEWEST = 64  # columns in a working set, at least,
_GROWTH = 2.0  # or times those that have weights


@dataclass(frozen=True)
class ProximalNewton:
    """w <- w + t v, v the minimiser of <g, v> + v' H v / 2 + the terms with kinks at w + v.

    H is the exact Hessian of the smooth part, all classes together.  Each round reads all columns
    once, and takes steps over those that have weights or would get some: of these the worst, twice
    as many as have weights.  J must be an objective like `softlearn.objective.SparseObjective`.

    Args:
        name: the name of this choice.
        max_products: the most products with H for one step.

    References: Lee, Sun and Saunders, SIAM J. Optim. 24 (2014); Massias, Gramfort and Salmon, ICML
    (2018), for working sets.

    """

    name: str = "proximal-newton"
    max_products: int = 500

    kinks: ClassVar[bool] = True
    """It minimises terms with kinks."""

    def steps(self, J: Any, w0: F64, tol: float) -> Iterator[Step]:
        """Yield w0 and then one Step after another."""
        return self.following().steps(J, w0, tol)

    def following(self) -> FollowingProximalNewton:
        """Return a solver that remembers the last Hessian: for one objective after another."""
        return FollowingProximalNewton(self)


class FollowingProximalNewton:
    """`ProximalNewton` that begins with the columns and the Hessian of the objective before.

    Args:
        method: its settings.

    """

    def __init__(self, method: ProximalNewton) -> None:
        self.name, self.max_products = method.name, method.max_products
        self.columns: Any = None
        self.model: Any = None
        self.reused = False
        """Whether the model's Hessian is that of an earlier point."""
        self.error, self.damping = np.inf, 0.0

    def steps(self, J: Any, w0: F64, tol: float) -> Iterator[Step]:
        """Yield w0 and then one Step after another."""
        point = J.at(w0 if w0.any() else J.null)
        yield Step(point)
        for strength in _stronger(J, point):
            over = J.with_penalty(strength)
            point = self._round(over, over.same(point), _Goal(_PASSING, passing=True), _Found())
            J.blocks.count += over.blocks.count
            # computed anew, since rounding errors of the larger J are no part of the bound's
            point = J.at(point.w)
            yield Step(point)
        found, idle, tired = _Found(), 0, 0
        while math.isfinite(point.value):
            before, found.products = point.value, 0
            point = self._round(J, point, _Goal(max(tol, _FINEST), 0.1**idle), found)
            gain = (before - point.value) / max(abs(point.value), 1e-300)
            idle = idle + 1 if gain <= _STILL else 0
            tired += gain <= _SLOW and found.products >= self.max_products
            stuck = idle >= _IDLE or tired >= _TIRED
            note = f"{found.products} products"
            yield Step(point, found.lower, found.expected, note, stuck=stuck, dual=found.dual)

    def _round(self, J: Any, point: Any, goal: _Goal, found: _Found) -> Any:
        """Return the point after steps over the columns that have weights or would get some."""
        self.columns = columns = _working_set(J, point, self.columns)
        if goal.share < 1.0:
            self.model = None  # the last steps gained nothing: the Hessian is to be that of here
        inner = point if columns is None else columns.J.at(columns.take(point.w))
        on, first = J if columns is None else columns.J, 0.0
        for k in range(_INNER):
            later = k > 0 and columns is not None
            v, expected = self._direction(inner, goal, found, later)
            first, proven, last = first or expected, False, False
            if goal.near(expected, inner.value, self.error) or goal.share < 1.0:
                if later:
                    last = not self.reused and not self.model.cheap
                    if expected <= goal.left * abs(inner.value) or not (self.reused or last):
                        break
                else:
                    whole = v if columns is None else columns.give(v)
                    proven = found.take(point, whole, goal)
            if k == 0:
                found.expected = expected
            inner, t = self._step(inner, on, v, expected)
            if columns is None:
                point = inner
            enough = max(_SETTLED * first, goal.left * abs(inner.value))
            if proven or last or t == 0.0 or expected <= enough:
                break
            if columns is None and not goal.passing:
                break
        return inner if columns is None else J.at(columns.give(inner.w))

    def _direction(self, point: Any, goal: _Goal, found: _Found, later: bool) -> tuple[F64, float]:
        """Return the step to the minimiser of the model, and the decrease that it promises.

        A later step over some columns alone need not prove anything: it may be rough, where that is
        cheaper.
        """
        while True:
            some = None if self.columns is None else self.columns.some
            self.model, before = point.model(self.damping, self.model, some), self.model
            self.reused = self.model.kept(before)
            rough, sharp = (_FINE, True) if self.model.cheap else (_ROUGH, not later)

            def reached(solve: SparseSolve, rough: float = rough, sharp: bool = sharp) -> bool:
                return goal.reached(solve, point.value, self.error, rough, sharp)

            solve = minimise_sparse_quadratic(self.model, reached, self.max_products)
            found.products += solve.products
            # J is not negative: a model that promises more is wrong
            if solve.decrease <= point.value or self.damping > _MOST_DAMPING:
                break
            self.damping = max(_MORE * self.damping, _FIRST_DAMPING)
            self.model = None
        expected = solve.decrease + solve.remaining
        if self.reused and goal.near(expected, point.value, self.error):
            return self._corrected(point, goal, found, solve.v), expected
        return self.model.whole(solve.v), expected

    def _corrected(self, point: Any, goal: _Goal, found: _Found, v: F64) -> F64:
        """Return a step that is accurate by the exact Hessian, from the one by an older one."""
        model = self.model
        for _ in range(_CORRECTIONS):
            e = point.grad + point.hvp(model.whole(v))
            s = model.terms.subgradient(model.start + v, model.correct(v, e))
            if model.terms.violation(s) <= _FEASIBLE * goal.share * goal.tol:
                break
            sharp = 0.1 * model.terms.violation(s)

            def reached(solve: SparseSolve, sharp: float = sharp) -> bool:
                return solve.violation <= sharp

            solve = minimise_sparse_quadratic(model, reached, self.max_products, v)
            found.products += solve.products + 1
            v = solve.v
        whole: F64 = model.whole(v)
        return whole

    def _step(self, point: Any, J: Any, v: F64, expected: float) -> tuple[Any, float]:
        """Return the point after a step that lowers J enough, and its length; 0 where none does."""
        (new, t), share, damping = _search(point, J, v), 0.0, self.damping
        if t == 1.0 and expected > 0.0:
            share = (point.value - new.value) / expected
            self.error = abs(1.0 - share) / math.sqrt(expected)
        if t == 1.0 and share > 1.0 - _OFF:
            self.damping = damping / _MORE if damping > _FIRST_DAMPING else 0.0
        elif t < _SHORT:
            self.damping = max(_MORE * damping, _FIRST_DAMPING)
        if abs(1.0 - share) > _OFF or self.damping != damping:
            self.model = None
        return new, t


@dataclass
class _Found:
    """The best lower bound of one objective, and what it took."""

    lower: float = -np.inf
    dual: Any = None
    expected: float = np.inf
    """How much J could still fall at the start of the last round."""
    products: int = 0

    def take(self, point: Any, v: F64, goal: _Goal) -> bool:
        """Try a bound from a step; say whether it proves the tolerance."""
        found = point.dual(v)
        if found is not None and found.lower > self.lower:
            self.lower, self.dual = found.lower, found
        return bool(point.value - self.lower <= goal.tol * abs(point.value))


@dataclass(frozen=True)
class _Goal:
    """How accurately J is minimised."""

    tol: float
    share: float = 1.0
    """1, or less where the last steps gained nothing."""
    passing: bool = False
    """Whether J is one of the objectives on the way, which nobody has asked for."""

    @property
    def left(self) -> float:
        """A relative distance that need not be gone."""
        return _LEFT * self.tol

    def near(self, distance: float, value: float, error: float) -> bool:
        """Whether a bound from here is likely to prove the tolerance.

        Args:
            distance: from the minimum.
            value: J here.
            error: of the last predicted gain, divided by the square root of that gain.

        """
        goal = self.tol * value
        if self.passing:
            return False
        return distance <= _HERE * goal or distance * error * math.sqrt(distance) <= _BEND * goal

    def reached(
        self, solve: SparseSolve, value: float, error: float, rough: float, sharp: bool
    ) -> bool:
        """Whether a solve is accurate enough; `rough` suffices far away, of the decrease.

        `sharp` is whether a bound is to be made of it.
        """
        left = self.left * abs(value)
        if sharp and self.near(solve.decrease + solve.remaining, value, error):
            feasible = solve.violation <= _FEASIBLE * self.share * self.tol
            return feasible and solve.remaining <= self.share * left
        return solve.remaining <= max(rough * solve.decrease, left)


def _stronger(J: Any, point: Any) -> Iterator[float]:
    """Yield strengths of the penalty on the way from a point without weights, of many columns."""
    if J.model.d <= _FEW or point.w[: J.model.weights].any() or not J.penalty.strength:
        return
    steps = int(
        math.log(max(J.strength_at(point.grad) / J.penalty.strength, 1.0)) / math.log(_STRIDE)
    )
    for k in range(steps, 0, -1):
        yield float(J.penalty.strength * _STRIDE**k)


def _search(point: Any, J: Any, v: F64) -> tuple[Any, float]:
    """Return the point after a step that lowers J enough, and its length; 0 where none does."""
    kinks, t = point.kinks, 1.0
    slope = float(point.grad @ v) + point.penalty.whole.value(point.w + v) - kinks
    best = point, 0.0
    while t >= _SHORTEST:
        new = J.at(J.settled(point.w + t * v))
        if new.value <= point.value + _ENOUGH * t * min(slope, 0.0):
            if best[1] and new.value >= best[0].value:
                return best
            best = new, t
            if point.value - new.value >= _FAIR * t * -slope:
                return best
        elif best[1]:
            return best
        t *= 0.5
    return best


def _working_set(J: Any, point: Any, before: Any) -> Any:
    """Return the columns to work on, None for all of them; those before if they are the same."""
    W, _ = J.model.split(point.w)
    left, _ = J.model.split(point.subgradient)
    used = (W != 0.0).any(0)
    wanted = np.abs(left).max(0)
    largest = max(int(_GROWTH * used.sum()), _FEWEST)
    extra = np.flatnonzero((wanted > 0.0) & ~used)
    room = max(largest - int(used.sum()), 1)
    if len(extra) > room:
        extra = extra[np.argpartition(-wanted[extra], room)[:room]]
    some = np.sort(np.concatenate([np.flatnonzero(used), extra]))
    if len(some) >= _NARROW * J.model.d or not len(some) or J.model.d <= _FEW:
        return None
    kept = before is not None and len(before.some) <= 2 * len(some)
    if kept and np.isin(some, before.some).all():
        return before.under(J)
    return J.of_columns(some)
