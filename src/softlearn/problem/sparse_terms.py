"""The part of a penalty that has kinks, for proximal methods: what solvers need of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Lasso"]

F64 = NDArray[np.float64]
_ZERO = 4.0 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Lasso:
    """sum_i level_i |x_i|; a level of 0 stands for a free variable."""

    level: F64

    def value(self, x: F64) -> float:
        """Return the sum."""
        return float(self.level @ np.abs(x))

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
        return (x != 0.0) | (self.level == 0.0)

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
