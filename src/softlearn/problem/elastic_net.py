"""Penalties with kinks: the elastic net, weight by weight or feature by feature."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..vector_space import VectorSpace
from .linear import Linear
from .penalty import check_strength
from .sparse_terms import GroupLasso, Lasso

__all__ = ["ElasticNet", "GroupedElasticNet"]

F64 = NDArray[np.float64]
_TIE = 1e-9  # of an interval
_SHARES = np.array([0.0, 0.25, 0.5, 0.75, 1.0])


@dataclass(frozen=True, eq=False)
class ElasticNet:
    """l1 |W| + l2/2 ||W||^2, |W| the sum of sizes; l1 = r strength and l2 = (1 - r) strength.

    With factors f both are those of the columns: l1_j = f_j l1 and l2_j = f_j l2.

    Args:
        strength: at least 0; for scikit-learn's C it is 1 / (C * sum of sample weights).
        model: the model, whose weights are penalised.
        l1_ratio: r, from 0 to 1.
        factors: f (d,), at least 0, or None for 1 each; columns of factor 0 are free, as biases.
    """

    strength: float
    model: Linear
    l1_ratio: float
    factors: F64 | None = None

    smooth: ClassVar[bool] = False
    change: ClassVar[float] = 0.5
    """How far sizes of G lie apart, squared, per unit of a gap and of a column's variance."""

    def __post_init__(self) -> None:
        check_strength(self.strength)

    @property
    def absent(self) -> bool:
        """Whether there is no penalty."""
        return self.strength == 0.0

    @cached_property
    def l1(self) -> Any:
        """The strength of |W|, or those of the columns (d,)."""
        return self._each(self.l1_ratio * self.strength)

    @cached_property
    def l2(self) -> Any:
        """The strength of ||W||^2 / 2, or those of the columns (d,)."""
        return self._each((1.0 - self.l1_ratio) * self.strength)

    def _each(self, strength: float) -> Any:
        return strength if self.factors is None else strength * self.factors

    @property
    def only_l1(self) -> bool:
        """Whether no weight has a quadratic term."""
        return self.l1_ratio == 1.0

    @cached_property
    def free(self) -> NDArray[np.intp]:
        """The columns without a penalty."""
        return np.flatnonzero(np.zeros(0) if self.factors is None else self.factors == 0.0)

    @property
    def curvature(self) -> float:
        """The second derivative of the smooth part in each weight, the least of all columns."""
        return float(np.min(self.l2))

    def value(self, w: F64) -> float:
        """Return the penalty."""
        return self._value(self.model.split(w)[0])

    def _value(self, W: F64) -> float:
        return float((self.l1 * self.sizes(W)).sum()) + 0.5 * float((self.l2 * W * W).sum())

    def add_grad(self, w: F64, out: F64, on: VectorSpace | None = None) -> F64:
        """Add the gradient of the smooth part, l2 W, to the front of `out` and return it."""
        if self.factors is not None:
            added = self.model.split(out)[0]
            added += self.l2 * self.model.split(w)[0]
        elif self.l2:
            W = slice(0, self.model.weights)
            (on or VectorSpace()).axpy(self.l2, w[W], out[W])
        return out

    def of(self, model: Linear, some: NDArray[np.intp] | None = None) -> ElasticNet:
        """Return the same penalty on the weights of another model, or of some columns."""
        factors = self.factors if self.factors is None or some is None else self.factors[some]
        return replace(self, model=model, factors=factors)

    def sizes(self, W: F64) -> F64:
        """Return the sizes of weights (K, d) that are penalised one by one."""
        return np.abs(W)

    def together(self, used: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return used (K, d), with weights that are zero together only."""
        return used

    def terms(self, own: NDArray[np.intp], column: NDArray[np.intp], free: int) -> Lasso:
        """Return the part that has kinks, for some weights by class and column, then free ones."""
        return Lasso(self._levels(column, free))

    def _levels(self, column: NDArray[np.intp], free: int) -> F64:
        levels = np.broadcast_to(self.l1, self.model.d)[column]
        return np.concatenate([levels, np.zeros(free)])

    @cached_property
    def whole(self) -> Lasso:
        """The part that has kinks, for vectors of all parameters."""
        model, each = self.model, np.arange(self.model.weights)
        first, second = np.divmod(each, max(model.K if model.by_feature else model.d, 1))
        own, column = (second, first) if model.by_feature else (first, second)
        return self.terms(own, column, model.size - model.weights)

    def gap(self, W: F64, G: F64, off: F64, divergence: float, loss: float) -> tuple[float, float]:
        """Return J - D(q_t), at most, and the t in [0, 1] for which it is least.

        q_t = y + t (q - y), and by convexity KL(q_t, p) <= t KL(q, p) + (1 - t) KL(y, p).

        Args:
            W: the weights (K, d).
            G: sum_i s_i (q_i - y_i) x_i' (K, d), zero in free columns.
            off: how much the entries of G may be wrong, (d,) or (K, d).
            divergence: sum_i s_i KL(q_i, p_i).
            loss: sum_i s_i KL(y_i, p_i), or more.

        """
        off = np.broadcast_to(off, G.shape)
        size = self.sizes(G) + self.sizes(off)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = float(np.where(size > self.l1, self.l1 / size, 1.0).min(initial=1.0))
        primal = self._value(W)
        product = float((G * W).sum() + (off * np.abs(W)).sum())
        best = np.inf, 0.0
        alone = self.only_l1 or inside == 1.0
        for t in 1.0 - (1.0 - inside) * (_SHARES[-1:] if alone else _SHARES):
            beyond = np.maximum(t * size - self.l1, 0.0)
            cost = beyond * beyond / np.where(self.l2 > 0.0, 2.0 * self.l2, 1.0)
            conjugate = 0.0 if self.only_l1 else float(cost.sum())
            own = max(primal + t * product + conjugate, 0.0)
            best = min(best, (t * divergence + (1.0 - t) * loss + own, float(t)))
        return best

    def residual(self, W: F64, g: F64) -> tuple[F64, float]:
        """Return a short subgradient (K, d) of J with class sums of 0, and what their rest costs.

        Only the cost of J's slope along weights that all classes share is not in the subgradient.

        Args:
            W: the weights (K, d).
            g: the gradient of the smooth part.

        """
        s = g - np.clip(g, -self.l1, self.l1)
        s = np.where(W == 0.0, s, g + self.l1 * np.sign(W))
        if self.model.reference:
            return s, 0.0
        slack = np.where((W == 0.0) & (s == 0.0), self.l1 - np.abs(g), -1.0)
        some, each = slack.argmax(0), np.arange(W.shape[1])
        sums = s.sum(0)
        fits = slack[some, each] >= np.abs(sums)
        s[some[fits], each[fits]] -= sums[fits]
        rest = np.where(fits, 0.0, sums)
        rest[self.free] = 0.0
        s -= np.where(fits, 0.0, sums / len(s))
        return s, self._shared_cost(W, rest)

    def _shared_cost(self, W: F64, rest: F64) -> float:
        """Return how much J falls, at most, along weights that all classes share."""
        if not rest.any():
            return 0.0
        if self.only_l1:
            return np.inf
        some = rest != 0.0
        l2 = np.broadcast_to(self.l2, len(rest))[some]
        return float((rest[some] ** 2 / l2).sum()) / (2.0 * len(W))

    def centred(self, W: F64) -> F64:
        """Return the weights (K, d) of least penalty with the same probabilities.

        With l2 > 0 a minimum has them already.  Without it every median over the classes is best:
        of its interval's two ends the one that more weights are equal to, and of those the nearer
        one to the mean.  Those of free columns have sums of zero.
        """
        out: F64 = W.copy() if not self.only_l1 or len(W) == 1 else self._with_medians(W)
        if len(W) > 1 and len(self.free):
            out[:, self.free] -= out[:, self.free].mean(0)
        return out

    def _with_medians(self, W: F64) -> F64:
        ordered, K = np.sort(W, axis=0), len(W)
        low, high = ordered[(K - 1) // 2], ordered[K // 2]
        more = (high == W).sum(0) - (low == W).sum(0)
        # a tie, as there is for two classes, must not be decided by rounding
        nearer = (high + low) / 2.0 < W.mean(0) - _TIE * (high - low)
        out: F64 = W - np.where((more > 0) | ((more == 0) & nearer), high, low)
        return out


@dataclass(frozen=True, eq=False)
class GroupedElasticNet(ElasticNet):
    """l1 sum_j ||W_j|| + l2/2 ||W||^2, W_j the weights of feature j for all classes.

    A feature is used for all classes or for none.
    """

    change: ClassVar[float] = 1.0

    def sizes(self, W: F64) -> F64:
        """Return the lengths of the weights of each feature, (d,)."""
        largest = np.abs(W).max(0, initial=0.0)  # squares of the weights themselves may underflow
        scale = np.where(largest > 0.0, largest, 1.0)
        V = W / scale
        return np.asarray(scale * np.sqrt(np.einsum("kj,kj->j", V, V)))

    def together(self, used: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return all weights (K, d) of the features that have one."""
        return np.repeat(used.any(0, keepdims=True), len(used), axis=0)

    def terms(self, own: NDArray[np.intp], column: NDArray[np.intp], free: int) -> Lasso:
        """Return the part that has kinks, for some weights by class and column, then free ones."""
        _, group = np.unique(column, return_inverse=True)
        return GroupLasso(self._levels(column, free), group)

    def residual(self, W: F64, g: F64) -> tuple[F64, float]:
        """Return a short subgradient of J with class sums of 0, and what their rest costs."""
        w = self.model.join(W, np.zeros(self.model.size - self.model.weights))
        smooth = self.model.join(g, np.zeros(self.model.size - self.model.weights))
        s = self.model.split(self.whole.subgradient(w, smooth))[0]
        if self.model.reference:
            return s, 0.0
        # at the minimum the sums of W are zero, so this is how far along them it can lie
        return s - s.mean(0), float(np.abs(s.sum(0)) @ np.abs(W.mean(0)))

    def centred(self, W: F64) -> F64:
        """Return the weights (K, d) of least penalty with the same probabilities: sums of zero."""
        return W - W.mean(0) if len(W) > 1 else W.copy()
