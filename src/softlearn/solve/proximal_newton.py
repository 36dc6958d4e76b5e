r"""Newton's method for a smooth function plus terms with kinks, on a working set of columns."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..protocol import F64, Step
from .sparse_quadratic import SparseSolve, minimise_sparse_quadratic

__all__ = ["ProximalNewton"]

_FINEST = 1e-12  # the smallest tolerance worth working for
_SOON = 1e3  # times the tolerance: from this distance a bound is tried
_ROUGH = 0.02  # of the decrease: the accuracy of a step
_LEFT = 1e-4  # of the tolerance: an accuracy that suffices
_STILL = 4e-15  # a relative change of J below the rounding error of float64 sums
_ENOUGH = 1e-4  # of the slope: the decrease of J that a step must bring
_SHORTEST = 1e-10  # step
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
    as many as have weights.  J must be an objective of `softlearn.objective.SparseObjective`'s kind.

    Args:
        name: the name of this choice.
        most_products: the most products with H for one step.

    References: Lee, Sun and Saunders, SIAM J. Optim. 24 (2014); Massias, Gramfort and Salmon, ICML
    (2018), for working sets.

    """

    name: str = "proximal-newton"
    most_products: int = 500

    def steps(self, J: Any, w0: F64, tol: float) -> Iterator[Step]:
        """Yield w0 and then one Step after another."""
        point = J.at(w0)
        if not w0.any():
            null = J.at(J.null)
            point = null if null.value <= point.value else point
        yield Step(point)
        lower, dual, idle, columns, accuracy = -np.inf, None, 0, None, 1.0
        while math.isfinite(point.value):
            goal = max(tol, _FINEST) * abs(point.value)
            columns = _working_set(J, point, columns)
            inner = point if columns is None else columns.J.at(columns.take(point.w))
            first, before, products = 0.0, point.value, 0
            for k in range(1 if columns is None else _INNER):
                model = inner.model()
                solve = self._solve(model, inner, goal, accuracy)
                products += solve.products
                v = model.whole(solve.v)
                expected = solve.decrease + solve.remaining
                if k == 0:
                    first = expected
                    if expected <= _SOON * goal or idle:
                        found = point.dual(v if columns is None else columns.give(v))
                        if found is not None and found.lower > lower:
                            lower, dual = found.lower, found
                inner, moved = _search(inner, columns.J if columns else J, v, solve)
                if not moved or expected <= max(_SETTLED * first, _LEFT * goal):
                    break
            if columns is None:
                point = inner
            else:
                point = J.at(columns.give(inner.w))
            gain = before - point.value
            idle = idle + 1 if gain <= _STILL * abs(point.value) else 0
            accuracy = 0.01 * accuracy if idle or expected <= goal else 1.0
            yield Step(
                point,
                lower,
                first,
                note=f"{products} products",
                stuck=idle >= 4,
                dual=dual,
            )

    def _solve(self, model: Any, point: Any, goal: float, accuracy: float) -> SparseSolve:
        """Minimise the model as accurately as pays."""
        floor = _LEFT * goal * accuracy

        def stop(solve: SparseSolve) -> bool:
            near = solve.decrease + solve.remaining <= goal
            rough = 1e-3 * accuracy if near else _ROUGH
            return solve.remaining <= max(rough * solve.decrease, floor)

        return minimise_sparse_quadratic(model, stop, self.most_products)


def _search(point: Any, J: Any, v: F64, solve: SparseSolve) -> tuple[Any, bool]:
    """Return the point after a step that lowers J enough, or the same one."""
    terms = point.penalty.terms(len(v))
    t, kinks = 1.0, terms.value(point.w)
    slope = float(point.grad @ v) + terms.value(point.w + v) - kinks
    while t >= _SHORTEST:
        new = J.at(point.w + t * v)
        if new.value <= point.value + _ENOUGH * t * min(slope, 0.0):
            return new, True
        t *= 0.5
    return point, False


def _working_set(J: Any, point: Any, before: Any) -> Any:
    """Return the columns to work on, None for all of them; those before if they are the same."""
    W, _ = J.model.split(point.w)
    left, _ = J.model.split(point.subgradient)
    used = (W != 0.0).any(0)
    wanted = np.abs(left).max(0)
    most = max(int(_GROWTH * used.sum()), _FEWEST)
    extra = np.flatnonzero((wanted > 0.0) & ~used)
    room = max(most - int(used.sum()), 1)
    if len(extra) > room:
        extra = extra[np.argpartition(-wanted[extra], room)[:room]]
    some = np.sort(np.concatenate([np.flatnonzero(used), extra]))
    if len(some) >= _NARROW * J.model.d or not len(some):
        return None
    if before is not None and np.isin(some, before.some).all() and len(before.some) <= 2 * len(some):
        return before
    return J.of_columns(some)
