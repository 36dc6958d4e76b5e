"""The part of a penalty that has kinks, for proximal methods: what solvers need of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["GroupLasso", "Lasso"]

F64 = NDArray[np.float64]
_HALVINGS = 30
_ZERO = 4.0 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Lasso:
    """sum_i level_i |x_i|; a level of 0 stands for a free variable."""

    level: F64

    def value(self, x: F64) -> float:
        """Return the sum."""
        return float(self.level @ np.abs(x))

    def metric(self, D: F64) -> F64:
        """Return a diagonal metric of at least D in which `prox` is exact."""
        return D

    def prox(self, x: F64, step: F64) -> F64:
        """Return the minimiser over y of the sum + sum_i (y_i - x_i)^2 / (2 step_i)."""
        return x - np.clip(x, -step * self.level, step * self.level)

    def subgradient(self, x: F64, r: F64) -> F64:
        """Return the shortest vector r + (a subgradient at x); it is zero at a minimum."""
        shrunk = r - np.clip(r, -self.level, self.level)
        return np.where(x == 0.0, shrunk, r + self.level * np.sign(x))

    def violation(self, s: F64) -> float:
        """Return the largest entry of a subgradient in units of its level."""
        fined = self.level > 0.0
        return float((np.abs(s[fined]) / self.level[fined]).max(initial=0.0))

    def free(self, x: F64) -> NDArray[np.bool_]:
        """Return the variables in which the sum is smooth near x."""
        return np.asarray((x != 0.0) | (self.level == 0.0))

    def curved(self, x: F64, p: F64) -> F64 | float:
        """Return the Hessian of the sum at x, where it is smooth, times p."""
        return 0.0

    def add_curvature(self, x: F64, some: NDArray[np.intp], M: F64) -> None:
        """Add that Hessian, in some variables, none of them free, to a matrix."""

    def moved(self, x: F64, d: F64, slope: float, curvature: float) -> tuple[F64, float]:
        """Return x + t d and t, t in [0, 1] the minimiser of slope t + curvature t^2 / 2 + the sum.

        t = 1 is taken wherever it is no worse than t = 0.  A variable that ends on its kink is 0.
        """
        whole = x + d
        if slope + 0.5 * curvature + self.value(whole) <= self.value(x):
            return whole, 1.0
        with np.errstate(divide="ignore", invalid="ignore"):
            kinks = -x / d
        inside = np.flatnonzero((kinks > 0.0) & (kinks < 1.0) & (self.level > 0.0))
        inside = inside[np.argsort(kinks[inside])]
        at = kinks[inside]
        jumps = 2.0 * self.level[inside] * np.abs(d[inside])
        side = np.where(x == 0.0, np.sign(d), np.sign(x))
        first = slope + float(self.level @ (d * side))
        after = first + curvature * at + np.cumsum(jumps)
        k = int(np.argmax(after >= 0.0)) if (after >= 0.0).any() else len(at)
        rising = first + float(jumps[:k].sum())  # the slope before kink k, less curvature t
        t = -rising / curvature if curvature > 0.0 else 1.0
        t = min(max(t, 0.0), float(at[k]) if k < len(at) else 1.0)
        out = x + t * d
        out[np.abs(out) <= _ZERO * np.abs(x)] = 0.0
        return out, t


@dataclass(frozen=True, eq=False)
class GroupLasso(Lasso):
    """sum_g level_g ||x_g||: the variables of a group, of equal levels, are zero together.

    `group` has the group of each variable but the last ones, which are free, as are groups of level
    0.
    """

    group: NDArray[np.intp]

    def _sums(self, x: F64) -> F64:
        """Return the sums over each group."""
        return np.asarray(np.bincount(self.group, x[: len(self.group)]), dtype=np.float64)

    def _spread(self, of_group: F64, free: float) -> F64:
        """Return a number of each group for its variables, and another for free variables."""
        out = np.full(len(self.level), free)
        out[: len(self.group)] = of_group[self.group]
        return out

    @cached_property
    def _levels(self) -> F64:
        """The level of each group."""
        out = np.zeros(int(self.group.max(initial=-1)) + 1)
        out[self.group] = self.level[: len(self.group)]
        return out

    def _lengths(self, x: F64) -> F64:
        return np.sqrt(self._sums(x * x))

    def value(self, x: F64) -> float:
        """Return the sum."""
        return float(self._levels @ self._lengths(x))

    def metric(self, D: F64) -> F64:
        """Return the largest entry of D in each group."""
        largest = np.zeros(len(self._sums(D)))
        np.maximum.at(largest, self.group, D[: len(self.group)])
        return np.where(self.level > 0.0, self._spread(largest, 0.0), D)

    def prox(self, x: F64, step: F64) -> F64:
        """Return the minimiser over y of the sum + sum_i (y_i - x_i)^2 / (2 step_i)."""
        lengths = self._spread(self._lengths(x), 1.0)
        return x * np.maximum(1.0 - step * self.level / np.where(lengths > 0.0, lengths, 1.0), 0.0)

    def subgradient(self, x: F64, r: F64) -> F64:
        """Return the shortest vector r + (a subgradient at x); it is zero at a minimum."""
        lengths, of_r = self._spread(self._lengths(x), 1.0), self._spread(self._lengths(r), 1.0)
        some = np.where(lengths > 0.0, lengths, 1.0)
        shrunk = r * np.maximum(1.0 - self.level / np.where(of_r > 0.0, of_r, 1.0), 0.0)
        return np.where(lengths > 0.0, r + self.level * x / some, shrunk)

    def violation(self, s: F64) -> float:
        """Return the largest length of a group of a subgradient in units of its level."""
        fined = self._levels > 0.0
        return float((self._lengths(s)[fined] / self._levels[fined]).max(initial=0.0))

    def free(self, x: F64) -> NDArray[np.bool_]:
        """Return the variables in which the sum is smooth near x."""
        return np.asarray((self._spread(self._lengths(x), 1.0) > 0.0) | (self.level == 0.0))

    def curved(self, x: F64, p: F64) -> F64 | float:
        """Return the Hessian of the sum at x, where it is smooth, times p."""
        lengths = self._lengths(x)
        some = np.where(lengths > 0.0, lengths, np.inf)
        along = self._spread(self._sums(x * p) / some**2, 0.0)
        return self.level * (p - along * x) / self._spread(some, 1.0)

    def add_curvature(self, x: F64, some: NDArray[np.intp], M: F64) -> None:
        """Add that Hessian, in some variables, none of them free, to a matrix."""
        y, group = x[some], self.group[some]
        stiff, lengths = self.level[some], self._lengths(x)[group]
        lengths = np.where(lengths > 0.0, lengths, 1.0)  # of a free group
        same = group[:, None] == group
        y = y / lengths  # first, so that powers of short lengths do not underflow
        M -= np.where(same, np.outer(stiff / lengths * y, y), 0.0)
        M[np.diag_indices_from(M)] += stiff / lengths

    def moved(self, x: F64, d: F64, slope: float, curvature: float) -> tuple[F64, float]:
        """Return x + t d and t, t in [0, 1] about the minimiser; see `Lasso.moved`."""
        whole = x + d
        if slope + 0.5 * curvature + self.value(whole) <= self.value(x):
            return whole, 1.0
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            t = 0.5 * (low + high)
            y = x + t * d
            lengths = self._lengths(y)
            rise = self._sums(y * d) / np.where(lengths > 0.0, lengths, np.inf)
            if slope + curvature * t + float(self._levels @ rise) > 0.0:
                high = t
            else:
                low = t
        return x + low * d, low
