r"""Newton's method for a smooth function plus terms with kinks, on a working set of columns."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..protocol import F64, Step
from .sparse_quadratic import SparseSolve, minimise_sparse_quadratic

__all__ = ["ProximalNewton"]

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
_SLOW = 1e-4  # of J: a round that gains less, with no accurate solution, shows rounding
_TIRED = 20  # such rounds
_IDLE = 4  # rounds without a gain: float64 allows no more
_INNER = 20  # steps over one working set
_SETTLED = 0.1  # of the first decrease over a working set: then the others are looked at again
_NARROW = 0.5  # of the columns: a working set this large is all of them
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
        point = J.at(w0)
        if not w0.any():
            null = J.at(J.null)
            point = null if null.value <= point.value else point
        yield Step(point)
        lower, dual, idle, columns, error, tired = -np.inf, None, 0, None, np.inf, 0
        while math.isfinite(point.value):
            columns = _working_set(J, point, columns)
            inner = point if columns is None else columns.J.at(columns.take(point.w))
            first, before, products = 0.0, point.value, 0
            for k in range(1 if columns is None else _INNER):
                model = inner.model()
                rough = _FINE if model.cheap else _ROUGH
                goal = _Goal(max(tol, _FINEST), abs(inner.value), error, 0.1**idle, rough)
                solve = minimise_sparse_quadratic(model, goal.reached, self.max_products)
                products += solve.products
                v = model.whole(solve.v)
                expected = solve.decrease + solve.remaining
                if k == 0:
                    first = expected
                    if goal.near(expected) or idle:
                        found = point.dual(v if columns is None else columns.give(v))
                        if found is not None and found.lower > lower:
                            lower, dual = found.lower, found
                here = inner.value
                inner, t = _search(inner, J if columns is None else columns.J, v)
                if t == 1.0 and expected > 0.0:
                    error = abs(1.0 - (here - inner.value) / expected) / math.sqrt(expected)
                if t == 0.0 or expected <= max(_SETTLED * first, goal.left):
                    break
            point = inner if columns is None else J.at(columns.give(inner.w))
            gain = (before - point.value) / max(abs(point.value), 1e-300)
            idle = idle + 1 if gain <= _STILL else 0
            tired += gain <= _SLOW and products >= self.max_products
            stuck = idle >= _IDLE or tired >= _TIRED
            yield Step(point, lower, first, f"{products} products", stuck=stuck, dual=dual)


@dataclass(frozen=True)
class _Goal:
    """How accurately a model is minimised."""

    tol: float
    value: float
    """J here."""
    error: float
    """The error of the last predicted gain, divided by the square root of that gain."""
    share: float
    """1, or less where the last steps gained nothing."""
    rough: float
    """The accuracy far from the minimum, of the decrease."""

    @property
    def left(self) -> float:
        """A distance that need not be gone."""
        return _LEFT * self.tol * self.value

    def near(self, distance: float) -> bool:
        """Whether a bound from here is likely to prove the tolerance."""
        goal = self.tol * self.value
        return distance <= _HERE * goal or (
            distance * self.error * math.sqrt(distance) <= _BEND * goal
        )

    def reached(self, solve: SparseSolve) -> bool:
        """Whether a solve is accurate enough."""
        if self.near(solve.decrease + solve.remaining):
            feasible = solve.violation <= _FEASIBLE * self.share * self.tol
            return feasible and solve.remaining <= self.share * self.left
        return solve.remaining <= max(self.rough * solve.decrease, self.left)


def _search(point: Any, J: Any, v: F64) -> tuple[Any, float]:
    """Return the point after a step that lowers J enough, and its length; 0 where none does."""
    kinks, t = point.kinks, 1.0
    slope = float(point.grad @ v) + point.penalty.whole.value(point.w + v) - kinks
    while t >= _SHORTEST:
        new = J.at(J.settled(point.w + t * v))
        if new.value <= point.value + _ENOUGH * t * min(slope, 0.0):
            return new, t
        t *= 0.5
    return point, 0.0


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
    if len(some) >= _NARROW * J.model.d or not len(some):
        return None
    kept = before is not None and len(before.some) <= 2 * len(some)
    if kept and np.isin(some, before.some).all():
        return before
    return J.of_columns(some)
