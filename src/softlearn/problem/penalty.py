"""Penalties on the parameters, added once, outside the sum over examples.

L2 is l2/2 ||W||^2 on the weights, `ElasticNet` l1 |W| + l2/2 ||W||^2; the biases are free.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..vector_space import VectorSpace
from .sparse_terms import Lasso

__all__ = ["L2", "ElasticNet", "Penalty"]

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class L2:
    """l2/2 times the sum of squares of the first `penalised` parameters.

    Args:
        strength: l2, at least 0; for scikit-learn's C it is 1 / (C * sum of sample weights).
        penalised: how many parameters, from the front, are penalised (the weights come first,
            the biases after them).
    """

    strength: float
    penalised: int

    smooth: ClassVar[bool] = True
    """Whether there are no kinks: the value is the same under any rotation of the columns."""

    def __post_init__(self) -> None:
        _check(self.strength)

    @property
    def absent(self) -> bool:
        """Whether there is no penalty."""
        return self.strength == 0.0

    @property
    def curvature(self) -> float:
        """The second derivative in each penalised parameter."""
        return self.strength

    def conjugate(self, squares: float) -> float:
        """Return the penalty's conjugate at G: ||G||^2 / (2 l2), for l2 > 0.

        Args:
            squares: ||G||^2.

        """
        return squares / (2.0 * self.strength)

    def value(self, w: F64) -> float:
        """Return l2/2 ||W||^2."""
        W = w[: self.penalised]
        return 0.5 * self.strength * float(W @ W)

    def add_grad(self, w: F64, out: F64, on: VectorSpace | None = None) -> F64:
        """Add l2 W to the front of `out` (also the Hessian times w) and return it."""
        W = slice(0, self.penalised)
        (on or VectorSpace()).axpy(self.strength, w[W], out[W])
        return out

    def along(self, w: F64, d: F64) -> tuple[float, float, float]:
        """Return a, b, c such that the penalty at w + t d is a + b t + c t^2."""
        W, D = w[: self.penalised], d[: self.penalised]
        return self.value(w), self.strength * float(W @ D), 0.5 * self.strength * float(D @ D)

    def centred(self, W: F64) -> F64:
        """Return the weights (K, d) of least penalty with the same probabilities: sums of zero."""
        return W - W.mean(0)


_SHARES = np.array([0.0, 0.25, 0.5, 0.75, 1.0])


@dataclass(frozen=True)
class ElasticNet:
    """l1 |W| + l2/2 ||W||^2, |W| the sum of sizes; l1 = r strength and l2 = (1 - r) strength.

    Args:
        strength: at least 0; for scikit-learn's C it is 1 / (C * sum of sample weights).
        penalised: how many parameters, from the front, are penalised.
        l1_ratio: r, above 0 and at most 1.
    """

    strength: float
    penalised: int
    l1_ratio: float

    smooth: ClassVar[bool] = False

    def __post_init__(self) -> None:
        _check(self.strength)

    @property
    def absent(self) -> bool:
        """Whether there is no penalty."""
        return self.strength == 0.0

    @property
    def l1(self) -> float:
        """The strength of |W|,"""
        return self.l1_ratio * self.strength

    @property
    def l2(self) -> float:
        """and of ||W||^2 / 2."""
        return (1.0 - self.l1_ratio) * self.strength

    def value(self, w: F64) -> float:
        """Return the penalty."""
        W = w[: self.penalised]
        return self.l1 * float(np.abs(W).sum()) + 0.5 * self.l2 * float(W @ W)

    def add_grad(self, w: F64, out: F64, on: VectorSpace | None = None) -> F64:
        """Add the gradient of the smooth part, l2 W, to the front of `out` and return it."""
        W = slice(0, self.penalised)
        if self.l2:
            (on or VectorSpace()).axpy(self.l2, w[W], out[W])
        return out

    def terms(self, size: int) -> Lasso:
        """Return the part that has kinks, for vectors of `size` parameters."""
        level = np.zeros(size)
        level[: self.penalised] = self.l1
        return Lasso(level)

    def gap(self, W: F64, G: F64, off: F64, divergence: float, loss: float) -> tuple[float, float]:
        """Return J - D(q_t), at most, and the t in [0, 1] for which it is least.

        q_t = y + t (q - y), and by convexity KL(q_t, p) <= t KL(q, p) + (1 - t) KL(y, p).

        Args:
            W: the weights (K, d).
            G: sum_i s_i (q_i - y_i) x_i' (K, d).
            off: how much the entries of G may be wrong, (d,) or (K, d).
            divergence: sum_i s_i KL(q_i, p_i).
            loss: sum_i s_i KL(y_i, p_i), or more.

        """
        size = np.abs(G) + off
        largest = float(size.max(initial=0.0))
        inside = 1.0 if largest <= self.l1 else self.l1 / largest
        best = np.inf, 0.0
        for t in 1.0 - (1.0 - inside) * (_SHARES if self.l2 and inside < 1.0 else _SHARES[-1:]):
            beyond = np.maximum(t * size - self.l1, 0.0)
            conjugate = float((beyond * beyond).sum()) / (2.0 * self.l2) if self.l2 else 0.0
            own = self.l1 * np.abs(W) + 0.5 * self.l2 * W * W + t * (G * W + off * np.abs(W))
            best = min(best, (t * divergence + (1.0 - t) * loss + float(own.sum()) + conjugate, t))
        return best

    def centred(self, W: F64) -> F64:
        """Return the weights (K, d) of least penalty with the same probabilities.

        With l2 > 0 a minimum has them already.  Without it every median over the classes is best:
        of its interval's two ends the one that more weights are equal to, and of those the nearer
        one to the mean.
        """
        if self.l2 or len(W) == 1:
            return W.copy()
        ordered, K = np.sort(W, axis=0), len(W)
        low, high = ordered[(K - 1) // 2], ordered[K // 2]
        more = (W == high).sum(0) - (W == low).sum(0)
        nearer = np.abs(high - W.mean(0)) < np.abs(low - W.mean(0))
        return W - np.where((more > 0) | ((more == 0) & nearer), high, low)


Penalty: TypeAlias = L2 | ElasticNet


def _check(strength: float) -> None:
    if not (strength >= 0.0 and np.isfinite(strength)):
        raise ValueError(f"strength must be a finite number of at least 0, but it is {strength}.")
